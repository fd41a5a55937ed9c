"""The road to the stores: events out, each under its number; stage events, questions and presence in."""

import asyncio
import functools
import logging
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from itertools import pairwise
from typing import NamedTuple

import msgspec

from cloud_bridge.backoff import Backoff
from cloud_bridge.connection import Connection, Ears, Life
from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.door import Seldom
from cloud_bridge.gateway.facts import Happened, SequenceAdopted, StageHeard, StoreSilent
from cloud_bridge.gateway.hearing import TOPICS, Question, Understood, hear, store_of
from cloud_bridge.gateway.intents import Adopt, Deliver, Hear
from cloud_bridge.gateway.orders import OVER, Event
from cloud_bridge.gateway.rules import CloudHub
from cloud_bridge.messages import Presence, order_event, receipt, skipped, topics_of
from cloud_bridge.settings import BrokerSettings
from edge.hub import Commit
from edge.journal import JournalUnusable
from edge.orders import OrderId
from edge.text import plain

log = logging.getLogger(__name__)

STEADY = 10.0  # seconds a connection must have held for the next wait to be short again
GOODBYE = 1.0  # seconds for the broker to take our leave
GATHERED = 0.5  # seconds over which receipts and deliveries are gathered
REFUSAL = 0x80  # the first reason code that is one
AT_ONCE = 500  # facts read in one go for a backfill, so that a commit behind it waits for no more than that
BACKFILLS = 4  # at a time
CATCH_UP = 30.0  # seconds for which nobody is told what was owed before, while the broker is away or has a backlog
LULL = 1.0  # seconds without an older event of a store, after which there is no backlog
FARTHEST = 10_000_000  # numbers that a store can be ahead of a new journal


class Parcel(NamedTuple):
    """Something to be published."""

    topic: str
    payload: bytes
    store: str = ""
    sequence: int = 0  # of an event that is in the outbox
    done: Callable[[], None] | None = None  # called once the broker has it, where it ends an answer


class _OpenQuestion(NamedTuple):
    """A question that waits for its answer."""

    after: int | None
    done: Callable[[], None]
    orders: frozenset[OrderId] | None = None  # what is told of any other is not wanted


class _Carrier(msgspec.Struct, frozen=True):
    """A fact that may have sent an event."""

    event: Event | None = None


