"""The board: what a store knows at one moment, as tables of frozen rows, and the numbers its cards stand under."""

from bisect import insort
from collections.abc import Callable, Iterator

import msgspec

from edge.heard import Heard
from edge.layout import Layout
from edge.orders import Item, Moment, Order, OrderId, OrderState, Record, StageId, StationId, Word
from edge.tables import Table, Tables
from edge.tickets import Job, JobId
from edge.updates import Update, UpdateId

MOVES_KEPT = 20  # how many of a station's last presses can be taken back without naming a slot


class Rest(Record, array_like=True, frozen=True):
    """A freed number that is not given again yet, so that a second press on it hits nobody."""

    number: int
    until: float
    order: OrderId  # which left it


class Press(Record, array_like=True, frozen=True):
    """A press at a station: which order it moved, under which number that stood, and what it did."""

    move: int
    order: OrderId
    slot: int
    display_id: str = ""
    stage: StageId = StageId("")
    moment: Moment = Moment.FINISHED
    at: float = 0.0
    leaves: float = 0.0  # when it is told outside


class StationRow(Record, frozen=True):
    """What a station remembers beside its cards."""

    page: int = 1
    resting: tuple[Rest, ...] = ()
    moves: tuple[Press, ...] = ()
    recalled: Press | None = None  # the last one; its times are those of the recall


class Halt(Record, frozen=True):
    """The store takes no orders, or a product is sold out: since when, who said so, and why."""

    at: float
    by: str
    reason: str = ""


class Counters(msgspec.Struct, gc=False, rename="camel"):
    """How far the journal and the messages to the cloud have got; each draft has its own."""

    seq: int = 0
    updates: int = 0  # the last sequence given to an update
    receipted: int = 0  # the last sequence the cloud is known to have
    dead_letters: int = 0
    heard: Heard = Heard()  # of the cloud's own sequence
    connections: int = 0  # to the cloud, in the life of this journal
    backfills: int = 0  # requests for what is missing
    by_hand: int = 0  # display ids given to orders that came without one


STORE = ""  # the key of the store's own halt; the others are products' codes
NO_STATION_ROW = StationRow()


