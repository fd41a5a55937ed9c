"""The ways to a printer, where they are long."""

import asyncio
import os
import pty
import socket
import termios
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.cable import Cable, plug_in
from devices.escpos import ASK_STATUS
from devices.settings import Serial, Tcp
from devices.twin.printer import VirtualPrinter
from edge.worker import Worker
from tests.cloud import PATIENCE


@pytest.fixture
def worker() -> Iterator[Worker]:
    """The thread of one device."""
    with Worker("printer") as worker:
        yield worker


async def test_a_printer_is_found_at_the_second_address_of_its_name(
    paper: VirtualPrinter, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:  # bound, but listens to no one
        nobody.bind(("127.0.0.1", 0))
        addresses = (nobody.getsockname(), (paper.host, paper.port))

        def look_up(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", address) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        cable = await plug_in(Tcp("localhost", paper.port), worker)
    await cable.send(ASK_STATUS, stall=1)
    assert await cable.hear() == 0x12
    await cable.unplug(linger=1)


async def test_a_printer_that_answers_at_no_address_of_its_name_cannot_be_reached(worker: Worker) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            await plug_in(Tcp(*nobody.getsockname()), worker)


async def test_a_port_that_takes_long_to_close_holds_up_nothing_else(worker: Worker) -> None:
    reading, writing = os.pipe()
    loop, pressed = asyncio.get_running_loop(), threading.Event()
    loop.call_soon(pressed.set)
    seen: list[bool] = []

    def close() -> None:
        seen.append(pressed.wait(PATIENCE))  # as a serial port waits for its bytes
        os.close(writing)

    await Cable(writing, close, worker, hears=False).unplug(linger=0)
    os.close(reading)
    assert seen == [True]


@pytest.mark.parametrize("when", ["while it talks", "while it hears the printer out"])
async def test_who_is_stopped_does_not_wait_for_a_port_that_cannot_be_closed(worker: Worker, when: str) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    taken, closed = threading.Event(), threading.Event()
    ready = asyncio.Event()

    def close() -> None:
        taken.wait(2 * PATIENCE)
        ours.close()
        closed.set()

    async def talk() -> None:
        cable = Cable(ours.fileno(), close, worker, end=ready.set)
        try:
            if when == "while it talks":
                ready.set()
                await cable.hear()
        finally:
            await cable.unplug(linger=60)

    talking = asyncio.create_task(talk())
    await ready.wait()
    talking.cancel()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(talking, return_exceptions=True)
    assert not closed.is_set()
    taken.set()
    assert await asyncio.to_thread(closed.wait, PATIENCE)
    theirs.close()


async def test_who_is_stopped_while_a_port_is_closing_does_not_wait_for_it(worker: Worker) -> None:
    reading, writing = os.pipe()
    begun, taken = threading.Event(), threading.Event()

    def close() -> None:
        begun.set()
        taken.wait(2 * PATIENCE)
        os.close(writing)

    closing = asyncio.create_task(Cable(writing, close, worker, hears=False).unplug(linger=60))
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    closing.cancel()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(closing, return_exceptions=True)
    taken.set()
    await worker.run(lambda: None)
    os.close(reading)


async def test_a_cable_that_was_pulled_out_can_be_let_go(worker: Worker) -> None:
    def close() -> None:
        raise OSError

    reading, writing = os.pipe()
    await Cable(writing, close, worker, hears=False).unplug(linger=0)
    os.close(reading)
    os.close(writing)


async def test_a_serial_printer_that_is_switched_off_has_said_nothing(worker: Worker) -> None:
    """Its break would be read as NUL, a "printed" answer; a pty has no breaks, so how the port is set must do."""
    ours, printer = pty.openpty()
    cable = await plug_in(Serial(Path(os.ttyname(printer))), worker)
    deaf = termios.IGNBRK | termios.INPCK | termios.IGNPAR
    assert termios.tcgetattr(printer)[0] & deaf == deaf
    os.write(ours, b"\x12")
    assert await cable.hear() == 0x12
    await cable.unplug(linger=1)
    os.close(ours)
    os.close(printer)
