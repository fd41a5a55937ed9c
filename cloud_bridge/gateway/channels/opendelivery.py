"""Open Delivery 1.x: any ordering application of the standard, orders in and their progress back.

Specification: https://abrasel-nacional.github.io/opendelivery/ (versions/1.7.1/openapi.yaml of 2026-08-03: `newEvent`,
`ordersDetails`, `confirmOrder`, `orderReady`, `requestCancellation`, `getToken`). Never tried against any ordering
application's live system.

X-App-Signature is the HMAC-SHA256 of the body under the client secret, in lower-case hexadecimal; an application that
writes it in base64 is understood too. Nothing in it is a time, so the same request proves itself for ever; it has no
second effect. An event only names its order, which is asked for at `options.api` and never at the address that stands
in the event. An application that sends the order itself to the same address is understood too.

A customer's wish to cancel (ORDER_CANCELLATION_REQUEST) is answered by a person, in the application.
"""

import base64
import hmac
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

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
from cloud_bridge.gateway.channels.values import Wire, digest, instant, known, moment, read, text
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.signing import mac
from cloud_bridge.gateway.ways.way import Call, Setting, Token, Unsendable, Way
from cloud_bridge.gateway.ways.webhook import judge
from cloud_bridge.messages import EventType
from edge.updates import UpdateKind

SIGNATURE, MERCHANT = "x-app-signature", "x-app-merchantid"
CREATED = "CREATED"
KINDS = {
    "CANCELLED": EventType.CANCELLED,
    "DISPATCHED": EventType.COLLECTED,
    "PICKED_UP": EventType.COLLECTED,
    "DELIVERED": EventType.COLLECTED,
    "CONCLUDED": EventType.COLLECTED,
}
OK, NOT_FOUND = 200, 404
UNAUTHORIZED = 401
JSON = {"content-type": "application/json"}


class _Event(Wire, frozen=True, rename="camel"):
    event_id: Any = None
    event_type: Any = None
    order_id: Any = None
    created_at: Any = None
    reason: Any = None


class _Token(Wire, frozen=True):
    access_token: str = ""
    expires_in: float = 0.0
    spelled: str = msgspec.field(default="", name="accessToken")  # as the first versions of the standard write it
    seconds: float = msgspec.field(default=0.0, name="expiresIn")


def _verify(webhook: Webhook, account: Account, _now: float) -> None:
    right = mac(account.secrets["secret"].encode(), webhook.body)
    given = webhook.headers.get(SIGNATURE, "").encode("utf-8", "replace")
    forms = (right.hex().encode(), base64.b64encode(right))
    if not any([hmac.compare_digest(given, form) for form in forms]):  # noqa: C419 - always both
        raise Forged(f"{SIGNATURE} is not right")


def _parse(webhook: Webhook, _account: Account) -> list[Said | Wanted]:
    fields = read(webhook.body, dict[str, Any])
    merchant = webhook.headers.get(MERCHANT, "")
    if PULLED in webhook.headers or "items" in fields:
        return [_placed(fields, merchant, digest(webhook.body))]
    event = read(webhook.body, _Event)
    origin, kind = text(event.order_id), text(event.event_type)
    if not origin or not kind:
        raise Unreadable("expected orderId and eventType")
    if kind == CREATED:
        return [Wanted({"orderId": origin})]
    if kind not in KINDS:
        return []
    name = text(event.event_id) or kind
    return [Said(origin, name, KINDS[kind], moment(event.created_at), merchant, reason=text(event.reason))]


def _placed(fields: dict[str, Any], merchant: str, version: str) -> Said:
    origin = text(fields.get("id"))
    if not origin:
        raise Unreadable("id: expected the order's id")
    items = fields.get("items")
    if not isinstance(items, list):
        raise Unreadable("items: expected a list")
    own, order = fields.get("merchant"), known(fields)
    shop = text(own.get("id")) if isinstance(own, dict) else ""
    return Said(origin, f"order {version}", EventType.PLACED, shop=shop or merchant, order=order)


# --- what it is asked and told --------------------------------------------------------------------------------------


def _token_call(setting: Setting) -> Call:
    about = {
        "grant_type": "client_credentials",
        "client_id": setting.options["client_id"],
        "client_secret": setting.secrets["secret"],
    }
    base = setting.options.get("token_api") or setting.options["api"]
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return Call(f"{base.rstrip('/')}/oauth/token", urlencode(about).encode(), headers)


def _token_read(status: int, body: bytes) -> tuple[str, float]:
    try:
        token = read(body, _Token)
    except Unreadable:
        token = _Token()
    if not (token.access_token or token.spelled):
        raise ValueError(f"no access token: HTTP {status}")
    return token.access_token or token.spelled, token.expires_in or token.seconds


def _token_refused(status: int, _body: bytes) -> bool:
    return status == UNAUTHORIZED


def _at(setting: Setting, order: str, action: str = "") -> str:
    return f"{setting.options['api'].rstrip('/')}/v1/orders/{quote(order, safe='')}{action}"


def _ask(ask: dict[str, str], setting: Setting, token: str, _now: float) -> Call:
    return Call(_at(setting, ask["orderId"]), headers={"authorization": f"Bearer {token}"}, method="GET")


def _answered(_ask: dict[str, str], status: int, body: bytes) -> list[bytes]:
    if status == OK:
        return [body]
    raise Unreadable("there is no such order") if status == NOT_FOUND else ValueError(f"HTTP {status}")


def _tell(notice: Notice, _addresses: dict[str, str], setting: Setting, token: str, now: float) -> Call:
    about: dict[str, str] = {}
    match notice.on:
        case UpdateKind.ACCEPTED:
            action, about = "/confirm", {"createdAt": instant(now), "orderExternalCode": notice.order or ""}
        case UpdateKind.READY:
            action = "/readyForPickup"
        case UpdateKind.REFUSED:
            action = "/requestCancellation"
            about = {
                "reason": notice.reason or "refused",
                "code": "INTERNAL_DIFFICULTIES_OF_THE_RESTAURANT",
                "mode": "MANUAL",
            }
        case _:
            raise Unsendable(f"Open Delivery knows nothing of {notice.on}")
    headers = JSON | {"authorization": f"Bearer {token}"}
    return Call(_at(setting, notice.origin, action), msgspec.json.encode(about) if about else b"", headers)


TOKEN = Token(_token_call, _token_read, _token_refused)
CHANNEL = Channel(
    name="opendelivery",
    verify=_verify,
    parse=_parse,
    answer=answers(b""),
    headers=(SIGNATURE, MERCHANT),
    tells=Way(
        name="opendelivery",
        call=_tell,
        judge=judge,
        token=TOKEN,
        tells=frozenset({UpdateKind.ACCEPTED, UpdateKind.READY, UpdateKind.REFUSED}),
        repeatable=True,
        options=("api", "client_id"),
    ),
    pull=Pull(_ask, _answered, TOKEN, options=("api", "client_id")),
)
