"""Alipay: the orders of a mini-program with its trade component, and the trades of any other shop.

Documents, on opendocs.alipay.com, as known in 2026-11: "异步通知验签" (/common/02mse7), "支付结果异步通知"
(trade_status_sync), "alipay.open.mini.order.changed" and "alipay.open.mini.order.query". Never tried against the
vendor's live system.

A notification is signed RSA2: SHA256withRSA, with Alipay's key, over the sorted `name=value` without `sign` and
`sign_type`; those of the message service have `sign_type` in it, so both are tried. An event of a mini-program only
names its order; the order is asked for with the app's `private_key`. A trade tells what was paid and not what was
ordered: its order has one line, the trade's subject. A shop that wants more uses its mini-program's orders, or tells
them itself by the channel `generic`. A refund of a part says nothing of the goods, and tells nothing here.
"""

import base64
import re
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from cloud_bridge.gateway.channels.channel import (
    PULLED,
    Account,
    Channel,
    Forged,
    Pull,
    Said,
    Unreadable,
    Wanted,
    answers,
)
from cloud_bridge.gateway.channels.values import (
    CHINA,
    Wire,
    digest,
    form,
    line,
    moment,
    order,
    read,
    recent,
    short,
    text,
)
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.ways.way import Call, Setting
from cloud_bridge.messages import EventType

GATEWAY = "https://openapi.alipay.com/gateway.do"
RETRIES = 25 * 3600.0  # seconds in which Alipay tries eight times
CHANGED = frozenset({"alipay.open.mini.order.changed", "alipay.open.mini.order.info.changed"})
QUERY = "alipay.open.mini.order.query"
ENDED = {
    "REFUND_CLOSED": EventType.CANCELLED,
    "CLOSED": EventType.CANCELLED,
    "RECEIVED_CONFIRM": EventType.COLLECTED,
}
UNPAID = frozenset({"INIT", ""})
SUCCESS = "10000"
BUSY = frozenset({"20000"})
CHINESE = re.compile(rb"(?:^|&)charset=gb", re.IGNORECASE)
PADDING = PKCS1v15()


class _Named(Wire, frozen=True):
    """An event's `biz_content`."""

    order_id: Any = None
    out_order_id: Any = None
    status: Any = None
    open_id: Any = None
    user_id: Any = None


class _Item(Wire, frozen=True):
    item_name: Any = None
    item_cnt: Any = None
    out_sku_id: Any = None
    out_item_id: Any = None


class _Detail(Wire, frozen=True):
    item_infos: list[_Item] | None = None


class _Address(Wire, frozen=True):
    receiver_name: Any = None
    tel_number: Any = None


class _Contact(Wire, frozen=True):
    contact_name: Any = None
    phone_number: Any = None


class _Shop(Wire, frozen=True):
    merchant_shop_id: Any = None


class _Order(Wire, frozen=True):
    """What the query answers."""

    code: Any = None
    sub_code: Any = None
    sub_msg: Any = None
    order_id: Any = None
    out_order_id: Any = None
    status: Any = None
    create_time: Any = None
    open_id: Any = None
    user_id: Any = None
    order_detail: _Detail | None = None
    address_info: _Address | None = None
    contact_info: _Contact | None = None
    shop_info: _Shop | None = None


class _Answer(Wire, frozen=True):
    order: _Order = msgspec.field(default=_Order(), name="alipay_open_mini_order_query_response")


# --- signatures -----------------------------------------------------------------------------------------------------


def _der(key: str) -> bytes:
    """A key as Alipay's tools give it, in base64, with or without the lines of PEM around it."""
    return base64.b64decode("".join(one for one in key.splitlines() if not one.startswith("-----")))


@lru_cache
def _public(key: str) -> RSAPublicKey:
    loaded = load_der_public_key(_der(key))
    if not isinstance(loaded, RSAPublicKey):
        raise ValueError("this is no RSA key")  # noqa: TRY004 - of a setting, not of an argument
    return loaded


@lru_cache
def _private(key: str) -> RSAPrivateKey:
    loaded = load_der_private_key(_der(key), None)
    if not isinstance(loaded, RSAPrivateKey):
        raise ValueError("this is no RSA key")  # noqa: TRY004 - of a setting, not of an argument
    return loaded


def _about(fields: dict[str, str], *without: str) -> str:
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name not in without)


def _encoding(body: bytes) -> str:
    return "gb18030" if CHINESE.search(body) else "utf-8"


def _fields(body: bytes) -> dict[str, str]:
    return form(body, _encoding(body))


def _verify(webhook: Webhook, account: Account, now: float) -> None:
    fields, encoding = _fields(webhook.body), _encoding(webhook.body)
    try:
        key = _public(account.secrets["public_key"])
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Forged("the account's public_key is not Alipay's: expected base64 of an RSA key") from error
    try:
        given = base64.b64decode(fields.get("sign", ""), validate=True)
    except ValueError as error:
        raise Forged("sign is not base64") from error
    for without in (("sign", "sign_type"), ("sign",)):
        try:
            key.verify(given, _about(fields, *without).encode(encoding, "replace"), PADDING, SHA256())
            break
        except InvalidSignature:
            continue
    else:
        raise Forged("sign is not right")
    if fields.get("app_id") != account.options["app_id"]:
        raise Forged("it is for another app_id")
    recent(moment(fields.get("notify_time") or fields.get("utc_timestamp")), now, RETRIES)


