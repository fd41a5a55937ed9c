"""Uber Eats: the orders of its marketplace.

Documents: developer.uber.com/docs/eats "Webhook", "Order Notification", "Order Cancel", "Get Order Details" (v2),
"Accept Order", "Deny Order", "Authentication", "Errors", read 2026-11. Never tried against the vendor's live system.

A notification only names its order, which is asked for at Uber's own address (never at the one in the request), with a
token of the client's. The secret is the client secret, which also signs the notifications; `client_id` is an option.
An order that is not accepted within 11.5 minutes is cancelled by Uber: the store's acceptance and refusal go back to
it. `estimated_ready_for_pickup_at` is when it is due; the shop's id is the store's at Uber. Uber tells its customers
itself, so that none is known here.
"""

from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from cloud_bridge.gateway.channels.channel import (
    PULLED,
    Account,
    Channel,
    Pull,
    Said,
    Unreadable,
    Wanted,
    answers,
)
from cloud_bridge.gateway.channels.mac import Mac
from cloud_bridge.gateway.channels.values import Wire, digest, line, moment, order, read, short, text, whole
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.ways.way import Call, Setting, Token, Way
from cloud_bridge.gateway.ways.webhook import judge
from cloud_bridge.messages import EventType
from edge.updates import UpdateKind

API, LOGIN = "https://api.uber.com", "https://auth.uber.com"
MAC = Mac("x-uber-signature", hexadecimal=True)
NEW = frozenset({"orders.notification", "orders.scheduled.notification", "orders.customer_order_edit"})
OVER = frozenset({"orders.cancel", "orders.failure"})
ENDED = dict.fromkeys(("CANCELED", "DENIED"), EventType.CANCELLED) | {"FINISHED": EventType.COLLECTED}  # current_state
PICKUP, INDOOR = "PICK_UP", "DINE_IN"  # type
OK, REFUSED, LATER = 200, 401, frozenset({401, 403, 404})
CONFLICT = 409  # "already accepted or denied"; what was denied, or is cancelled, Uber tells by itself
FORM = {"content-type": "application/x-www-form-urlencoded"}


class _Meta(Wire, frozen=True):
    resource_id: Any = None
    user_id: Any = None  # the store's


class _Event(Wire, frozen=True):
    event_type: Any = None
    event_time: Any = None
    meta: _Meta | None = None


class _Choice(Wire, frozen=True):
    title: Any = None
    quantity: Any = None


class _Group(Wire, frozen=True):
    selected_items: list[_Choice] | None = None


class _Item(Wire, frozen=True):
    id: Any = None
    title: Any = None
    external_data: Any = None
    quantity: Any = None
    special_instructions: Any = None
    selected_modifier_groups: list[_Group] | None = None


class _Cart(Wire, frozen=True):
    items: list[_Item] | None = None
    special_instructions: Any = None


class _Store(Wire, frozen=True):
    id: Any = None


class _Eater(Wire, frozen=True):
    first_name: Any = None
    last_name: Any = None
    phone: Any = None


class _Order(Wire, frozen=True):
    id: Any = None
    display_id: Any = None
    current_state: Any = None
    type: Any = None
    placed_at: Any = None
    estimated_ready_for_pickup_at: Any = None
    store: _Store | None = None
    eater: _Eater | None = None
    cart: _Cart | None = None


class _Login(Wire, frozen=True):
    access_token: str = ""
    expires_in: float = 0.0


def _parse(webhook: Webhook, _account: Account) -> list[Said | Wanted]:
    if PULLED in webhook.headers:
        return _told(read(webhook.body, _Order), digest(webhook.body))
    event = read(webhook.body, _Event)
    kind, meta = text(event.event_type), event.meta or _Meta()
    if kind not in NEW | OVER:
        return []
    origin = text(meta.resource_id)
    if not origin:
        raise Unreadable("meta.resource_id: expected the order's id")
    if kind in NEW:
        return [Wanted({"order_id": origin})]
    return [Said(origin, "cancel", EventType.CANCELLED, moment(event.event_time), text(meta.user_id))]


