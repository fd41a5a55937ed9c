"""The cable between a store and its broker, in our hands: cut, slow, narrow, one-way, torn inside a packet."""

import asyncio
import random
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from tests.brokers import free_port

PIECE = 64 * 1024
# Closing with this set says RST instead of FIN, as a router does that has forgotten the connection.
ABRUPT = struct.pack("ii", 1, 0)


class Cable:
    """One connection through the proxy, with what is wrong with it now."""

    def __init__(self, chance: random.Random) -> None:
        self.delay = 0.0  # seconds that every piece takes
        self.rate = 0.0  # bytes a second, 0 for as fast as it goes
        self.deaf: set[str] = set()  # directions in which everything vanishes: "up" to the broker, "down" to the store
        self.tear: dict[str, int] = {}  # by direction, the bytes after which it breaks
        self.broken, self.abrupt = asyncio.Event(), False
        self._chance = chance

    async def carry(self, way: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Carry bytes one way until an end closes, or the cable breaks."""
        while piece := await source.read(PIECE):
            if way in self.deaf:
                continue
            if self.delay:
                await asyncio.sleep(self._chance.uniform(0.5, 1.5) * self.delay)
            if (left := self.tear.get(way)) is not None:
                self.tear[way] = left - len(piece)
                if left <= len(piece):
                    sink.write(piece[:left])
                    with suppress(ConnectionError):
                        await sink.drain()
                    self.broken.set()
                    return
            for start in range(0, len(piece), self._step()):
                part = piece[start : start + self._step()]
                sink.write(part)
                await sink.drain()
                if self.rate:
                    await asyncio.sleep(len(part) / self.rate)

    def _step(self) -> int:
        return max(1, int(self.rate / 50)) if self.rate else PIECE


class Proxy:
    """Listens where the store thinks that its broker is, and passes on to the broker."""

    def __init__(self, broker_port: int, chance: random.Random) -> None:
        self.port = free_port()
        self.cable: Cable | None = None  # the newest connection
        self.prepare: Callable[[Cable], None] = lambda _: None  # what is wrong with a cable from its first byte
        self._broker_port, self._chance = broker_port, chance
        self._server: asyncio.Server | None = None
        self._joins: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.shut()
        for join in self._joins:
            join.cancel()
        await asyncio.gather(*self._joins, return_exceptions=True)

    async def open(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    def shut(self) -> None:
        """Take no more connections; those there are stay."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def cut(self, *, abrupt: bool) -> None:
        """Cut the newest connection: with a goodbye at both ends, or with none that anybody understands."""
        if self.cable is not None:
            self.cable.abrupt = abrupt
            self.cable.broken.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._joins.add(task)
        task.add_done_callback(self._joins.discard)
        with suppress(OSError, asyncio.CancelledError):
            await self._join(reader, writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            broker_reader, broker_writer = await asyncio.open_connection("127.0.0.1", self._broker_port)
        except OSError:
            writer.close()
            return
        cable = self.cable = Cable(self._chance)
        self.prepare(cable)
        ways = [
            asyncio.create_task(cable.carry("up", reader, broker_writer)),
            asyncio.create_task(cable.carry("down", broker_reader, writer)),
            asyncio.create_task(cable.broken.wait()),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, broker_writer):
                if cable.abrupt:
                    end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABRUPT)
                    end.transport.abort()
                end.close()
