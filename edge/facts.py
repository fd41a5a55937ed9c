"""Facts: everything that can have happened in a store. The journal is a list of them."""

from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from edge.heard import Range
from edge.orders import ItemId, Moment, Order, OrderId, Record, StageId, Stamp, StationId
from edge.tickets import JobId, Slip, TicketKind
from edge.updates import UpdateId


class Happened(Record, tag=True, frozen=True):
    """Whatever can have happened; what it does to the board stands in `apply`."""


class About(Happened, frozen=True):
    """A fact about one order."""

    order: OrderId


class OrderPlaced(Happened, frozen=True):
    """An order entered the store, its routes fixed from here on."""

    order: Order
    by_hand: int = 0  # counts the display ids that the hub gave


class OrderChanged(Happened, frozen=True):
    """An order's content was replaced; what the difference was, by item, and the names of the fields that differ."""

    order: Order
    added: tuple[ItemId, ...] = ()
    removed: tuple[ItemId, ...] = ()
    altered: dict[ItemId, tuple[str, ...]] = {}
    fields: tuple[str, ...] = ()  # of the order itself


class OrderCancelled(About, frozen=True):
    """Terminal, also when it comes before its `placed`: then a stub stands for the order."""

    reason: str = ""
    stamp: Stamp | None = None
    stub: Order | None = None


class OrderRefused(About, frozen=True):
    """The store does not make it; terminal, as if it were cancelled."""

    reason: str


class OrderHeld(About, frozen=True):
    """The order waits until its release, or by hand where there is none."""

    release: float | None = None


class OrderReleased(About, frozen=True):
    """The order goes to its stations."""


class OrderRescheduled(About, frozen=True):
    """The order is due at another time."""

    due: float
    release: float | None = None


class OrderPrioritised(About, frozen=True):
    """The order goes before others."""

    priority: int = 1


class OrderReady(About, frozen=True):
    """Every item is made."""

    move: int = 0


class OrderUnready(About, frozen=True):
    """A ready was taken back."""


class OrderCollected(About, frozen=True):
    """The customer or a rider has it. From the cloud also before its `placed`: then a stub stands for the order."""

    reason: str = ""
    stamp: Stamp | None = None
    stub: Order | None = None


class OrderClosed(About, frozen=True):
    """The order left the board."""


class OrderLapsed(About, frozen=True):
    """The order arrived when its time was long over: listed, never made."""


class EventOvertaken(About, frozen=True):
    """An event that came too late to have an effect."""

    stamp: Stamp
    reason: str


class CustomerUntold(About, frozen=True):
    """The cloud could not tell the customer, or the channel: somebody has to."""

    stamp: Stamp
    on: str
    way: str
    reason: str
    words: str


class CustomerPhoned(About, frozen=True):
    """Somebody told them, or saw that it need not be."""


class SlotTaken(About, frozen=True):
    """The order stands at a station under a number."""

    station: StationId
    number: int
    fresh: bool = True  # not fresh: a recalled order coming back, or one with nothing left to make there


class SlotFreed(About, frozen=True):
    """The order left a station; its number rests."""

    station: StationId
    number: int
    until: float


class ItemStarted(About, frozen=True):
    """An item's stage was started."""

    item: ItemId
    stage: StageId
    station: StationId
    move: int = 0
    implied: bool = False


class ItemFinished(About, frozen=True):
    """An item's stage was finished; it is at its next place."""

    item: ItemId
    stage: StageId
    station: StationId
    move: int = 0


class ItemSplit(About, frozen=True):
    """So much of an item goes its own way from here on."""

    item: ItemId
    part: ItemId
    quantity: Decimal


class ItemRemade(About, frozen=True):
    """An item was spoilt: it stands at its first stage again, and its presses cannot be recalled any more."""

    item: ItemId
    reason: str = ""


class Taken(Record, array_like=True, frozen=True):
    """Where an item stands again after a recall."""

    item: ItemId
    place: int
    moment: Moment
    since: float


