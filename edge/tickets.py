"""Print jobs: what a printer owes the store, and how far it got."""

from decimal import Decimal
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


class Amended(Record, frozen=True):
    """One line of a change slip: an item as older paper has it."""

    item: ItemId
    name: str
    quantity: Decimal
    unit: str = ""
    removed: bool = False  # else altered: what it is now says the order
    begun: bool = False  # of a removed one
    was: dict[
        str, str
    ] = {}  # what the altered fields said, of a removed item what tells it from others; the long is empty


class Slip(Record, frozen=True):
    """What a change slip says beside the order as it stands: acknowledging does not empty it."""

    lines: tuple[Amended, ...]
    fields: tuple[str, ...] = ()  # of the order itself


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
    slip: Slip | None = None  # of a change
    via: str = ""  # the other printer that prints it, while its own cannot
    stale: bool = False  # it waited so long that it is printed only if somebody still wants it

    @property
    def spool(self) -> str:
        """The printer it comes out of."""
        return self.via or self.printer

    @property
    def waiting(self) -> bool:
        """Whether the printer still owes this ticket."""
        return self.state is JobState.SENDING or (self.pending and not self.stale)

    @property
    def pending(self) -> bool:
        """Whether not one byte of this attempt has left."""
        return self.state in {JobState.QUEUED, JobState.UNSENT}

    @property
    def on_paper(self) -> bool:
        """Whether somebody may hold a paper of it."""
        return not self.pending or self.attempt > 1

    @property
    def again(self) -> int:
        """The attempt that printing it again is: the same one where not a byte of this one has left."""
        return self.attempt if self.pending else self.attempt + 1
