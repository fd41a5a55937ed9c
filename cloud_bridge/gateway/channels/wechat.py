"""WeChat: the message push of a mini-program or a WeChat Store (微信小店): its orders, and who allows messages.

Documents, on developers.weixin.qq.com, read 2026-11: "消息加解密说明" (/doc/oplatform/developers/dev/push/encryption),
"订单管理" (/doc/store/shop/notify/order_callback/), "获取订单详情" (/doc/store/API/order/get), "订阅消息" with its
events (/miniprogram/dev/framework/open-ability/subscribe-message), "getStableAccessToken". Never tried against the
vendor's live system.

An event of the store only names its order; the order is asked for with the store's `secret`. A mini-program with a
shop of its own has its own program: that one uses the channel `generic`.

In plain mode WeChat signs a time and a nonce but not the message: whoever has seen one push may send another within
five minutes. With an `aes_key` (EncodingAESKey) only encrypted pushes are taken, as old as WeChat's last try may be.
"""

import re
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

import msgspec

from cloud_bridge.gateway.channels.channel import (
    PULLED,
    REPLAY,
    Account,
    Allowed,
    Answer,
    Channel,
    Forged,
    Pull,
    Said,
    Unreadable,
    Wanted,
    answers,
)
from cloud_bridge.gateway.channels.values import Wire, line, moment, order, read, recent, short, text, whole
from cloud_bridge.gateway.channels.wechat_seal import is_signed, opened
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.ways.way import Call, Setting, Token
from cloud_bridge.messages import EventType

API = "https://api.weixin.qq.com"
RETRIES = 4 * 3600.0  # seconds in which WeChat tries up to ten times
DEPTH = 8  # of XML
ACCEPTED, REFUSED = "accept", "reject"
NONE_LEFT = -1_000_000  # takes back whatever was allowed
STALE_TOKENS = frozenset({40001, 40014, 42001})
BUSY = frozenset({-1, 45009, 45011})
ORDER = "channels_ec_order_"
NAMED = frozenset({f"{ORDER}pay", f"{ORDER}wait_shipping", f"{ORDER}ext_info_update", "channels_ec_aftersale_update"})
UNPAID, DONE = 10, 100  # status of an order
CANCELLED = frozenset({200, 250})  # after all of it was given back, before it was paid


class _Envelope(Wire, frozen=True, rename="pascal"):
    encrypt: Any = None


class _Event(Wire, frozen=True):
    from_user: Any = msgspec.field(default=None, name="FromUserName")
    created: Any = msgspec.field(default=None, name="CreateTime")
    event: Any = msgspec.field(default=None, name="Event")
    choices: Any = msgspec.field(default=None, name="List")
    popup: Any = msgspec.field(default=None, name="SubscribeMsgPopupEvent")
    change: Any = msgspec.field(default=None, name="SubscribeMsgChangeEvent")
    order_info: Any = None
    aftersale: Any = msgspec.field(default=None, name="finder_shop_aftersale_status_update")


class _Attribute(Wire, frozen=True):
    attr_value: Any = None


class _Product(Wire, frozen=True):
    title: Any = None
    sku_cnt: Any = None
    sku_code: Any = None
    sku_id: Any = None
    sku_attrs: list[_Attribute] | None = None


class _Address(Wire, frozen=True):
    user_name: Any = None
    tel_number: Any = None


class _Delivery(Wire, frozen=True):
    address_info: _Address | None = None


class _Extra(Wire, frozen=True):
    customer_notes: Any = None
    merchant_notes: Any = None


class _Detail(Wire, frozen=True):
    product_infos: list[_Product] | None = None
    delivery_info: _Delivery | None = None
    ext_info: _Extra | None = None


class _Order(Wire, frozen=True):
    order_id: Any = None
    create_time: Any = None
    update_time: Any = None
    status: Any = None
    openid: Any = None
    order_detail: _Detail | None = None


class _Answer(Wire, frozen=True):
    errcode: int = 0
    errmsg: str = ""
    order: _Order | None = None
    access_token: str = ""
    expires_in: float = 0.0


# --- what proves a push ---------------------------------------------------------------------------------------------


def _query(webhook: Webhook) -> dict[str, str]:
    return dict(parse_qsl(webhook.query, keep_blank_values=True))


