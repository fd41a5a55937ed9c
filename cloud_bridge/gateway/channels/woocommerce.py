"""WooCommerce: webhooks of a shop on WordPress.

Documents: woocommerce.github.io/woocommerce-rest-api-docs, "Webhooks" and "Orders" (v3), read 2026-11; what the trial
at saving a webhook looks like is in WC_Webhook::deliver_ping of WooCommerce 9. Never tried against a live shop.

Make two webhooks, Order created and Order updated (a third, Order deleted, does no harm), with the account's secret.
An order is one to bake once it is `processing`: before, it is not paid. A status that the shop made itself changes
nothing. WooCommerce sends nothing again and disables a webhook after five failures.

A way of shipping of the method local_pickup or pickup_location is picking it up; its name, or that of its place, is
the shop's id where an account is of several stores. Its customer is known by `email` and `phone`. When it is due: see
`wishes`.
"""

import re
from datetime import UTC, datetime
from typing import Any

from cloud_bridge.gateway.channels.channel import Account, Answer, Channel, Said, Unreadable, answers
from cloud_bridge.gateway.channels.mac import Mac
from cloud_bridge.gateway.channels.values import Wire, line, moment, order, read, text
from cloud_bridge.gateway.channels.wishes import due, lines, wishes
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType

TOPIC, DELIVERY = "x-wc-webhook-topic", "x-wc-webhook-delivery-id"
MAC = Mac("x-wc-webhook-signature")
PING = re.compile(rb"webhook_id=[0-9]{1,18}")  # the trial: a form, without a signature
UNPAID = frozenset({"pending", "on-hold", "failed", "checkout-draft", "auto-draft"})
ENDED = dict.fromkeys(("cancelled", "refunded", "trash"), EventType.CANCELLED) | {"completed": EventType.COLLECTED}
PICKUP = frozenset({"local_pickup", "pickup_location"})


class _Meta(Wire, frozen=True):
    key: Any = None
    value: Any = None
    display_key: Any = None
    display_value: Any = None


class _Line(Wire, frozen=True):
    name: Any = None
    parent_name: Any = None  # of a variation, whose own name repeats what was chosen
    sku: Any = None
    product_id: Any = None
    quantity: Any = None
    meta_data: list[_Meta] | None = None


class _Person(Wire, frozen=True):
    first_name: Any = None
    last_name: Any = None
    phone: Any = None
    email: Any = None


class _Shipping(Wire, frozen=True):
    method_id: Any = None
    method_title: Any = None
    meta_data: list[_Meta] | None = None


class _Order(Wire, frozen=True):
    id: Any = None
    number: Any = None
    status: Any = None
    date_created_gmt: Any = None
    date_modified_gmt: Any = None
    customer_note: Any = None
    billing: _Person | None = None
    shipping: _Person | None = None
    line_items: list[_Line] | None = None
    shipping_lines: list[_Shipping] | None = None
    meta_data: list[_Meta] | None = None


def _parse(webhook: Webhook, account: Account) -> list[Said]:
    if not webhook.headers.get(TOPIC, "order.").startswith("order."):
        return []
    told = read(webhook.body, _Order)
    origin = text(told.id)
    if not origin:
        raise Unreadable("id: expected the order's id")
    if told.status is None and told.line_items is None:
        return [Said(origin, "deleted", EventType.CANCELLED)]
    status = text(told.status)
    at = _gmt(told.date_modified_gmt)
    kind = ENDED.get(status, EventType.PLACED)
    if status in UNPAID:
        return []
    if kind is not EventType.PLACED:
        return [Said(origin, status, kind, at, _shop(told))]
    event = webhook.headers.get(DELIVERY) or text(told.date_modified_gmt)
    return [_placed(Said(origin, f"order {event}", kind, at, _shop(told)), told, account)]


def _pickup(told: _Order) -> _Shipping | None:
    return next((one for one in told.shipping_lines or () if text(one.method_id) in PICKUP), None)


def _shop(told: _Order) -> str:
    """Which of the account's shops it is for; also of an order that is over, as it may be the first that is heard."""
    way = _pickup(told) or _Shipping()
    places = {text(meta.key): text(meta.value) for meta in way.meta_data or ()}
    return places.get("pickup_location") or text(way.method_title)


def _placed(said: Said, told: _Order, account: Account) -> Said:
    created = _gmt(told.date_created_gmt)
    if created is None:
        raise Unreadable("date_created_gmt: expected a time")
    who = [person for person in (told.billing, told.shipping) if person]
    phone = next(filter(None, (text(person.phone) for person in who)), "")
    names = (" ".join(filter(None, (text(person.first_name), text(person.last_name)))) for person in who)
    asked = _wishes(told.meta_data)
    wanted = due(asked, account)
    content = order(
        text(told.number) or said.origin,
        [_line(number, one) for number, one in enumerate(told.line_items or (), 1)],
        created,
        pickup=_pickup(told) is not None,
        due=wanted,
        scheduled=wanted is not None,
        customer=next(filter(None, names), ""),
        phone=phone,
        note=lines(told.customer_note, asked),
    )
    addresses = {"email": next(filter(None, (text(person.email) for person in who)), ""), "phone": phone}
    known = {way: address for way, address in addresses.items() if address}
    return Said(said.origin, said.event, said.kind, said.at, said.shop, content, addresses=known)


def _wishes(meta: list[_Meta] | None) -> dict[str, str]:
    return wishes(
        (one.display_key or one.key, one.display_value or one.value)
        for one in meta or ()
        if not text(one.key).startswith("_")
    )


def _line(number: int, one: _Line) -> dict[str, Any]:
    chosen = (f"{name}: {value}" for name, value in _wishes(one.meta_data).items())
    code = text(one.sku) or text(one.product_id)
    return line(number, text(one.parent_name) or one.name, one.quantity, code=code, options=chosen)


def _gmt(value: Any) -> float | None:
    """A time in UTC that does not say so."""
    try:
        there = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return moment((there if there.tzinfo else there.replace(tzinfo=UTC)).isoformat())


def _ping(webhook: Webhook) -> Answer | None:
    return Answer(b"", 200, "text/plain") if PING.fullmatch(webhook.body) else None


CHANNEL = Channel(
    name="woocommerce",
    verify=MAC.verify,
    parse=_parse,
    answer=answers(b"", "text/plain"),
    ping=_ping,
    headers=(MAC.header, TOPIC, DELIVERY),
)
