"""Events of the cloud: which one counts when several speak of one order, and what a change does to work in hand."""

from decimal import Decimal

import msgspec
import pytest

from edge import intents as i
from edge.facts import EventOvertaken, GapClosed, OrderChanged
from edge.intents import Refused
from edge.layout import PrintRule
from edge.orders import Bakery, Item, ItemId, OrderId, Stamp
from tests.builders import (
    DECO,
    HOUR,
    KITCHEN,
    MORNING,
    OVEN,
    PACKING,
    a_bread,
    a_bun,
    a_cake,
    a_layout,
    a_stamp,
    an_item,
    an_order,
    placed,
)
from tests.unit.edge.kitchen import Kitchen, kinds, printed

O1 = OrderId("o1")


def changed(*items: Item, event: str = "e2", **rest: object) -> i.Change:
    """The cloud sends order o1 anew, a second after it was placed."""
    return i.Change(an_order("o1", *items, **rest), a_stamp(event, time=MORNING + 1))


def cancelled(event: str = "e9", time: float = MORNING) -> i.Cancel:
    """The cloud takes order o1 back."""
    return i.Cancel(O1, a_stamp(event, time=time), "changed her mind")


# --- which event counts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (a_stamp(time=MORNING), a_stamp("e2", time=MORNING + 1)),
        (a_stamp(time=MORNING), a_stamp("e2", time=MORNING)),
        (a_stamp(time=MORNING), a_stamp("e1", time=MORNING, source="/other")),
        (a_stamp(time=MORNING + 9, sequence=1), a_stamp("e2", time=MORNING, sequence=2)),
        (a_stamp(time=MORNING, sequence=9), a_stamp("e2", time=MORNING + 1, sequence=2, source="/other")),
        (a_stamp(time=MORNING, sequence=9), a_stamp("e2", time=MORNING + 1)),
    ],
)
def test_the_newer_event_has_the_higher_sequence_of_one_source_else_the_later_time(first: Stamp, second: Stamp) -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", stamp=first), i.Change(an_order("o1", note="new"), second))
    assert kitchen.order().note == "new"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (a_stamp(time=MORNING), a_stamp("e2", time=MORNING - 1)),
        (a_stamp(time=MORNING, sequence=2), a_stamp("e2", time=MORNING + 9, sequence=1)),
        (a_stamp(time=MORNING, sequence=1), a_stamp("e2", time=MORNING - 1, sequence=2, source="/other")),
        (a_stamp(time=MORNING, sequence=1), a_stamp("e2", time=MORNING - 1)),
    ],
)
def test_an_older_event_is_journalled_without_effect(first: Stamp, second: Stamp) -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", stamp=first))
    before = kitchen.order()
    happened = kitchen.ask(i.Change(an_order("o1", note="old"), second))
    assert happened[0] == EventOvertaken(O1, second, "a newer event came first")
    assert {type(fact) for fact in happened[1:]} <= {GapClosed}
    assert kitchen.order().stamp == before.stamp
    assert kitchen.order().note == ""


def test_the_event_an_order_comes_from_has_no_effect_when_it_comes_again() -> None:
    kitchen = Kitchen()
    first = placed("o1")
    kitchen.ask(first)
    assert first.stamp is not None
    before = kitchen.order()
    again = i.Place(an_order("o1", a_bread()), first.stamp)
    assert kitchen.ask(again) == [EventOvertaken(O1, first.stamp, "it is known already")]
    assert msgspec.structs.replace(kitchen.order(), revision=before.revision) == before
    kitchen.ask(changed(note="new"))
    assert kinds(kitchen.ask(changed(note="newer"))) == ["EventOvertaken"]
    assert kitchen.order().note == "new"


def test_an_overtaken_event_is_not_accepted_to_the_cloud() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1"), i.Change(an_order("o1"), a_stamp("old", time=MORNING - 1)))
    assert [row.event for row in kitchen.told()] == ["placed-o1"]


def test_a_cloud_that_waits_for_an_answer_is_told_what_came_too_late() -> None:
    kitchen = Kitchen()
    old = a_stamp("old", time=MORNING - 1, answer=True)
    kitchen.ask(placed("o1"), i.Change(an_order("o1"), old), i.Collect(O1, force=True))
    kitchen.later(12 * HOUR)
    kitchen.ask(i.Cancel(O1, a_stamp("refund", time=MORNING + 99, answer=True)))
    assert [(row.event, row.reason) for row in kitchen.told() if row.kind == "order.overtaken"] == [
        ("old", "a newer event came first"),
        ("refund", "the order is closed"),
    ]


