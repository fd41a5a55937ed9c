"""Ele.me's interface (eopenapi, protocol "nop"): what it is told of an order, and asked for what it could not push.

Documents: open.shop.ele.me/openapi/documents, "接口调用协议", "签名算法", "OAuth 客户端模式", `eleme.order`,
`eleme.shop`, `eleme.product.item`, `eleme.message.getNonReachedOMessages`, as known in 2026-11. Never tried against
the vendor's live system.

A call is signed with the upper MD5 of the action, the token, the sorted `name=JSON` of its metas and parameters, and
the secret. That a shop pauses can be told where Ele.me's number for it is known, from `options.shop` or `stores`. A
product leaves the shelf and comes back (batchDelistItems, batchListItems) by Ele.me's own number of it, which no order
holds: `shelf` names it in the account's products; of one size, as ITEM/SPEC (batchOffShelf, batchOnShelf).
"""

import base64
from hashlib import md5
from typing import Any, NamedTuple
from urllib.parse import quote_plus
from uuid import NAMESPACE_URL, uuid5

import msgspec

from cloud_bridge.gateway.channels.channel import Pull, Unreadable
from cloud_bridge.gateway.channels.values import Wire, read, text, whole
from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.ways.way import (
    Arrived,
    Call,
    Later,
    Never,
    Outcome,
    Setting,
    Token,
    Unsendable,
    Way,
    left_alone,
)
from cloud_bridge.gateway.ways.webhook import judge
from edge.updates import UpdateKind

API = "https://open-api.shop.ele.me"
FIVE_MINUTES = 300.0
BUSY, TOO_MANY = "SERVER_ERROR", "EXCEED_LIMIT"  # errors that pass
STALE_TOKEN = "UNAUTHORIZED"  # noqa: S105 - an error, not a token
ACTIONS = {
    UpdateKind.ACCEPTED: "eleme.order.confirmOrderLite",
    UpdateKind.READY: "eleme.order.setOrderPrepared",
    UpdateKind.REFUSED: "eleme.order.cancelOrderLite",
    UpdateKind.PAUSED: "eleme.shop.updateShop",
    UpdateKind.RESUMED: "eleme.shop.updateShop",
    UpdateKind.UNAVAILABLE: "eleme.product.item.batchDelistItems",
    UpdateKind.AVAILABLE: "eleme.product.item.batchListItems",
}
OF_ONE_SIZE = {
    UpdateKind.UNAVAILABLE: "eleme.product.item.batchOffShelf",
    UpdateKind.AVAILABLE: "eleme.product.item.batchOnShelf",
}
MISSED = "eleme.message.getNonReachedOMessages"


class _Trouble(Wire, frozen=True):
    code: Any = None
    message: Any = None


class _Answer(Wire, frozen=True):
    result: Any = None
    error: _Trouble | None = None


class _Token(Wire, frozen=True):
    access_token: str = ""
    expires_in: float = 0.0
    error: Any = None


def signature(action: str, token: str, fields: dict[str, Any], secret: str) -> str:
    """The signature of a call with these metas and parameters."""
    about = "".join(f"{name}={msgspec.json.encode(fields[name]).decode()}" for name in sorted(fields))
    return md5(f"{action}{token}{about}{secret}".encode(), usedforsecurity=False).hexdigest().upper()


class _Question(NamedTuple):
    action: str
    params: dict[str, Any]
    about: str  # what makes it this one


def _call(question: _Question, setting: Setting, token: str, now: float) -> Call:
    action, params, about = question
    metas = {"app_key": setting.options["app_key"], "timestamp": int(now)}
    asked = {
        "nop": "1.0.0",
        "id": str(uuid5(NAMESPACE_URL, f"{setting.id} {about}")),
        "action": action,
        "token": token,
        "metas": metas,
        "params": params,
        "signature": signature(action, token, metas | params, setting.secrets["secret"]),
    }
    headers = {"content-type": "application/json; charset=utf-8"}
    return Call(f"{setting.options.get('api', API)}/api/v1/", msgspec.json.encode(asked), headers)


