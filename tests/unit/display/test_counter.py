"""The counter: who is to get what, who still waits, and finding the order of the one who stands there."""

import pytest

from display.counter import Counter, became, nearly, waiting
from display.find import Find, Found, Search
from edge.intents import Collect
from edge.orders import Bakery, OrderId, OrderState, StationId
from edge.views import Coming, StationView
from tests.builders import HOUR, MORNING, a_bread, a_bun, placed
from tests.unit.display.cards import NOW, minutes
from tests.unit.display.conftest import Store
from tests.unit.display.screens import display
from tests.unit.display.stand_in import a_board
from tests.unit.display.wholes import a_scene, a_whole, at_deco, at_oven, done, held, looking

MANNER = a_scene(a_board()).manner


def ready(name: str, since: float, **rest: object) -> object:
    """An order that has waited for its customer for so many minutes."""
    return a_whole(name, done("Cake"), state=OrderState.READY, since=NOW - minutes(since), **rest)


def test_who_has_waited_longest_comes_first() -> None:
    board = a_board(orders=(ready("new", 1), ready("old", 30), a_whole("open"), ready("middle", 9)))
    assert [whole.order for whole in waiting(board)] == ["old", "middle", "new"]


def test_nearly_ready_is_what_no_other_station_waits_for() -> None:
    deco = StationView(StationId("deco"), "Deco", 1, 4, (), (Coming(OrderId("baking"), "B", None, ("Cake",)),))
    orders = (a_whole("baking"), a_whole("undated", due=None), a_whole("boxing"), ready("ready", 1), held("held", 60))
    board = a_board(orders=orders, stations=(deco,))
    assert [whole.order for whole in nearly(board)] == ["boxing", "undated"]


async def test_the_counter_says_who_it_is_for_what_it_is_and_what_may_hurt_them() -> None:
    cake = at_deco("Cake", bakery=Bakery(allergens=("nuts", "milk")))
    whole = ready("a011", 12, customer="王女士", phone="1234", channel="meituan", type="DELIVERY", items=(cake,))
    async with looking(Counter(), a_scene(a_board(orders=(whole, ready("a012", 3))))) as look:
        for said in (
            "counter: 2 ready, 0 nearly ready / find",
            "1 A011 王女士 ..1234 READY",
            "ready since 08:48 (12 min) meituan Delivery",
            "ALLERGENS nuts, milk",
            "1 Cake",
            "2 A012",
        ):
            assert said in look.text
        targets = look.app.view.targets()
        assert {number: target.order for number, target in targets.items()} == {1: "a011", 2: "a012"}


@pytest.mark.parametrize(("since", "due", "word"), [(59, None, "READY"), (61, None, "NOT COLLECTED"), (90, 0, "READY")])
async def test_what_nobody_collects_is_pointed_out_once_its_time_is_long_over(
    since: float, due: float | None, word: str
) -> None:
    whole = ready("a011", since, due=None if due is None else NOW + minutes(due))
    async with looking(Counter(), a_scene(a_board(orders=(whole,)))) as look:
        assert word in look.lines[1]


async def test_nothing_ready_is_said_and_what_is_nearly_ready_says_what_it_waits_for() -> None:
    async with looking(Counter(), a_scene(a_board(orders=(a_whole("a1", at_deco("Cake")),)))) as look:
        assert "nothing is ready" in look.text
        assert "nearly ready 1 A1 ON TIME 09:40 in 40 min waits for: Frosting 0 of 1 made" in look.text


def found(name: str, **rest: object) -> Found:
    """An order that a search found."""
    return Found(OrderId(name), name.upper(), **({"state": "open"} | rest))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ("collected", "collected 08:05"),
        ("cancelled", "cancelled 08:05"),
        ("refused", "refused 08:05"),
        ("lapsed", "came too late, not made"),
        ("ready", "was ready 08:05, nobody said that it was collected"),
        ("", "closed"),
    ],
)
def test_what_became_of_an_order_is_said_in_plain_words(last: str, words: str) -> None:
    at = NOW - minutes(55) if last else None
    assert became(found("a1", state="closed", last=last, at=at), MANNER, MORNING) == words


