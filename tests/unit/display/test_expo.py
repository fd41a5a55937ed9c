"""Expo: what an order still waits for, said so that the one who puts orders together need not ask."""

from decimal import Decimal

import pytest

from display.expo import Expo, in_order
from display.standing import briefly, missing, progress, whole_stands
from edge.orders import Bakery, ItemId, Option, OrderState
from edge.views import StationView
from tests.builders import DECO, MORNING, OVEN, a_bread, a_cake, placed
from tests.unit.display.cards import NOW, minutes
from tests.unit.display.conftest import Store
from tests.unit.display.screens import display
from tests.unit.display.stand_in import a_board
from tests.unit.display.wholes import a_scene, a_whole, at_deco, at_oven, done, held, looking

MANNER = a_scene(a_board()).manner
STATIONS = (StationView(OVEN, "Oven", 1, 4), StationView(DECO, "Decorating", 1, 4))


def test_what_goes_first_and_what_is_due_first_stands_before_the_rest_and_what_is_ready_last() -> None:
    wholes = (
        a_whole("later", due=NOW + minutes(90)),
        a_whole("undated", due=None),
        a_whole("ready", done("Bun"), state=OrderState.READY, due=NOW),
        a_whole("soon", due=NOW + minutes(5)),
        a_whole("first", due=NOW + minutes(200), priority=1),
        held("held", 60),
    )
    assert [whole.order for whole in in_order(wholes)] == ["first", "soon", "later", "undated", "ready"]


def test_an_order_waits_for_the_stages_of_what_is_not_made() -> None:
    whole = a_whole("a1", done("Bun", 6), at_deco("Cake"), at_oven("Loaf", 2), at_oven("Pie"))
    assert missing(whole) == ("Frosting", "Baking")
    assert progress(whole) == (6, 10)


def test_parts_of_an_item_are_one_item_in_short() -> None:
    loaf = at_oven("Rye", 7, item=ItemId("1")), at_oven("Rye", 5, item=ItemId("1"), begun=4)
    assert briefly(a_whole("a1", *loaf, at_deco("Cake"))) == "12 Rye + 1 Cake"


@pytest.mark.parametrize(
    ("whole", "words"),
    [
        (a_whole("a", at_oven("Rye", begun=12), due=NOW + minutes(330)), "Baking since 12 min, due 14:30"),
        (a_whole("a", at_oven("Rye"), due=None), "waits for Baking"),
        (
            a_whole("a", at_oven("Rye", 2), at_deco("Cake", begun=3), done("Bun", 3), due=None),
            "waits for Baking: Rye, 3 of 6 made",
        ),
        (held("a", 6 * 60), "held until 12:00, due 15:00"),
        (held("a", 6 * 60, release=None), "held by hand, due 15:00"),
        (a_whole("a", state=OrderState.READY, since=NOW - minutes(5)), "ready since 08:55"),
        (a_whole("a", state=OrderState.LAPSED, due=NOW - minutes(24 * 60)), "came too late, not made, due 11-21 09:00"),
    ],
)
def test_where_an_order_stands_is_said_in_plain_words(whole: object, words: str) -> None:
    assert whole_stands(whole, MANNER, MORNING) == words  # type: ignore[arg-type]


async def test_every_item_says_its_stage_its_station_and_since_when() -> None:
    whole = a_whole("a017", at_deco("Cake", begun=12), at_oven("Rye", 2), done("Bun", 3), note="ring twice")
    async with looking(Expo(), a_scene(a_board(orders=(whole,), stations=STATIONS)), (128, 48)) as look:
        for said in (
            "A017 09:40 in 40 min ON TIME",
            "waits for: Frosting, Baking 3 of 6 made",
            "1 Cake Frosting since 12 min, Decorating",
            "2 Rye waits for Baking, Oven",
            "3 Bun made",
            "note: ring twice",
        ):
            assert said in look.text
        await look.at(a_scene(a_board(orders=(whole,), stations=STATIONS), later=41))
        assert "A017 09:40 1 min late LATE" in look.text
        assert "Frosting since 53 min" in look.text


async def test_what_goes_into_the_box_is_told_and_what_was_made_again() -> None:
    cake = Bakery(cake_text="小雨,生日快乐!", candles=6, size="8 inch")
    item = at_deco("Cake", bakery=cake, note="less sugar", options=(Option("Mango"),), wasted=Decimal(1))
    async with looking(Expo(), a_scene(a_board(orders=(a_whole("a017", item),))), (240, 67)) as look:
        assert "1 Cake REMADE waits for Frosting" in look.text
        assert 'on it: "小雨,生日快乐!", 6 candles, note: less sugar, 8 inch, Mango' in look.text


async def test_a_small_screen_says_the_same_in_three_rows() -> None:
    whole = a_whole("a017", at_deco("Cake", begun=12), done("Bun", 3), customer="Mr Li")
    async with looking(Expo(), a_scene(a_board(orders=(whole,), stations=STATIONS))) as look:
        assert "1 A017 09:40 in 40 min ON TIME" in look.text
        assert "waits for: Frosting Pick-up Mr Li 3 of 4 made" in look.text
        assert "1 Cake: Frosting since 12 min, Decorating; made: 3 Bun" in look.text


async def test_a_stage_past_its_longest_time_makes_its_order_late() -> None:
    whole = a_whole("a017", at_oven("Rye", begun=41, max_minutes=40), due=NOW + minutes(300))
    async with looking(Expo(), a_scene(a_board(orders=(whole,)))) as look:
        assert "LATE" in look.lines[1]


async def test_of_an_order_with_very_many_items_what_is_not_made_comes_first() -> None:
    items = [at_oven(f"Roll {n}") if n == 19 else done(f"Roll {n}") for n in range(20)]
    async with looking(Expo(), a_scene(a_board(orders=(a_whole("a1", *items),))), (128, 48)) as look:
        assert "Roll 19 waits for Baking" in look.text
        assert "+8" in look.text


async def test_expo_follows_an_order_through_the_kitchen_and_a_number_looks_at_it(store: Store) -> None:
    await store.ask(placed("a17", a_cake("1"), a_bread("2")))
    async with display(store.url, view="expo", client={"clock": store.clock}) as screen:
        await screen.shows("expo: 1 being made, 0 ready", "A17", "waits for: Baking", "0 of 2 made")
        await screen.press("f", "1")
        await screen.shows("FIRST", "A17 is first now")
