"""What stands on a ticket, and that nothing but it reaches the printer."""

import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from devices.escpos import ASK_PRINTED, better_drawn, legible
from devices.paper import Code, Line, Picture, Strip, draw
from devices.settings import Encoding
from devices.sheet import Setting
from devices.ticket import compose, ticket_bytes
from devices.twin.reader import Reader, Ticket
from edge.layout import PhoneShown
from edge.orders import Bakery, ItemId, Option, Order, OrderState
from edge.text import plain
from edge.tickets import Amended, Job, JobId, Slip
from edge.words import Language, Say, speak
from tests.builders import MORNING, a_cake, an_item, an_order
from tests.unit.devices.conftest import HANGZHOU

GB2312 = [bytes((lead, trail)).decode("gb2312", "ignore") for lead in range(0xA1, 0xF8) for trail in range(0xA1, 0xFF)]
CHINESE = st.text(st.sampled_from([character for character in GB2312 if character and character != "\u3000"]))
ANYTHING = st.text(st.characters(codec=None), max_size=60)
BIRTHDAY = Bakery(
    cake_text="小雨,生日快乐!",
    candles=6,
    size="8寸",
    flavour="香草",
    filling="芒果",
    frosting="淡奶油",
    allergens=("蛋", "奶"),
)


ENGLISH = speak("en")
SETTING = Setting(columns=48, encoding="gb18030", phone=PhoneShown.LAST4, say=ENGLISH, timezone=HANGZHOU)


class Wanted(NamedTuple):
    """A print job and its order."""

    job: Job
    order: Order


def a_job(*items: Any, attempt: int = 1, **order: Any) -> Wanted:
    placed = an_order("a017", *items, **order)
    lines = tuple(item.id for item in placed.items)
    return Wanted(Job(JobId("7"), "kitchen", "kitchen", placed.id, lines, None, MORNING, attempt), placed)


def printed(
    wanted: Wanted,
    *,
    columns: int = 48,
    encoding: Encoding = "gb18030",
    phone: PhoneShown = PhoneShown.LAST4,
    say: Say = ENGLISH,
    practice: bool = False,
) -> Ticket:
    """The ticket as it falls out of a virtual printer, which must have understood every byte."""
    setting = replace(SETTING, columns=columns, encoding=encoding, phone=phone, say=say, practice=practice)
    sent = ticket_bytes(*wanted, setting)
    fallen: list[Ticket] = []
    answers: list[bytes] = []
    unknown: list[bytes] = []
    reader = Reader(columns, answers.append, fallen.append, unknown)
    for start in range(0, len(sent), 11):  # as the network may cut it up
        reader.feed(sent[start : start + 11])
    assert (len(fallen), unknown, answers) == (1, [], [b"\x00"])
    assert sent.endswith(ASK_PRINTED)
    return fallen[0]


def reads_as_composed(ticket: Ticket, strips: Sequence[Strip], *, all_drawn: bool = False) -> None:
    """Written lines letter by letter, drawn ones dot by dot."""
    assert len(ticket.strips) == len(strips) + 1  # the last is the feed before the cut
    for read, written in zip(ticket.strips, strips, strict=False):
        if isinstance(written, Line) and (written.drawn or all_drawn):
            assert draw([read], ticket.columns).tobytes() == draw([written], ticket.columns).tobytes()
        else:
            assert read == written


def squeezed(text: str) -> str:
    """Without the spaces, which wrapping may move."""
    return "".join(text.split())


def said(ticket: Ticket) -> str:
    """All the text on a ticket, squeezed."""
    return squeezed("".join(line.text for line in ticket.lines))


