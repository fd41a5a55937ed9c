"""Whatever happens in a store: a display that lived through it shows what one shows that was just switched on."""

import asyncio
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from display.app import KitchenDisplay
from display.feed_client import FeedClient
from display.station import StationBoard
from edge.views import BoardView
from tests.builders import ManualClock, a_layout
from tests.cloud import PATIENCE
from tests.unit.edge.disks import nudge
from tests.unit.edge.mornings import Batch, Touch, mornings
from tests.unit.edge.screens import Client, a_client, still

LAYOUT = a_layout()


class Watcher:
    """A display under a pilot that need not wait for its hub's seconds."""

    def __init__(self, url: str) -> None:
        self.app = KitchenDisplay(FeedClient(url, silence=30.0, pauses=(0.01,)), zone=UTC, silent=True)
        self._test = self.app.run_test(size=(160, 60))

    async def __aenter__(self) -> Self:
        self._pilot = await self._test.__aenter__()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._test.__aexit__(*raised)  # type: ignore[arg-type]

    async def catch_up(self, client: Client) -> BoardView:
        """The board it has, once it has heard of all that was committed and drawn it."""
        async with asyncio.timeout(PATIENCE):
            while (board := self.app.feed.board) is None or board.sequence != client.hub.board.counters.seq:
                await self._pilot.pause(0.005)
            heard = self.app.feed.heard
            while self.app.feed.heard == heard:  # the tick after it brings status and clock
                await self._pilot.pause(0.005)
            while self.app._news or any(board._undrawn for board in self.app.query(StationBoard)):
                await self._pilot.pause(0.005)
        await self._pilot.pause()
        assert self.app.feed.board is not None
        return self.app.feed.board

    @property
    def lines(self) -> list[str]:
        """What can be read on it."""
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]


async def live_through(path: Path, morning: list[Batch], cuts: list[int]) -> None:
    """One display sees it all, though its connection is cut again and again; another comes when all is over."""
    clock = ManualClock()
    async with a_client(path, clock, layout=LAYOUT) as client:
        async with Watcher(client.url) as steady:
            await steady.catch_up(client)
            for number, batch in enumerate(morning):
                clock.advance(batch.after)
                client.hub.ring()
                wishes = [wish.on(client.hub.board) if isinstance(wish, Touch) else wish for wish in batch.wishes]
                await asyncio.gather(*(client.hub.submit(wish, by="x") for wish in wishes), return_exceptions=True)
                await nudge(client.hub)
                if number in cuts:
                    for screen in tuple(client.feed._clients):
                        await screen.socket.close()
            shown, said = await steady.catch_up(client), await client.board()
            assert msgspec.structs.astuple(still(shown)) == msgspec.structs.astuple(still(said))
            seen = steady.lines
        async with Watcher(client.url) as fresh:
            await fresh.catch_up(client)
            assert fresh.lines == seen


@pytest.fixture(scope="module", autouse=True)
def quick() -> object:
    """Ticks that a test need not wait a second for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edge.feed.TICK", 0.02)
        yield patch


@given(mornings(), st.lists(st.integers(0, 12), max_size=5))
@settings(max_examples=3)
def test_every_display_shows_exactly_what_the_board_says(morning: list[Batch], cuts: list[int]) -> None:
    with TemporaryDirectory() as directory:
        asyncio.run(live_through(Path(directory) / "journal.db", morning, cuts))
