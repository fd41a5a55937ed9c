"""The three lists as they look at three sizes in two languages, old or hostile, and what a second costs them."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from display.counter import Counter
from display.expo import Expo
from display.timeline import Timeline
from display.view import Listing
from edge.orders import Bakery, ItemId, OrderState
from edge.orders import Option as Choice
from edge.views import BoardView, StationView, Whole
from edge.words import Language
from tests.hostile import ALL, LONG, arrives, powers
from tests.unit.display.cards import NOW, minutes
from tests.unit.display.stand_in import a_board
from tests.unit.display.test_hostile import cells
from tests.unit.display.wholes import SIZES, a_morning, a_scene, a_whole, at_oven, looking

GOLDEN = Path(__file__).parent / "golden"
LISTS: dict[str, type[Listing]] = {"expo": Expo, "counter": Counter, "timeline": Timeline}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", LISTS)
async def test_a_list_looks_as_it_should(name: str, size: str, language: Language) -> None:
    async with looking(LISTS[name](), a_scene(a_morning(), language), SIZES[size]) as look:
        picture = "".join(f"|{line}|\n" for line in look.lines)
    golden = GOLDEN / f"{name}-{size}-{language}.txt"
    if os.environ.get("OVENBELL_GOLDEN") == "write":
        golden.write_text(picture, encoding="utf-8")
    assert picture == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_of_a_board_that_is_not_live_has_no_colours_and_claims_no_age(name: str) -> None:
    async with looking(LISTS[name](), a_scene(a_morning(), live=False), (240, 67)) as look:
        assert not {word for word in ("ON TIME", "SOON ", "LATE ", " READY ") if word in look.lines[2:]}
        strips = look.app.screen._compositor.render_strips()
        grounds = {segment.style.bgcolor for strip in strips for segment in strip if segment.style}
        assert all(max(color.triplet) - min(color.triplet) < 40 for color in grounds if color and color.triplet)


def a_board_of(text: str) -> BoardView:
    """Orders in every state with a text wherever a customer, or a cloud, can write one."""
    item = at_oven(
        text, item=ItemId(text), note=text, unit=text, stage_name=text, options=(Choice(text),),
        bakery=Bakery(text, 6, text, text, text, text, text, (text,)),
    )  # fmt: skip
    told: dict[str, Any] = {
        "display_id": text, "channel": text, "customer": text, "phone": text, "note": text, "type": text, "priority": 1,
    }  # fmt: skip
    states = (OrderState.OPEN, OrderState.READY, OrderState.HELD, OrderState.LAPSED)
    wholes = tuple(a_whole(f"{state}{n}", item, state=state, **told) for state in states for n in range(2))
    held = a_whole("later", item, state=OrderState.HELD, release=NOW + minutes(20), **told)
    return a_board(orders=(*wholes, held), stations=(StationView(item.station, text, 1, 4),))


@pytest.mark.parametrize("size", [(80, 24), (128, 48)])
@pytest.mark.parametrize("name", LISTS)
async def test_a_hostile_customers_text_stays_in_its_cells_and_steers_nothing(name: str, size: tuple[int, int]) -> None:
    for text in (arrives(ALL), LONG):
        async with looking(LISTS[name](), a_scene(a_board_of(text)), size) as look:
            assert [(cells(line), powers(line)) for line in look.lines] == [(size[0], set())] * size[1]
            assert not look.app.screen.query("Static")  # nothing that would read markup


def many(count: int) -> BoardView:
    """As many orders as a big store has at Christmas."""
    states = (OrderState.OPEN, OrderState.READY, OrderState.HELD)

    def one(number: int) -> Whole:
        due = NOW + minutes(5 * number)
        items = (at_oven("Rye bread", 2, begun=number), at_oven("Cake", item=ItemId("2")))
        return a_whole(f"o{number:03}", *items, state=states[number % 3], due=due, release=due - minutes(60))

    return a_board(orders=tuple(one(number) for number in range(count)), stations=a_morning().stations)


@pytest.mark.parametrize("name", LISTS)
async def test_a_quiet_second_repaints_nothing_and_writes_no_entry_anew(name: str) -> None:
    scene = a_scene(many(200), later=0.1)
    async with looking(view := LISTS[name](), scene, (240, 67)):
        entries = [entry for entry, _ in view._entries]
        refreshed: list[object] = []
        view.refresh = lambda *regions, **_: refreshed.append(regions) or view  # type: ignore[method-assign]
        view.show(replace(scene, board=msgspec.structs.replace(scene.board, now=scene.board.now + minutes(0.1))))
        assert all(new is old for new, old in zip((e for e, _ in view._entries), entries, strict=True))
        assert refreshed == []