def test_everything_a_baker_needs_is_on_the_ticket() -> None:
    cake = a_cake(quantity=Decimal(1), options=(Option("餐具", Decimal(6)),), note="少糖", bakery=BIRTHDAY)
    rolls = an_item("Rye rolls", "bread-rye", "2", quantity=Decimal("1.5"), unit="kg")
    ticket = printed(
        a_job(
            cake,
            rolls,
            due=MORNING + 7.5 * 3600,
            channel="meituan",
            customer="王女士",
            phone="13800001234",
            note="礼盒",
        )
    )
    for words in (
        "A017",
        "Pick-up 16:30",
        "Sun 2026-11-22",
        "Strawberry cake",
        "6 x 餐具",
        "8寸",
        "香草",
        "芒果",
        "淡奶油",
        "Candles: 6",
        "小雨,生日快乐!",
        "! 少糖",
        "1.5 kg Rye rolls",
        "Note: 礼盒",
        "王女士",
        "...1234",
    ):
        assert words in ticket.text
    assert "138" not in ticket.text
    assert Code("a017") in ticket.strips
    assert ticket.cut


def test_a_picture_is_scanned_off_the_ticket_and_typed_where_its_address_is_too_long() -> None:
    there, far = "https://shop.example/cake.jpg", "https://shop.example/" + "x" * 300
    assert Code(there) in printed(a_job(a_cake(bakery=Bakery(picture=there)))).strips
    ticket = printed(a_job(a_cake(bakery=Bakery(picture=far))))
    assert [strip for strip in ticket.strips if isinstance(strip, Code)] == [Code("a017")]
    assert far in "".join(ticket.text.split())


def test_the_order_number_is_larger_than_everything_else() -> None:
    lines = printed(a_job()).lines
    [number] = [line for line in lines if line.text == "A017"]
    assert number.wide * number.high >= 4
    assert all(line.high < number.high for line in lines if line is not number)


def test_a_long_order_number_is_still_printed_in_double_size() -> None:
    lines = printed(a_job(display_id="MT-2026-11-22-000123"), columns=32).lines
    number = [line for line in lines if line.align == "center"]
    assert "".join(line.text for line in number) == "MT-2026-11-22-000123"
    assert {(line.wide, line.high) for line in number} == {(2, 2)}


def test_allergens_stand_out_white_on_black() -> None:
    lines = printed(a_job(a_cake(bakery=BIRTHDAY))).lines
    [allergens] = [line for line in lines if "ALLERGENS" in line.text]
    assert "蛋" in allergens.text
    assert allergens.inverse
    assert allergens.bold
    assert allergens.high == 2


def test_names_stand_below_each_other_whatever_their_quantity() -> None:
    items = (an_item("Croissant", "c", "1", quantity=Decimal(12)), an_item("Baguette", "b", "2"))
    names = [line.text for line in printed(a_job(*items)).lines if " x " in line.text]
    assert names == ["12 x Croissant", " 1 x Baguette"]


def test_a_second_paper_is_marked_as_a_reprint() -> None:
    assert "REPRINT" not in printed(a_job()).text
    assert "REPRINT #2" in printed(a_job(attempt=2)).text


@pytest.mark.parametrize(("language", "word"), [("en", "CANCELLED"), ("zh", "订单取消")])
@pytest.mark.parametrize("columns", [32, 48])
def test_the_ticket_of_an_order_cancelled_meanwhile_says_so_before_anything_else(
    language: Language, word: str, columns: int
) -> None:
    ticket = printed(a_job(state=OrderState.CANCELLED, attempt=2), columns=columns, say=speak(language))
    head = ticket.lines[0]
    assert (head.text.strip(), head.inverse, head.wide, head.high) == (word, True, 2, 2)
    assert "#2" in ticket.lines[1].text
    assert word not in printed(a_job(), columns=columns, say=speak(language)).text


@pytest.mark.parametrize(("language", "word"), [("en", "PRACTICE"), ("zh", "练习")])
@pytest.mark.parametrize("columns", [32, 48])
def test_a_ticket_of_practice_says_so_before_anything_else(language: Language, word: str, columns: int) -> None:
    job = a_job(state=OrderState.CANCELLED, attempt=2)
    head = printed(job, columns=columns, say=speak(language), practice=True).lines[0]
    assert (head.text.strip(), head.inverse, head.wide, head.high) == (word, True, 2, 2)
    assert word not in printed(job, columns=columns, say=speak(language)).text


