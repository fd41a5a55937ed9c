"""A notification of Uber Eats names an order; what Uber then says of it becomes the order, and Uber hears of it."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from hypothesis import given

from cloud_bridge.gateway.channels import Account, Unreadable, Wanted, ubereats
from cloud_bridge.gateway.channels.channel import PULLED
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType
from tests.brokers import Broker
from tests.channels import NOW, anything, is_forged, objects, one_account, parsed, readable, refuses
from tests.cloud import until
from tests.gateways import BareStore, StandIn

SECRET = "client-secret"
HEADER = "x-uber-signature"
ACCOUNT = Account("ubereats", "shop", options={"client_id": "c"}, secrets={"secret": SECRET})
ORDER = {
    "id": "f9f363d1-e1c2-4595-b477-c649845bc953",
    "display_id": "BC953",
    "current_state": "CREATED",
    "type": "PICK_UP",
    "placed_at": "2026-11-22T01:00:00Z",
    "estimated_ready_for_pickup_at": "2026-11-22T01:30:00Z",
    "store": {"id": "c7f1dc2f", "name": "Bakery"},
    "eater": {"first_name": "Joe", "last_name": "Smith", "phone": "+1 555"},
    "cart": {
        "special_instructions": "ring twice",
        "items": [
            {
                "id": "Muffin",
                "title": "Fresh muffin",
                "external_data": "muffin-blueberry",
                "quantity": 2,
                "special_instructions": "warm",
                "selected_modifier_groups": [
                    {"title": "Toppings", "selected_items": [{"title": "Cream", "quantity": 2}, {"title": "Nuts"}]}
                ],
            }
        ],
    },
}


def event(kind: str = "orders.notification") -> bytes:
    meta = {"resource_id": ORDER["id"], "status": "pos", "user_id": "c7f1dc2f"}
    href = "https://evil.example/v2/eats/order/1"  # never asked
    told = {"event_type": kind, "event_id": "e-1", "event_time": 1_795_309_200, "meta": meta, "resource_href": href}
    return json.dumps(told).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    """As the document says: lower hex of HMAC-SHA256 of the body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def hook(body: bytes, secret: str = SECRET) -> Webhook:
    return Webhook("ubereats", "shop", NOW, body, headers={HEADER: signature(body, secret)})


def pulled(answer: Any) -> list[Any]:
    """What an answer of Uber's says."""
    body = json.dumps(answer).encode()
    try:
        return list(ubereats.CHANNEL.parse(Webhook("ubereats", "shop", NOW, body, headers={PULLED: "1"}), ACCOUNT))
    except Unreadable:
        return []


def test_a_wrong_and_a_missing_signature_are_refused() -> None:
    right = hook(event())
    assert not is_forged(ubereats.CHANNEL, right, ACCOUNT)
    assert is_forged(ubereats.CHANNEL, hook(right.body, "another"), ACCOUNT)
    assert is_forged(ubereats.CHANNEL, Webhook("ubereats", "shop", NOW, right.body), ACCOUNT)
    longer = Webhook("ubereats", "shop", NOW, right.body + b" ", headers=right.headers)
    assert is_forged(ubereats.CHANNEL, longer, ACCOUNT)


@pytest.mark.parametrize("kind", ["orders.notification", "orders.scheduled.notification", "orders.customer_order_edit"])
def test_a_notification_names_an_order_that_is_asked_for(kind: str) -> None:
    assert parsed(ubereats.CHANNEL, hook(event(kind)), ACCOUNT) == [Wanted({"order_id": ORDER["id"]})]


def test_a_cancellation_says_it_all_and_other_events_tell_nothing() -> None:
    [said] = parsed(ubereats.CHANNEL, hook(event("orders.cancel")), ACCOUNT)
    assert (said.origin, said.kind, said.shop) == (ORDER["id"], EventType.CANCELLED, "c7f1dc2f")
    assert not parsed(ubereats.CHANNEL, hook(event("orders.release")), ACCOUNT)


