"""Intents: what somebody asks of the hub. All of them go through `hub.submit`, the only door."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta

from edge import facts as f
from edge.heard import Range
from edge.orders import LEAST, MOST, ItemId, Moment, Order, OrderId, Record, StageId, Stamp, StationId
from edge.text import plain
from edge.tickets import JobId
from edge.words import Say

Number = Annotated[int, Meta(ge=1, le=1_000_000)]
Reason = Annotated[str, Meta(max_length=500)]
Because = Annotated[str, Meta(min_length=1, max_length=500)]
Code = Annotated[str, Meta(min_length=1, max_length=200)]


def _check(quantity: Decimal | None) -> None:
    if quantity is not None and not (quantity.is_finite() and LEAST <= quantity <= MOST):
        raise ValueError(f"quantity: expected a number from {LEAST} to {MOST}")


class AtStation(Record, frozen=True):
    """Names a card: by slot, by the number a keypad shows on the station's page, or by order alone."""

    station: StationId | None = None
    slot: Number | None = None
    position: Number | None = None  # on the station's current page
    order: OrderId | None = None
    item: ItemId | None = None

    @property
    def whole_station(self) -> bool:
        """Whether it names a station and no card."""
        return self.station is not None and self.slot is None and self.position is None and self.order is None


class Bump(AtStation, tag="bump", frozen=True):
    """Move those of the card's items that are furthest behind by one moment; of one item also a part.

    Who says which stage and moment was to come is refused where somebody else was quicker.
    """

    quantity: Decimal | None = None
    stage: StageId | None = None
    moment: Moment | None = None  # started or finished

    def __post_init__(self) -> None:
        _check(self.quantity)


class Batch(Record, tag="batch", frozen=True):
    """Move everything of a product that is at a stage and moment of a station by one moment, over all its orders."""

    station: StationId
    product: str  # its code; its name where it has none
    stage: StageId
    moment: Moment  # waiting or started


class Recall(AtStation, tag="recall", frozen=True):
    """Take the slot's last move back; without a slot the station's last."""


class Acknowledge(AtStation, tag="acknowledge", frozen=True):
    """Clear a card's marks; without a slot those of the oldest card that has any.

    Of an order alone: its customer knows now what the cloud could not tell them, where there is such a thing.
    """


class Reprint(AtStation, tag="reprint", frozen=True):
    """Print the card's latest ticket again; without a slot the station's latest."""

    job: JobId | None = None


class TurnPage(Record, tag="page", frozen=True):
    """Show another page of a station, the same on every screen and for its keypads."""

    station: StationId
    to: Literal["next", "previous"] | Number


class OfOrder(Record, frozen=True):
    """Asks something of one order."""

    order: OrderId


class Collect(OfOrder, tag="collect", frozen=True):
    """The customer has it; before it is ready only with force."""

    force: bool = False
    reason: Reason = ""


class Hold(OfOrder, tag="hold", frozen=True):
    """Take an order that nobody has started from its stations until it is released."""


class Release(OfOrder, tag="release", frozen=True):
    """Send an order to its stations now; wins over everything."""


class Prioritise(OfOrder, tag="prioritise", frozen=True):
    """Put an order before others."""

    priority: Annotated[int, Meta(ge=0, le=9)] = 1


class Refuse(OfOrder, tag="refuse", frozen=True):
    """The store does not make an order that nobody has started."""

    reason: Because


class Remake(OfOrder, tag="remake", frozen=True):
    """An item is spoilt, or a part of it: it begins anew at its first stage."""

    item: ItemId
    reason: Reason = ""
    quantity: Decimal | None = None

    def __post_init__(self) -> None:
        _check(self.quantity)


class OnCard(Record, frozen=True):
    """A keypad asks something of the card under a number of its station's page: a template without order and item."""

    station: StationId
    position: Number
    ask: Collect | Hold | Prioritise | Refuse | Remake | Batch


class ReleaseNext(Record, frozen=True):
    """A keypad wants more to do: the held order that comes next, those held by hand before the others."""


class Pause(Record, tag="pause", frozen=True):
    """The store wants no more orders for a while; those that come all the same are made."""

    reason: Reason = ""


class Resume(Record, tag="resume", frozen=True):
    """The store takes orders again."""


