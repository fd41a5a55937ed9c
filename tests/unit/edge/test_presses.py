"""Presses: what a button moves, what follows from it by itself, and how it is taken back."""

from typing import Any

import pytest

from edge import intents as i
from edge.board import MOVES_KEPT
from edge.facts import ItemFinished, ItemStarted, OrderReady
from edge.intents import Refused
from edge.layout import Route, Stage, Station
from edge.orders import ItemId, Moment, OrderId, StageId
from edge.updates import UpdateKind
from edge.views import Next
from tests.builders import DECO, KITCHEN, OVEN, PACKING, a_bread, a_bun, a_cake, a_layout, placed, stages
from tests.unit.edge.kitchen import Kitchen, kinds

O1 = OrderId("o1")

# --- bump -------------------------------------------------------------------------------------------------------------


def test_a_stage_of_two_presses_is_started_by_the_first_and_finished_by_the_second() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bread(),))
    seen = [kitchen.stands()]
    for _ in range(2):
        kitchen.bump(OVEN, 1)
        seen.append(kitchen.stands())
    assert seen == ["baking waiting", "baking started", "boxing started"]


def test_a_stage_of_one_press_is_started_by_arriving_there() -> None:
    kitchen = Kitchen()
    happened = kitchen.ask(placed("o1", a_bun()))
    assert ItemStarted(O1, ItemId("1"), StageId("making"), KITCHEN, implied=True) in happened
    assert kinds(kitchen.bump(KITCHEN, 1)) == ["ItemFinished", "OrderReady", "SlotFreed", "TicketQueued"]


def test_arriving_at_a_stage_of_one_press_belongs_to_the_press_that_sent_the_item_there() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bread(),))
    kitchen.bump(OVEN, 1)
    move = kitchen.board.counters.seq + 1
    assert kitchen.bump(OVEN, 1)[:2] == [
        ItemFinished(O1, ItemId("1"), StageId("baking"), OVEN, move),
        ItemStarted(O1, ItemId("1"), StageId("boxing"), PACKING, move, implied=True),
    ]


def test_an_order_is_ready_in_the_same_press_that_makes_its_last_item() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun("1"), a_bread("2")))
    kitchen.bump(KITCHEN, 1)
    assert kitchen.order().state == "open"
    kitchen.bump(OVEN, 1)
    kitchen.bump(OVEN, 1)
    move = kitchen.board.counters.seq + 1
    assert OrderReady(O1, move) in kitchen.bump(PACKING, 1)
    assert kitchen.order().state == "ready"
    assert kitchen.order().slots == {}


def test_of_two_who_press_one_card_at_once_only_the_first_moves_it() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bread(),))
    press = i.Bump(station=OVEN, slot=1, order=O1, stage=StageId("baking"), moment=Moment.STARTED)
    assert kitchen.batch([press, press]) == ["", "O1 has been moved on already: look at the card"]
    assert kitchen.stands() == "baking started"


def test_a_press_moves_the_items_that_are_furthest_behind() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_cake("1"), a_cake("2"), a_bread("3")))
    kitchen.ask(i.Bump(station=OVEN, slot=1, item=ItemId("1")))
    assert kitchen.card(OVEN).next == Next(StageId("baking"), "Baking", Moment.STARTED)
    kitchen.bump(OVEN, 1)  # the two that still wait
    assert [kitchen.stands(n) for n in "123"] == ["baking started"] * 3
    assert kitchen.card(OVEN).next == Next(StageId("baking"), "Baking", Moment.FINISHED)
    kitchen.bump(OVEN, 1)  # all three
    assert [kitchen.stands(n) for n in "123"] == ["cooling started", "cooling started", "boxing started"]
    kitchen.bump(OVEN, 1)  # the two cakes
    assert [kitchen.stands(n) for n in "123"] == ["frosting started", "frosting started", "boxing started"]


def test_an_earlier_stage_of_the_station_goes_before_a_later_one() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_cake("1"), a_cake("2")))
    for _ in range(2):
        kitchen.ask(i.Bump(station=OVEN, slot=1, item=ItemId("1")))
    assert (kitchen.stands("1"), kitchen.stands("2")) == ("cooling started", "baking waiting")
    assert kitchen.card(OVEN).next == Next(StageId("baking"), "Baking", Moment.STARTED)
    kitchen.bump(OVEN, 1)
    assert (kitchen.stands("1"), kitchen.stands("2")) == ("cooling started", "baking started")


def test_only_a_press_moves_items_not_one_on_another_station() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_cake("1"), a_bun("2")))
    kitchen.bump(OVEN, 1)
    assert kitchen.stands("2") == "making started"


def test_a_press_may_name_one_item() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_cake("1"), a_cake("2")))
    kitchen.ask(i.Bump(station=OVEN, slot=1, item=ItemId("2")))
    assert (kitchen.stands("1"), kitchen.stands("2")) == ("baking waiting", "baking started")
    with pytest.raises(Refused, match="item 9 of O1 is not at oven"):
        kitchen.ask(i.Bump(station=OVEN, slot=1, item=ItemId("9")))


