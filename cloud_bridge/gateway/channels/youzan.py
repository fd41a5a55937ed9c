"""Youzan: messages to an application of its open platform.

Documents: doc.youzanyun.com, "消息推送" (7634), the pages of the trade messages, "youzan.trade.get", read 2026-11.
Never tried against the vendor's live system.

The secret is the client_secret; the client_id is an option. A request is signed in the header Event-Sign: MD5 of
client_id, raw body and client_secret. Older applications have only the body's `sign`, over `msg` as it stands there,
still URL-encoded, so that the rest of the body is not proved: taken where the option `signature` is "body". No time is
signed; a message comes again up to 16 times, under its msg_id.

trade_TradeBuyerPay is the order to bake: paid, and where it needed others, complete. trade_TradePaid may still wait for
them and tells nothing. A refund of all of an order closes it; one of a part is the shop's to see in Youzan. Names and
numbers that Youzan has encrypted are left out. The shop's id is kdt_id. Its customer is known by `phone`, and by
`wechat` where the openid is that of the shop's own official account.
"""

import hmac
import re
from datetime import datetime
from hashlib import md5
from typing import Any
from urllib.parse import unquote, unquote_plus

from cloud_bridge.gateway.channels.channel import Account, Channel, Forged, Said, Unreadable, answers
from cloud_bridge.gateway.channels.values import CHINA, Wire, line, moment, order, read, short, text, whole
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType

SIGN = "event-sign"
KINDS = {
    "trade_TradeBuyerPay": EventType.PLACED,
    "trade_TradeClose": EventType.CANCELLED,
    "trade_TradeSuccess": EventType.COLLECTED,
}
PICKUP = 1  # express_type
OWN_ACCOUNT = 1  # fans_type
VISIT = re.compile(r"(\d{1,2})月(\d{1,2})日\s*(\d{1,2}):(\d{2})", re.ASCII)  # 09月18日 08:01-09:01


class _Body(Wire, frozen=True):
    client_id: Any = None
    kdt_id: Any = None
    id: Any = None
    type: Any = None
    msg: Any = None
    msg_id: Any = None
    version: Any = None
    sign: Any = None
    test: Any = None


class _Line(Wire, frozen=True):
    title: Any = None
    num: Any = None
    outer_sku_id: Any = None
    outer_item_id: Any = None
    item_id: Any = None
    sku_properties_name: Any = None
    buyer_messages: Any = None


class _Address(Wire, frozen=True):
    receiver_name: Any = None
    receiver_tel: Any = None
    delivery_start_time: Any = None
    self_fetch_info: Any = None


class _Visit(Wire, frozen=True):
    user_name: Any = None
    user_tel: Any = None
    user_time: Any = None


class _Remark(Wire, frozen=True):
    buyer_message: Any = None


class _Buyer(Wire, frozen=True):
    outer_user_id: Any = None
    fans_type: Any = None
    buyer_phone: Any = None


class _About(Wire, frozen=True):
    tid: Any = None
    created: Any = None
    update_time: Any = None
    express_type: Any = None


class _Order(Wire, frozen=True):
    order_info: _About | None = None
    address_info: _Address | None = None
    remark_info: _Remark | None = None
    buyer_info: _Buyer | None = None
    orders: list[_Line] | None = None


class _Trade(Wire, frozen=True):
    full_order_info: _Order | None = None
    tid: Any = None
    close_reason: Any = None
    update_time: Any = None


class _Property(Wire, frozen=True):
    k: Any = None
    v: Any = None


def _hashed(account: Account, signed: bytes) -> bytes:
    about = account.options["client_id"].encode() + signed + account.secrets["secret"].encode()
    return md5(about, usedforsecurity=False).hexdigest().encode()


def _verify(webhook: Webhook, account: Account, _now: float) -> None:
    name, given, signed = SIGN, webhook.headers.get(SIGN, ""), webhook.body
    if not given and account.options.get("signature") == "body":
        try:
            body = read(webhook.body, _Body, proved=False)
        except Unreadable:
            raise Forged("it is no message") from None
        name, given, signed = "sign", text(body.sign), text(body.msg).encode("utf-8", "replace")
    if not given:
        raise Forged(f"{name} is missing")
    if not hmac.compare_digest(given.strip().lower().encode("utf-8", "replace"), _hashed(account, signed)):
        raise Forged(f"{name} is not right")


