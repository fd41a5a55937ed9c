"""Pruning: what is older than `keep_days` leaves the gateway's journal; a store that asks hears that it is gone.

Facts lie in the order of time, so that the old ones are found by halving: a chain's journal is too long to be read.
"""

import asyncio
import sqlite3
from contextlib import suppress
from functools import partial
from itertools import count

from cloud_bridge.gateway.facts import GrantsForgotten, LettersForgotten
from cloud_bridge.gateway.intents import Note
from cloud_bridge.gateway.rules import CloudHub
from edge.hub import NotCommitted
from edge.journal import DIGEST, UNREAD
from edge.pruning import DAY, PAUSE

READ_DAYS = 2.0  # for which the words of a webhook that was read are kept: they hold addresses and telephone numbers
KEYS_EVERY = 24  # looks; those of known events lie in no order of time
# So much in one transaction, so that a webhook behind it waits for no more than that:
AT_ONCE = 500
KEYS_AT_ONCE = 5_000  # about
SLICES = 2**16  # the most that keys are looked through in

INDEX = "CREATE INDEX IF NOT EXISTS closed_by_change ON closed (json_extract(body, '$.changed'))"
ORDERS = "DELETE FROM closed WHERE key IN (SELECT key FROM closed WHERE json_extract(body, '$.changed') < ? LIMIT ?)"
SOME = "SELECT max(seq) FROM (SELECT seq FROM facts WHERE seq > ? AND seq < ? ORDER BY seq LIMIT ?)"
# What has not been read is needed, what dead letters that stay are read from, and what a new store would be sent of
# the orders that are still on the board.
FACTS = f"""
DELETE FROM facts WHERE seq > ? AND seq <= ?
AND seq NOT IN (SELECT json_extract(body, '$.fact') FROM webhooks)
AND seq NOT IN (SELECT coalesce(json_extract(body, '$.webhook'), 0) FROM facts WHERE seq IN ({UNREAD}) AND seq >= ?)
AND NOT (
    kind IN ('OrderHeard', 'OrderRouted')
    AND coalesce(json_extract(body, '$.event.order'), '') IN (SELECT key FROM orders)
)
"""  # noqa: S608 - a constant
# Where it was read from a dead letter, that names it.
EMPTIED = """
UPDATE facts
SET body = json_remove(json_set(body, '$.webhook.body', ''), '$.webhook.query', '$.webhook.headers')
WHERE kind = 'WebhookKept' AND seq IN (
    SELECT json_extract(coalesce(letter.body, reading.body), '$.webhook')
    FROM facts AS reading LEFT JOIN facts AS letter
    ON reading.kind = 'LetterRead' AND letter.seq = json_extract(reading.body, '$.letter')
    WHERE reading.seq > ? AND reading.seq <= ?
    AND reading.kind IN ('WebhookRead', 'OrderHeard', 'GrantsChanged', 'LetterRead')
)
"""
LETTERS = f"""
SELECT coalesce(json_extract(body, '$.account'), ''), count(*) FROM facts WHERE seq IN ({UNREAD}) GROUP BY 1
"""  # noqa: S608 - a constant


async def keep_pruned(hub: CloudHub, keep_days: float) -> None:
    """Prune now and then, until cancelled."""
    for look in count():
        with suppress(sqlite3.Error, OSError, NotCommitted):  # a full disk: the next commit says so
            await prune_once(hub, keep_days)
            if look % KEYS_EVERY == 0:
                await prune_keys(hub, keep_days)
        await asyncio.sleep(PAUSE)


async def prune_once(hub: CloudHub, keep_days: float) -> None:
    """Prune everything that is due, but the keys of known events."""
    journal, now = hub.journal, hub.clock.now()
    before = now - keep_days * DAY
    while await journal.run(partial(_prune_orders, before=before)):
        pass
    newest = hub.board.counters.seq  # stays: it says where the journal goes on
    seq: int | None = 0
    until = await journal.run(partial(_first_since, since=before, newest=newest))
    while seq is not None:
        seq = await journal.run(partial(_prune_facts, after=seq, until=until))
    until = await journal.run(partial(_first_since, since=now - READ_DAYS * DAY, newest=newest))
    while await journal.run(partial(_empty, until=until)):
        pass
    await journal.run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())
    await _prune_grants(hub, before, now - DAY)
    left = await journal.run(lambda connection: dict(connection.execute(LETTERS).fetchall()))
    if sum(left.values()) != hub.board.counters.letters:
        await hub.submit(Note(LettersForgotten(left)), by="clock")


async def prune_keys(hub: CloudHub, keep_days: float) -> None:
    """Prune the keys of events that are known for so long."""
    before = hub.clock.now() - keep_days * DAY
    slices = min(SLICES, hub.board.counters.seq // KEYS_AT_ONCE + 1)
    ends = [(SLICES * number // slices).to_bytes(3, "big")[1:] for number in range(slices)] + [b"\xff" * (DIGEST + 1)]
    for number in range(slices):
        await hub.journal.run(partial(_prune_keys, before=before, first=ends[number], last=ends[number + 1]))


async def _prune_grants(hub: CloudHub, before: float, spent: float) -> None:
    """What customers allowed long ago, and soon that they allow no more: whoever is asked then says so again."""
    old = [key for key, row in hub.board.grants.items() if row.at < (before if row.left else max(before, spent))]
    for first in range(0, len(old), AT_ONCE):
        await hub.submit(Note(GrantsForgotten(tuple(old[first : first + AT_ONCE]))), by="clock")


def _prune_orders(connection: sqlite3.Connection, before: float) -> int:
    connection.execute(INDEX)
    return connection.execute(ORDERS, (before, AT_ONCE)).rowcount


def _first_since(connection: sqlite3.Connection, since: float, newest: int) -> int:
    """The number of the first fact since a time, or else the newest."""
    low, high = 1, newest
    while low < high:
        middle = (low + high) // 2
        row = connection.execute("SELECT at FROM facts WHERE seq >= ? ORDER BY seq LIMIT 1", (middle,)).fetchone()
        if row is not None and row[0] < since:
            low = middle + 1
        else:
            high = middle
    return low


def _prune_facts(connection: sqlite3.Connection, after: int, until: int) -> int | None:
    """Erase some facts; how far."""
    last: int | None = connection.execute(SOME, (after, until, AT_ONCE)).fetchone()[0]
    if last is not None:
        connection.execute(FACTS, (after, last, until))
    return last


def _empty(connection: sqlite3.Connection, until: int) -> bool:
    """Erase the words of webhooks by some facts that read them, from where it was left; whether there are more."""
    row = connection.execute("SELECT value FROM about WHERE name = 'emptied'").fetchone()
    after = int(row[0]) if row else 0
    last = connection.execute(SOME, (after, until, AT_ONCE)).fetchone()[0]
    if last is not None:
        connection.execute(EMPTIED, (after, last))
        connection.execute("INSERT OR REPLACE INTO about VALUES ('emptied', ?)", (str(last),))
    return last is not None


def _prune_keys(connection: sqlite3.Connection, before: float, first: bytes, last: bytes) -> None:
    connection.execute("DELETE FROM known WHERE at < ? AND digest >= ? AND digest < ?", (before, first, last))
