"""A display in browsers: textual-serve, one display for each tab, for this machine's own pages and nobody else's."""

import asyncio
import os
import shlex
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web
from textual_serve.app_service import AppService
from textual_serve.server import Server, to_int

from edge.settings import is_loopback, url_of

# The page may load what is its own and nothing else.
OWN = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
GOODBYE = 2.0  # seconds that browsers have to take leave; their displays end in any case


class Pages(Server):
    """The page with the terminal, and what runs behind it; only for those who see it as an address of this machine."""

    async def _make_app(self) -> web.Application:
        app: web.Application = await super()._make_app()
        app.middlewares.append(_guard)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Nothing is printed, whatever the program is called."""

    async def handle_index(self, request: web.Request) -> Any:
        """The page, with addresses that its reader can reach, be it through a tunnel."""
        self.public_url = f"http://{request.host}"
        return await super().handle_index(request)

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One tab, as long as its display runs and somebody looks at it."""
        socket = web.WebSocketResponse(heartbeat=15, timeout=GOODBYE / 4)
        await socket.prepare(request)

        async def close() -> None:
            await socket.close()

        tab = Tab(
            self.command,
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=close,
            download_manager=self.download_manager,
        )
        await tab.start(to_int(request.query.get("width", ""), 80), to_int(request.query.get("height", ""), 24))
        try:
            await self._process_messages(socket, tab)
        finally:
            await tab.stop()
        return socket


class Tab(AppService):
    """What runs behind a tab; the page hears when it has ended, however that came, and shows no old board."""

    async def run(self) -> None:
        """Run the display."""
        await super().run()
        await self.remote_close()


@web.middleware
async def _guard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A page elsewhere must not press buttons through somebody's browser, whatever name it gives this machine."""
    origin = request.headers.get("Origin", f"http://{request.host}")
    if not is_loopback(request.url.host or "") or origin != f"http://{request.host}":
        raise web.HTTPForbidden(text="this Host or Origin is not the display's")
    answer = await handler(request)
    answer.headers["Content-Security-Policy"] = OWN
    return answer


def serve(listen: tuple[str, int], display: Sequence[str]) -> None:
    """Serve a display to browsers on this machine until SIGTERM; raises OSError where the address is taken."""
    os.environ["TERM"] = "xterm-256color"  # what a browser's terminal is, wherever this was started
    asyncio.run(_serve(*listen, f"exec {shlex.join(display)}"))


async def _serve(host: str, port: int, display: str) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    pages = Pages(display, title="Ovenbell", templates_path=Path(__file__).parent)
    runner = web.AppRunner(await pages._make_app(), access_log=None, shutdown_timeout=GOODBYE / 4)  # noqa: SLF001 - its own
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        print(f"ovenbell display: {url_of(*runner.addresses[0][:2])}", flush=True)  # noqa: T201 - where to look
        await stopped.wait()
    finally:
        with suppress(TimeoutError):
            await asyncio.wait_for(runner.cleanup(), GOODBYE)
