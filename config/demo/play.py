"""Plays the demo: in a terminal as screens and paper, without one as lines and a summary."""

import asyncio
import signal
import threading
import time
from collections.abc import Coroutine
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import Any, ClassVar

from rich.text import Text
from textual.containers import Vertical
from textual.widgets import RichLog

from config.demo.baker import Baker
from config.demo.morning import Morning
from config.demo.shop import STATIONS, STORE, Shop
from config.demo.simulator import Phones, Simulator, Told
from config.failed import Failed
from devices.twin.printer import VirtualPrinter
from display.app import KitchenDisplay
from display.feed_client import FeedClient
from edge.words import Language

HEADLESS_SECONDS = 30.0
TOPICS = {"orders": "gateway", "stages": "hub", "backfill": "hub", "presence": "hub", "receipts": "gateway"}
SETTLED = 10.0  # seconds for the last order to be answered


def play(*, headless: bool, seconds: float | None, seed: int, language: Language) -> None:
    """Run the whole store; raises Failed where what happened is not what should have."""
    work = _tell(seconds or HEADLESS_SECONDS, seed, language) if headless else _show(seconds, seed, language)
    asyncio.run(_until_ended(work))


async def _until_ended(work: Coroutine[Any, Any, None]) -> None:
    """However the demo is ended, nothing of it stays behind."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


# --- in a terminal --------------------------------------------------------------------------------------------------


class Roll(RichLog):
    """Grows at its end."""

    DEFAULT_CSS: ClassVar[str] = "Roll { background: #fbf9f3; color: #1c1a18; padding: 0 1; }"
    can_focus = False

    def __init__(self, *, wrap: bool) -> None:
        super().__init__(wrap=wrap, markup=False, max_lines=500)

    def on_mount(self) -> None:
        """Look often enough to seem alive."""
        self.set_interval(0.2, self._take)

    def _take(self) -> None: ...


class TicketRoll(Roll):
    """The paper that comes out of the virtual printer."""

    def __init__(self, printer: VirtualPrinter) -> None:
        super().__init__(wrap=False)
        self._printer = printer
        self._shown = 0

    def _take(self) -> None:
        for ticket in self._printer.tickets[self._shown :]:
            self._shown += 1
            self.write(Text(f"{ticket.text}\n{'- ' * 24}", no_wrap=True, overflow="crop"))


class PhoneRoll(Roll):
    """What customers read on their phones."""

    DEFAULT_CSS: ClassVar[str] = "PhoneRoll { height: 12; background: #dcefdc; border-top: solid #1c1a18; }"

    def __init__(self, phones: Phones) -> None:
        super().__init__(wrap=True)
        self._phones = phones
        self._shown = 0

    def _take(self) -> None:
        for notice in self._phones.notices[self._shown :]:
            self._shown += 1
            self.write(Text(message_of(notice)))


class Outside(Vertical):
    """What is seen of the shop from outside its kitchen: paper, and the customers' phones."""

    DEFAULT_CSS: ClassVar[str] = "Outside { width: 52; }"

    def __init__(self, printer: VirtualPrinter, phones: Phones) -> None:
        super().__init__(TicketRoll(printer), PhoneRoll(phones))


def _world(shop: Shop, told: Told) -> Simulator:
    broker = shop.broker.port, shop.broker.protocol
    return Simulator(STORE, broker=broker, gateway=shop.gateway, told=told, place=shop.place)


async def _show(seconds: float | None, seed: int, language: Language) -> None:
    with closing(Phones(lambda *_: None)) as phones:
        async with Shop(language, phones.url) as shop:
            simulator = _world(shop, lambda *_: None)
            app = KitchenDisplay(
                FeedClient(shop.url),
                stations=STATIONS,
                language=language,
                press=lambda station, number: shop.keypads[station].press(str(number)),
                side=Outside(shop.printer, phones),
            )
            simulator.start(Morning(datetime.now(UTC), seed, language).steps())
            try:
                async with asyncio.timeout(seconds):
                    await app.run_async()
            except TimeoutError:
                app.exit()
            finally:
                await asyncio.to_thread(simulator.stop)


# --- without one ----------------------------------------------------------------------------------------------------


def message_of(notice: dict[str, Any]) -> str:
    """What stands on a phone; some channels tell no name."""
    return ": ".join((*notice.get("addresses", {}).values(), notice["words"]))


