"""Pruning: what is older than `keep_days` leaves the journal, customers' names and numbers with it."""

import asyncio
import logging
import sqlite3
from contextlib import suppress
from functools import partial

from edge.facts import LettersForgotten
from edge.hub import NotCommitted
from edge.intents import Note
from edge.journal import DIGEST
from edge.store import StoreHub

log = logging.getLogger(__name__)

DAY = 24 * 3600.0
PAUSE = 3600.0  # seconds between looks
# So much in one transaction, so that a press behind it waits for no more than that:
AT_ONCE = 50  # orders
PARTS = 256  # of everything else

INDEX = "CREATE INDEX IF NOT EXISTS closed_by_time ON closed (json_extract(body, '$.closes'))"
# What is open is not in `closed`; what is unsent is in the outbox.
OLD = """
SELECT key, json_extract(body, '$.number') FROM closed
WHERE json_extract(body, '$.closes') < ? AND key NOT IN (
    SELECT json_extract(body, '$.order') FROM outbox WHERE json_extract(body, '$.order') IS NOT NULL
) LIMIT ?
"""


def prune(connection: sqlite3.Connection, before: float) -> int:
    """Erase some closed orders that left the board before a time, with all their facts; how many."""
    connection.execute(INDEX)
    old = connection.execute(OLD, (before, AT_ONCE)).fetchall()
    if old:
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            connection.executemany("DELETE FROM closed WHERE key = ?", [(key,) for key, _ in old])
            connection.executemany("DELETE FROM facts WHERE subject = ?", [(number,) for _, number in old])
    return len(old)


def prune_part(
    connection: sqlite3.Connection, before: float, part: int, facts: range, which: str = "subject IS NULL"
) -> None:
    """Erase in one part old facts (those about no order, dead letters among them) and the keys of old events."""
    first, last = (facts.start + len(facts) * one // PARTS for one in (part, part + 1))
    connection.execute(f"DELETE FROM facts WHERE {which} AND at < ? AND seq >= ? AND seq < ?", (before, first, last))  # noqa: S608
    digests = bytes([part]), bytes([part]).ljust(DIGEST, b"\xff")
    connection.execute("DELETE FROM known WHERE at < ? AND digest BETWEEN ? AND ?", (before, *digests))


async def keep_pruned(hub: StoreHub, keep_days: float) -> None:
    """Prune now and then, until cancelled."""
    while True:
        with suppress(sqlite3.Error, OSError, NotCommitted):  # a full disk: the next commit says so
            await prune_once(hub, keep_days)
        await asyncio.sleep(PAUSE)


async def prune_once(hub: StoreHub, keep_days: float) -> int:
    """Prune everything that is due; how many orders that was."""
    before = hub.clock.now() - keep_days * DAY
    pruned = 0
    while count := await hub.journal.run(lambda connection: prune(connection, before)):
        pruned += count
    facts = range(1, hub.board.counters.seq)  # without the newest: it says where the journal goes on
    for part in range(PARTS):
        await hub.journal.run(partial(prune_part, before=before, part=part, facts=facts))
    await hub.journal.run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())
    left = len(await hub.journal.letters())
    if left != hub.board.counters.dead_letters:
        await hub.submit(Note(LettersForgotten(left)), by="clock")
    if pruned:
        log.info("%d orders were pruned", pruned)
    return pruned