def test_a_press_by_order_alone_wants_the_order_at_one_station() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.place("o2", items=(a_cake("1"), a_bun("2")))
    kitchen.ask(i.Bump(order=O1))
    assert kitchen.stands() == "baking started"
    with pytest.raises(Refused, match="O2 is at 2 stations: say which"):
        kitchen.ask(i.Bump(order=OrderId("o2")))
    kitchen.ask(i.Bump(order=OrderId("o2"), station=OVEN))
    assert kitchen.stands(order="o2") == "baking started"


def test_an_order_beside_a_slot_must_be_the_one_that_stands_there() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2")
    kitchen.ask(i.Bump(station=OVEN, slot=2, order=OrderId("o2")))
    for press in (i.Bump, i.Recall, i.Acknowledge, i.Reprint):
        with pytest.raises(Refused, match="slot 1 at Oven is O1 now"):
            kitchen.ask(press(station=OVEN, slot=1, order=OrderId("o2")))


@pytest.mark.parametrize(
    ("press", "reason"),
    [
        (i.Bump(), "say which station and slot, or which order"),
        (i.Bump(station=OVEN), "say which slot or which order"),
        (i.Bump(station=OVEN, slot=2), "slot 2 at Oven is empty"),
        (i.Bump(station=DECO, order=O1), "O1 is not at Decorating"),
        (i.Bump(order=OrderId("o9")), "there is no order o9 on the board"),
        (i.Recall(), "say which station"),
        (i.Recall(order=OrderId("o9")), "there is no order o9 on the board"),
        (i.Recall(order=O1), "O1 has no move to take back"),
        (i.Recall(station=OVEN), "nothing to recall at Oven"),
        (i.Recall(station=OVEN, slot=1), "nothing to recall in slot 1 at Oven"),
        (i.Recall(station=OVEN, slot=2), "slot 2 at Oven is empty"),
        (i.Acknowledge(station=DECO), "nothing to acknowledge at Decorating"),
        (i.Reprint(station=PACKING), "there is no ticket to print again"),
        (i.Reprint(order=OrderId("o9")), "there is no ticket to print again"),
    ],
)
def test_a_press_that_hits_nothing_says_so(press: i.Intent, reason: str) -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    with pytest.raises(Refused) as refused:
        kitchen.ask(press)
    assert refused.value.reason == reason


def test_a_held_or_ready_order_is_at_no_station_and_says_so() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.ask(i.Hold(O1))
    with pytest.raises(Refused, match="O1 is held and at no station"):
        kitchen.ask(i.Bump(order=O1))


# --- recall -----------------------------------------------------------------------------------------------------------


def test_a_recall_takes_the_last_move_of_a_slot_back() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bread(),))
    before = kitchen.item()
    kitchen.later(60)
    kitchen.bump(OVEN, 1)
    kitchen.later(60)
    kitchen.ask(i.Recall(station=OVEN, slot=1))
    assert kitchen.item() == before


def test_a_recall_without_a_slot_takes_the_last_move_of_the_station_back() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2", "o3")
    kitchen.bump(OVEN, 3)
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Recall(station=OVEN))
    assert [kitchen.stands(order=name) for name in ("o1", "o3")] == ["baking waiting", "baking started"]
    kitchen.ask(i.Recall(station=OVEN))
    assert kitchen.stands(order="o3") == "baking waiting"


def test_a_recall_undoes_one_press_of_several_items_as_one() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_cake("1"), a_bread("2")))
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Recall(station=OVEN, slot=1))
    assert [kitchen.stands(n) for n in "12"] == ["baking waiting"] * 2


def test_a_recall_may_name_one_item_and_the_others_can_follow() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bread("1"), a_bread("2")))
    kitchen.bump(OVEN, 1)
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Recall(station=OVEN, slot=1, item=ItemId("2")))
    assert [kitchen.stands(n) for n in "12"] == ["boxing started", "baking started"]
    kitchen.ask(i.Recall(station=OVEN))
    assert [kitchen.stands(n) for n in "12"] == ["baking started", "baking started"]


@pytest.mark.parametrize("where", [{"station": OVEN, "slot": 1}, {"station": OVEN}, {"order": O1}])
def test_a_recall_of_one_item_takes_back_its_own_last_move(where: dict[str, Any]) -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_cake("1"), a_cake("2")))
    for number in "12":
        kitchen.ask(i.Bump(station=OVEN, slot=1, item=ItemId(number)))
    kitchen.ask(i.Recall(**where, item=ItemId("1")))
    assert [kitchen.stands(n) for n in "12"] == ["baking waiting", "baking started"]


def test_a_recalled_order_returns_to_its_old_number_although_that_rests() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2", items=(a_bread(),))
    for _ in range(2):
        kitchen.bump(OVEN, 1)
    assert kitchen.cards(OVEN) == {2: "o2"}
    kitchen.ask(i.Recall(station=OVEN, slot=1))
    assert kitchen.cards(OVEN) == {1: "o1", 2: "o2"}
    assert kitchen.cards(PACKING) == {}
    assert kitchen.words(OVEN) == {"recalled"}


