"""Pruning: what is older than `keep_days` leaves the gateway's journal; a store that asks hears that it is gone."""

import asyncio
import sqlite3
from contextlib import suppress
from functools import partial

from cloud_bridge.gateway.facts import LettersForgotten
from cloud_bridge.gateway.intents import Note
from cloud_bridge.gateway.rules import CloudHub
from edge.hub import NotCommitted
from edge.pruning import AT_ONCE, DAY, PARTS, PAUSE, prune_part

INDEX = "CREATE INDEX IF NOT EXISTS closed_by_change ON closed (json_extract(body, '$.changed'))"
OLD = "SELECT key FROM closed WHERE json_extract(body, '$.changed') < ? LIMIT ?"
NOT_NEEDED = "seq NOT IN (SELECT json_extract(body, '$.fact') FROM webhooks)"  # all but what has not been read


async def keep_pruned(hub: CloudHub, keep_days: float) -> None:
    """Prune now and then, until cancelled."""
    while True:
        with suppress(sqlite3.Error, OSError, NotCommitted):  # a full disk: the next commit says so
            await prune_once(hub, keep_days)
        await asyncio.sleep(PAUSE)


async def prune_once(hub: CloudHub, keep_days: float) -> None:
    """Prune everything that is due."""
    before = hub.clock.now() - keep_days * DAY
    while await hub.journal.run(partial(_prune_orders, before=before)):
        pass
    facts = range(1, hub.board.counters.seq)  # without the newest: it says where the journal goes on
    for part in range(PARTS):
        await hub.journal.run(partial(prune_part, before=before, part=part, facts=facts, which=NOT_NEEDED))
    await hub.journal.run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())
    left = len(await hub.journal.letters())
    if left != hub.board.counters.letters:
        await hub.submit(Note(LettersForgotten(left)), by="clock")


def _prune_orders(connection: sqlite3.Connection, before: float) -> int:
    connection.execute(INDEX)
    old = connection.execute(OLD, (before, AT_ONCE)).fetchall()
    connection.executemany("DELETE FROM closed WHERE key = ?", old)
    return len(old)
