"""Parts: twelve tarts on one card, of which five may go ahead, and batches over all orders."""

from decimal import Decimal

import pytest

from edge import intents as i
from edge.facts import TicketQueued
from edge.intents import Refused
from edge.layout import PrintRule
from edge.orders import ItemId, Moment, OrderId, StageId
from edge.parts import printed as lines_of
from edge.tickets import Slip
from edge.updates import UpdateKind
from tests.builders import (
    DECO,
    MORNING,
    OVEN,
    PACKING,
    a_bread,
    a_cake,
    a_layout,
    a_stamp,
    an_item,
    an_order,
    placed,
)
from tests.unit.edge.kitchen import Kitchen

O1 = OrderId("o1")
FIVE, TWELVE = Decimal(5), Decimal(12)


def tarts(number: str = "1", quantity: Decimal = TWELVE) -> i.Place:
    return placed("o1", a_bread(number, quantity=quantity))


def a_kitchen_with_twelve(**layout: object) -> Kitchen:
    kitchen = Kitchen(a_layout(**layout))
    kitchen.ask(tarts())
    return kitchen


def where(kitchen: Kitchen, order: str = "o1") -> dict[str, Decimal]:
    """How many of the order's items are where."""
    counted: dict[str, Decimal] = {}
    for item in kitchen.order(order).items:
        place = "made" if item.made else f"{item.stage} {item.moment}"
        counted[place] = counted.get(place, Decimal(0)) + item.quantity
    return counted


def five_ahead(kitchen: Kitchen) -> None:
    kitchen.ask(i.Bump(station=OVEN, slot=1, quantity=FIVE))


# --- a part goes ahead ------------------------------------------------------------------------------------------------


def test_five_of_twelve_go_ahead_and_the_card_says_how_many_stand_where() -> None:
    kitchen = a_kitchen_with_twelve()
    five_ahead(kitchen)
    assert where(kitchen) == {"baking started": FIVE, "baking waiting": Decimal(7)}
    lines = kitchen.card(OVEN).items
    assert [(line.item, line.quantity, line.moment) for line in lines] == [
        ("1", FIVE, Moment.STARTED),
        ("1", Decimal(7), Moment.WAITING),
    ]


def test_the_next_press_moves_those_that_stayed_behind() -> None:
    kitchen = a_kitchen_with_twelve()
    five_ahead(kitchen)
    kitchen.bump(OVEN, 1)
    assert where(kitchen) == {"baking started": TWELVE}
    (line,) = kitchen.card(OVEN).items
    assert (line.item, line.quantity) == ("1", TWELVE)


def test_the_cloud_is_told_how_many_of_which_item_moved() -> None:
    kitchen = a_kitchen_with_twelve(grace=0)
    five_ahead(kitchen)
    kitchen.bump(OVEN, 1)
    told = [(row.kind, row.item, row.quantity) for row in kitchen.told() if row.item]
    assert told == [(UpdateKind.STARTED, "1", FIVE), (UpdateKind.STARTED, "1", Decimal(7))]


def test_an_order_is_ready_when_the_last_part_is_made() -> None:
    kitchen = a_kitchen_with_twelve(grace=0)
    five_ahead(kitchen)
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Bump(station=OVEN, slot=1, quantity=FIVE))
    kitchen.bump(PACKING, 1)
    assert where(kitchen) == {"made": FIVE, "baking started": Decimal(7)}
    assert kitchen.order().state == "open"
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Bump(station=PACKING, order=O1))
    assert kitchen.order().state == "ready"


def test_what_is_taken_back_is_one_with_the_rest_again() -> None:
    kitchen = a_kitchen_with_twelve()
    before = kitchen.order().items
    five_ahead(kitchen)
    kitchen.ask(i.Recall(station=OVEN))
    assert kitchen.order().items == before
    assert kitchen.heard() == []


def test_a_part_that_has_gone_to_another_station_comes_back_to_the_rest() -> None:
    kitchen = a_kitchen_with_twelve()
    kitchen.bump(OVEN, 1)
    five_ahead(kitchen)
    assert kitchen.cards(PACKING) == {1: "o1"}
    kitchen.ask(i.Recall(station=OVEN))
    assert where(kitchen) == {"baking started": TWELVE}
    assert len(kitchen.order().items) == 1
    assert kitchen.cards(PACKING) == {}


