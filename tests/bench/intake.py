"""Durable intake of a backlog: broker, rules, commit, acknowledgement, by the real hub in a process of its own."""

import os
import queue
import sqlite3
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import psutil
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.bench.figures import Aim, Line, Section, middle
from tests.bench.receivers import DONE, ORDERS, join, session
from tests.bench.store import PATIENCE, backlog, line_from, python, store_toml, until
from tests.brokers import Broker

ROUNDS = 3
SYNCS = 100
LONGEST = 300.0  # seconds that a receiver may take
BACKLOG, SHORT_BACKLOG = 10_000, 1_000
SINGLE, SINGLE_ON_SLOW = 2_000, 200  # of the backlog; one by one takes long, and each takes as long as the next


def measure(*, quick: bool) -> Iterator[Section]:
    """On this disk, and on one as slow as an SD card."""
    size, rounds = (SHORT_BACKLOG, 1) if quick else (BACKLOG, ROUNDS)
    orders = backlog(size)
    few = min(SINGLE, size)
    counts = {"hub": size, "bare": size, "grouped": size, "single": few, "hub-alone": few}
    slow_counts = {"hub": size, "grouped": size, "single": SINGLE_ON_SLOW}
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as directory:
        sync = _sync(Path(directory) / "sync")
        broker = Broker(Path(directory)).start()
        try:
            rates = _rates(broker, orders, counts, rounds, slow=False)
            recovery = middle(recover(broker, orders) for _ in range(rounds))
            slow_rates = _rates(broker, orders, slow_counts, rounds, slow=True)
        finally:
            broker.stop()
    ceiling = rates["grouped"] / rates["single"]
    yield Section(
        f"Durable intake of a backlog of {size:,} orders of {len(orders[0])} bytes, this disk",
        (
            Line("Ovenbell: broker, rules, commit, acknowledgement", f"{rates['hub']:,.0f}/s"),
            _line("limit: bare receiver without a disk", rates, "bare", 0.15),
            _line("group commit without rules", rates, "grouped", 0.4),
            _line("baseline: Ovenbell with a commit for each order", rates, "hub-alone", 4),
            _line("a commit for each order, without rules", rates, "single", None),
        ),
        f"a sync takes {sync * 1000:.2f} ms; without rules, group commit is {ceiling:.1f}x a commit for each order",
    )
    intake = size / rates["hub"]
    yield Section(
        f"Recovery after an outage: {size:,} orders waited while the hub was away",
        (
            Line("Ovenbell: from starting the process to the last acknowledgement", f"{recovery:.2f} s"),
            Line("limit: the intake above, from connecting on", f"{intake:.2f} s", recovery / intake),
        ),
    )
    yield Section(
        "Durable intake with 20 ms per sync, as on an SD card",
        (
            Line("Ovenbell", f"{slow_rates['hub']:,.0f}/s"),
            _line("group commit without rules", slow_rates, "grouped", None),
            _line("baseline: a commit for each order, without rules", slow_rates, "single", 20),
        ),
        f"the baseline with {SINGLE_ON_SLOW:,} orders, above with {counts['single']:,}, scaled",
    )


def _sync(file: Path) -> float:
    """Seconds that this disk takes to make 4 kB durable: the median of some."""
    descriptor, times = os.open(file, os.O_CREAT | os.O_WRONLY), []
    for _ in range(SYNCS):
        began = time.perf_counter()
        os.write(descriptor, bytes(4096))
        os.fdatasync(descriptor)
        times.append(time.perf_counter() - began)
    os.close(descriptor)
    return middle(times)


def _line(name: str, rates: dict[str, float], key: str, bound: float | None) -> Line:
    ratio = rates["hub"] / rates[key]
    return Line(name, f"{rates[key]:,.0f}/s", ratio, None if bound is None else Aim(ratio, ">=", bound))


def _rates(broker: Broker, orders: list[bytes], counts: dict[str, int], rounds: int, *, slow: bool) -> dict[str, float]:
    """Orders per second of each receiver: the median of rounds in which all take turns."""
    found: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        names = list(counts)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            found[name].append(receive(broker, name, orders[: counts[name]], slow=slow))
    return {name: middle(rates) for name, rates in found.items()}


