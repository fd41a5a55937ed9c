"""Meituan Waimai's open platform, where the shop has an app of its own.

Documents: developer.waimai.meituan.com, "推送类接口" (orders, cancellations, refunds, delivery states) and "签名算法",
as known in 2026-11. Never tried against the vendor's live system.

The shop enters one address for all kinds of pushes: what a request is about is told by its fields, and not by where
it comes to. Some kinds come as GET, the others as a form; a request without fields is Meituan trying the address,
and is answered either way, as the documents do not say which one it takes.
A value is URL-encoded twice in most pushes, and the signature is made over what it says, so both are tried.

A partial refund takes goods off an order without saying which ones are left, and tells nothing here: the shop sees it
in Meituan's own program. Whether a push that comes again after an outage is signed anew is not documented, so it may
be a day old; the same one has no second effect.

Told back, with `options.app_id`: accepted (order/confirm), ready (order/preparationMealComplete), refused
(order/cancel); with the shop's code, `options.app_poi_code` or that of `stores`, that it pauses and goes on (poi/close,
poi/open), and that a product is sold out or there again: for shops of 闪购 "批量更新商品上/下架状态",
retail/sellStatus, by its app_spu_code; with `options.goods = "food"`, for those of 餐饮, "批量更新售卖状态",
food/sku/sellStatus, by APP_FOOD_CODE/SKU_ID, or by one code where both are the same.
"""

import hmac
from hashlib import md5
from typing import Any
from urllib.parse import unquote_plus, urlencode

import msgspec

from cloud_bridge.gateway.channels.channel import Account, Answer, Channel, Forged, Said, Unreadable, answers
from cloud_bridge.gateway.channels.values import Wire, form, line, moment, order, read, recent, short, text, whole
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.ways.way import Arrived, Call, Later, Never, Outcome, Setting, Unsendable, Way
from cloud_bridge.gateway.ways.webhook import judge
from cloud_bridge.messages import EventType
from edge.updates import UpdateKind

OK = b'{"data":"ok"}'
DAY = 24 * 3600.0
COMPLETED, CANCELLED = 8, 9  # status of an order
PICKED_UP, DELIVERED = 20, 40  # logistics_status
PICKUP = 1  # pick_type
REFUNDED = "agree"  # notify_type


class _Food(Wire, frozen=True):
    food_name: Any = None
    quantity: Any = None
    app_food_code: Any = None
    sku_id: Any = None
    spec: Any = None
    food_property: Any = None
    unit: Any = None


def signed(url: str, fields: dict[str, str], secret: str) -> str:
    """The signature of fields, the same in both directions."""
    about = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != "sig")
    said = f"{url}?{about}{secret}".encode("utf-8", "replace")
    return md5(said, usedforsecurity=False).hexdigest()


def _proved(webhook: Webhook, account: Account) -> dict[str, str] | None:
    """The fields, decoded as often as they were encoded; none where the signature fits neither way."""
    once = form(webhook.body)
    twice = {name: unquote_plus(value) for name, value in once.items()}
    for fields in (twice, once):
        given = fields.get("sig", "").encode("utf-8", "replace")
        if hmac.compare_digest(given, signed(account.url, fields, account.secrets["secret"]).encode()):
            return fields
    return None


def _verify(webhook: Webhook, account: Account, now: float) -> None:
    fields = _proved(webhook, account)
    if fields is None:
        raise Forged("sig is not right")
    recent(moment(fields.get("timestamp")), now, DAY)


def _parse(webhook: Webhook, account: Account) -> list[Said]:
    fields = _proved(webhook, account)
    if fields is None:
        raise Unreadable("sig: the account's secret or the gateway's url is another one now")
    origin = fields.get("order_id") or fields.get("wm_order_id_view") or ""
    if not origin:
        return []  # of the shop or its goods
    at = moment(fields.get("timestamp"))
    kind, event, reason = _kind(fields)
    if kind is None:
        return []
    said = Said(origin, event, kind, at, shop=fields.get("app_poi_code", ""), reason=reason)
    return [_placed(said, fields)] if kind is EventType.PLACED else [said]


def _kind(fields: dict[str, str]) -> tuple[EventType | None, str, str]:
    """What a push is about, what makes it this event, and why."""
    status, rider = whole(fields.get("status")), whole(fields.get("logistics_status"))
    if "notify_type" in fields:
        all_of_it = not fields.get("food")
        ended = fields["notify_type"] == REFUNDED and all_of_it
        return (EventType.CANCELLED if ended else None), "refund", fields.get("reason", "")
    if "detail" in fields and status not in {COMPLETED, CANCELLED}:
        return EventType.PLACED, f"order {fields.get('utime') or fields.get('ctime', '')}", ""
    if "reason_code" in fields or status == CANCELLED:
        return EventType.CANCELLED, "cancel", fields.get("reason", "")
    if rider in {PICKED_UP, DELIVERED} or status == COMPLETED:
        return EventType.COLLECTED, "collected", ""
    return None, "", ""


