"""Time: held orders and their release, orders that come too late, and orders that leave the board by themselves."""

from typing import Any

import pytest

from edge import facts as f
from edge import intents as i
from edge.intents import Refused
from edge.layout import Route
from edge.orders import OrderId, OrderState
from edge.updates import UpdateKind
from tests.builders import (
    HOUR,
    KITCHEN,
    MINUTE,
    MORNING,
    OVEN,
    a_bread,
    a_bun,
    a_cake,
    a_layout,
    a_stamp,
    an_order,
    placed,
    stages,
)
from tests.unit.edge.kitchen import Kitchen, kinds

O1 = OrderId("o1")
NOON = MORNING + 5 * HOUR


def scheduled(name: str = "o1", due: float = NOON) -> i.Place:
    """A cake (three hours of lead) for later."""
    return placed(name, a_cake(), scheduled=True, due=due)


# --- held and released ------------------------------------------------------------------------------------------------


def test_a_scheduled_order_is_held_until_its_lead_begins_and_then_goes_to_its_stations_by_itself() -> None:
    kitchen = Kitchen()
    kitchen.ask(scheduled())
    assert (kitchen.order().state, kitchen.order().release) == ("held", NOON - 3 * HOUR)
    assert (kitchen.cards(OVEN), kitchen.jobs("kitchen")) == ({}, [])
    kitchen.later(2 * HOUR - 1)
    assert kitchen.order().state == "held"
    kitchen.later(1)
    assert (kitchen.order().state, kitchen.order().release) == ("open", None)
    assert kitchen.cards(OVEN) == {1: "o1"}
    assert len(kitchen.jobs("kitchen")) == 1


def test_a_scheduled_order_whose_lead_has_begun_is_not_held() -> None:
    kitchen = Kitchen()
    kitchen.ask(scheduled(due=MORNING + 3 * HOUR))
    assert kitchen.order().state == "open"


def test_only_scheduled_orders_are_held() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", due=NOON))
    assert kitchen.order().state == "open"


def test_an_item_waits_from_its_release_on_not_from_when_it_was_ordered() -> None:
    kitchen = Kitchen()
    kitchen.ask(scheduled())
    kitchen.later(2 * HOUR)
    assert kitchen.item().since == MORNING + 2 * HOUR


def test_a_held_order_is_released_by_hand_and_not_held_again_by_itself() -> None:
    kitchen = Kitchen()
    kitchen.ask(scheduled())
    kitchen.ask(i.Release(O1))
    assert kitchen.cards(OVEN) == {1: "o1"}
    kitchen.ask(i.Reschedule(O1, NOON + HOUR))
    assert (kitchen.order().state, kitchen.order().due) == ("open", NOON + HOUR)


def test_an_order_held_by_hand_stays_until_it_is_released_by_hand() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.ask(i.Hold(O1))
    assert (kitchen.order().state, kitchen.order().release, kitchen.cards(OVEN)) == ("held", None, {})
    kitchen.later(10 * HOUR)
    assert kitchen.order().state == "held"
    kitchen.ask(i.Release(O1))
    assert kitchen.order().state == "open"


def test_an_order_held_by_hand_stays_held_when_the_cloud_changes_it() -> None:
    kitchen = Kitchen()
    kitchen.ask(scheduled(due=MORNING + 2 * HOUR), i.Hold(O1))
    changed = an_order("o1", a_cake(), scheduled=True, due=MORNING + 2 * HOUR, note="ring twice")
    kitchen.ask(i.Change(changed, a_stamp("e2", time=MORNING + 1)))
    assert (kitchen.order().state, kitchen.order().note) == ("held", "ring twice")


def test_a_scheduled_order_held_by_hand_before_its_time_still_goes_at_its_time() -> None:
    kitchen = Kitchen()
    kitchen.ask(scheduled(), i.Release(O1), i.Hold(O1))
    kitchen.later(2 * HOUR)
    assert kitchen.order().state == "open"


def test_what_somebody_has_started_cannot_be_held() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.bump(OVEN, 1)
    with pytest.raises(Refused, match="O1 is started: it cannot be held"):
        kitchen.ask(i.Hold(O1))
    kitchen.ask(i.Recall(station=OVEN), i.Hold(O1))
    assert kitchen.order().state == "held"


