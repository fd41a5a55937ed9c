"""What the gateway keeps of an order, a store and a notice: frozen rows, times in seconds since 1970 (UTC)."""

from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from msgspec import Raw

from cloud_bridge.messages import EventType
from edge.heard import Heard
from edge.orders import OrderId, Record

CHANNEL = "channel"  # the way to the channel itself, not to a customer


class State(StrEnum):
    """Where an order stands, as far as the gateway has to know."""

    OPEN = "open"
    READY = "ready"
    REFUSED = "refused"
    COLLECTED = "collected"
    CANCELLED = "cancelled"


OVER = frozenset({State.REFUSED, State.COLLECTED, State.CANCELLED})
ANSWERED = frozenset({EventType.PLACED, EventType.CHANGED, EventType.CANCELLED})  # by its store


class Event(Record, frozen=True):
    """One event on the `orders` topic of a store, under the number it has there."""

    store: str
    sequence: int
    id: str
    kind: EventType
    order: OrderId
    at: float
    data: Raw

    @property
    def awaited(self) -> tuple[str, ...]:
        """Its id, where the store answers it."""
        return (self.id,) if self.kind in ANSWERED else ()

    @property
    def key(self) -> str:
        """Its row in the outbox."""
        return f"{self.store}/{self.sequence}"


class Kept(Record, frozen=True):
    """An event of an order for no known store, until there is one."""

    id: str
    kind: EventType
    at: float
    data: Raw


class Order(Record, frozen=True):
    """An order as it came over a channel; its content is with the store."""

    id: OrderId
    channel: str
    account: str
    origin: str  # its id in the channel
    shop: str = ""  # the channel's id of the shop, where an account has several
    store: str = ""  # empty: no store is known for it
    display_id: str = ""
    state: State = State.OPEN
    content: str = ""  # a digest of what was ordered last
    at: float = 0.0  # when the channel says that was
    arrived: float = 0.0
    changed: float = 0.0  # when anything was heard of it last
    due: float = 0.0  # when it is wanted, as far as its channel says
    reply: str = ""  # who is told, sealed
    ways: tuple[str, ...] = ()  # by which they would rather be told, the first one first
    first: int = 0  # the number of its first event
    unanswered: tuple[str, ...] = ()  # the ids of its events that the store has not accepted yet
    undone: int = 0  # how often it was ready and then had to be made further
    told: tuple[str, ...] = ()  # what was said of it, or is about to be
    notices: tuple[str, ...] = ()  # what is about to be, oldest first
    kept: tuple[Kept, ...] = ()


class Store(Record, frozen=True):
    """What is known of a store."""

    id: str
    number: int  # its facts are found by it in the journal
    sequence: int = 0  # the last one given on its topic `orders`
    online: bool = False
    epoch: int = 0  # of the connection that said so
    since: float = 0.0  # online or away
    version: str = ""
    journal: str = ""  # whose updates `heard` counts
    heard: Heard = Heard()
    last: float = 0.0  # when it was heard last
    unanswered: int = 0  # events that it has not accepted yet
    waiting: float = 0.0  # since when there are some, or were sent again
    behind: float = 0.0  # since when there are some, whatever it answered meanwhile

    @property
    def fell_behind(self) -> float:
        """When it began to leave events unanswered; 0 while there are none."""
        return (self.behind or self.waiting) if self.unanswered else 0.0  # an older version did not keep it


class Tally(Record, frozen=True):
    """What is known of a channel's account, for the owner's page."""

    orders: int = 0
    last_order: float = 0.0
    failures: int = 0
    last_failure: float = 0.0
    reason: str = ""
    letters: int = 0  # that nobody has read since


class Sending(StrEnum):
    """A notice is queued until it is sent, dropped or given up."""

    QUEUED = "queued"
    SENDING = "sending"


class Notice(Record, frozen=True):
    """Something that a customer or a channel is told."""

    id: str
    account: str  # its key
    on: str  # what it is about, as the table of messages names it
    store: str
    at: float
    due: float  # not before
    until: float  # after which it is too late to say it
    ways: tuple[str, ...]  # the first is tried, the next one where it fails for good
    order: OrderId | None = None
    origin: str = ""
    display_id: str = ""
    store_name: str = ""
    zone: str = ""  # of the store
    key: str = ""  # what it says of its order, once
    reply: str = ""
    words: str = ""
    stage: str = ""
    item: str = ""
    name: str = ""  # of the item
    code: str = ""  # of a product, as the channel names it on its shelf; empty: it is not about one
    shop: str = ""  # the channel's id of the shop, of what concerns no order
    reason: str = ""
    state: Sending = Sending.QUEUED
    tries: int = 0  # by the first way
    customer: str = ""  # a name for who is told by it that says nothing, where they have to allow it
    failed: bool = False  # by a way that is behind it, not for want of an address
    revoked: str = ""  # why it is not tried again: it turned untrue while it was leaving

    @property
    def to_channel(self) -> bool:
        """Whether it is the channel that is told, not a customer."""
        return self.ways[0] == CHANNEL

    @property
    def way(self) -> str:
        """Which way it goes now; to a channel that is the account's own."""
        return self.account if self.to_channel else self.ways[0]

    @property
    def line(self) -> str:
        """What it is about and to whom; of one line none overtakes another."""
        who = self.account if self.to_channel else "customer"
        return f"{self.order}/{who}" if self.order else f"{who}/{self.store}/{self.shop}/{self.code}"


class Alarm(Record, frozen=True):
    """Something that a person has to look at."""

    kind: str
    about: str
    since: float
    text: str


class Grant(Record, frozen=True):
    """How often a customer still allows to be told with one template."""

    left: int
    at: float = 0.0  # when that changed last


def order_id(channel: str, account: str, origin: str) -> OrderId:
    """Our id of a channel's order: the same one whoever asks, and whenever."""
    return OrderId(str(uuid5(NAMESPACE_URL, f"ovenbell:{channel}/{account}/{origin}")))


def account_key(channel: str, account: str) -> str:
    """The key of an account's row."""
    return f"{channel}/{account}"
