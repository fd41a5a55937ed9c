"""Orders and their items as the store knows them: frozen data, times in seconds since 1970 (UTC)."""

from decimal import Decimal
from enum import StrEnum
from typing import NewType

import msgspec

OrderId = NewType("OrderId", str)
ItemId = NewType("ItemId", str)
StageId = NewType("StageId", str)
StationId = NewType("StationId", str)

PART = "\x1f"  # stands between an item's id and the number of a part of it; no id from outside has it
MOST = Decimal(1_000_000)  # more of one item is a mistake, not an order
LEAST = Decimal("0.001")  # a gram of a kilogram


class Record(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", gc=False):
    """Frozen data without cycles; on the wire its names are camelCase and what is at its default is left out."""


class OrderState(StrEnum):
    """Where an order stands as a whole (DESIGN.md section 3)."""

    HELD = "held"
    OPEN = "open"
    READY = "ready"
    COLLECTED = "collected"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    CLOSED = "closed"


class Moment(StrEnum):
    """A stage is first waited for, then started; a finished stage is the next place."""

    WAITING = "waiting"
    STARTED = "started"
    FINISHED = "finished"


class Word(StrEnum):
    """What a mark says to a station until it is acknowledged."""

    NEW = "new"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    RECALLED = "recalled"
    ALLERGEN = "allergen"


class Mark(Record, array_like=True, frozen=True):
    """One word shown at one station."""

    station: StationId
    word: Word


class Option(Record, frozen=True):
    """A choice the customer made for an item: a filling, a size, a topping."""

    name: str
    quantity: Decimal = Decimal(1)


class Bakery(Record, frozen=True):
    """What only a bakery asks of an item (CONTRACT.md section 2)."""

    cake_text: str | None = None
    candles: int | None = None
    size: str | None = None
    flavour: str | None = None
    filling: str | None = None
    frosting: str | None = None
    picture: str | None = None
    allergens: tuple[str, ...] = ()


def origin_of(item_id: ItemId) -> ItemId:
    """The id of the item that was ordered, of one of its parts."""
    return ItemId(item_id.partition(PART)[0])


class Move(Record, array_like=True, frozen=True):
    """One press that moved an item: what it takes to undo it."""

    id: int  # the sequence of the press's first fact, shared by all items it moved
    station: StationId
    place: int  # before the move
    moment: Moment
    since: float


class Item(Record, frozen=True):
    """One line of an order on its way through its route; place == len(route) is made."""

    id: ItemId
    name: str
    code: str = ""
    quantity: Decimal = Decimal(1)
    unit: str = ""
    options: tuple[Option, ...] = ()
    note: str = ""
    bakery: Bakery = Bakery()
    route: tuple[StageId, ...] = ()
    place: int = 0
    moment: Moment = Moment.WAITING
    since: float = 0.0
    moves: tuple[Move, ...] = ()
    added: bool = False  # by a change, until it is acknowledged where it stands
    changed: tuple[str, ...] = ()  # the fields that changes altered, until they are acknowledged where it stands
    wasted: Decimal = Decimal(0)  # how much of it was spoilt and begun anew

    @property
    def origin(self) -> ItemId:
        """The item that was ordered: its own id, or the one that this is a part of."""
        return origin_of(self.id)

    @property
    def product(self) -> str:
        """What it is, over all orders."""
        return self.code or self.name

    @property
    def begun(self) -> bool:
        """Whether somebody has pressed a button for it; what arrival implied does not count."""
        return bool(self.moves)

    @property
    def made(self) -> bool:
        """Whether the item has gone through its whole route."""
        return self.place >= len(self.route)

    @property
    def stage(self) -> StageId | None:
        """The stage the item is at, none once it is made."""
        return None if self.made else self.route[self.place]


class Stamp(Record, frozen=True):
    """Which event of the cloud an order's content comes from: decides what is newer."""

    source: str
    id: str
    time: float
    sequence: int | None = None
    answer: bool = False  # the cloud waits for one, also where the event comes too late to have an effect

    def older_than(self, other: "Stamp") -> bool:
        """For one order the newer is the higher sequence of one source, else the later time."""
        if self.source == other.source and self.sequence is not None and other.sequence is not None:
            return self.sequence < other.sequence
        return self.time < other.time


class Untold(Record, frozen=True):
    """What the cloud could not tell the customer of an order, or its channel."""

    on: str  # the event that was to be told: `order.ready`
    way: str  # the last one tried; `channel` where it was the channel that was to be told
    reason: str
    words: str  # for the customer
    at: float

    @property
    def to_channel(self) -> bool:
        """Whether it is the channel that was not told."""
        return self.way == "channel"


class Order(Record, frozen=True):
    """An order with everything the store shows, prints or answers about it."""

    id: OrderId
    display_id: str
    number: int = 0  # the sequence of its first fact: a short name inside the journal
    revision: int = 0  # the sequence of its latest fact
    state: OrderState = OrderState.OPEN
    type: str = "TAKEOUT"
    channel: str = ""
    created: float = 0.0
    arrived: float = 0.0
    due: float | None = None
    scheduled: bool = False
    release: float | None = None  # when a held order goes to the stations by itself
    released: bool = False  # once released, never held again by itself
    priority: int = 0
    customer: str = ""
    phone: str = ""
    note: str = ""
    reply_to: str | None = None
    items: tuple[Item, ...] = ()
    removed: tuple[Item, ...] = ()  # by changes, until each is acknowledged where it stood
    marks: tuple[Mark, ...] = ()
    slots: dict[StationId, int] = {}
    stamp: Stamp | None = None
    dropped: tuple[str, ...] = ()  # paths of optional fields that could not be understood
    graced: tuple[str, ...] = ()  # its updates still in their grace, oldest first
    jobs: tuple[str, ...] = ()  # its tickets
    untold: tuple[Untold, ...] = ()  # the newest to the customer and to the channel, until somebody has phoned them
    ready: float | None = None  # since when
    closes: float | None = None  # when it leaves the board by itself

    @property
    def made(self) -> bool:
        """Whether every item has gone through its whole route."""
        return all(item.made for item in self.items)

    @property
    def started(self) -> bool:
        """Whether an item of it was begun."""
        return any(item.begun for item in self.items)

    def item(self, item_id: ItemId) -> Item | None:
        """The item of that id."""
        return next((item for item in self.items if item.id == item_id), None)
