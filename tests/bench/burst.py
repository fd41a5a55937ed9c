"""A burst of new orders: how long the display's loop stands still, so that nobody's press or tick is handled."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from paho.mqtt.client import Client

from display.app import SETTLED
from edge.orders import OrderState
from edge.views import BoardView, OrderView
from tests.bench.display_load import Display, Terminal, TickingFeed, busy_board, display_in_a_pty, newcomers
from tests.bench.figures import Aim, Line, Section, middle
from tests.bench.floor import quick_client
from tests.bench.receivers import ORDERS
from tests.bench.store import ask, collected_event, feed_of, line_from, order_event, python, store_toml, until
from tests.bench.watched import Told, Which
from tests.brokers import MOSQUITTO, Broker

ROUNDS, FEW_ROUNDS = 7, 2
STANDING, NEW = 98, 100  # as many as the two largest stations that a store may have show on their first pages
SIZE = 240, 67
QUIET = 0.5  # seconds without a byte after which a burst is on the screen
LIMIT = 20  # ms
SOON = 0.0001  # hours from collected to closed

STATIONS = "".join(
    f"""
[[routes]]
match = "{name}"
stages = ["{name}"]
lead_minutes = 180
[[stations]]
id = "{name}"
stages = ["{name}"]
slots = 99
"""
    for name in ("oven", "boxing")
)


def measure(*, quick: bool) -> Iterator[Section]:
    """As one commit, as a commit each, and from a real hub into which they come by MQTT."""
    rounds = FEW_ROUNDS if quick else ROUNDS
    one, each, plain_one, plain_each = (
        asyncio.run(stalls(which, rounds, together=together))
        for which in ("ours", "ordinary")
        for together in (True, False)
    )
    quiet = [told for told, _ in one + each]
    lines = [
        *_lines("as one commit", [told for _, told in one], aimed=True),
        *_lines("as a commit each", [told for _, told in each], aimed=True),
    ]
    if MOSQUITTO is not None:
        lines += _lines("by MQTT, real hub", asyncio.run(stalls_at_a_hub(rounds)), aimed=True)
    lines.append(Line("floor: the same display in quiet seconds", _ms(middle(told.stall for told in quiet))))
    for name, ours, plain in (("one commit", one, plain_one), ("a commit each", each, plain_each)):
        theirs = middle(told.stall for _, told in plain)
        ratio = middle(told.stall for _, told in ours) / theirs
        lines.append(Line(f"ordinary widgets, as {name}", _ms(theirs), ratio))
    yield Section(
        f"The display's loop stands still: {NEW} new orders beside {STANDING}, 240x67",
        tuple(lines),
        f"the longest that a heartbeat of 1 ms was late; medians of {rounds} bursts of other orders each",
    )


def _lines(name: str, told: list[Told], *, aimed: bool) -> list[Line]:
    stall = middle(one.stall for one in told)
    aim = Aim(stall * 1000, "<=", LIMIT, "ms") if aimed else None
    return [
        Line(f"Ovenbell, {name}: longest stall", _ms(stall), None, aim),
        Line(f"Ovenbell, {name}: of that its own CPU", _ms(middle(one.stall_cpu for one in told))),
        Line(f"Ovenbell, {name}: worst of all bursts", _ms(max(one.stall for one in told))),
    ]


async def stalls(which: Which, rounds: int, *, together: bool) -> list[tuple[Told, Told]]:
    """What the display did in some quiet seconds, and in the burst after them."""
    board = busy_board(STANDING, slots=STANDING + NEW)
    async with TickingFeed(board).serving() as feed, _display(feed.url, which) as (display, terminal):
        await feed.first_seconds()
        found = []
        for number in range(rounds):
            orders = newcomers(range(STANDING + 1, STANDING + NEW + 1), seed=number)
            await display.ask("watch")
            await feed.tick()
            await asyncio.sleep(1.0)
            quiet = await display.ask("tell")
            if together:
                await feed.change(orders)
            else:
                for order in orders:
                    await feed.change((order,))
            await asyncio.sleep(QUIET)
            await terminal.quiet(QUIET)
            found.append((quiet, await display.ask("rest")))
            await feed.change(tuple(OrderView(order.order, OrderState.CLOSED) for order in orders))
            await terminal.quiet(QUIET)
        return found


async def stalls_at_a_hub(rounds: int) -> list[Told]:
    """The same with a real hub between, which takes the orders from a broker in batches as they come."""
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text:
        directory = Path(text)
        broker = Broker(directory).start()
        try:
            settings = store_toml(directory, cloud=broker.url, close_after=SOON, rest=STATIONS)
            with python("-m", "tests.bench.restless_hub", str(settings), directory=directory) as process:
                hub = feed_of(line_from(process, directory))
                cloud = quick_client("cloud", broker.port)
                cloud.loop_start()
                try:
                    return await _bursts(hub, cloud, rounds)
                finally:
                    cloud.disconnect()
                    cloud.loop_stop()
        finally:
            broker.stop()


async def _bursts(hub: str, cloud: Client, rounds: int) -> list[Told]:
    def cards() -> int:
        board = msgspec.json.decode(ask(f"{hub}/api/board"), type=BoardView)
        return sum(len(station.cards) for station in board.stations)

    async def arrive(numbers: range, standing: int) -> None:
        now = datetime.now(UTC)
        for event in [order_event(number, now, "boxing" if number % 2 else "oven") for number in numbers]:
            cloud.publish(ORDERS, event, 1)
        await asyncio.to_thread(until, lambda: cards() == standing, "the orders")

    async with _display(hub, "ours") as (display, terminal):
        await arrive(range(STANDING), STANDING)
        await asyncio.sleep(2 * SETTLED + 1)
        found = []
        for number in range(1, rounds + 1):
            new = range(number * NEW, (number + 1) * NEW)
            await terminal.quiet(QUIET)
            await display.ask("watch")
            await arrive(new, STANDING + NEW)
            await asyncio.sleep(QUIET)
            await terminal.quiet(QUIET)
            found.append(await display.ask("rest"))
            for order in new:
                cloud.publish(ORDERS, collected_event(order, datetime.now(UTC)), 1)
            await asyncio.to_thread(until, lambda: cards() == STANDING, "the riders")
        return found


@asynccontextmanager
async def _display(url: str, which: Which) -> AsyncIterator[tuple[Display, Terminal]]:
    terminal = Terminal(*SIZE)
    try:
        async with display_in_a_pty(url, terminal, which) as display:
            yield display, terminal
    finally:
        terminal.close()


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
