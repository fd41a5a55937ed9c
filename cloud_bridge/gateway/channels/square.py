"""Square: the orders of its online shop, of its tills and of programs that use it.

Documents: developer.squareup.com "Square Webhooks" (webhooks/step3validate), "order.created", "order.updated",
"order.fulfillment.updated", "Retrieve order", API version 2026-07-15, read 2026-11. Never tried against the vendor's
live system.

The signature is made over the address as Square was told it, so that `gateway.url` must be exactly that. An event only
names its order; the order is asked for with an `access_token`. One without a fulfillment is a sale at a till and tells
nothing. Square knows goods by the id of their variation: name them in the account's `products`. The shop's id is
location_id. Its customer is known by `email` and `phone`.
"""

from typing import Any
from urllib.parse import quote

from cloud_bridge.gateway.channels.channel import (
    PULLED,
    Account,
    Channel,
    Pull,
    Said,
    Unreadable,
    Wanted,
    answers,
)
from cloud_bridge.gateway.channels.mac import Mac
from cloud_bridge.gateway.channels.values import Wire, line, moment, order, read, short, text
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.ways.way import Call, Setting
from cloud_bridge.messages import EventType

API, VERSION = "https://connect.squareup.com", "2026-07-15"
MAC = Mac("x-square-hmacsha256-signature", with_url=True)
EVENTS = {
    "order.created": "order_created",
    "order.updated": "order_updated",
    "order.fulfillment.updated": "order_fulfillment_updated",
}
OPEN, CANCELED = "OPEN", "CANCELED"  # state of an order
GONE = frozenset({"CANCELED", "FAILED"})  # state of a fulfillment
DONE = "COMPLETED"
PICKUP, PLANNED = "PICKUP", "SCHEDULED"
OK, LATER = 200, frozenset({401, 403, 404})  # an order may be told before it can be asked for


class _Data(Wire, frozen=True):
    id: Any = None
    object: Any = None


class _Event(Wire, frozen=True):
    type: Any = None
    data: _Data | None = None


class _Recipient(Wire, frozen=True):
    display_name: Any = None
    phone_number: Any = None
    email_address: Any = None


class _Details(Wire, frozen=True):
    recipient: _Recipient | None = None
    pickup_at: Any = None
    deliver_at: Any = None
    expected_shipped_at: Any = None
    schedule_type: Any = None
    note: Any = None
    shipping_note: Any = None


class _Fulfillment(Wire, frozen=True):
    type: Any = None
    state: Any = None
    pickup_details: _Details | None = None
    delivery_details: _Details | None = None
    shipment_details: _Details | None = None


class _Modifier(Wire, frozen=True):
    name: Any = None


class _Line(Wire, frozen=True):
    name: Any = None
    variation_name: Any = None
    quantity: Any = None
    catalog_object_id: Any = None
    note: Any = None
    modifiers: list[_Modifier] | None = None


class _Order(Wire, frozen=True):
    id: Any = None
    location_id: Any = None
    reference_id: Any = None
    ticket_name: Any = None
    state: Any = None
    created_at: Any = None
    updated_at: Any = None
    version: Any = None
    line_items: list[_Line] | None = None
    fulfillments: list[_Fulfillment] | None = None


class _Answer(Wire, frozen=True):
    order: _Order | None = None


def _parse(webhook: Webhook, _account: Account) -> list[Said | Wanted]:
    if PULLED in webhook.headers:
        return _told(read(webhook.body, _Answer).order)
    event = read(webhook.body, _Event)
    name = EVENTS.get(text(event.type))
    if name is None:
        return []
    data = event.data or _Data()
    about = data.object.get(name) if isinstance(data.object, dict) else None
    origin = text(about.get("order_id")) if isinstance(about, dict) else ""
    if not (origin or text(data.id)):
        raise Unreadable(f"data.object.{name}.order_id: expected the order's id")
    return [Wanted({"order_id": origin or text(data.id)})]


def _told(wire: _Order | None) -> list[Said | Wanted]:
    """An order as Square tells it when it is asked."""
    origin = text(wire.id) if wire else ""
    if wire is None or not origin:
        raise Unreadable("order.id: expected the order's id")
    states = {text(one.state) for one in wire.fulfillments or ()}
    if not states:
        return []
    at, shop = moment(wire.updated_at), text(wire.location_id)
    if text(wire.state) == CANCELED or states <= GONE:
        return [Said(origin, "canceled", EventType.CANCELLED, at, shop)]
    if states <= GONE | {DONE}:
        return [Said(origin, "completed", EventType.COLLECTED, at, shop)]
    if text(wire.state) != OPEN:
        return []
    event = f"order {text(wire.version)} {text(wire.updated_at)}"
    return [_placed(Said(origin, event, EventType.PLACED, at, shop), wire)]


def _placed(said: Said, wire: _Order) -> Said:
    created = moment(wire.created_at)
    if created is None:
        raise Unreadable("order.created_at: expected a time")
    way = next(one for one in wire.fulfillments or () if text(one.state) not in GONE)
    details = way.pickup_details or way.delivery_details or way.shipment_details or _Details()
    who = details.recipient or _Recipient()
    wanted = moment(details.pickup_at) or moment(details.deliver_at) or moment(details.expected_shipped_at)
    content = order(
        text(wire.ticket_name) or text(wire.reference_id) or short(said.origin),
        [_line(number, one) for number, one in enumerate(wire.line_items or (), 1)],
        created,
        pickup=text(way.type) == PICKUP,
        due=wanted,
        scheduled=wanted is not None and text(details.schedule_type) == PLANNED,
        customer=who.display_name,
        phone=who.phone_number,
        note=text(details.note) or text(details.shipping_note),
    )
    addresses = {"email": text(who.email_address), "phone": text(who.phone_number)}
    known = {name: address for name, address in addresses.items() if address}
    return Said(said.origin, said.event, said.kind, said.at, said.shop, content, addresses=known)


def _line(number: int, one: _Line) -> dict[str, Any]:
    chosen = (text(one.variation_name), *(text(modifier.name) for modifier in one.modifiers or ()))
    return line(number, one.name, one.quantity, code=one.catalog_object_id, options=chosen, note=one.note)


def _ask(ask: dict[str, str], setting: Setting, _token: str, _now: float) -> Call:
    url = f"{setting.options.get('api', API)}/v2/orders/{quote(ask['order_id'], safe='')}"
    headers = {"authorization": f"Bearer {setting.secrets['access_token']}", "square-version": VERSION}
    return Call(url, headers=headers, method="GET")


def _answered(_ask: dict[str, str], status: int, body: bytes) -> list[bytes]:
    if status != OK:
        why = f"Square answers HTTP {status}"
        raise ValueError(why) if status in LATER else Unreadable(why)
    return [body]


CHANNEL = Channel(
    name="square",
    verify=MAC.verify,
    parse=_parse,
    answer=answers(b"", "text/plain"),
    headers=(MAC.header,),
    pull=Pull(_ask, _answered, secrets=("access_token",)),
)