def receive(broker: Broker, name: str, orders: list[bytes], *, slow: bool) -> float:
    """Let one receiver take a backlog; orders per second from connecting to the last acknowledgement."""
    _queue(broker, orders)
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text, Witness(broker) as witness:
        directory = Path(text)
        hub = name.startswith("hub")
        file = store_toml(directory, cloud=broker.url) if hub else directory / "messages.db"
        arguments = (name, str(broker.port), str(len(orders)), str(file), "slow" if slow else "this")
        with python("-m", "tests.bench.receivers", *arguments, directory=directory) as process:
            with broker.frozen():
                line_from(process, directory)
                receiver = psutil.Process(process.pid)
                until(lambda: _connected(receiver, broker.port), "the receiver's connection", pause=0.005)
                began = time.monotonic()
            ended = witness.heard()
        if hub:
            _check(directory / "journal.db", len(orders))
    _check_session(broker)
    return len(orders) / (ended - began)


def recover(broker: Broker, orders: list[bytes]) -> float:
    """Start a hub for which a backlog waits; seconds from starting the process to the last acknowledgement."""
    _queue(broker, orders)
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text, Witness(broker) as witness:
        directory = Path(text)
        file = store_toml(directory, cloud=broker.url)
        arguments = ("hub", str(broker.port), str(len(orders)), str(file), "this")
        began = time.monotonic()
        with python("-m", "tests.bench.receivers", *arguments, directory=directory):
            ended = witness.heard()
        _check(directory / "journal.db", len(orders))
    _check_session(broker)
    return ended - began


class Witness:
    """Hears, beside the receiver, when the broker has come to what follows its last acknowledgement."""

    def __init__(self, broker: Broker) -> None:
        self._times: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._client = Client(CallbackAPIVersion.VERSION2, "witness", protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = lambda *_: self._times.put(time.monotonic())
        taken = threading.Event()
        self._client.on_subscribe = lambda *_: taken.set()
        self._client.connect("127.0.0.1", broker.port)
        self._client.subscribe(DONE)
        self._client.loop_start()
        if not taken.wait(PATIENCE):
            raise RuntimeError("the broker does not take a subscription")

    def heard(self) -> float:
        """The monotonic time."""
        return self._times.get(timeout=LONGEST)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def _queue(broker: Broker, orders: list[bytes]) -> None:
    """The store has been here once; now it is away, and orders come."""
    client = session(broker.port)
    _subscribe(client, fresh=True)
    client.disconnect()
    client.loop_stop()
    cloud = Client(CallbackAPIVersion.VERSION2, "cloud", protocol=MQTTProtocolVersion.MQTTv5)
    cloud.max_inflight_messages_set(0)
    cloud.connect("127.0.0.1", broker.port)
    cloud.loop_start()
    for sent in [cloud.publish(ORDERS, order, 1) for order in orders]:
        sent.wait_for_publish(PATIENCE)
    cloud.disconnect()
    cloud.loop_stop()


def _subscribe(client: Client, *, fresh: bool = False) -> list[Any]:
    """Join the store's session and subscribe; what the broker still had for it."""
    taken, left = threading.Event(), []
    client.on_message = lambda _client, _data, message: left.append(message.topic)
    client.on_connect = lambda client, *_: client.subscribe(ORDERS, 1)
    client.on_subscribe = lambda *_: taken.set()
    if fresh:
        client.connect(client.host, client.port, clean_start=True)
        client.disconnect()
    join(client).loop_start()
    if not taken.wait(PATIENCE):
        raise RuntimeError("the broker does not take a subscription")
    return left


def _check_session(broker: Broker) -> None:
    """The witness of the acknowledgements is the broker: it has nothing more for this session."""
    client = session(broker.port)
    left = [topic for topic in _subscribe(client) if topic == ORDERS]
    client.disconnect()
    client.loop_stop()
    if left:
        raise RuntimeError(f"{len(left)} orders were not acknowledged")


def _check(journal: Path, count: int) -> None:
    """The witness of the commits is the file: every order once."""
    connection = sqlite3.connect(journal)
    placed, kept = (
        connection.execute(question).fetchone()[0]
        for question in ("SELECT count(*) FROM facts WHERE kind = 'OrderPlaced'", "SELECT count(*) FROM orders")
    )
    connection.close()
    if (placed, kept) != (count, count):
        raise RuntimeError(f"{count} orders were sent; the journal has {placed}, the board {kept}")


def _connected(process: psutil.Process, port: int) -> bool:
    return any(c.raddr and c.raddr.port == port and c.status == "ESTABLISHED" for c in process.net_connections("tcp"))