def test_a_recalled_order_whose_number_was_given_away_takes_another() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bread(),))
    for _ in range(2):
        kitchen.bump(OVEN, 1)
    kitchen.later(5)
    kitchen.place("o2", items=(a_bread(),))
    kitchen.ask(i.Recall(station=OVEN, order=O1))
    assert kitchen.cards(OVEN) == {1: "o2", 2: "o1"}


def test_a_recalled_order_does_not_take_its_old_number_while_it_rests_for_another() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.later(5)
    kitchen.place("o2", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.ask(i.Recall(station=KITCHEN, order=O1))
    assert kitchen.cards(KITCHEN) == {2: "o1"}


def test_an_order_recalled_by_name_long_after_takes_a_number_that_there_is() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    for n in range(MOVES_KEPT):
        kitchen.ask(placed(f"later-{n}", a_bun()), i.Bump(order=OrderId(f"later-{n}")))
    kitchen.later(10)
    kitchen.ask(i.Recall(order=O1))
    assert kitchen.cards(KITCHEN) == {1: "o1"}


def test_a_recall_is_refused_once_another_station_has_gone_on() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    for _ in range(3):
        kitchen.bump(OVEN, 1)
    kitchen.bump(DECO, 1)
    with pytest.raises(Refused, match="O1 has gone on at deco: recall it there first"):
        kitchen.ask(i.Recall(station=OVEN))
    kitchen.ask(i.Recall(station=DECO))
    kitchen.ask(i.Recall(station=OVEN))
    assert kitchen.stands() == "cooling started"


def test_an_order_that_became_ready_can_be_recalled() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    assert kinds(kitchen.ask(i.Recall(station=KITCHEN, slot=1))) == ["MoveRecalled", "OrderUnready", "SlotTaken"]
    assert (kitchen.order().state, kitchen.order().closes) == ("open", None)


@pytest.mark.parametrize("end", [i.Collect(O1), i.Cancel(O1, placed().stamp)])  # type: ignore[arg-type]
def test_an_order_that_is_over_cannot_be_recalled(end: i.Intent) -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.ask(end)
    with pytest.raises(Refused, match="O1 can no longer be moved"):
        kitchen.ask(i.Recall(station=KITCHEN))


def test_a_recalled_press_can_be_made_again() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    for _ in range(3):
        kitchen.bump(KITCHEN, 1)
        kitchen.ask(i.Recall(station=KITCHEN))
    kitchen.bump(KITCHEN, 1)
    kitchen.later(5)
    assert kitchen.heard() == ["started 1 making", "finished 1 making", "ready"]


# --- acknowledge ------------------------------------------------------------------------------------------------------


def test_a_new_card_is_marked_until_it_is_pressed_or_acknowledged() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2")
    assert kitchen.words(OVEN) == {"new"}
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Acknowledge(station=OVEN, slot=2))
    assert (kitchen.words(OVEN, "o1"), kitchen.words(OVEN, "o2")) == (set(), set())


def test_arriving_somewhere_does_not_count_as_seeing_the_card() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    assert kitchen.words(KITCHEN) == {"new"}


def test_acknowledge_without_a_slot_means_the_oldest_card_that_has_a_mark() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2", "o3")
    kitchen.ask(i.Acknowledge(station=OVEN, slot=1))
    kitchen.ask(i.Acknowledge(station=OVEN))
    assert [kitchen.words(OVEN, name) for name in ("o1", "o2", "o3")] == [set(), set(), {"new"}]


def test_the_oldest_card_is_the_oldest_order_not_the_lowest_number() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.later(5)
    kitchen.place("o3", items=(a_bun(),))
    assert kitchen.cards(KITCHEN) == {1: "o3", 2: "o2"}
    kitchen.ask(i.Acknowledge(station=KITCHEN))
    assert (kitchen.words(KITCHEN, "o2"), kitchen.words(KITCHEN, "o3")) == (set(), {"new"})


def test_a_mark_is_acknowledged_at_one_station_and_stays_at_the_others() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_cake("1"), a_bun("2")))
    kitchen.ask(i.Acknowledge(station=OVEN, order=O1))
    assert (kitchen.words(OVEN), kitchen.words(KITCHEN)) == (set(), {"new"})
    with pytest.raises(Refused, match="O1 has nothing to acknowledge"):
        kitchen.ask(i.Acknowledge(station=OVEN, slot=1))


# --- stages in other settings -----------------------------------------------------------------------------------------


def test_a_stage_of_two_presses_in_the_middle_of_a_station_starts_by_hand() -> None:
    kitchen = Kitchen(
        a_layout(
            stages=(Stage(StageId("b"), presses=2),),
            stations=(Station(OVEN, "Oven", stages("a", "b")),),
            routes=(Route("*", stages("a", "b")),),
        )
    )
    kitchen.place("o1")
    seen = []
    for _ in range(3):
        kitchen.bump(OVEN, 1)
        seen.append(kitchen.stands())
    assert seen == ["b waiting", "b started", "made"]
    kitchen.later(5)
    assert kitchen.heard(UpdateKind.STARTED) == ["started 1 a", "started 1 b"]