class Unavailable(Record, tag="unavailable", frozen=True):
    """A product is sold out."""

    code: Code
    reason: Reason = ""


class Available(Record, tag="available", frozen=True):
    """A product can be ordered again."""

    code: Code


class Reschedule(OfOrder, frozen=True):
    """The order is due at another time, in seconds since 1970."""

    due: float


class Place(Record, frozen=True):
    """An order enters the store: an event of the cloud, or made by hand, where `stamp` is none."""

    order: Order
    stamp: Stamp | None = None


class Change(Record, frozen=True):
    """The whole order anew, from the cloud."""

    order: Order
    stamp: Stamp


class Cancel(OfOrder, frozen=True):
    """The cloud takes an order back."""

    stamp: Stamp
    reason: str = ""


class Gone(OfOrder, frozen=True):
    """The cloud says that an order was collected."""

    stamp: Stamp
    reason: str = ""


class KeepLetter(Record, frozen=True):
    """Keep a message that could not be understood; of an oversized one the beginning, its size and SHA-256."""

    topic: str
    reason: str
    payload: bytes
    size: int
    sha256: str
    event: str | None = None
    stamp: Stamp | None = None  # where its envelope could be read


class ReportUntold(Record, frozen=True):
    """The cloud could not tell the customer, or the channel, what happened to an order."""

    order: OrderId
    stamp: Stamp
    on: str
    way: str = ""
    reason: str = ""
    words: str = ""


class Skip(Record, frozen=True):
    """The cloud cannot send these numbers of its sequence again."""

    stamp: Stamp
    numbers: Range


class Due(OfOrder, frozen=True):
    """The clock said that a time had come; it may have been set back since."""

    at: float


class ReleaseDue(Due, frozen=True):
    """The clock: a held order's time has come."""


class CloseDue(Due, frozen=True):
    """The clock: an order that is done leaves the board."""


class SendDue(Due, frozen=True):
    """The clock: an order's updates leave their grace."""


class Note(Record, frozen=True):
    """The hub itself has found that something happened: it is only written down."""

    what: f.ClockStepped | f.EventRepeated | f.JournalBegun | f.LetterRead | f.LettersForgotten


class Reseat(OfOrder, frozen=True):
    """The settings were edited: an order's cards belong to the stations that work its stages now."""


class ReportTicket(Record, frozen=True):
    """A spooler says how far a ticket got."""

    job: JobId
    state: Literal["sending", "printed", "unsent", "stale", "unconfirmed"]
    reason: str = ""


class MoveTicket(Record, frozen=True):
    """A spooler whose printer cannot print gives a ticket to another printer."""

    job: JobId
    printer: str


class ReceiptUpdates(Record, frozen=True):
    """The publisher knows that the cloud has every update through this sequence."""

    through: int


class RequestBackfill(Record, frozen=True):
    """Ask the cloud for what is missing: always on a new connection, later only where there is a gap."""

    connection: int


Asked = (
    Bump
    | Batch
    | Recall
    | Acknowledge
    | Reprint
    | TurnPage
    | Collect
    | Hold
    | Release
    | Prioritise
    | Refuse
    | Remake
    | Pause
    | Resume
    | Unavailable
    | Available
)
FromKeypad = Asked | OnCard | ReleaseNext
FromCloud = Place | Change | Cancel | Gone | ReportUntold | KeepLetter | Skip
FromHub = ReleaseDue | CloseDue | SendDue | Reseat | Note
FromCourier = ReportTicket | MoveTicket | ReceiptUpdates | RequestBackfill
Intent = FromKeypad | Reschedule | FromCloud | FromHub | FromCourier


class Refused(Exception):
    """An intent was decided against: one line for the person who asked, with the mend where there is one."""

    def __init__(self, template: str, **about: object) -> None:
        self._template = template
        self._about = {name: one if isinstance(one, StrEnum) else plain(str(one), 80) for name, one in about.items()}
        super().__init__(self.reason)

    @property
    def reason(self) -> str:
        """The line in English."""
        return self.said(str)

    def said(self, say: Say) -> str:
        """The line in the language of `say`; what customers wrote in it is plain text."""
        about = {name: say(one) if isinstance(one, StrEnum) else one for name, one in self._about.items()}
        return say(self._template).format(**about) if about else say(self._template)
