"""A virtual printer: listens on TCP, understands what Ovenbell sends, keeps the tickets, and breaks when asked to."""

import asyncio
import errno
import re
import socket
import struct
import time
from collections.abc import Callable
from typing import cast

from devices.escpos import BLOCK
from devices.twin.reader import Reader, Ticket

STATUS = 0x12  # the bits that every answer to DLE EOT has
COVER_OPEN, PAPER_OUT = 0x04, 0x20
ASKED = re.compile(b"\x10\x04([\x01-\x04])")
STOPS = frozenset({"paper_out", "cover_open", "stuck", "pace"})
LINGERS = 5.0  # seconds
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets the connection


class VirtualPrinter:
    """A printer on a port of this machine, 576 dots wide with 48 columns and 384 with 32."""

    def __init__(self, columns: int = 48, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.calls: set[Call] = set()
        self.columns, self.host, self.port = columns, host, port
        self.tickets: list[Ticket] = []
        self.unknown: list[bytes] = []  # commands it did not understand
        # Switches for faults; turn them at any time.
        self.refuse = False  # hang up on whoever calls; after `stop` a call does not even get through
        self.mute = False  # print, but never answer
        self.silent = False  # print and confirm, but answer no question of status
        self.names = True  # answer GS ( H with the name that was given: Epson's printers do, many others do not
        self.deaf = False  # take connections but read nothing from them
        self.paper_out = False  # stop where it is, go on once there is some
        self.cover_open = False  # stop where it is, and tell
        self.stuck = False  # stop where it is, and tell nothing
        self.pace = 0.0  # seconds it takes for each byte
        self.chatter = b""  # say this to whoever calls
        self.fidget = b""  # say this unasked before each answer
        self.lie = b""  # say this instead of that it was printed
        self.close_early = False  # hang up instead of saying that it was printed
        self.reset_after: int | None = None  # reset a connection after so many bytes
        self.overhear: Callable[[bytes], object] = bytes  # is called with all that comes, before it is worked off
        self.calls_taken = 0
        self._server: asyncio.Server | None = None
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def connection(self) -> str:
        """What store.toml calls it."""
        return f"tcp://{self.host}:{self.port}"

    def __setattr__(self, name: str, value: object) -> None:
        """A switch that is turned has its effect at once."""
        super().__setattr__(name, value)
        if name in STOPS:
            for call in tuple(self.calls):
                call.work()

    async def start(self) -> None:
        """Switch it on; it keeps its port from then on."""
        loop, until = asyncio.get_running_loop(), time.monotonic() + LINGERS
        while True:
            try:
                self._server = await loop.create_server(lambda: Call(self), self.host, self.port)
                break
            except OSError as error:  # whoever called while it was switched off may hold its port for a moment
                if error.errno != errno.EADDRINUSE or self._server is None or time.monotonic() > until:
                    raise
                await asyncio.sleep(0.01)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Switch it off."""
        if self._server is not None:
            self._server.close()
            for call in tuple(self.calls):
                call.transport.abort()
            await self._server.wait_closed()

    @property
    def off(self) -> bool:
        """Whether it is switched off; who had just called does not get through any more."""
        return self._server is not None and not self._server.is_serving()

    async def printed(self, count: int = 1) -> list[Ticket]:
        """All its tickets, once there are so many."""
        if len(self.tickets) < count:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append((count, future))
            await future
        return self.tickets

    @property
    def stopped(self) -> bool:
        """Whether it cannot print now."""
        return self.paper_out or self.cover_open

    def status(self, question: int) -> bytes:
        """The answer to DLE EOT."""
        match question:
            case 1:
                return bytes([STATUS | 0x08 * self.stopped])
            case 2:
                return bytes([STATUS | COVER_OPEN * self.cover_open | PAPER_OUT * self.paper_out])
            case 4:
                return bytes([STATUS | 0x60 * self.paper_out])
        return bytes([STATUS])

    def fall(self, ticket: Ticket) -> None:
        """A ticket comes out."""
        self.tickets.append(ticket)
        for count, future in self._waiting:
            if len(self.tickets) >= count and not future.done():
                future.set_result(None)


class Call(asyncio.Protocol):
    """One connection."""

    def __init__(self, printer: VirtualPrinter) -> None:
        self.printer = printer
        self._reader = Reader(printer.columns, self._answer, printer.fall, printer.unknown)
        self._buffer = b""
        self._received = 0
        self._tail = b""  # a question may be cut in two
        self._ended = False
        self._next: asyncio.TimerHandle | None = None  # when a slow one takes the next byte

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody calls."""
        self.transport = cast("asyncio.Transport", transport)
        self.printer.calls.add(self)
        self.printer.calls_taken += 1
        self.transport.write(self.printer.chatter)
        if self.printer.refuse or self.printer.off:
            self.transport.abort()
        elif self.printer.deaf:
            self.transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Questions of status are answered at once, the rest is worked off in its order."""
        self.printer.overhear(data)
        limit = self.printer.reset_after
        if limit is not None and self._received + len(data) > limit:
            self._buffer += data[: max(0, limit - self._received)]
            self.work()
            if line := self.transport.get_extra_info("socket"):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.transport.abort()
            return
        self._received += len(data)
        for question in ASKED.finditer(self._tail + data):
            if not (self.printer.mute or self.printer.silent):
                self.transport.write(self.printer.fidget + self.printer.status(question[1][0]))
        self._tail = (self._tail + data)[-2:]
        self._buffer += data
        self.work()

    def eof_received(self) -> bool:
        """The caller has said everything; hang up when it is worked off."""
        self._ended = True
        self.work()
        return True

    def connection_lost(self, _error: Exception | None) -> None:
        """What is on paper stays there."""
        self.printer.calls.discard(self)
        self._wait(0.0)
        self._reader.tear()

    def work(self) -> None:
        """Print what has come, if the printer can."""
        printer = self.printer
        if printer.stopped or printer.stuck:
            return
        if printer.pace and self._buffer:
            self._wait(printer.pace)
            self.transport.pause_reading()  # its buffer is small
            return
        self._wait(0.0)
        if not printer.deaf:
            self.transport.resume_reading()
        data, self._buffer = self._buffer, b""
        self._reader.feed(data)
        if self._ended:
            self.transport.close()

    def _wait(self, pace: float) -> None:
        if self._next is not None and not pace:
            self._next.cancel()
            self._next = None
        elif self._next is None and pace:
            self._next = asyncio.get_running_loop().call_later(pace, self._crumb)

    def _crumb(self) -> None:
        self._next = None
        if not (self.printer.stopped or self.printer.stuck):
            crumb, self._buffer = self._buffer[:1], self._buffer[1:]
            self._reader.feed(crumb)
        self.work()

    def _answer(self, answer: bytes) -> None:
        printer = self.printer
        if printer.close_early:
            self.transport.close()
        elif not printer.mute and (printer.names or answer[0] != BLOCK):
            self.transport.write(printer.fidget + (printer.lie or answer))
