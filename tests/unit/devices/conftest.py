"""A bakery with a real journal, a virtual printer on TCP and a virtual keypad on a pty."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from devices.conversation import Patience
from devices.printer import Printer
from devices.settings import PrinterSettings
from devices.twin.printer import VirtualPrinter
from edge.intents import Bump
from edge.layout import PrintRule
from edge.orders import Item
from edge.store import StoreHub, store_hub
from edge.tickets import Job, JobState
from edge.words import speak
from tests.builders import MORNING, OVEN, ManualClock, a_layout, placed
from tests.cloud import until

HANGZHOU = ZoneInfo("Asia/Shanghai")
QUICK = Patience(
    connect=2, status=0.2, stall=0.3, paper=0.3, byte=0, linger=0.2, first_retry=0.01, last_retry=0.05, idle=0.05
)
STEADY = replace(QUICK, status=3, paper=3)  # for printers that answer, on a machine with much to do
PRINTING = (PrintRule("kitchen", (OVEN,)),)


class Bakery:
    """A hub whose kitchen has one printer."""

    def __init__(self, journal: Path, printing: tuple[PrintRule, ...] = PRINTING, boots_at: float = MORNING) -> None:
        self.clock = ManualClock(boots_at)
        self.hub: StoreHub = store_hub(a_layout(printing=printing), journal, self.clock)
        self.reports: list[tuple[str, str, str]] = []  # job, state and reason of every fact about a ticket
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> "Bakery":
        await self.hub.start()
        self.hub.follow(self._write_down)
        return self

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.hub.stop()

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        return task

    def printer(self, connection: str, *, name: str = "kitchen", patience: Patience = QUICK, **rest: Any) -> Printer:
        settings = PrinterSettings(id=name, connection=connection, **rest)
        return Printer(settings, self.hub, say=speak("en"), timezone=HANGZHOU, patience=patience)

    async def order(self, name: str = "o1", *items: Item, **rest: Any) -> None:
        await self.hub.submit(placed(name, *items, **rest), by="cloud")

    async def ask(self, **what: Any) -> None:
        await self.hub.submit(Bump(**what), by="test")

    def job(self, number: int = 0) -> Job:
        return list(self.hub.board.jobs.values())[number]

    def jobs_are(self, *states: JobState) -> bool:
        return [job.state for job in self.hub.board.jobs.values()] == list(states)

    async def reports_end_with(self, state: str) -> str:
        """Wait until the latest fact about a ticket says so; the reason it gives."""
        await until(lambda: self.reports and self.reports[-1][1] == state)
        return self.reports[-1][2]

    @property
    def states(self) -> list[str]:
        return [state for _, state, _ in self.reports]

    def _write_down(self, commit: Any) -> None:
        for fact in commit.facts:
            kind = type(fact.what).__name__
            if kind.startswith("Ticket") and kind != "TicketQueued":
                state = kind.removeprefix("Ticket").lower()
                self.reports.append((fact.what.job, state, getattr(fact.what, "reason", "")))


@pytest.fixture
async def bakery(tmp_path: Path) -> AsyncIterator[Bakery]:
    store = await Bakery(tmp_path / "journal.db").open()
    yield store
    await store.close()


@pytest.fixture
async def paper() -> AsyncIterator[VirtualPrinter]:
    """A virtual printer that is switched on."""
    printer = VirtualPrinter()
    await printer.start()
    yield printer
    await printer.stop()


OpenBakery = Callable[[], Coroutine[Any, Any, Bakery]]
