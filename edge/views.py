"""What the outside sees of the board (CONTRACT.md section 4): the feed's wire types, and how a client merges them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

import msgspec

from edge.orders import Bakery, ItemId, Moment, Option, OrderId, OrderState, StageId, StationId, Word
from edge.tickets import JobId, JobState, TicketKind

E = TypeVar("E", bound="Entry")
CloudState = Literal["connected", "away", "none"]
DeviceState = Literal["ok", "missing", "fault", "unknown"]


class View(msgspec.Struct, frozen=True, rename="camel"):
    """Frozen data for the outside; every field is always there, null where there is nothing."""


class Next(View, frozen=True):
    """What the next press on a card will do."""

    stage: StageId
    name: str
    moment: Moment  # started or finished


class CardItem(View, frozen=True):
    """Those units of one item that are at the same stage and moment; a made item is at its last, finished."""

    item: ItemId
    name: str
    quantity: Decimal
    stage: StageId
    stage_name: str
    moment: Moment  # finished where a change altered it afterwards
    since: datetime
    unit: str = ""
    min_minutes: int | None = None
    max_minutes: int | None = None
    options: tuple[Option, ...] = ()
    note: str = ""
    bakery: Bakery = Bakery()
    change: Literal["added", "altered"] | None = None  # until it is acknowledged
    changed: tuple[str, ...] = ()  # the fields that were altered
    code: str = ""
    station: StationId = StationId("")
    wasted: Decimal = Decimal(0)  # how much of it was spoilt and is made again


class RemovedItem(View, frozen=True):
    """An item that a change took away, where it stood, until it is acknowledged there."""

    item: ItemId
    name: str
    quantity: Decimal
    unit: str
    begun: bool  # somebody is at it: stop


class Entry(View, frozen=True):
    """An order at one of its places on the board."""

    order: OrderId
    display_id: str


class Card(Entry, frozen=True):
    """An order at a station, under its slot number."""

    slot: int
    state: OrderState
    due: datetime | None
    priority: int
    channel: str
    customer: str
    note: str
    marks: tuple[Word, ...]
    next: Next | None  # none where there is only something to acknowledge
    items: tuple[CardItem, ...]
    since: datetime  # when the card's oldest item came to its stage
    dropped: tuple[str, ...] = ()  # optional fields that could not be understood
    removed: tuple[RemovedItem, ...] = ()
    locked: bool = False  # its allergens must be acknowledged before the next press


class Coming(Entry, frozen=True):
    """An order on its way to a station."""

    due: datetime | None
    names: tuple[str, ...]


class Held(Entry, frozen=True):
    """An order that waits for its release."""

    release: datetime | None
    due: datetime | None


class Lapsed(Entry, frozen=True):
    """An order that arrived when its time was long over."""

    due: datetime | None


class Untold(Entry, frozen=True):
    """What the cloud could not tell: the customer must be phoned, or the channel told."""

    on: str  # the event that was to be told: `order.ready`
    at: datetime
    customer: str
    phone: str  # as much of it as the settings let people see
    channel: str
    words: str  # for the customer; empty where it is the channel that was not told
    reason: str


class Ready(Entry, frozen=True):
    """An order that waits for its customer."""


class Whole(Entry, frozen=True):
    """An order that is held, open, ready or lapsed, with every item, wherever it stands."""

    state: OrderState
    type: str
    channel: str
    customer: str
    phone: str  # as much of it as the settings let people see
    note: str
    priority: int
    created: datetime
    since: datetime  # when it became ready; until then, when it arrived
    due: datetime | None
    release: datetime | None
    items: tuple[CardItem, ...]
    slots: dict[StationId, int]


class Paper(Entry, frozen=True):
    """A ticket that is not on paper, or of which nobody knows whether it is."""

    job: JobId
    printer: str
    kind: TicketKind
    state: JobState
    reason: str
    at: datetime
    attempt: int
    via: str = ""  # the printer it comes out of, where that is another one
    stale: bool = False  # it is printed only if somebody asks for it


class Pressed(Entry, frozen=True):
    """A press at a station that a recall can take back; nobody outside hears of it before it leaves its grace."""

    move: int
    slot: int
    stage: StageId
    name: str  # of the stage
    moment: Moment
    at: datetime
    leaves: datetime


class Desk(View, frozen=True):
    """What a station shows beside its cards: the page, its last presses, newest first, and what was recalled last."""

    page: int = 1
    presses: tuple[Pressed, ...] = ()
    recalled: Pressed | None = None  # its times are those of the recall


class StationView(View, frozen=True):
    """A station with its cards, by slot, and what is on its way there, by due time."""

    id: StationId
    name: str
    page: int
    slots: int
    cards: tuple[Card, ...] = ()
    coming: tuple[Coming, ...] = ()
    presses: tuple[Pressed, ...] = ()
    recalled: Pressed | None = None


class Halted(View, frozen=True):
    """The store takes no orders, or a product is sold out: since when, who said so, and why."""

    code: str  # of the product
    name: str
    since: datetime
    by: str
    reason: str


DeviceKind = Literal["printer", "keypad", "scanner"]


class Device(View, frozen=True):
    """A printer, keypad or scanner as its adapter finds it."""

    id: str
    kind: DeviceKind
    state: DeviceState
    reason: str = ""


class Status(View, frozen=True):
    """Whether what is shown can be trusted."""

    cloud: CloudState
    last_heard: datetime | None
    gaps: int
    unprinted: int
    unconfirmed: int
    dead_letters: int
    journal: str  # "ok" or the reason
    devices: tuple[Device, ...] = ()
    clock: str = "ok"  # or the reason
    cloud_reason: str = ""  # why it is away, or takes nothing though it is connected
    practice: bool = False  # nothing here is real


class BoardView(View, frozen=True):
    """Everything on the board at one sequence."""

    journal: str  # the id of the journal that the sequence counts in
    sequence: int
    now: datetime
    stations: tuple[StationView, ...]
    held: tuple[Held, ...]
    ready: tuple[Ready, ...]
    lapsed: tuple[Lapsed, ...]
    status: Status
    orders: tuple[Whole, ...] = ()  # by due time
    papers: tuple[Paper, ...] = ()  # oldest first
    untold: tuple[Untold, ...] = ()  # oldest first
    paused: Halted | None = None
    unavailable: tuple[Halted, ...] = ()


class Snapshot(BoardView, tag="snapshot", tag_field="type", frozen=True):
    """The board whole: the first message of a feed."""


class OrderView(View, frozen=True):
    """Every place where one order stands on the board; in none of them once it is gone."""

    order: OrderId
    state: OrderState
    cards: dict[StationId, Card] = {}
    coming: dict[StationId, Coming] = {}
    held: Held | None = None
    ready: Ready | None = None
    lapsed: Lapsed | None = None
    whole: Whole | None = None
    papers: tuple[Paper, ...] = ()
    untold: tuple[Untold, ...] = ()


class Change(View, tag="change", tag_field="type", frozen=True):
    """The orders and stations that changed by this sequence, and what the store does not take now."""

    sequence: int
    now: datetime
    orders: tuple[OrderView, ...]
    stations: dict[StationId, Desk]
    paused: Halted | None = None
    unavailable: tuple[Halted, ...] = ()

    def is_seen_on(self, board: "BoardView") -> bool:
        """Whether more of a board than its sequence is another by this: an update that has left is nowhere seen."""
        halts = self.paused, self.unavailable
        return bool(self.orders or self.stations) or halts != (board.paused, board.unavailable)


class Tick(View, tag="tick", tag_field="type", frozen=True):
    """Every second, also when nothing happens: its absence is what shows a dead feed."""

    now: datetime
    sequence: int
    status: Status


FeedMessage = Snapshot | Change | Tick
LAST_INSTANT = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def instant(seconds: float) -> datetime:
    """Seconds since 1970 as the outside reads them; whatever they are, a screen can be drawn."""
    return datetime.fromtimestamp(min(max(seconds, 0.0), LAST_INSTANT), UTC)


def merge(board: BoardView, change: Change) -> BoardView:
    """The board after a change: exactly what `GET /api/board` says at its sequence."""
    if not change.is_seen_on(board):
        return msgspec.structs.replace(board, sequence=change.sequence, now=change.now)
    gone = {view.order for view in change.orders}
    return msgspec.structs.replace(
        board,
        sequence=change.sequence,
        now=change.now,
        stations=tuple(_merge_station(station, change, gone) for station in board.stations),
        held=_merged(board.held, gone, (view.held for view in change.orders), lambda held: _when(held.release)),
        ready=_merged(board.ready, gone, (view.ready for view in change.orders), lambda ready: ready.display_id),
        lapsed=_merged(board.lapsed, gone, (view.lapsed for view in change.orders), lambda lapsed: _when(lapsed.due)),
        orders=_merged(board.orders, gone, (view.whole for view in change.orders), lambda whole: _when(whole.due)),
        papers=_merged(
            board.papers, gone, (paper for view in change.orders for paper in view.papers), lambda paper: int(paper.job)
        ),
        untold=_merged(
            board.untold, gone, (one for view in change.orders for one in view.untold), lambda one: _when(one.at)
        ),
        paused=change.paused,
        unavailable=change.unavailable,
    )


def _merge_station(station: StationView, change: Change, gone: set[OrderId]) -> StationView:
    cards = (view.cards.get(station.id) for view in change.orders)
    coming = (view.coming.get(station.id) for view in change.orders)
    desk = change.stations.get(station.id) or Desk(station.page, station.presses, station.recalled)
    return msgspec.structs.replace(
        station,
        page=desk.page,
        presses=desk.presses,
        recalled=desk.recalled,
        cards=_merged(station.cards, gone, cards, lambda card: card.slot),
        coming=_merged(station.coming, gone, coming, lambda entry: _when(entry.due)),
    )


def _merged(before: Iterable[E], gone: set[OrderId], new: Iterable[E | None], key: Callable[[E], Any]) -> tuple[E, ...]:
    kept = (entry for entry in before if entry.order not in gone)
    return tuple(sorted((*kept, *(entry for entry in new if entry is not None)), key=lambda one: (key(one), one.order)))


def _when(moment: datetime | None) -> float:
    """What has no time comes last."""
    return float("inf") if moment is None else moment.timestamp()
