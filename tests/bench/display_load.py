"""What a display is given: many cards, a feed that ticks, and a real pty whose bytes are counted."""

import asyncio
import fcntl
import os
import pty
import random
import socket
import struct
import sys
import termios
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import psutil
from aiohttp import web

from display.app import SETTLED
from edge.orders import Bakery, ItemId, Moment, Option, OrderId, OrderState, StageId, StationId, Word
from edge.views import (
    BoardView,
    Card,
    CardItem,
    Change,
    Coming,
    Device,
    Next,
    OrderView,
    Snapshot,
    StationView,
    Status,
    Tick,
    Whole,
    merge,
)
from tests.bench.watched import Question, Told, Which

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
    orders = tuple(whole_of(card, station) for card in view.cards)
    return BoardView("j", 1, MORNING, (view,), (), (), (), status, orders)


def newcomers(slots: Iterable[int], seed: int, station: str = "oven") -> tuple[OrderView, ...]:
    """Orders that come to these slots."""
    chance = random.Random(seed)
    views = []
    for slot in slots:
        card = msgspec.structs.replace(_card(slot, chance), order=OrderId(f"n{seed}-{slot}"))
        whole = whole_of(card, station)
        views.append(OrderView(card.order, card.state, cards={StationId(station): card}, whole=whole))
    return tuple(views)


def whole_of(card: Card, station: str) -> Whole:
    """The order of a card whose items are all at one station."""
    return Whole(
        order=card.order, display_id=card.display_id, state=card.state, type="TAKEOUT", channel=card.channel,
        customer=card.customer, phone="1234", note=card.note, priority=0, created=card.since, since=card.since,
        due=card.due, release=None, items=card.items, slots={StationId(station): card.slot},
    )  # fmt: skip


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

    async def first_seconds(self) -> None:
        """As many as a display takes until all that stays is there."""
        await self.connected.wait()
        for _ in range(2 * int(SETTLED) + 2):
            await self.tick()
            await asyncio.sleep(1.0)

    async def change(self, orders: tuple[OrderView, ...]) -> None:
        """A commit that changed these."""
        change = Change(self.board.sequence + 1, self.board.now, orders, {})
        self.board = merge(self.board, change)
        await self.tell(change)

    async def tell(self, message: object) -> None:
        """Send a message to every display."""
        for one in self._sockets:
            await one.send_str(msgspec.json.encode(message).decode())

    async def _feed(self, request: web.Request) -> web.WebSocketResponse:
        screen = web.WebSocketResponse()
        await screen.prepare(request)
        fields = {name: getattr(self.board, name) for name in BoardView.__struct_fields__}
        await screen.send_str(msgspec.json.encode(Snapshot(**fields)).decode())
        self._sockets.add(screen)
        self.connected.set()
        async for _ in screen:
            pass
        self._sockets.discard(screen)
        return screen


class Terminal:
    """A pty that counts what is written to it."""

    def __init__(self, columns: int, rows: int) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.set_blocking(self.master, False)
        self.bytes = 0
        self.wrote_at = time.perf_counter()
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


class Display:
    """A display as a process of its own, which answers questions about itself."""

    def __init__(self, process: psutil.Process, line: socket.socket) -> None:
        self.process = process
        self._line = line

    async def ask(self, question: Question) -> Told:
        """What it did since it was asked last; its heart beats from `watch` to `rest`; `settle` collects garbage."""
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self._line, question.encode())
        return msgspec.json.decode(await loop.sock_recv(self._line, 4096), type=Told)


@asynccontextmanager
async def display_in_a_pty(url: str, terminal: Terminal, which: Which = "ours") -> AsyncIterator[Display]:
    """The real app, or what it is held against, with the terminal as its own."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.watched", which, url, str(theirs.fileno())),
        stdin=terminal.slave, stdout=terminal.slave, stderr=terminal.slave, env=environment, start_new_session=True,
        pass_fds=(theirs.fileno(),),
    )  # fmt: skip
    theirs.close()
    try:
        yield Display(psutil.Process(child.pid), ours)
    finally:
        ours.close()
        child.terminate()
        await child.wait()
