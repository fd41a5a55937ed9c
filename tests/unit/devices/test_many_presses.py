"""Ten thousand presses with noise, bounces and a loose plug: every true one has one effect, no other has any."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from devices import hand
from devices.frames import ETX, STX
from devices.keypad import BOUNCE, NOISE, Keypad
from devices.settings import Framing, KeypadSettings
from devices.twin.keypad import VirtualKeypad
from edge.facts import OrderPrioritised
from edge.layout import Station
from edge.store import StoreHub, store_hub
from edge.words import speak
from tests.builders import OVEN, ManualClock, a_bread, a_layout, placed, stages
from tests.cloud import PATIENCE, until
from tests.unit.devices.hands import SerialPair, require_socat

Pad = VirtualKeypad | SerialPair
KEYS = "1234567890"
LAST = "ab"  # keys that tell when all before them were heard
ORDERS = {key: f"o{number}" for number, key in enumerate(KEYS + LAST, 1)}


class Wire:
    """A keypad whose cable picks up noise: what it sends for a press in its framing."""

    def __init__(self, framing: Framing, dice: random.Random) -> None:
        self._framing, self._dice = framing, dice
        said = {ord(key) for key in KEYS + LAST} | {STX, ETX, 10, 13}
        self._dirt = [byte for byte in range(256) if byte not in said]

    def key(self, key: str) -> bytes:
        return {"byte": b"%b", "line": b"%b\r\n", "stx-etx": b"\x02%b\x03"}[self._framing] % key.encode()

    def noise(self) -> bytes:
        dirt = bytes(self._dice.choices(self._dirt, k=self._dice.randrange(4)))
        if self._framing == "line":
            return dirt + b"\r" + bytes(self._dice.choices(NOISE, k=self._dice.randrange(2)))
        frames = (b"", b"\x02" + dirt + b"\x03", b"\x021?" + dirt + b"\x03", b"\x02" + dirt, b"\x03")
        return dirt + self._dice.choice(frames) if self._framing == "stx-etx" else dirt

    def begun(self, key: str) -> bytes:
        """A press that the plug cuts off; of a byte nothing can be cut off."""
        return b"" if self._framing == "byte" else self.key(key)[:-1].removesuffix(b"\r")


class Baker:
    """Presses, and knows what it must have done."""

    def __init__(self, hub: StoreHub, clock: ManualClock, pad: Pad, wire: Wire, dice: random.Random) -> None:
        self.hub, self.clock, self.pad, self.wire, self.dice = hub, clock, pad, wire, dice
        self.done: Counter[str] = Counter()
        self.meant: Counter[str] = Counter()
        self._news = asyncio.Event()
        hub.follow(self._count)

    def _count(self, commit) -> None:
        self.done.update(fact.what.order for fact in commit.facts if isinstance(fact.what, OrderPrioritised))
        self._news.set()

    async def round(self) -> None:
        """Every key once, in any order; each bounces now, some once more a little later."""
        keys = self.dice.sample(KEYS, len(KEYS))
        sent = b""
        for key in keys:
            sent += self.wire.noise() + self.wire.key(key) * self.dice.choice((1, 1, 1, 2, 4))
            self.meant[ORDERS[key]] += 1
        await self._heard(sent, LAST[0])
        self.clock.advance(BOUNCE * self.dice.uniform(0.1, 0.9))
        await self._heard(b"".join(map(self.wire.key, self.dice.sample(keys, 3))), LAST[1])
        assert self.done == self.meant
        self.clock.advance(0.1)

    async def _heard(self, sent: bytes, last: str) -> None:
        self.pad.press(sent + self.wire.noise() + self.wire.key(last))
        self.meant[ORDERS[last]] += 1
        async with asyncio.timeout(PATIENCE):
            while self.done[ORDERS[last]] < self.meant[ORDERS[last]]:
                await self._news.wait()
                self._news.clear()

    async def pull_the_plug(self) -> None:
        """In the middle of a press; it is begun again by nobody."""
        self.pad.press(self.wire.noise() + self.wire.begun("1"))
        for _ in range(self.dice.randrange(3)):
            await asyncio.sleep(0)
        self.pad.unplug()
        await self.sees("missing")
        self.pad.replug()
        await self.sees("ok")
        self.clock.advance(0.1)

    async def sees(self, state: str) -> None:
        devices = self.hub.vitals.devices
        await until(lambda: devices and devices["keypad:pad"].state == state)


@pytest.fixture(params=["pty", "socat"])
def pad(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pad]:
    if request.param == "socat":
        require_socat()
    kind: type[Pad] = VirtualKeypad if request.param == "pty" else SerialPair
    with kind(tmp_path / "pad") as plugged:
        yield plugged


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def hub(tmp_path: Path, clock: ManualClock) -> AsyncIterator[StoreHub]:
    oven = Station(OVEN, "Oven", stages("baking", "boxing"), slots=12)
    hub = store_hub(a_layout(stations=(oven,), printing=()), tmp_path / "journal.db", clock)
    await hub.start()
    for order in ORDERS.values():
        await hub.submit(placed(order, a_bread()), by="cloud")
    yield hub
    await hub.stop()


@pytest.mark.parametrize("framing", ["byte", "line", "stx-etx"])
async def test_every_true_press_has_one_effect_and_no_false_one_has_any(
    framing: Framing, pad: Pad, hub: StoreHub, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hand, "FIRST_RETRY", 0.005)
    monkeypatch.setattr(hand, "LAST_RETRY", 0.02)
    dice = random.Random(f"{framing} {type(pad).__name__}")
    keys = {key: f"prioritise {number}" for number, key in enumerate(KEYS + LAST, 1)}
    settings = KeypadSettings(id="pad", station=OVEN, port=pad.port, framing=framing, keys=keys)
    listening = asyncio.create_task(Keypad(settings, hub, say=speak("en")).run())
    baker = Baker(hub, clock, pad, Wire(framing, dice), dice)
    rounds = 300 if isinstance(pad, VirtualKeypad) else 34  # 10,000 presses in all, but for those that tell the end
    try:
        await baker.sees("ok")
        for _ in range(rounds):
            await baker.round()
            if dice.random() < 0.05:
                await baker.pull_the_plug()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    assert sum(baker.done[ORDERS[key]] for key in KEYS) == rounds * len(KEYS)
