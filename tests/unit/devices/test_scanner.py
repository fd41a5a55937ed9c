"""A scanner reads the code on a ticket: the order goes on at its station, or the customer has it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices import hid
from devices.hand import MOST
from devices.scanner import AGAIN, Scanner
from devices.settings import ScannerSettings
from devices.twin.keypad import VirtualKeypad
from edge.orders import Moment, OrderState
from edge.words import speak
from tests.builders import KITCHEN, OVEN, a_bread, a_bun
from tests.cloud import EXAMPLE, until
from tests.unit.devices.conftest import Bakery
from tests.unit.devices.hands import Keyboard

CODE = json.loads(EXAMPLE)["data"]["id"]  # as a ticket carries it


@pytest.fixture
def gun(tmp_path: Path) -> Iterator[VirtualKeypad]:
    """A serial scanner."""
    with VirtualKeypad(tmp_path / "gun") as gun:
        yield gun


@pytest.fixture
def keyboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    """A scanner that types; a pipe cannot be grabbed."""
    monkeypatch.setattr(hid, "grab", lambda _port: None)
    with Keyboard(tmp_path / "gun-event-kbd") as keyboard:
        yield keyboard


async def plugged_in(bakery: Bakery, port: str, **rest: object) -> None:
    settings = ScannerSettings(**{"id": "gun", "port": port} | rest)  # type: ignore[arg-type]
    bakery.run(Scanner(settings, bakery.hub, say=speak("en")).run())
    await until(lambda: "scanner:gun" in bakery.hub.vitals.devices and bakery.hub.vitals.devices["scanner:gun"])
    await until(lambda: bakery.hub.vitals.devices["scanner:gun"].state == "ok")


def reason(bakery: Bakery) -> str:
    return bakery.hub.vitals.devices["scanner:gun"].reason


def order(bakery: Bakery, name: str = CODE):
    return bakery.hub.board.orders[name]


async def ready(bakery: Bakery) -> None:
    """The order waits for its customer."""
    await bakery.order(CODE, a_bun())
    await bakery.ask(station=KITCHEN, position=1)
    assert order(bakery).state is OrderState.READY


async def test_a_scan_at_a_station_is_the_orders_next_press(bakery: Bakery, gun: VirtualKeypad) -> None:
    await bakery.order("o1", a_bread())
    await bakery.order(CODE, a_bread())
    await plugged_in(bakery, gun.port, station=OVEN)
    gun.press(f"{CODE}\r")
    await until(lambda: order(bakery).items[0].moment is Moment.STARTED)
    bakery.clock.advance(AGAIN)
    gun.press(f"{CODE}\r\n")
    await until(lambda: order(bakery).items[0].place == 1)
    assert not order(bakery, "o1").started


async def test_a_scan_at_the_counter_collects_the_order(bakery: Bakery, gun: VirtualKeypad) -> None:
    await ready(bakery)
    by: list[str] = []
    bakery.hub.follow(lambda commit: by.extend(fact.by for fact in commit.facts))
    await plugged_in(bakery, gun.port)
    gun.press(f"{CODE}\r")
    await until(lambda: order(bakery).state is OrderState.COLLECTED)
    assert set(by) == {"scanner:gun"}


async def test_what_is_read_again_and_again_is_one_scan(bakery: Bakery, gun: VirtualKeypad) -> None:
    await bakery.order(CODE, a_bread())
    await plugged_in(bakery, gun.port, station=OVEN)
    gun.press(f"{CODE}\r" * 3 + "no-such-order\r")
    await until(lambda: reason(bakery))
    assert (order(bakery).items[0].place, order(bakery).items[0].moment) == (0, Moment.STARTED)


async def test_a_code_of_something_else_is_a_line_on_the_screen(bakery: Bakery, gun: VirtualKeypad) -> None:
    await plugged_in(bakery, gun.port)
    gun.press(b"\r6901234567892\r")
    await until(lambda: reason(bakery) == "there is no order 6901234567892 on the board")
    gun.press(b"\xff\xfe\x1b[2J\r")
    await until(lambda: "[2J" in reason(bakery))
    assert "\x1b" not in reason(bakery)


async def test_a_scanner_at_the_wrong_speed_fills_neither_the_log_nor_the_memory(
    bakery: Bakery, caplog: pytest.LogCaptureFixture
) -> None:
    scanner = Scanner(ScannerSettings(id="gun", port="/dev/gun"), bakery.hub, say=speak("en"))
    for number in range(10 * MOST):
        scanner.heard(b"%d" % number)
    assert len(scanner._asking) == MOST
    await until(lambda: not scanner._asking)
    assert len(caplog.records) == 1
    await ready(bakery)
    scanner.heard(CODE.encode())
    await until(lambda: order(bakery).state is OrderState.COLLECTED)


async def test_an_order_that_is_not_ready_is_not_collected(bakery: Bakery, gun: VirtualKeypad) -> None:
    await bakery.order(CODE, a_bread())
    await plugged_in(bakery, gun.port)
    gun.press(f"{CODE}\r")
    await until(lambda: "is not ready" in reason(bakery))


async def test_a_scanner_that_types_is_one_too(bakery: Bakery, keyboard: Keyboard) -> None:
    for name in (CODE, "MT-2026/A_17#b", "o1"):
        await bakery.order(name, a_bread())
    await plugged_in(bakery, keyboard.port, station=OVEN, framing="hid")
    for name in (CODE, "MT-2026/A_17#b"):
        keyboard.scan(name)
        await until(lambda name=name: order(bakery, name).started)
    assert not order(bakery, "o1").started


async def test_a_scanner_works_again_after_it_was_unplugged_in_mid_code(bakery: Bakery, keyboard: Keyboard) -> None:
    await bakery.order("17", a_bread())
    await plugged_in(bakery, keyboard.port, station=OVEN, framing="hid")
    keyboard.press("9")
    keyboard.unplug()
    await until(lambda: bakery.hub.vitals.devices["scanner:gun"].state == "missing")
    keyboard.replug()
    await until(lambda: bakery.hub.vitals.devices["scanner:gun"].state == "ok")
    keyboard.scan("17")
    await until(lambda: order(bakery, "17").started)
