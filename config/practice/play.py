"""Runs a store as practice: its own screens, keypads and printers, a journal that vanishes, and no cloud."""

import asyncio
import fcntl
import os
import select
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from msgspec.structs import asdict, replace

from config.assembly import Store, zone_of
from config.failed import Failed
from config.practice.arrivals import PACE, Arrivals, beginning_at
from config.practice.customers import Customers
from config.practice.goods import goods_of
from config.practice.keys import keys_of
from config.practice.lesson import Lesson
from config.practice.panel import LessonPanel
from config.service import stop_signal
from config.settings import StoreFile
from display.app import KitchenDisplay
from display.feed_client import FeedClient
from edge.board import Board
from edge.facts import Happened
from edge.files import led_to
from edge.hub import Commit
from edge.journal import JournalUnusable
from edge.layout import Layout
from edge.orders import StationId
from edge.settings import JournalSettings, feed_token, url_of
from edge.words import speak

RUNNING = "the store's hub is running: stop it first (sudo systemctl stop ovenbell-hub), and start it again afterwards"
GOODBYE = 3.0  # seconds for all parts to stop
AGAIN = 0.2  # seconds between two attempts to end the screen


class Rehearsed(StoreFile, frozen=True):
    """A store's settings for practice: a press is in its grace as long as it would be, though nobody hears of it."""

    grace: float = 0.0

    @property
    def layout(self) -> Layout:
        """The store as the rules see it."""
        return replace(super().layout, cloud=True, grace=self.grace)


def rehearsed(settings: StoreFile, directory: Path) -> Rehearsed:
    """The settings of a store, with nothing in them that would touch what is real but paper, buttons and screens."""
    say = speak(settings.store.language)
    real = {name: part for name, part in asdict(settings).items() if name not in {"cloud", "journal", "pickup"}}
    return Rehearsed(
        **real,
        journal=JournalSettings(str(directory / "journal.db"), settings.journal.keep_days),
        pickup=replace(settings.pickup, title=say("PRACTICE: nothing here is real"), chime=False),
        grace=settings.layout.grace,
    )


class PracticeDisplay(KitchenDisplay):
    """A screen whose Escape also leaves out a step of the lesson, where there is nothing to take back."""

    lesson: Lesson
    panel: LessonPanel

    def action_leave(self) -> None:
        """Take back what is typed, else go on in the lesson."""
        idle = not self._typing.typed and self._verb is None
        super().action_leave()
        if idle:
            self.lesson.skip()
            self.panel.redraw()


async def practise(settings: StoreFile, stations: Sequence[str] = (), *, seed: int = 1, pace: float = PACE) -> None:
    """Run it in this terminal until it is ended; raises Failed, also where the store is running."""
    stopped = stop_signal()
    if in_use(settings.journal_path):
        raise Failed(RUNNING)
    with TemporaryDirectory(prefix="ovenbell-practice-", ignore_cleanup_errors=True) as directory:
        Thread(target=_end_with_terminal, args=(directory,), daemon=True).start()
        store = Store(rehearsed(settings, Path(directory)))
        store.hub.vitals.practice = True
        try:
            await store.start()
        except JournalUnusable as error:
            raise Failed(f"the journal of the practice cannot be used: {error}") from error
        except OSError as error:
            raise Failed(f"cannot listen at {settings.feed.listen}: {RUNNING}") from error
        try:
            await _run(store, stations, seed, pace, stopped)
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE):
                    await store.stop()


def _end_with_terminal(directory: str) -> None:
    """Where the terminal goes away Textual waits for ever to write to it: all of it is ended without that."""
    terminal = select.poll()
    terminal.register(sys.stdin.fileno(), 0)  # of all events only that it has gone
    terminal.poll()
    time.sleep(GOODBYE)
    shutil.rmtree(directory, ignore_errors=True)
    os._exit(0)


def in_use(journal: Path) -> bool:
    """Whether a hub is working with a journal; the journal and its lock are only looked at."""
    try:
        path = led_to(journal)
        with path.with_name(f"{path.name}.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # never was one, or it is not ours to read
        return False
    return False


def station_of_lesson(settings: StoreFile, stations: Sequence[str]) -> StationId:
    """Where the lesson is: of the stations that are shown one where things begin, best with a keypad."""
    layout = settings.layout
    goods = goods_of(settings, speak(settings.store.language))
    shown = [station for station in layout.stations if not stations or station in stations]
    padded = {keypad.station for keypad in settings.keypads}

    def unfit(station: StationId) -> tuple[bool, bool]:
        return not beginning_at(layout, goods, station), station not in padded

    return min(shown, key=unfit)


async def _run(store: Store, stations: Sequence[str], seed: int, pace: float, stopped: asyncio.Event) -> None:
    settings, hub = store.settings, store.hub
    say = speak(settings.store.language)
    station = station_of_lesson(settings, stations)
    customers = Customers(hub.board.layout, goods_of(settings, say), say, seed)
    arrivals = Arrivals(hub, customers, station, lambda: lesson.step is None, pace)
    lesson = Lesson(hub.board, keys_of(station, settings.keypads), arrivals.bring)
    panel = LessonPanel(lesson, say)
    feed = FeedClient(url_of(*store.feed.address), feed_token(settings.feed))
    zone, language = zone_of(settings), settings.store.language
    screen = PracticeDisplay(feed, stations=stations, language=language, zone=zone, side=panel)
    screen.lesson, screen.panel = lesson, panel

    def watch(commit: Commit[Board, Happened]) -> None:
        lesson.take(commit.facts)
        panel.redraw()

    hub.follow(watch)
    lesson.begin()
    coming = asyncio.create_task(arrivals.run())
    showing = asyncio.create_task(screen.run_async())
    ends = [asyncio.create_task(event.wait()) for event in (stopped, hub.failed)]
    try:
        await asyncio.wait([showing, *ends], return_when=asyncio.FIRST_COMPLETED)
    finally:
        coming.cancel()
        for end in ends:
            end.cancel()
        while not showing.done():  # a screen that is only being put up does not hear it the first time
            screen.exit()
            await asyncio.wait([showing], timeout=AGAIN)
        await showing
    if hub.failed.is_set() or screen.return_code:
        raise Failed(f"the practice has failed: {hub.trouble or 'its screen ended'}")