CHANGED = Slip(
    (
        Amended(ItemId("8"), "Rye bread", Decimal(2), removed=True, begun=True, was={"note": "sliced"}),
        Amended(ItemId("9"), "Bun", Decimal(1), removed=True),
        Amended(ItemId("1"), "Cake", Decimal(1), was={"quantity": "1", "cakeText": "", "note": "less sugar"}),
    ),
    ("due", "note"),
)


def a_slip(slip: Slip = CHANGED, **order: Any) -> Wanted:
    """A change slip for an order of two cakes."""
    wanted = a_job(a_cake(quantity=Decimal(2), bakery=Bakery(cake_text="Happy birthday")), **order)
    return Wanted(structs.replace(wanted.job, kind="change", slip=slip), wanted.order)


def test_a_change_slip_says_what_to_stop_what_is_gone_and_what_is_now() -> None:
    ticket = printed(a_slip(note="ring twice", due=MORNING + 3600))
    said_of = [line.text.strip() for line in ticket.lines]
    assert said_of[0] == "CHANGED"
    assert "changed: due time, note" in said_of
    assert "Pick-up 10:00" in said_of
    stop = next(line for line in ticket.lines if "STOP: 2 x Rye bread" in line.text)
    assert (stop.inverse, stop.wide, stop.high) == (True, 2, 2)
    gone = next(line for line in ticket.lines if "REMOVED: 1 x Bun" in line.text)
    assert not gone.inverse
    for words in (
        "sliced",
        "2 x Strawberry cake",
        "quantity: 2 (was 1)",
        "cake text: Happy birthday",
        "note: none (was less sugar)",
        "Note: ring twice",
    ):
        assert words in said_of
    assert max(line.wide for line in ticket.lines if line.text == "A017") == 4


def test_a_change_slip_is_said_in_chinese() -> None:
    text = printed(a_slip(), columns=32, say=speak("zh")).text
    for words in ("订单变更", "停做: 2 x Rye bread", "取消: 1 x Bun", "数量: 2 (原 1)", "蛋糕写字: Happy birthday"):
        assert words in text


def test_an_order_note_that_did_not_change_is_not_said_again() -> None:
    slip = structs.replace(CHANGED, fields=())
    assert "ring twice" not in printed(a_slip(slip, note="ring twice")).text


def test_a_line_that_was_removed_since_is_left_to_the_next_slip() -> None:
    slip = Slip((Amended(ItemId("7"), "Tart", Decimal(1), was={"note": ""}),))
    assert "Tart" not in printed(a_slip(slip)).text


def test_changed_allergens_stand_out() -> None:
    slip = Slip((Amended(ItemId("1"), "Cake", Decimal(1), was={"allergens": ""}),))
    wanted = a_job(a_cake(bakery=Bakery(allergens=("nuts", "egg"))))
    ticket = printed(Wanted(structs.replace(wanted.job, kind="change", slip=slip), wanted.order))
    assert [line.inverse for line in ticket.lines if "allergens: nuts, egg" in line.text] == [True]


def test_a_cancel_slip_names_the_order_and_what_was_printed_of_it() -> None:
    wanted = a_job(a_cake("1", note="less sugar"), an_item("Rye", "bread", "2"), state=OrderState.CANCELLED)
    slip = Wanted(structs.replace(wanted.job, kind="cancel", items=(ItemId("1"),)), wanted.order)
    ticket = printed(slip)
    assert (ticket.lines[0].text.strip(), ticket.lines[0].inverse) == ("CANCELLED", True)
    assert "1 x Strawberry cake" in ticket.text
    assert "Rye" not in ticket.text
    assert "less sugar" not in ticket.text


@pytest.mark.parametrize(
    ("shown", "words"), [(PhoneShown.FULL, "13800001234"), (PhoneShown.LAST4, "...1234"), (PhoneShown.NONE, "")]
)
def test_the_phone_is_shown_as_the_store_wants_it(shown: PhoneShown, words: str) -> None:
    text = printed(a_job(phone="13800001234"), phone=shown).text
    assert words in text
    assert ("1234" in text) == (shown is not PhoneShown.NONE)
    assert "..." not in printed(a_job(phone=""), phone=shown).text