def _verify(webhook: Webhook, account: Account, now: float) -> None:
    query, token = _query(webhook), account.secrets["token"]
    about = (token, query.get("timestamp", ""), query.get("nonce", ""))
    if "aes_key" not in account.secrets:
        if not is_signed(query.get("signature", ""), *about):
            raise Forged("signature is not right")
        recent(moment(query.get("timestamp")), now, REPLAY)
        return
    try:
        sealed = _sealed(webhook.body)
    except Unreadable as error:
        raise Forged("the body is no JSON") from error
    if not sealed:
        raise Forged("it is not encrypted, and this account has an aes_key")
    if not is_signed(query.get("msg_signature", ""), *about, sealed):
        raise Forged("msg_signature is not right")
    recent(moment(query.get("timestamp")), now, RETRIES)
    opened(sealed, account)


def _sealed(body: bytes) -> str:
    """What is closed up in a push; nothing is proved yet, so XML is not read for it."""
    if not _is_xml(body):
        return text(read(body, _Envelope, proved=False).encrypt)
    _, _, rest = body.partition(b"<Encrypt>")
    inside, end, _ = rest.partition(b"</Encrypt>")
    bare = inside.strip().removeprefix(b"<![CDATA[").removesuffix(b"]]>").strip()
    return bare.decode("ascii", "replace") if end else ""


def _hello(webhook: Webhook, account: Account) -> Answer:
    """WeChat tries an address by a GET, which is answered with what it holds."""
    query = _query(webhook)
    about = (account.secrets["token"], query.get("timestamp", ""), query.get("nonce", ""))
    if not is_signed(query.get("signature", ""), *about):
        raise Forged("signature is not right")
    return Answer(query.get("echostr", "").encode("utf-8", "replace"), content_type="text/plain")


# --- what a push says -----------------------------------------------------------------------------------------------


def _is_xml(body: bytes) -> bool:
    return body.lstrip().startswith(b"<")


def _read(body: bytes, kind: type[Any]) -> Any:
    """JSON or XML in a shape, as the account was set up with WeChat."""
    if not _is_xml(body):
        return read(body, kind)
    try:
        document = body.decode()  # in another encoding, what is looked for next would be written otherwise
        if re.search(r"\0|<!(DOCTYPE|ENTITY)", document, re.IGNORECASE):  # an entity may stand for a text without end
            raise Unreadable("XML with a DTD")
        return msgspec.convert(_tree(ET.fromstring(document), DEPTH), kind)  # noqa: S314 - it has no DTD
    except (ET.ParseError, msgspec.ValidationError, ValueError, LookupError) as error:
        raise Unreadable(str(error)) from error


def _tree(element: ET.Element, depth: int) -> Any:
    if not len(element):
        return element.text or ""
    if not depth:
        raise Unreadable("XML too deep")
    parts: dict[str, list[Any]] = {}
    for child in element:
        parts.setdefault(child.tag, []).append(_tree(child, depth - 1))
    return {tag: values[0] if len(values) == 1 else values for tag, values in parts.items()}


def _parse(webhook: Webhook, account: Account) -> list[Said | Allowed | Wanted]:
    if PULLED in webhook.headers:
        return _told(read(webhook.body, _Answer))
    body = webhook.body
    if "aes_key" in account.secrets:
        try:
            body = opened(_sealed(body), account)
        except Forged as error:  # the account's key is another one than it was when this came
            raise Unreadable(str(error)) from error
    event: _Event = _read(body, _Event)
    name, at = text(event.event), moment(event.created)
    if name == "subscribe_msg_popup_event":
        return _allowed(account, event, event.popup, {ACCEPTED: 1})  # one acceptance is one message
    if name == "subscribe_msg_change_event":
        return _allowed(account, event, event.change, {REFUSED: NONE_LEFT})
    origin = text(_part(event.order_info or event.aftersale, "order_id"))
    if name in NAMED and origin:
        return [Wanted({"order_id": origin})]
    if name == f"{ORDER}cancel" and origin:
        return [Said(origin, "cancel", EventType.CANCELLED, at)]
    if name == f"{ORDER}confirm" and origin:
        return [Said(origin, "confirm", EventType.COLLECTED, at)]
    return []


def _part(tree: Any, name: str) -> Any:
    return tree.get(name) if isinstance(tree, dict) else None


