"""A display under a pilot: what can be read on it, and somebody who presses its keys."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

from rich.cells import cell_len
from textual.pilot import Pilot

from display.app import KitchenDisplay
from display.feed_client import FeedClient
from tests.cloud import PATIENCE


class Screen:
    """A display under a pilot."""

    def __init__(self, app: KitchenDisplay, pilot: Pilot[None]) -> None:
        self.app = app
        self._pilot = pilot

    @property
    def lines(self) -> list[str]:
        """What can be read on it."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        """All of it, with single spaces."""
        return " ".join(" ".join(self.lines).split())

    def says(self, *words: str) -> bool:
        """Whether all of this can be read on it."""
        return all(word in self.text for word in words)

    def grounds(self) -> set[str]:
        """The colours behind its text."""
        styles = [segment.style for strip in self.app.screen._compositor.render_strips() for segment in strip]
        return {style.bgcolor.get_truecolor().hex for style in styles if style and style.bgcolor}

    async def until(self, true: Callable[[], bool], what: str = "") -> None:
        """Wait until something is true."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not true():
                    await self._pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(f"{what or 'what was waited for'} never came:\n" + "\n".join(self.lines)) from None

    async def shows(self, *words: str) -> None:
        """Wait until all of this can be read."""
        await self.until(lambda: self.says(*words), str(words))

    async def hides(self, word: str) -> None:
        """Wait until this cannot be read any more."""
        await self.until(lambda: word not in self.text, f"the end of {word!r}")

    async def settled(self) -> None:
        """Wait until everything asked for is drawn, and nothing changes any more."""
        before: list[str] = []
        await self._pilot.pause()
        while before != (before := self.lines):
            await self._pilot.pause()

    async def press(self, *keys: str) -> None:
        """Somebody presses keys."""
        await self._pilot.press(*keys)

    async def tap(self, text: str, row: int = 0) -> None:
        """A finger touches a text, or so many rows below it."""
        y, line = next((y, line) for y, line in enumerate(self.lines) if text in line)
        await self._pilot.click(offset=(cell_len(line[: line.index(text)]) + 1, y + row))


@asynccontextmanager
async def display(
    url: str, size: tuple[int, int] = (120, 40), client: dict[str, Any] | None = None, **rest: Any
) -> AsyncIterator[Screen]:
    """A screen in the kitchen."""
    hurry: dict[str, Any] = {"silence": 30.0, "pauses": (0.05,)}
    settings: dict[str, Any] = {"zone": UTC, "silent": True}
    app = KitchenDisplay(FeedClient(url, **hurry | (client or {})), **settings | rest)
    async with app.run_test(size=size) as pilot:
        yield Screen(app, pilot)
