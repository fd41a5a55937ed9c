"""Intents: what somebody asks of the gateway's hub."""

from typing import Any

from msgspec import Raw

from cloud_bridge.gateway.facts import Happened, Webhook
from cloud_bridge.messages import EventType
from edge.orders import OrderId, Record


class Keep(Record, frozen=True):
    """Keep a webhook whose signature is right."""

    webhook: Webhook


class Take(Record, frozen=True):
    """Take what a webhook says of an order; `kind` is PLACED for its content, whether or not it is known."""

    order: OrderId
    channel: str
    account: str
    origin: str
    event: str
    kind: EventType
    at: float
    data: Raw
    shop: str = ""
    display_id: str = ""
    content: str = ""
    due: float = 0.0
    reply: str = ""
    ways: tuple[str, ...] = ()
    webhook: int = 0  # which is read with it
    letter: int = 0


class Allow(Record, frozen=True):
    """A customer allows so many more messages, by template."""

    account: str
    customer: str
    templates: dict[str, int]
    webhook: int = 0
    letter: int = 0


class Unread(Record, frozen=True):
    """Keep what could not be understood."""

    reason: str
    account: str = ""
    webhook: int = 0
    topic: str = ""
    payload: bytes = b""


class Hear(Record, frozen=True):
    """Hear a stage event of a store."""

    store: str
    journal: str
    sequence: int | None
    kind: str
    at: float
    order: OrderId | None = None
    told: dict[str, Any] = {}
    topic: str = ""
    payload: bytes = b""  # as it came, where the rules cannot digest it

    @property
    def unready(self) -> bool:
        """Whether it takes back that its order is ready: a recall, a cake made again, a change with more to make."""
        return self.told.get("ready") is False


class See(Record, frozen=True):
    """See that a store is there, or is not."""

    store: str
    online: bool
    epoch: int
    version: str = ""


class Adopt(Record, frozen=True):
    """Go on counting where the store stands."""

    store: str
    sequence: int


class Deliver(Record, frozen=True):
    """The broker has these events: numbers by store."""

    stores: dict[str, tuple[int, ...]]


class Send(Record, frozen=True):
    """A notice is about to leave."""

    notice: str
    customer: str = ""  # a name for who is told, where they have to allow it


class Sent(Record, frozen=True):
    """A notice has arrived."""

    notice: str


class PutOff(Record, frozen=True):
    """A notice could not leave now; `unsure` where nobody knows whether it did."""

    notice: str
    seconds: float
    reason: str
    unsure: bool = False


class GiveUp(Record, frozen=True):
    """A notice will never leave this way; `spent` where the customer allows no more of its template."""

    notice: str
    reason: str
    spent: bool = False
    nobody: bool = False  # is there to tell: no address for this way


class Route(Record, frozen=True):
    """Find a store for an order that was kept without one."""

    order: OrderId


class CheckStore(Record, frozen=True):
    """Look whether a store has left orders waiting for too long."""

    store: str


class CheckAlarm(Record, frozen=True):
    """Look whether an alarm has been shown for long enough."""

    key: str


class CheckShops(Record, frozen=True):
    """Look for which shops no order waits any more; the settings may name more stores now."""


class CloseDue(Record, frozen=True):
    """Close an order of which nothing more is expected."""

    order: OrderId


class Note(Record, frozen=True):
    """Write down a fact that needs no rule."""

    what: Happened


Intent = (
    Keep
    | Take
    | Allow
    | Unread
    | Hear
    | See
    | Adopt
    | Deliver
    | Send
    | Sent
    | PutOff
    | GiveUp
    | Route
    | CheckStore
    | CheckAlarm
    | CheckShops
    | CloseDue
    | Note
)
