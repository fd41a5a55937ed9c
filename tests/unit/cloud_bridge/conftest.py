"""A store's hub with its link, on a real journal and a real broker."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from cloud_bridge import CloudSettings, Link
from cloud_bridge.backoff import Backoff
from cloud_bridge.connection import Connection, Life
from edge.clock import SystemClock
from edge.facts import OrderPlaced
from edge.intents import Bump
from edge.layout import lay_out
from edge.orders import OrderId
from edge.store import StoreHub, store_hub
from edge.words import speak
from tests.brokers import Broker
from tests.cloud import Cloud, until

STORE = "hz-0012"


def short_waits() -> Backoff:
    """A store's patience with its broker, as a test has it."""
    return Backoff(first=0.05, ceiling=0.2)


class Store:
    """A hub and its link, to be started, stopped and let die."""

    def __init__(self, journal: Path, settings: CloudSettings) -> None:
        self.hub: StoreHub = store_hub(lay_out(grace=0), journal, SystemClock())
        self.settings = settings
        self.link: Link
        self.stopped = False

    async def start(self) -> "Store":
        await self.hub.start()
        await self.go_online()
        return self

    async def go_online(self) -> None:
        """Start a link beside the running hub."""
        self.link = Link(self.hub, self.settings, store=STORE, say=speak("en"), backoff=short_waits)
        await self.link.start()

    async def stop(self) -> None:
        if not self.stopped:
            self.stopped = True
            await self.link.stop()
            await self.hub.stop()

    @property
    def backoff(self) -> Backoff:
        """How long the link waits before it knocks again."""
        return self.link._backoff

    @property
    def connection(self) -> Connection:
        assert self.link.connection is not None
        return self.link.connection

    async def online(self, epoch: int = 1) -> "Store":
        """Wait for a connection that is at least the one of that number."""
        await until(lambda: self.link.epoch >= epoch and self.connection.life is Life.ONLINE)
        return self

    async def cut(self) -> None:
        """Lose the connection as if the cable had been cut, and find the way back."""
        epoch = self.link.epoch
        self.connection.abandon()
        await self.online(epoch + 1)

    def has(self, *orders: str) -> bool:
        """Whether these orders stand on the board."""
        return all(OrderId(order) in self.hub.board.orders for order in orders)

    async def placed(self) -> list[str]:
        """The orders the journal says were placed, one entry for each time."""
        rows = await self.hub.journal.facts()
        return [row.body for row in rows if row.kind == OrderPlaced.__name__]

    async def bump(self, order: str) -> None:
        """A baker makes an order's items whole."""
        await self.hub.submit(Bump(order=OrderId(order)), by="keypad:test")


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Opens a store at a broker; the same journal each time unless named."""
    async with AsyncExitStack() as stack:

        async def open_store(broker: Broker | None, journal: str = "journal.db", **settings: Any) -> Store:
            at = {} if broker is None else {"url": broker.url, "protocol": broker.protocol}
            settings = at | settings
            store = await Store(tmp_path / journal, CloudSettings(**settings)).start()
            stack.push_async_callback(store.stop)
            return store

        yield open_store


@pytest.fixture
def cloud_of() -> Iterator[Callable[[Broker], Cloud]]:
    """The cloud of the store, at a broker."""
    with ExitStack() as clouds:
        yield lambda broker: clouds.enter_context(closing(Cloud(broker, STORE)))