async def test_what_was_found_is_listed_alone_as_it_stands_until_escape() -> None:
    baking = a_whole("a017", at_oven("Rye", begun=12), due=NOW + minutes(330))
    board = a_board(orders=(baking, ready("a011", 5), held("b002", 6 * 60)))
    async with looking(counter := Counter(), a_scene(board)) as look:
        collected = found("a005", state="collected", last="collected", at=NOW - minutes(55), customer="Li")
        counter.found(Search("li", (found("a017"), found("b002"), collected)))
        await look.pilot.pause()
        assert 'found for "li": 3 Esc back' in look.text
        assert "Baking since 12 min, due 14:30" in look.text
        assert "held until 12:00, due 15:00" in look.text
        assert "collected 08:05" in look.text
        assert "A011" not in look.text
        await look.at(a_scene(board, later=1))
        assert "Baking since 13 min" in look.text
        counter.action_back()
        await look.pilot.pause()
        assert "A011" in look.text
        assert "A005" not in look.text


async def test_somebody_who_gives_a_name_gets_their_order(store: Store) -> None:
    """On the real hub: found by the phone's last four, collected before it is ready only once that was confirmed."""
    await store.ask(
        placed("a17", a_bread(), customer="Mr Li", phone="13900005678"), placed("a18", a_bun(), customer="Ms Wu")
    )
    async with display(store.url, view="counter", client={"clock": store.clock}) as screen:
        await screen.shows("nearly ready", "A18")
        await screen.press("slash")
        await screen.until(lambda: isinstance(screen.app.screen, Find))
        await screen.press(*"5678", "enter")
        await screen.shows('found for "5678": 1', "Mr Li", "waits for Baking")
        number = next(n for n, target in screen.app.view.targets().items() if target.name == "A17")
        await screen.press(str(number))
        await screen.shows("A17 is not ready. Has the customer got it all the same?")
        await screen.press("1")
        await screen.shows("A17 is collected")
        assert store.hub.board.orders[OrderId("a17")].state is OrderState.COLLECTED
        await screen.press("escape")
        await screen.shows("counter: 0 ready", "A18")


async def test_an_order_that_was_collected_days_ago_is_still_found(store: Store) -> None:
    await store.ask(placed("a17", a_bun(), customer="Mr Li"), Collect(OrderId("a17"), force=True))
    store.clock.advance(12 * HOUR)
    store.hub.ring()
    async with display(store.url, view="counter", client={"clock": store.clock}) as screen:
        await screen.shows("nothing is ready")
        await screen.until(lambda: OrderId("a17") not in store.hub.board.orders)
        await screen.press("slash")
        await screen.until(lambda: isinstance(screen.app.screen, Find))
        await screen.press(*"mr li", "enter")
        await screen.shows("A17", "collected 01:00", "1 Bun")


async def test_a_search_says_when_there_is_nobody_and_leaves_with_escape(store: Store) -> None:
    async with display(store.url, view="counter", client={"clock": store.clock}) as screen:
        await screen.shows("nothing is ready")
        await screen.press("slash")
        await screen.until(lambda: isinstance(screen.app.screen, Find))
        await screen.press(*"nobody", "enter")
        await screen.shows("nobody and nothing of that name")
        await screen.press("escape")
        await screen.hides("nobody and nothing")
        await screen.shows("counter: 0 ready")


async def test_a_search_while_the_hub_is_away_says_so(store: Store) -> None:
    async with display(store.url, view="counter", client={"clock": store.clock}) as screen:
        await screen.shows("nothing is ready")
        await screen.press("slash")
        await screen.until(lambda: isinstance(screen.app.screen, Find))
        await store.feed.stop()
        await screen.until(lambda: not screen.app.feed.live)
        await screen.press(*"5678", "enter")
        await screen.shows("not found: cut off from the hub")