def _placed(said: Said, fields: dict[str, str]) -> Said:
    created = moment(fields.get("ctime"))
    if created is None:
        raise Unreadable("ctime: expected seconds since 1970")
    due = moment(fields.get("delivery_time"))  # 0: as soon as possible
    content = order(
        fields.get("day_seq") or short(said.origin),
        [_line(number, food) for number, food in enumerate(read(fields["detail"], list[_Food], "detail"), 1)],
        created,
        pickup=whole(fields.get("pick_type")) == PICKUP,
        due=due,
        scheduled=due is not None,
        customer=fields.get("recipient_name"),
        phone=fields.get("recipient_phone"),
        note=fields.get("caution"),
    )
    at = moment(fields.get("utime")) or created
    return Said(said.origin, said.event, said.kind, at, said.shop, content)


def _line(number: int, food: _Food) -> dict[str, Any]:
    chosen = (text(food.spec), *text(food.food_property).replace("，", ",").split(","))
    code = text(food.sku_id) or text(food.app_food_code)
    return line(number, food.food_name, food.quantity, code=code, options=chosen, unit=food.unit)


def _hello(_webhook: Webhook, _account: Account) -> Answer:
    return Answer(OK)


def _ping(webhook: Webhook) -> Answer | None:
    return None if webhook.body else Answer(OK)


# --- what it is told ------------------------------------------------------------------------------------------------

API = "https://waimaiopen.meituan.com/api/v1"
OTHER_REASONS = "2007"  # of a shop that cancels
SYSTEM = 1  # an error of theirs, which may pass
FOOD = "food"  # options.goods
FORM = {"content-type": "application/x-www-form-urlencoded"}
ACTIONS = {
    UpdateKind.ACCEPTED: "order/confirm",
    UpdateKind.READY: "order/preparationMealComplete",
    UpdateKind.REFUSED: "order/cancel",
    UpdateKind.PAUSED: "poi/close",
    UpdateKind.RESUMED: "poi/open",
    UpdateKind.UNAVAILABLE: "retail/sellStatus",
    UpdateKind.AVAILABLE: "retail/sellStatus",
}


class _Trouble(Wire, frozen=True):
    code: Any = None
    msg: Any = None


class _Answer(Wire, frozen=True):
    data: Any = None
    error: _Trouble | None = None


def _tell(notice: Notice, _addresses: dict[str, str], setting: Setting, _token: str, now: float) -> Call:
    food = notice.code and setting.options.get("goods") == FOOD
    url = f"{setting.options.get('api', API)}/{'food/sku/sellStatus' if food else ACTIONS[UpdateKind(notice.on)]}"
    system = {"app_id": setting.options["app_id"], "timestamp": str(int(now))}
    if notice.origin:
        fields = {"order_id": notice.origin}
    elif poi := notice.shop or setting.options.get("app_poi_code"):
        fields = {"app_poi_code": poi}
    else:
        raise Unsendable("options.app_poi_code is not set: say it in Meituan's own program")
    if notice.on == UpdateKind.REFUSED:
        fields |= {"reason_code": OTHER_REASONS, "reason": notice.reason or "商家无法接单"}
    if notice.code:
        fields["food_data"] = msgspec.json.encode([_goods(notice.code, food=bool(food))]).decode()
        fields["sell_status"] = "1" if notice.on == UpdateKind.UNAVAILABLE else "0"
    sig = {"sig": signed(url, system | fields, setting.secrets["secret"])}
    if notice.code:
        return Call(f"{url}?{urlencode(system | sig)}", urlencode(fields).encode(), FORM)
    return Call(f"{url}?{urlencode(system | fields | sig)}", method="GET")


def _goods(code: str, *, food: bool) -> dict[str, Any]:
    if not food:
        return {"app_spu_code": code}
    dish, _, sku = code.partition("/")
    return {"app_food_code": dish, "skus": [{"sku_id": sku or dish}]}


def _judge(status: int, body: bytes, headers: Any) -> Outcome:
    outcome = judge(status, body, headers)
    if not isinstance(outcome, Arrived):
        return outcome
    try:
        answer = read(body, _Answer)
    except Unreadable:
        return Later("what Meituan answers cannot be read")
    if answer.data == "ok":
        return outcome
    trouble = answer.error or _Trouble()
    why = f"Meituan says {text(trouble.code)} {text(trouble.msg)}"
    return Later(why) if whole(trouble.code) == SYSTEM else Never(why)


TELLS = Way(name="meituan", call=_tell, judge=_judge, tells=frozenset(ACTIONS), repeatable=True, options=("app_id",))
CHANNEL = Channel(
    name="meituan", verify=_verify, parse=_parse, answer=answers(OK), hello=_hello, gets=True, ping=_ping, tells=TELLS
)
