"""The courier of the outbox: carries updates to the cloud, in order, until each is delivered."""

import asyncio
import logging
from collections import deque
from contextlib import suppress

from cloud_bridge.backoff import Backoff
from cloud_bridge.connection import Connection
from cloud_bridge.messages import Topics, cloud_event
from edge.board import Board
from edge.facts import Happened
from edge.hub import Commit, NotCommitted
from edge.intents import ReceiptUpdates
from edge.store import StoreHub
from edge.updates import Update
from edge.words import Say

log = logging.getLogger(__name__)

GATHERED = 2.0  # seconds over which deliveries are gathered into one commit: SD cards wear out by commits
REFUSAL = 0x80  # the first reason code that is one
NOBODY = 0x10  # the broker's "no matching subscribers": it took the message and threw it away


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
        self._connection: Connection | None = None
        self._waiting: deque[Update] = deque()
        self._flying: dict[int, int] = {}  # sequence by message id, oldest first
        self._newest = 0  # the last sequence taken from the outbox on this connection
        self._through = 0  # everything up to here is delivered
        self._receipted = 0
        self._again: asyncio.TimerHandle | None = None
        self._receipting: asyncio.Task[None] | None = None

    def begin(self, connection: Connection) -> None:
        """A connection is there: send again, in order, what is not known to be delivered."""
        self._maybe_heard, self._unheard = self._hub.board.counters.updates, 0
        self._resume(connection)

    def _resume(self, connection: Connection) -> None:
        self.halt()
        self._connection, self._listened = connection, self._elsewhere or not self._receipts
        outbox = self._hub.board.outbox.values()
        rows = [row for row in outbox if row.sequence is not None and row.sequence > self._through]
        self._queue(rows)

    def halt(self) -> None:
        """The connection is gone, and what was on its way with it."""
        self._connection = None
        self._waiting.clear()
        self._flying.clear()
        self._newest = self._through
        if self._again is not None:
            self._again.cancel()
            self._again = None

    def follow(self, commit: Commit[Board, Happened]) -> None:
        """Send what a commit has let out of the outbox."""
        if self._connection is not None:
            self._queue([row for row in commit.draft.outbox.changes.values() if row and row.sequence is not None])
        if 0 < self._unheard <= commit.draft.counters.receipted:
            self._elsewhere, self._unheard = True, 0

    def published(self, mid: int, code: int) -> None:
        """The broker answered."""
        sequence = self._flying.pop(mid, None)
        if sequence is None:
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
        fresh = sorted((row.sequence, row) for row in rows if row.sequence is not None and row.sequence > self._newest)
        if fresh:
            self._waiting.extend(row for _, row in fresh)
            self._newest = fresh[-1][0]
            self._send()

    def _send(self) -> None:
        connection = self._connection
        if connection is None:
            return
        window = connection.window if self._listened else 1
        while self._waiting and len(self._flying) < window:
            update = self._waiting.popleft()
            event = cloud_event(update, store=self._store, journal=self._hub.journal.id)
            self._flying[connection.publish(self._topics.stages, event)] = update.sequence or 0

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
