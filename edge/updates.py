"""Updates: what the store tells the cloud; rows of the outbox until they are delivered."""

from decimal import Decimal
from enum import StrEnum
from typing import NewType

from edge.orders import ItemId, Moment, OrderId, Record, StageId, StationId

UpdateId = NewType("UpdateId", str)


class UpdateKind(StrEnum):
    """The stage events of CONTRACT.md section 2, without their `ovenbell.` prefix."""

    ACCEPTED = "order.accepted"
    REJECTED = "order.rejected"
    OVERTAKEN = "order.overtaken"  # an event that came too late to have an effect
    REFUSED = "order.refused"
    RESCHEDULED = "order.rescheduled"
    READY = "order.ready"
    COLLECTED = "order.collected"
    STARTED = "item.started"
    FINISHED = "item.finished"
    RECALLED = "item.recalled"
    PAUSED = "store.paused"
    RESUMED = "store.resumed"
    UNAVAILABLE = "product.unavailable"
    AVAILABLE = "product.available"


# What a press can cause waits out its grace, so that a press taken back in time is never heard of outside.
GRACED = frozenset(
    {UpdateKind.READY, UpdateKind.COLLECTED, UpdateKind.STARTED, UpdateKind.FINISHED, UpdateKind.RECALLED}
)


class Update(Record, frozen=True):
    """One message to the cloud; without a sequence it is still in its grace and can be deleted unsent."""

    id: UpdateId  # stable: the fact's sequence, and a count where one fact causes several
    kind: UpdateKind
    at: float
    by: str
    leaves: float  # when its grace is over
    sequence: int | None = None
    order: OrderId | None = None
    display_id: str = ""
    reply_to: str | None = None
    move: int = 0  # the move that caused it, 0 where none did
    item: ItemId | None = None
    name: str = ""
    stage: StageId | None = None
    station: StationId | None = None
    quantity: Decimal | None = None
    implied: bool = False
    moment: Moment | None = None  # of a recall: the moment taken back
    unready: bool = False  # it undid a ready that was told
    event: str | None = None
    reason: str | None = None
    due: float | None = None
    remade: bool = False  # of a recall: the item was spoilt and begins anew
    code: str | None = None  # of a product
