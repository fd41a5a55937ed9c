"""Resident memory of hub and display, with that of the bare imports beside it."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.bench.display_load import Terminal, TickingFeed, busy_board, display_in_a_pty
from tests.bench.figures import Aim, Line, Section
from tests.bench.receivers import ORDERS
from tests.bench.start_up import IMPORTS
from tests.bench.store import PATIENCE, ask, backlog, feed_of, line_from, python, store_toml, until
from tests.brokers import Broker

ORDERS_COUNT, FEW_ORDERS = 10_000, 1_000
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
            idle, busy = _hub(broker, directory, count)
        finally:
            broker.stop()
        hub_imports, screen_imports = _imports(IMPORTS, directory), _imports(SCREEN_IMPORTS, directory)
    screen = asyncio.run(_display(CARDS))
    yield Section(
        "Resident memory",
        (
            Line("Ovenbell hub, idle", _mb(idle), None, Aim(idle, "<=", MOST, "MB")),
            Line(f"Ovenbell hub, {count:,} open orders later", _mb(busy), None, Aim(busy, "<=", MOST, "MB")),
            Line("the hub's imports alone", _mb(hub_imports), busy / hub_imports),
            Line(f"Ovenbell display, {CARDS} cards", _mb(screen)),
            Line("the display's imports alone", _mb(screen_imports), screen / screen_imports),
        ),
    )


def _hub(broker: Broker, directory: Path, count: int) -> tuple[float, float]:
    """Megabytes when nothing has happened yet, and when so many orders have come and the cloud knows it."""
    settings = store_toml(directory, cloud=broker.url)
    with python("-m", "config.command", "hub", "--config", str(settings), directory=directory) as process:
        feed = feed_of(line_from(process, directory))
        until(lambda: _metric(feed, "ovenbell_cloud_connected") == 1, "the hub's connection")
        idle = _resident(process.pid)
        cloud = Client(CallbackAPIVersion.VERSION2, "cloud", protocol=MQTTProtocolVersion.MQTTv5)
        cloud.connect("127.0.0.1", broker.port)
        cloud.loop_start()
        for sent in [cloud.publish(ORDERS, order, 1) for order in backlog(count)]:
            sent.wait_for_publish(PATIENCE)
        cloud.disconnect()
        cloud.loop_stop()
        until(lambda: _metric(feed, 'ovenbell_orders{state="open"}') == count, "all orders", pause=0.5)
        until(lambda: _metric(feed, "ovenbell_outbox") == 0, "all updates", pause=0.5)
        return idle, _resident(process.pid)


def _metric(feed: str, name: str) -> float:
    lines = ask(f"{feed}/metrics").decode().splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), 0.0)


async def _display(cards: int) -> float:
    terminal = Terminal(240, 67)
    try:
        async with TickingFeed(busy_board(cards)).serving() as feed, display_in_a_pty(feed.url, terminal) as process:
            await feed.connected.wait()
            for _ in range(3):
                await feed.tick()
                await terminal.quiet(1.0)
            return _resident(process.pid)
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
