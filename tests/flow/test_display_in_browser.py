"""The display in a browser: seen and pressed in a real one, and by nobody but this machine's own pages."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import psutil
import pytest

from display.palette import BLUE, GREEN, RED
from tests.builders import a_layout, placed
from tests.cloud import PATIENCE, until
from tests.flow.test_command import ovenbell
from tests.tab import the_tab
from tests.unit.display.conftest import Store
from tests.unit.display.stand_in import a_board, a_tick, standing_in


class Served:
    """`ovenbell display --serve`: where it is found, and the displays behind its tabs."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process, self.url = process, url
        self.place = urlsplit(url).netloc
        self._server = psutil.Process(process.pid)

    @property
    def displays(self) -> list[psutil.Process]:
        """One for each tab."""
        return self._server.children()

    async def end(self, number: int) -> int:
        """The exit status."""
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


@asynccontextmanager
async def served(hub: str) -> AsyncIterator[Served]:
    """Started on a Linux console, in a Chinese store."""
    words = "-m", "config.command", "display", "--hub", hub, "--serve", "127.0.0.1:0", "--language", "zh"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *words), stdout=asyncio.subprocess.PIPE, env=os.environ | {"TERM": "linux"}
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        assert line.startswith("ovenbell display: http://127.0.0.1:"), line
        yield Served(process, line.split()[-1])
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A bakery that is open."""
    store = Store(tmp_path / "journal.db", a_layout())
    await store.open()
    yield store
    await store.close()


async def test_a_browser_shows_the_board_takes_keys_without_a_click_and_comes_back_when_its_display_dies(
    browse: Callable[..., Any], store: Store
) -> None:
    await store.ask(placed("a17"))
    before = store.hub.board.counters.seq
    async with (
        asyncio.timeout(PATIENCE),
        served(store.url) as server,
        browse("about:blank") as profile,
        the_tab(profile) as tab,
    ):
        await tab.ask("Page.navigate", url=server.url)
        await tab.shows(GREEN)
        assert len(server.displays) == 1
        await tab.press("1")
        await tab.shows(BLUE)  # its baking has begun
        assert store.hub.board.counters.seq > before
        assert {urlsplit(address).netloc for address in tab.loaded if address[:5] != "data:"} == {server.place}
        dead = server.displays[0]
        dead.kill()
        await until(lambda: server.displays and dead not in server.displays)
        await tab.shows(BLUE)
        await server.end(signal.SIGTERM)
        await tab.shows(RED)
        await tab.hides(BLUE)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
async def test_each_tab_has_a_display_of_its_own_and_none_outlives_the_server(end: signal.Signals) -> None:
    async with (
        standing_in(a_board()) as hub,
        served(hub.url) as server,
        aiohttp.ClientSession() as tabs,
    ):
        sockets = [await tabs.ws_connect(f"{server.url}/ws?width=80&height=24") for _ in range(2)]
        for socket in sockets:
            assert await socket.receive_bytes()
        displays = server.displays
        assert len(displays) == 2
        assert await server.end(end) == (0 if end == signal.SIGTERM else -end)
        await hub.say(a_tick())
        await until(lambda: not any(display.is_running() for display in displays))


@pytest.mark.parametrize("header", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}])
async def test_a_page_elsewhere_reaches_no_display(header: dict[str, str]) -> None:
    async with standing_in(a_board()) as hub, served(hub.url) as server, aiohttp.ClientSession() as elsewhere:
        for path in ("/", "/ws"):
            async with elsewhere.get(server.url + path, headers=header) as answer:
                assert answer.status == 403
        async with elsewhere.get(server.url, headers={"Host": "localhost:9000"}) as answer:  # through a tunnel
            assert "ws://localhost:9000/ws" in await answer.text()
        assert not server.displays


@pytest.mark.parametrize(
    ("listen", "said"),
    [
        ("0.0.0.0:8378", "only 127.0.0.1:8378, not 0.0.0.0:8378: others reach it through ssh -L 8378:127.0.0.1:8378"),
        ("8378", "expected host:port, got '8378'"),
    ],
)
def test_nobody_else_is_served(listen: str, said: str) -> None:
    told = ovenbell("display", "--serve", listen)
    assert told.returncode == 2
    assert said in " ".join(told.stderr.split())