def test_all_of_them_is_no_part() -> None:
    kitchen = a_kitchen_with_twelve()
    kitchen.ask(i.Bump(station=OVEN, slot=1, quantity=TWELVE))
    assert [item.id for item in kitchen.order().items] == ["1"]


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(Refused, match="only 12 there"):
        a_kitchen_with_twelve().ask(i.Bump(station=OVEN, slot=1, quantity=Decimal(13)))


def test_a_quantity_of_two_products_says_nothing() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bread("1", quantity=TWELVE), a_cake("2")))
    with pytest.raises(Refused, match="several items"):
        kitchen.ask(i.Bump(station=OVEN, slot=1, quantity=FIVE))
    kitchen.ask(i.Bump(station=OVEN, slot=1, item=ItemId("1"), quantity=FIVE))
    assert where(kitchen)["baking started"] == FIVE


def test_kilograms_divide_too() -> None:
    kitchen = Kitchen()
    kitchen.ask(tarts(quantity=Decimal("1.5")))
    kitchen.ask(i.Bump(station=OVEN, slot=1, quantity=Decimal("0.4")))
    assert where(kitchen) == {"baking started": Decimal("0.4"), "baking waiting": Decimal("1.1")}


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "Infinity", "1e9"])
def test_a_quantity_that_is_none_cannot_be_asked(quantity: str) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        i.Bump(station=OVEN, slot=1, quantity=Decimal(quantity))


# --- changes and paper ------------------------------------------------------------------------------------------------


def test_a_change_to_more_adds_to_those_behind_and_to_fewer_takes_from_them() -> None:
    kitchen = a_kitchen_with_twelve()
    five_ahead(kitchen)
    kitchen.ask(i.Change(an_order("o1", a_bread("1", quantity=Decimal(14))), a_stamp("e2", time=MORNING + 1)))
    assert where(kitchen) == {"baking started": FIVE, "baking waiting": Decimal(9)}
    kitchen.ask(i.Change(an_order("o1", a_bread("1", quantity=Decimal(3))), a_stamp("e3", time=MORNING + 2)))
    assert where(kitchen) == {"baking started": Decimal(3)}
    assert [item.id for item in kitchen.order().items] == ["1"]
    assert kitchen.card(OVEN).items[0].changed == ("quantity",)


def test_more_of_what_is_made_already_begins_at_the_beginning() -> None:
    kitchen = Kitchen(a_layout(printing=(PrintRule("bench", (OVEN,), "arrived"),)))
    kitchen.ask(tarts(quantity=Decimal(2)))
    for _ in range(2):
        kitchen.bump(OVEN, 1)
    kitchen.bump(PACKING, 1)
    assert kitchen.order().state == "ready"
    kitchen.ask(i.Change(an_order("o1", a_bread("1", quantity=FIVE)), a_stamp("e2", time=MORNING + 1)))
    assert where(kitchen) == {"made": Decimal(2), "baking waiting": Decimal(3)}
    assert kitchen.order().state == "open"
    assert [line.quantity for line in kitchen.card(OVEN).items] == [Decimal(3)]
    assert [[line.quantity for line in lines_of(kitchen.order(), job)] for job in kitchen.jobs("bench")][-1] == [3]


def test_a_change_of_the_note_reaches_every_part() -> None:
    kitchen = a_kitchen_with_twelve()
    five_ahead(kitchen)
    new = a_bread("1", quantity=TWELVE, note="sliced")
    kitchen.ask(i.Change(an_order("o1", new), a_stamp("e2", time=MORNING + 1)))
    assert {(item.note, item.changed) for item in kitchen.order().items} == {("sliced", ("note",))}
    assert where(kitchen) == {"baking started": FIVE, "baking waiting": Decimal(7)}


def test_an_item_of_parts_that_is_removed_is_one_line_and_says_stop_where_some_are_begun() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bread("1", quantity=TWELVE), a_cake("2")))
    kitchen.ask(i.Bump(station=OVEN, slot=1, item=ItemId("1"), quantity=FIVE))
    kitchen.ask(i.Change(an_order("o1", a_cake("2")), a_stamp("e2", time=MORNING + 1)))
    (gone,) = kitchen.card(OVEN).removed
    assert (gone.item, gone.quantity, gone.begun) == ("1", TWELVE, True)


def test_a_kitchen_ticket_lists_the_item_whole_and_one_for_what_arrives_lists_what_arrived() -> None:
    rules = (PrintRule("door", (OVEN,)), PrintRule("bench", (PACKING,), "arrived"))
    kitchen = a_kitchen_with_twelve(printing=rules)
    kitchen.bump(OVEN, 1)
    five_ahead(kitchen)
    kitchen.bump(OVEN, 1)
    (door,) = kitchen.jobs("door")
    assert [line.quantity for line in lines_of(kitchen.order(), door)] == [TWELVE]
    bench = kitchen.jobs("bench")
    assert [[line.quantity for line in lines_of(kitchen.order(), job)] for job in bench] == [[FIVE], [Decimal(7)]]
    assert [job.attempt for job in bench] == [1, 1]


