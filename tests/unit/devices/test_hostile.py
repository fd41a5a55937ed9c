"""A hostile customer's text on paper: only our own layout gives the printer commands."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.escpos import ASK_PRINTED
from devices.paper import Code, Line
from devices.settings import Encoding
from devices.sheet import Setting
from devices.ticket import compose, ticket_bytes
from devices.twin.reader import Ticket
from edge.layout import PhoneShown
from edge.orders import Bakery, Option
from edge.words import speak
from tests.builders import an_item
from tests.hostile import ALL, LONG, TRICKS, hostile, powers
from tests.unit.devices.conftest import HANGZHOU
from tests.unit.devices.test_ticket import Wanted, a_job, printed

ENCODINGS: tuple[Encoding, ...] = ("gb18030", "cp437", "cp1252")
REAL_TIME = re.compile(b"\x10[\x04\x05\x14]")  # obeyed at once wherever they stand, in pictures too


def a_job_of(text: str) -> Wanted:
    """A ticket with a text wherever a customer can write one."""
    cake = Bakery(text, 1, text, text, text, text, text, (text,))
    item = an_item(f"cake {text}", text, unit=text, note=text, options=(Option(text),), bakery=cake)
    order: dict[str, Any] = {"display_id": f"A{text}", "channel": text, "customer": text, "note": text, "phone": text}
    return a_job(item, dropped=(text,), **order)


def sent(job: Wanted, encoding: Encoding, columns: int = 48) -> bytes:
    """The ticket as it goes to the printer."""
    return ticket_bytes(*job, setting_of(encoding, columns))


def setting_of(encoding: Encoding, columns: int = 48) -> Setting:
    """A printer of a store that shows whole phone numbers."""
    phone, say = PhoneShown.FULL, speak("zh")
    return Setting(columns=columns, encoding=encoding, phone=phone, say=say, timezone=HANGZHOU)


def drawn_in(job: Wanted, encoding: Encoding) -> int:
    """How many lines of the ticket are drawn."""
    return sum(isinstance(strip, Line) and strip.drawn for strip in compose(*job, setting_of(encoding)))


def without_pictures(sent: bytes, count: int) -> bytes:
    """The ticket without so many pictures: their dots are no commands, whatever they look like."""
    kept, at = b"", 0
    for _ in range(count):
        start = sent.index(b"\x1dv0\x00", at)
        width, height = (
            int.from_bytes(sent[start + 4 : start + 6], "little"),
            int.from_bytes(sent[start + 6 : start + 8], "little"),
        )
        kept, at = kept + sent[at:start], start + 8 + width * height
    return kept + sent[at:]


def codes(ticket: Ticket) -> list[str]:
    """What the ticket's QR codes say."""
    return [strip.text for strip in ticket.strips if isinstance(strip, Code)]


@given(hostile, st.sampled_from(ENCODINGS), st.sampled_from([32, 48]))
def test_the_printer_gets_no_command_but_those_of_the_layout(text: str, encoding: Encoding, columns: int) -> None:
    """`printed` holds that nothing was unknown, that one ticket fell and that one question was answered."""
    ticket = printed(a_job_of(text), encoding=encoding, columns=columns)
    assert ticket.cut
    assert codes(ticket) == ["a017"]
    assert all(isinstance(strip, Line) or powers(getattr(strip, "text", "")) == set() for strip in ticket.strips)
    for line in ticket.lines:
        assert powers(line.text) == set()


@given(hostile, st.sampled_from(ENCODINGS))
def test_no_byte_of_a_text_is_a_command_to_any_printer(text: str, encoding: Encoding) -> None:
    job = a_job_of(text)
    ticket = sent(job, encoding)
    assert not REAL_TIME.search(ticket)
    ticket = without_pictures(ticket, drawn_in(job, encoding))
    assert ticket.count(b"\x1dV") == ticket.count(b"\x1dr") == ticket.count(b"\x1b@") == 1
    assert ticket.endswith(b"\x1dV\x01" + ASK_PRINTED)
    assert not re.search(b"\x1bp|\x1cp|\x1b=|\x1d:|\x1dv", ticket)


@pytest.mark.parametrize("text", [ALL, LONG[:400], *TRICKS])
def test_a_picture_of_a_hostile_text_holds_no_command_either(text: str) -> None:
    job = a_job_of(text)
    assert not REAL_TIME.search(sent(job, "raster"))
    assert printed(job, encoding="raster").cut


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_note_of_ten_thousand_characters_is_cut_and_says_so(encoding: Encoding) -> None:
    ticket = printed(a_job(note=LONG), encoding=encoding)
    assert len("".join(line.text for line in ticket.lines)) < 3_000
    assert ticket.cut
