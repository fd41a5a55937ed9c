"""Pruning: what is older than `keep_days` leaves the journal, customers' names and numbers with it."""

import asyncio
import logging
import sqlite3
from contextlib import suppress

from edge.facts import LettersForgotten
from edge.hub import NotCommitted
from edge.intents import Note
from edge.store import StoreHub

log = logging.getLogger(__name__)

DAY = 24 * 3600.0
PAUSE = 3600.0  # seconds between looks
AT_ONCE = 50  # orders in one transaction, so that a press behind it waits for no more than that

# What is open is not in `closed`; what is unsent is in the outbox.
OLD = """
SELECT key, json_extract(body, '$.number') FROM closed
WHERE json_extract(body, '$.closes') < ? AND key NOT IN (
    SELECT json_extract(body, '$.order') FROM outbox WHERE json_extract(body, '$.order') IS NOT NULL
) LIMIT ?
"""


def prune(connection: sqlite3.Connection, before: float) -> int:
    """Erase some closed orders that left the board before a time, with all their facts; how many."""
    old = connection.execute(OLD, (before, AT_ONCE)).fetchall()
    if old:
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            connection.executemany("DELETE FROM closed WHERE key = ?", [(key,) for key, _ in old])
            connection.executemany("DELETE FROM facts WHERE subject = ?", [(number,) for _, number in old])
    return len(old)


def prune_rest(connection: sqlite3.Connection, before: float) -> None:
    """Erase old facts about no order (dead letters among them) and the keys of old events; empty the log of both."""
    last = "(SELECT max(seq) FROM facts)"  # the newest says where the journal goes on
    connection.execute(f"DELETE FROM facts WHERE subject IS NULL AND at < ? AND seq < {last}", (before,))  # noqa: S608
    connection.execute("DELETE FROM known WHERE at < ?", (before,))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


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
    await hub.journal.run(lambda connection: prune_rest(connection, before))
    left = len(await hub.journal.letters())
    if left != hub.board.counters.dead_letters:
        await hub.submit(Note(LettersForgotten(left)), by="clock")
    if pruned:
        log.info("%d orders were pruned", pruned)
    return pruned