def test_a_change_slip_has_one_line_for_an_item_of_parts() -> None:
    kitchen = a_kitchen_with_twelve(printing=(PrintRule("door", (OVEN,)),))
    (job,) = kitchen.jobs("door")
    kitchen.ask(i.ReportTicket(job.id, "sending"), i.ReportTicket(job.id, "printed"))
    five_ahead(kitchen)
    happened = kitchen.ask(
        i.Change(an_order("o1", a_bread("1", quantity=Decimal(10))), a_stamp("e2", time=MORNING + 1))
    )
    (slip,) = (what.slip for what in happened if isinstance(what, TicketQueued))
    assert isinstance(slip, Slip)
    assert [(line.item, line.was) for line in slip.lines] == [("1", {"quantity": "12"})]


# --- batches ----------------------------------------------------------------------------------------------------------


def a_batch(product: str = "bread-rye", moment: Moment = Moment.WAITING) -> i.Batch:
    return i.Batch(OVEN, product, StageId("baking"), moment)


def a_full_oven() -> Kitchen:
    """Two orders of bread, one of them with a cake, and a third that has bread in the oven already."""
    kitchen = Kitchen()
    for name, items in {"o1": (a_bread("1"),), "o2": (a_cake("1"), a_bread("2")), "o3": (a_bread("1"),)}.items():
        kitchen.place(name, items=items)
    kitchen.bump(OVEN, 3)
    return kitchen


def test_a_batch_moves_all_of_a_product_that_stands_there_and_nothing_else() -> None:
    kitchen = a_full_oven()
    kitchen.ask(a_batch())
    assert kitchen.stands("1", "o1") == kitchen.stands("2", "o2") == kitchen.stands("1", "o3") == "baking started"
    assert kitchen.stands("1", "o2") == "baking waiting"


def test_one_recall_takes_a_whole_batch_back() -> None:
    kitchen = a_full_oven()
    before = {name: kitchen.order(name).items for name in ("o1", "o2", "o3")}
    kitchen.ask(a_batch())
    kitchen.ask(i.Recall(station=OVEN))
    assert {name: kitchen.order(name).items for name in ("o1", "o2", "o3")} == before


def test_a_recall_of_a_slot_takes_only_its_own_part_of_a_batch_back() -> None:
    kitchen = a_full_oven()
    kitchen.ask(a_batch())
    kitchen.ask(i.Recall(station=OVEN, slot=1))
    assert (kitchen.stands("1", "o1"), kitchen.stands("2", "o2")) == ("baking waiting", "baking started")


def test_what_has_gone_on_meanwhile_stays_when_a_batch_is_taken_back() -> None:
    kitchen = a_full_oven()
    kitchen.ask(a_batch())
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Recall(station=OVEN))
    kitchen.ask(i.Recall(station=OVEN))
    assert (kitchen.stands("1", "o1"), kitchen.stands("2", "o2")) == ("baking waiting", "baking waiting")


def test_a_batch_that_has_moved_on_hits_nothing_else() -> None:
    kitchen = a_full_oven()
    kitchen.ask(a_batch())
    for nothing in (a_batch(), a_batch("bun"), a_batch(moment=Moment.FINISHED)):
        with pytest.raises(Refused, match="for that"):
            kitchen.ask(nothing)


def test_the_presses_of_a_station_can_be_taken_back_one_after_another() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2", items=(a_bread(),))
    before = (kitchen.order("o1").items, kitchen.order("o2").items)
    for slot in (1, 2, 1):
        kitchen.bump(OVEN, slot)
    for _ in range(3):
        kitchen.ask(i.Recall(station=OVEN))
    assert (kitchen.order("o1").items, kitchen.order("o2").items) == before
    with pytest.raises(Refused, match="nothing to recall"):
        kitchen.ask(i.Recall(station=OVEN))


def test_bread_of_no_code_is_its_name() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(an_item("Bun", ""),))
    (item,) = kitchen.order().items
    kitchen.ask(i.Batch(next(iter(kitchen.order().slots)), item.name, StageId("making"), Moment.STARTED))
    assert kitchen.order().state == "ready"
    assert DECO not in kitchen.order().slots
