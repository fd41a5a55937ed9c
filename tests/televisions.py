"""A television for tests: a page in a real Chromium, watched through its own tools."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

from tests.browsers import a_browser
from tests.cloud import PATIENCE

LOUD = "--autoplay-policy=no-user-gesture-required"
# What is asked of the sound card, written down before the page's own script runs.
SPY = """
window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...at) { window.tones += 1; return start.apply(this, at); };
"""


class Television:
    """One page; asks it what it shows."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)

    async def tell(self, method: str, **params: Any) -> Any:
        """Have the browser do something; its answer."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        while True:
            answer = await self._socket.receive_json(timeout=PATIENCE)
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    async def show(self, url: str) -> None:
        """Go to an address."""
        await self.tell("Page.navigate", url=url)

    async def ask(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = await self.tell("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def until(self, expression: str, patience: float = PATIENCE) -> Any:
        """Wait until something is so in the page."""
        async with asyncio.timeout(patience):
            while True:
                with suppress(AssertionError):  # a page that is being loaded has nothing yet
                    if value := await self.ask(expression):
                        return value
                await asyncio.sleep(0.02)

    async def ids(self, section: str) -> list[str]:
        """The display ids of a list that can be seen now."""
        shown = f"[...document.querySelectorAll('#{section} li')].filter(one => one.offsetParent)"
        ids: list[str] = await self.ask(f"{shown}.map(one => one.textContent)")
        return ids

    async def touch(self) -> None:
        """Touch the middle of the screen, as a person does."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.tell("Input.dispatchMouseEvent", type=kind, x=500, y=500, button="left", clickCount=1)

    async def picture(self) -> bytes:
        """A PNG of what it shows."""
        return base64.b64decode((await self.tell("Page.captureScreenshot", format="png"))["data"])


@asynccontextmanager
async def a_television(*flags: str, width: int = 1920, height: int = 1080) -> AsyncIterator[Television]:
    """A browser with one page, for as long as the context lasts."""
    async with a_browser("about:blank", *flags) as profile, ClientSession() as session:
        url = await _page_of(session, profile / "DevToolsActivePort")
        async with session.ws_connect(url, max_msg_size=0) as socket:
            television = Television(socket)
            await television.tell("Page.enable")
            await television.tell("Page.addScriptToEvaluateOnNewDocument", source=SPY)
            screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            await television.tell("Emulation.setDeviceMetricsOverride", **screen)
            yield television


async def _page_of(session: ClientSession, file: Path) -> str:
    """Where the page's tools listen, once the browser has said so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if port := _port(file):
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    for target in await answer.json(content_type=None):
                        if target["type"] == "page":
                            return str(target["webSocketDebuggerUrl"])
            await asyncio.sleep(0.05)


def _port(file: Path) -> str:
    try:
        port, line_end, _ = file.read_text(encoding="utf-8").partition("\n")
    except FileNotFoundError:
        return ""
    return port if line_end else ""
