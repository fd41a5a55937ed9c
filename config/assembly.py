"""Assembly: puts the parts of a store together and runs them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import tzinfo
from functools import partial
from zoneinfo import ZoneInfo

from aiohttp import web

from cloud_bridge import Link, reparse
from config.settings import StoreFile
from devices.keypad import Keypad
from devices.orphans import look_after_orphans
from devices.printer import Printer
from devices.scanner import Scanner
from display.pickup.board import PATHS, PickupBoard
from edge.clock import Clock, SystemClock, machine_zone
from edge.feed import Feed
from edge.pruning import keep_pruned
from edge.settings import feed_token, listen_address
from edge.store import store_hub
from edge.words import speak

log = logging.getLogger(__name__)

FIRST_TRY = 2.0  # seconds the cloud may take before the store starts without it
PAUSE = 5.0  # seconds before a part that failed is started again


def zone_of(settings: StoreFile) -> tzinfo:
    """The store's time zone, else the machine's."""
    return ZoneInfo(settings.store.timezone) if settings.store.timezone else machine_zone()


class Store:
    """A running store: the hub, its feed, the road to the cloud, printers, keypads and scanners."""

    def __init__(self, settings: StoreFile, clock: Clock | None = None) -> None:
        self.settings = settings
        self.hub = store_hub(settings.layout, settings.journal_path, clock or SystemClock())
        say = speak(settings.store.language)
        listen, token = listen_address(settings.feed.listen), feed_token(settings.feed)
        self.feed = Feed(self.hub, listen, token, say, settings.info)
        self.feed.app.router.add_post("/api/reparse", self._reparse)
        PickupBoard(self.hub, settings.pickup, settings.store).mount(self.feed.app)
        if settings.pickup.public:
            self.feed.guard.open |= PATHS
        self._link: Link | None = None
        self._tasks: list[asyncio.Task[None]] = []  # printers, keypads, scanners, pruning

    async def start(self) -> None:
        """Start everything; what is away is waited for by its own adapter.

        Raises JournalUnusable, and OSError where the feed's address is taken.
        """
        settings, say = self.settings, speak(self.settings.store.language)
        await self.hub.start()
        try:
            await self.feed.start()
        except OSError:
            await self.hub.stop()
            raise
        look_after_orphans(self.hub, {printer.id for printer in settings.printers}, say)
        printers = [Printer(printer, self.hub, say=say, timezone=zone_of(settings)) for printer in settings.printers]
        keypads = [Keypad(keypad, self.hub, say=say) for keypad in settings.keypads]
        scanners = [Scanner(scanner, self.hub, say=say) for scanner in settings.scanners]
        pruning = partial(keep_pruned, self.hub, settings.journal.keep_days)
        runs: list[Callable[[], Awaitable[None]]] = [
            *(one.run for one in printers),
            *(one.run for one in keypads),
            *(one.run for one in scanners),
            pruning,
        ]
        self._tasks = [asyncio.create_task(_keep_running(run)) for run in runs]
        if settings.cloud is not None:
            self._link = Link(
                self.hub, settings.cloud, store=settings.store.id, say=say, merchants=settings.store.merchant_ids
            )
            await self._link.start()
            await self._link.first_try(FIRST_TRY)

    async def _reparse(self, _request: web.Request) -> web.Response:
        """Another program asks for what `ovenbell reparse` does."""
        store = self.settings.store
        return web.json_response((await reparse(self.hub, store.id, store.merchant_ids))._asdict())

    async def stop(self) -> None:
        """Stop in the order of the flow: buttons and paper, the road, the screens, the hub."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._link is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(3):
                    await self._link.stop()
        await self.feed.stop()
        await self.hub.stop()


async def _keep_running(run: Callable[[], Awaitable[None]]) -> None:
    """A broken part, as a printer, is a warning, never the end of the store."""
    while True:
        try:
            await run()
        except Exception:  # whatever it is, the others must go on
            log.exception("a part of the store failed; it is started again in %d s", PAUSE)
        await asyncio.sleep(PAUSE)
