"""Memory of a hub and a display through which many orders have passed: placed, made and closed."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import psutil
from paho.mqtt.client import Client

from tests.bench.display_load import Terminal, display_in_a_pty
from tests.bench.figures import Aim, Line, Section
from tests.bench.floor import quick_client
from tests.bench.receivers import ORDERS
from tests.bench.store import PATIENCE, feed_of, line_from, order_event, order_id, python, store_toml
from tests.brokers import Broker

COLD, WARM = (
    1_000,
    5_000,
)  # Rich keeps the widths of the last 4,096 texts: by then it, and what else is bounded, is full
FEW_COLD, FEW_WARM = 180, 360
COUNT, FEW = 10_000, 900
FLOCK = 90  # orders on the board at once; its page has 99 numbers
SOON = 0.0001  # hours from ready to closed
SIZE = 240, 67
MEGABYTE = 1_000_000
MOST = 2  # MB
STATION = """
[[routes]]
match = "*"
stages = ["baking"]
lead_minutes = 180
[[stations]]
id = "oven"
stages = ["baking"]
slots = 99
"""


def measure(*, quick: bool) -> Iterator[Section]:
    """While the caches fill, then over half of the orders, and over all of them."""
    cold, warm, count = (FEW_COLD, FEW_WARM, FEW) if quick else (COLD, WARM, COUNT)
    display, hub = asyncio.run(pass_through((cold, warm, warm + count // 2, warm + count)))
    grown = (display[3] - display[1]) / MEGABYTE
    filling = f"before that, while caches fill from order {cold:,} to {warm:,}"
    yield Section(
        f"Resident memory while {count:,} orders are placed, made and closed, after {warm:,} to warm up",
        (
            Line("Ovenbell display: growth", _mb(grown), None, Aim(grown, "<=", MOST, "MB")),
            *_lines("Ovenbell display", display, filling),
            Line("Ovenbell hub: growth", _mb((hub[3] - hub[1]) / MEGABYTE)),
            *_lines("Ovenbell hub", hub, filling),
        ),
        f"{FLOCK} at a time on one page; the display's garbage was collected before it was asked",
    )


def _lines(name: str, held: tuple[int, ...], filling: str) -> Iterator[Line]:
    cold, warm, half, all_ = (each / MEGABYTE for each in held)
    yield Line(f"{name}: of that in the second half", _mb(all_ - half))
    yield Line(f"{name}: {filling}", _mb(warm - cold))
    yield Line(f"{name}: at first", _mb(cold))


async def pass_through(counts: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The bytes of display and hub after so many orders."""
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text, ExitStack() as stack:
        directory = Path(text)
        broker = Broker(directory).start()
        stack.callback(broker.stop)
        settings = store_toml(directory, cloud=broker.url, close_after=SOON, rest=STATION)
        process = stack.enter_context(python("-m", "tests.bench.restless_hub", str(settings), directory=directory))
        hub = feed_of(line_from(process, directory))
        cloud = quick_client("cloud", broker.port)
        cloud.loop_start()
        stack.callback(cloud.loop_stop)
        stack.callback(cloud.disconnect)
        terminal = Terminal(*SIZE)
        stack.callback(terminal.close)
        async with display_in_a_pty(hub, terminal) as display, aiohttp.ClientSession() as session:
            found = []
            done = 0
            for until_ in counts:
                while done < until_:
                    await _flock(hub, cloud, session, range(done, done + FLOCK))
                    done += FLOCK
                await terminal.quiet(0.5)  # less than a second: it ticks
                told = await display.ask("settle")
                found.append((told.resident, psutil.Process(process.pid).memory_info().rss))
                if terminal.bytes == 0:
                    raise RuntimeError("the display showed nothing")
        return tuple(display for display, _ in found), tuple(hub for _, hub in found)


async def _flock(hub: str, cloud: Client, session: aiohttp.ClientSession, numbers: range) -> None:
    """Some orders come, are made, and leave the board."""
    now = datetime.now(UTC)
    for number in numbers:
        cloud.publish(ORDERS, order_event(number, now), 1)
    await _until_open(hub, session, len(numbers))
    await asyncio.gather(*(_bump(hub, session, order_id(number)) for number in numbers))
    await _until_open(hub, session, 0)


async def _until_open(hub: str, session: aiohttp.ClientSession, count: int) -> None:
    """Wait until so many orders are on the board."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with session.get(f"{hub}/api/board") as answer:
                if len((await answer.json())["orders"]) == count:
                    return
            await asyncio.sleep(0.05)


async def _bump(hub: str, session: aiohttp.ClientSession, order: str) -> None:
    async with session.post(f"{hub}/api/intents", json={"type": "bump", "order": order}) as answer:
        if answer.status != 200:
            raise RuntimeError(await answer.text())


def _mb(megabytes: float) -> str:
    return f"{megabytes:.1f} MB"