class Report:
    """Prints what happens, a line each, with the seconds since the start."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def line(self, who: str, what: str) -> None:
        """One line."""
        with self._lock, suppress(BrokenPipeError):  # who read us has gone; the morning goes on to its end
            print(f"{time.monotonic() - self._began:6.1f} s  {who:<10}  {what}", flush=True)

    def message(self, topic: str, event: dict[str, Any]) -> None:
        """One MQTT message."""
        data = event.get("data", {})
        match topic:
            case "presence":
                self.line("hub", f"presence {event.get('state', '?')}")
                return
            case "webhook":
                items = (f"{item['quantity']} x {item['name']}" for item in data.get("items", ()))
                said = (event["kind"], data.get("displayId", ""), *items, f"-> {event['answer']}")
                self.line(event["channel"], "  ".join(word for word in said if word))
                return
            case "phone":
                self.line("customer", message_of(event))
                return
            case "receipts":
                return
        words = [event["type"].removeprefix("ovenbell."), data.get("displayId", "")]
        if topic == "orders":
            words += [f"under number {event.get('sequence', '?')}"]
        else:
            words += [data.get("stage", ""), data.get("name", ""), "(implied)" if data.get("implied") else ""]
        self.line(TOPICS.get(topic, topic), "  ".join(word for word in words if word))


async def _tell(seconds: float, seed: int, language: Language) -> None:
    report = Report()
    with closing(Phones(report.message)) as phones:
        async with Shop(language, phones.url) as shop:
            report.line("demo", f"{shop.broker.name}, gateway at {shop.gateway}, hub at {shop.url}")
            report.line("demo", f"printer at {shop.printer.connection}, {len(shop.keypads)} keypads")
            simulator = _world(shop, report.message)
            feed = FeedClient(shop.url)
            baker = Baker(shop, feed, seed, lambda station, what: report.line(f"keypad {station}"[:10], what))
            simulator.start(Morning(datetime.now(UTC), seed, language).steps())
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds), asyncio.TaskGroup() as work:
                        work.create_task(feed.follow(lambda: None))
                        work.create_task(baker.work())
                        work.create_task(_announce(shop.printer, report))
                await asyncio.to_thread(simulator.pause)
                missing = await _missing(simulator)
            finally:
                await asyncio.to_thread(simulator.stop)
            _summarise(shop, simulator, phones, baker, missing)


async def _announce(printer: VirtualPrinter, report: Report) -> None:
    """A line for each ticket."""
    shown = 0
    while True:
        await asyncio.sleep(0.1)
        for ticket in printer.tickets[shown:]:
            shown += 1
            report.line("printer", " | ".join(line.strip() for line in ticket.text.splitlines() if line.strip())[:110])


async def _missing(simulator: Simulator) -> int:
    """How many of the requests that the gateway answered the store has not accepted in the end."""
    deadline = time.monotonic() + SETTLED
    while True:
        accepted = {
            event["data"].get("event") for event in tuple(simulator.heard) if event["type"].endswith("accepted")
        }
        missing = simulator.posted - len(accepted - {None})
        if missing <= 0 or time.monotonic() > deadline:
            return missing
        await asyncio.sleep(0.1)


def _summarise(shop: Shop, simulator: Simulator, phones: Phones, baker: Baker, missing: int) -> None:
    heard = simulator.heard
    distinct = {event["id"] for event in heard}
    sequences = sorted({int(event["sequence"]) for event in heard})
    gaps = sequences != list(range(1, len(sequences) + 1))
    ready = sum(event["type"].endswith("order.ready") for event in heard)
    print()
    print(f"webhooks answered           {simulator.posted:>5}   accepted by the store {simulator.posted - missing}")
    print(f"stage updates received      {len(distinct):>5}   sequence {'broken' if gaps else 'without gaps'}")
    print(f"orders ready                {ready:>5}")
    print(f"keypad presses              {baker.presses:>5}   taken back {baker.slips}")
    print(f"tickets printed             {len(shop.printer.tickets):>5}   not understood {len(shop.printer.unknown)}")
    print(f"notices to customers        {len(phones.notices):>5}")
    if missing or gaps or shop.printer.unknown:
        raise Failed("the morning did not go as it should: see the lines above")
