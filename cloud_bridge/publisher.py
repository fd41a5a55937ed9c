"""The courier of the outbox: carries updates to the cloud, in order, until each is delivered."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from cloud_bridge.backoff import Backoff
from cloud_bridge.connection import Connection
from cloud_bridge.messages import Topics, cloud_event
from cloud_bridge.reader import Understood
from edge.board import Board
from edge.facts import Happened
from edge.hub import Commit, NotCommitted
from edge.intents import ReceiptUpdates
from edge.store import StoreHub
from edge.updates import Update
from edge.words import Say

log = logging.getLogger(__name__)

GATHERED = 2.0  # seconds over which deliveries are gathered into one commit: SD cards wear out by commits
AT_ONCE = 8  # updates that leave from the disk's thread: what presses cause, not what a flood does
REFUSAL = 0x80  # the first reason code that is one
NOBODY = 0x10  # the broker's "no matching subscribers": it took the message and threw it away


@dataclass(slots=True)
class _Departure:
    """What leaves with a commit; the loop takes it over once it knows of the commit."""

    flying: dict[int, int] = field(default_factory=dict)  # sequence by message id
    answered: list[tuple[int, int]] = field(default_factory=list)  # message ids and codes, not looked at yet


class Publisher:
    """Sends what the outbox holds, one stage event after the other, while there is a connection.

    With `receipts` only the cloud's receipt takes a row out of the outbox; without, the broker's good answer does. A
    broker that has lost the cloud's session throws away what it takes until the cloud is back: so the first update of a
    connection goes alone, and again while nobody listens, else an order's next one could be heard before it.
    """

    def __init__(
        self, hub: StoreHub, topics: Topics, *, store: str, receipts: bool, say: Say, backoff: Backoff
    ) -> None:
        self._hub, self._topics, self._store, self._receipts = hub, topics, store, receipts
        self._say, self._backoff = say, backoff
        self._refused = False
        self._listened = False  # somebody got what was sent last on this connection
        self._nobody = False  # listened to what was sent last
        self._unheard = 0  # the first sequence of this connection that nobody ever listened to, 0 where there is none
        self._maybe_heard = 0  # what an earlier connection may have carried over goes up to here
        self._elsewhere = False  # the cloud gives receipts for what no subscriber got: the broker has other ways to it
        self._connection: Connection[Understood] | None = None
        self._waiting: deque[Update] = deque()
        self._flying: dict[int, int] = {}  # sequence by message id, oldest first
        self._departure: _Departure | None = None
        self._newest = 0  # the last sequence taken from the outbox on this connection
        self._through = 0  # everything up to here is delivered
        self._receipted = 0
        self._again: asyncio.TimerHandle | None = None
        self._receipting: asyncio.Task[None] | None = None

    def begin(self, connection: Connection[Understood]) -> None:
        """A connection is there: send again, in order, what is not known to be delivered."""
        self._maybe_heard, self._unheard = self._hub.board.counters.updates, 0
        self._resume(connection)

    def _resume(self, connection: Connection[Understood]) -> None:
        self.halt()
        self._connection, self._listened = connection, self._elsewhere or not self._receipts
        self._queue([row for row in self._hub.board.outbox.values() if _sequence(row) > self._through])

    def halt(self) -> None:
        """The connection is gone, and what was on its way with it."""
        self._connection = self._departure = None
        self._waiting.clear()
        self._flying.clear()
        self._newest = self._through
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def prepare(self, draft: Board) -> Callable[[], None] | None:
        """Make ready what a draft lets out of the outbox, to leave the moment that is on the disk; a crowd waits."""
        self._departure, connection = None, self._connection
        if connection is None or not self._listened or self._waiting:
            return None
        rows = _let_out(draft)
        if not 0 < len(rows) <= min(AT_ONCE, connection.window - len(self._flying)):
            return None
        departure = self._departure = _Departure()
        events = [(_sequence(row), self._event(row)) for row in sorted(rows, key=_sequence)]

        def leave() -> None:  # on the disk's thread, while this one may hear that the connection is gone
            for sequence, event in events:
                if self._departure is departure:
                    departure.flying[connection.publish(self._topics.stages, event)] = sequence

        return leave

    def follow(self, commit: Commit[Board, Happened]) -> None:
        """Send what a commit has let out of the outbox, where it has not left yet."""
        departure, self._departure = self._departure, None
        if departure is not None:
            self._flying |= departure.flying
            self._newest = max((self._newest, *departure.flying.values()))
            for mid, code in departure.answered:
                self.published(mid, code)
        if self._connection is not None:
            self._queue(_let_out(commit.draft))
        if 0 < self._unheard <= commit.draft.counters.receipted:
            self._elsewhere, self._unheard = True, 0

    def published(self, mid: int, code: int) -> None:
        """The broker answered."""
        sequence = self._flying.pop(mid, None)
        if sequence is None:
            if self._departure is not None:  # the answer was quicker than the news that it has left
                self._departure.answered.append((mid, code))
            return
        if code >= REFUSAL:
            reason = self._say("the broker refuses what the store sends: {reason}").format(reason=f"{code:#04x}")
            log.warning("%s", reason)
            self._refused, self._hub.vitals.cloud_reason = True, reason
            self._pause()
            return
        if code == NOBODY and self._receipts and not self._elsewhere:
            log.debug("nobody listens to what the store sends")
            self._nobody = True
            if sequence > self._maybe_heard and not self._unheard:
                self._unheard = sequence
            self._pause()
            return
        if self._refused:
            self._hub.vitals.cloud_reason = ""
        if self._refused or self._nobody:
            self._refused = self._nobody = False
            self._backoff.reset()
        self._listened, self._unheard = True, 0
        if not self._receipts:
            self._through = next(iter(self._flying.values()), self._newest - len(self._waiting) + 1) - 1
            if self._receipting is None or self._receipting.done():
                self._receipting = asyncio.create_task(self._receipt())
        self._send()

    async def finish(self) -> None:
        """Stop; what was delivered last is written down, so that it is not sent again."""
        self.halt()
        if self._receipting is not None:
            self._receipting.cancel()
        if self._through > self._receipted:
            with suppress(NotCommitted, TimeoutError):
                async with asyncio.timeout(GATHERED):
                    await self._hub.submit(ReceiptUpdates(self._through), by="cloud")

    def _queue(self, rows: list[Update]) -> None:
        fresh = [row for row in sorted(rows, key=_sequence) if _sequence(row) > self._newest]
        if fresh:
            self._waiting.extend(fresh)
            self._newest = _sequence(fresh[-1])
            self._send()

    def _send(self) -> None:
        connection = self._connection
        if connection is None:
            return
        window = connection.window if self._listened else 1
        while self._waiting and len(self._flying) < window:
            update = self._waiting.popleft()
            self._flying[connection.publish(self._topics.stages, self._event(update))] = _sequence(update)

    def _event(self, update: Update) -> bytes:
        return cloud_event(update, store=self._store, journal=self._hub.journal.id)

    def _pause(self) -> None:
        """Send it again later, and everything after it too, so that the last word on an order comes last."""
        connection = self._connection
        self.halt()
        if connection is not None:
            self._again = asyncio.get_running_loop().call_later(self._backoff.wait(), self._resume, connection)

    async def _receipt(self) -> None:
        while self._through > self._receipted:
            await asyncio.sleep(GATHERED)
            through = self._through
            with suppress(NotCommitted):
                await self._hub.submit(ReceiptUpdates(through), by="cloud")
                self._receipted = through


def _let_out(draft: Board) -> list[Update]:
    """What a draft lets out of the outbox."""
    return [row for row in draft.outbox.changes.values() if row and row.sequence is not None]


def _sequence(update: Update) -> int:
    """Its sequence, 0 where it has none yet."""
    return update.sequence or 0