# --- what a notification says ---------------------------------------------------------------------------------------


def _parse(webhook: Webhook, _account: Account) -> list[Said | Wanted]:
    if PULLED in webhook.headers:
        return _told(read(webhook.body, _Answer).order, digest(webhook.body))
    fields = _fields(webhook.body)
    at = moment(fields.get("notify_time") or fields.get("utc_timestamp"))
    if fields.get("msg_method") in CHANGED:
        return _named(read(fields.get("biz_content", ""), _Named, "biz_content"), at)
    origin = fields.get("out_trade_no", "")
    match fields.get("trade_status"):
        case "TRADE_SUCCESS" if origin and not fields.get("gmt_refund"):
            return [_traded(origin, fields, at)]
        case "TRADE_CLOSED" if origin:
            return [Said(origin, "TRADE_CLOSED", EventType.CANCELLED, at)]
        case _:
            return []


def _named(wire: _Named, at: float | None) -> list[Said | Wanted]:
    origin, status = text(wire.out_order_id) or text(wire.order_id), text(wire.status)
    if not origin:
        raise Unreadable("biz_content.out_order_id: expected the order's id")
    if status in ENDED:
        return [Said(origin, status, ENDED[status], at)]
    if status == "DELIVERED":  # the shop itself has said so
        return []
    ask = {name: text(getattr(wire, name)) for name in ("order_id", "out_order_id", "open_id", "user_id")}
    return [Wanted({name: value for name, value in ask.items() if value})]


def _traded(origin: str, fields: dict[str, str], at: float | None) -> Said:
    created = moment(fields.get("gmt_payment")) or moment(fields.get("gmt_create")) or at
    if created is None:
        raise Unreadable("gmt_payment: expected a time")
    content = order(short(origin), [line(1, fields.get("subject"), 1)], created, pickup=True, note=fields.get("body"))
    return Said(
        origin,
        "TRADE_SUCCESS",
        EventType.PLACED,
        at,
        order=content,
        addresses=_addresses(fields.get("buyer_open_id"), fields.get("buyer_id")),
    )


def _addresses(*ids: Any) -> dict[str, str]:
    return next(({"alipay": found} for one in ids if (found := text(one))), {})


def _told(wire: _Order, version: str) -> list[Said | Wanted]:
    """An order as Alipay tells it when it is asked."""
    origin, status = text(wire.out_order_id) or text(wire.order_id), text(wire.status)
    created = moment(wire.create_time)
    if not origin or created is None:
        raise Unreadable("expected out_order_id and create_time")
    if status in ENDED:
        return [Said(origin, status, ENDED[status])]
    if status in UNPAID:
        return []
    address, contact = wire.address_info or _Address(), wire.contact_info or _Contact()
    foods = (wire.order_detail or _Detail()).item_infos or ()
    content = order(
        short(origin),
        [_line(number, item) for number, item in enumerate(foods, 1)],
        created,
        pickup=not text(address.receiver_name),
        customer=text(address.receiver_name) or contact.contact_name,
        phone=text(address.tel_number) or contact.phone_number,
    )
    shop = text(wire.shop_info.merchant_shop_id) if wire.shop_info else ""
    addresses = _addresses(wire.open_id, wire.user_id)
    return [Said(origin, f"PAID {version}", EventType.PLACED, shop=shop, order=content, addresses=addresses)]


def _line(number: int, item: _Item) -> dict[str, Any]:
    code = text(item.out_sku_id) or text(item.out_item_id)
    return line(number, item.item_name or code, item.item_cnt, code=code)


# --- what it is asked -----------------------------------------------------------------------------------------------


def _ask(ask: dict[str, str], setting: Setting, _token: str, now: float) -> Call:
    fields = {
        "app_id": setting.options["app_id"],
        "biz_content": msgspec.json.encode(ask).decode(),
        "charset": "utf-8",
        "format": "JSON",
        "method": QUERY,
        "sign_type": "RSA2",
        "timestamp": datetime.fromtimestamp(now, CHINA).strftime("%Y-%m-%d %H:%M:%S"),
        "version": "1.0",
    }
    signed = _private(setting.secrets["private_key"]).sign(_about(fields).encode(), PADDING, SHA256())
    body = urlencode(fields | {"sign": base64.b64encode(signed).decode()}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
    return Call(setting.options.get("api", GATEWAY), body, headers)


def _answered(_ask: dict[str, str], _status: int, body: bytes) -> list[bytes]:
    try:
        answer = read(body, _Answer).order
    except Unreadable:
        raise ValueError("what Alipay answers cannot be read") from None
    if text(answer.code) != SUCCESS:
        why = f"Alipay says {text(answer.code)} {text(answer.sub_code)} {text(answer.sub_msg)}"
        raise ValueError(why) if text(answer.code) in BUSY else Unreadable(why)
    return [body]


CHANNEL = Channel(
    name="alipay",
    verify=_verify,
    parse=_parse,
    answer=answers(b"success", "text/plain"),
    secrets=("public_key",),
    options=("app_id",),
    pull=Pull(_ask, _answered, secrets=("private_key",)),
)
