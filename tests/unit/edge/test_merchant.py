"""The merchant's word: an order refused, a cake that fell, a store that drowns, a product that is sold out."""

from decimal import Decimal
from typing import Any

import pytest

from edge import intents as i
from edge.cards import show_board, show_change, show_status
from edge.facts import ItemRemade, OrderRefused, TicketQueued
from edge.intents import Intent, Refused
from edge.layout import PrintRule
from edge.orders import Bakery, ItemId, Moment, OrderId
from edge.parts import printed as lines_of
from edge.updates import Update, UpdateKind
from edge.views import BoardView, merge
from edge.vitals import Vitals
from tests.builders import (
    DECO,
    HOUR,
    MORNING,
    OVEN,
    PACKING,
    a_bread,
    a_bun,
    a_cake,
    a_layout,
    a_stamp,
    an_order,
    placed,
)
from tests.unit.edge.kitchen import Kitchen, kinds, printed

O1, ONE = OrderId("o1"), ItemId("1")
NUTS = Bakery(allergens=("nuts",))


def told(kitchen: Kitchen, kind: UpdateKind) -> list[Update]:
    return [row for row in kitchen.told() if row.kind is kind]


def a_board(kitchen: Kitchen) -> BoardView:
    return show_board(kitchen.board, "j", kitchen.clock.now(), show_status(kitchen.board, Vitals(), ""))


# --- refuse -----------------------------------------------------------------------------------------------------------


def test_an_order_that_nobody_started_can_be_refused_and_the_cloud_hears_why() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", reply_to="abc"))
    assert OrderRefused(O1, "no eggs") in kitchen.ask(i.Refuse(O1, "no eggs"))
    (update,) = told(kitchen, UpdateKind.REFUSED)
    assert (update.order, update.display_id, update.reply_to, update.reason) == ("o1", "O1", "abc", "no eggs")


def test_a_refused_order_stands_struck_out_until_its_stations_have_seen_it() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.ask(i.Refuse(O1, "no eggs"))
    assert "cancelled" in kitchen.words(OVEN)
    kitchen.ask(i.Acknowledge(station=OVEN, slot=1))
    assert kitchen.cards(OVEN) == {}


def test_a_started_order_cannot_be_refused() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.bump(OVEN, 1)
    with pytest.raises(Refused, match="cannot be refused"):
        kitchen.ask(i.Refuse(O1, "no eggs"))


@pytest.mark.parametrize("reason", ["", "   ", "\u200b", " \u200b\u2060\t"])
def test_who_refuses_an_order_says_why_so_that_it_can_be_read(reason: str) -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    with pytest.raises(Refused, match="say why"):
        kitchen.ask(i.Refuse(O1, reason))
    assert kitchen.board.orders[O1].state.value == "open"


def test_an_order_that_waits_for_tomorrow_can_be_refused_and_is_never_released() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", scheduled=True, due=MORNING + 9 * HOUR))
    kitchen.ask(i.Refuse(O1, "closed"))
    kitchen.later(7 * HOUR)
    assert kitchen.order().state == "cancelled"
    with pytest.raises(Refused):
        kitchen.ask(i.Release(O1))


def test_paper_of_a_refused_order_is_called_back() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    printed(kitchen, "kitchen")
    happened = kitchen.ask(i.Refuse(O1, "no eggs"))
    assert [what.kind for what in happened if isinstance(what, TicketQueued)] == ["cancel"]


def test_what_the_cloud_says_of_a_refused_order_comes_too_late() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.ask(i.Refuse(O1, "no eggs"))
    assert kinds(kitchen.ask(i.Cancel(O1, a_stamp("e2")))) == ["EventOvertaken"]
    assert kinds(kitchen.ask(i.Change(an_order("o1"), a_stamp("e3")))) == ["EventOvertaken"]


# --- remake -----------------------------------------------------------------------------------------------------------


def a_kitchen_with_a_baked_cake(**layout: Any) -> Kitchen:
    kitchen = Kitchen(a_layout(grace=0, **layout))
    kitchen.place("o1")
    for _ in range(3):
        kitchen.bump(OVEN, 1)
    assert kitchen.stands() == "frosting started"
    return kitchen


def test_a_cake_that_fell_begins_anew_and_is_counted() -> None:
    kitchen = a_kitchen_with_a_baked_cake()
    assert ItemRemade(O1, ONE, "it fell") in kitchen.ask(i.Remake(O1, ONE, "it fell"))
    assert kitchen.stands() == "baking waiting"
    assert kitchen.cards(DECO) == {}
    (line,) = kitchen.card(OVEN).items
    assert (line.wasted, line.moment) == (1, Moment.WAITING)
    assert "new" in kitchen.words(OVEN)


