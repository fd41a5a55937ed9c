"""What an event costs, with a long history and with none: from the reader to the disk; and how much it writes there."""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from cloud_bridge.messages import topics_of
from cloud_bridge.reader import Reader
from config.settings import load_store
from edge.clock import SystemClock
from edge.store import StoreHub, store_hub
from tests.bench.figures import Aim, Line, Section, middle
from tests.bench.history import make_history
from tests.bench.store import order_event, store_toml

FACTS, FEW_FACTS = 1_000_000, 50_000
ROUNDS, FEW_ROUNDS = 12, 3
SINGLE, BATCHES, BATCH = 100, 10, 50  # events in a round
TOPICS = topics_of("bench")


class Cost(msgspec.Struct, frozen=True):
    """Of one event."""

    seconds: float
    written: float  # bytes


class _Journal(msgspec.Struct):
    """A hub on a journal, and what its events cost so far."""

    hub: StoreHub
    reader: Reader
    single: list[Cost] = []
    batched: list[Cost] = []


def measure(*, quick: bool) -> Iterator[Section]:
    """In turns, on an empty journal and on one with a history."""
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text:
        old, new = Path(text) / "old", Path(text) / "new"
        for directory in (old, new):
            directory.mkdir()
            store_toml(directory, cloud="mqtt://127.0.0.1:1")
        facts = make_history(old, FEW_FACTS if quick else FACTS)
        with_history, empty = asyncio.run(_compare(old, new, FEW_ROUNDS if quick else ROUNDS))
    lines = []
    for name, ours, theirs, bound in (
        ("one by one", with_history.single, empty.single, 1.15),
        (f"in batches of {BATCH} with random ids", with_history.batched, empty.batched, 2.2),
    ):
        cost, least = (middle(one.seconds for one in costs) for costs in (ours, theirs))
        written, little = (middle(one.written for one in costs) / 1000 for costs in (ours, theirs))
        lines += [
            Line(f"{name}: with {facts:,} facts in the journal", f"{cost * 1e6:,.0f} us"),
            Line(f"{name}: with none", f"{least * 1e6:,.0f} us", cost / least, Aim(cost / least, "<=", bound)),
            Line(f"{name}: written to the disk with that history", f"{written:.1f} kB"),
            Line(f"{name}: written with none", f"{little:.1f} kB", written / little),
        ]
    yield Section(
        "An event: reader, rules, commit",
        tuple(lines),
        "written: by system calls, what is taken from the log into the file included",
    )


async def _compare(old: Path, new: Path, rounds: int) -> tuple[_Journal, _Journal]:
    journals = [await _open(directory) for directory in (old, new)]
    dice = random.Random(1)
    numbers = iter(range(1, 1_000_000_000))
    for number in range(-1, rounds):
        for journal in journals if number % 2 else reversed(journals):
            single = await _spend(journal, [_events(1, numbers, dice) for _ in range(SINGLE)])
            batched = await _spend(journal, [_events(BATCH, numbers, dice) for _ in range(BATCHES)])
            if number >= 0:  # the first round warms up
                journal.single.append(single)
                journal.batched.append(batched)
    for journal in journals:
        await journal.hub.stop()
    return journals[0], journals[1]


async def _open(directory: Path) -> _Journal:
    store = load_store(directory / "store.toml")
    hub = store_hub(store.layout, store.journal_path, SystemClock())
    await hub.start()
    return _Journal(hub, Reader(TOPICS, hub.journal.id))


def _events(count: int, numbers: Iterator[int], dice: random.Random) -> list[bytes]:
    """Orders with ids as a cloud makes them up: without any order."""
    events = []
    for _ in range(count):
        event = msgspec.json.decode(order_event(next(numbers), datetime.now(UTC)))
        del event["sequence"]
        event["subject"] = event["data"]["id"] = f"{dice.getrandbits(128):032x}"
        event["id"] = f"{dice.getrandbits(128):032x}"
        events.append(msgspec.json.encode(event))
    return events


async def _spend(journal: _Journal, batches: Sequence[list[bytes]]) -> Cost:
    """Let batches in, each once the one before it is committed; the cost of each event."""
    hub, done = journal.hub, asyncio.Semaphore(0)
    written, began = _written(), time.perf_counter()
    for batch in batches:
        for payload in batch:
            understood = journal.reader.read(TOPICS.orders, payload, hub.clock.now())
            assert understood is not None
            hub.offer(understood.intent, by="cloud", key=understood.key, done=done.release)
        for _ in batch:
            await done.acquire()
    spent = time.perf_counter() - began
    for _ in range(2):  # the second is a quiet moment
        await hub.journal.tidy()
    events = sum(map(len, batches))
    return Cost(spent / events, (_written() - written) / events)


def _written() -> int:
    """The bytes that this process has written."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.partition(" ")[2]) for line in lines if line.startswith("wchar:"))
