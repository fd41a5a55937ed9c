"""Every size of a screen, from a laptop's window to a wall: nothing runs over, is cut without a word, or is lost."""

import re

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from display.card import CardPlace
from edge.orders import Bakery, OrderId, StationId
from edge.views import Card
from edge.words import Language
from tests.unit.display.cards import NOW, a_card, a_line, minutes
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
        seen = ""
        for _ in range(3):  # where they cannot all be read at once, Tab goes through them
            await screen.shows("Oven" if not seen else "cards")
            await screen.settled()
            check(screen, size)
            assert hidden(screen) == 0
            assert numbers(screen) == 9
            seen += screen.text
            await screen.press("tab")
        assert all(name in seen for name in ("Oven", "frosting", "packing"))


async def test_a_small_screen_shows_one_station_whole_and_tells_what_is_late_at_the_others() -> None:
    allergic = a_card(a_line("Cake", bakery=Bakery(cake_text="Ada", allergens=("nuts",))), display_id="N1")
    oven = a_board(allergic, slots=9).stations[0]
    late = a_card(slot=9, order=OrderId("late"), display_id="L9", due=NOW - minutes(3))
    packing = replace(oven, id=StationId("packing"), name="Packing", cards=(late,))
    shelf = replace(packing, id=StationId("shelf"), name="Shelf", cards=())
    board = a_board(stations=(oven, packing, shelf))
    async with standing_in(board) as hub, display(hub.url, size=(80, 24)) as screen:
        await screen.shows("N1", "ALLERGENS nuts", "Ada", "1 late at other stations", "1 of 3 stations, Tab")
        assert "Packing" not in screen.text
        await screen.press("tab")
        await screen.shows("L9", "2 of 3 stations, Tab")
        assert not screen.says("late at other stations")
        await screen.press("tab", "tab")
        await screen.shows("N1", "1 of 3 stations, Tab")
        await screen._pilot.resize_terminal(160, 48)
        await screen.shows("Oven", "Packing", "Shelf", "N1", "L9", "keys")


async def test_a_window_that_is_made_larger_and_smaller_again_is_whole_each_time() -> None:
    async with standing_in(a_board(*many(12), slots=12)) as hub, display(hub.url, size=(80, 24)) as screen:
        await screen.shows("12 cards")
        for size in (*SIZES[1:], *reversed(SIZES)):
            await screen._pilot.resize_terminal(*size)
            await screen.settled()
            assert numbers(screen) == 12
            check(screen, size)
