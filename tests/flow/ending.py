"""How a hub can end for those who look at it: it is killed, it freezes, or the cable to it is pulled."""

import asyncio
import signal
from contextlib import suppress
from typing import Literal, Self, get_args

from tests.brokers import free_port
from tests.flow.bakery import Bakery

Ending = Literal["killed", "frozen", "cut off"]
ENDINGS: tuple[Ending, ...] = get_args(Ending)


class Cable:
    """Between a hub and who looks at it; once it is pulled nothing arrives and nobody is told."""

    def __init__(self, bakery: Bakery) -> None:
        self.port = free_port()
        self.pulled = False
        self._hub = int(bakery.url.rsplit(":", 1)[1])
        self._pumps: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The hub, at the cable's other end."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _join(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            there, forth = await asyncio.open_connection("127.0.0.1", self._hub)
        except ConnectionError:
            back.close()
            return
        for source, sink in ((here, forth), (there, back)):
            self._pumps.add(asyncio.create_task(self._pump(source, sink)))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65_536):
                if not self.pulled:
                    sink.write(data)
                    await sink.drain()
        if not self.pulled:
            sink.close()


async def end(how: Ending, bakery: Bakery, cable: Cable) -> None:
    """Bring that about."""
    if how == "killed":
        await bakery.kill()
    elif how == "frozen":
        bakery.signal(signal.SIGSTOP)
    else:
        cable.pulled = True