def test_an_order_without_a_due_time_is_wanted_at_once() -> None:
    assert "Pick-up ASAP" in printed(a_job()).text


def test_only_the_items_of_the_job_are_on_its_ticket() -> None:
    job = a_job(a_cake("1"), an_item("Rye", "bread", "2"))
    only = Wanted(structs.replace(job.job, items=job.job.items[1:]), job.order)
    assert "Strawberry" not in printed(only).text


def test_fields_that_could_not_be_read_are_said_to_be_missing() -> None:
    assert "Not understood: items[0].unit" in printed(a_job(dropped=("items[0].unit",))).text


@pytest.mark.parametrize("encoding", ["gb18030", "raster", "cp437", "cp1252"])
@pytest.mark.parametrize("columns", [32, 48])
def test_a_printer_reads_exactly_what_was_composed(encoding: Encoding, columns: int) -> None:
    job = a_job(a_cake(note="crème brûlée, ganz fein", bakery=BIRTHDAY), note="长" * 80)
    ticket = printed(job, columns=columns, encoding=encoding)
    strips = compose(*job, replace(SETTING, columns=columns, encoding=encoding))
    reads_as_composed(ticket, strips, all_drawn=encoding == "raster")


def test_a_raster_never_holds_bytes_that_a_printer_obeys_at_once() -> None:
    job = a_job(*(a_cake(str(number), note=character * 20) for number, character in enumerate("囍酥糕糖圆圈田回品")))
    sent = ticket_bytes(*job, replace(SETTING, encoding="raster"))
    assert not re.search(b"\x10[\x04\x05\x14]", sent)


@given(CHINESE, CHINESE, CHINESE)
def test_chinese_comes_out_as_the_customer_wrote_it(cake_text: str, note: str, name: str) -> None:
    text = said(printed(a_job(a_cake(note=note, bakery=Bakery(cake_text=cake_text)), customer=name)))
    for words in (cake_text, note, name):
        assert squeezed(plain(words)) in text


def test_every_character_of_gbk_comes_out_as_it_is() -> None:
    characters = [
        bytes((lead, trail)).decode("gb18030", "ignore")
        for lead in range(0x81, 0xFF)
        for trail in range(0x40, 0xFF)
        if trail != 0x7F
    ]
    known = "".join(c for c in characters if len(c) == 1 and plain(c) == unicodedata.normalize("NFC", c) != " ")
    for start in range(0, len(known), 1_000):
        part = known[start : start + 1_000]
        assert squeezed(plain(part)) in said(printed(a_job(note=part)))


@given(ANYTHING, ANYTHING, ANYTHING)
def test_whatever_is_written_comes_out_as_far_as_there_are_letters_for_it(cake_text: str, note: str, name: str) -> None:
    job = a_job(a_cake(note=note, bakery=Bakery(cake_text=cake_text)), customer=name)
    strips = compose(*job, SETTING)
    text = squeezed("".join(strip.text for strip in strips if isinstance(strip, Line)))
    for words in map(plain, (cake_text, note, name)):
        in_letters_of = "raster" if better_drawn(words, "gb18030") else "gb18030"
        assert squeezed(legible(words, in_letters_of)) in text  # type: ignore[arg-type]
    reads_as_composed(printed(job), strips)


