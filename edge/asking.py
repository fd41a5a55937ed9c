"""Asking: the bodies of `POST /api/intents`, read into intents."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from edge import intents as i
from edge.intents import Intent
from edge.opendelivery import Unreadable, WireByHand, read_order, seconds
from edge.orders import OrderId

Who = Annotated[str, Meta(max_length=80, pattern=r"^((display|api|setup):[\w.:-]*)?$(?!\n)")]


class Unasked(ValueError):
    """The body is not an intent; says why."""


class Envelope(msgspec.Struct, frozen=True):
    """What every body may carry beside its intent."""

    id: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    by: Who = ""


class PlaceBody(msgspec.Struct, frozen=True, tag="place"):
    """An order made by hand: phone, walk-in, chat."""

    data: msgspec.Raw


class RescheduleBody(msgspec.Struct, frozen=True, tag="reschedule"):
    """Another due time, RFC 3339."""

    order: OrderId
    due: Annotated[datetime, Meta(tz=True)]


_ENVELOPE = msgspec.json.Decoder(Envelope)
_BODY = msgspec.json.Decoder(i.Asked | PlaceBody | RescheduleBody)


def read_body(body: bytes) -> tuple[Envelope, Intent]:
    """The intent in a body, and who asks under which id; raises Unasked."""
    try:
        envelope = _ENVELOPE.decode(body)
        asked = _BODY.decode(body)
        match asked:
            case PlaceBody(data=data):
                return envelope, i.Place(read_order(data, kind=WireByHand))
            case RescheduleBody(order=order, due=due):
                at = seconds(due)
                if at is None:
                    raise Unasked("due: expected a time after 1970")
                return envelope, i.Reschedule(order, at)
        return envelope, asked
    except (msgspec.MsgspecError, Unreadable, UnicodeError, ArithmeticError, RecursionError) as error:
        raise Unasked(str(error)) from error
