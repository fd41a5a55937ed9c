"""A shop with a pickup board: the real hub, the real server, and televisions that read its feed."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession

from display.pickup.board import PickupBoard
from display.pickup.settings import PickupSettings
from edge.feed import Feed
from edge.intents import Bump, Intent
from edge.layout import Route
from edge.settings import StoreSettings
from edge.store import StoreHub
from tests.builders import KITCHEN, ManualClock, a_bun, a_layout, placed, stages
from tests.cloud import PATIENCE
from tests.unit.edge.disks import a_hub


class Reader:
    """A television as the wire sees it: everything the feed sends it."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response
        self.raw = b""  # all of it

    async def message(self) -> bytes:
        """The next message, a beat too."""
        message = await asyncio.wait_for(self.response.content.readuntil(b"\n\n"), PATIENCE)
        self.raw += message
        return message

    async def state(self) -> dict[str, Any]:
        """The next state."""
        while not (message := await self.message()).startswith(b"data: "):
            pass
        state: dict[str, Any] = json.loads(message.removeprefix(b"data: "))
        return state

    async def lists(self) -> tuple[list[str], list[str]]:
        """What is being made and what is ready by the next state."""
        lists = (await self.state())["lists"]
        return lists["making"]["ids"], lists["ready"]["ids"]

    async def until(self, making: list[str], ready: list[str]) -> None:
        """Read until both lists are so."""
        while await self.lists() != (making, ready):
            pass


class Shop:
    """A hub with its server and its pickup board."""

    def __init__(
        self, hub: StoreHub, clock: ManualClock, feed: Feed, pickup: PickupBoard, session: ClientSession
    ) -> None:
        self.hub, self.clock, self.feed, self.pickup, self.session = hub, clock, feed, pickup, session
        self.url = "http://{}:{}".format(*feed.address)

    async def ask(self, *intents: Intent) -> None:
        """Somebody asks something."""
        for intent in intents:
            await self.hub.submit(intent, by="cloud")

    async def order(self, *display_ids: str) -> None:
        """Orders of one bun come, their ids as their display ids."""
        await self.ask(*(placed(name, a_bun(), display_id=name) for name in display_ids))

    async def finish(self, *slots: int) -> None:
        """The baker presses these numbers."""
        await self.ask(*(Bump(KITCHEN, slot) for slot in slots))

    @property
    def watching(self) -> int:
        """How many televisions the hub believes to be there."""
        return len(self.pickup._watching)

    @asynccontextmanager
    async def television(self) -> AsyncIterator[Reader]:
        """One that watches."""
        async with self.session.get(f"{self.url}/pickup/feed") as response:
            assert response.status == 200
            yield Reader(response)


@asynccontextmanager
async def a_shop(path: Path, **settings: Any) -> AsyncIterator[Shop]:
    """A shop where buns are made by one press; cakes as everywhere."""
    layout = a_layout(routes=(Route("cake-*", stages("baking", "boxing")),))
    async with AsyncExitStack() as ends:
        hub = await ends.enter_async_context(a_hub(path, clock := ManualClock(), layout=layout))
        feed = Feed(hub, ("127.0.0.1", 0))
        store = StoreSettings("hz", name="Wheatfield", language="en")
        pickup = PickupBoard(hub, PickupSettings(**settings), store)
        pickup.mount(feed.app)
        await feed.start()
        ends.push_async_callback(feed.stop)
        yield Shop(hub, clock, feed, pickup, await ends.enter_async_context(ClientSession()))


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with a_shop(tmp_path / "journal.db") as shop:
        yield shop
