"""What the display costs: many cards, a feed that ticks, and the real app in a real pty whose bytes are counted."""

import asyncio
import fcntl
import os
import pty
import random
import struct
import sys
import termios
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import psutil
from aiohttp import web

from edge.orders import Bakery, ItemId, Moment, Option, OrderId, OrderState, StageId, StationId, Word
from edge.views import BoardView, Card, CardItem, Coming, Device, Next, Snapshot, StationView, Status, Tick

MORNING = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PRODUCTS = (
    (
        "草莓奶油蛋糕 8寸",
        Bakery(cake_text="小雨,生日快乐!", candles=6, size="8寸", filling="芒果", allergens=("鸡蛋", "牛奶")),
    ),
    ("Sourdough loaf", Bakery()),
    ("黑森林蛋糕 6寸", Bakery(cake_text="祝外婆八十大寿", allergens=("牛奶", "坚果"))),
    ("Butter croissant", Bakery()),
    ("肉松小贝", Bakery(allergens=("鸡蛋",))),
    ("Rye bread, sliced", Bakery()),
)
STAGES = (
    ("baking", "烘烤", 25, 40),
    ("cooling", "冷却", 20, None),
    ("frosting", "裱花", None, 30),
    ("boxing", "装盒", None, None),
)


class DisplayCost(msgspec.Struct, frozen=True):
    """What one tick costs, over every second of a minute."""

    cards: int
    ticks: int
    cpu: float  # seconds of a core per tick
    milliseconds: float  # from tick sent to the last byte of what it changed, median
    slowest: float  # the same, of the slowest tick
    bytes: float  # to the terminal per tick
    most_bytes: int  # of the tick that wrote most


def busy_board(
    cards: int, station: str = "oven", name: str = "烤箱", slots: int | None = None, seed: int = 1
) -> BoardView:
    """A station's page full of plausible orders, the same for the same seed."""
    chance = random.Random(seed)
    view = StationView(
        id=StationId(station),
        name=name,
        page=1,
        slots=slots or cards,
        cards=tuple(_card(slot, chance) for slot in range(1, cards + 1)),
        coming=tuple(
            Coming(OrderId(f"c{n}"), f"B{n:03}", MORNING + timedelta(minutes=90 + 5 * n), (PRODUCTS[n % 6][0],))
            for n in range(5)
        ),
    )
    status = Status(
        "connected", MORNING - timedelta(seconds=3), 0, 0, 0, 0, "ok", (Device("kitchen", "printer", "ok"),)
    )
    return BoardView("j", 1, MORNING, (view,), (), (), (), status)


def _card(slot: int, chance: random.Random) -> Card:
    started = chance.random() < 0.5
    stage, stage_name, least, most = chance.choice(STAGES)
    since = MORNING - timedelta(seconds=chance.randrange(2_000))
    items = tuple(
        CardItem(
            item=ItemId(str(n)), name=name, quantity=Decimal(chance.choice((1, 1, 2, 6, 12))),
            stage=StageId(stage), stage_name=stage_name, moment=Moment.STARTED if started else Moment.WAITING,
            since=since, min_minutes=least, max_minutes=most,
            options=(Option("少糖"),) if n == 1 else (), note="请切片" if chance.random() < 0.2 else "", bakery=bakery,
        )
        for n, (name, bakery) in enumerate(chance.sample(PRODUCTS, chance.choice((1, 2, 2, 3))), 1)
    )  # fmt: skip
    return Card(
        slot=slot, order=OrderId(f"o{slot}"), display_id=f"A{slot:03}", state=OrderState.OPEN,
        due=MORNING + timedelta(minutes=chance.randrange(-10, 120)) if chance.random() < 0.9 else None, priority=0,
        channel=chance.choice(("meituan", "wechat", "eleme", "")), customer=chance.choice(("王女士", "Anna", "陈先生")),
        note="", marks=(Word.NEW,) if chance.random() < 0.1 else (), since=since, items=items,
        next=Next(StageId(stage), stage_name, Moment.FINISHED if started else Moment.STARTED),
    )  # fmt: skip


