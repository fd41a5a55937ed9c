"""Open Delivery 1.x: the order as the cloud sends it, read into the store's own (CONTRACT.md section 2)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge.orders import LEAST, MOST, PART, Bakery, Item, ItemId, Option, Order, OrderId
from edge.shapes import read_loosely, sift

Name = Annotated[str, Meta(min_length=1)]
Id = Annotated[str, Meta(min_length=1, max_length=200)]
Time = Annotated[datetime, Meta(tz=True)]
LONGEST_NAME = 1_000  # characters; of a longer name the rest is left out, said on the card
LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


class Unreadable(ValueError):
    """The order lacks what an order needs; says where."""


class Wire(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """A part of an order on the wire: unknown fields are ignored, null means absent."""


class WireSchedule(Wire, frozen=True):
    """When a scheduled order is wanted."""

    scheduled_date_time_start: Time | None = None
    scheduled_date_time_end: Time | None = None


class WireTakeout(Wire, frozen=True):
    """Self-pickup."""

    takeout_date_time: Time | None = None


class WireDelivery(Wire, frozen=True):
    """Delivery by a rider."""

    estimated_delivery_date_time: Time | None = None


class WireMerchant(Wire, frozen=True):
    """The shop the order is for."""

    id: str | None = None
    name: str | None = None


class WirePhone(Wire, frozen=True):
    """A phone number."""

    number: str | None = None


class WireCustomer(Wire, frozen=True):
    """Who ordered."""

    name: str | None = None
    phone: WirePhone | None = None


class WireOption(Wire, frozen=True):
    """A choice made for an item."""

    name: Name
    quantity: Decimal | None = None


class WireBakery(Wire, frozen=True):
    """Ours: what only a bakery asks."""

    cake_text: str | None = None
    candles: Annotated[int, Meta(ge=0, le=1_000)] | None = None
    size: str | None = None
    flavour: str | None = None
    filling: str | None = None
    frosting: str | None = None
    picture: str | None = None
    allergens: tuple[str, ...] | None = None


class WireItem(Wire, frozen=True):
    """One line of the order."""

    id: Id
    name: Name
    quantity: Decimal
    external_code: str | None = None
    unit: str | None = None
    options: tuple[WireOption, ...] | None = None
    special_instructions: str | None = None
    bakery: WireBakery | None = None


class WireOrder(Wire, frozen=True, kw_only=True):
    """An order as Open Delivery puts it, as far as we use it."""

    id: Id
    display_id: Id
    type: Literal["DELIVERY", "TAKEOUT", "INDOOR"]
    created_at: Time
    items: Annotated[tuple[WireItem, ...], Meta(min_length=1, max_length=1_000)]
    order_timing: Literal["INSTANT", "SCHEDULED", "ONDEMAND"] | None = None
    schedule: WireSchedule | None = None
    takeout: WireTakeout | None = None
    delivery: WireDelivery | None = None
    sales_channel: str | None = None
    merchant: WireMerchant | None = None
    customer: WireCustomer | None = None
    order_priority: Annotated[int, Meta(ge=0, le=9)] | None = None
    extra_info: str | None = None
    reply_to: str | None = None


class WireByHand(WireOrder, frozen=True, kw_only=True):
    """One made by hand, which the hub may number."""

    display_id: Annotated[str, Meta(max_length=200)] = ""


_DECODERS = {kind: msgspec.json.Decoder(kind) for kind in (WireOrder, WireByHand)}


def read_order(raw: bytes | msgspec.Raw, merchants: tuple[str, ...] = (), kind: type[WireOrder] = WireOrder) -> Order:
    """The order in an event's `data`; bad optional fields are dropped and listed in `Order.dropped`.

    Raises Unreadable where a required field is missing or wrong, or the order is for none of our merchants.
    """
    dropped: tuple[str, ...] = ()
    try:
        wire = _DECODERS[kind].decode(raw)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        wire, dropped = _salvage(raw, kind)
    if merchants and (wire.merchant is None or wire.merchant.id not in merchants):
        raise Unreadable("merchant.id: not one of store.merchant_ids")
    for position, line in enumerate(wire.items):
        if _measured(line.quantity) is None:
            raise Unreadable(f"items[{position}].quantity: expected a number from {LEAST} to {MOST}")
    return _order(wire, dropped)


def seconds(moment: datetime) -> float | None:
    """Seconds since 1970; none for a time out of all reason, such as the year 1 that some programs send for "none"."""
    at = moment.timestamp()
    return at if 0 < at < LATEST else None


def _salvage(raw: bytes | msgspec.Raw, kind: type[WireOrder]) -> tuple[WireOrder, tuple[str, ...]]:
    try:
        clean, mistakes = sift(read_loosely(bytes(raw)), kind)
        spoiling = next((mistake for mistake in mistakes if mistake.required), None)
        wire = None if clean is None or spoiling else msgspec.convert(clean, kind)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
        raise Unreadable(f"data: {error}") from error
    if wire is None:
        raise Unreadable(str(spoiling) if spoiling else "data: expected an object")
    return wire, tuple(mistake.path for mistake in mistakes)


def _due(wire: WireOrder) -> tuple[float | None, tuple[str, ...]]:
    """The first of the order's times that is one, and the paths of those that are none."""
    times = (
        ("takeout.takeoutDateTime", wire.takeout.takeout_date_time if wire.takeout else None),
        (
            "delivery.estimatedDeliveryDateTime",
            wire.delivery.estimated_delivery_date_time if wire.delivery else None,
        ),
        ("schedule.scheduledDateTimeStart", wire.schedule.scheduled_date_time_start if wire.schedule else None),
    )
    given = [(path, seconds(moment)) for path, moment in times if moment is not None]
    return next((at for _, at in given if at is not None), None), tuple(path for path, at in given if at is None)


