"""A TCP valve between hub and broker: can hold back what the hub says while the broker's words go through."""

import asyncio
from contextlib import suppress
from typing import Self

from tests.brokers import free_port


class Valve:
    """Forwards both ways once it is entered, until it is told to hold what the hub sends."""

    def __init__(self, port: int) -> None:
        self.holding = False
        self.port = free_port()
        self._broker_port = port
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def hold(self) -> None:
        """From here on nothing the hub says arrives."""
        self._open.clear()

    def release(self) -> None:
        """Let it through again."""
        self._open.set()

    async def _join(self, hub_in: asyncio.StreamReader, hub_out: asyncio.StreamWriter) -> None:
        broker_in, broker_out = await asyncio.open_connection("127.0.0.1", self._broker_port)
        for source, sink, held in ((hub_in, broker_out, True), (broker_in, hub_out, False)):
            pump = asyncio.create_task(self._pump(source, sink, held=held))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, held: bool) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65_536):
                if held and not self._open.is_set():
                    continue  # what was said into a held valve is gone, as with a power cut
                sink.write(data)
                await sink.drain()
        sink.close()
