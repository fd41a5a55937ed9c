"""Printers that fail by chance: no ticket is missing without a word on the board, no two papers of one are alike."""

import asyncio
import errno
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from random import Random
from typing import Any

from devices.conversation import Patience
from devices.printer import Printer
from devices.settings import PrinterSettings
from devices.twin.printer import VirtualPrinter
from devices.twin.reader import Ticket
from devices.twin.serial import SerialPrinter
from edge.cards import show_board, show_status
from edge.clock import machine_zone
from edge.intents import Refused, Reprint
from edge.layout import PrintRule
from edge.store import store_hub
from edge.tickets import JobState
from edge.views import Paper
from edge.words import speak
from tests.brokers import free_port
from tests.builders import HOUR, MINUTE, ManualClock, a_cake, a_layout, placed
from tests.faults.fault import Case, Fault, Tally

HASTY = Patience(
    connect=1, status=0.04, stall=0.1, paper=0.12, byte=0, linger=0.04, first_retry=0.01, last_retry=0.04, idle=0.03
)
LINE, BLIND = b"\x10\x00\x00\x00", b"\x14\x00\x00\x0f"  # automatic status: all is well, and the paper is near its end
LIES = (b"\xff", b"\x12", b"\x13\x11", b'7"9999\x00', b'7"', b"OK\r\n", LINE)
SWITCHES: dict[str, tuple[Any, ...]] = {
    "mute": (True, False),
    "names": (True, False),
    "deaf": (True, False, False),
    "paper_out": (True, False),
    "cover_open": (True, False),
    "stuck": (True, False),
    "pace": (1.0, 0.002, 0.0),
    "chatter": (LINE, BLIND, b"\x00", b""),
    "fidget": (LINE, BLIND, b""),
    "lie": (*LIES, b"", b""),
    "close_early": (True, False),
    "reset_after": (0, 5, 60, 300, 700, None, None),
}
WELL: dict[str, Any] = {
    **dict.fromkeys(("mute", "deaf", "paper_out", "cover_open", "stuck", "close_early", "refuse"), False),
    "names": True,
    "pace": 0.0,
    "chatter": b"",
    "fidget": b"",
    "lie": b"",
    "reset_after": None,
}
REPRINT = re.compile(r"REPRINT #(\d+)")
SETTLES = 20.0  # seconds in which all printers that are well have told of their tickets
SIDE_BY_SIDE = 10