def test_the_cloud_hears_that_the_last_moment_no_longer_holds_and_that_it_begins_anew() -> None:
    kitchen = a_kitchen_with_a_baked_cake()
    kitchen.ask(i.Remake(O1, ONE, "it fell"))
    (update,) = told(kitchen, UpdateKind.RECALLED)
    assert (update.item, update.stage, update.moment, update.remade, update.reason, update.unready) == (
        "1",
        "frosting",
        Moment.STARTED,
        True,
        "it fell",
        False,
    )


def test_a_ready_order_with_a_cake_that_fell_is_ready_no_more() -> None:
    kitchen = a_kitchen_with_a_baked_cake()
    kitchen.bump(DECO, 1)
    kitchen.bump(PACKING, 1)
    assert kitchen.order().state == "ready"
    kitchen.ask(i.Remake(O1, ONE))
    assert kitchen.order().state == "open"
    assert told(kitchen, UpdateKind.RECALLED)[0].unready


def test_a_ready_that_nobody_has_heard_of_is_never_told_when_the_cake_falls() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bun("1")))
    (station,) = kitchen.order().slots
    kitchen.bump(station, 1)
    kitchen.ask(i.Remake(O1, ONE))
    kitchen.later(60)
    assert told(kitchen, UpdateKind.READY) == []
    assert told(kitchen, UpdateKind.RECALLED) == []
    assert kitchen.heard() == ["started 1 making"]


def test_a_press_before_the_remake_cannot_be_taken_back_and_those_of_others_can() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2")
    kitchen.bump(OVEN, 2)
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Remake(O1, ONE))
    kitchen.ask(i.Recall(station=OVEN))
    assert kitchen.stands("1", "o2") == "baking waiting"
    with pytest.raises(Refused):
        kitchen.ask(i.Recall(station=OVEN))


def test_one_of_four_fell_and_three_go_on() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bread("1", quantity=Decimal(4))))
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Remake(O1, ONE, quantity=Decimal(1)))
    lines = {(line.quantity, line.moment, line.wasted) for line in kitchen.card(OVEN).items}
    assert lines == {(Decimal(3), Moment.STARTED, 0), (Decimal(1), Moment.WAITING, 1)}


def test_there_is_nothing_to_remake_of_what_nobody_began() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    for item in ("1", "9"):
        with pytest.raises(Refused):
            kitchen.ask(i.Remake(O1, ItemId(item)))


def test_the_kitchen_gets_a_ticket_for_what_is_made_again_marked_as_a_reprint() -> None:
    kitchen = a_kitchen_with_a_baked_cake(printing=(PrintRule("kitchen", (OVEN,)),))
    printed(kitchen, "kitchen")
    kitchen.ask(i.Remake(O1, ONE))
    (job,) = kitchen.jobs("kitchen")
    assert (job.attempt, job.pending) == (2, True)


def test_the_ticket_for_one_of_twelve_that_fell_lists_one_and_says_so() -> None:
    kitchen = Kitchen(a_layout(printing=(PrintRule("kitchen", (OVEN,)),)))
    kitchen.ask(placed("o1", a_bread("1", quantity=Decimal(12))))
    printed(kitchen, "kitchen")
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Remake(O1, ONE, quantity=Decimal(1)))
    _, job = kitchen.jobs("kitchen")
    (line,) = lines_of(kitchen.order(), job)
    assert (line.quantity, line.wasted) == (Decimal(1), Decimal(1))


def test_since_when_an_order_is_ready_does_not_depend_on_when_it_closes() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bun("1")))
    kitchen.clock.advance(600)
    kitchen.bump(next(iter(kitchen.order().slots)), 1)
    kitchen.board.layout = a_layout(close_after=HOUR)
    assert a_board(kitchen).orders[0].since.timestamp() == MORNING + 600


# --- pause, unavailable -----------------------------------------------------------------------------------------------


def test_a_paused_store_says_so_to_the_cloud_and_on_every_screen_until_it_goes_on() -> None:
    kitchen = Kitchen()
    kitchen.ask(i.Pause("thirty cakes"))
    assert [row.reason for row in told(kitchen, UpdateKind.PAUSED)] == ["thirty cakes"]
    paused = a_board(kitchen).paused
    assert paused is not None
    assert (paused.reason, paused.by, paused.since.timestamp()) == ("thirty cakes", "test", MORNING)
    kitchen.ask(i.Resume())
    assert told(kitchen, UpdateKind.RESUMED)
    assert a_board(kitchen).paused is None


def test_an_order_that_comes_all_the_same_is_made() -> None:
    kitchen = Kitchen()
    kitchen.ask(i.Pause(), i.Unavailable("cake-strawberry"))
    kitchen.place("o1")
    assert kitchen.cards(OVEN) == {1: "o1"}