def test_a_stage_that_arrival_started_can_be_held() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.ask(i.Hold(O1))
    assert kitchen.order().state == "held"


def test_only_what_is_held_can_be_released() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    with pytest.raises(Refused, match="O1 is not held: it is open"):
        kitchen.ask(i.Release(O1))


def test_a_later_due_time_moves_the_release_of_a_held_order() -> None:
    kitchen = Kitchen()
    kitchen.ask(scheduled(), i.Reschedule(O1, NOON + HOUR))
    kitchen.later(2 * HOUR)
    assert kitchen.order().state == "held"
    kitchen.later(HOUR)
    assert kitchen.order().state == "open"


def test_an_earlier_due_time_releases_a_held_order_at_once() -> None:
    kitchen = Kitchen()
    kitchen.ask(scheduled())
    assert kinds(kitchen.ask(i.Reschedule(O1, MORNING + HOUR)))[:2] == ["OrderRescheduled", "OrderReleased"]


def test_a_scheduled_order_that_nobody_has_started_is_held_again_when_its_time_moves_away() -> None:
    kitchen = Kitchen()
    kitchen.ask(scheduled(due=MORNING + HOUR), i.Reschedule(O1, NOON))
    assert (kitchen.order().state, kitchen.cards(OVEN)) == ("held", {})


def test_a_started_order_stays_at_its_station_when_its_time_moves_away() -> None:
    kitchen = Kitchen()
    kitchen.ask(scheduled(due=MORNING + HOUR))
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Reschedule(O1, NOON))
    assert (kitchen.order().state, kitchen.cards(OVEN)) == ("open", {1: "o1"})


def test_the_cloud_is_told_of_a_new_due_time() -> None:
    kitchen = Kitchen()
    kitchen.ask(scheduled(), i.Reschedule(O1, NOON + HOUR))
    assert [(row.kind, row.due) for row in kitchen.told()][1:] == [(UpdateKind.RESCHEDULED, NOON + HOUR)]


def test_an_order_that_is_ready_cannot_be_rescheduled() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    with pytest.raises(Refused, match="O1 is ready: it cannot be rescheduled"):
        kitchen.ask(i.Reschedule(O1, NOON))


def test_a_prioritised_order_says_so_on_its_card() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.ask(i.Prioritise(O1, 3))
    assert kitchen.card(OVEN).priority == 3


def test_editing_the_settings_never_moves_open_items() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.board.layout = a_layout(routes=(Route("*", stages("boxing")),))
    kitchen.bump(OVEN, 1)
    assert kitchen.item().route == stages("baking", "cooling", "frosting", "boxing")


# --- lapsed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [{"due": MORNING - 25 * HOUR}, {"created": MORNING - 25 * HOUR}])
def test_an_order_that_arrives_when_its_time_is_long_over_is_listed_and_nothing_else(times: dict[str, Any]) -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", **times))
    assert kitchen.order().state == "lapsed"
    assert (kitchen.order().slots, len(kitchen.board.jobs), kitchen.told()) == ({}, 0, [])


def test_a_cloud_that_waits_for_an_answer_is_told_that_an_order_came_when_its_time_was_long_over() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", due=MORNING - 25 * HOUR, stamp=a_stamp("placed", answer=True)))
    kitchen.ask(i.Change(an_order("o1", note="soon"), a_stamp("changed", time=MORNING + 1, answer=True)))
    told = [(row.kind, row.event, row.reason) for row in kitchen.told()]
    assert told == [("order.overtaken", event, "the order is lapsed") for event in ("placed", "changed")]


def test_an_order_created_long_ago_for_today_is_made() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", created=MORNING - 48 * HOUR, due=MORNING + HOUR))
    assert kitchen.order().state == "open"


def test_stale_hours_say_what_is_long_over() -> None:
    kitchen = Kitchen(a_layout(stale=HOUR))
    kitchen.ask(placed("o1", due=MORNING - HOUR), placed("o2", due=MORNING - HOUR - 1))
    assert (kitchen.order("o1").state, kitchen.order("o2").state) == ("open", "lapsed")


def test_a_lapsed_order_can_be_released_by_hand_all_the_same() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", due=MORNING - 25 * HOUR), i.Release(O1))
    assert (kitchen.order().state, kitchen.order().closes, kitchen.cards(OVEN)) == ("open", None, {1: "o1"})
    assert [update.kind for update in kitchen.told()] == ["order.accepted"]


