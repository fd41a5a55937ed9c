"""A terminal that is far too small shows little and stands, whatever is on it; made larger again, it is whole."""

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from display.views import NAMES
from edge.info import Keypad, Product, StoreInfo
from edge.orders import OrderId, StationId
from edge.views import BoardView, Whole
from tests.unit.display.screens import Screen, display
from tests.unit.display.stand_in import a_board, standing_in
from tests.unit.display.tray import every_kind
from tests.unit.display.wholes import a_morning

WHOLE = (80, 24)
TINY = ((20, 5), (10, 3), (1, 1), (3, 20), (60, 1), (1, 40), (10, 3), (20, 5))
STORE = StoreInfo(
    "s", "麦田", "en", "UTC",
    products=tuple(Product(f"p{n}", f"Cake {n}", sizes=("6", "8")) for n in range(30)),
    keypads=(Keypad("K1", StationId("oven"), {"KEY_1": "slot 1", "KEY_2": "page next"}),),
)  # fmt: skip
OVER = {
    "help": ("question_mark",),
    "reason": ("x", "1"),
    "time": ("t", "1"),
    "product": ("o",),
    "look": ("v", "1"),
    "order": ("f8",),
    "lines": ("f8", *"3 cake", "enter", "down"),
    "search": ("f4", "slash"),
}


def a_full_board() -> BoardView:
    """Cards of every kind, and a whole morning of orders."""
    cards, morning = every_kind(), a_morning()
    oven, *others = a_board(*cards, slots=12).stations
    wholes: tuple[Whole, ...] = (*morning.orders, replace(morning.orders[0], order=OrderId("o1")))
    return replace(morning, stations=(oven, *others, morning.stations[1]), orders=wholes)


async def stands_in_all_sizes(screen: Screen) -> None:
    """Its window is made tiny, and as large as it was: the rows are whole each time."""
    for size in (*TINY, WHOLE):
        await screen._pilot.resize_terminal(*size)
        await screen.settled()
        assert [cell_len(line) for line in screen.lines] == [size[0]] * size[1]


@pytest.mark.parametrize("view", NAMES)
async def test_a_view_stands_in_a_tiny_window_and_is_whole_again(view: str) -> None:
    async with standing_in(a_full_board()) as hub, display(hub.url, size=WHOLE, view=view) as screen:
        hub.answers["/api/store"] = STORE
        await screen.until(lambda: screen.app.feed.live)
        await screen.settled()
        before = screen.lines
        await stands_in_all_sizes(screen)
        assert screen.lines == before


@pytest.mark.parametrize("over", OVER)
async def test_what_stands_over_a_view_stands_in_a_tiny_window_too(over: str) -> None:
    async with standing_in(a_full_board()) as hub:
        hub.answers["/api/store"] = STORE
        async with display(hub.url, size=WHOLE) as screen:
            await screen.until(lambda: bool(screen.app.view.targets()), "numbers")
            await screen.settled()  # what the store says of itself has come, too
            await screen.press(*OVER[over])
            await screen.until(lambda: screen.app.screen.is_modal, over)
            await screen.settled()
            await stands_in_all_sizes(screen)
            await screen._pilot.resize_terminal(*TINY[0])
            await screen.press("pagedown", "a", "1", "backspace")
            await screen.settled()


@pytest.mark.parametrize("size", TINY[:3], ids=str)
@pytest.mark.parametrize("over", OVER)
async def test_it_can_be_asked_for_in_a_tiny_window(over: str, size: tuple[int, int]) -> None:
    async with standing_in(a_full_board()) as hub:
        hub.answers["/api/store"] = STORE
        async with display(hub.url, size=size) as screen:
            await screen.until(lambda: screen.app.scene is not None and bool(screen.app.view.targets()), "numbers")
            await screen.press(*OVER[over])
            await screen.until(lambda: screen.app.screen.is_modal, over)
            await stands_in_all_sizes(screen)