def test_every_placed_changed_and_cancelled_that_had_effect_is_accepted() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1"), changed(), cancelled("e3"))
    assert [(row.kind, row.event) for row in kitchen.told()] == [
        ("order.accepted", "placed-o1"),
        ("order.accepted", "e2"),
        ("order.accepted", "e3"),
    ]


def test_a_change_that_comes_before_its_placed_places_the_order() -> None:
    kitchen = Kitchen()
    kitchen.ask(changed(note="newer"))
    assert kinds(kitchen.ask(placed("o1"))) == ["EventOvertaken"]
    assert kitchen.order().note == "newer"


def test_a_second_placed_acts_as_a_change() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1"))
    kitchen.bump(OVEN, 1)
    happened = kitchen.ask(placed("o1", stamp=a_stamp("again", time=MORNING + 1), note="twice"))
    assert kinds(happened) == ["OrderChanged"]
    assert (kitchen.stands(), kitchen.order().note) == ("baking started", "twice")
    assert "changed" in kitchen.words(OVEN)


def test_an_order_made_by_hand_cannot_be_placed_twice() -> None:
    kitchen = Kitchen()
    kitchen.ask(i.Place(an_order("o1")))
    with pytest.raises(Refused, match="order O1 is there already"):
        kitchen.ask(i.Place(an_order("o1")))


# --- cancelled, collected ---------------------------------------------------------------------------------------------


def test_a_cancelled_card_stays_until_it_is_acknowledged() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1"), a_bun("2")), cancelled())
    assert kitchen.order().slots == {OVEN: 1, KITCHEN: 1}
    assert "cancelled" in kitchen.words(OVEN)
    assert kitchen.card(OVEN).next is None
    with pytest.raises(Refused, match="O1 is cancelled: acknowledge it"):
        kitchen.bump(OVEN, 1)
    kitchen.ask(i.Acknowledge(station=OVEN, slot=1))
    assert kitchen.order().slots == {KITCHEN: 1}
    kitchen.ask(i.Acknowledge(station=KITCHEN))
    assert kitchen.order().slots == {}
    assert kitchen.order().state == "cancelled", "it is on the board until it closes"


def test_a_cancelled_card_still_says_what_was_to_be_made() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1"), a_bread("2")), changed(a_cake("1")), cancelled())
    card = kitchen.card(OVEN)
    assert (card.state, [item.name for item in card.items], [item.name for item in card.removed]) == (
        "cancelled",
        ["Strawberry cake"],
        ["Rye bread"],
    )
    kitchen.ask(i.Acknowledge(station=OVEN))
    assert (kitchen.order().slots, kitchen.order().removed) == ({}, ())


def test_cancelled_is_terminal_whatever_comes_later() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1"), cancelled())
    happened = kitchen.ask(
        changed(), placed("o1", stamp=a_stamp("late", time=MORNING + 9)), cancelled("twice"), i.Gone(O1, a_stamp("e5"))
    )
    assert kinds(happened) == ["EventOvertaken"] * 4
    assert kitchen.order().state == "cancelled"


def test_cancelled_counts_when_it_comes_before_its_placed() -> None:
    kitchen = Kitchen()
    kitchen.ask(cancelled())
    assert kinds(kitchen.ask(placed("o1"))) == ["EventOvertaken"]
    assert (kitchen.order().state, kitchen.cards(OVEN), len(kitchen.board.jobs)) == ("cancelled", {}, 0)


def test_cancelled_counts_although_it_is_older_than_the_last_change() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1"), changed(), cancelled(time=MORNING - 9))
    assert kitchen.order().state == "cancelled"


@pytest.mark.parametrize("intent", [i.Hold(O1), i.Release(O1), i.Prioritise(O1), i.Reschedule(O1, MORNING + HOUR)])
def test_nobody_moves_a_cancelled_order(intent: i.Intent) -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1"), cancelled())
    with pytest.raises(Refused, match="O1 is cancelled"):
        kitchen.ask(intent)


def test_a_held_order_is_cancelled_without_a_card() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", scheduled=True, due=MORNING + 9 * HOUR), cancelled())
    assert (kitchen.order().state, kitchen.order().slots) == ("cancelled", {})
    assert kitchen.later(9 * HOUR) == []


def test_the_cloud_may_say_that_an_order_was_collected_before_it_is_ready() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1"), i.Gone(O1, a_stamp("e2"), "rider"))
    assert (kitchen.order().state, kitchen.cards(OVEN)) == ("collected", {})
    kitchen.later(5)
    assert [(row.kind, row.reason) for row in kitchen.told()][-1] == ("order.collected", "rider")


