"""Box labels and packing slips: one label for each box, numbered over the whole order."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from devices.labels import MOST_BOXES, boxes
from devices.paper import Code
from devices.sheet import Setting
from devices.ticket import ticket_bytes
from devices.twin.reader import Reader, Ticket
from edge.layout import PhoneShown
from edge.orders import Bakery, Item, ItemId, Option
from edge.tickets import TicketKind
from tests.builders import HOUR, MORNING, a_bread, a_cake, an_order
from tests.unit.devices.test_ticket import ENGLISH, SETTING, a_job, printed

ALLERGIC = Bakery(cake_text="Happy birthday", size="8 inch", allergens=("egg", "milk"))


def papers(*items: Item, kind: TicketKind = "label", setting: Setting = SETTING, **rest: Any) -> list[Ticket]:
    """What falls out of the printer for an order."""
    job, order = a_job(*items, **rest)
    fallen: list[Ticket] = []
    unknown: list[bytes] = []
    sent = ticket_bytes(structs.replace(job, kind=kind), order, setting)
    Reader(setting.columns, bytes, fallen.append, unknown).feed(sent)
    assert unknown == []
    return fallen


def test_every_box_has_a_label_that_says_which_it_is() -> None:
    labels = papers(a_cake("1"), a_bread("2", quantity=Decimal(2)))
    assert [line.text for label in labels for line in label.lines if line.text.startswith("box")] == [
        "box 1 of 3",
        "box 2 of 3",
        "box 3 of 3",
    ]
    assert all(label.cut and Code("a017") in label.strips for label in labels)
    assert ["Strawberry cake" in label.text for label in labels] == [True, False, False]


def test_a_label_says_what_is_in_the_box_what_is_in_it_for_the_allergic_and_when_it_is_due() -> None:
    cake = a_cake(options=(Option("Fork", Decimal(6)),), note="keep cold", bakery=ALLERGIC)
    (label,) = papers(cake, due=MORNING + 7.5 * HOUR, customer="Ms. Wang")
    for words in ("A017", "Pick-up 16:30", "Sun 2026-11-22", "1 x Strawberry cake", "+ 6 x Fork", "Size: 8 inch"):
        assert words in label.text
    for words in ("Happy birthday", "! keep cold", "ALLERGENS: egg, milk", "Ms. Wang"):
        assert words in label.text
    assert [line.inverse for line in label.lines if "ALLERGENS" in line.text] == [True]


def test_what_is_weighed_is_one_box() -> None:
    (box,) = boxes(an_order("o1", a_bread(quantity=Decimal("1.5"), unit="kg")))
    assert box.quantity == Decimal("1.5")
    assert len(boxes(an_order("o1", a_bread(quantity=Decimal(3), unit="kg")))) == 1


def test_a_large_order_has_a_box_for_each_of_its_lines() -> None:
    most = an_order("o1", a_bread(quantity=Decimal(MOST_BOXES)))
    assert len(boxes(most)) == MOST_BOXES
    more = an_order("o1", a_cake("1"), a_bread("2", quantity=Decimal(1_000_000)))
    assert [box.quantity for box in boxes(more)] == [1, 1_000_000]


def test_parts_of_an_item_that_stand_apart_are_boxed_together() -> None:
    part = a_cake("1\x1f7", quantity=Decimal(1))
    assert [box.id for box in boxes(an_order("o1", part, a_cake("1")))] == ["1", "1"]


def test_a_printer_that_labels_only_some_items_numbers_them_as_the_others_do() -> None:
    job, order = a_job(a_cake("1"), a_bread("2"))
    fallen: list[Ticket] = []
    sent = ticket_bytes(structs.replace(job, kind="label", items=(ItemId("2"),)), order, SETTING)
    Reader(48, bytes, fallen.append, []).feed(sent)
    assert ["box 2 of 2" in label.text for label in fallen] == [True]


def test_labels_printed_again_are_all_marked() -> None:
    assert all("REPRINT #2" in label.lines[0].text for label in papers(a_cake("1"), a_bread("2"), attempt=2))


@pytest.mark.parametrize(("shown", "words"), [(PhoneShown.FULL, "13800001234"), (PhoneShown.LAST4, "...1234")])
def test_a_packing_slip_says_for_whom_it_is_and_how_many_boxes_there_are(shown: PhoneShown, words: str) -> None:
    wanted = a_job(
        a_cake("1", bakery=ALLERGIC), a_bread("2", quantity=Decimal(2)), customer="Ms. Wang", phone="13800001234"
    )
    ticket = printed(wanted._replace(job=structs.replace(wanted.job, kind="packing")), phone=shown)
    for said in ("Packing slip", "Happy birthday", "ALLERGENS: egg, milk", "2 x Rye bread", "Boxes: 3", words):
        assert said in ticket.text
    [name] = [line for line in ticket.lines if line.text == "Ms. Wang"]
    assert (name.wide, name.high) == (2, 2)
    assert ENGLISH("Packing slip") == "Packing slip"


def test_a_buzzer_is_heard_only_where_there_is_one() -> None:
    assert [label.buzzed for label in papers(a_cake())] == [False]
    assert [label.buzzed for label in papers(a_cake("1"), a_bread("2"), setting=BUZZING)] == [True, False]


BUZZING = Setting(
    columns=48, encoding="gb18030", phone=PhoneShown.LAST4, say=ENGLISH, timezone=SETTING.timezone, buzzer=True
)
