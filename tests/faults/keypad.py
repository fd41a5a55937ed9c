"""A baker at real keypads (ptys): presses a slot's key, and counts a press once the screen has shown it."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from devices.keypad import BOUNCE
from devices.twin.keypad import VirtualKeypad
from tests.faults.ledger import Ledger
from tests.faults.store import BAKERY, Store

STATIONS = ("oven", "decorating")
FINGER = 1.5 * BOUNCE  # seconds between two presses of a key that are not one
GLANCE = 0.4  # seconds a baker looks at the screen for what the press did
# How many presses an item has seen, by its stage and moment on the screen.
PRESSES = {
    ("baking", "waiting"): 0,
    ("baking", "started"): 1,
    ("cooling", "started"): 2,
    ("frosting", "started"): 3,
    ("boxing", "started"): 4,
}
READY = 5


class Pads(msgspec.Struct, frozen=True):
    """The keypads of a store, and what its settings say of them."""

    by_station: dict[str, VirtualKeypad]
    settings: str


@contextmanager
def pads(directory: Path) -> Iterator[Pads]:
    """A keypad at each station."""
    with ExitStack() as plugged:
        by_station = {one: plugged.enter_context(VirtualKeypad(directory / f"{one}-pad")) for one in STATIONS}
        keys = "\n".join(f'"{number}" = "bump {number}"' for number in range(1, 10))
        settings = "\n".join(
            f'[[keypads]]\nid = "{one}-pad"\nstation = "{one}"\nport = "{pad.port}"\n[keypads.keys]\n{keys}'
            for one, pad in by_station.items()
        )
        yield Pads(by_station, BAKERY + settings)


class PadBaker:
    """Presses what the first page shows, one slot after the other."""

    def __init__(self, store: Store, ledger: Ledger, pads: Pads) -> None:
        self._store, self._ledger, self._pads = store, ledger, pads
        self._turn = 0

    async def press(self) -> bool:
        """Press the next slot's key; false where there is nothing to press."""
        shown = await self._look()
        if shown is None:
            return False
        cards = [(station, card) for station in STATIONS for card in shown.get(station, ()) if card["slot"] < 10]
        if not cards:
            return False
        self._turn += 1
        station, card = cards[self._turn % len(cards)]
        made = self._ledger.made[card["order"]]
        made.asked += 1
        self._pads.by_station[station].press(str(card["slot"]))
        for _ in range(8):
            await asyncio.sleep(GLANCE / 8)
            if (shown := await self._look()) is not None:
                self._count(shown)
                if made.answered == made.asked:
                    break
        await asyncio.sleep(FINGER)
        return True

    def _count(self, shown: dict[str, list[dict[str, Any]]]) -> None:
        for cards in shown.values():
            for card in cards:
                item = card["items"][0]
                presses = PRESSES[item["stage"], item["moment"]]
                if presses:
                    made = self._ledger.made[card["order"]]
                    made.answered = max(made.answered, presses)

    async def _look(self) -> dict[str, list[dict[str, Any]]] | None:
        try:
            board = await self._store.get("/api/board")
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None
        for order in board["ready"]:
            self._ledger.made[order["order"]].answered = READY
        return {station["id"]: station["cards"] for station in board["stations"]}
