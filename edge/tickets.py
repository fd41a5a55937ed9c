"""Print jobs: what a printer owes the store, and how far it got."""

from enum import StrEnum
from typing import Literal, NewType

from edge.orders import ItemId, OrderId, Record, StationId

JobId = NewType("JobId", str)
TicketKind = Literal["kitchen", "packing", "change", "cancel", "label", "test"]


class JobState(StrEnum):
    """`printed` only when the printer said so (promise P5)."""

    QUEUED = "queued"
    SENDING = "sending"
    PRINTED = "printed"
    UNSENT = "unsent"
    UNCONFIRMED = "unconfirmed"


class Job(Record, frozen=True):
    """One ticket for one printer; it is set from the order as it stands when it is printed."""

    id: JobId
    printer: str
    kind: TicketKind
    order: OrderId
    items: tuple[ItemId, ...]  # the lines it prints
    station: StationId | None = None
    at: float = 0.0
    attempt: int = 1  # from the second on it is marked as a reprint
    state: JobState = JobState.QUEUED
    reason: str = ""  # why it is unsent or unconfirmed

    @property
    def waiting(self) -> bool:
        """Whether the printer still owes this ticket."""
        return self.state in {JobState.QUEUED, JobState.SENDING, JobState.UNSENT}
