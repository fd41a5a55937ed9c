"""The messages of CONTRACT.md section 2: the one place that knows topics and message types; `reader` reads them."""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Meta

from edge.facts import BackfillRequested
from edge.opendelivery import WireOrder
from edge.updates import Update, UpdateKind

Name = Annotated[str, Meta(min_length=1, max_length=500)]
Time = Annotated[datetime, Meta(tz=True)]
Sequence = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$")]  # more would not fit into the journal's 64 bits
State = Literal["online", "offline"]
Data = TypeVar("Data")


class Topics(NamedTuple):
    """The topics of one store."""

    orders: str
    stages: str
    backfill: str
    receipts: str
    presence: str


def topics_of(store: str) -> Topics:
    """The topics of a store, by its id."""
    return Topics(*(f"ovenbell/v1/{store}/{name}" for name in Topics._fields))


class EventType(StrEnum):
    """What a CloudEvent can be about, beside the stage events: those are `ovenbell.` and their UpdateKind."""

    PLACED = "ovenbell.order.placed"
    CHANGED = "ovenbell.order.changed"
    CANCELLED = "ovenbell.order.cancelled"
    COLLECTED = "ovenbell.order.collected"
    UNTOLD = "ovenbell.customer.untold"
    SKIPPED = "ovenbell.sequence.skipped"
    BACKFILL = "ovenbell.backfill.requested"
    RECEIPT = "ovenbell.receipt"


class CloudEvent(msgspec.Struct, Generic[Data], frozen=True, omit_defaults=True, gc=False):
    """The envelope of every message but presence: CloudEvents 1.0, structured JSON."""

    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: Name
    data: Data
    time: Time | None = None
    subject: str | None = None
    sequence: str | None = None
    answer: bool = False  # of a cloud that waits for one, also where the event comes too late to have an effect


