"""The card to touch next, and the seconds in which a press can be taken back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.age import Age, just_recalled, late, pace, read, seconds_left, urgent
from edge.orders import Moment, OrderId, StageId
from edge.views import Card, Pressed
from tests.builders import MORNING
from tests.unit.display.cards import FINISH, GONE, NOW, a_card, a_line, in_the_oven, minutes


def first(*cards: Card) -> str:
    """The display id of the card that leads the eye."""
    chosen = urgent((card, read(pace(card), MORNING)) for card in cards)
    return chosen.display_id if chosen else ""


def named(name: str, *items: Any, **rest: Any) -> Card:
    """A card by name."""
    return a_card(*items, display_id=name, order=OrderId(name), **rest)


def test_late_comes_before_priority_priority_before_the_due_time_and_that_before_age() -> None:
    late_, first_ = named("late", due=NOW - minutes(1)), named("first", priority=1, due=NOW + minutes(90))
    soon, old = named("soon", due=NOW + minutes(10)), named("old", due=None, since=NOW - minutes(90))
    young = named("young", due=None)
    assert first(young, old, soon, first_, late_) == "late"
    assert first(young, old, soon, first_) == "first"
    assert first(young, old, soon) == "soon"
    assert first(young, old) == "old"


def test_what_is_too_early_and_what_needs_no_press_does_not_lead_the_eye() -> None:
    cooling = named("cooling", in_the_oven(min_minutes=20), next=FINISH, due=NOW - minutes(5))
    assert first(cooling, GONE, named("calm")) == "calm"
    assert first(cooling, GONE) == ""
    assert first() == ""


@given(st.integers(-60, 60), st.integers(0, 60), st.sampled_from(Moment), st.none() | st.integers(1, 60))
def test_late_is_what_reads_late(due: int, worked: int, moment: Moment, longest: int | None) -> None:
    item = a_line(moment=moment, since=NOW - minutes(worked), max_minutes=longest)
    card = a_card(item, due=NOW + minutes(due))
    assert late(card, NOW) == (read(pace(card), MORNING).age is Age.LATE)


@pytest.mark.parametrize(("grace", "later", "left"), [(5, 0, 5), (5, 0.2, 5), (5, 4.5, 1), (5, 5, 0), (0, 1, 4)])
def test_a_press_counts_down_in_whole_seconds(grace: float, later: float, left: int) -> None:
    leaves = NOW + minutes(grace / 60)
    press = Pressed(OrderId("o"), "A1", 1, 1, StageId("boxing"), "boxing", Moment.FINISHED, NOW, leaves)
    assert seconds_left(press, MORNING + later) == left
    assert just_recalled(press, MORNING + 9)
    assert not just_recalled(press, MORNING + 10)
