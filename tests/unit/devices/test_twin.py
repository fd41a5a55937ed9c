"""The virtual printer does what a real one does, and does not hide what it does not understand."""

import asyncio

import pytest
from PIL import Image

from devices import fonts
from devices.escpos import ask_by_name, named
from devices.paper import Code, Gap, Line, Picture, draw, wrap
from devices.twin.printer import VirtualPrinter
from devices.twin.reader import Reader, Ticket


def read(data: bytes, columns: int = 48) -> tuple[list[Ticket], list[bytes], list[bytes]]:
    """Tickets, answers and unknown commands."""
    tickets: list[Ticket] = []
    answers: list[bytes] = []
    unknown: list[bytes] = []
    reader = Reader(columns, answers.append, tickets.append, unknown)
    reader.feed(data)
    reader.tear()
    return tickets, answers, unknown


def test_text_comes_in_the_look_that_was_set() -> None:
    [ticket], _, _ = read(b"plain\n\x1d!\x11\x1bE\x01\x1ba\x01\x1dB\x01big\n\x1b@plain\n\x1dV\x00")
    assert ticket.lines == (Line("plain"), Line("big", 2, 2, bold=True, inverse=True, align="center"), Line("plain"))


def test_chinese_needs_its_mode() -> None:
    bread = "面包".encode("gb18030")
    [ticket], _, _ = read(b"\x1c&" + bread + b"\x1c.\n" + bread + b"\n\x1dV\x00")
    assert [line.text for line in ticket.lines] == ["面包", bread.decode("cp437")]


def test_a_line_that_is_too_long_goes_on_below() -> None:
    [ticket], _, _ = read(b"\x1d!\x10" + b"x" * 20 + b"\n\x1dV\x00", columns=32)
    assert [line.text for line in ticket.lines] == ["x" * 16, "x" * 4]


@pytest.mark.parametrize("command", [b"\x1bp0", b"\x1d!\x11"[:1] + b"Z\x00", b"\x1dV\x07", b"\x07"])
def test_a_command_it_does_not_know_is_kept(command: bytes) -> None:
    _, _, unknown = read(b"a\n" + command + b"b\n\x1dV\x00")
    assert unknown == [command]


def test_a_ticket_without_a_cut_is_torn_off() -> None:
    [ticket], answers, _ = read(b"half a tick")
    assert not ticket.cut
    assert answers == []


def test_a_picture_is_kept_dot_by_dot() -> None:
    [ticket], _, _ = read(b"\x1dv0\x00\x02\x00\x03\x00\xff\x00\x0f\xf0\x00\xff\x1dV\x00")
    assert ticket.strips == (Picture(16, b"\xff\x00\x0f\xf0\x00\xff"),)
    assert draw(ticket.strips, 2).crop((0, 0, 16, 3)).tobytes() == b"\xff\x00\x0f\xf0\x00\xff"


def test_the_terminal_shows_what_the_paper_shows() -> None:
    ticket = Ticket((Line("A017", 4, 4, align="center"), Gap(6), Line("面包"), Code("o1")), 32, cut=True)
    assert ticket.text == "              A017\n面包\n            [QR o1]"


def test_a_drawn_ticket_is_as_wide_as_its_paper() -> None:
    ticket = Ticket((Line("面包", bold=True), Code("o1")), 32, cut=True)
    picture = ticket.picture()
    assert picture.width == 32 * 12 + 2 * 24
    assert len(picture.getcolors() or []) == 2


def test_every_letter_of_the_font_has_dots_of_its_own() -> None:
    letters = [c for c in (*fonts.characters(), *fonts.rare()) if c and not c.isspace()]
    blank = [c for c in letters if fonts.glyph(c).getbbox() is None]
    assert blank == []
    common = {fonts.glyph(character).tobytes() for character in "面包蛋糕草莓奶油芒果饼干酥挞慕斯"}
    assert len(common) == 16
    assert fonts.glyph("🎂").tobytes() == fonts.glyph(fonts.MISSING).tobytes()


def test_a_letter_looks_like_itself() -> None:
    assert dots(fonts.glyph("口")).count("#") > 50
    assert dots(fonts.glyph("|")).splitlines()[12].strip(".") in {"#", "##"}


def dots(glyph: Image.Image) -> str:
    width, height = glyph.size
    return "\n".join("".join("#" if glyph.getpixel((x, y)) else "." for x in range(width)) for y in range(height))


def test_words_are_kept_whole_and_punctuation_does_not_begin_a_line() -> None:
    width = lambda text: sum(map(fonts.columns, text))  # noqa: E731 - as the ticket counts them
    assert wrap("two words here", 9, width) == ["two words", "here"]
    assert wrap("草莓奶油,蛋糕", 8, width) == ["草莓奶", "油,蛋糕"]
    assert wrap("unbreakable", 4, width) == ["unbr", "eaka", "ble"]


async def ask(printer: VirtualPrinter, data: bytes) -> bytes:
    """What the printer says to some bytes."""
    reader, writer = await asyncio.open_connection(printer.host, printer.port)
    writer.write(data)
    writer.write_eof()
    said = await reader.read()
    writer.close()
    return said


async def test_it_tells_its_status_truly(paper: VirtualPrinter) -> None:
    assert await ask(paper, b"\x10\x04\x02") == b"\x12"
    paper.cover_open = True
    asking = asyncio.create_task(ask(paper, b"\x10\x04\x01\x10\x04\x02"))
    paper.overhear = lambda _: asyncio.get_running_loop().call_soon(setattr, paper, "cover_open", False)
    assert await asking == b"\x1a\x16"


async def test_a_status_is_answered_while_a_ticket_is_being_printed(paper: VirtualPrinter) -> None:
    assert await ask(paper, b"half\n\x10\x04\x02 a line\n\x1dV\x00\x1dr\x01") == b"\x12\x00"
    assert [line.text for line in paper.tickets[0].lines] == ["half", " a line"]


async def test_it_names_what_it_has_printed_unless_it_is_told_not_to(paper: VirtualPrinter) -> None:
    job = b"a line\n\x1dV\x00\x1dr\x01" + ask_by_name("0042")
    assert await ask(paper, job) == b"\x00" + named("0042")
    paper.names = False
    assert await ask(paper, job) == b"\x00"
    assert paper.unknown == []


async def test_it_keeps_its_port_over_being_switched_off(paper: VirtualPrinter) -> None:
    port = paper.port
    await paper.stop()
    with pytest.raises(ConnectionRefusedError):
        await ask(paper, b"x")
    await paper.start()
    assert paper.port == port
    await ask(paper, b"x\n\x1dV\x00")
    assert len(paper.tickets) == 1