def test_a_product_that_is_sold_out_is_told_and_shown_by_its_name() -> None:
    kitchen = Kitchen(a_layout(products={"bread-rye": "Rye bread"}))
    kitchen.ask(i.Unavailable("bread-rye", "sold out"))
    (update,) = told(kitchen, UpdateKind.UNAVAILABLE)
    assert (update.code, update.reason, update.order) == ("bread-rye", "sold out", None)
    (halted,) = a_board(kitchen).unavailable
    assert (halted.code, halted.name, halted.reason) == ("bread-rye", "Rye bread", "sold out")
    kitchen.ask(i.Available("bread-rye"))
    assert [row.code for row in told(kitchen, UpdateKind.AVAILABLE)] == ["bread-rye"]
    assert a_board(kitchen).unavailable == ()


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ((i.Pause(),), i.Pause()),
        ((), i.Resume()),
        ((i.Unavailable("x"),), i.Unavailable("x")),
        ((), i.Available("x")),
    ],
)
def test_what_is_so_already_is_refused(before: tuple[Intent, ...], again: Intent) -> None:
    kitchen = Kitchen()
    kitchen.ask(*before)
    with pytest.raises(Refused):
        kitchen.ask(again)


def test_a_pause_survives_the_hub_and_reaches_a_screen_with_the_next_change() -> None:
    kitchen = Kitchen()
    before = a_board(kitchen)
    kitchen.ask(i.Pause("rest"))
    shown = merge(before, show_change(kitchen.board, kitchen.latest, kitchen.clock.now()))
    assert shown == a_board(kitchen)
    kitchen.restart()
    assert a_board(kitchen).paused == shown.paused


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_an_order_by_hand_without_a_number_gets_one_that_no_other_has() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("cloud", display_id="H002"))
    for name in ("a", "b"):
        kitchen.ask(i.Place(an_order(name, display_id="")))
    assert [kitchen.order(name).display_id for name in ("a", "b")] == ["H001", "H003"]
    kitchen.restart()
    kitchen.ask(i.Place(an_order("c", display_id="")))
    assert kitchen.order("c").display_id == "H004"


# --- allergens first --------------------------------------------------------------------------------------------------


def test_an_order_with_allergens_is_acknowledged_before_its_first_press_where_the_store_wants_it() -> None:
    kitchen = Kitchen(a_layout(confirm_allergens=True))
    cake = a_cake("1", bakery=NUTS)
    kitchen.ask(placed("o1", cake))
    assert kitchen.card(OVEN).locked
    with pytest.raises(Refused, match="allergens: acknowledge it first"):
        kitchen.bump(OVEN, 1)
    kitchen.ask(i.Acknowledge(station=OVEN, slot=1))
    assert not kitchen.card(OVEN).locked
    for _ in range(3):
        kitchen.bump(OVEN, 1)
    kitchen.bump(DECO, 1)  # it was acknowledged before its first stage: that is enough
    assert kitchen.cards(PACKING) == {1: "o1"}


def test_a_batch_leaves_out_what_nobody_has_acknowledged() -> None:
    kitchen = Kitchen(a_layout(confirm_allergens=True))
    kitchen.ask(placed("o1", a_cake("1", bakery=NUTS)), placed("o2"))
    stage = kitchen.order("o1").items[0].route[0]
    kitchen.ask(i.Batch(OVEN, "cake-strawberry", stage, Moment.WAITING))
    assert (kitchen.stands("1", "o1"), kitchen.stands("1", "o2")) == ("baking waiting", "baking started")


def test_a_batch_of_which_nothing_is_acknowledged_says_what_to_do() -> None:
    kitchen = Kitchen(a_layout(confirm_allergens=True))
    kitchen.ask(placed("o1", a_cake("1", bakery=NUTS)))
    stage = kitchen.order("o1").items[0].route[0]
    with pytest.raises(Refused, match="Strawberry cake: acknowledge the allergens first"):
        kitchen.ask(i.Batch(OVEN, "cake-strawberry", stage, Moment.WAITING))


def test_nuts_that_a_change_brings_must_be_acknowledged_too() -> None:
    kitchen = Kitchen(a_layout(confirm_allergens=True))
    kitchen.ask(placed("o1", a_cake("1")))
    kitchen.ask(i.Change(an_order("o1", a_cake("1"), a_cake("2", bakery=NUTS)), a_stamp("e2")))
    assert kitchen.card(OVEN).locked


def test_nuts_that_a_change_brings_into_an_item_must_be_acknowledged_too() -> None:
    kitchen = Kitchen(a_layout(confirm_allergens=True))
    kitchen.ask(placed("o1", a_cake("1")))
    kitchen.ask(i.Change(an_order("o1", a_cake("1", bakery=NUTS)), a_stamp("e2")))
    assert kitchen.card(OVEN).locked
    with pytest.raises(Refused, match="allergens"):
        kitchen.bump(OVEN, 1)


def test_allergens_need_no_acknowledgement_where_the_store_does_not_want_it() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1", bakery=NUTS)))
    assert not kitchen.card(OVEN).locked
    kitchen.bump(OVEN, 1)
