"""A store for displays to look at: the real hub and the real feed, ticking fast, with a clock turned by hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge import feed as feed_module
from edge.feed import Feed
from edge.intents import Intent
from edge.layout import Layout
from edge.store import StoreHub, store_hub
from tests.builders import ManualClock, a_layout


class Store:
    """A hub with its feed."""

    def __init__(self, journal: Path, layout: Layout) -> None:
        self.clock = ManualClock()
        self.hub: StoreHub = store_hub(layout, journal, self.clock)
        self.feed = Feed(self.hub, ("127.0.0.1", 0))

    async def open(self) -> None:
        """Start; on the port of before where there was one."""
        await self.hub.start()
        await self.feed.start()

    async def close(self) -> None:
        """Stop."""
        await self.feed.stop()
        await self.hub.stop()

    @property
    def url(self) -> str:
        """Where displays find it."""
        return "http://{}:{}".format(*self.feed.address)

    async def ask(self, *intents: Intent) -> None:
        """Somebody else asks something."""
        for intent in intents:
            await self.hub.submit(intent, by="test")


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of full colours, wherever the tests run."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    """A bakery that is open."""
    monkeypatch.setattr(feed_module, "TICK", 0.05)
    store = Store(tmp_path / "journal.db", a_layout())
    await store.open()
    yield store
    await store.close()