def test_what_was_collected_is_changed_by_nothing() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1"), i.Gone(O1, a_stamp("e2")))
    late = placed("o1", stamp=a_stamp("late", time=MORNING + 9))
    assert kinds(kitchen.ask(changed(event="e3"), late, cancelled())) == ["EventOvertaken"] * 3
    assert kitchen.order().state == "collected"


def test_collected_counts_when_it_comes_before_its_placed() -> None:
    kitchen = Kitchen()
    kitchen.ask(i.Gone(O1, a_stamp("e2")))
    assert kinds(kitchen.ask(placed("o1"))) == ["EventOvertaken"]
    assert (kitchen.order().state, kitchen.cards(OVEN), len(kitchen.board.jobs)) == ("collected", {}, 0)
    kitchen.later(12 * HOUR)
    assert O1 not in kitchen.board.orders


def test_events_about_a_closed_order_have_no_effect() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bun()))
    kitchen.bump(KITCHEN, 1)
    kitchen.later(12 * HOUR)
    happened = kitchen.ask(changed(), placed("o1"), cancelled(), i.Gone(O1, a_stamp("e5")))
    assert kinds(happened) == ["EventOvertaken"] * 4
    with pytest.raises(Refused, match="order O1 is there already"):
        kitchen.ask(i.Place(an_order("o1")))
    assert len(kitchen.board.orders) == 0


# --- changed ----------------------------------------------------------------------------------------------------------


def test_items_that_stay_keep_their_place_and_their_past() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1"), a_bread("2")))
    kitchen.bump(OVEN, 1)
    before = kitchen.item("1")
    kitchen.later(60)
    kitchen.ask(changed(a_cake("1", note="less sugar"), a_bread("2")))
    after = kitchen.item("1")
    assert (after.note, after.place, after.moment, after.since, after.moves) == (
        "less sugar",
        before.place,
        before.moment,
        before.since,
        before.moves,
    )


def test_the_fact_says_what_was_added_removed_and_altered() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1"), a_bread("2"), a_bun("3"), a_bun("4")))
    what = kitchen.ask(
        changed(a_cake("1", note="less sugar"), an_item("Roll", "bread-roll", "2"), a_bun("4"), a_bun("5"))
    )[0]
    assert isinstance(what, OrderChanged)
    assert (what.added, what.removed, what.altered) == (
        (ItemId("2"), ItemId("5")),
        (ItemId("2"), ItemId("3")),
        {ItemId("1"): ("note",)},
    )


def test_a_changed_card_says_so_at_each_of_its_stations() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1"), a_bun("2")))
    kitchen.ask(i.Acknowledge(station=OVEN), i.Acknowledge(station=KITCHEN))
    kitchen.ask(changed(a_cake("1"), a_bun("2"), note="ring twice"))
    assert (kitchen.words(OVEN), kitchen.words(KITCHEN)) == ({"changed"}, {"changed"})


def test_an_added_item_begins_its_own_route() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1")), changed(a_cake("1"), a_bun("2")))
    assert (kitchen.stands("2"), kitchen.order().slots) == ("making started", {OVEN: 1, KITCHEN: 1})


def test_a_change_of_nothing_marks_nothing_and_prints_nothing() -> None:
    kitchen = Kitchen(a_layout(printing=(PrintRule("kitchen", ()),)))
    kitchen.ask(placed("o1", a_cake("1", note="less sugar"), a_bun("2"), note="ring twice"))
    printed(kitchen, "kitchen")
    kitchen.ask(i.Acknowledge(station=OVEN), i.Acknowledge(station=KITCHEN))
    kitchen.ask(changed(a_cake("1", note="less sugar"), a_bun("2"), note="ring twice"))
    assert (kitchen.words(OVEN), kitchen.words(KITCHEN)) == (set(), set())
    assert [job.kind for job in kitchen.jobs("kitchen")] == ["kitchen"]
    with pytest.raises(Refused, match="nothing to acknowledge"):
        kitchen.ask(i.Acknowledge(station=OVEN))


def test_only_the_station_where_an_altered_item_stands_is_told() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1"), a_bun("2")))
    kitchen.ask(i.Acknowledge(station=OVEN), i.Acknowledge(station=KITCHEN))
    kitchen.ask(changed(a_cake("1", quantity=Decimal(2), bakery=Bakery(cake_text="Rain")), a_bun("2")))
    assert (kitchen.words(OVEN), kitchen.words(KITCHEN)) == ({"changed"}, set())
    (item,) = kitchen.card(OVEN).items
    assert (item.change, item.changed) == ("altered", ("quantity", "cakeText"))
    kitchen.ask(changed(a_cake("1", quantity=Decimal(2), note="cold"), a_bun("2"), event="e3"))
    assert kitchen.card(OVEN).items[0].changed == ("quantity", "note", "cakeText")
    kitchen.ask(i.Acknowledge(station=OVEN))
    assert (kitchen.card(OVEN).items[0].change, kitchen.words(OVEN)) == (None, set())