class MoveRecalled(About, frozen=True):
    """A press was taken back."""

    station: StationId
    move: int
    items: tuple[Taken, ...]


class Acknowledged(About, frozen=True):
    """A station has seen the order's marks."""

    station: StationId


class PageTurned(Happened, frozen=True):
    """A station shows another page."""

    station: StationId
    page: int


class TicketQueued(About, frozen=True):
    """A printer owes a ticket; a known job queued again is a reprint."""

    job: JobId
    printer: str
    kind: TicketKind
    items: tuple[ItemId, ...] = ()
    station: StationId | None = None
    attempt: int = 1
    slip: Slip | None = None


class AboutTicket(About, frozen=True):
    """A fact about one print job."""

    job: JobId


class TicketSending(AboutTicket, frozen=True):
    """Bytes of the ticket may leave from here on."""


class TicketPrinted(AboutTicket, frozen=True):
    """The printer confirmed it."""


class TicketUnsent(AboutTicket, frozen=True):
    """Not one byte left; it is tried again, unless it is too old: then somebody has to ask for it."""

    reason: str
    stale: bool = False


class TicketUnconfirmed(AboutTicket, frozen=True):
    """Bytes left and nobody knows whether they are on paper."""

    reason: str


class TicketMoved(AboutTicket, frozen=True):
    """Not one byte left, and its printer cannot print: another one does, or its own again."""

    printer: str


class TicketDropped(AboutTicket, frozen=True):
    """Not one byte left, and what it would say no longer holds: the printer owes it no more."""


class UpdateSent(About, frozen=True):
    """Updates left their grace and have their sequence: no recall can delete them now."""

    updates: tuple[UpdateId, ...]


class UpdatesReceipted(Happened, frozen=True):
    """The cloud has every update through this sequence."""

    through: int


class DeadLetterKept(Happened, frozen=True):
    """A message could not be understood and is kept."""

    topic: str
    reason: str
    size: int
    sha256: str
    payload: bytes  # of an oversized message the beginning
    event: str | None = None
    stamp: Stamp | None = None  # where its envelope could be read


class EventRepeated(Happened, frozen=True):
    """An event that is known already came again, and its number had been missing."""

    stamp: Stamp


class SequenceSkipped(Happened, frozen=True):
    """The cloud said that it cannot send these numbers again."""

    stamp: Stamp
    numbers: Range


class GapOpened(Happened, frozen=True):
    """Numbers of the cloud's sequence are missing."""

    numbers: Range


class GapClosed(Happened, frozen=True):
    """Nothing is missing any more up to this number."""

    through: int


class BackfillRequested(Happened, frozen=True):
    """The cloud is asked for everything after a number: none where nothing was ever numbered."""

    number: int  # of the request
    connection: int
    after: int | None = None
    since: float | None = None


class JournalBegun(Happened, frozen=True):
    """A new journal goes on with what could be carried over of another: its updates are counted anew."""

    before: str  # the id of the other, empty where it could not be read


class LetterRead(Happened, frozen=True):
    """A dead letter was understood after all, by a newer version."""

    letter: int  # the sequence of the fact that kept it


class LettersForgotten(Happened, frozen=True):
    """Old dead letters were pruned; so many are left."""

    left: int


class StorePaused(Happened, frozen=True):
    """The store wants no more orders for a while."""

    reason: str = ""


class StoreResumed(Happened, frozen=True):
    """The store takes orders again."""


class ProductUnavailable(Happened, frozen=True):
    """A product is sold out."""

    code: str
    reason: str = ""


class ProductAvailable(Happened, frozen=True):
    """A product can be ordered again."""

    code: str


class ClockStepped(Happened, frozen=True):
    """The wall clock was set; what is being timed moves with it."""

    seconds: float
    begun: float = 0.0  # when this run of the hub began, by the clock that was wrong: before, it may have been right


W = TypeVar("W")


class Fact(msgspec.Struct, Generic[W], frozen=True, gc=False):
    """One row of the journal: what happened, when, by whom and through which intent."""

    seq: int
    at: float
    by: str
    intent: str | None
    what: W
