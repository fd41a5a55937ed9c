"""The hub's end of the road: keeps a connection, brings the hub what the cloud asks, shows that the store is there."""

import asyncio
import functools
import logging
import math
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version

from cloud_bridge.backoff import Backoff
from cloud_bridge.connection import Connection, Ears, Life
from cloud_bridge.messages import Presence, State, backfill_request, presence, topics_of
from cloud_bridge.publisher import NOBODY, Publisher
from cloud_bridge.reader import Reader, Understood
from cloud_bridge.settings import CloudSettings
from edge.board import Board
from edge.facts import BackfillRequested, GapOpened, Happened
from edge.hub import Commit
from edge.intents import RequestBackfill
from edge.store import StoreHub
from edge.words import Say

log = logging.getLogger(__name__)

STEADY = 10.0  # seconds a connection must have held for the next wait to be short again
GAP_MAY_CLOSE = 0.3  # seconds in which what is missing may come by itself, out of order
LONGEST_GAP = 300.0  # seconds between requests while something is missing
GOODBYE = 1.0  # seconds for the broker to take our leave


class Link:
    """Runs beside the hub, whether or not there is a broker."""

    def __init__(
        self,
        hub: StoreHub,
        settings: CloudSettings,
        *,
        store: str,
        say: Say,
        merchants: tuple[str, ...] = (),
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        self.epoch = 0  # counts connections, in the life of the journal
        self.connection: Connection[Understood] | None = None
        self._hub, self._settings, self._store, self._say = hub, settings, store, say
        self._topics = topics_of(store)
        self._merchants = merchants
        self._reader: Reader
        self._backoff = backoff()
        self._publisher = Publisher(
            hub, self._topics, store=store, receipts=settings.receipts, say=say, backoff=backoff()
        )
        self._version = version("ovenbell")
        self._gap_backoff = Backoff(ceiling=LONGEST_GAP)
        self._requests: deque[bytes] = deque()  # for what is missing, not sent yet
        self._requested: dict[int, bytes] = {}  # by message id, what the broker has not answered yet
        self._asking_again: asyncio.TimerHandle | None = None
        self._stop_following: Callable[[], None] = lambda: None
        self._stop_hastening: Callable[[], None] = lambda: None
        self._keeping: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self._connected = 0  # the epoch of the last connection that came about
        self._online_since = math.inf  # on the loop's clock; never, until the broker lets us in

    async def start(self) -> None:
        """Begin to connect, once the hub runs; does not wait for the broker."""
        self._reader = Reader(self._topics, self._hub.journal.id, self._merchants)
        self._away(self._say("connecting"))
        self._stop_following = self._hub.follow(self._follow)
        self._stop_hastening = self._hub.hasten(self._publisher.prepare)
        self._keeping = asyncio.create_task(self._keep())

    async def first_try(self, patience: float) -> None:
        """Wait until the broker has let us in or has not, so that who starts us can send at once; not for longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._tried.wait()

    async def stop(self) -> None:
        """Take leave of the broker, in two seconds at most; the hub must still run."""
        if self._keeping is None:
            return
        self._keeping.cancel()
        self._keeping = None
        self._stop_following()
        self._stop_hastening()
        if self._asking_again is not None:
            self._asking_again.cancel()
        await self._publisher.finish()
        connection = self.connection
        if connection is not None:
            if connection.life is Life.ONLINE:
                connection.publish(self._topics.presence, self._presence("offline"), retain=True)
            connection.close()
            await asyncio.wait({connection.ended}, timeout=GOODBYE)
            connection.abandon()
        self._away("")

    async def _keep(self) -> None:
        """Connect again and again, each time after a while that nobody can foresee."""
        while True:
            self._online_since = math.inf
            try:
                reason = await self._stay()
                log.warning("the cloud is away: %s", reason)
            except Exception as error:  # no socket, no thread, a mistake: nobody else would try again
                log.exception("no connection to the cloud could be made")
                reason = str(error)
            self._tried.set()
            self._publisher.halt()
            self._away(reason)
            if asyncio.get_running_loop().time() - self._online_since > STEADY:
                self._backoff.reset()
            await asyncio.sleep(self._backoff.wait())

    async def _stay(self) -> str:
        """One connection, from its first packet to its last; why it ended."""
        self.epoch = max(self._connected, self._hub.board.counters.connections) + 1
        connection: Connection[Understood] = Connection(
            self._settings,
            Ears.of_store(self._topics),
            self,
            client_id=self._settings.client_id or self._store,
            epoch=self.epoch,
            say=self._say,
            read=lambda topic, payload: self._reader.read(topic, payload, self._hub.clock.now()),
            pulse=lambda: self._hub.vitals.heard(self._hub.clock.now()),
            will=self._presence("offline"),
        )
        connection.open()
        self.connection = connection
        return await asyncio.shield(connection.ended)

    # --- what the connection tells ---

    def online(self, connection: Connection[Understood]) -> None:
        """Say that we are here, ask for what we missed, send what is owed."""
        self._requested.clear()
        self._online_since, self._connected = asyncio.get_running_loop().time(), self.epoch
        self._hub.vitals.cloud, self._hub.vitals.cloud_reason = "connected", ""
        log.info("connected to %s", self._settings.address)
        connection.publish(self._topics.presence, self._presence("online"), retain=True)
        self._send_requests()
        self._ask()
        self._publisher.begin(connection)
        self._tried.set()

    def heard(self, connection: Connection[Understood], understood: Understood | None, mid: int) -> None:
        """Bring it to the hub; the broker is told once it is on disk."""
        acknowledge = functools.partial(connection.ack, mid)
        if understood is None:
            acknowledge()
        else:
            self._hub.offer(understood.intent, by="cloud", key=understood.key, done=acknowledge)

    def presence_seen(self, connection: Connection[Understood], seen: Presence | None) -> None:
        """Mend what says that we are away: the late will of an earlier connection, or somebody else's."""
        if connection.life is Life.ONLINE and (seen is None or seen.state == "offline"):
            connection.publish(self._topics.presence, self._presence("online"), retain=True)

    def published(self, _connection: Connection[Understood], mid: int, code: int) -> None:
        """The broker answered a publish. What nobody listened to is asked again: the cloud comes back, too."""
        request = self._requested.pop(mid, None)
        if request is None:
            self._publisher.published(mid, code)
        elif code == NOBODY:
            self._requests.append(request)
            asyncio.get_running_loop().call_later(self._gap_backoff.wait(), self._send_requests)

    def _away(self, reason: str) -> None:
        self._hub.vitals.cloud, self._hub.vitals.cloud_reason = "away", reason

    def _presence(self, state: State) -> bytes:
        return presence(
            state, epoch=self.epoch, journal=self._hub.journal.id, version=self._version, at=self._hub.clock.now()
        )

    # --- what is missing ---

    def _ask(self) -> None:
        """Ask for what is missing, once that is on disk, and again as long as there is a gap."""
        self._asking_again = None
        if self.connection is not None and self.connection.life is Life.ONLINE:
            self._hub.offer(RequestBackfill(self.epoch), by="cloud", key=None, done=self._ask_again)

    def _ask_again(self) -> None:
        if not self._hub.board.counters.heard.above:
            self._gap_backoff.reset()
        elif self._asking_again is None:
            wait = GAP_MAY_CLOSE + self._gap_backoff.wait()
            self._asking_again = asyncio.get_running_loop().call_later(wait, self._ask)

    def _follow(self, commit: Commit[Board, Happened]) -> None:
        """Send what a commit lets out."""
        self._publisher.follow(commit)
        for fact in commit.facts:
            match fact.what:
                case GapOpened():
                    self._ask_again()
                case BackfillRequested() as asked:
                    request = backfill_request(asked, store=self._store, journal=self._hub.journal.id, at=fact.at)
                    self._requests.append(request)
                    self._send_requests()
                case _:
                    pass

    def _send_requests(self) -> None:
        """Send what was asked for; a request that the connection did not live to see goes first on the next one."""
        while self._requests and self.connection is not None and self.connection.life is Life.ONLINE:
            request = self._requests.popleft()
            self._requested[self.connection.publish(self._topics.backfill, request)] = request
