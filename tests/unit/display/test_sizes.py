"""Every size of a screen, from a laptop's window to a wall: nothing runs over, is cut without a word, or is lost."""

import re

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from display.card import CardPlace
from edge.orders import OrderId
from edge.views import Card
from edge.words import Language
from tests.unit.display.cards import a_card, a_line
from tests.unit.display.screens import Screen, display
from tests.unit.display.stand_in import a_board, a_tick, standing_in
from tests.unit.display.tray import every_kind

SIZES = [(80, 24), (100, 30), (128, 48), (160, 45), (200, 60), (240, 67)]
LONG = "草莓奶油生日蛋糕 with a very long name, Sahnetorte " * 4


def many(count: int) -> list[Card]:
    """As many orders, every seventh with more to say than any card has room for."""
    kinds = [*every_kind(), a_card(a_line(LONG, note=LONG), customer=LONG, note=LONG)]
    cards = (kinds[n % len(kinds)] for n in range(count))
    return [replace(card, slot=n, order=OrderId(f"o{n}"), display_id=f"Z{n:03}") for n, card in enumerate(cards, 1)]


def numbers(screen: Screen) -> int:
    """How many orders can be seen."""
    return len(set(re.findall(r"Z\d{3}", screen.text)))


def hidden(screen: Screen) -> int:
    """How many are said to have no room."""
    said = re.search(r"(\d+) (HIDDEN|单没显示)", screen.text)
    return int(said[1]) if said else 0


def check(screen: Screen, size: tuple[int, int]) -> None:
    """The rows are whole, and no place stands on another or outside."""
    width, height = size
    assert [cell_len(line) for line in screen.lines] == [width] * height
    places = [place.region for place in screen.app.query(CardPlace) if place.region]
    assert all(screen.app.screen.region.contains_region(region) for region in places)
    taken = sum(region.area for region in places)
    assert taken == len(
        {(x, y) for region in places for x in range(*region.column_span) for y in range(*region.line_span)}
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_empty_few_or_many_all_is_in_its_place(size: tuple[int, int], language: Language) -> None:
    for count, slots in ((0, 12), (3, 9), (12, 12), (40, 40)):
        async with (
            standing_in(a_board(*many(count), slots=slots)) as hub,
            display(hub.url, size=size, language=language) as screen,
        ):
            await screen.shows("Oven", f"{count} cards" if language == "en" else f"{count} 单")
            check(screen, size)
            await hub.say(a_tick())
            await screen.until(lambda all_of_them=count: numbers(screen) + hidden(screen) == all_of_them)
            await screen.press("question_mark")
            check(screen, size)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_stations_stand_side_by_side_in_every_size(size: tuple[int, int]) -> None:
    board = a_board(*many(9), slots=9)
    oven = board.stations[0]
    others = tuple(replace(oven, id=name, name=name) for name in ("frosting", "packing"))
    async with (
        standing_in(a_board(stations=(oven, *others))) as hub,
        display(hub.url, size=size) as screen,
    ):
        await screen.shows("Oven", "frosting", "packing")
        check(screen, size)


async def test_a_window_that_is_made_larger_and_smaller_again_is_whole_each_time() -> None:
    async with standing_in(a_board(*many(12), slots=12)) as hub, display(hub.url, size=(80, 24)) as screen:
        await screen.shows("12 cards")
        for size in (*SIZES[1:], *reversed(SIZES)):
            await screen._pilot.resize_terminal(*size)
            await screen.settled()
            assert numbers(screen) == 12
            check(screen, size)
