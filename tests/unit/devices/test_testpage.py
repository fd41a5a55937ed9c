"""The test page: any printer can print it, and it shows which characters the printer has of its own."""

from dataclasses import replace

import pytest

from devices.paper import Code, Line, Picture, draw
from devices.settings import ENCODINGS, Encoding, PrinterSettings
from devices.testpage import encodings, page_bytes
from devices.trial import print_trial
from devices.twin.printer import VirtualPrinter
from devices.twin.reader import Reader, Ticket
from edge.words import Language, speak
from tests.unit.devices.test_ticket import SETTING


def page(encoding: Encoding = "gb18030", columns: int = 48) -> Ticket:
    """The second of some printers' test pages, as it falls out of a printer that understood every byte."""
    fallen: list[Ticket] = []
    unknown: list[bytes] = []
    setting = replace(SETTING, encoding=encoding, columns=columns, say=speak("zh"))
    Reader(columns, bytes, fallen.append, unknown).feed(page_bytes("kitchen", 2, setting))
    assert unknown == []
    return fallen[0]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("columns", [32, 48])
def test_the_page_says_whose_it_is_and_how_wide_its_paper(encoding: Encoding, columns: int) -> None:
    ticket = page(encoding, columns)
    assert ticket.cut
    assert Code("ovenbell:kitchen:2") in ticket.strips
    texts = [line.text for line in ticket.lines]
    assert "kitchen" in texts
    assert ("1234567890" * 8)[:columns] in texts
    assert max(line.wide for line in ticket.lines) == 4


def test_line_one_is_in_the_printer_s_own_characters_and_line_two_is_drawn_alike() -> None:
    strips = page().strips
    [one] = [at for at, strip in enumerate(strips) if isinstance(strip, Line) and strip.text.startswith("1:")]
    native, drawn = strips[one], strips[one + 1]
    assert isinstance(native, Line)
    assert isinstance(drawn, Picture)
    assert native.text == "1: 面包 蛋糕 生日快乐"
    alike = draw([native], 48).crop((48, 0, 576, 48))  # but for the number and its colon
    assert draw([drawn], 48).crop((48, 0, 576, 48)).tobytes() == alike.tobytes()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_all_but_line_one_reads_well_on_a_printer_without_chinese(encoding: Encoding) -> None:
    assert [line.text[:2] for line in page(encoding).lines if not line.text.isascii()] == ["1:"]


@pytest.mark.parametrize(
    ("now", "one"), [("gb18030", "gb18030"), ("raster", "gb18030"), ("cp437", "cp437"), ("cp866", "cp866")]
)
def test_what_reads_right_is_what_to_write_into_the_settings(now: Encoding, one: Encoding) -> None:
    assert encodings(now) == (one, "raster")


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_page_that_is_printed_on_a_printer_of_no_store_yet_needs_no_words(
    paper: VirtualPrinter, language: Language
) -> None:
    printer = PrinterSettings(id="found", connection=paper.connection)
    assert await print_trial(printer, 3, speak(language)) == ""
    [ticket] = await paper.printed()
    assert Code("ovenbell:found:3") in ticket.strips
