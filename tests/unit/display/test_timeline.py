"""The timeline: tomorrow morning's work, seen tonight."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.timeline import LONGEST_BAR, Timeline, bar, day_name, plan, units
from edge.orders import OrderState
from edge.views import Whole
from tests.builders import HOUR, MORNING, a_cake, placed
from tests.unit.display.cards import NOW, minutes
from tests.unit.display.conftest import Store
from tests.unit.display.screens import display
from tests.unit.display.stand_in import a_board
from tests.unit.display.wholes import a_scene, a_whole, at_deco, at_oven, done, held, looking

MANNER = a_scene(a_board()).manner


def names(wholes: list[Whole]) -> list[str]:
    return [whole.order for whole in wholes]


def test_orders_stand_under_the_hour_they_are_due_and_under_the_one_that_starts_them() -> None:
    morning = plan((held("b", 6 * 60 + 20), held("a", 6 * 60), a_whole("open", due=NOW + minutes(10))), MANNER, MORNING)
    assert [(f"{one.begins:%H}", names(one.due), names(one.released)) for one in morning.hours] == [
        ("09", ["open"], []),
        ("12", [], ["a", "b"]),
        ("15", ["a", "b"], []),
    ]


def test_what_waits_for_somebody_stands_before_all_hours() -> None:
    wholes = (
        a_whole("late", due=NOW - minutes(1)),
        a_whole("undated", due=None),
        a_whole("lapsed", state=OrderState.LAPSED, due=NOW - minutes(60)),
        held("by hand", 300, release=None),
        a_whole("ready", state=OrderState.READY),
    )
    morning = plan(wholes, MANNER, MORNING)
    assert names(morning.orders) == ["late", "lapsed", "by hand", "undated"]
    assert morning.hours == []


def test_a_release_that_is_overdue_is_now() -> None:
    (now, later) = plan((held("b", 120),), MANNER, MORNING).hours
    assert (f"{now.begins:%H}", names(now.released), names(later.due)) == ("09", ["b"], ["b"])


def test_only_what_is_not_made_counts_as_work() -> None:
    assert units([a_whole("a", at_oven("Rye", 12), done("Bun", 30), at_deco("Flour", 2, unit="KG"))]) == 13


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_bar_is_seen_where_there_is_work_and_never_too_long(amount: int, most: int) -> None:
    drawn = bar(min(amount, most), most)
    assert set(drawn) <= {"#"}
    assert bool(amount) <= len(drawn) <= LONGEST_BAR


@pytest.mark.parametrize(
    ("day", "name"), [(22, "today Sun 11-22"), (23, "tomorrow Mon 11-23"), (26, "Thu 11-26"), (21, "Sat 11-21")]
)
def test_days_are_called_as_people_call_them(day: int, name: str) -> None:
    assert day_name(date(2026, 11, day), date(2026, 11, 22), MANNER.say) == name


async def test_tomorrow_mornings_work_is_seen_tonight() -> None:
    tonight = 12 * 60.0
    orders = (
        held("b1", 23 * 60, at_oven("Rye", 20), customer="Hotel"),
        held("b2", 23 * 60 + 30, at_deco("Cake")),
        held("b3", 26 * 60, at_deco("Wedding cake")),
    )
    async with looking(Timeline(), a_scene(a_board(orders=orders), later=tonight)) as look:
        for said in (
            "timeline: 3 orders, 22 units to make",
            "tomorrow Mon 11-23: orders 3, units 22",
            "05:00 starts by itself: 05:00 B1, 05:30 B2",
            "08:00 orders 2, units 21 ########################",
            "1 08:00 B1 Hotel 20 Rye release 05:00",
            "08:30 B2 1 Cake release 05:30",
            "11:00 orders 1, units 1 #",
        ):
            assert said in look.text


async def test_each_order_says_in_a_word_what_it_waits_for() -> None:
    orders = (
        a_whole("a1", at_oven("Rye"), due=NOW - minutes(5)),
        a_whole("a2", at_deco("Cake"), due=NOW + minutes(5), priority=1),
        a_whole("a3", state=OrderState.LAPSED, due=NOW - minutes(26 * 60)),
        held("b1", 300, release=None),
        held("b2", 27 * 60, release=NOW + minutes(60)),
    )
    async with looking(Timeline(), a_scene(a_board(orders=orders))) as look:
        for said in (
            "LATE 1 08:55 A1 Baking: 1 Rye LATE",
            "11-21 07:00 A3 1 Rye bread TOO OLD",
            "14:00 B1 1 Rye bread BY HAND",
            "09:05 A2 FIRST Frosting: 1 Cake SOON",
            "12:00 B2 1 Rye bread release 11-22 10:00",
        ):
            assert said in look.text


async def test_an_order_becomes_late_under_everybodys_eyes() -> None:
    board = a_board(orders=(a_whole("a1", due=NOW + minutes(2)),))
    async with looking(Timeline(), a_scene(board)) as look:
        assert "SOON" in look.text
        await look.at(a_scene(board, later=3))
        assert "LATE 1" in look.lines[0]
        assert "LATE" in look.lines[1]


async def test_nothing_planned_is_said() -> None:
    async with looking(Timeline(), a_scene(a_board())) as look:
        assert "nothing is planned" in look.text


async def test_a_number_releases_a_held_order_and_it_is_made(store: Store) -> None:
    await store.ask(placed("b1", a_cake(), scheduled=True, due=MORNING + 9 * HOUR))
    async with display(store.url, view="timeline", client={"clock": store.clock}) as screen:
        await screen.shows("B1", "release 07:00")
        await screen.press("1")
        await screen.shows("B1 is released", "Baking: 1 Strawberry cake", "ON TIME")
