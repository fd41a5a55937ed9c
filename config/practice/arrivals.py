"""Arrivals: orders come through the hub's door as those of a cloud do, at a calm pace, and what the lesson asks for."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle

from config.practice.customers import Customers, Goods, route_of
from config.practice.steps import Bring, pages_of
from edge.board import Board, words_at
from edge.hub import NotCommitted
from edge.intents import Acknowledge, Bump, Intent, Place, Refused
from edge.layout import Layout
from edge.orders import Order, OrderState, StationId, Word
from edge.store import StoreHub

log = logging.getLogger(__name__)

BY = "practice"  # nobody's press
PACE = 40.0  # seconds between two orders
AT_FIRST, FIRST = 3, 2.0  # so many come a few seconds apart
MOST = 6  # open orders; more would be a rush
ARRIVING: tuple[Bring, ...] = ("order", "text", "order", "allergens", "change", "tomorrow", "order", "cancel")
TAUGHT_FIRST = frozenset({"change", "cancel"})  # what only the lesson brings until it is over
LONGEST = 100  # presses until an order is ready


@dataclass
class Arrivals:
    """Brings what customers who do not exist want."""

    hub: StoreHub
    customers: Customers
    station: StationId  # where the lesson is
    taught: Callable[[], bool]  # whether the lesson is over
    pace: float = PACE
    _bringing: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """A few at first, then one after the other while there are not too many, until cancelled."""
        for number, what in enumerate(cycle(ARRIVING)):
            await asyncio.sleep(min(self.pace, FIRST) if number < AT_FIRST else self.pace)
            if what in TAUGHT_FIRST and not self.taught():
                continue
            if sum(order.state is OrderState.OPEN for order in self._board.orders.values()) < self._most:
                await self._bring(what)

    def bring(self, what: Bring) -> None:
        """Bring what the lesson asks for, now."""
        task = asyncio.create_task(self._bring(what))
        self._bringing.add(task)
        task.add_done_callback(self._bringing.discard)

    @property
    def _board(self) -> Board:
        return self.hub.board

    @property
    def _now(self) -> float:
        return self.hub.clock.now()

    @property
    def _most(self) -> int:
        return min(MOST, self._board.layout.stations[self.station].slots)

    async def _bring(self, what: Bring) -> None:
        try:
            await self._come(what)
        except (Refused, NotCommitted) as error:  # as where somebody was quicker
            log.warning("practice: %s did not come: %s", what, error.reason)

    @property
    def _here(self) -> Goods:
        return beginning_at(self._board.layout, self.customers.goods, self.station)

    async def _come(self, what: Bring) -> None:  # noqa: C901 - one case for each that may come
        customers, here = self.customers, self._here
        match what:
            case "order":
                await self._place(customers.order(self._now, here))
            case "begin":
                await self._place(customers.order(self._now, begun_by_a_press(self._board.layout, here)))
            case "allergens":
                await self._place(customers.with_allergens(self._now, here))
            case "text":
                await self._place(customers.with_text(self._now))
            case "tomorrow":
                await self._place(customers.for_tomorrow(self._now))
            case "change":
                await self._ask(customers.changed(await self._oldest(), self._now))
            case "cancel":
                await self._ask(customers.cancelled(await self._oldest(), self._now))
            case "many":
                while pages_of(self._board, self.station) == 1:
                    await self._place(customers.order(self._now, here))
            case "ready":
                await self._make(await self._place(customers.order(self._now, here)))

    async def _place(self, place: Place) -> Order:
        await self._ask(place)
        return self._board.orders[place.order.id]

    async def _ask(self, intent: Intent) -> None:
        await self.hub.submit(intent, by=BY)

    async def _oldest(self) -> Order:
        """The oldest card of the station, which is the first to be acknowledged."""
        orders = (order for _, order in self._board.cards(self.station) if order.state is OrderState.OPEN)
        oldest = min(orders, key=lambda order: order.number, default=None)
        return oldest or await self._place(self.customers.order(self._now, self._here))

    async def _make(self, order: Order) -> None:
        """Press until nothing of an order is left to make."""
        for _ in range(LONGEST):
            order = self._board.orders.get(order.id) or order
            if order.state is not OrderState.OPEN:
                return
            station = next(iter(order.slots))
            if Word.ALLERGEN in words_at(self._board.layout, order, station):
                await self._ask(Acknowledge(station, order=order.id))
            await self._ask(Bump(station, order=order.id))


def beginning_at(layout: Layout, goods: Goods, station: StationId) -> Goods:
    """What is begun at a station."""
    return tuple(one for one in goods if layout.station_of(route_of(layout, one).stages[0]) == station)


def begun_by_a_press(layout: Layout, goods: Goods) -> Goods:
    """What is begun by a press and finished by another; all where nothing is."""
    return tuple(one for one in goods if layout.stage(route_of(layout, one).stages[0]).presses > 1) or goods
