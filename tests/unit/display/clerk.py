"""Somebody at the counter: the order form on a screen of its own, and hands at its keys."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from textual.app import App
from textual.binding import BindingType
from textual.events import Key, Paste
from textual.pilot import Pilot

from display.entry import OrderEntry
from display.feed_client import FeedClient
from display.manner import Manner
from display.palette import THEME
from edge.info import StoreInfo
from edge.words import Language, speak
from tests.builders import ManualClock
from tests.cloud import PATIENCE

HANGZHOU = ZoneInfo("Asia/Shanghai")
OPEN = "f8"
GLANCE = 0.5  # seconds between two keys


class Counter(App[None]):
    """A screen with nothing but the form on it."""

    BINDINGS: ClassVar[list[BindingType]] = [(OPEN, "enter_order")]

    def __init__(self, feed: FeedClient, language: Language) -> None:
        super().__init__()
        self.feed = feed
        self.language = language
        self.said: list[str | None] = []

    def on_mount(self) -> None:
        """Follow the hub."""
        self.register_theme(THEME)
        self.theme = THEME.name
        self.run_worker(self.feed.follow(lambda: None))

    def action_enter_order(self) -> None:
        """Somebody phones."""
        self.push_screen(OrderEntry(self.feed, Manner(speak(self.language), HANGZHOU)), self.said.append)


class Clerk:
    """Somebody at the keys; counts them."""

    def __init__(self, app: Counter, pilot: Pilot[None]) -> None:
        self.app = app
        self.keys = 0
        self._pilot = pilot

    @property
    def lines(self) -> list[str]:
        """What can be read."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        """All of it, with single spaces."""
        return " ".join(" ".join(self.lines).split())

    async def until(self, true: Callable[[], Any], what: str = "") -> None:
        """Wait until something is true."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not true():
                    await self._pilot.pause(0.01)
        except TimeoutError:
            raise AssertionError(f"{what or 'what was waited for'} never came:\n" + "\n".join(self.lines)) from None

    async def reads(self, *words: str) -> None:
        """Wait until all of this can be read."""
        await self.until(lambda: all(word in self.text for word in words), str(words))

    async def press(self, *keys: str) -> None:
        """Keys by their names."""
        self.keys += len(keys)
        for key in keys:
            self.look()
            await self._pilot.press(key)

    def look(self) -> None:
        """A moment passes, in which the hub ticks, and a person reads."""
        feed = self.app.feed
        if isinstance(feed.clock, ManualClock):
            feed.clock.advance(GLANCE)
            feed.heard = feed.clock.monotonic()

    async def type(self, *answers: str) -> None:
        """Texts, each with Enter after it."""
        for answer in answers:
            await self.press(
                *({" ": "space", "+": "plus", "-": "minus", ":": "colon", ",": "comma"}.get(c, c) for c in answer),
                "enter",
            )

    async def hurry(self, *answers: str) -> None:
        """Texts, each with Enter after it, all of them before the screen has had time for any."""
        for letter in "".join(f"{answer}\r" for answer in answers):
            self.app.post_message(Key("enter", None) if letter == "\r" else Key(letter, letter))
        await self._pilot.pause()

    async def paste(self, text: str) -> None:
        """A terminal hands over a text, as from an input method or a chat."""
        self.app.post_message(Paste(text))
        await self._pilot.pause()

    async def tap(self, words: str, where: str = "Offers") -> None:
        """A finger on what is written there."""
        region = self.app.screen.query_one(where).region
        for y, line in enumerate(self.lines[region.y : region.bottom], region.y):
            if words in line:
                self.look()
                await self._pilot.click(offset=(line.index(words) + 1, y))
                return
        raise AssertionError(f"{words!r} is nowhere:\n" + "\n".join(self.lines))


@asynccontextmanager
async def counter(
    feed: FeedClient,
    language: Language = "en",
    size: tuple[int, int] = (80, 24),
    *,
    info: StoreInfo | None = None,
    opened: bool = True,
) -> AsyncIterator[Clerk]:
    """The form, opened; `info` is what its hub would say of the store."""
    app = Counter(feed, language)
    async with app.run_test(size=size) as pilot:
        clerk = Clerk(app, pilot)
        await clerk.until(lambda: feed.live)
        feed.info = info or feed.info
        if opened:
            await clerk.press(OPEN)
            await clerk.until(lambda: isinstance(app.screen, OrderEntry) and "Enter" in clerk.text)
        yield clerk
