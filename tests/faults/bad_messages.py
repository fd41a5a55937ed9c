"""Messages of every bad kind: each is an effect, a dead letter or nothing, acknowledged, and in nobody's way."""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from random import Random
from typing import Any

import msgspec

from cloud_bridge.messages import topics_of
from cloud_bridge.reader import Reader, event_key
from edge.journal import digest
from edge.store import store_hub
from tests.builders import ManualClock
from tests.cloud import order_event
from tests.faults.bookkeeper import LAYOUT, Seen, look
from tests.faults.brokers import a_broker, no_mosquitto
from tests.faults.fault import Case, Fault, Tally
from tests.faults.ledger import Ledger
from tests.faults.life import FIRST_DAY
from tests.faults.mutants import blemish, mutant, written
from tests.faults.store import STORE, Store, since

AT_ONCE = 100  # on their way without an acknowledgement
BETWEEN = 10  # mutants between two orders that have to arrive
TOPICS = topics_of(STORE)


class Sent(msgspec.Struct):
    """What was sent, as the witness knows it."""

    topic: str
    payload: bytes
    order: str = ""  # of one that has to arrive


class _Ledger(Ledger):
    """A cloud among others: what they were told is not its affair."""

    def tally(self, injected: int, recovery: float) -> Tally:
        """Count what it sent itself."""
        ours = {event["subject"] for event in self.pushed}
        for stranger in set(self._by_order) - ours:
            del self._by_order[stranger]
        for stranger in set(self._accepted) - {event["id"] for event in self.pushed}:
            del self._accepted[stranger]
        return super().tally(injected, recovery)


async def read_them(case: Case) -> Tally:
    """Straight through the reader into a hub."""
    dice, clock = Random(case.seed), ManualClock(FIRST_DAY)
    hub = store_hub(LAYOUT, case.directory / "journal.db", clock)
    await hub.start()
    reader = Reader(TOPICS, hub.journal.id)
    sent: list[Sent] = []
    longest = 0.0
    with _complaints() as complaints:
        for number in range(1, case.count + 1, AT_ONCE):
            batch = list(_some(range(number, min(number + AT_ONCE, case.count + 1)), dice, clock.now()))
            began = time.monotonic()
            waiting = asyncio.Semaphore(0)
            for one in batch:
                understood = reader.read(getattr(TOPICS, one.topic), one.payload, clock.now())
                if understood is None:
                    waiting.release()
                else:
                    hub.offer(understood.intent, by="cloud", key=understood.key, done=waiting.release)
            for _ in batch:
                await waiting.acquire()
            longest = max(longest, since(began))
            clock.advance(1)
            sent += batch
    assert not hub.trouble, hub.trouble
    await hub.stop()
    assert not complaints, complaints[0]
    return _count(sent, look(case.directory / "journal.db"), case.count) + Tally(recovery=longest)


async def send_them(case: Case) -> Tally:
    """Over a real broker to the real hub."""
    dice = Random(case.seed)
    sent: list[Sent] = []
    async with (
        a_broker(case.directory) as broker,
        _Ledger(STORE, broker.port) as ledger,
        Store(case.directory, broker.url) as store,
    ):
        await store.start()
        for number, one in enumerate(_some(range(1, case.count + 1), dice, time.time())):
            sent.append(one)
            if number % BETWEEN == 0:
                event = ledger.write(f"order-{number}")
                sent.append(Sent("orders", written(event), event["subject"]))
        last = ledger.write("the-last")
        sent.append(Sent("orders", written(last), "the-last"))
        for first in range(0, len(sent), AT_ONCE):
            began = time.monotonic()
            for one in sent[first : first + AT_ONCE]:
                ledger._client.publish(f"{ledger.root}/{one.topic}", one.payload, qos=1)
        await ledger.until(lambda: ledger.accepted(last), 60)
        longest = since(began)
        await ledger.settled()
        assert await store.stop() == 0
        log = (case.directory / "hub.log").read_text(errors="replace")
        assert "Traceback" not in log, log[log.index("Traceback") :][:3000]
        assert "ERROR" not in log, log[log.index("ERROR") :][:3000]
        seen = look(store.journal)
        heard = Counter(event["id"] for event in ledger.told("order.rejected"))
        assert len(heard) == len(_letters(seen)), f"{len(heard)} rejected, {len(_letters(seen))} dead letters"
        return ledger.tally(case.count, longest) + msgspec.structs.replace(_count(sent, seen, 0), orders=0)


def _some(numbers: Iterable[int], dice: Random, now: float) -> Iterator[Sent]:
    for number in numbers:
        if number % BETWEEN == 0:
            event = order_event(number, id=f"valid-{number}", source="/channels/valid")
            del event["sequence"]
            event["data"]["createdAt"] = event["time"] = datetime.fromtimestamp(now, UTC).isoformat()
            if number % (2 * BETWEEN) == 0:
                blemish(event, dice)
            yield Sent("orders", written(event), event["subject"])
        yield Sent(*mutant(number, dice))


# --- the witness ----------------------------------------------------------------------------------------------------


def _count(sent: list[Sent], seen: Seen, injected: int) -> Tally:
    """Each message must have left what it has to leave, once."""
    letters = _letters(seen)
    placed = Counter(json.loads(row[6])["order"]["id"] for row in seen.facts if row[5] == "OrderPlaced")
    known = {one.order for one in sent if one.order}
    lost = [f"order {order} was placed {placed[order]} times" for order in known if not placed[order]]
    lost += [f"nothing came of {one.payload[:300]!r}" for one in sent if not _left_something(one, seen, letters)]
    doubled = [f"order {order} was placed {count} times" for order, count in placed.items() if count > 1]
    doubled += [f"dead letter {letter} was kept {count} times" for letter, count in letters.items() if count > 1]
    rejected = sum(row["kind"] == "order.rejected" for row in seen.tables["outbox"].values())
    if injected and rejected != letters.total():
        lost.append(f"{letters.total()} dead letters, and {rejected} were answered")
    return Tally(injected, len(known), 0, len(lost), len(doubled), notes=(*lost, *doubled))


def _letters(seen: Seen) -> Counter[str]:
    return Counter(json.loads(row[6])["sha256"] for row in seen.facts if row[5] == "DeadLetterKept")


def _left_something(one: Sent, seen: Seen, letters: Counter[str]) -> bool:
    """An effect under the event's own key, or a dead letter; nothing where the contract says so."""
    if sha256(one.payload).hexdigest() in letters:
        return True
    try:
        event = json.loads(one.payload.decode(errors="replace"), parse_int=str)
        if one.topic == "receipts" or event["type"] == "ovenbell.sequence.skipped":
            return True
        return digest(event_key(event["source"], event["id"])) in seen.known
    except (ValueError, LookupError, TypeError, RecursionError):  # then it should have been a dead letter
        return False


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What is logged as an error meanwhile."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(self.format(record))

    listener: Any = Listener(logging.ERROR)
    logging.getLogger().addHandler(listener)
    try:
        yield said
    finally:
        logging.getLogger().removeHandler(listener)


READ = Fault("bad-messages", 90_000, 5_000, read_them, few=500)
SENT = Fault("bad-messages-road", 10_000, 1_000, send_them, no_mosquitto, few=100)
