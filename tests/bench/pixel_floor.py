"""The floor of a press that is seen, as processes of their own: a hub that only writes and sends, a screen that prints.

`hub KEYPAD FILE` makes a key durable and sends it to every screen; `screen URL` prints what it hears; `textual URL`
shows it as an app of one line.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
from aiohttp import web
from textual.app import App
from textual.widget import Widget
from textual.widgets import Static

from tests.bench.receivers import open_rows

PAYLOAD = "x" * 1_500  # as long as the change of one order


async def hub(keypad: str, file: Path) -> None:
    """Print where it listens, then serve until the keypad is gone."""
    rows = open_rows(file, slow=False)
    sockets: set[web.WebSocketResponse] = set()
    keys: asyncio.Queue[bytes] = asyncio.Queue()

    async def feed(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sockets.add(socket)
        async for _ in socket:
            pass
        return socket

    app = web.Application()
    app.router.add_get("/feed", feed)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pad = os.open(keypad, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    asyncio.get_running_loop().add_reader(pad, lambda: keys.put_nowait(os.read(pad, 1)))
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/feed", flush=True)
    while key := await keys.get():
        rows.execute("BEGIN IMMEDIATE")
        rows.execute("INSERT INTO messages VALUES (NULL, ?)", (key + PAYLOAD.encode(),))
        rows.execute("COMMIT")
        for socket in sockets:
            await socket.send_str(key.decode() + PAYLOAD)


async def heard(url: str) -> AsyncIterator[str]:
    """The keys that the hub sends; first a dash, once connected."""
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        yield "-"
        async for message in socket:
            yield message.data[0]


async def screen(url: str) -> None:
    """Print each key."""
    number = 0
    async for key in heard(url):
        os.write(1, f"\x1b[1;1H<{number}{key}>".encode())
        number += 1


class OneLine(App[None]):
    """Shows each key in its only line."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._line = Static()

    def compose(self) -> Iterator[Widget]:
        """The line."""
        yield self._line

    def on_mount(self) -> None:
        """Follow the hub."""
        self.run_worker(self._follow())

    async def _follow(self) -> None:
        number = 0
        async for key in heard(self._url):
            self._line.update(f"<{number}{key}>", layout=False)
            number += 1


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["hub", keypad, file]:
            asyncio.run(hub(keypad, Path(file)))
        case ["screen", url]:
            asyncio.run(screen(url))
        case ["textual", url]:
            OneLine(url).run()