def test_an_added_item_is_shown_as_added_where_it_begins() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1")), i.Acknowledge(station=OVEN))
    kitchen.ask(changed(a_cake("1"), a_bread("2")))
    assert [(item.name, item.change) for item in kitchen.card(OVEN).items] == [
        ("Strawberry cake", None),
        ("Rye bread", "added"),
    ]
    assert "changed" in kitchen.words(OVEN)
    kitchen.ask(i.Acknowledge(station=OVEN))
    assert [item.change for item in kitchen.card(OVEN).items] == [None, None]


def test_pressing_acknowledges_no_change_and_an_item_takes_it_along() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bread("1")), changed(a_bread("1", note="sliced")))
    kitchen.bump(OVEN, 1)
    assert kitchen.words(OVEN) == {"changed"}
    kitchen.bump(OVEN, 1)
    assert (kitchen.card(PACKING).items[0].changed, kitchen.words(PACKING)) == (("note",), {"new", "changed"})
    kitchen.bump(PACKING, 1)
    assert (kitchen.order().state, kitchen.order().slots) == ("ready", {}), "whoever made it has seen it"


def test_a_made_item_that_is_altered_comes_back_to_where_it_was_finished() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bun("1"), a_cake("2")))
    kitchen.bump(KITCHEN, 1)
    kitchen.ask(changed(a_bun("1", note="sliced"), a_cake("2")))
    card = kitchen.card(KITCHEN)
    assert [(item.moment, item.changed) for item in card.items] == [("finished", ("note",))]
    assert (card.next, card.marks) == (None, ("changed",))
    with pytest.raises(Refused, match="O1 has nothing left to make here: acknowledge it"):
        kitchen.bump(KITCHEN, card.slot)
    kitchen.ask(i.Acknowledge(station=KITCHEN))
    assert kitchen.order().slots == {OVEN: 1}


def test_a_removed_item_is_shown_where_it_stood_until_it_is_acknowledged_there() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1"), a_bun("2"), a_bread("3")), changed(a_cake("1")))
    assert kitchen.order().slots == {OVEN: 1, KITCHEN: 1}
    assert [(gone.name, gone.begun) for gone in kitchen.card(OVEN).removed] == [("Rye bread", False)]
    card = kitchen.card(KITCHEN)
    assert ([gone.name for gone in card.removed], card.items, card.next) == (["Bun"], (), None)
    with pytest.raises(Refused, match="O1 has nothing left to make here: acknowledge it"):
        kitchen.bump(KITCHEN, 1)
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Acknowledge(station=KITCHEN, slot=1))
    assert (kitchen.order().slots, len(kitchen.card(OVEN).removed)) == ({OVEN: 1}, 1)
    kitchen.ask(i.Acknowledge(station=OVEN))
    assert (kitchen.card(OVEN).removed, kitchen.order().removed) == ((), ())


def test_a_removed_item_that_somebody_is_at_is_told_apart() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bread("1"), a_cake("2")))
    kitchen.bump(OVEN, 1)
    kitchen.ask(changed(a_cake("2")))
    assert [(gone.name, gone.begun) for gone in kitchen.card(OVEN).removed] == [("Rye bread", True)]


def test_a_removed_item_that_was_made_is_shown_where_it_was_finished() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bun("1"), a_bun("2")))
    kitchen.bump(KITCHEN, 1)
    kitchen.ask(changed(a_bun("1")))
    assert (kitchen.order().state, list(kitchen.order().slots)) == ("ready", [KITCHEN])
    assert "new" not in kitchen.words(KITCHEN)
    assert [gone.begun for gone in kitchen.card(KITCHEN).removed] == [True]


def test_a_removed_item_holds_its_card_when_the_order_is_ready_meanwhile() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bun("1"), a_cake("2")))
    kitchen.bump(OVEN, 1)
    kitchen.bump(KITCHEN, 1)
    kitchen.ask(changed(a_bun("1")))
    assert (kitchen.order().state, kitchen.cards(OVEN)) == ("ready", {1: "o1"})
    tickets = len(kitchen.board.jobs)
    kitchen.ask(i.Acknowledge(station=OVEN))
    assert (kitchen.cards(OVEN), len(kitchen.board.jobs)) == ({}, tickets)
    kitchen.ask(i.Collect(O1))


