"""What stands over a view is left once: keys that come before it is gone are for nobody, and end nothing."""

import gc
from collections.abc import AsyncIterator

import pytest
from textual.events import Key

from display.overlay import Overlay
from tests.unit.display.cards import a_card
from tests.unit.display.screens import Screen, display
from tests.unit.display.stand_in import StandIn, a_board, standing_in
from tests.unit.display.wholes import a_whole

FOUND = {"orders": [{"order": "o1", "displayId": "A017", "state": "open", "customer": "Ann"}]}


@pytest.fixture
async def hub() -> AsyncIterator[StandIn]:
    """One order."""
    async with standing_in(a_board(a_card(), orders=(a_whole("o1"),))) as hub:
        yield hub


def together(screen: Screen, *keys: str) -> None:
    """Keys that are all there before the first was answered, as from a fast hand or a slow line."""
    target = screen.app.focused or screen.app.screen
    for key in keys:
        event = Key(key, key if len(key) == 1 else None)
        event._set_forwarded()
        target.post_message(event)


async def over(screen: Screen) -> None:
    """Wait until something stands over the view."""
    await screen.until(lambda: isinstance(screen.app.screen, Overlay) and screen.app.screen.is_mounted, "an overlay")


async def stands(screen: Screen) -> None:
    """The display is there, and does what it is asked."""
    await screen.until(lambda: not isinstance(screen.app.screen, Overlay), "the view")
    await screen.press("f2", "h")
    await screen.shows("which number?")
    assert screen.app.return_code in {None, 0}


@pytest.mark.parametrize("keys", ["11", "14", ("1", "escape"), ("escape", "escape"), ("escape", "1", "enter")])
async def test_a_reason_is_chosen_twice(hub: StandIn, keys: str | tuple[str, ...]) -> None:
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        await screen.press("x", "1")
        await screen.shows("why does the store not make it?")
        together(screen, *keys)
        if keys[0] != "escape":
            await screen.shows("Refuse A017: too many orders?")
            assert not hub.pressed, "the second key was for the question before"
            together(screen, "escape", "escape")
        await stands(screen)
        assert not hub.pressed


async def test_an_answer_is_confirmed_twice_and_asked_of_the_hub_once(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        await screen.press("x", "1")
        await screen.shows("why does the store not make it?")
        await screen.press("1")
        await screen.shows("Refuse A017")
        together(screen, "1", "1", "2")
        await screen.until(lambda: bool(hub.pressed))
        await stands(screen)
        assert [press["type"] for press in hub.pressed] == ["refuse"]


@pytest.mark.parametrize("keys", ["xx", ("escape", "escape"), ("x", "escape", "x")])
async def test_a_look_is_left_twice(hub: StandIn, keys: str | tuple[str, ...]) -> None:
    async with display(hub.url, view="expo") as screen:
        await screen.shows("O1")
        await screen.press("1")
        await over(screen)
        together(screen, *keys)
        await stands(screen)


@pytest.mark.parametrize("keys", ["xxxxxxxxxxxx", ("escape", "escape")])
async def test_the_help_is_left_twice(hub: StandIn, keys: str | tuple[str, ...]) -> None:
    async with display(hub.url, size=(80, 24)) as screen:
        await screen.shows("1 cards")
        await screen.press("question_mark")
        await over(screen)
        together(screen, *keys)
        await stands(screen)


@pytest.mark.filterwarnings("error")
async def test_a_search_is_left_twice_and_while_it_finds(hub: StandIn) -> None:
    hub.answers["/api/orders"] = FOUND
    async with display(hub.url, view="counter") as screen:
        for keys in (("escape", "escape"), ("enter", "escape", "escape"), ("enter", "enter", "enter")):
            await screen.shows("counter:")
            await screen.press("slash")
            await over(screen)
            await screen.press(*"ann")
            together(screen, *keys)
            await screen.until(lambda: not isinstance(screen.app.screen, Overlay))
            await screen.settled()
            await screen.press("escape")
        await stands(screen)
    gc.collect()  # a search that was never begun is said now


async def test_a_search_that_finds_while_it_is_being_left_ends_once(hub: StandIn) -> None:
    async with display(hub.url, view="counter") as screen:
        await screen.shows("counter:")
        await screen.press("slash")
        await over(screen)
        search = screen.app.screen
        assert isinstance(search, Overlay)
        search.leave()
        search.leave()
        await stands(screen)


@pytest.mark.parametrize("keys", [("escape", "escape"), ("escape", "escape", "enter"), ("escape", "ctrl+s", "escape")])
async def test_the_order_form_is_left_twice(hub: StandIn, keys: tuple[str, ...]) -> None:
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        await screen.press("f8")
        await screen.shows("NEW ORDER")
        together(screen, *keys)
        await stands(screen)
        assert not hub.pressed


async def test_what_has_its_answer_goes_when_nothing_stands_over_it(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        below: Overlay[str] = Overlay()
        answers: list[str | None] = []
        screen.app.push_screen(below, answers.append)
        await screen.until(lambda: below.is_active)
        await screen.app.run_action("help")
        await screen.shows("any key: back")
        below.leave("bread")
        assert not answers
        await screen.press("escape")
        await stands(screen)
        assert answers == ["bread"]
