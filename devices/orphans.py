"""Orphans: tickets that a printer owes which is no longer in store.toml. They go home, or people are told."""

from collections.abc import Collection, Iterable

from edge.intents import MoveTicket, ReportTicket
from edge.store import StoreHub
from edge.tickets import Job, JobState
from edge.words import Say


def look_after_orphans(hub: StoreHub, printers: Collection[str], say: Say) -> None:
    """See to it from now on that no ticket waits for a printer that nobody runs."""

    def look(jobs: Iterable[Job | None]) -> None:
        for job in jobs:
            if job is not None and job.waiting and job.spool not in printers:
                hub.offer(_what_becomes_of(job, printers, say), by="hub", key=None, done=lambda: None)

    look(hub.board.jobs.values())
    hub.follow(lambda commit: look(commit.draft.jobs.changes.values()))  # as a change slip for paper it had printed


def _what_becomes_of(job: Job, printers: Collection[str], say: Say) -> MoveTicket | ReportTicket:
    if job.state is JobState.SENDING:
        return ReportTicket(job.id, "unconfirmed", say("the hub was stopped while the ticket was being sent"))
    if job.printer in printers:
        return MoveTicket(job.id, job.printer)
    reason = say("printer {printer} is no longer in store.toml").format(printer=job.printer)
    return ReportTicket(job.id, "stale", reason)
