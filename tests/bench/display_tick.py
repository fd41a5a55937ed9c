"""What a second costs the display, in CPU, milliseconds and bytes written to the terminal."""

import asyncio
import time
from collections.abc import Iterator

import msgspec

from tests.bench.display_load import Terminal, TickingFeed, busy_board, display_in_a_pty
from tests.bench.figures import Aim, Line, Section, middle
from tests.bench.watched import Which

LARGE, SMALL = 40, 200
SIZE = 240, 67
INTERVAL, SHORT_INTERVAL = 0.25, 0.1  # seconds for one tick, so that a minute takes less
TICKS = 60


class TickCost(msgspec.Struct, frozen=True):
    """What one tick costs, over every second of a minute; all times in seconds."""

    cpu: float  # of a core per tick, the whole process
    frame: float  # CPU of the loop, median
    last_byte: float  # from tick sent to the last byte of what it changed, median
    slowest: float  # the same, of the slowest tick
    bytes: float  # to the terminal per tick


def measure(*, quick: bool) -> Iterator[Section]:
    """A minute of ticks on a screen of 40 large cards, on one of 200 small ones, and on 200 ordinary widgets."""
    interval = SHORT_INTERVAL if quick else INTERVAL
    large, small, ordinary = (
        asyncio.run(tick(cards, which, interval))
        for cards, which in ((LARGE, "ours"), (SMALL, "ours"), (SMALL, "ordinary"))
    )
    share, written = small.cpu * 100, small.bytes / 1000
    yield Section(
        "The display's tick, once a second, over a minute; 240x67",
        (
            *_lines(f"{LARGE} large cards", large),
            Line(f"{SMALL} small cards: of a core", f"{share:.1f} %", None, Aim(share, "<=", 4, "%")),
            *_lines(f"{SMALL} small cards", small)[1:-1],
            Line(f"{SMALL} small cards: to the terminal", f"{written:.2f} kB", None, Aim(written, "<=", 4, "kB")),
            *_lines(f"{SMALL} ordinary widgets", ordinary, small),
        ),
        "per frame: CPU of the loop for a tick, median; ordinary: a Static for each ticket, updated every second",
    )


def _lines(name: str, cost: TickCost, ours: TickCost | None = None) -> tuple[Line, ...]:
    return (
        Line(f"{name}: of a core", f"{cost.cpu * 100:.1f} %", ours.cpu / cost.cpu if ours else None),
        Line(f"{name}: per frame", _ms(cost.frame), ours.frame / cost.frame if ours else None),
        Line(f"{name}: tick to last byte, median", _ms(cost.last_byte), _ratio(ours, cost, "last_byte")),
        Line(f"{name}: tick to last byte, slowest", _ms(cost.slowest), _ratio(ours, cost, "slowest")),
        Line(f"{name}: to the terminal", f"{cost.bytes / 1000:.2f} kB", _ratio(ours, cost, "bytes")),
    )


def _ratio(ours: TickCost | None, cost: TickCost, name: str) -> float | None:
    return float(getattr(ours, name) / getattr(cost, name)) if ours else None


async def tick(cards: int, which: Which, interval: float) -> TickCost:
    """Tick through one minute, faster than life, and count what the display spends on it."""
    terminal = Terminal(*SIZE)
    try:
        async with (
            TickingFeed(busy_board(cards)).serving() as feed,
            display_in_a_pty(feed.url, terminal, which) as display,
        ):
            await feed.first_seconds()
            seconds, written, frames = [], [], []
            await display.ask("tell")
            before = display.process.cpu_times()
            for _ in range(TICKS):
                bytes_before, sent_at = terminal.bytes, time.perf_counter()
                await feed.tick()
                await asyncio.sleep(interval)
                frames.append((await display.ask("tell")).busy)
                await terminal.quiet(interval)
                seconds.append(max(0.0, terminal.wrote_at - sent_at))
                written.append(terminal.bytes - bytes_before)
            after = display.process.cpu_times()
    finally:
        terminal.close()
    spent = after.user + after.system - before.user - before.system
    return TickCost(
        cpu=spent / TICKS,
        frame=middle(frames),
        last_byte=middle(seconds),
        slowest=max(seconds),
        bytes=sum(written) / TICKS,
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
