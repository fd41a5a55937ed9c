"""A journal with a long history: one order's whole life, lived by the real hub, and then the same life many times."""

import asyncio
import json
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from time import time

import msgspec

from cloud_bridge.reader import event_key
from config.settings import load_store
from edge.intents import Bump, CloseDue, Collect, Intent, Place, ReceiptUpdates, SendDue
from edge.journal import Row, digest
from edge.opendelivery import read_order
from edge.orders import Stamp
from edge.store import store_hub
from tests.bench.store import order_event, store_toml
from tests.builders import ManualClock

WEEK = 7 * 24 * 3600.0
IN_ONE_GO = 500  # lives
# What names a fact or an update by its number, by the kind of fact; elsewhere it is a move.
NUMBERS = {
    "UpdateSent": re.compile(r'(?<=")\d+(?=")'),
    "UpdatesReceipted": re.compile(r'(?<="through":)\d+'),
    "closed": re.compile(r'(?<=\[)\d+(?=,")|(?<="number":)\d+|(?<="revision":)\d+'),
}
MOVE = re.compile(r'(?<="move":)\d+')


class Life(msgspec.Struct, frozen=True):
    """What a closed order leaves in the journal."""

    facts: list[Row]
    closed: str
    updates: int


def make_history(directory: Path, facts: int) -> int:
    """A store with a journal that has lived; how many facts it has."""
    settings = store_toml(directory, cloud="mqtt://127.0.0.1:1")
    return repeat(asyncio.run(live_once(settings)), directory / "journal.db", facts)


async def live_once(settings: Path) -> Life:
    """An order comes a week ago, is pressed through every stage, handed over, told about, and closed."""
    store, clock = load_store(settings), ManualClock(time() - WEEK)
    hub = store_hub(store.layout, store.journal_path, clock)
    event = json.loads(order_event(1, datetime.fromtimestamp(clock.now(), UTC)))
    order = read_order(msgspec.Raw(msgspec.json.encode(event["data"])))
    stamp = Stamp(event["source"], event["id"], clock.now())

    async def ask(intent: Intent, by: str, key: str | None = None) -> None:
        await hub.submit(intent, by=by, key=key)
        clock.advance(store.layout.grace + 1)
        await hub.submit(SendDue(order.id, 0.0), by="clock")

    await hub.start()
    await ask(Place(order, stamp), "cloud", event_key(stamp.source, stamp.id))
    while slots := hub.board.orders[order.id].slots:
        station, slot = next(iter(slots.items()))
        await ask(Bump(station=station, slot=slot), f"keypad:{station}-pad")
    await ask(Collect(order.id), "display:counter")
    clock.advance(store.layout.close_after)
    await ask(CloseDue(order.id, 0.0), "clock")
    updates = hub.board.counters.updates
    await ask(ReceiptUpdates(updates), "cloud")
    facts = await hub.journal.facts()
    closed = await hub.journal.run(lambda file: file.execute("SELECT body FROM closed").fetchone()[0])
    await hub.stop()
    return Life(facts, closed, updates)


def repeat(life: Life, journal: Path, facts: int) -> int:
    """Write that life again and again, of another order each time; how many facts the journal has then."""
    lives = -(-facts // len(life.facts))
    file = sqlite3.connect(journal)
    for start in range(1, lives, IN_ONE_GO):
        again = [_again(life, number) for number in range(start, min(start + IN_ONE_GO, lives))]
        rows = [row for one in again for row in one.facts]
        known = {row.intent: row for row in rows if row.intent is not None}
        closed = [(one.facts[0].subject, one.closed) for one in again]
        with file:
            file.executemany("INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?)", map(msgspec.structs.astuple, rows))
            file.executemany(
                "INSERT INTO known VALUES (?, ?, ?)", [(digest(key), row.seq, row.at) for key, row in known.items()]
            )
            file.executemany("INSERT INTO closed VALUES (json_extract(?2, '$.id'), ?2)", closed)
    counters = {"seq": lives * len(life.facts), "updates": lives * life.updates, "receipted": lives * life.updates}
    with file:
        file.execute("UPDATE counters SET body = ?", (json.dumps(counters),))
    file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.close()
    return counters["seq"]


def _again(life: Life, number: int) -> Life:
    """The same life of another order, so many lives later."""
    later = number * len(life.facts)

    def told(row: Row) -> Row:
        by = number * life.updates if row.kind == "UpdatesReceipted" else later
        return msgspec.structs.replace(
            row,
            seq=row.seq + later,
            intent=row.intent and _named(row.intent, number),
            subject=row.subject and row.subject + later,
            body=_named(_shifted(row.body, NUMBERS.get(row.kind, MOVE), by), number),
        )

    return Life(
        [told(row) for row in life.facts], _named(_shifted(life.closed, NUMBERS["closed"], later), number), life.updates
    )


def _named(text: str, number: int) -> str:
    """The ids of the first order made those of another."""
    return (
        text.replace("-000000000001", f"-{number + 1:012}")
        .replace("mt-2026-000001", f"mt-2026-{number + 1:06}")
        .replace('"A001"', f'"A{(number + 1) % 1000:03}"')
    )


def _shifted(text: str, what: re.Pattern[str], by: int) -> str:
    return what.sub(lambda found: str(int(found[0]) + by), text)
