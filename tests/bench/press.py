"""From a press on the pty to the stage event at an independent subscriber, against the floor of the same parts bare."""

import json
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Self

from devices.twin.keypad import VirtualKeypad
from tests.bench.figures import Aim, Line, Section, middle, percentile
from tests.bench.floor import FLOOR, quick_client
from tests.bench.receivers import ORDERS, STORE
from tests.bench.store import PATIENCE, ask, feed_of, line_from, order_event, python, store_toml, until
from tests.brokers import Broker

ROUNDS, FEW_ROUNDS = 5, 1
PRESSES, TURN = 400, 200  # of each kind in a round, and before the other has its turn: only its first press is cold
PAUSE = 0.005, 0.03  # seconds between hearing of a press and the next, at any phase of ticks: quicker than any hands
KEYS = range(0x21, 0x21 + 90)  # an order for each, so that no key comes again as fast as a bounce
STAGES = f"ovenbell/v1/{STORE}/stages"

Press = Callable[[int], float]


def measure(*, quick: bool) -> Iterator[Section]:
    """Both in turns, so that whatever else the machine does disturbs both."""
    rounds = FEW_ROUNDS if quick else ROUNDS
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text:
        directory = Path(text)
        broker = Broker(directory).start()
        try:
            ours, floor = _in_turns(broker, directory, rounds)
        finally:
            broker.stop()
    lines = []
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        mine, bare = (middle(percentile(times, share) for times in kind) for kind in (ours, floor))
        aim = Aim(mine / bare, "<=", 2) if name == "p99" else None
        lines += [Line(f"Ovenbell, {name}", _ms(mine)), Line(f"floor, {name}", _ms(bare), mine / bare, aim)]
    yield Section(
        "From a press on the pty to its stage event at a subscriber, grace 0",
        tuple(lines),
        f"medians of {rounds} rounds of {PRESSES}; floor: pty, one row committed, broker, in a process of one thread",
    )


class Ear:
    """An independent subscriber that knows when it heard what."""

    def __init__(self, broker: Broker) -> None:
        self._heard: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        self.client = quick_client("ear", broker.port)
        self.client.on_message = lambda _client, _data, message: self._heard.put((time.perf_counter(), message.payload))
        taken = threading.Event()
        self.client.on_subscribe = lambda *_: taken.set()
        self.client.subscribe([(FLOOR, 1), (STAGES, 1)])
        self.client.loop_start()
        if not taken.wait(PATIENCE):
            raise RuntimeError("the broker does not take a subscription")

    def next(self) -> tuple[float, bytes]:
        """The next message, and when it came."""
        return self._heard.get(timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@contextmanager
def floor_press(broker: Broker, directory: Path, ear: Ear) -> Iterator[Press]:
    """A key goes through the bare parts, in a process like the hub's."""

    def press(_number: int) -> float:
        began = time.perf_counter()
        keypad.press("1")
        heard, _ = ear.next()
        return heard - began

    with VirtualKeypad() as keypad:
        parts = "-m", "tests.bench.floor", str(broker.port), str(keypad.port), str(directory / "floor.db")
        with python(*parts, directory=directory) as process:
            line_from(process, directory)
            yield press


@contextmanager
def hub_press(broker: Broker, directory: Path, ear: Ear, presses: int) -> Iterator[Press]:
    """The command `ovenbell hub` with a keypad; each press tells one moment of one order."""
    moments: list[str] = []

    def press(number: int) -> float:
        began = time.perf_counter()
        keypad.press(bytes([KEYS[number % len(KEYS)]]))
        heard, event = ear.next()
        moments.append(json.loads(event)["type"].removeprefix("ovenbell.item."))
        return heard - began

    with VirtualKeypad() as keypad:
        settings = store_toml(directory, cloud=broker.url, grace=0, rest=_bench(keypad.port, presses))
        with python("-m", "config.command", "hub", "--config", str(settings), directory=directory) as process:
            feed = feed_of(line_from(process, directory))
            now = datetime.now(UTC)
            for number in range(1, len(KEYS) + 1):
                ear.client.publish(ORDERS, order_event(number, now, "press"), 1)
            for _ in KEYS:
                ear.next()
            until(lambda: b'"state":"ok"' in ask(f"{feed}/api/board"), "the keypad")
            yield press
    alternating = ["started" if number // len(KEYS) % 2 == 0 else "finished" for number in range(presses)]
    if moments != alternating:
        raise RuntimeError("the stage events were not those of the presses")


def _in_turns(broker: Broker, directory: Path, rounds: int) -> tuple[list[list[float]], list[list[float]]]:
    """The times of both kinds, by round."""
    ours: list[list[float]] = [[] for _ in range(rounds)]
    floor: list[list[float]] = [[] for _ in range(rounds)]
    with (
        Ear(broker) as ear,
        floor_press(broker, directory, ear) as press_floor,
        hub_press(broker, directory, ear, rounds * PRESSES) as press_hub,
    ):
        chance = random.Random(1)
        for start in range(0, rounds * PRESSES, TURN):
            for times, press in ((ours, press_hub), (floor, press_floor)):
                for number in range(start, start + TURN):
                    time.sleep(chance.uniform(*PAUSE))
                    times[start // PRESSES].append(press(number))
    return ours, floor


def _bench(port: str, presses: int) -> str:
    """One station with a keypad, and a route long enough that no order is ever ready."""
    stages = [f"stage-{number}" for number in range(presses // len(KEYS) // 2 + 2)]
    keys = "\n".join(f'"{key:#x}" = "bump {slot}"' for slot, key in enumerate(KEYS, 1))
    return f"""
[[routes]]
match = "press"
stages = {stages}
lead_minutes = 180
[[stations]]
id = "oven"
stages = {stages}
slots = {len(KEYS)}
[[keypads]]
id = "oven-pad"
station = "oven"
port = "{port}"
[keypads.keys]
{keys}
""" + "".join(f"[stages.{stage}]\npresses = 2\n" for stage in stages)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
