"""Facts: everything that can have happened in a store. The journal is a list of them."""

from typing import NewType

import msgspec

from edge.orders import ItemId, Moment, Order, OrderId, Record, Stamp, StageId, StationId
from edge.tickets import JobId, TicketKind
from edge.updates import UpdateId

LetterId = NewType("LetterId", str)


class About(Record, tag=True):
    """A fact about one order."""

    order: OrderId


class OrderPlaced(Record, tag=True):
    """An order entered the store, its routes fixed from here on."""

    order: Order


class OrderChanged(Record, tag=True):
    """An order's content was replaced; what the difference was, by item."""

    order: Order
    added: tuple[ItemId, ...] = ()
    removed: tuple[ItemId, ...] = ()
    altered: tuple[ItemId, ...] = ()


class OrderCancelled(About):
    """Terminal, also when it comes before its `placed`: then a stub stands for the order."""

    reason: str = ""
    stamp: Stamp | None = None
    stub: Order | None = None


class OrderHeld(About):
    """The order waits until its release, or by hand where there is none."""

    release: float | None = None


class OrderReleased(About):
    """The order goes to its stations."""


class OrderRescheduled(About):
    """The order is due at another time."""

    due: float
    release: float | None = None


class OrderPrioritised(About):
    """The order goes before others."""

    priority: int = 1


class OrderReady(About):
    """Every item is made."""

    move: int = 0


class OrderUnready(About):
    """A ready was taken back."""


class OrderCollected(About):
    """The customer or a rider has it."""

    reason: str = ""
    stamp: Stamp | None = None


class OrderClosed(About):
    """The order left the board."""


class OrderLapsed(About):
    """The order arrived when its time was long over: listed, never made."""


class EventOvertaken(About):
    """An event that came too late to have an effect."""

    stamp: Stamp
    reason: str


class SlotTaken(About):
    """The order stands at a station under a number."""

    station: StationId
    number: int
    fresh: bool = True  # not fresh: a recalled order coming back


class SlotFreed(About):
    """The order left a station; its number rests."""

    station: StationId
    number: int
    until: float


class ItemStarted(About):
    """An item's stage was started."""

    item: ItemId
    stage: StageId
    station: StationId
    move: int = 0
    implied: bool = False


class ItemFinished(About):
    """An item's stage was finished; it is at its next place."""

    item: ItemId
    stage: StageId
    station: StationId
    move: int = 0


class Taken(Record, array_like=True):
    """Where an item stands again after a recall."""

    item: ItemId
    place: int
    moment: Moment
    since: float


class MoveRecalled(About):
    """A press was taken back."""

    station: StationId
    move: int
    items: tuple[Taken, ...]


class Acknowledged(About):
    """A station has seen the order's marks."""

    station: StationId


class PageTurned(Record, tag=True):
    """A station shows another page."""

    station: StationId
    page: int


class TicketQueued(About):
    """A printer owes a ticket; a known job queued again is a reprint."""

    job: JobId
    printer: str
    kind: TicketKind
    items: tuple[ItemId, ...] = ()
    station: StationId | None = None
    attempt: int = 1


class AboutTicket(About):
    """A fact about one print job."""

    job: JobId


class TicketSending(AboutTicket):
    """Bytes of the ticket may leave from here on."""


class TicketPrinted(AboutTicket):
    """The printer confirmed it."""


class TicketUnsent(AboutTicket):
    """Not one byte left; it is tried again."""

    reason: str


class TicketUnconfirmed(AboutTicket):
    """Bytes left and nobody knows whether they are on paper."""

    reason: str


class UpdateSent(About):
    """Updates left their grace and have their sequence: no recall can delete them now."""

    updates: tuple[UpdateId, ...]


class UpdatesReceipted(Record, tag=True):
    """The cloud has every update through this sequence."""

    through: int


class DeadLetterKept(Record, tag=True):
    """A message could not be understood and is kept."""

    letter: LetterId
    topic: str
    reason: str
    size: int
    sha256: str
    event: str | None = None


Happened = (
    OrderPlaced
    | OrderChanged
    | OrderCancelled
    | OrderHeld
    | OrderReleased
    | OrderRescheduled
    | OrderPrioritised
    | OrderReady
    | OrderUnready
    | OrderCollected
    | OrderClosed
    | OrderLapsed
    | EventOvertaken
    | SlotTaken
    | SlotFreed
    | ItemStarted
    | ItemFinished
    | MoveRecalled
    | Acknowledged
    | PageTurned
    | TicketQueued
    | TicketSending
    | TicketPrinted
    | TicketUnsent
    | TicketUnconfirmed
    | UpdateSent
    | UpdatesReceipted
    | DeadLetterKept
)


class Fact(msgspec.Struct, frozen=True, gc=False):
    """One row of the journal: what happened, when, by whom and through which intent."""

    seq: int
    at: float
    by: str
    intent: str | None
    what: Happened