# --- ready, collected, closed -----------------------------------------------------------------------------------------


def test_ready_and_collected_are_two_things() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    assert kitchen.order().state == "ready"
    kitchen.ask(i.Collect(O1))
    assert kitchen.order().state == "collected"
    kitchen.later(5)
    assert kitchen.heard()[-2:] == ["ready", "collected"]


def test_what_is_not_ready_is_collected_only_with_force() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    with pytest.raises(Refused, match="O1 is not ready: it is open"):
        kitchen.ask(i.Collect(O1))
    kitchen.ask(i.Collect(O1, force=True))
    assert (kitchen.order().state, kitchen.cards(OVEN)) == ("collected", {})


def test_an_order_is_collected_once() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.ask(i.Collect(O1, force=True))
    with pytest.raises(Refused, match="O1 is collected"):
        kitchen.ask(i.Collect(O1, force=True))


@pytest.mark.parametrize(
    "end",
    [
        (i.Bump(station=KITCHEN, slot=1),),
        (i.Bump(station=KITCHEN, slot=1), i.Collect(O1)),
        (i.Cancel(O1, a_stamp("e2")),),
        (i.Gone(O1, a_stamp("e2")),),
    ],
)
def test_an_order_that_is_done_leaves_the_board_after_twelve_hours(end: tuple[i.Intent, ...]) -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.ask(*end)
    kitchen.later(12 * HOUR - 1)
    assert O1 in kitchen.board.orders
    kitchen.later(1)
    assert O1 not in kitchen.board.orders
    assert kitchen.closed[O1].state is OrderState.CLOSED
    assert (len(kitchen.board.jobs), kitchen.cards(KITCHEN)) == (0, {})


def test_collecting_starts_the_time_to_closing_anew() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.later(11 * HOUR)
    kitchen.ask(i.Collect(O1))
    kitchen.later(11 * HOUR)
    assert kitchen.order().state == "collected"
    kitchen.later(HOUR)
    assert O1 not in kitchen.board.orders


def test_a_recalled_order_does_not_close() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.ask(i.Recall(station=KITCHEN))
    kitchen.later(24 * HOUR)
    assert kitchen.order().state == "open"


def test_an_open_order_never_closes_by_itself() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.later(1_000 * HOUR)
    assert kitchen.order().state == "open"


def test_a_lapsed_order_leaves_the_board_too() -> None:
    kitchen = Kitchen(a_layout(close_after=30 * MINUTE))
    kitchen.ask(placed("o1", due=MORNING - 25 * HOUR))
    kitchen.later(30 * MINUTE)
    assert O1 not in kitchen.board.orders


def test_updates_still_in_their_grace_leave_before_their_order_closes() -> None:
    kitchen = Kitchen(a_layout(grace=60, close_after=30))
    kitchen.place("o1", items=(a_bread(),))
    kitchen.ask(i.Collect(O1, force=True))
    kitchen.later(30)
    assert O1 not in kitchen.board.orders
    assert kitchen.heard() == ["collected"]
    assert kitchen.later(60) == []


def test_a_clock_that_is_set_back_between_its_alarm_and_the_rules_loses_nothing() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", scheduled=True, due=MORNING + 4 * HOUR))
    (alarm,) = [(at, intent) for at, intent in kitchen.timers if isinstance(intent, i.ReleaseDue)]
    kitchen.clock.step(-HOUR)
    kitchen.ask(alarm[1])
    assert kitchen.order().state == "open"


def test_an_alarm_of_before_the_clock_was_set_back_lets_out_nothing_that_is_in_its_grace() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.bump(OVEN, 1)
    (alarm,) = [intent for _, intent in kitchen.timers if isinstance(intent, i.SendDue)]
    kitchen.clock.advance(4)
    kitchen.bump(OVEN, 1)
    kitchen.clock.advance(1)
    kitchen.ask(i.Note(f.ClockStepped(-HOUR)))
    kitchen.ask(alarm)
    assert kitchen.heard() == ["started 1 baking"]
    kitchen.ask(i.Recall(station=OVEN))
    kitchen.later(60)
    assert kitchen.heard() == ["started 1 baking"]
