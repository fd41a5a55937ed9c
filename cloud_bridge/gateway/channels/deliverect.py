"""Deliverect, as a point of sale: the orders of the delivery services that it gathers.

Documents: developers.deliverect.com "Order Notification", "Order Cancellation", "HMAC Authentication" (2026-08),
"Glossary - POS Orders" (2026-09), read 2026-11. Never tried against the vendor's live system.

The order comes whole. A cancellation is the order once more with status 100 and, since 2024-09, under the same `_id`.
In staging the secret is the channelLinkId. It is due at `pickupTime`, when a rider or the customer comes for it; the
shop's id is `location`. Its customer is known by `email` and `phone`, where the delivery service tells them.
"""

from typing import Any

from msgspec import field

from cloud_bridge.gateway.channels.channel import Account, Channel, Said, Unreadable, answers
from cloud_bridge.gateway.channels.mac import Mac
from cloud_bridge.gateway.channels.values import Wire, line, moment, order, read, text, whole
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType

MAC = Mac("x-server-authorization-hmac-sha256", hexadecimal=True)
ENDED = dict.fromkeys((100, 110, 120), EventType.CANCELLED) | dict.fromkeys((80, 90, 95), EventType.COLLECTED)
DELIVERED, INDOOR = 2, 3  # orderType


class _Item(Wire, frozen=True, rename="camel"):
    plu: Any = None
    name: Any = None
    quantity: Any = None
    remark: Any = None
    sub_items: list["_Item"] | None = None


class _Customer(Wire, frozen=True, rename="camel"):
    name: Any = None
    phone_number: Any = None
    email: Any = None


class _Order(Wire, frozen=True, rename="camel"):
    id: Any = field(default=None, name="_id")
    created: Any = field(default=None, name="_created")
    updated: Any = field(default=None, name="_updated")
    channel_order_id: Any = None
    channel_order_display_id: Any = None
    location: Any = None
    status: Any = None
    order_type: Any = None
    pickup_time: Any = None
    delivery_time: Any = None
    delivery_is_asap: Any = None
    note: Any = None
    customer: _Customer | None = None
    items: list[_Item] | None = None


def _parse(webhook: Webhook, _account: Account) -> list[Said]:
    told = read(webhook.body, _Order)
    origin = text(told.id) or text(told.channel_order_id)
    if not origin:
        raise Unreadable("_id: expected the order's id")
    status, at = whole(told.status), moment(told.updated)
    ended = ENDED.get(status or 0)
    if ended is not None:
        return [Said(origin, f"status {status}", ended, at, text(told.location))]
    return [_placed(Said(origin, f"order {text(told.updated)}", EventType.PLACED, at, text(told.location)), told)]


def _placed(said: Said, told: _Order) -> Said:
    created, kind = moment(told.created), whole(told.order_type)
    if created is None:
        raise Unreadable("_created: expected a time")
    wanted = moment(told.pickup_time) or moment(told.delivery_time)
    who = told.customer or _Customer()
    content = order(
        text(told.channel_order_display_id) or text(told.channel_order_id) or said.origin,
        [_line(number, item) for number, item in enumerate(told.items or (), 1)],
        created,
        pickup=kind != DELIVERED,
        due=wanted,
        scheduled=wanted is not None and told.delivery_is_asap is False,
        customer=who.name,
        phone=who.phone_number,
        note=told.note,
    ) | ({"type": "INDOOR"} if kind == INDOOR else {})
    addresses = {"email": text(who.email), "phone": text(who.phone_number)}
    known = {way: address for way, address in addresses.items() if address}
    return Said(said.origin, said.event, said.kind, said.at, said.shop, content, addresses=known)


def _line(number: int, item: _Item) -> dict[str, Any]:
    return line(number, item.name, item.quantity, code=item.plu, options=_chosen(item), note=item.remark)


def _chosen(item: _Item) -> list[str]:
    """What belongs to an item, and to that; several of one are so many times it."""
    names: list[str] = []
    for one in item.sub_items or ():
        count = whole(one.quantity) or 1
        remark = text(one.remark)
        said = text(one.name) + (f" x{count}" if count > 1 else "") + (f" ({remark})" if remark else "")
        names += [said, *_chosen(one)]
    return names


CHANNEL = Channel(name="deliverect", verify=MAC.verify, parse=_parse, answer=answers(b"{}"), headers=(MAC.header,))
