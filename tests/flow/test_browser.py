"""A web page elsewhere cannot reach the hub through somebody's browser: tried with a real one."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from edge.feed import Feed
from tests.builders import placed
from tests.cloud import PATIENCE
from tests.unit.edge.screens import Client, a_client

ATTACK = Path(__file__).with_name("attack.html").read_text(encoding="utf-8")


class Attacker:
    """A web server of somebody else's, on this machine; hears what its page could find out."""

    def __init__(self) -> None:
        self.told: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.seen = asyncio.Event()  # the page is loaded
        self.port = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Attacker"]:
        app = web.Application()
        app.router.add_get("/", self._page)
        app.router.add_get("/healthz", self._wait)
        app.router.add_post("/told", self._listen)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(text=ATTACK, content_type="text/html")

    async def _wait(self, _request: web.Request) -> web.Response:
        self.seen.set()
        return web.Response(status=404)

    async def _listen(self, request: web.Request) -> web.Response:
        if not self.told.done():
            self.told.set_result(json.loads(await request.read()))
        return web.Response()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Client]:
    async with a_client(tmp_path / "journal.db") as client:
        await client.hub.submit(placed("o1", customer="王女士"), by="cloud")
        yield client


async def attack(browse: Callable[..., Any], store: Client, page: str, hub: str = "127.0.0.1") -> dict[str, Any]:
    """What the page could read and what it was refused, when it has tried everything."""
    async with Attacker().serving() as attacker:
        query = f"told=http://127.0.0.1:{attacker.port}/told&hub=http://{hub}:{store.feed.address[1]}"
        async with browse(f"http://{page}:{attacker.port}/?{query}"), asyncio.timeout(PATIENCE):
            return await attacker.told


@pytest.mark.parametrize(
    ("page", "hub"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
        ("evil.example", "127.0.0.1"),
        ("evil.example", "evil.example"),  # its name was rebound to the hub's address
    ],
)
async def test_a_page_elsewhere_neither_reads_the_board_nor_presses_a_button(
    browse: Callable[..., Any], store: Client, page: str, hub: str
) -> None:
    before = store.hub.board.counters.seq
    tried = await attack(browse, store, page, hub)
    assert tried["read"] == []
    assert {"socket: refused", "xhr: refused"} <= set(tried["errors"])
    assert store.hub.board.counters.seq == before


async def test_a_name_that_is_rebound_to_the_hub_after_its_page_was_loaded_opens_nothing(
    browse: Callable[..., Any], store: Client
) -> None:
    """To the browser the hub is then the page's own origin; only the Host header tells."""
    before = store.hub.board.counters.seq
    async with Attacker().serving() as ear, AsyncExitStack() as ends:
        async with Attacker().serving() as attacker:
            url = f"http://evil.example:{attacker.port}/?told=http://127.0.0.1:{ear.port}/told"
            await ends.enter_async_context(browse(url))
            await asyncio.wait_for(attacker.seen.wait(), PATIENCE)
        feed = Feed(store.hub, ("127.0.0.1", attacker.port))
        await feed.start()
        ends.push_async_callback(feed.stop)
        tried = await asyncio.wait_for(ear.told, PATIENCE)
    assert {said.partition(": ")[2] for said in tried["read"]} == {'{"reason":"this Host or Origin is not the hub\'s"}'}
    assert "socket: refused" in tried["errors"]
    assert store.hub.board.counters.seq == before


async def test_without_the_hub_s_guard_the_same_page_gets_through(
    browse: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the tests above would notice."""

    @web.middleware
    async def open_door(_feed: Feed, request: web.Request, handler: Any) -> web.StreamResponse:
        return await handler(request)

    monkeypatch.setattr(Feed, "_answer", open_door)
    async with a_client(tmp_path / "journal.db") as store:
        await store.hub.submit(placed("o1"), by="cloud")
        before = store.hub.board.counters.seq
        tried = await attack(browse, store, "127.0.0.1")
        assert any(said.startswith("socket: ") for said in tried["read"])
        assert store.hub.board.counters.seq > before