def _allowed(account: Account, event: _Event, inside: Any, worth: dict[str, int]) -> list[Said | Allowed | Wanted]:
    choices = event.choices or _part(inside, "List") or inside
    templates: dict[str, int] = {}
    for choice in choices if isinstance(choices, list) else [choices]:
        template, more = text(_part(choice, "TemplateId")), worth.get(text(_part(choice, "SubscribeStatusString")))
        if template and more:
            templates[template] = templates.get(template, 0) + more
    openid = text(event.from_user)
    about = " ".join((openid, text(event.created), text(event.event), *sorted(templates)))  # several in one second
    return [Allowed(account.options["appid"], openid, templates, about)] if templates and openid else []


def _told(answer: _Answer) -> list[Said | Allowed | Wanted]:
    """An order as WeChat tells it when it is asked."""
    wire = answer.order
    origin = text(wire.order_id) if wire else ""
    if wire is None or not origin:
        raise Unreadable("order.order_id: expected the order's id")
    status, at = whole(wire.status), moment(wire.update_time) or moment(wire.create_time)
    if status == UNPAID:
        return []
    if status in CANCELLED:
        return [Said(origin, "cancel", EventType.CANCELLED, at)]
    if status == DONE:
        return [Said(origin, "confirm", EventType.COLLECTED, at)]
    created = moment(wire.create_time)
    if created is None:
        raise Unreadable("order.create_time: expected seconds since 1970")
    detail = wire.order_detail or _Detail()
    address = (detail.delivery_info and detail.delivery_info.address_info) or _Address()
    extra = detail.ext_info or _Extra()
    content = order(
        short(origin),
        [_line(number, product) for number, product in enumerate(detail.product_infos or (), 1)],
        created,
        pickup=not text(address.user_name),
        customer=address.user_name,
        phone=address.tel_number,
        note="\n".join(filter(None, (text(extra.customer_notes), text(extra.merchant_notes)))),
    )
    addresses = {"wechat": openid} if (openid := text(wire.openid)) else {}
    event = f"order {text(wire.update_time)}"
    return [Said(origin, event, EventType.PLACED, at, order=content, addresses=addresses)]


def _line(number: int, product: _Product) -> dict[str, Any]:
    options = [text(one.attr_value) for one in product.sku_attrs or ()]
    code = text(product.sku_code) or text(product.sku_id)
    return line(number, product.title, product.sku_cnt, code=code, options=options)


# --- what it is asked -----------------------------------------------------------------------------------------------

JSON = {"content-type": "application/json"}


def _ask(ask: dict[str, str], setting: Setting, token: str, _now: float) -> Call:
    url = f"{setting.options.get('api', API)}/channels/ec/order/get?access_token={token}"
    return Call(url, msgspec.json.encode({"order_id": ask["order_id"]}), JSON)


def _answered(_ask: dict[str, str], _status: int, body: bytes) -> list[bytes]:
    answer = _understood(body)
    if answer.errcode:
        why = f"WeChat says {answer.errcode} {answer.errmsg}"
        raise ValueError(why) if answer.errcode in BUSY else Unreadable(why)
    return [body]


def _understood(body: bytes) -> _Answer:
    try:
        return read(body, _Answer)
    except Unreadable:
        raise ValueError("what WeChat answers cannot be read") from None


def _token_call(setting: Setting) -> Call:
    about = {
        "grant_type": "client_credential",
        "appid": setting.options["appid"],
        "secret": setting.secrets["secret"],
    }
    return Call(f"{setting.options.get('api', API)}/cgi-bin/stable_token", msgspec.json.encode(about), JSON)


def _token_read(_status: int, body: bytes) -> tuple[str, float]:
    answer = _understood(body)
    if not answer.access_token:
        raise ValueError(f"no access token: WeChat says {answer.errcode} {answer.errmsg}")
    return answer.access_token, answer.expires_in


def _token_refused(_status: int, body: bytes) -> bool:
    try:
        return _understood(body).errcode in STALE_TOKENS
    except ValueError:
        return False


CHANNEL = Channel(
    name="wechat",
    verify=_verify,
    parse=_parse,
    answer=answers(b"success", "text/plain"),
    hello=_hello,
    secrets=("token",),
    further=("aes_key",),
    options=("appid",),
    pull=Pull(
        _ask, _answered, Token(_token_call, _token_read, _token_refused), secrets=("secret",), options=("appid",)
    ),
)
