"""A device whose cable or name blocks whoever opens it delays nothing but itself."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devices import hand
from devices.keypad import Keypad
from devices.port import Port, open_port
from devices.settings import KeypadSettings
from devices.twin.keypad import VirtualKeypad
from devices.twin.printer import VirtualPrinter
from edge.orders import Moment
from edge.words import speak
from tests.builders import OVEN
from tests.cloud import PATIENCE, until
from tests.unit.devices.conftest import QUICK, Bakery

MANY = 40  # more than the 32 threads that a loop has for all, at most
DEAD = "/dev/dead"


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is waited for in opening ports and looking up names that never answer."""
    waited, over = list[str](), threading.Event()

    def wait(what: str) -> None:
        waited.append(what)
        over.wait(2 * PATIENCE)

    def opened(place: str, *rest: Any) -> Port:
        if place.startswith(DEAD):
            wait(place)
            raise FileNotFoundError
        return open_port(place, *rest)

    def looked_up(host: str, *rest: Any, look_up: Any = socket.getaddrinfo, **more: Any) -> Any:
        if host.endswith(".dead"):
            wait(host)
            raise socket.gaierror
        return look_up(host, *rest, **more)

    monkeypatch.setattr(hand, "open_port", opened)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    yield waited
    over.set()


async def test_more_blocked_devices_than_threads_hold_up_no_other(
    bakery: Bakery, paper: VirtualPrinter, tmp_path: Path, blocked: list[str]
) -> None:
    def keypad(name: str, port: str) -> None:
        settings = KeypadSettings(id=name, station=OVEN, port=port, keys={"1": "bump 1"})
        bakery.run(Keypad(settings, bakery.hub, say=speak("en")).run())

    for number in range(MANY):
        keypad(f"dead-{number}", f"{DEAD}{number}")
        bakery.run(bakery.printer(f"tcp://printer-{number}.dead:9100", name=f"dead-{number}").run())
    await until(lambda: len(blocked) == 2 * MANY)
    with VirtualKeypad(tmp_path / "pad") as pad:
        keypad("pad", pad.port)
        bakery.run(bakery.printer(paper.connection).run())
        await bakery.order("o1")
        await paper.printed(1)
        await until(lambda: bakery.hub.vitals.devices["keypad:pad"].state == "ok")
        pad.press("1")
        await until(lambda: next(iter(bakery.hub.board.orders.values())).items[0].moment is Moment.STARTED)


async def test_a_blocked_device_is_waited_for_by_one_thread_however_often_it_is_tried(
    bakery: Bakery, blocked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, tries = threading.active_count(), list[str]()
    printer = bakery.printer("tcp://printer.dead:9100", patience=replace(QUICK, connect=0.01))
    monkeypatch.setattr(printer, "_show", lambda state, _reason: tries.append(state))
    bakery.run(printer.run())
    await until(lambda: len(tries) > 5)
    assert tries[-1] == "missing"
    assert blocked == ["printer.dead"]
    assert threading.active_count() <= before + 1
