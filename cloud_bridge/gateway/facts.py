"""Facts: everything that can have happened at the cloud's end."""

from typing import Any

from cloud_bridge.gateway.orders import Alarm, Event, Kept, Notice, Order, State
from edge.orders import OrderId, Record


class Happened(Record, tag=True, frozen=True):
    """Whatever can have happened; what it does to the board stands in `apply`."""


class Webhook(Record, frozen=True):
    """A request of a channel as it came; what its signature was made of, and nothing else."""

    channel: str
    account: str
    at: float
    body: bytes
    query: str = ""
    headers: dict[str, str] = {}


class WebhookKept(Happened, frozen=True):
    """A webhook is on the disk, and has not been read."""

    webhook: Webhook


class WebhookRead(Happened, frozen=True):
    """It was read; it told nothing that was not known."""

    webhook: int


class DeadLetterKept(Happened, frozen=True):
    """A webhook, or a message of a store, that could not be understood."""

    reason: str
    account: str = ""
    webhook: int = 0  # the fact that keeps it
    topic: str = ""
    payload: bytes = b""


class LetterRead(Happened, frozen=True):
    """It could be, in the end."""

    letter: int
    account: str = ""


class LettersForgotten(Happened, frozen=True):
    """Some were too old; so many are left, by account, and of the stores under an empty one."""

    left: dict[str, int]


class OrderHeard(Happened, frozen=True):
    """A channel told something of an order; the event goes to its store."""

    order: Order
    event: Event | None = None
    kept: Kept | None = None  # where no store is known
    webhook: int = 0  # which is read with it


class OrderRouted(Happened, frozen=True):
    """There is a store now for an order that was kept, and its oldest event goes there."""

    order: OrderId
    event: Event


class OrderClosed(Happened, frozen=True):
    """Nothing more is expected of it."""

    order: OrderId


class EventsDelivered(Happened, frozen=True):
    """The broker has them: numbers by store."""

    stores: dict[str, tuple[int, ...]]


class SequenceAdopted(Happened, frozen=True):
    """A store has counted further than this journal, which is a new one: it goes on there."""

    store: str
    sequence: int


class StoreOnline(Happened, frozen=True):
    """A store has connected."""

    store: str
    epoch: int
    version: str = ""


class StoreAway(Happened, frozen=True):
    """A store has gone."""

    store: str
    epoch: int


class StoreSilent(Happened, frozen=True):
    """A store is there and has left events unanswered for too long: they are sent again, and again after as long."""

    store: str


class StageHeard(Happened, frozen=True):
    """A store told something: its event, by its type without `ovenbell.`."""

    store: str
    journal: str
    sequence: int | None
    kind: str
    order: OrderId | None = None
    told: dict[str, Any] = {}


class OrderTurned(Happened, frozen=True):
    """What the store told makes the order something else."""

    order: OrderId
    state: State


class NoticeQueued(Happened, frozen=True):
    """Somebody is to be told."""

    notice: Notice


class About(Happened, frozen=True):
    """A fact about one notice."""

    notice: str


class NoticeSending(About, frozen=True):
    """It is about to leave; whether it did is not known if nothing follows."""

    customer: str = ""


class NoticeSent(About, frozen=True):
    """It has arrived, as far as the way can tell."""

    way: str


class NoticePutOff(About, frozen=True):
    """It is tried again later."""

    due: float
    reason: str


class NoticeFellBack(About, frozen=True):
    """The way will not do; the next one is tried."""

    way: str
    reason: str
    nobody: bool = False  # is there to tell: no address for this way, or the customer allows no more


class NoticeFailed(About, frozen=True):
    """No way will do; the store is told."""

    reason: str
    event: Event | None = None
    way: str = ""  # the last one
    nobody: bool = False  # was there for that one to tell


class NoticeDropped(About, frozen=True):
    """It is not true any more, or nobody knows whether it was `said` and it must not be said twice."""

    reason: str
    said: bool = False
    way: str = ""  # that could not take it, where the order came without any address


class NoticeRevoked(About, frozen=True):
    """It turned untrue while it was leaving: it is not tried again. Without a reason: it is true again."""

    reason: str


class AlarmRaised(Happened, frozen=True):
    """A person has to look."""

    key: str
    alarm: Alarm


class AlarmCleared(Happened, frozen=True):
    """There is nothing to look at any more."""

    key: str


class GrantsChanged(Happened, frozen=True):
    """A customer allows so many more messages, by template; fewer where it is below zero."""

    account: str  # over which they said so, or ordered
    customer: str
    templates: dict[str, int]
    webhook: int = 0


class GrantsForgotten(Happened, frozen=True):
    """What customers allowed is too old; the rows' keys."""

    keys: tuple[str, ...]


class ClockStepped(Happened, frozen=True):
    """The wall clock was set by so many seconds."""

    seconds: float
    begun: float = 0.0  # when this run began, by the clock that was wrong: before, it may have been right


class JournalBegun(Happened, frozen=True):
    """The journal was carried over from another one."""

    before: str