def _tell(notice: Notice, _addresses: dict[str, str], setting: Setting, token: str, now: float) -> Call:
    kind = UpdateKind(notice.on)
    about = f"notice {notice.id}"
    if kind in OF_ONE_SIZE:
        return _call(_shelf(kind, notice.code, about), setting, token, now)
    params: dict[str, Any] = {"orderId": notice.origin}
    if kind in {UpdateKind.PAUSED, UpdateKind.RESUMED}:
        shop = whole(notice.shop or setting.options.get("shop"))
        if shop is None:
            raise Unsendable("options.shop is not set: pause the shop in Ele.me's own program")
        params = {"shopId": shop, "properties": {"isOpen": int(kind is UpdateKind.RESUMED)}}
    elif kind is UpdateKind.REFUSED:
        params |= {"type": "others", "remark": notice.reason or "商家无法接单"}
    return _call(_Question(ACTIONS[kind], params, about), setting, token, now)


def _shelf(kind: UpdateKind, code: str, about: str) -> _Question:
    """A product, or one size of it, leaves the shelf or comes back."""
    numbers = [whole(part) for part in code.split("/")]
    match numbers:
        case [int(item)]:
            return _Question(ACTIONS[kind], {"itemIds": [item]}, about)
        case [int(item), int(size)]:
            return _Question(OF_ONE_SIZE[kind], {"specIds": [{"itemId": item, "itemSpecIds": [size]}]}, about)
    raise Unsendable(f'Ele.me takes products by its own numbers: shelf = "ITEM" or "ITEM/SPEC" for {code} in products')


def _understood(body: bytes) -> _Answer:
    try:
        return read(body, _Answer)
    except Unreadable:
        raise ValueError("what Ele.me answers cannot be read") from None


def _judge(status: int, body: bytes, headers: Any) -> Outcome:
    outcome = judge(status, body, headers)
    if not isinstance(outcome, Arrived):
        return outcome
    try:
        answer = _understood(body)
    except ValueError as error:
        return Later(str(error))
    trouble = answer.error or _failure(answer.result)
    if trouble is None:
        return outcome
    why = f"Ele.me says {text(trouble.code)} {text(trouble.message)}"
    if trouble.code == TOO_MANY:
        return left_alone(why, headers)
    return Later(why) if trouble.code == BUSY else Never(why)


def _failure(result: Any) -> _Trouble | None:
    """What of a batch, which is one product here, was not done."""
    failures = result.get("failures") if isinstance(result, dict) else None
    if not isinstance(failures, list) or not failures:
        return None
    about = failures[0] if isinstance(failures[0], dict) else {}
    return _Trouble(about.get("code"), about.get("description"))


def _ask(_ask: dict[str, str], setting: Setting, token: str, now: float) -> Call:
    question = _Question(MISSED, {"appId": whole(setting.options["app_id"])}, f"missed {now}")
    return _call(question, setting, token, now)


def _missed(_ask: dict[str, str], _status: int, body: bytes) -> list[bytes]:
    answer = _understood(body)
    if answer.error is not None:
        raise ValueError(f"Ele.me says {text(answer.error.code)} {text(answer.error.message)}")
    messages = answer.result if isinstance(answer.result, list) else []
    return [msgspec.json.encode(message) for message in messages if isinstance(message, dict)]


def _token_call(setting: Setting) -> Call:
    who = f"{quote_plus(setting.options['app_key'])}:{quote_plus(setting.secrets['secret'])}"
    headers = {
        "authorization": f"Basic {base64.b64encode(who.encode()).decode()}",
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    }
    return Call(f"{setting.options.get('api', API)}/token", b"grant_type=client_credentials", headers)


def _token_read(status: int, body: bytes) -> tuple[str, float]:
    try:
        token = read(body, _Token)
    except Unreadable:
        token = _Token()
    if not token.access_token:
        raise ValueError(f"no access token: HTTP {status} {text(token.error)}")
    return token.access_token, token.expires_in


def _token_refused(_status: int, body: bytes) -> bool:
    try:
        trouble = _understood(body).error
    except ValueError:
        return False
    return trouble is not None and trouble.code == STALE_TOKEN


TOKEN = Token(_token_call, _token_read, _token_refused)
TELLS = Way(
    name="eleme",
    call=_tell,
    judge=_judge,
    token=TOKEN,
    tells=frozenset(ACTIONS),
    repeatable=True,
    options=("app_key",),
)
PULL = Pull(_ask, _missed, TOKEN, every=FIVE_MINUTES, options=("app_key", "app_id"))
