"""The board as it should look: three sizes, two languages, with everything that can stand on it."""

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from edge.orders import Bakery, ItemId, Moment, OrderId, StageId, StationId, Word
from edge.views import BoardView, Coming, Halted, Next, Pressed, StationView
from edge.words import Language
from tests.unit.display.cards import BIRTHDAY, CANCELLED, CHANGED, NOW, a_card, a_line, in_the_oven, minutes
from tests.unit.display.screens import display
from tests.unit.display.stand_in import CALM, a_board, standing_in

GOLDEN = Path(__file__).parent / "golden"
SIZES = ((80, 24), (128, 48), (240, 67))
FINISH = Next(StageId("baking"), "烘烤", Moment.FINISHED)


def _press(slot: int, order: str, name: str, seconds: float) -> Pressed:
    at, leaves = NOW + minutes((seconds - 5) / 60), NOW + minutes(seconds / 60)
    return Pressed(OrderId(order), name, slot, slot, StageId("boxing"), "装盒", Moment.FINISHED, at, leaves)


def a_morning() -> BoardView:
    """Two stations in the middle of it."""
    rolls = in_the_oven(name="可颂", item=ItemId("7"), quantity=Decimal(5), stage_name="烘烤", max_minutes=20)
    nuts = a_line("核桃面包", bakery=Bakery(allergens=("坚果",)), stage_name="烘烤")
    cards = (
        replace(BIRTHDAY, slot=1),
        a_card(rolls, replace(rolls, quantity=Decimal(7), moment=Moment.WAITING), slot=2, order=OrderId("o2"),
               display_id="B002", due=NOW - minutes(2), next=Next(StageId("baking"), "烘烤", Moment.STARTED)),
        replace(CHANGED, slot=4, order=OrderId("o4"), display_id="C004"),
        a_card(in_the_oven(name="Sourdough", min_minutes=25, wasted=Decimal(1)), slot=5, order=OrderId("o5"),
               display_id="D005", priority=1, next=FINISH),
        a_card(nuts, slot=6, order=OrderId("o6"), display_id="E006", locked=True, marks=(Word.ALLERGEN, Word.NEW)),
    )  # fmt: skip
    coming = tuple(Coming(OrderId(f"c{n}"), f"K{n}", NOW + minutes(60 + n), ("黑森林蛋糕 6寸", "Rye")) for n in (1, 2))
    presses = (_press(3, "gone", "F003", 4), _press(5, "o5", "D005", 3))
    oven = StationView(StationId("oven"), "烤箱", 1, 6, cards, coming, presses, replace(presses[0], at=NOW))
    packing = StationView(StationId("packing"), "Packing", 1, 6, (replace(CANCELLED, slot=1, order=OrderId("p1")),))
    halted = Halted("", "", NOW - minutes(3), "display:oven", "订单太多")
    return a_board(stations=(oven, packing), paused=halted, status=replace(CALM, practice=True, unprinted=1))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_board_looks_as_it_should(size: tuple[int, int], language: Language) -> None:
    more: dict[str, Any] = {"stations": ["oven"]} if size[0] < 100 else {}
    async with standing_in(a_morning()) as hub, display(hub.url, size=size, language=language, **more) as screen:
        await screen.shows("B002", "F003", "E006")
        await screen.settled()
        picture = "".join(f"{line}|\n" for line in screen.lines)
    golden = GOLDEN / f"board-{size[0]}x{size[1]}-{language}.txt"
    if os.environ.get("OVENBELL_GOLDEN") == "write":
        golden.write_text(picture, encoding="utf-8")
    assert picture == golden.read_text(encoding="utf-8")