def test_an_order_leaves_its_stations_when_it_is_collected_whatever_was_not_acknowledged() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bun("1"), a_bread("2")), changed(a_bread("2")), i.Collect(O1, force=True))
    assert kitchen.order().slots == {}


def test_an_item_that_comes_and_goes_before_anybody_looks_is_shown_once() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1")))
    for number in range(3):
        kitchen.ask(changed(a_cake("1"), a_bun("2"), event=f"in-{number}"))
        kitchen.ask(changed(a_cake("1"), event=f"out-{number}"))
    assert len(kitchen.card(KITCHEN).removed) == 1


def test_a_change_of_a_held_order_need_not_be_shown() -> None:
    kitchen = Kitchen()
    scheduled = {"scheduled": True, "due": MORNING + 9 * HOUR}
    kitchen.ask(placed("o1", a_cake("1"), a_bun("2"), **scheduled))
    kitchen.ask(changed(a_cake("1", note="less sugar"), a_bread("3"), **scheduled))
    kitchen.ask(i.Release(O1))
    card = kitchen.card(OVEN)
    assert (card.marks, card.removed, [item.change for item in card.items]) == (("new",), (), [None, None])


def test_a_change_that_holds_an_order_still_stops_what_was_begun() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bread("1"), a_bun("2")))
    kitchen.bump(OVEN, 1)
    kitchen.ask(changed(a_cake("3"), scheduled=True, due=MORNING + 9 * HOUR))
    assert (kitchen.order().state, kitchen.cards(OVEN), kitchen.cards(KITCHEN)) == ("held", {1: "o1"}, {})
    assert ([gone.name for gone in kitchen.card(OVEN).removed], kitchen.card(OVEN).items) == (["Rye bread"], ())
    kitchen.ask(i.Acknowledge(station=OVEN))
    assert (kitchen.order().state, kitchen.cards(OVEN)) == ("held", {})


def test_an_item_that_became_another_product_begins_anew() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1")))
    kitchen.bump(OVEN, 1)
    kitchen.ask(changed(a_bread("1")))
    assert kitchen.stands() == "baking waiting"
    assert kitchen.item().moves == ()


def test_a_ready_order_that_gets_another_item_is_not_ready() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bun("1")))
    kitchen.bump(KITCHEN, 1)
    kitchen.ask(changed(a_bun("1"), a_bun("2")))
    assert (kitchen.order().state, kitchen.stands("1"), kitchen.stands("2")) == ("open", "made", "making started")
    kitchen.later(5)
    assert "ready" not in kitchen.heard()
    kitchen.ask(i.Bump(order=O1))
    kitchen.later(5)
    assert kitchen.heard()[-1] == "ready"


def test_an_order_whose_last_open_item_is_removed_is_ready() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bun("1"), a_cake("2")))
    kitchen.bump(KITCHEN, 1)
    kitchen.ask(changed(a_bun("1")))
    assert kitchen.order().state == "ready"


def test_a_change_can_hold_an_order_that_nobody_has_started() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1"), changed(a_cake(), scheduled=True, due=MORNING + 9 * HOUR))
    assert (kitchen.order().state, kitchen.cards(OVEN)) == ("held", {})


def test_a_change_can_release_a_held_order_and_prints_each_ticket_once() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", scheduled=True, due=MORNING + 9 * HOUR))
    kitchen.ask(changed(a_cake("1"), a_cake("2")))
    assert (kitchen.order().state, kitchen.cards(OVEN)) == ("open", {1: "o1"})
    assert [job.items for job in kitchen.jobs("kitchen")] == [("1", "2")]


def test_a_changed_order_keeps_its_numbers() -> None:
    kitchen = Kitchen()
    kitchen.place("o0")
    kitchen.ask(placed("o1", a_bread()))
    kitchen.bump(OVEN, 2)
    kitchen.ask(changed(a_bread(), a_bread("2")))
    assert kitchen.cards(OVEN) == {1: "o0", 2: "o1"}
    assert kitchen.cards(DECO) == kitchen.cards(PACKING) == {}


def test_nothing_of_the_cloud_moves_a_lapsed_order_but_its_cancelling() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", due=MORNING - 25 * HOUR))
    assert kinds(kitchen.ask(changed())) == ["EventOvertaken"]
    kitchen.ask(cancelled())
    assert kitchen.order().state == "cancelled"


def test_a_corrected_name_leaves_the_cake_where_it_is() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.bump(OVEN, 1)
    kitchen.ask(changed(an_item("Strawberry cake, large", "cake-strawberry")))
    (item,) = kitchen.order().items
    assert (item.name, item.moment) == ("Strawberry cake, large", "started")