class Body(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """An event's `data`: unknown fields are ignored, null means absent."""


class Ended(Body, frozen=True):
    """Data of `order.cancelled` and `order.collected`."""

    id: Name
    reason: Any = None


class Untold(Body, frozen=True):
    """Data of `customer.untold`: what the customer, or the channel (`way`), could not be told of an order."""

    id: Name
    on: str  # the stage event that was to be told, without `ovenbell.`
    way: str = ""
    reason: str = ""
    words: str | None = None


class Skipped(Body, frozen=True):
    """Data of `sequence.skipped`: what the cloud cannot send again."""

    from_: Sequence = msgspec.field(name="from")
    through: Sequence


class Receipt(Body, frozen=True):
    """Data of `receipt`: the cloud has the updates of a journal through this sequence."""

    journal: str
    through: Sequence


class Backfill(Body, frozen=True):
    """Data of `backfill.requested`: what the hub has; absent where it has seen nothing."""

    after: Sequence | None = None
    since: Time | None = None


class Told(Body, frozen=True):
    """Data of the stage events."""

    by: str
    order: str | None = None
    display_id: str | None = None
    reply_to: str | None = None
    item: str | None = None
    name: str | None = None
    stage: str | None = None
    station: str | None = None
    quantity: Decimal | None = None
    implied: bool | None = None
    moment: str | None = None
    ready: bool | None = None
    event: str | None = None
    reason: str | None = None
    due: datetime | None = None
    remade: bool | None = None  # of a recall: the item was spoilt and begins anew
    code: str | None = None  # of a product


class Presence(msgspec.Struct, frozen=True):
    """Whether the hub is connected; retained, and the hub's will. `epoch` counts its connections."""

    state: State
    epoch: int
    journal: str
    version: str
    at: datetime


_ENCODER = msgspec.json.Encoder(decimal_format="number")


# --- writing --------------------------------------------------------------------------------------------------------


def cloud_event(update: Update, *, store: str, journal: str) -> bytes:
    """An update as the cloud reads it."""
    of_item = update.item is not None
    told = Told(
        by=update.by,
        order=update.order,
        display_id=update.display_id or None,
        reply_to=update.reply_to,
        item=update.item,
        name=update.name if of_item else None,
        stage=update.stage,
        station=update.station,
        quantity=update.quantity,
        implied=update.implied if of_item else None,
        moment=update.moment,
        ready=False if update.unready else None,
        event=update.event,
        reason=update.reason,
        due=None if update.due is None else datetime.fromtimestamp(update.due, UTC),
        remade=update.remade or None,
        code=update.code,
    )
    return _write(
        f"ovenbell.{update.kind}",
        told,
        event_id=f"{journal}-{update.id}",
        source=source_of(store, journal),
        at=update.at,
        subject=update.order,
        sequence=None if update.sequence is None else str(update.sequence),
    )


def backfill_request(asked: BackfillRequested, *, store: str, journal: str, at: float) -> bytes:
    """Asks the cloud for what is missing."""
    return _write(
        EventType.BACKFILL,
        Backfill(
            after=None if asked.after is None else str(asked.after),
            since=None if asked.since is None else datetime.fromtimestamp(asked.since, UTC),
        ),
        event_id=f"{journal}-backfill-{asked.number}",
        source=source_of(store, journal),
        at=at,
        sequence=str(asked.number),
    )


def presence(state: State, *, epoch: int, journal: str, version: str, at: float) -> bytes:
    """The retained message that says whether the hub is connected."""
    return _ENCODER.encode(Presence(state, epoch, journal, version, datetime.fromtimestamp(at, UTC)))


def source_of(store: str, journal: str) -> str:
    """The `source` of what a store sends."""
    return f"/stores/{store}/{journal}"


def order_event(
    kind: EventType, data: msgspec.Raw, *, event_id: str, source: str, at: float, order: str, sequence: int
) -> bytes:
    """An event of the cloud as the store reads it; it wants an answer in any case."""
    return _write(
        kind, data, event_id=event_id, source=source, at=at, subject=order, sequence=str(sequence), answer=True
    )


def skipped(numbers: tuple[int, int], *, source: str, at: float) -> bytes:
    """Says that these numbers will never come."""
    first, last = numbers
    return _write(
        EventType.SKIPPED,
        Skipped(from_=str(first), through=str(last)),
        event_id=f"skipped-{first}-{last}-{at:.3f}",
        source=source,
        at=at,
    )


def receipt(journal: str, through: int, *, source: str, at: float) -> bytes:
    """Says that the updates of a store's journal have come, all up to this one."""
    data = Receipt(journal, str(through))
    return _write(EventType.RECEIPT, data, event_id=f"{journal}-{through}", source=source, at=at)


def _write(
    kind: str,
    data: Body | msgspec.Raw,
    *,
    event_id: str,
    source: str,
    at: float,
    subject: str | None = None,
    sequence: str | None = None,
    answer: bool = False,
) -> bytes:
    time = datetime.fromtimestamp(at, UTC)
    return _ENCODER.encode(CloudEvent("1.0", event_id, source, kind, data, time, subject, sequence, answer))


# --- the schema -----------------------------------------------------------------------------------------------------

_DATA: dict[str, tuple[str, type[Any]]] = {
    EventType.PLACED: ("orders", WireOrder),
    EventType.CHANGED: ("orders", WireOrder),
    EventType.CANCELLED: ("orders", Ended),
    EventType.COLLECTED: ("orders", Ended),
    EventType.UNTOLD: ("orders", Untold),
    EventType.SKIPPED: ("orders", Skipped),
    EventType.BACKFILL: ("backfill", Backfill),
    EventType.RECEIPT: ("receipts", Receipt),
}


def schema() -> dict[str, Any]:
    """The JSON Schema of every message, each with its topic."""
    kinds = [(kind, topic, data) for kind, (topic, data) in _DATA.items()]
    kinds += [(f"ovenbell.{kind}", "stages", Told) for kind in UpdateKind]
    shapes: list[Any] = [CloudEvent[data] for _, _, data in kinds]  # type: ignore[valid-type]
    refs, components = msgspec.json.schema_components([*shapes, Presence], ref_template="#/$defs/{name}")
    messages = [
        {"title": f"{topic}: {kind}", "allOf": [ref, {"properties": {"type": {"const": kind}}}]}
        for (kind, topic, _), ref in zip(kinds, refs, strict=False)
    ]
    messages.append({"title": "presence", "allOf": [refs[-1]]})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ovenbell: messages over MQTT",
        "anyOf": messages,
        "$defs": _numbers(components),
    }


def _numbers(schema: Any) -> Any:
    """The schema with decimals as what they are on the wire: numbers."""
    match schema:
        case {"format": "decimal", **rest}:
            return {**{key: value for key, value in rest.items() if key != "type"}, "type": "number"}
        case dict():
            return {key: _numbers(value) for key, value in schema.items()}
        case list():
            return [_numbers(value) for value in schema]
    return schema
