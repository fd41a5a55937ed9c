"""Whole orders for tests, a morning full of them, and one view on a screen of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from display.manner import Manner
from display.palette import BLACK
from display.view import Listing, Scene, View
from edge.orders import Bakery, ItemId, Moment, OrderId, OrderState, StageId, StationId
from edge.views import BoardView, CardItem, Coming, StationView, Whole
from edge.words import Language, speak
from tests.unit.display.cards import NOW, a_line, minutes
from tests.unit.display.stand_in import a_board

HANGZHOU = timezone(timedelta(hours=8))
SIZES = {"80x24": (80, 24), "128x48": (128, 48), "240x67": (240, 67)}
HOUR = 60


def a_whole(name: str = "a017", *items: CardItem, **rest: Any) -> Whole:
    """An open order, of one loaf that waits to be baked unless told otherwise; its display id is its id in capitals."""
    parts: dict[str, Any] = {
        "order": OrderId(name), "display_id": name.upper(), "state": OrderState.OPEN, "type": "TAKEOUT", "channel": "",
        "customer": "", "phone": "", "note": "", "priority": 0, "slots": {},
        "created": NOW - minutes(90), "since": NOW - minutes(90), "due": NOW + minutes(40),
        "release": None, "items": items or (at_oven("Rye bread"),),
    }  # fmt: skip
    return Whole(**parts | rest)


def at_oven(name: str, count: int = 1, *, begun: float | None = None, **rest: Any) -> CardItem:
    """An item at the oven, begun so many minutes ago."""
    moment = Moment.WAITING if begun is None else Moment.STARTED
    parts: dict[str, Any] = {"station": StationId("oven"), "quantity": Decimal(count), "moment": moment}
    return a_line(name, **parts | {"item": ItemId(name), "since": NOW - minutes(begun or 0)} | rest)


def at_deco(name: str, count: int = 1, **rest: Any) -> CardItem:
    """An item that is to be frosted."""
    stage: dict[str, Any] = {"stage": StageId("frosting"), "stage_name": "Frosting", "station": StationId("deco")}
    return at_oven(name, count, **stage | rest)


def done(name: str, count: int = 1) -> CardItem:
    """An item that is made."""
    return msgspec.structs.replace(at_deco(name, count), moment=Moment.FINISHED, stage_name="Boxing")


def a_morning() -> BoardView:
    """A bakery at nine: two late, some ready, tomorrow already known."""
    cake = "草莓奶油蛋糕 8寸"
    allergic = Bakery(cake_text="小雨,生日快乐!", allergens=("egg", "milk"))
    wholes = (
        a_whole(
            "a017", at_deco(cake, begun=12, bakery=allergic), done("可颂", 6), at_oven("Sourdough loaf", 2, begun=31),
            channel="meituan", type="DELIVERY", customer="王女士", phone="1234", due=NOW + minutes(12), note="放门口",
        ),
        a_whole("a018", at_oven("Rye bread", 3), due=NOW - minutes(7), customer="Chen", phone="8899"),
        a_whole("a019", at_deco("Chocolate cake"), due=None, channel="walk-in"),
        a_whole(
            "a020", *(at_oven(f"Roll no. {n}", n, begun=3 * n) for n in range(1, 15)), priority=1, channel="phone",
            customer="Café 西湖", due=NOW + minutes(95),
        ),
        a_whole("a021", done("Baguette", 4), at_oven("Focaccia", begun=22), due=NOW + minutes(55), type="INDOOR"),
        a_whole(
            "a011", done("生日蛋糕"), state=OrderState.READY, since=NOW - minutes(84), due=NOW - minutes(70),
            customer="李雷", phone="5678", channel="wechat",
        ),
        a_whole(
            "a012", done("Cheesecake"), done("可颂", 12), state=OrderState.READY, since=NOW - minutes(18),
            due=NOW + minutes(30), customer="Han Meimei", phone="0042", channel="eleme", type="DELIVERY",
            items=(msgspec.structs.replace(done("Cheesecake"), bakery=allergic), done("可颂", 12)),
        ),
        a_whole("a013", done("Bagel", 2), state=OrderState.READY, since=NOW - minutes(3), due=None, customer="Kim"),
        held("b001", 5 * HOUR, at_oven("Apple pie", 2), customer="Zhang"),
        held("b002", 5 * HOUR + 30, at_oven("Rye bread", 20), at_oven("可颂", 40), customer="西湖酒店"),
        held("b003", 26 * HOUR, at_deco(cake), customer="周小姐"),
        held("b004", 26 * HOUR + 15, at_oven("Rye bread", 8)),
        held("b005", 31 * HOUR, at_deco("Wedding cake", 3), customer="Smith"),
        held("b006", 8 * HOUR, at_oven("Stollen"), release=None, customer="Maria"),
        a_whole("z001", at_oven("Old bread"), state=OrderState.LAPSED, due=NOW - minutes(30 * HOUR)),
    )  # fmt: skip
    stations = (
        StationView(StationId("oven"), "Oven", 1, 12),
        StationView(StationId("deco"), "Decorating", 1, 12, (), (Coming(OrderId("a018"), "A018", None, ("Rye",)),)),
    )
    return a_board(orders=wholes, stations=stations)


def held(name: str, due: float, *items: CardItem, **rest: Any) -> Whole:
    """An order for later, due in so many minutes and released three hours before."""
    times = {"due": NOW + minutes(due), "release": NOW + minutes(due - 3 * HOUR)}
    return a_whole(name, *items, state=OrderState.HELD, **(times | rest))


def a_scene(board: BoardView, language: Language = "en", *, later: float = 0, live: bool = True) -> Scene:
    """What a display in Hangzhou shows, so many minutes later."""
    now = board.now + minutes(later)
    trouble = "" if live else "CUT OFF from the hub"
    return Scene(msgspec.structs.replace(board, now=now), Manner(speak(language), HANGZHOU, live), trouble=trouble)


class OneView(App[None]):
    """A screen that is one view."""

    CSS = f"Screen {{ background: {BLACK}; }} Listing {{ width: 1fr; height: 1fr; }}"

    def __init__(self, view: View, scene: Scene) -> None:
        super().__init__()
        self.view, self.scene = view, scene
        self.tapped: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.show(self.scene)

    def on_view_tapped(self, event: View.Tapped) -> None:
        self.tapped.append(event.number)


class Look:
    """Somebody in front of a view."""

    def __init__(self, app: OneView, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def lines(self) -> list[str]:
        """What can be read."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        """All of it, with single spaces."""
        return " ".join(" ".join(self.lines).split())

    async def at(self, scene: Scene) -> None:
        """Another scene."""
        self.app.view.show(scene)
        await self.pilot.pause()


@asynccontextmanager
async def looking(view: Listing, scene: Scene, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Look]:
    """A view on a screen of its own."""
    app = OneView(view, scene)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Look(app, pilot)
