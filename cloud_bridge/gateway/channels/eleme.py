"""Ele.me's open platform (open.shop.ele.me): message pushes.

Documents: open.shop.ele.me/openapi/documents/callback, "消息推送" with its types, "OOrder", "签名", as known in
2026-11; type 10, the new order, was replaced on 2023-09-30 by 217, which is of the same shape with fewer fields. Never
tried against the vendor's live system.

The signature is the upper MD5 of the sorted `name=value` of all fields but itself, without anything between them, and
the secret. Pushes come again for a day, and whether they are signed anew is not documented; the same one has no
second effect. A refund of a part takes goods off an order without saying which are left, and tells nothing here.

Told back through `eleme_api`, with `options.app_key`; what could not be pushed is asked for there every five minutes,
with `options.app_id` besides.
"""

import hmac
from hashlib import md5
from typing import Any

from cloud_bridge.gateway.channels import eleme_api
from cloud_bridge.gateway.channels.channel import Account, Answer, Channel, Forged, Said, Unreadable, answers
from cloud_bridge.gateway.channels.values import Wire, line, moment, order, read, recent, short, text, whole
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType

OK = b'{"message":"ok"}'
DAY = 24 * 3600.0
NEW = frozenset({10, 217})
KINDS = dict.fromkeys(
    # before and after the shop accepted it, by force; a cancellation and a refund agreed to by the shop or by Ele.me
    (14, 15, 17, 23, 25, 33, 35),
    EventType.CANCELLED,
) | dict.fromkeys(
    # over; the rider has it, and has brought it (45, which some take for that, is a customer who is waiting)
    (18, 55, 56),
    EventType.COLLECTED,
)
PART = "part"  # refundType
PICKUP = 1  # businessType
FOOD = "normal"  # the type of a basket; others hold fees and discounts


class _Message(Wire, frozen=True, rename="camel"):
    type: Any = None
    message: Any = None
    shop_id: Any = None
    timestamp: Any = None


class _Status(Wire, frozen=True, rename="camel"):
    order_id: Any = None
    refund_type: Any = None
    reason: Any = None


class _Choice(Wire, frozen=True):
    name: Any = None
    value: Any = None


class _Item(Wire, frozen=True, rename="camel"):
    name: Any = None
    quantity: Any = None
    extend_code: Any = None
    sku_id: Any = None
    new_specs: list[_Choice] | None = None
    attributes: list[_Choice] | None = None


class _Basket(Wire, frozen=True):
    type: Any = None
    items: list[_Item] | None = None


class _Order(Wire, frozen=True, rename="camel"):
    id: Any = None
    order_id: Any = None
    created_at: Any = None
    active_at: Any = None
    deliver_time: Any = None
    pick_up_time: Any = None
    book: Any = None
    business_type: Any = None
    description: Any = None
    groups: list[_Basket] | None = None
    consignee: Any = None
    phone_list: list[Any] | None = None
    day_sn: Any = None
    shop_id: Any = None


def _verify(webhook: Webhook, account: Account, now: float) -> None:
    try:
        fields = read(webhook.body, dict[str, Any], proved=False)
    except Unreadable as error:
        raise Forged("the body is no JSON object") from error
    about = "".join(f"{name}={text(fields[name])}" for name in sorted(fields) if name != "signature")
    right = md5((about + account.secrets["secret"]).encode(), usedforsecurity=False).hexdigest().upper()
    given = text(fields.get("signature")).upper()
    if not hmac.compare_digest(given.encode(), right.encode()):
        raise Forged("signature is not right")
    recent(moment(fields.get("timestamp")), now, DAY)


def _parse(webhook: Webhook, _account: Account) -> list[Said]:
    message = read(webhook.body, _Message)
    number, at, shop = whole(message.type), moment(message.timestamp), text(message.shop_id)
    if number in NEW:
        return [_placed(read(text(message.message), _Order, "message"), at, shop)]
    kind = KINDS.get(number or 0)
    if kind is None:
        return []
    status = read(text(message.message), _Status, "message")
    if status.refund_type == PART:
        return []
    if not text(status.order_id):
        raise Unreadable("message.orderId: expected the order's id")
    reason = text(status.reason) if kind is EventType.CANCELLED else ""
    return [Said(text(status.order_id), f"type {number}", kind, at, shop, reason=reason)]


def _placed(wire: _Order, at: float | None, shop: str) -> Said:
    origin = text(wire.id) or text(wire.order_id)
    created = moment(wire.active_at) or moment(wire.created_at) or at
    if not origin or created is None:
        raise Unreadable("message: expected id and createdAt")
    pickup = whole(wire.business_type) == PICKUP
    due = moment(wire.pick_up_time) if pickup else moment(wire.deliver_time)
    foods = [item for basket in wire.groups or () if basket.type in {FOOD, None} for item in basket.items or ()]
    content = order(
        text(wire.day_sn) or short(origin),
        [_line(number, item) for number, item in enumerate(foods, 1)],
        created,
        pickup=pickup,
        due=due,
        scheduled=wire.book is True and due is not None,
        customer=wire.consignee,
        phone=next((text(phone) for phone in wire.phone_list or ()), ""),
        note=wire.description,
    )
    return Said(origin, "placed", EventType.PLACED, at, text(wire.shop_id) or shop, content)


def _line(number: int, item: _Item) -> dict[str, Any]:
    """A line; Ele.me repeats in its name, `name-specification[attribute+attribute]`, what was chosen for it."""
    specs, attributes = ([text(one.value) for one in chosen or ()] for chosen in (item.new_specs, item.attributes))
    name = text(item.name)
    if attributes:
        name = name.removesuffix(f"[{'+'.join(attributes)}]")
    for spec in specs:
        name = name.removesuffix(f"-{spec}")
    sku = text(item.sku_id)
    code = text(item.extend_code) or ("" if sku.startswith("-") else sku)  # -1: it has none
    return line(number, name or item.name, item.quantity, code=code, options=(*specs, *attributes))


def _hello(_webhook: Webhook, _account: Account) -> Answer:
    return Answer(OK)


CHANNEL = Channel(
    name="eleme",
    verify=_verify,
    parse=_parse,
    answer=answers(OK),
    hello=_hello,
    tells=eleme_api.TELLS,
    pull=eleme_api.PULL,
)
