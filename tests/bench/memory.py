"""Resident memory of hub and display, with that of the bare imports beside it."""

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.bench.display_load import Terminal, TickingFeed, busy_board, display_in_a_pty
from tests.bench.figures import Aim, Line, Section
from tests.bench.receivers import ORDERS
from tests.bench.start_up import IMPORTS
from tests.bench.store import PATIENCE, ask, backlog, collected_event, feed_of, line_from, python, store_toml, until
from tests.brokers import Broker

ORDERS_COUNT, FEW_ORDERS = 10_000, 1_000
FLOCK = 200  # orders that are collected before the next ones come
SOON = 0.0001  # hours from collected to closed
CARDS = 200
MEGABYTE = 1_000_000
MOST = 80
SCREEN_IMPORTS = "import display.app, display.feed_client"


def measure(*, quick: bool) -> Iterator[Section]:
    """The processes as they run in a store."""
    count = FEW_ORDERS if quick else ORDERS_COUNT
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text:
        directory = Path(text)
        broker = Broker(directory).start()
        try:
            idle, later, heaped = _hub(broker, directory, count)
        finally:
            broker.stop()
        hub_imports, screen_imports = _imports(IMPORTS, directory), _imports(SCREEN_IMPORTS, directory)
    screen = asyncio.run(_display(CARDS))
    yield Section(
        "Resident memory",
        (
            Line("Ovenbell hub, idle", _mb(idle), None, Aim(idle, "<=", MOST, "MB")),
            Line(f"Ovenbell hub, {count:,} orders later", _mb(later), None, Aim(later, "<=", MOST, "MB")),
            Line("the hub's imports alone", _mb(hub_imports), later / hub_imports),
            Line(f"Ovenbell hub, {count:,} more orders that are all open at once", _mb(heaped)),
            Line(f"Ovenbell display, {CARDS} cards", _mb(screen)),
            Line("the display's imports alone", _mb(screen_imports), screen / screen_imports),
        ),
    )


def _hub(broker: Broker, directory: Path, count: int) -> tuple[float, float, float]:
    """Megabytes before the first order, after so many that came and went, and with as many on the board."""
    settings = store_toml(directory, cloud=broker.url, close_after=SOON)
    now = datetime.now(UTC)
    with python("-m", "config.command", "hub", "--config", str(settings), directory=directory) as process:
        feed = feed_of(line_from(process, directory))
        until(lambda: _metric(feed, "ovenbell_cloud_connected") == 1, "the hub's connection")
        idle = _resident(process.pid)
        for first in range(1, count + 1, FLOCK):
            _send(broker, backlog(FLOCK, first))
            _send(broker, [collected_event(number, now) for number in range(first, first + FLOCK)])
            _settled(feed, closed=first + FLOCK - 1, open_=0)
        later = _resident(process.pid)
        _send(broker, backlog(count, count + 1))
        _settled(feed, closed=count, open_=count)
        return idle, later, _resident(process.pid)


def _send(broker: Broker, events: list[bytes]) -> None:
    cloud = Client(CallbackAPIVersion.VERSION2, "cloud", protocol=MQTTProtocolVersion.MQTTv5)
    cloud.connect("127.0.0.1", broker.port)
    cloud.loop_start()
    for sent in [cloud.publish(ORDERS, event, 1) for event in events]:
        sent.wait_for_publish(PATIENCE)
    cloud.disconnect()
    cloud.loop_stop()


def _settled(feed: str, *, closed: int, open_: int) -> None:
    """Everything is decided."""
    wanted = {'ovenbell_facts_total{kind="OrderClosed"}': closed, 'ovenbell_orders{state="open"}': open_}
    until(lambda: all(_metric(feed, name) == value for name, value in wanted.items()), "all orders")


def _metric(feed: str, name: str) -> float:
    lines = ask(f"{feed}/metrics").decode().splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), 0.0)


async def _display(cards: int) -> float:
    terminal = Terminal(240, 67)
    try:
        async with TickingFeed(busy_board(cards)).serving() as feed, display_in_a_pty(feed.url, terminal) as display:
            await feed.connected.wait()
            for _ in range(3):
                await feed.tick()
                await terminal.quiet(1.0)
            return _resident(display.process.pid)
    finally:
        terminal.close()


def _imports(statement: str, directory: Path) -> float:
    code = f"{statement}\nprint('ready', flush=True)\nimport signal\nsignal.pause()"
    with python("-c", code, directory=directory) as process:
        line_from(process, directory)
        return _resident(process.pid)


def _resident(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / MEGABYTE


def _mb(megabytes: float) -> str:
    return f"{megabytes:.1f} MB"
