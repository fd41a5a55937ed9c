"""Shopify: webhooks of an app or of a shop's own settings.

Documents: shopify.dev "Webhooks delivery structure", "Verify deliveries", "Ignore duplicate webhooks"
(docs/apps/build/webhooks), "Order" of the REST Admin API 2026-07, read 2026-11. Never tried against the vendor's live
system.

Subscribe to orders/create, orders/updated, orders/cancelled and orders/fulfilled, in any order. Headers are not
signed, so that the topic is not believed: what has become of an order stands in the order. refunds/create has no
order in it and tells nothing; the orders/updated that comes with it says what is left.

An order without a shipping address is picked up; the name of its way of shipping is then the shop's id, where an
account is of several stores. Its customer is known by `email` and `phone`. When it is due: see `wishes`.
"""

from typing import Any

from cloud_bridge.gateway.channels.channel import Account, Channel, Said, Unreadable, answers
from cloud_bridge.gateway.channels.mac import Mac
from cloud_bridge.gateway.channels.values import Wire, line, moment, order, read, text, whole
from cloud_bridge.gateway.channels.wishes import due, lines, wishes
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType

DELIVERY = "x-shopify-webhook-id"  # the same when a webhook comes again
MAC = Mac("x-shopify-hmac-sha256")
PAID_BACK = frozenset({"refunded", "voided"})  # financial_status
DONE = "fulfilled"  # fulfillment_status
PLAIN = "Default Title"  # the variant of a product that has none


class _Pair(Wire, frozen=True):
    name: Any = None
    value: Any = None


class _Line(Wire, frozen=True):
    title: Any = None
    variant_title: Any = None
    sku: Any = None
    product_id: Any = None
    quantity: Any = None
    current_quantity: Any = None  # without what was refunded
    gift_card: Any = None
    properties: list[_Pair] | None = None


class _Person(Wire, frozen=True):
    name: Any = None
    first_name: Any = None
    last_name: Any = None
    phone: Any = None


class _Shipping(Wire, frozen=True):
    title: Any = None


class _Order(Wire, frozen=True):
    id: Any = None
    name: Any = None
    order_number: Any = None
    created_at: Any = None
    updated_at: Any = None
    cancelled_at: Any = None
    cancel_reason: Any = None
    financial_status: Any = None
    fulfillment_status: Any = None
    location_id: Any = None
    email: Any = None
    phone: Any = None
    note: Any = None
    note_attributes: list[_Pair] | None = None
    line_items: list[_Line] | None = None
    customer: _Person | None = None
    shipping_address: _Person | None = None
    billing_address: _Person | None = None
    shipping_lines: list[_Shipping] | None = None


def _parse(webhook: Webhook, account: Account) -> list[Said]:
    told = read(webhook.body, _Order)
    if told.line_items is None:
        return []  # a refund, or nothing about an order
    origin = text(told.id)
    if not origin:
        raise Unreadable("id: expected the order's id")
    left = [one for one in told.line_items if _left(one) and one.gift_card is not True]
    kind = _kind(told, left)
    at, shop = moment(told.updated_at), _shop(told)
    if kind is not EventType.PLACED:
        return [Said(origin, kind.name.lower(), kind, at, shop, reason=text(told.cancel_reason))]
    event = webhook.headers.get(DELIVERY) or text(told.updated_at)
    return [_placed(Said(origin, f"order {event}", kind, at, shop), told, left, account)]


def _shop(told: _Order) -> str:
    """Which of the account's shops it is for; also of an order that is over, as it may be the first that is heard."""
    way = next((text(one.title) for one in told.shipping_lines or ()), "") if told.shipping_address is None else ""
    return text(told.location_id) or way


def _left(one: _Line) -> bool:
    now = one.quantity if one.current_quantity is None else one.current_quantity
    return whole(now) != 0


def _kind(told: _Order, left: list[_Line]) -> EventType:
    """What has become of an order."""
    if told.cancelled_at:
        return EventType.CANCELLED
    if text(told.fulfillment_status) == DONE:
        return EventType.COLLECTED
    if text(told.financial_status) in PAID_BACK or not left:
        return EventType.CANCELLED
    return EventType.PLACED


def _placed(said: Said, told: _Order, left: list[_Line], account: Account) -> Said:
    created = moment(told.created_at)
    if created is None:
        raise Unreadable("created_at: expected a time")
    who = [person for person in (told.customer, told.shipping_address, told.billing_address) if person]
    phone = next(filter(None, (text(told.phone), *(text(person.phone) for person in who))), "")
    asked = wishes((pair.name, pair.value) for pair in told.note_attributes or ())
    wanted = due(asked, account)
    content = order(
        text(told.name) or text(told.order_number) or said.origin,
        [_line(number, one) for number, one in enumerate(left, 1)],
        created,
        pickup=told.shipping_address is None,
        due=wanted,
        scheduled=wanted is not None,
        customer=next(filter(None, map(_name, who)), ""),
        phone=phone,
        note=lines(told.note, asked),
    )
    addresses = {"email": text(told.email), "phone": phone}
    known = {way: address for way, address in addresses.items() if address}
    return Said(said.origin, said.event, said.kind, said.at, said.shop, content, addresses=known)


def _name(person: _Person) -> str:
    return text(person.name) or " ".join(filter(None, (text(person.first_name), text(person.last_name))))


def _line(number: int, one: _Line) -> dict[str, Any]:
    asked = wishes((pair.name, pair.value) for pair in one.properties or ())
    variant = text(one.variant_title)
    chosen = ("" if variant == PLAIN else variant, *(f"{name}: {value}" for name, value in asked.items()))
    quantity = one.quantity if one.current_quantity is None else one.current_quantity
    return line(number, one.title, quantity, code=text(one.sku) or text(one.product_id), options=chosen)


CHANNEL = Channel(
    name="shopify", verify=MAC.verify, parse=_parse, answer=answers(b"", "text/plain"), headers=(MAC.header, DELIVERY)
)
