"""A running gateway: the hub, the door of the channels, the road to the stores, the courier to the customers."""

import asyncio
import logging
from pathlib import Path
from urllib.parse import urlsplit

from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.caller import Callers
from cloud_bridge.gateway.channels import CHANNELS, Account
from cloud_bridge.gateway.courier import Courier, Post
from cloud_bridge.gateway.door import Doorkeeper
from cloud_bridge.gateway.intake import LARGEST, Intake
from cloud_bridge.gateway.office import Office
from cloud_bridge.gateway.orders import account_key
from cloud_bridge.gateway.pruning import keep_pruned
from cloud_bridge.gateway.pull import Puller
from cloud_bridge.gateway.reader import Reader
from cloud_bridge.gateway.road import Road
from cloud_bridge.gateway.rules import cloud_hub
from cloud_bridge.gateway.seal import Seal, keys_at
from cloud_bridge.gateway.settings import TOKEN_VARIABLE, CloudFile, page_token
from cloud_bridge.gateway.sweep import keep_swept
from cloud_bridge.gateway.ways import WAYS, Setting
from edge.clock import Clock, SystemClock
from edge.guard import Guard
from edge.journal import Journal
from edge.settings import is_loopback, listen_address
from edge.words import speak

log = logging.getLogger(__name__)

# Behind a proxy on this machine every request comes from this machine.
NO_TOKEN = f"this gateway is called from outside: set {TOKEN_VARIABLE} or gateway.token_file to see its page"


class Gateway:
    """Puts the parts of the cloud's end together and runs them.

    Raises OSError and ValueError where a secret cannot be read; the settings were checked before.
    """

    def __init__(self, settings: CloudFile, journal: Path, clock: Clock | None = None) -> None:
        self.settings = settings
        self.hub = cloud_hub(settings.plan, Journal(journal, Board.STORED), clock or SystemClock())
        seal = Seal(keys_at(settings.key_path(journal)))
        accounts = {account_key(one.channel, one.id): settings.account(one) for one in settings.accounts}
        products = {account_key(one.channel, one.id): one.products for one in settings.accounts}
        ways = {one.id: Post(WAYS[one.kind], settings.way(one), one.per_second) for one in settings.ways}
        self.callers = Callers()
        self.puller = Puller(self.hub, accounts, self.callers)
        self.reader = Reader(self.hub, accounts, products, seal, self.puller)
        self.intake = Intake(self.hub, accounts)
        self.road = Road(self.hub, settings.broker, gateway=settings.gateway.id)
        self.courier = Courier(self.hub, ways, _posts(settings, accounts), seal, self.callers)
        self._keeper = Doorkeeper(LARGEST)
        self.intake.mount(self._keeper)
        self.office = Office(
            self.hub,
            self.intake,
            self.reader,
            self.road,
            self.courier,
            guard=Guard(listen_address(settings.gateway.listen), page_token(settings.gateway), names=_names(settings)),
            say=speak(settings.gateway.language),
            closed="" if page_token(settings.gateway) or not _is_public(settings) else NO_TOKEN,
        )
        self.office.mount(self._keeper)
        self._tidying: list[asyncio.Task[None]] = []  # at the door, among the rows, in the journal

    async def start(self) -> None:
        """Start everything; what is away is waited for. Raises JournalUnusable, and OSError for a taken address."""
        await self.hub.start()
        try:
            await self.road.start()
            await self.courier.start(self.road.caught_up)
            await self.puller.start()
            await self.reader.start()
            await self._keeper.start(*listen_address(self.settings.gateway.listen))
            tidying = (
                self._keeper.watch(),
                keep_swept(self.hub),
                keep_pruned(self.hub, self.settings.journal.keep_days),
            )
            self._tidying = [asyncio.create_task(one) for one in tidying]
            for task in self._tidying:
                task.add_done_callback(self._ended)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything at once; what is left is on the disk and goes on at the next start."""
        for task in self._tidying:
            task.cancel()
        parts = (self._keeper, self.reader, self.puller, self.courier, self.road)
        await asyncio.gather(*(part.stop() for part in parts))
        await self.callers.close()
        await self.hub.stop()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, with the port it was given for port 0."""
        return self._keeper.listens

    def _ended(self, task: asyncio.Task[None]) -> None:
        """None may fail: no order would rest any more, no alarm rise, and nobody would notice."""
        if not task.cancelled() and task.exception() is not None:
            log.critical("the gateway does not tidy up any more", exc_info=task.exception())
            self.hub.failed.set()


def _posts(settings: CloudFile, accounts: dict[str, Account]) -> dict[str, Post]:
    """The ways back to the channels."""
    return {
        key: Post(way, Setting(key, account.options, account.secrets), one.per_second)
        for one, (key, account) in zip(settings.accounts, accounts.items(), strict=True)
        if (way := CHANNELS[account.channel].tells) is not None
    }


def _names(settings: CloudFile) -> frozenset[str]:
    """The names under which this gateway is called from outside, where its page has a token."""
    host = urlsplit(settings.gateway.url).hostname
    return frozenset({host} if host and page_token(settings.gateway) else ())


def _is_public(settings: CloudFile) -> bool:
    host = urlsplit(settings.gateway.url).hostname
    return host is not None and not is_loopback(host)