def _told(wire: _Order, version: str) -> list[Said | Wanted]:
    """An order as Uber tells it when it is asked."""
    origin, state = text(wire.id), text(wire.current_state)
    if not origin:
        raise Unreadable("id: expected the order's id")
    shop = text(wire.store.id) if wire.store else ""
    ended = ENDED.get(state)
    if ended is not None:
        return [Said(origin, state.lower(), ended, shop=shop)]
    created, wanted = moment(wire.placed_at), moment(wire.estimated_ready_for_pickup_at)
    if created is None:
        raise Unreadable("placed_at: expected a time")
    cart, who = wire.cart or _Cart(), wire.eater or _Eater()
    content = order(
        text(wire.display_id) or short(origin),
        [_line(number, item) for number, item in enumerate(cart.items or (), 1)],
        created,
        pickup=text(wire.type) == PICKUP,
        due=wanted,
        customer=" ".join(filter(None, (text(who.first_name), text(who.last_name)))),
        phone=who.phone,
        note=cart.special_instructions,
    ) | ({"type": "INDOOR"} if text(wire.type) == INDOOR else {})
    return [Said(origin, f"order {version}", EventType.PLACED, shop=shop, order=content)]


def _line(number: int, item: _Item) -> dict[str, Any]:
    choices = [choice for group in item.selected_modifier_groups or () for choice in group.selected_items or ()]
    chosen = [text(one.title) + (f" x{count}" if (count := whole(one.quantity) or 1) > 1 else "") for one in choices]
    code, note = text(item.external_data) or text(item.id), item.special_instructions
    return line(number, item.title, item.quantity, code=code, options=chosen, note=note)


# --- what it is asked and told --------------------------------------------------------------------------------------


def _ask(ask: dict[str, str], setting: Setting, token: str, _now: float) -> Call:
    url = f"{setting.options.get('api', API)}/v2/eats/order/{quote(ask['order_id'], safe='')}"
    return Call(url, headers={"authorization": f"Bearer {token}"}, method="GET")


def _answered(_ask: dict[str, str], status: int, body: bytes) -> list[bytes]:
    if status != OK:
        why = f"Uber answers HTTP {status}"
        raise ValueError(why) if status in LATER else Unreadable(why)
    return [body]


def _tell(notice: Notice, _addresses: dict[str, str], setting: Setting, token: str, _now: float) -> Call:
    taken = notice.on == UpdateKind.ACCEPTED
    path = "accept_pos_order" if taken else "deny_pos_order"
    why = {"explanation": notice.reason or "the store cannot make it", "code": "OTHER"}
    url = f"{setting.options.get('api', API)}/v1/eats/orders/{quote(notice.origin, safe='')}/{path}"
    body = msgspec.json.encode({"reason": "accepted" if taken else why})
    return Call(url, body, {"authorization": f"Bearer {token}", "content-type": "application/json"})


def _log_in(setting: Setting) -> Call:
    about = {
        "client_id": setting.options["client_id"],
        "client_secret": setting.secrets["secret"],
        "grant_type": "client_credentials",
        "scope": "eats.order",
    }
    return Call(f"{setting.options.get('login', LOGIN)}/oauth/v2/token", urlencode(about).encode(), FORM)


def _logged_in(status: int, body: bytes) -> tuple[str, float]:
    try:
        login = read(body, _Login)
    except Unreadable:
        login = _Login()
    if not login.access_token:
        raise ValueError(f"no access token: Uber answers HTTP {status}")
    return login.access_token, login.expires_in


TOKEN = Token(_log_in, _logged_in, lambda status, _body: status == REFUSED)

CHANNEL = Channel(
    name="ubereats",
    verify=MAC.verify,
    parse=_parse,
    answer=answers(b"", "text/plain"),
    options=("client_id",),
    headers=(MAC.header,),
    tells=Way(
        name="ubereats",
        call=_tell,
        judge=judge,
        token=TOKEN,
        tells=frozenset({UpdateKind.ACCEPTED, UpdateKind.REFUSED}),
        already=frozenset({(UpdateKind.ACCEPTED, CONFLICT)}),
        repeatable=True,  # an order that nobody accepted in time is cancelled
        options=("client_id",),
    ),
    pull=Pull(_ask, _answered, TOKEN, secrets=("secret",), options=("client_id",)),
)
