"""From a press on a keypad's pty to the change on the display's terminal, against the floor of the same parts bare."""

import fcntl
import os
import pty
import random
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from devices.twin.keypad import VirtualKeypad
from tests.bench.figures import Aim, Line, Section, middle, percentile
from tests.bench.floor import quick_client
from tests.bench.receivers import ORDERS
from tests.bench.store import PATIENCE, ask, feed_of, line_from, order_event, python, store_toml, until
from tests.brokers import Broker

ROUNDS, FEW_ROUNDS = 5, 1
PRESSES, TURN = 320, 80  # of each kind in a round, and before the others have their turn
CARDS = 40
STAGES = 50  # as many as a station may have
FIRST_KEY = 0x21
SIZE = 240, 67
PAUSE = 0.02, 0.08  # seconds between seeing a change and the next press: any phase of frames and ticks
LIMIT, TIMES = 60, 3  # ms; and the floor

Press = Callable[[int, float], float]


def measure(*, quick: bool) -> Iterator[Section]:
    """All in turns, so that whatever else the machine does disturbs all."""
    rounds = FEW_ROUNDS if quick else ROUNDS
    times: dict[str, list[list[float]]] = {name: [[] for _ in range(rounds)] for name in ("ours", "bare", "textual")}
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text, ExitStack() as stack:
        directory = Path(text)
        broker = Broker(directory).start()
        stack.callback(broker.stop)
        presses = {
            "ours": stack.enter_context(_store(broker, directory, rounds * PRESSES)),
            **stack.enter_context(_floors(directory)),
        }
        chance = random.Random(1)
        for start in range(0, rounds * PRESSES, TURN):
            for name, press in presses.items():
                for number in range(start, start + TURN):
                    times[name][start // PRESSES].append(press(number, chance.uniform(*PAUSE)))
    lines = []
    for title, share in (("p50", 0.5), ("p99", 0.99)):
        ours, bare, textual = (middle(percentile(each, share) for each in kind) for kind in times.values())
        last = title == "p99"
        lines += [
            Line(f"Ovenbell, {title}", _ms(ours), None, Aim(ours * 1000, "<=", LIMIT, "ms") if last else None),
            Line(f"floor with an app of one line, {title}", _ms(textual), ours / textual),
            Line(f"floor, {title}", _ms(bare), ours / bare, Aim(ours / bare, "<=", TIMES) if last else None),
        ]
    yield Section(
        f"From a press on the pty to the change on the terminal, {CARDS} cards, 240x67",
        tuple(lines),
        f"medians of {rounds} rounds of {PRESSES}; floor: pty, one row committed, WebSocket, pty, bare processes",
    )


class Screen:
    """The master of a pty on which some display writes."""

    def __init__(self, master: int) -> None:
        self._master = master
        self._said = b""

    def watch(self, seconds: float) -> None:
        """Read away what is written meanwhile."""
        ends = time.monotonic() + seconds
        while self._read(max(0.0, ends - time.monotonic())):
            pass
        self._said = b""

    def shows(self, words: bytes) -> float:
        """Wait until this is written; when it was read."""
        ends = time.monotonic() + PATIENCE
        while words not in self._said:
            if time.monotonic() > ends:
                raise RuntimeError(f"waited in vain for {words!r}; last came {self._said[-300:]!r}")
            self._read(PATIENCE)
        return time.perf_counter()

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if ready:
            self._said += os.read(self._master, 1 << 20)
        return bool(ready)


@contextmanager
def _store(broker: Broker, directory: Path, presses: int) -> Iterator[Press]:
    """A real hub with a keypad, and a real display; each press moves one card by one moment."""
    with VirtualKeypad() as keypad, ExitStack() as stack:
        settings = store_toml(directory, cloud=broker.url, rest=_kitchen(keypad.port, presses))
        process = stack.enter_context(
            python("-m", "config.command", "hub", "--config", str(settings), directory=directory)
        )
        hub = feed_of(line_from(process, directory))
        cloud = quick_client("cloud", broker.port)
        cloud.loop_start()
        now = datetime.now(UTC)
        for number in range(CARDS):  # each in its turn, so that slot and key are its number
            cloud.publish(ORDERS, order_event(number, now, f"key-{number:02}"), 1).wait_for_publish(PATIENCE)
        cloud.disconnect()
        cloud.loop_stop()
        until(lambda: ask(f"{hub}/api/board").count(b'"slot":') == CARDS, "the orders")
        words = "-m", "config.command", "display", "--hub", hub, "--language", "en"
        screen = stack.enter_context(_screen(*words))
        screen.shows(_next(0))

        def press(number: int, pause: float) -> float:
            screen.watch(pause)
            began = time.perf_counter()
            keypad.press(bytes([FIRST_KEY + number % CARDS]))
            return screen.shows(_next(number + CARDS)) - began

        yield press


@contextmanager
def _floors(directory: Path) -> Iterator[dict[str, Press]]:
    """The same ways without our code between, to a bare screen and to an app of one line."""
    with ExitStack() as stack:
        presses = {}
        for name in ("screen", "textual"):
            keypad = stack.enter_context(VirtualKeypad())
            hub_words = "-m", "tests.bench.pixel_floor", "hub", keypad.port, str(directory / f"{name}.db")
            process = stack.enter_context(python(*hub_words, directory=directory))
            words = "-m", "tests.bench.pixel_floor", name, line_from(process, directory)
            screen = stack.enter_context(_screen(*words))
            screen.shows(b"<0->")
            presses[name] = partial(_floor_press, keypad, screen)
        yield {"bare": presses["screen"], "textual": presses["textual"]}


def _floor_press(keypad: VirtualKeypad, screen: Screen, number: int, pause: float) -> float:
    screen.watch(pause)
    began = time.perf_counter()
    keypad.press("1")
    return screen.shows(b"<%d1>" % (number + 1)) - began


@contextmanager
def _screen(*words: str) -> Iterator[Screen]:
    """A process with a terminal of its own."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen(
        [sys.executable, *words], stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    )
    try:
        yield Screen(master)
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def _next(press: int) -> bytes:
    """What a card says before this press: the moment that comes next."""
    moment, stage = ("start", "finish")[press // CARDS % 2], _stage(press % CARDS, press // CARDS // 2)
    return f"next: {moment} {stage}".encode()


def _stage(key: int, place: int) -> str:
    """No two cards wait for the same moment of the same stage while their keys are pressed one after another."""
    return f"stage-{(key + place) % STAGES:02}"


def _kitchen(port: str, presses: int) -> str:
    """One station with a keypad; a route for each order, so that every change is known from all others."""
    stages = [[_stage(key, place) for place in range(presses // CARDS // 2 + 2)] for key in range(CARDS)]
    routes = "".join(
        f"[[routes]]\nmatch = 'key-{key:02}'\nstages = {route}\nlead_minutes = 180\n"
        for key, route in enumerate(stages)
    )
    keys = "".join(f'"{FIRST_KEY + key:#x}" = "bump {key + 1}"\n' for key in range(CARDS))
    every = [_stage(key, 0) for key in range(STAGES)]
    return f"""
{routes}
[[stations]]
id = "oven"
stages = {every}
slots = {CARDS}
[[keypads]]
id = "oven-pad"
station = "oven"
port = "{port}"
[keypads.keys]
{keys}
""" + "".join(f"[stages.{stage}]\npresses = 2\n" for stage in every)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
