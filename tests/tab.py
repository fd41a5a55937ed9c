"""A browser's tab as somebody sits before it: keys, pictures, and what was loaded, through Chromium's DevTools."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image, ImageColor

PATCH = 500  # pixels: a card's band has more
DRAWN = 5.0  # seconds until a picture is asked for once more


class Tab:
    """The first tab of a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.loaded: list[str] = []  # addresses
        self._socket = socket
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """One question in Chromium's words."""
        number = len(self._asked)
        self._asked[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        return await self._asked[number]

    async def press(self, key: str) -> None:
        """A key that is a character."""
        code = ord(key.upper())
        for kind, text in (("keyDown", {"text": key}), ("keyUp", {})):
            await self.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)

    async def shows(self, color: str) -> None:
        """Wait until there is a patch of a colour to be seen."""
        while await self._area(color) < PATCH:  # noqa: ASYNC110 - Chromium does not say when it has drawn
            await asyncio.sleep(0.1)

    async def hides(self, color: str) -> None:
        """Wait until there is none."""
        while await self._area(color) >= PATCH:  # noqa: ASYNC110
            await asyncio.sleep(0.1)

    async def _area(self, color: str) -> int:
        try:
            async with asyncio.timeout(DRAWN):
                answer = await self.ask("Page.captureScreenshot")
        except TimeoutError:  # Chromium forgets the question where the page is left meanwhile
            return 0
        if "data" not in answer:  # between two pages
            return 0
        picture = Image.open(io.BytesIO(base64.b64decode(answer["data"]))).convert("RGB")
        return sum(count for count, pixel in picture.getcolors(1 << 24) or () if pixel == ImageColor.getrgb(color))

    async def listen(self) -> None:
        """Hear answers and events until the browser ends."""
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                asked = self._asked[said["id"]]
                if not asked.done():  # somebody still waits for it
                    asked.set_result(said.get("result", {}))
            elif said["method"] == "Network.responseReceived":
                self.loaded.append(said["params"]["response"]["url"])


@asynccontextmanager
async def the_tab(profile: Path) -> AsyncIterator[Tab]:
    """The tab of a browser that was just started."""
    found = profile / "DevToolsActivePort"
    while not (found.exists() and "\n" in found.read_text()):  # noqa: ASYNC110 - Chromium writes it when it is ready
        await asyncio.sleep(0.05)
    port = found.read_text().split("\n")[0]
    async with aiohttp.ClientSession() as session:
        pages: list[dict[str, Any]] = []
        while not pages:
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                pages = [page for page in await answer.json() if page["type"] == "page"]
        async with session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            tab = Tab(socket)
            listening = asyncio.create_task(tab.listen())
            await tab.ask("Network.enable")
            await tab.ask("Page.enable")
            await tab.ask("Emulation.setFocusEmulationEnabled", enabled=True)  # somebody sits before it
            try:
                yield tab
            finally:
                listening.cancel()
                with suppress(asyncio.CancelledError):
                    await listening