class Board(Tables[Counters]):
    """The committed board, or a draft of it. Rules read it; only `apply` changes it, and only a draft."""

    TABLES = ("orders", "stations", "outbox", "jobs", "halts", "closed", "slots", "free", "top", "sequences")
    STORED = {
        "orders": Order,
        "stations": StationRow,
        "outbox": Update,
        "jobs": Job,
        "halts": Halt,
        "counters": Counters,
        "closed": Order,
    }
    ARCHIVED = "closed"
    COUNTERS = "store"

    orders: Table[OrderId, Order]
    stations: Table[StationId, StationRow]
    outbox: Table[UpdateId, Update]
    jobs: Table[JobId, Job]
    halts: Table[str, Halt]
    closed: Table[OrderId, Order]  # only ever a draft's changes: closed orders are not kept in memory
    # Indexes, made again from the rows above at start-up.
    slots: Table[tuple[StationId, int], OrderId]
    free: Table[StationId, tuple[int, ...]]  # numbers below the station's top that nobody has
    top: Table[StationId, int]
    sequences: Table[int, UpdateId]

    def __init__(self, layout: Layout) -> None:
        super().__init__(Counters())
        self.layout = layout

    def index(self) -> None:
        """Make the indexes again after `restore`."""
        taken: dict[StationId, set[int]] = {}
        slots: dict[tuple[StationId, int], OrderId] = {}
        for order in self.orders.values():
            for station, number in order.slots.items():
                slots[station, number] = order.id
                taken.setdefault(station, set()).add(number)
        self.slots = Table(slots)
        self.top = Table({station: max(numbers) for station, numbers in taken.items()})
        self.free = Table(
            {s: tuple(n for n in range(1, max(numbers)) if n not in numbers) for s, numbers in taken.items()}
        )
        self.sequences = Table({row.sequence: row.id for row in self.outbox.values() if row.sequence is not None})

    def known(self, order_id: OrderId) -> Order | None:
        """An order on the board, or a closed one that an intent of the batch asks about."""
        return self.orders.get(order_id) or self.closed.get(order_id) or self.archive.get(order_id)

    def station(self, station_id: StationId) -> StationRow:
        """What a station remembers."""
        return self.stations.get(station_id) or NO_STATION_ROW

    def at(self, station_id: StationId, number: int) -> Order | None:
        """The order under a number."""
        order_id = self.slots.get((station_id, number))
        return None if order_id is None else self.orders.get(order_id)

    def lowest_free(self, station_id: StationId, now: float) -> int:
        """The number the next order at a station takes."""
        resting = {rest.number for rest in self.station(station_id).resting if rest.until > now}
        for number in self.free.get(station_id) or ():
            if number not in resting:
                return number
        number = (self.top.get(station_id) or 0) + 1
        while number in resting:
            number += 1
        return number

    def take(self, station_id: StationId, number: int, order_id: OrderId) -> None:
        """Write down on a draft that a number is taken."""
        top, free = self.top.get(station_id) or 0, self.free.get(station_id) or ()
        if number > top:
            self.top[station_id] = number
            self.free[station_id] = (*free, *range(top + 1, number))
        else:
            self.free[station_id] = tuple(other for other in free if other != number)
        self.slots[station_id, number] = order_id

    def leave(self, station_id: StationId, number: int) -> None:
        """Write down on a draft that a number is free."""
        free = list(self.free.get(station_id) or ())
        insort(free, number)
        self.free[station_id] = tuple(free)
        self.slots.drop((station_id, number))

    def jobs_of(self, order: Order) -> list[Job]:
        """An order's tickets, oldest first."""
        return [job for job_id in order.jobs if (job := self.jobs.get(JobId(job_id)))]

    def cards(self, station_id: StationId) -> Iterator[tuple[int, Order]]:
        """The station's orders with their numbers, lowest first."""
        top = self.top.get(station_id) or 0
        for number in range(1, top + 1):
            order = self.at(station_id, number)
            if order is not None:
                yield number, order

    def update_order(self, order_id: OrderId, change: Callable[[Order], Order]) -> Order:
        """Put a changed order on a draft."""
        order = change(self.orders[order_id])
        self.orders[order_id] = order
        return order


def station_of(layout: Layout, item: Item) -> StationId:
    """Where an item stands; a made one where it was finished."""
    return layout.station_of(item.route[min(item.place, len(item.route) - 1)])


def stations_of(layout: Layout, order: Order) -> tuple[StationId, ...]:
    """Where an order belongs: the stations of its items' stages, and those that must still see what became of it."""
    if order.state is OrderState.CANCELLED:
        return tuple(mark.station for mark in order.marks if mark.word == "cancelled")
    if order.state not in {OrderState.HELD, OrderState.OPEN, OrderState.READY}:
        return ()
    return tuple(dict.fromkeys(station_of(layout, item) for item in (*_shown(order), *order.removed)))


def _shown(order: Order) -> Iterator[Item]:
    held = order.state is OrderState.HELD
    return (item for item in order.items if (item.changed if item.made else not held))


def shown_at(layout: Layout, order: Order, station: StationId) -> tuple[Item, ...]:
    """The items on a card: those to be worked there, and those finished there that a change has altered since."""
    return tuple(item for item in _shown(order) if station_of(layout, item) == station)


def items_at(layout: Layout, order: Order, station: StationId) -> tuple[Item, ...]:
    """The items on a card that are to be worked: their current stage is that station's."""
    return tuple(item for item in shown_at(layout, order, station) if not item.made)


def removed_at(layout: Layout, order: Order, station: StationId) -> tuple[Item, ...]:
    """The removed items that stood at a station, which has not acknowledged it."""
    return tuple(item for item in order.removed if station_of(layout, item) == station)


def words_at(layout: Layout, order: Order, station: StationId) -> tuple[Word, ...]:
    """The words a station has to acknowledge."""
    words = tuple(mark.word for mark in order.marks if mark.station == station)
    differs = any(item.added or item.changed for item in shown_at(layout, order, station))
    if Word.CHANGED not in words and (differs or removed_at(layout, order, station)):
        return (*words, Word.CHANGED)
    return words