def _order(wire: WireOrder, dropped: tuple[str, ...]) -> Order:
    created = seconds(wire.created_at)
    if created is None:
        raise Unreadable("createdAt: expected a time after 1970")
    due, senseless = _due(wire)
    customer = wire.customer
    return Order(
        id=OrderId(wire.id),
        display_id=wire.display_id,
        type=wire.type,
        channel=wire.sales_channel or "",
        created=created,
        due=due,
        scheduled=wire.order_timing == "SCHEDULED",
        priority=wire.order_priority or 0,
        customer=(customer and customer.name) or "",
        phone=(customer and customer.phone and customer.phone.number) or "",
        note=wire.extra_info or "",
        reply_to=wire.reply_to,
        items=_items(wire.items),
        dropped=(*dropped, *senseless, *_too_long(wire.items)),
    )


def _items(lines: tuple[WireItem, ...]) -> tuple[Item, ...]:
    items: dict[str, Item] = {}
    for line in lines:
        own = line.id.replace(PART, "?")
        item_id, copies = own, 1
        while item_id in items:  # two lines under one id are two lines all the same
            copies += 1
            item_id = f"{own}#{copies}"
        items[item_id] = Item(
            id=ItemId(item_id),
            name=_name(line.name),
            code=line.external_code or "",
            quantity=_measured(line.quantity) or line.quantity,
            unit=line.unit or "",
            options=tuple(Option(_name(option.name), _count(option.quantity)) for option in line.options or ()),
            note=line.special_instructions or "",
            bakery=_bakery(line.bakery) if line.bakery else _NOTHING,
        )
    return tuple(items.values())


def _name(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _too_long(lines: tuple[WireItem, ...]) -> Iterator[str]:
    """The paths of the names that are cut."""
    for at, line in enumerate(lines):
        names = {f"items[{at}].options[{n}].name": option.name for n, option in enumerate(line.options or ())}
        yield from (
            path for path, name in ({f"items[{at}].name": line.name} | names).items() if len(name) > LONGEST_NAME
        )


_NOTHING = Bakery()


def _bakery(wire: WireBakery) -> Bakery:
    return Bakery(
        wire.cake_text,
        wire.candles,
        wire.size,
        wire.flavour,
        wire.filling,
        wire.frosting,
        wire.picture,
        wire.allergens or (),
    )


def _count(quantity: Decimal | None) -> Decimal:
    if quantity is not None and quantity.is_zero():
        return Decimal(0)
    return (quantity and _measured(quantity)) or Decimal(1)


def _measured(quantity: Decimal) -> Decimal | None:
    """The quantity in as few digits as it needs, to a thousandth; none where nobody can mean it."""
    if not (quantity.is_finite() and LEAST <= quantity <= MOST):
        return None
    whole = Decimal(int(quantity))
    return whole if whole == quantity else quantity.quantize(LEAST).normalize()
