"""Builders: a clock to turn by hand, orders and a bakery, with everything filled in that a test does not care about."""

import time
from datetime import UTC, datetime
from typing import Any, Union

from edge.apply import _EFFECTS
from edge.intents import Place
from edge.layout import Layout, PrintRule, Route, Stage, Station, lay_out
from edge.orders import Item, ItemId, Order, OrderId, StageId, Stamp, StationId

MORNING = datetime(2026, 11, 22, 1, tzinfo=UTC).timestamp()  # nine o'clock in Hangzhou
MINUTE, HOUR = 60.0, 3600.0

OVEN, DECO, PACKING, KITCHEN = map(StationId, ("oven", "deco", "packing", "kitchen"))
A_FACT: Any = Union[tuple(_EFFECTS)]  # noqa: UP007 - what a row of the journal decodes to


class ManualClock:
    """A clock that stands until a test turns it."""

    def __init__(self, at: float = MORNING) -> None:
        self._now = at
        self._monotonic = 1_000.0

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return self._now

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
        self._monotonic += seconds

    def step(self, seconds: float) -> None:
        """Set the wall clock, as NTP does; no time passes."""
        self._now += seconds


def stages(*names: str) -> tuple[StageId, ...]:
    """Stages by name."""
    return tuple(map(StageId, names))


def a_layout(**changes: Any) -> Layout:
    """A bakery of three stations: cakes are baked (two presses), cooled, frosted, boxed; bread is baked and boxed."""
    parts: dict[str, Any] = {
        "stages": (Stage(StageId("baking"), "Baking", presses=2, min_minutes=25, max_minutes=40),),
        "stations": (
            Station(OVEN, "Oven", stages("baking", "cooling"), slots=4),
            Station(DECO, "Decorating", stages("frosting"), slots=4),
            Station(PACKING, "Packing", stages("boxing"), slots=4),
        ),
        "routes": (
            Route("cake-*", stages("baking", "cooling", "frosting", "boxing"), lead_minutes=180),
            Route("bread-*", stages("baking", "boxing")),
        ),
        "printing": (PrintRule("kitchen", (OVEN, DECO)), PrintRule("counter", (), "ready")),
    }
    return lay_out(**parts | changes)


def an_item(name: str, code: str, number: str = "1", **rest: Any) -> Item:
    """An item as it arrives, without a route."""
    return Item(ItemId(number), name, code, **rest)


def a_cake(number: str = "1", **rest: Any) -> Item:
    """An item that goes through oven, decorating and packing."""
    return an_item("Strawberry cake", "cake-strawberry", number, **rest)


def a_bread(number: str = "1", **rest: Any) -> Item:
    """An item that goes through oven and packing."""
    return an_item("Rye bread", "bread-rye", number, **rest)


def a_bun(number: str = "1", **rest: Any) -> Item:
    """An item that no route matches."""
    return an_item("Bun", "bun", number, **rest)


def an_order(name: str = "o1", *items: Item, **rest: Any) -> Order:
    """An order made now, of one cake unless told otherwise; its display id is its id in capitals."""
    parts: dict[str, Any] = {"display_id": name.upper(), "created": MORNING, "items": items or (a_cake(),)}
    return Order(OrderId(name), **parts | rest)


def a_stamp(
    event: str = "e1",
    *,
    time: float = MORNING,
    sequence: int | None = None,
    source: str = "/shop",
    answer: bool = False,
) -> Stamp:
    """Which event of the cloud something comes from."""
    return Stamp(source, event, time, sequence, answer)


def placed_today(name: str = "o1", *items: Item, **rest: Any) -> Place:
    """The same in a store that has the machine's clock: it lets an order lapse that is older than a day."""
    return placed(name, *items, **{"created": time.time()} | rest)


def placed(name: str = "o1", *items: Item, stamp: Stamp | None = None, **rest: Any) -> Place:
    """The cloud places an order."""
    return Place(an_order(name, *items, **rest), stamp or a_stamp(f"placed-{name}"))
