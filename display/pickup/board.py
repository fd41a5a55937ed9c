"""The pickup board on the hub's server: its page, and a feed of state for any number of televisions."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec
from aiohttp import web

from display.pickup.lists import Lists, list_orders
from display.pickup.page import Page, make_page
from display.pickup.settings import PickupSettings
from edge.settings import StoreSettings
from edge.store import StoreHub

PAGE, FEED, STYLE, SCRIPT = "/pickup", "/pickup/feed", "/pickup/page.css", "/pickup/page.js"
PATHS = frozenset({PAGE, FEED, STYLE, SCRIPT})

MOST = 32  # televisions at a time
HEARTBEAT = 0.5  # seconds; the page calls itself cut off when several are missing
REST = 0.1  # seconds between two states: a flood of orders is told ten times a second
PATIENCE = 10.0  # seconds a television may take nothing

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for televisions that do not know frame-ancestors
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
BEAT = b"event: beat\ndata: 1\n\n"


class State(msgspec.Struct, frozen=True):
    """All that the feed ever says: the page's version, and the whole of both lists."""

    version: str
    lists: Lists


class PickupBoard:
    """What the shop's televisions see. It only watches commits, so no television can hold up the hub."""

    def __init__(self, hub: StoreHub, settings: PickupSettings, store: StoreSettings) -> None:
        self._hub = hub
        self._page: Page = make_page(settings, store)
        self._watching: set[asyncio.Event] = set()  # one for each television: something has changed
        self._said = (-1, b"")  # the state in bytes, and the sequence it is of
        self._open = True
        hub.follow(lambda _commit: self._wake())

    def mount(self, app: web.Application) -> None:
        """Answer on a server that has not started yet."""
        app.router.add_get(PAGE, _sends(self._page.html, "text/html"))
        app.router.add_get(STYLE, _sends(self._page.style, "text/css"))
        app.router.add_get(SCRIPT, _sends(self._page.script, "text/javascript"))
        app.router.add_get(FEED, self._feed, allow_head=False)
        app.on_shutdown.append(self._close)

    def _wake(self) -> None:
        for changed in self._watching:
            changed.set()

    async def _close(self, _app: web.Application) -> None:
        self._open = False
        self._wake()

    def _state(self) -> bytes:
        """What a television is told at the board's sequence; made once for all of them."""
        sequence = self._hub.board.counters.seq
        if self._said[0] != sequence:
            state = State(self._page.version, list_orders(self._hub.board))
            self._said = sequence, b"data: " + msgspec.json.encode(state) + b"\n\n"
        return self._said[1]

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        if len(self._watching) >= MOST:
            raise web.HTTPServiceUnavailable(reason=f"{MOST} televisions watch already")
        response = web.StreamResponse(headers=HEADERS | {"Content-Type": "text/event-stream"})
        changed = asyncio.Event()
        self._watching.add(changed)
        try:
            await response.prepare(request)
            await self._tell(response, changed)
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()  # a goodbye would wait behind what it does not take
        except ConnectionError:
            pass
        finally:
            self._watching.discard(changed)
        return response

    async def _tell(self, response: web.StreamResponse, changed: asyncio.Event) -> None:
        """Tell one television the state when it is another one, else that the hub is there."""
        told = b""
        while self._open:
            changed.clear()
            state = self._state()
            async with asyncio.timeout(PATIENCE):
                await response.write(BEAT if state == told else state)
            told = state
            await asyncio.sleep(REST)
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT - REST):
                    await changed.wait()


def _sends(text: str, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def send(_request: web.Request) -> web.Response:
        return web.Response(text=text, content_type=kind, headers=HEADERS)

    return send
