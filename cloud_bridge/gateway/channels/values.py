"""Values as channels write them: numbers as text, times without a zone; and an order of ours made of them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from cloud_bridge.gateway.channels.channel import REPLAY, Forged, Unreadable
from edge.shapes import read_loosely

CHINA = timezone(timedelta(hours=8))
MILLISECONDS = 100_000_000_000  # a time above it, year 5138 in seconds, is one in milliseconds
LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
DIGITS = 18  # of a number that is one
MANY, LONG = 200, 256 * 1024  # fields of a form, and its bytes: what nobody has proved yet is not read at any length
TAIL = 6  # characters of a long order number that people tell one another
# Of an order and of its lines, what a bakery needs; what was paid and where it goes stays where it is.
KEPT = (
    "displayId", "type", "createdAt", "orderTiming", "schedule", "takeout", "merchant", "salesChannel", "orderPriority",
    "extraInfo",
)  # fmt: skip
OF_LINES = ("id", "name", "externalCode", "unit", "quantity", "specialInstructions", "bakery")
OF_OPTIONS = ("id", "name", "externalCode", "quantity")

Kind = TypeVar("Kind")


class Wire(msgspec.Struct, frozen=True, gc=False):
    """A part of a request: unknown fields are ignored, and a scalar may be of any type."""


def recent(at: float | None, now: float, window: float = REPLAY) -> None:
    """Raise Forged where a signed time is further from ours than a request may be."""
    if at is None:
        raise Forged("its time is missing")
    if abs(at - now) > window:
        raise Forged("its time is too old, or in the future: check both clocks")


def read(raw: bytes | str, kind: type[Kind], where: str = "", *, proved: bool = True) -> Kind:
    """JSON in a shape; raises Unreadable with the place.

    A cut emoji, or a number out of all range, costs itself and not the order; what is not proved yet is not given the
    time that this takes.
    """
    try:
        try:
            return msgspec.json.decode(raw, type=kind)
        except msgspec.DecodeError:
            if not proved:
                raise
            return msgspec.convert(read_loosely(raw if isinstance(raw, bytes) else raw.encode()), kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Unreadable(f"{where}: {error}" if where else str(error)) from error


def form(body: bytes, encoding: str = "utf-8") -> dict[str, str]:
    """The fields of a form; raises Forged where they are more than a channel sends."""
    try:
        if len(body) <= LONG:
            whole_form = body.decode("utf-8", "replace")
            return dict(parse_qsl(whole_form, keep_blank_values=True, encoding=encoding, max_num_fields=MANY))
    except ValueError:
        pass
    raise Forged("the form is larger than any of this channel")


def text(value: Any) -> str:
    """A scalar as text; nothing for what is none."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def whole(value: Any) -> int | None:
    """A whole number, also as text."""
    written = text(value).strip()
    return (
        int(written) if written.isascii() and written.removeprefix("-").isdigit() and len(written) <= DIGITS else None
    )


def moment(value: Any, zone: timezone = CHINA) -> float | None:
    """Seconds since 1970 of a number of seconds or milliseconds, or of a date; none for 0 and for what is no time."""
    written = text(value).strip()
    try:
        at = float(written)
    except ValueError:
        try:
            there = datetime.fromisoformat(written)
            at = (there if there.tzinfo else there.replace(tzinfo=zone)).timestamp()
        except (ValueError, OverflowError):
            return None
    if at > MILLISECONDS:
        at /= 1_000
    return at if 0 < at < LATEST else None


def instant(at: float) -> str:
    """A time as orders write it."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def digest(body: bytes) -> str:
    """A short name for what a body says, equal for equal ones."""
    return blake2b(body, digest_size=8).hexdigest()


def short(number: str) -> str:
    """What people call an order whose channel gives it no number of the day."""
    return number[-TAIL:]


def line(
    number: int,
    name: Any,
    quantity: Any,
    *,
    code: Any = "",
    options: Iterable[str] = (),
    note: Any = "",
    unit: Any = "",
) -> dict[str, Any]:
    """A line of an order; raises Unreadable where it has no name or no quantity."""
    try:
        count = Decimal(text(quantity).strip())
    except InvalidOperation:
        count = Decimal("nan")
    if not count.is_finite():
        raise Unreadable(f"line {number}: expected a quantity")
    if not text(name).strip():
        raise Unreadable(f"line {number}: expected a name")
    kept = {
        "externalCode": text(code),
        "options": [{"name": option, "quantity": 1} for option in options if option.strip()],
        "specialInstructions": text(note),
        "unit": text(unit),
    }
    return {"id": str(number), "name": text(name), "quantity": count} | _given(kept)


def order(
    display_id: Any,
    items: list[dict[str, Any]],
    created: float,
    *,
    pickup: bool = False,
    due: float | None = None,
    scheduled: bool = False,
    customer: Any = "",
    phone: Any = "",
    note: Any = "",
) -> dict[str, Any]:
    """An Open Delivery order, as far as a channel tells it."""
    at = None if due is None else instant(due)
    who = _given({"name": text(customer), "phone": _given({"number": text(phone)})})
    kept = {
        "takeout": _given({"takeoutDateTime": at if pickup else None}),
        "delivery": _given({"estimatedDeliveryDateTime": None if pickup else at}),
        "schedule": _given({"scheduledDateTimeStart": at, "scheduledDateTimeEnd": at}) if scheduled else None,
        "customer": who,
        "extraInfo": text(note),
    }
    return {
        "displayId": text(display_id),
        "type": "TAKEOUT" if pickup else "DELIVERY",
        "createdAt": instant(created),
        "orderTiming": "SCHEDULED" if scheduled and at else "INSTANT",
        "items": items,
    } | _given(kept)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def known(order: dict[str, Any]) -> dict[str, Any]:
    """What a store reads of an Open Delivery order that came as one."""
    items = order.get("items")
    customer, delivery = _only(order.get("customer"), "name", "phone"), order.get("delivery")
    kept = _only(order, *KEPT) | ({"items": [_known_line(item) for item in items]} if isinstance(items, list) else {})
    kept |= {"customer": customer} if customer else {}
    if isinstance(delivery, dict) and (due := delivery.get("estimatedDeliveryDateTime")):
        kept["delivery"] = {"estimatedDeliveryDateTime": due}
    return kept


def _known_line(item: Any) -> dict[str, Any]:
    options = item.get("options") if isinstance(item, dict) else None
    chosen = [_only(option, *OF_OPTIONS) for option in options] if isinstance(options, list) else []
    return _only(item, *OF_LINES) | ({"options": chosen} if chosen else {})


def _only(fields: Any, *names: str) -> dict[str, Any]:
    return {name: fields[name] for name in names if fields.get(name) is not None} if isinstance(fields, dict) else {}