class Road:
    """Runs beside the hub, whether or not there is a broker."""

    def __init__(
        self,
        hub: CloudHub,
        settings: BrokerSettings,
        *,
        gateway: str,
        say: Callable[[str], str] = str,
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        self.connection: Connection[Understood | Question] | None = None
        self.reason = ""  # why there is no broker
        self.refused: dict[str, str] = {}  # topics that the broker does not let us write to
        self._hub, self._settings, self._gateway, self._say = hub, settings, gateway, say
        self._source, self._strangers = "", Seldom()
        self._backoff, self._refusals = backoff(), backoff()
        self._waiting: deque[Parcel] = deque()
        self._flying: dict[int, Parcel] = {}  # by message id
        self._delivered: dict[str, list[int]] = {}
        self._heard_of: set[str] = set()  # stores that wait for a receipt
        self._gathering: asyncio.TimerHandle | None = None
        self._again: asyncio.TimerHandle | None = None
        self._questions: dict[str, _OpenQuestion] = {}  # the newest one of each store
        self._answering = asyncio.Semaphore(BACKFILLS)
        self._answers: dict[str, asyncio.Task[None]] = {}  # by store
        self._behind = 0.0  # when the last word of a backlog was heard, on the loop's clock
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to connect, once the hub runs; does not wait for the broker."""
        self._source = f"/gateways/{self._gateway}/{self._hub.journal.id}"
        self.reason = self._say("connecting")
        self._hub.follow(self._follow)
        self._keeping = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Take leave of the broker; the hub must still run."""
        if self._keeping is None:
            return
        self._questions.clear()  # they were not acknowledged, so they come again
        for task in (self._keeping, *self._answers.values()):
            task.cancel()
        for timer in (self._gathering, self._again):
            if timer is not None:
                timer.cancel()
        self._gather()
        connection = self.connection
        if connection is not None:
            connection.close()
            await asyncio.wait({connection.ended}, timeout=GOODBYE)
            connection.abandon()

    @property
    def connected(self) -> bool:
        """Whether the broker has let us in."""
        return self.connection is not None and self.connection.life is Life.ONLINE

    async def caught_up(self) -> None:
        """Wait until what the stores said meanwhile has been heard, as it may undo what is owed; not for ever."""
        loop = asyncio.get_running_loop()
        with suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP):
                while not self.connected or self._hub.backlog or loop.time() - self._behind < LULL:  # noqa: ASYNC110
                    await asyncio.sleep(LULL / 10)

    async def _keep(self) -> None:
        """Connect again and again, each time after a while that nobody can foresee."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                self.reason = await self._stay()
                log.warning("the broker is away: %s", self.reason)
            except Exception as error:  # no socket, no thread, a mistake: nobody else would try again
                log.exception("no connection to the broker could be made")
                self.reason = str(error)
            self._waiting.clear()
            self._flying.clear()
            self._questions.clear()  # they were not acknowledged, so they come again
            for task in self._answers.values():
                task.cancel()
            if loop.time() - began > STEADY:
                self._backoff.reset()
            await asyncio.sleep(self._backoff.wait())

    async def _stay(self) -> str:
        connection: Connection[Understood | Question] = Connection(
            self._settings,
            Ears(TOPICS),
            self,
            client_id=self._settings.client_id or self._gateway,
            epoch=0,
            say=self._say,
            read=self._read,
        )
        connection.open()
        self.connection = connection
        return await asyncio.shield(connection.ended)

    def _read(self, topic: str, payload: bytes) -> Understood | Question | None:
        """What a message asks: nothing where its store is not in the settings. Called on the network's thread."""
        store = store_of(topic)
        if store in self._hub.board.plan.stores:
            return hear(topic, payload, self._hub.clock.now())
        if times := self._strangers.count("", time.monotonic()):
            said = "a message of the store %s, which the settings do not name, was not heard; %d since the last line"
            log.warning(said, plain(store, 100), times)
        return None

    # --- what the connection tells ---

    def online(self, connection: Connection[Understood | Question]) -> None:
        """Send what is owed; the stores tell by themselves that they are there."""
        log.info("connected to %s", self._settings.address)
        self.connection, self.reason = connection, ""
        self._behind = asyncio.get_running_loop().time()
        self._flying.clear()
        owed = map(self._parcel, sorted(self._hub.board.outbox.values(), key=_by_number))
        self._waiting = deque([*owed, *self._waiting])  # a question may have come, and be answered, before this
        self._answer_silent({row.id for row in self._hub.board.stores.values() if row.online and row.unanswered})
        self._send()

    def heard(
        self, connection: Connection[Understood | Question], message: Understood | Question | None, mid: int
    ) -> None:
        """Bring it to the hub; the broker is told once it is on disk."""
        match message:
            case Understood(intent, key):
                if isinstance(intent, Hear) and self._hub.clock.now() - intent.at > LULL:
                    self._behind = asyncio.get_running_loop().time()
                acknowledge = functools.partial(connection.ack, mid)
                self._hub.offer(intent, by="store", key=key, done=acknowledge)
            case Question(store, after):
                self._take_question(store, after, functools.partial(connection.ack, mid))
            case None:
                connection.ack(mid)

    def presence_seen(self, connection: Connection[Understood | Question], seen: Presence | None) -> None:
        """A gateway shows none of its own."""

    def published(self, _connection: Connection[Understood | Question], mid: int, code: int) -> None:
        """The broker answered. What nobody listened to is asked for by the store when it connects."""
        parcel = self._flying.pop(mid, None)
        if parcel is None:
            return
        if parcel.done is not None:
            parcel.done()
        if code >= REFUSAL:
            if parcel.topic not in self.refused:
                log.error("the broker refuses what is sent to %s: %#04x; see its permissions", parcel.topic, code)
            self.refused[parcel.topic] = f"{code:#04x}"
            if self._again is None and parcel.sequence:
                self._again = asyncio.get_running_loop().call_later(self._refusals.wait(), self._send_again)
        else:
            if self.refused.pop(parcel.topic, None):
                self._refusals.reset()
            if parcel.sequence:
                self._delivered.setdefault(parcel.store, []).append(parcel.sequence)
                self._gather_soon()
        self._send()

    def _send_again(self) -> None:
        """What the broker refused, in its order; a store that meanwhile lost one in the middle asks for it."""
        self._again = None
        flying = {(parcel.store, parcel.sequence) for parcel in (*self._flying.values(), *self._waiting)}
        rows = [row for row in self._hub.board.outbox.values() if topics_of(row.store).orders in self.refused]
        rows = [row for row in rows if (row.store, row.sequence) not in flying]
        self._waiting.extend(map(self._parcel, sorted(rows, key=_by_number)))
        self._send()

    # --- out ---

    def _follow(self, commit: Commit[Board, Happened]) -> None:
        """Send what a commit lets out, and give receipts for what it took."""
        if self.connected:
            self._waiting.extend(self._parcel(row) for row in commit.draft.outbox.changes.values() if row is not None)
        for fact in commit.facts:
            if isinstance(fact.what, StageHeard):
                self._heard_of.add(fact.what.store)
            elif isinstance(fact.what, SequenceAdopted):
                log.warning("%s goes on at %d: this journal is a new one", fact.what.store, fact.what.sequence)
            elif isinstance(fact.what, StoreSilent):
                self._answer_silent({fact.what.store})
        if self._heard_of:
            self._gather_soon()
        self._send()

    def _parcel(self, event: Event) -> Parcel:
        payload = order_event(
            event.kind,
            event.data,
            event_id=event.id,
            source=self._source,
            at=event.at,
            order=event.order,
            sequence=event.sequence,
        )
        return Parcel(topics_of(event.store).orders, payload, event.store, event.sequence)

    def _send(self) -> None:
        connection = self.connection
        if connection is None or connection.life is not Life.ONLINE:
            return
        while self._waiting and len(self._flying) < connection.window:
            parcel = self._waiting.popleft()
            self._flying[connection.publish(parcel.topic, parcel.payload)] = parcel

    def _gather_soon(self) -> None:
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(GATHERED, self._gather)

    def _gather(self) -> None:
        """Write down what the broker has, and tell the stores what we have."""
        self._gathering = None
        if self._delivered:
            stores = {store: tuple(numbers) for store, numbers in self._delivered.items()}
            self._delivered = {}
            self._hub.offer(Deliver(stores), by="broker")
        heard_of, self._heard_of = self._heard_of, set()
        for store in heard_of if self.connected else ():
            row = self._hub.board.store(store)
            payload = receipt(row.journal, row.heard.through, source=self._source, at=self._hub.clock.now())
            self._waiting.append(Parcel(topics_of(store).receipts, payload))
        self._send()

    # --- what a store has missed ---

    def _take_question(self, store: str, after: int | None, done: Callable[[], None]) -> None:
        """Answer a question; it is acknowledged once the broker has the whole answer, and else comes again."""
        row = self._hub.board.store(store)  # of one that has just come there may be none yet
        if after == row.sequence:
            done()
        elif after is not None and after > row.sequence + FARTHEST:
            log.warning("%s cannot have heard %d of our events: it is not answered", store, after)
            done()
        elif after is not None and after > row.sequence:
            self._hub.offer(Adopt(store, after), by="store", key=None, done=done)
        else:
            if (earlier := self._questions.get(store)) is not None:
                earlier.done()
            self._questions[store] = _OpenQuestion(after, done)
            self._answer_soon(store)

    def _answer_soon(self, store: str) -> None:
        if store not in self._answers:
            self._answers[store] = asyncio.create_task(self._answer(store))
            self._answers[store].add_done_callback(lambda _: self._answered(store))

    def _answered(self, store: str) -> None:
        """However it ended; a question that came meanwhile is answered next."""
        del self._answers[store]
        if store in self._questions and self.connected:
            self._answer_soon(store)

    async def _answer(self, store: str) -> None:
        """Answer until there is no newer question: what was sent before the store came back is lost.

        Of what a store has missed no more is kept than one answer, until the broker has it.
        """
        try:
            async with self._answering:
                while question := self._questions.pop(store, None):
                    if parcels := await self._parcels(store, question):
                        taken = asyncio.Event()
                        parcels[-1] = parcels[-1]._replace(done=taken.set)
                        self._waiting.extend(parcels)
                        self._send()
                        await taken.wait()
                    question.done()
        except (sqlite3.Error, JournalUnusable) as error:
            log.error("%s asks for what it missed, but the journal cannot be read: %s", store, error)  # noqa: TRY400

    async def _parcels(self, store: str, question: _OpenQuestion) -> list[Parcel]:
        """What a store has missed, oldest first, and what nobody can send it again."""
        row, after, orders = self._hub.board.store(store), question.after, question.orders
        start = self._open_since(store, row.sequence) if after is None else after
        events = await self._events(row.number, start)
        there = {event.sequence for event in events}
        # What is waiting to leave comes by itself, under its number.
        wanted = (event for event in reversed(events) if orders is None or event.order in orders)
        parcels = [self._parcel(event)._replace(sequence=0) for event in wanted]
        for numbers in _gaps(after or 0, row.sequence, there):
            payload = skipped(numbers, source=self._source, at=self._hub.clock.now())
            parcels.append(Parcel(topics_of(store).orders, payload))
        return parcels

    def _answer_silent(self, stores: Collection[str]) -> None:
        """Send a store again what it leaves unanswered: a broker may have dropped it, and a missing end is no gap."""
        lowest: dict[str, dict[OrderId, int]] = {}
        for order in self._hub.board.orders.values():
            for event in order.unanswered if order.store in stores else ():
                number = int(event.rpartition("-")[2])
                if f"{order.store}/{number}" not in self._hub.board.outbox:
                    lowest.setdefault(order.store, {}).setdefault(order.id, number)
        for store, numbers in lowest.items():
            if store not in self._questions:
                self._questions[store] = _OpenQuestion(min(numbers.values()) - 1, _nothing, frozenset(numbers))
                self._answer_soon(store)

    def _open_since(self, store: str, sequence: int) -> int:
        """For a store that knows nothing: the number before the first event of an order that is still open."""
        orders = self._hub.board.orders.values()
        return (
            min(
                (one.first for one in orders if one.store == store and one.first and one.state not in OVER),
                default=sequence + 1,
            )
            - 1
        )

    async def _events(self, number: int, after: int) -> list[Event]:
        """The events of a store later than one of its numbers, newest first."""
        found: list[Event] = []
        before = self._hub.board.counters.seq + 1
        while True:
            rows = await self._hub.journal.run(functools.partial(_facts_before, number=number, before=before))
            for seq, body in rows:
                before = seq
                event = msgspec.json.decode(body, type=_Carrier).event
                if event is not None and event.sequence <= after:
                    return found
                if event is not None:
                    found.append(event)
            if len(rows) < AT_ONCE:
                return found


def _facts_before(connection: sqlite3.Connection, number: int, before: int) -> list[tuple[int, str]]:
    sql = "SELECT seq, body FROM facts WHERE subject = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
    return connection.execute(sql, (number, before, AT_ONCE)).fetchall()


def _gaps(after: int, through: int, there: set[int]) -> list[tuple[int, int]]:
    """The ranges of numbers that are not there."""
    known = [after, *sorted(number for number in there if after < number <= through), through + 1]
    return [(one + 1, other - 1) for one, other in pairwise(known) if one + 1 < other]


def _by_number(event: Event) -> tuple[str, int]:
    return event.store, event.sequence


def _nothing() -> None:
    """Nobody waits for it."""