def test_an_order_is_due_when_uber_expects_it_and_has_what_was_chosen() -> None:
    [said] = pulled(ORDER)
    order = readable(said)
    assert (said.shop, order.display_id, order.type, order.due) == ("c7f1dc2f", "BC953", "TAKEOUT", 1_795_311_000)
    [muffin] = order.items
    assert (muffin.name, muffin.code, muffin.note) == ("Fresh muffin", "muffin-blueberry", "warm")
    assert [option.name for option in muffin.options] == ["Cream x2", "Nuts"]
    assert readable(pulled(ORDER | {"type": "DELIVERY_BY_UBER"})[0]).type == "DELIVERY"


@pytest.mark.parametrize(
    ("state", "kind"),
    [("CANCELED", EventType.CANCELLED), ("DENIED", EventType.CANCELLED), ("FINISHED", EventType.COLLECTED)],
)
def test_the_state_of_an_order_says_how_it_ended(state: str, kind: EventType) -> None:
    assert [said.kind for said in pulled(ORDER | {"current_state": state})] == [kind]


def test_an_order_that_was_changed_is_another_event_and_the_same_one_is_not() -> None:
    first, same, other = pulled(ORDER)[0], pulled(ORDER)[0], pulled(ORDER | {"display_id": "X"})[0]
    assert first.event == same.event != other.event


@given(objects(*ORDER), anything)
def test_whatever_is_signed_or_answered_is_read_or_unreadable(order: dict[str, Any], other: Any) -> None:
    for told in (other, {"event_type": "orders.cancel", "meta": other, "event_time": other}):
        parsed(ubereats.CHANNEL, hook(json.dumps(told).encode()), ACCOUNT)
    for answer in (other, order, *(ORDER | {name: other} for name in ORDER)):
        pulled(answer)


async def test_an_order_is_asked_for_goes_to_the_store_and_uber_hears_that_it_is_accepted(
    broker: Broker, store: BareStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(request: web.Request, body: bytes) -> web.Response:
        if request.path == "/oauth/v2/token":
            asked = {name: value for name, [value] in parse_qs(body.decode()).items()}
            assert asked == {
                "client_id": "c",
                "client_secret": SECRET,
                "grant_type": "client_credentials",
                "scope": "eats.order",
            }
            return web.json_response({"access_token": "t-1", "expires_in": 2_592_000, "token_type": "Bearer"})
        assert request.headers["authorization"] == "Bearer t-1"
        if request.method == "POST" and sum("accept_pos_order" in path for path, _, _ in api.requests) == 1:
            assert request.transport is not None
            request.transport.abort()  # nobody knows whether it arrived
        return web.json_response(ORDER) if request.method == "GET" else web.Response(status=204)

    async with StandIn(answer) as api:
        options = {"client_id": "c", "api": api.url, "login": api.url}
        async with one_account(broker, tmp_path, "ubereats", {"secret": SECRET}, options=options) as gateway:
            path, body = "/channels/ubereats/shop", event()
            for _ in range(3):
                assert await gateway.post(path, body, {HEADER: signature(body)}) == (200, b"")
            await refuses(gateway, caplog, path, body, {HEADER: "0"})
            await until(lambda: store.orders)
            [placed] = store.orders
            store.tell("order.accepted", placed["subject"], displayId="BC953", event=placed["id"])
            await until(lambda: sum(path.endswith("accept_pos_order") for path, _, _ in api.requests) == 2)
        told = next(one for one in api.requests if "accept_pos_order" in one[0])
    assert (told[0], json.loads(told[2])) == (
        f"/v1/eats/orders/{ORDER['id']}/accept_pos_order",
        {"reason": "accepted"},
    )
    data = placed["data"]
    assert data == {
        "id": data["id"],
        "displayId": "BC953",
        "type": "TAKEOUT",
        "createdAt": "2026-11-22T01:00:00Z",
        "orderTiming": "INSTANT",
        "salesChannel": "ubereats",
        "takeout": {"takeoutDateTime": "2026-11-22T01:30:00Z"},
        "customer": {"name": "Joe Smith", "phone": {"number": "+1 555"}},
        "extraInfo": "ring twice",
        "items": [
            {
                "id": "1",
                "name": "Fresh muffin",
                "externalCode": "muffin-blueberry",
                "quantity": 2,
                "specialInstructions": "warm",
                "options": [{"name": name, "quantity": 1} for name in ("Cream x2", "Nuts")],
            }
        ],
    }