class TickingFeed:
    """A stand-in for the hub's feed that ticks when it is told to."""

    def __init__(self, board: BoardView) -> None:
        self.board = board
        self.url = ""
        self.connected = asyncio.Event()
        self._sockets: set[web.WebSocketResponse] = set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["TickingFeed"]:
        """Listen on a free port."""
        app = web.Application()
        app.router.add_get("/feed", self._feed)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def tick(self) -> None:
        """A second later."""
        now = self.board.now + timedelta(seconds=1)
        status = msgspec.structs.replace(self.board.status, last_heard=now - timedelta(seconds=now.second % 20))
        self.board = msgspec.structs.replace(self.board, now=now, status=status)
        await self.tell(Tick(now=now, sequence=self.board.sequence, status=status))

    async def tell(self, message: object) -> None:
        """Send a message to every display."""
        for socket in self._sockets:
            await socket.send_str(msgspec.json.encode(message).decode())

    async def _feed(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        fields = {name: getattr(self.board, name) for name in BoardView.__struct_fields__}
        await socket.send_str(msgspec.json.encode(Snapshot(**fields)).decode())
        self._sockets.add(socket)
        self.connected.set()
        async for _ in socket:
            pass
        self._sockets.discard(socket)
        return socket


class Terminal:
    """A pty that counts what is written to it."""

    def __init__(self, columns: int, rows: int) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.set_blocking(self.master, False)
        self.bytes = 0
        self.wrote_at = 0.0
        asyncio.get_running_loop().add_reader(self.master, self._read)

    def _read(self) -> None:
        try:
            self.bytes += len(os.read(self.master, 1 << 20))
        except (BlockingIOError, OSError):
            return
        self.wrote_at = time.perf_counter()

    async def quiet(self, seconds: float) -> None:
        """Wait until nothing has been written for a while."""
        while (rest := self.wrote_at + seconds - time.perf_counter()) > 0:  # noqa: ASYNC110 - a pty has no event for silence
            await asyncio.sleep(rest)

    def close(self) -> None:
        """Hang up."""
        asyncio.get_running_loop().remove_reader(self.master)
        os.close(self.master)
        os.close(self.slave)


_CHILD = """
import sys
from display.app import KitchenDisplay
from display.feed_client import FeedClient
KitchenDisplay(FeedClient(sys.argv[1]), language="zh").run()
"""


@asynccontextmanager
async def display_in_a_pty(url: str, terminal: Terminal) -> AsyncIterator[psutil.Process]:
    """The real app as its own process, with the terminal as its own."""
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, url,
        stdin=terminal.slave, stdout=terminal.slave, stderr=terminal.slave, env=environment, start_new_session=True,
    )  # fmt: skip
    try:
        yield psutil.Process(child.pid)
    finally:
        child.terminate()
        await child.wait()


async def measure_display(cards: int, size: tuple[int, int] = (240, 67), interval: float = 0.2) -> DisplayCost:
    """Tick through one minute, faster than life, and count what the display spends on it."""
    terminal = Terminal(*size)
    try:
        async with TickingFeed(busy_board(cards)).serving() as feed, display_in_a_pty(feed.url, terminal) as process:
            await feed.connected.wait()
            await feed.tick()
            await terminal.quiet(1.0)
            seconds, written = [], []
            before = process.cpu_times()
            for _ in range(60):
                bytes_before, sent_at = terminal.bytes, time.perf_counter()
                await feed.tick()
                await asyncio.sleep(interval)
                seconds.append(max(0.0, terminal.wrote_at - sent_at))
                written.append(terminal.bytes - bytes_before)
            after = process.cpu_times()
    finally:
        terminal.close()
    spent = after.user + after.system - before.user - before.system
    return DisplayCost(
        cards=cards,
        ticks=len(written),
        cpu=spent / len(written),
        milliseconds=sorted(seconds)[len(seconds) // 2] * 1000,
        slowest=max(seconds) * 1000,
        bytes=sum(written) / len(written),
        most_bytes=max(written),
    )


def figures() -> Iterator[DisplayCost]:
    """The two loads of the bench: 40 cards that are read from three metres, and 200 small ones."""
    yield asyncio.run(measure_display(40))
    yield asyncio.run(measure_display(200))


if __name__ == "__main__":
    for cost in figures():
        sys.stdout.write(f"{cost}\n")