def _parse(webhook: Webhook, _account: Account) -> list[Said]:
    body = read(webhook.body, _Body)
    kind = KINDS.get(text(body.type))
    if kind is None or body.test is True:
        return []
    trade = _trade(body.msg)
    about = (trade.full_order_info.order_info if trade.full_order_info else None) or _About()
    origin = text(trade.tid) or text(about.tid) or text(body.id)
    if not origin:
        raise Unreadable("msg.tid: expected the order's number")
    event = text(body.msg_id) or f"{text(body.type)} {text(body.version)}"
    at = moment(trade.update_time) or moment(about.update_time)
    said = Said(origin, event, kind, at, text(body.kdt_id), reason=text(trade.close_reason))
    return [_placed(said, trade.full_order_info)] if kind is EventType.PLACED else [said]


def _trade(message: Any) -> _Trade:
    if not isinstance(message, str):
        raise Unreadable("msg: expected text")
    decode = unquote if "%20" in message else unquote_plus  # how a blank is encoded is not documented
    return read(decode(message), _Trade, "msg")


def _placed(said: Said, told: _Order | None) -> Said:
    if told is None or told.order_info is None:
        raise Unreadable("msg.full_order_info: expected the order")
    created = moment(told.order_info.created)
    if created is None:
        raise Unreadable("msg.full_order_info.order_info.created: expected a time")
    place, buyer = told.address_info or _Address(), told.buyer_info or _Buyer()
    pickup = whole(told.order_info.express_type) == PICKUP
    visit = _visit(place.self_fetch_info)
    wanted = _comes(text(visit.user_time), created) if pickup else moment(place.delivery_start_time)
    phone = _plain(visit.user_tel) or _plain(place.receiver_tel)
    content = order(
        short(said.origin),
        [_line(number, one) for number, one in enumerate(told.orders or (), 1)],
        created,
        pickup=pickup,
        due=wanted,
        scheduled=wanted is not None,
        customer=_plain(visit.user_name) or _plain(place.receiver_name),
        phone=phone,
        note=told.remark_info.buyer_message if told.remark_info else "",
    )
    openid = text(buyer.outer_user_id) if whole(buyer.fans_type) == OWN_ACCOUNT else ""
    addresses = {"wechat": openid, "phone": _plain(buyer.buyer_phone) or phone}
    known = {way: address for way, address in addresses.items() if address}
    return Said(said.origin, said.event, said.kind, said.at, said.shop, content, addresses=known)


def _visit(info: Any) -> _Visit:
    try:
        return read(text(info), _Visit)
    except Unreadable:
        return _Visit()  # empty, or encrypted


def _comes(words: str, created: float) -> float | None:
    """When the customer comes: a day and a time without a year, the next there is."""
    found = VISIT.search(words)
    if found is None:
        return None
    month, day, hour, minute = map(int, found.groups())
    ordered = datetime.fromtimestamp(created, CHINA)
    for year in (ordered.year, ordered.year + 1):
        try:
            there = datetime(year, month, day, hour, minute, tzinfo=CHINA)
        except ValueError:
            continue
        if there.date() >= ordered.date():
            return there.timestamp()
    return None


def _plain(value: Any) -> str:
    written = text(value)
    return "" if written.startswith("$") and written.endswith("$") else written


def _line(number: int, one: _Line) -> dict[str, Any]:
    code = text(one.outer_sku_id) or text(one.outer_item_id) or text(one.item_id)
    return line(number, one.title, one.num, code=code, options=_chosen(one), note=_asked(one.buyer_messages))


def _chosen(one: _Line) -> list[str]:
    try:
        return [text(chosen.v) for chosen in read(text(one.sku_properties_name), list[_Property])]
    except Unreadable:
        return []


def _asked(messages: Any) -> str:
    """What the customer answered to a product's questions."""
    try:
        answers = read(text(messages), dict[str, Any])
    except Unreadable:
        return text(messages)
    return "\n".join(f"{name}: {text(value)}" for name, value in answers.items() if text(value))


CHANNEL = Channel(
    name="youzan",
    verify=_verify,
    parse=_parse,
    answer=answers(b'{"code":0,"msg":"success"}'),
    options=("client_id",),
    headers=(SIGN,),
)