class Schedule:
    """A bakery of two printers, each the other's backup, and what happens to them by chance."""

    def __init__(self, seed: int, directory: Path) -> None:
        self._dice = Random(seed)
        self._clock = ManualClock()
        rules = (PrintRule("kitchen", ()), PrintRule("counter", (), "ready"))
        self._hub = store_hub(a_layout(printing=rules), directory / f"{seed}.db", self._clock)
        serial = self._dice.random() < 0.3
        kitchen = SerialPrinter(directory / f"{seed}-tty") if serial else VirtualPrinter()
        self._printers: dict[str, VirtualPrinter] = {"kitchen": kitchen, "counter": VirtualPrinter()}
        self._off: set[str] = set()
        self.orders = self.reprints = 0
        self.took = 0.0

    async def play(self) -> list[str]:
        """What went wrong."""
        async with AsyncExitStack() as stack:
            await self._hub.start()
            stack.push_async_callback(self._hub.stop)
            for printer in self._printers.values():
                await _install(printer)
                stack.push_async_callback(printer.stop)
            spoolers = [asyncio.create_task(self._spooler(name).run()) for name in self._printers]
            stack.push_async_callback(_end, spoolers)
            for _ in range(self._dice.randint(8, 24)):
                await self._happen()
                await asyncio.sleep(self._dice.choice((0.0, 0.01, 0.05, 0.15)))
            return await self._mend()

    def _spooler(self, name: str) -> Printer:
        other = "counter" if name == "kitchen" else "kitchen"
        confirm = "none" if self._dice.random() < 0.05 else "auto"
        settings = PrinterSettings(
            id=name,
            connection=self._printers[name].connection,
            backup=other,
            confirm=confirm,  # type: ignore[arg-type]
        )
        return Printer(settings, self._hub, say=speak("en"), timezone=machine_zone(), patience=HASTY)

    async def _happen(self) -> None:
        dice = self._dice
        name = dice.choice(("kitchen", "kitchen", "counter"))
        match dice.choice(
            ("order", "order", "order", "switch", "switch", "switch", "switch", "plug", "reprint", "time")
        ):
            case "order":
                for _ in range(dice.choice((1, 1, 3))):
                    self.orders += 1
                    cakes = (a_cake(str(number), note="less sugar, " * 30) for number in range(dice.choice((1, 1, 20))))
                    await self._hub.submit(placed(f"o{self.orders}", *cakes), by="cloud")
            case "switch":
                switch = dice.choice(tuple(SWITCHES))
                setattr(self._printers[name], switch, dice.choice(SWITCHES[switch]))
            case "plug":
                await self._plug(name, on=name in self._off)
            case "reprint":
                await self._reprint()
            case "time":
                self._clock.advance(dice.choice((5.0, 30.0, MINUTE, 2 * MINUTE, HOUR + MINUTE)))

    async def _plug(self, name: str, *, on: bool) -> None:
        printer = self._printers[name]
        await (printer.start() if on else printer.stop())
        (self._off.discard if on else self._off.add)(name)

    async def _reprint(self) -> None:
        """Somebody asks for the papers that the board offers."""
        for paper in self._board():
            with suppress(Refused):  # it prints by itself
                await self._hub.submit(Reprint(job=paper.job), by="display:oven")
                self.reprints += 1

    async def _mend(self) -> list[str]:
        """Everything is well again: hold what is on the board against what is on paper."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for name, printer in self._printers.items():
            for switch, value in WELL.items():
                setattr(printer, switch, value)
            for call in tuple(printer.calls):
                call.transport.resume_reading()
            if name in self._off:
                await self._plug(name, on=True)
        jobs = self._hub.board.jobs
        while any(job.waiting for job in jobs.values()):
            if loop.time() - began > SETTLES:
                return [f"STILL waiting: {job}" for job in jobs.values() if job.waiting]
            await asyncio.sleep(0.01)
        self.took = loop.time() - began
        return list(self._wrong())

    def _board(self) -> tuple[Paper, ...]:
        hub = self._hub
        return show_board(hub.board, "j", self._clock.now(), show_status(hub.board, hub.vitals, hub.trouble)).papers

    def _wrong(self) -> Iterator[str]:
        whole: Counter[tuple[str, int]] = Counter()
        begun: Counter[tuple[str, int]] = Counter()
        for printer in self._printers.values():
            for ticket in printer.tickets:
                papers = _read(ticket)
                begun.update(papers)
                whole.update(papers[-1:] if ticket.cut else ())
        told = {paper.job for paper in self._board()}
        jobs = list(self._hub.board.jobs.values())
        if len(jobs) != self.orders:
            yield f"LOST {self.orders} orders have {len(jobs)} tickets"
        for job in jobs:
            on_paper = whole[job.order.upper(), job.attempt]
            if not on_paper and job.id not in told:
                yield f"LOST {job} is {job.state}, is on no paper, and the board does not say so"
            if job.state is JobState.PRINTED and not on_paper:
                yield f"LOST {job} is called printed"
        for (order, attempt), count in begun.items():
            if count > 1:
                yield f"DOUBLED {count} papers of {order} are marked {attempt}"


def _read(ticket: Ticket) -> list[tuple[str, int]]:
    """The orders on a paper, and which paper of it this says it is; more than one where the first was cut short."""
    found, attempt = [], 1
    for line in ticket.lines:
        if again := REPRINT.search(line.text):
            attempt = int(again[1])
        if line.wide > 2:
            found.append((line.text.strip(), attempt))
            attempt = 1
    return found


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _install(printer: VirtualPrinter) -> None:
    """Switch a printer on for the first time, on a port that nobody is given by chance while it is off."""
    while True:
        printer.port = free_port()
        try:
            return await printer.start()
        except OSError as error:  # somebody else has just chosen the same one
            if error.errno != errno.EADDRINUSE:
                raise


async def break_printers(case: Case) -> Tally:
    """Schedules of faults, some side by side; each has its own bakery."""
    left = [case.seed * 1_000 + number for number in range(case.count)]
    tally = Tally()

    async def play_some() -> Tally:
        told = Tally()
        while left:
            seed = left.pop(0)
            schedule = Schedule(seed, case.directory)
            wrong = await schedule.play()
            told += Tally(
                injected=1,
                orders=schedule.orders,
                presses=schedule.reprints,
                lost=sum(note.startswith("LOST") for note in wrong),
                doubled=sum(note.startswith("DOUBLED") for note in wrong),
                disordered=sum(note.startswith("STILL") for note in wrong),
                recovery=schedule.took,
                notes=tuple(f"{seed}: {note}" for note in wrong),
            )
        return told

    for told in await asyncio.gather(*(play_some() for _ in range(min(SIDE_BY_SIDE, case.count)))):
        tally += told
    return tally


PAPER = Fault("paper", 1_000, 50, break_printers, few=30)
