"""A virtual baker: looks at the board as a person would and presses the keys of the virtual keypads."""

import asyncio
from collections.abc import Callable
from random import Random

from config.demo.shop import Shop
from display.feed_client import FeedClient
from edge.orders import Moment, OrderId, StationId
from edge.views import Card, StationView

BEAT = 0.45  # seconds between two looks
REST = 1.2  # seconds an item stays at least in a moment: the demo's ovens are quick
SLIP = 12  # every so many presses one is taken back


class Baker:
    """Presses the oldest card of each station, and now and then the wrong one."""

    def __init__(self, shop: Shop, feed: FeedClient, seed: int, told: Callable[[str, str], None]) -> None:
        self.presses = 0
        self.slips = 0
        self._shop, self._feed, self._told = shop, feed, told
        self._random = Random(seed)
        self._touched: dict[tuple[StationId, OrderId], float] = {}

    async def work(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(BEAT)
            board = self._feed.board
            for station in board.stations if board else ():
                card = self._choose(station)
                if card is not None:
                    await self._press(station, card)

    def _choose(self, station: StationView) -> Card | None:
        now = asyncio.get_running_loop().time()
        cards = [
            card
            for card in station.cards
            if card.slot <= station.slots and now - self._touched.get((station.id, card.order), now - 2 * REST) > REST
        ]
        return min(cards, key=lambda card: (card.next is not None, card.since), default=None)

    async def _press(self, station: StationView, card: Card) -> None:
        self._touched[station.id, card.order] = asyncio.get_running_loop().time()
        keypad = self._shop.keypads[station.id]
        if card.next is None:
            self._told(station.name, f"A  ({card.display_id})")
            keypad.press("A")
            return
        self.presses += 1
        keypad.press(str(card.slot))
        moment = "started" if card.next.moment is Moment.STARTED else "finished"
        self._told(station.name, f"{card.slot}  ({card.display_id}: {card.next.name} {moment})")
        if self.presses % SLIP == 0:
            await asyncio.sleep(2 * BEAT)
            self.slips += 1
            keypad.press("R")
            self._told(station.name, f"R  ({card.display_id}: taken back within the grace)")
