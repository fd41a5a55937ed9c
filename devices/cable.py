"""Cables: the ways to a printer. Each carries bytes out as fast as they are taken, and keeps what comes back."""

import asyncio
import os
import socket
import termios
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import serial

from devices.settings import Connection, File, Serial, Tcp, Usb
from edge.worker import Worker

PARTING = 0.5  # seconds to hear a printer out while the hub stops, which has five for everything


async def plug_in(connection: Connection, worker: Worker) -> "Cable":
    """Open a way to a printer; OSError where there is none. What may block is the worker's."""
    match connection:
        case Tcp(host, port):
            peer = await _call(host, port, worker)
            return Cable(peer.fileno(), peer.close, worker, end=lambda: peer.shutdown(socket.SHUT_WR))
        case Usb(path):
            descriptor, hears = await worker.open(partial(_open_usb, path), lambda opened: os.close(opened[0]))
            return Cable(descriptor, lambda: os.close(descriptor), worker, hears=hears, usb=True)
        case Serial():
            line = await worker.open(partial(_open_serial, connection), serial.Serial.close)
            return Cable(line.fileno(), line.close, worker)
        case File(path):
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
            descriptor = await worker.open(partial(os.open, path, flags, 0o644), os.close)
            return Cable(descriptor, lambda: os.close(descriptor), worker, hears=False)


class Cable:
    """An open way to a printer, over whatever has a file descriptor."""

    def __init__(
        self,
        descriptor: int,
        close: Callable[[], None],
        worker: Worker,
        *,
        end: Callable[[], None] | None = None,
        hears: bool = True,
        usb: bool = False,
    ) -> None:
        self.hears = hears
        self._usb = usb
        self.sent = 0  # bytes that have left
        self._descriptor = descriptor
        self._close = close
        self._worker = worker
        self._say_end = end
        self._heard: deque[int] = deque()
        self._news = asyncio.Event()
        self._end: OSError | None = None  # why nothing more will be heard
        self._loop = asyncio.get_running_loop()
        if hears:
            try:
                self._loop.add_reader(descriptor, self._read)
            except PermissionError:  # of what cannot be waited for, as a file
                self.hears = False

    async def send(self, data: bytes, *, stall: float) -> None:
        """Bring everything out; OSError where the way breaks, or where nothing is taken for `stall` seconds."""
        rest = memoryview(data)
        while rest:
            try:
                count = os.write(self._descriptor, rest)
            except BlockingIOError:
                async with asyncio.timeout(stall):
                    await self._room()
            else:
                self.sent += count
                rest = rest[count:]

    def heard(self) -> bytes:
        """What the printer has said up to now."""
        said = bytes(self._heard)
        self._heard.clear()
        return said

    async def hear(self) -> int:
        """The next byte the printer says; OSError once it has hung up."""
        while not self._heard:
            if self._end is not None:
                raise self._end
            self._news.clear()
            await self._news.wait()
        return self._heard.popleft()

    async def unplug(self, *, linger: float) -> None:
        """Say that no more comes, hear the printer out, then let go; done at once it could tear what is on its way.

        Whoever is being stopped waits only for a moment: a blocked serial port may take half a minute to close.
        """
        linger = min(linger, PARTING) if _stopped() else linger
        try:
            if self._usb:  # the kernel takes back what is on its way where the device is closed meanwhile
                async with asyncio.timeout(linger):
                    await self._room()
            if self._say_end is not None:
                self._say_end()
                async with asyncio.timeout(linger):
                    while True:
                        await self.hear()
        except OSError:  # it has hung up too, or takes too long
            pass
        finally:
            self._loop.remove_reader(self._descriptor)
            closing = self._worker.ask(self._let_go)
            if not _stopped():
                await closing

    def _let_go(self) -> None:
        with suppress(OSError):
            self._close()  # a serial port may hold it up until its bytes are out

    async def _room(self) -> None:
        room = asyncio.Event()
        self._loop.add_writer(self._descriptor, room.set)
        try:
            await room.wait()
        finally:
            self._loop.remove_writer(self._descriptor)

    def _read(self) -> None:
        try:
            said = os.read(self._descriptor, 1024)
        except BlockingIOError:
            return
        except OSError as error:
            said, self._end = b"", error
        if not said:
            if not self._usb:  # there, an empty packet is no end
                self._end = self._end or ConnectionAbortedError("the printer hung up")
            self._loop.remove_reader(self._descriptor)
        self._heard.extend(said)
        self._news.set()


def _stopped() -> bool:
    """Whether whoever runs this was told to end."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _call(host: str, port: int, worker: Worker) -> socket.socket:
    """The first of the name's addresses that answers: `localhost` has two, and a printer listens on one."""
    loop = asyncio.get_running_loop()
    failure = OSError("the name has no address")
    look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _, address in await worker.open(look_up, lambda _: None):
        try:
            peer = socket.socket(family, kind, protocol)
        except OSError as error:  # no IPv6 here
            failure = error
            continue
        try:
            peer.setblocking(False)
            await loop.sock_connect(peer, address)
        except OSError as error:
            peer.close()
            failure = error
        except BaseException:
            peer.close()
            raise
        else:
            return peer
    raise failure


def _open_usb(path: Path) -> tuple[int, bool]:
    """The kernel's device, and whether it can be read: where the printer answers and its rights allow it."""
    try:
        return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY), True
    except PermissionError:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY), False


def _open_serial(line: Serial) -> serial.Serial:
    hard, soft = line.flow == "rtscts", line.flow == "xonxoff"
    try:
        port = serial.Serial(str(line.path), line.baud, timeout=0, exclusive=True, rtscts=hard, xonxoff=soft)
        try:
            _hear_no_breaks(port.fileno())
        except BaseException:
            port.close()
            raise
        return port
    except termios.error as error:  # not an OSError, though it is one
        raise OSError(*error.args) from error


def _hear_no_breaks(descriptor: int) -> None:
    """A printer that is switched off pulls its line down, which would be read as NUL: to GS r that says "printed"."""
    settings = termios.tcgetattr(descriptor)
    settings[0] |= termios.IGNBRK | termios.INPCK | termios.IGNPAR
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
