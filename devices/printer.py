"""A printer's spooler: brings its print jobs to paper one after the other, and reports only what is known of each."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import tzinfo
from functools import partial
from typing import Literal

from devices import escpos
from devices.conversation import Conversation, Memory, Patience, Unready, talk
from devices.settings import PrinterSettings
from devices.sheet import Setting
from devices.ticket import ticket_bytes
from edge.board import Board
from edge.cards import CLOCK_PATIENCE
from edge.facts import Happened
from edge.hub import Commit, NotCommitted
from edge.intents import MoveTicket, Refused, ReportTicket
from edge.store import StoreHub
from edge.text import plain
from edge.tickets import Job, JobId, JobState
from edge.views import Device, DeviceState
from edge.words import Say
from edge.worker import Worker

log = logging.getLogger(__name__)
PATIENT = Patience()


class Printer:
    """One spooler; `run` one for each printer, so that none waits for another."""

    def __init__(
        self, settings: PrinterSettings, hub: StoreHub, *, say: Say, timezone: tzinfo, patience: Patience = PATIENT
    ) -> None:
        self._settings = settings
        self._hub = hub
        self._say = say
        self._setting = Setting(
            columns=settings.columns,
            encoding=settings.encoding,
            phone=hub.board.layout.phone,
            say=say,
            timezone=timezone,
            practice=hub.vitals.practice,
            buzzer=settings.buzzer,
        )
        self._patience = patience
        self._tickets: dict[JobId, Job] = {}  # still to be printed
        self._memory = Memory()
        self._worker: Worker
        self._new = asyncio.Event()
        self._unready_since: float | None = None  # monotonic

    async def run(self) -> None:
        """Print what is owed, until cancelled."""
        stop_following = self._hub.follow(self._watch)
        try:
            with Worker(f"printer {self._settings.id}") as self._worker:
                await self._begin()
                await self._work()
        finally:
            stop_following()

    async def _begin(self) -> None:
        """What was owed when the hub was stopped."""
        for job in self._hub.board.jobs.values():
            self._note(job.id, job)
            if job.spool == self._settings.id and job.state in {JobState.SENDING, JobState.UNCONFIRMED}:
                self._memory.owed += 1
        await self._worker.run(escpos.load)
        for job in [job for job in self._tickets.values() if job.state is JobState.SENDING]:
            self._memory.torn = max(self._memory.torn, len(await self._set(job) or b""))
            await self._report(job, "unconfirmed", "the hub was stopped while the ticket was being sent")

    async def _work(self) -> None:
        pause = self._patience.first_retry
        while True:
            self._new.clear()
            await self._give_up_what_is_stale()
            job = min(filter(self._is_of_known_age, self._tickets.values()), key=_turn, default=None)
            try:
                await (self._print(job) if job else self._look())
            except Unready as unready:
                self._show(unready.state, unready.reason)
                if job:
                    await self._report(job, "unsent", unready.reason)
                await self._move_to_backup()
                rest, pause = pause, min(pause * 2, self._patience.last_retry)
            else:
                self._unready_since = None
                idle = self._patience.last_retry if self._tickets else self._patience.idle
                rest, pause = 0.0 if job else idle, self._patience.first_retry
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._new.wait()

    async def _give_up_what_is_stale(self) -> None:
        """What waited too long, as over night, does not flood out: people are asked whether they still want it."""
        oldest = self._hub.clock.now() - self._settings.stale_minutes * 60
        patient = self._hub.clock.doubted < CLOCK_PATIENCE
        for job in [job for job in self._tickets.values() if job.pending]:
            if job.at < oldest:
                await self._report(job, "stale", "too old: print it again if it is still wanted")
            elif not (patient or self._is_of_known_age(job)):
                await self._report(job, "stale", "nobody knows how old it is: print it again if it is still wanted")

    def _is_of_known_age(self, job: Job) -> bool:
        """Not of one from before the hub was started, until a machine without a battery clock is told the time."""
        return self._hub.clock.believed or job.at > self._hub.begun

    async def _move_to_backup(self) -> None:
        """Give the waiting tickets to a printer that is well, once this one has been unready for long enough."""
        now = self._hub.clock.monotonic()
        if self._unready_since is None:
            self._unready_since = now
        if now - self._unready_since < self._settings.backup_after_seconds:
            return
        for job in sorted(self._tickets.values(), key=_turn):
            # Back home where it was moved here, lest it goes round in circles.
            others = (job.printer if job.via else "", self._settings.backup or "")
            to = next(filter(self._is_well, others), None)
            if to is not None:
                await self._ask(job, MoveTicket(job.id, to))

    def _is_well(self, printer: str) -> bool:
        device = self._hub.vitals.devices.get(f"printer:{printer}")
        return printer != self._settings.id and device is not None and device.state in {"ok", "unknown"}

    async def _print(self, job: Job) -> None:
        async with self._greeted() as conversation:
            await conversation.settle()
            if not await self._report(job, "sending"):  # on disk before the first byte leaves
                return
            name = f"{self._hub.board.counters.seq % 10_000:04}"
            ticket = await self._set(job)  # as it stands now: of a change from here on there is a slip
            if ticket:
                outcome = await conversation.bring(ticket, name)
                await self._report(job, outcome.state, outcome.reason)
            else:
                await self._report(job, "unconfirmed", "the ticket could not be set")

    async def _look(self) -> None:
        """See whether a printer with nothing to do is there and well."""
        async with self._greeted():
            pass

    @asynccontextmanager
    async def _greeted(self) -> AsyncIterator[Conversation]:
        async with talk(self._settings, self._patience, self._memory, self._worker) as conversation:
            if conversation.confirms:
                self._show("ok")
            else:
                self._show("unknown", "it confirms nothing: tickets are sent, unconfirmed")
            yield conversation

    async def _set(self, job: Job) -> bytes | None:
        """The ticket's bytes. On the worker: drawn on a small machine it would hold up every press meanwhile."""
        board = self._hub.board
        order = board.orders.get(job.order)
        station = board.layout.stations.get(job.station) if job.station else None
        if order is None:
            return None
        try:
            return await self._worker.run(
                partial(ticket_bytes, job, order, self._setting, station.name if station else "")
            )
        except Exception:  # one ticket that cannot be set must not keep back the others
            log.exception("ticket %s of order %s", job.id, plain(order.display_id))
            return None

    async def _report(
        self, job: Job, state: Literal["sending", "printed", "unsent", "stale", "unconfirmed"], reason: str = ""
    ) -> bool:
        """Say how far a ticket got; False where it is no longer wanted."""
        reason = self._say(reason) if reason else ""
        known = self._tickets.get(job.id, job)
        if (known.state, known.reason) == (state, reason):
            return True  # said before: the journal need not grow while a printer is away
        return await self._ask(job, ReportTicket(job.id, state, reason))

    async def _ask(self, job: Job, intent: ReportTicket | MoveTicket) -> bool:
        """Tell the hub, until it is on disk; False where the ticket is no longer wanted."""
        pause = self._patience.first_retry
        while True:
            try:
                await self._hub.submit(intent, by=f"printer:{self._settings.id}")
            except NotCommitted:
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._patience.last_retry)
            except Refused as refused:
                log.warning("printer %s: %s", self._settings.id, refused.reason)
                self._tickets.pop(job.id, None)
                return False
            else:
                return True

    def _show(self, state: DeviceState, reason: str = "") -> None:
        reason = self._say(reason) if reason else ""
        self._hub.vitals.device(Device(self._settings.id, "printer", state, reason))

    def _watch(self, commit: Commit[Board, Happened]) -> None:
        for job_id, job in commit.draft.jobs.changes.items():
            self._note(job_id, job)

    def _note(self, job_id: JobId, job: Job | None) -> None:
        if job is None or job.spool != self._settings.id or not job.waiting:
            self._tickets.pop(job_id, None)
            return
        self._tickets[job_id] = job
        if job.state is JobState.QUEUED:
            self._new.set()


def _turn(job: Job) -> tuple[float, int, str]:
    """Tickets come out in the order in which they were asked for."""
    return job.at, len(job.id), job.id