@given(ANYTHING)
def test_no_control_byte_of_a_customer_reaches_the_printer(text: str) -> None:
    """The reader knows every command we send: one smuggled in would be unknown, or a cut, a code, a gap too many."""
    innocent = printed(a_job(a_cake(note="note", bakery=Bakery(cake_text="text")), customer="name", phone="1"))
    job = a_job(
        a_cake(note="note" + text, bakery=Bakery(cake_text="text" + text)), customer="name" + text, phone=text + "1"
    )
    ticket = printed(job)
    lines = (Amended(ItemId("1"), "", Decimal(1), was={"note": text, "cakeText": text}),)
    removed = Amended(ItemId("2"), text, Decimal(1), text, removed=True, was={"note": text})
    printed(Wanted(structs.replace(job.job, slip=Slip((*lines, removed))), job.order))
    assert [strip for strip in ticket.strips if not isinstance(strip, Line | Picture)] == [
        strip for strip in innocent.strips if not isinstance(strip, Line | Picture)
    ]
    for line in ticket.lines:
        assert len(line.text.encode("gb18030")) * line.wide <= 48
        assert not any(unicodedata.category(character).startswith("C") for character in line.text)


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("小雨", "gb18030", "小雨"),
        ("Émile", "gb18030", "Emile"),
        ("🎂", "gb18030", "□"),
        ("½", "gb18030", "□"),
        ("𠮷", "gb18030", "□"),
        ("Émile’s “café”…", "cp437", 'Émile\'s "café"...'),
        ("小", "cp437", "?"),
        ("Łódź", "cp437", "?ódz"),
    ],
)
def test_what_a_printer_lacks_is_shown_as_lacking(text: str, encoding: Encoding, shown: str) -> None:
    assert legible(text, encoding) == shown


@pytest.mark.parametrize("columns", [32, 48])
def test_a_text_the_printer_lacks_is_drawn_among_lines_it_writes_itself(columns: int) -> None:
    job = a_job(
        a_cake(note="less sugar", bakery=Bakery(cake_text="小雨,生日快乐!")), customer="王女士", phone="13800001234"
    )
    ticket = printed(job, columns=columns, encoding="cp437")
    drawn = [strip for strip in ticket.strips if isinstance(strip, Picture)]
    text, customer = drawn
    wanted = Line("    小雨,生日快乐!"[(columns == 32) * 2 :], 2, 2, bold=True)
    assert draw([text], columns).tobytes() == draw([wanted], columns).tobytes()
    space = columns - len("王女士") * 2 - len("...1234")
    assert draw([customer], columns).tobytes() == draw([Line("王女士" + " " * space + "...1234")], columns).tobytes()
    assert "! less sugar" in ticket.text
    assert "?" not in ticket.text


@pytest.mark.parametrize("name", ["王𠮷", "㛃小姐", "♥小雨♥"])
def test_a_rare_character_of_a_name_is_drawn_where_chinese_printers_have_none(name: str) -> None:
    strips = printed(a_job(customer=name)).strips
    assert [draw([strip], 48).tobytes() for strip in strips if isinstance(strip, Picture)] == [
        draw([Line(name)], 48).tobytes()
    ]


def test_a_printer_that_has_every_character_draws_nothing() -> None:
    assert all(not isinstance(strip, Picture) for strip in printed(a_job(a_cake(bakery=BIRTHDAY))).strips)
    accents = printed(a_job(a_cake(note="crème brûlée")), encoding="cp437")
    assert all(not isinstance(strip, Picture) for strip in accents.strips)
    assert "crème brûlée" in accents.text


def test_an_item_without_a_visible_name_is_still_on_the_ticket() -> None:
    assert "3 x bread-rye" in printed(a_job(an_item("\u200b", "bread-rye", quantity=Decimal(3)))).text


def test_a_quantity_as_wide_as_the_paper_stands_alone() -> None:
    lines = [line.text for line in printed(a_job(a_cake(quantity=Decimal("0.1234567890123456"), unit="kg"))).lines]
    assert lines[lines.index("Strawberry cake") - 1] == "0.1234567890123456 kg"


def test_an_order_without_a_display_id_goes_by_its_id() -> None:
    assert "a017" in [line.text for line in printed(a_job(display_id=" ")).lines]


def test_the_library_leaves_nothing_behind_when_it_is_loaded(tmp_path: Path) -> None:
    program = "import logging; from devices import escpos; escpos.load(); assert not logging.root.handlers"
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "TMPDIR": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []
