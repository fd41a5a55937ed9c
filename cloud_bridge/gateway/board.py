"""The board of the cloud's end: open orders, stores, what is on its way to them and to their customers."""

import msgspec
from msgspec import Raw

from cloud_bridge.gateway.orders import Alarm, Event, Grant, Notice, Order, Store, Tally
from cloud_bridge.gateway.plan import Plan
from cloud_bridge.messages import EventType
from edge.orders import OrderId, Record
from edge.tables import Table, Tables


class Counters(msgspec.Struct, gc=False, rename="camel"):
    """How far the journal has got; each draft has its own."""

    seq: int = 0
    stores: int = 0  # numbers given to them
    letters: int = 0  # that nobody has read since


class Pending(Record, frozen=True):
    """A webhook that is on the disk and has not been read; its body is in the fact of that number."""

    fact: int


class Board(Tables[Counters]):
    """The committed board, or a draft of it. Rules read it; only `apply` changes it, and only a draft."""

    TABLES = ("orders", "stores", "accounts", "webhooks", "outbox", "notices", "alarms", "grants", "closed")
    STORED = {
        "orders": Order,
        "stores": Store,
        "accounts": Tally,
        "webhooks": Pending,
        "outbox": Event,
        "notices": Notice,
        "alarms": Alarm,
        "grants": Grant,
        "counters": Counters,
        "closed": Order,
    }
    ARCHIVED = "closed"
    COUNTERS = "gateway"

    orders: Table[OrderId, Order]
    stores: Table[str, Store]
    accounts: Table[str, Tally]
    webhooks: Table[str, Pending]
    outbox: Table[str, Event]
    notices: Table[str, Notice]
    alarms: Table[str, Alarm]
    grants: Table[str, Grant]
    closed: Table[OrderId, Order]

    def __init__(self, plan: Plan) -> None:
        super().__init__(Counters())
        self.plan = plan

    def known(self, order: OrderId | None) -> Order | None:
        """An order, also one that was closed, where an intent of the batch asks about it."""
        if order is None:
            return None
        return self.orders.get(order) or self.closed.get(order) or self.archive.get(order)

    def store(self, store: str) -> Store:
        """What is known of a store."""
        return self.stores.get(store) or Store(store, 0)

    def next_event(self, store: str, order: OrderId, kind: EventType, at: float, data: Raw) -> Event:
        """An event for a store, under its next number."""
        sequence = self.store(store).sequence + 1
        return Event(store, sequence, f"{store}-{sequence}", kind, order, at, data)


def grant_key(customer: str, template: str) -> str:
    """The key of what a customer allows, whose name is another one in each application."""
    return f"{customer}/{template}"
