"""An event of Square names an order; what Square then says of it becomes the order, the cancellation or the pickup."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given

from cloud_bridge.gateway.channels import Account, Unreadable, Wanted, square
from cloud_bridge.gateway.channels.channel import PULLED
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.ways.way import Setting
from cloud_bridge.messages import EventType
from tests.brokers import Broker
from tests.channels import NOW, anything, is_forged, objects, one_account, parsed, readable, refuses
from tests.cloud import until
from tests.gateways import BareStore, StandIn

SECRET, TOKEN = "asdf1234", "EAAA-token"
URL = "https://example.com/webhook"
HEADER = "x-square-hmacsha256-signature"
ACCOUNT = Account("square", "shop", URL, secrets={"secret": SECRET})
ORDER = {
    "id": "CAISENgvlJ6jLWAzERDzjyHVybY",
    "location_id": "L88917AVBK2S5",
    "reference_id": "my-order-001",
    "state": "OPEN",
    "version": 2,
    "created_at": "2026-11-22T01:00:00.500Z",
    "updated_at": "2026-11-22T01:00:04Z",
    "line_items": [
        {
            "uid": "dZlWUlGW",
            "name": "Strawberry cake",
            "variation_name": "8 inch",
            "quantity": "1",
            "catalog_object_id": "BEMYCSMIJL46OCDV4KYIKXIB",
            "note": "no nuts",
            "modifiers": [{"name": "Candles"}],
        }
    ],
    "fulfillments": [
        {
            "uid": "F1",
            "type": "PICKUP",
            "state": "PROPOSED",
            "pickup_details": {
                "recipient": {"display_name": "Jane Doe", "email_address": "jane@example.com", "phone_number": "+1555"},
                "schedule_type": "SCHEDULED",
                "pickup_at": "2026-11-24T02:00:00Z",
                "note": "call first",
            },
        }
    ],
}


def event(kind: str = "order.created", order: str = ORDER["id"]) -> bytes:
    name = kind.replace(".", "_")
    about = {"order_id": order, "version": 1, "location_id": "L88917AVBK2S5", "state": "OPEN"}
    data = {"type": name, "id": order, "object": {name: about}}
    return json.dumps({"merchant_id": "M", "type": kind, "event_id": "e-1", "data": data}).encode()


def signature(body: bytes, url: str = URL) -> str:
    """As the document says: base64 of HMAC-SHA256 of the notification's address and its body."""
    return base64.b64encode(hmac.new(SECRET.encode(), url.encode() + body, hashlib.sha256).digest()).decode()


def hook(body: bytes) -> Webhook:
    return Webhook("square", "shop", NOW, body, headers={HEADER: signature(body)})


def pulled(answer: Any) -> list[Any]:
    """What an answer of Square's says."""
    body = json.dumps(answer).encode()
    try:
        return list(square.CHANNEL.parse(Webhook("square", "shop", NOW, body, headers={PULLED: "1"}), ACCOUNT))
    except Unreadable:
        return []


def test_the_vendor_s_own_example_is_right_and_for_another_address_it_is_not() -> None:
    given = {HEADER: "2kRE5qRU2tR+tBGlDwMEw2avJ7QM4ikPYD/PJ3bd9Og="}
    example = Webhook("square", "shop", NOW, b'{"hello":"world"}', headers=given)
    assert not is_forged(square.CHANNEL, example, ACCOUNT)
    elsewhere = Account("square", "shop", f"{URL}/", secrets={"secret": SECRET})
    assert is_forged(square.CHANNEL, example, elsewhere)


def test_a_wrong_and_a_missing_signature_are_refused() -> None:
    right = hook(event())
    assert not is_forged(square.CHANNEL, right, ACCOUNT)
    assert is_forged(square.CHANNEL, right, Account("square", "shop", URL, secrets={"secret": "another"}))
    assert is_forged(square.CHANNEL, Webhook("square", "shop", NOW, right.body), ACCOUNT)
    assert is_forged(square.CHANNEL, Webhook("square", "shop", NOW, right.body + b" ", headers=right.headers), ACCOUNT)


@pytest.mark.parametrize("kind", ["order.created", "order.updated", "order.fulfillment.updated"])
def test_an_event_names_an_order_that_is_asked_for_with_the_token(kind: str) -> None:
    [wanted] = parsed(square.CHANNEL, hook(event(kind)), ACCOUNT)
    assert wanted == Wanted({"order_id": ORDER["id"]})
    assert square.CHANNEL.pull is not None
    call = square.CHANNEL.pull.call(wanted.ask, Setting("square/shop", {}, {"access_token": TOKEN}), "", NOW)
    assert (call.method, call.url) == ("GET", f"https://connect.squareup.com/v2/orders/{ORDER['id']}")
    assert call.headers["authorization"] == f"Bearer {TOKEN}"
    assert not parsed(square.CHANNEL, hook(event("payment.updated")), ACCOUNT)


def test_an_order_is_read_with_its_variation_and_who_comes_for_it() -> None:
    [said] = pulled({"order": ORDER})
    assert (said.kind, said.shop) == (EventType.PLACED, "L88917AVBK2S5")
    assert said.addresses == {"email": "jane@example.com", "phone": "+1555"}
    order = readable(said)
    assert (order.display_id, order.type, order.due, order.scheduled) == (
        "my-order-001",
        "TAKEOUT",
        1_795_485_600,
        True,
    )
    [cake] = order.items
    assert (cake.name, cake.code, cake.note) == ("Strawberry cake", "BEMYCSMIJL46OCDV4KYIKXIB", "no nuts")
    assert [option.name for option in cake.options] == ["8 inch", "Candles"]


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ({"state": "CANCELED"}, [EventType.CANCELLED]),
        ({"fulfillments": [{"state": "CANCELED"}]}, [EventType.CANCELLED]),
        ({"fulfillments": [{"state": "COMPLETED"}], "state": "COMPLETED"}, [EventType.COLLECTED]),
        ({"fulfillments": [{"state": "COMPLETED"}, {"state": "PROPOSED"}]}, [EventType.PLACED]),
        ({"state": "DRAFT"}, []),
        ({"fulfillments": []}, []),
    ],
)
def test_the_states_of_an_order_say_what_has_become_of_it(change: dict[str, Any], kinds: list[EventType]) -> None:
    assert [said.kind for said in pulled({"order": ORDER | change})] == kinds


@pytest.mark.parametrize(("status", "error"), [(404, ValueError), (401, ValueError), (400, Unreadable)])
def test_what_cannot_be_asked_for_now_is_asked_for_later(status: int, error: type[Exception]) -> None:
    assert square.CHANNEL.pull is not None
    with pytest.raises(error) as raised:
        square.CHANNEL.pull.read({}, status, b"{}")
    assert type(raised.value) is error


@given(objects(*ORDER), anything)
def test_whatever_is_signed_or_answered_is_read_or_unreadable(order: dict[str, Any], other: Any) -> None:
    for told in (other, {"type": "order.created", "data": other}, {"type": other, "data": {"id": other}}):
        parsed(square.CHANNEL, hook(json.dumps(told).encode()), ACCOUNT)
    for answer in (other, {"order": order}, {"order": other}, *({"order": ORDER | {name: other}} for name in ORDER)):
        pulled(answer)


async def test_an_order_is_asked_for_and_goes_to_the_store_once(
    broker: Broker, store: BareStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    states = ["PROPOSED", "PROPOSED", "COMPLETED"]

    def answer(request: web.Request, _body: bytes) -> web.Response:
        assert (request.path, request.headers["authorization"]) == (f"/v2/orders/{ORDER['id']}", f"Bearer {TOKEN}")
        state = states.pop(0) if states else "COMPLETED"
        return web.json_response({"order": ORDER | {"fulfillments": [ORDER["fulfillments"][0] | {"state": state}]}})

    secrets = {"secret": SECRET, "access_token": TOKEN}
    async with (
        StandIn(answer) as api,
        one_account(broker, tmp_path, "square", secrets, options={"api": api.url}) as gateway,
    ):
        path = "/channels/square/shop"
        for kind in ("order.created", "order.updated", "order.fulfillment.updated"):
            body, asked = event(kind), len(api.requests)
            headers = {HEADER: signature(body, f"http://127.0.0.1:0{path}")}
            assert await gateway.post(path, body, headers) == (200, b"")
            await until(lambda asked=asked: len(api.requests) > asked)
        await refuses(gateway, caplog, path, body)
        await until(lambda: store.told("order.collected"))
    [placed, _] = store.orders
    data = placed["data"]
    assert data.pop("replyTo")
    assert data == {
        "id": data["id"],
        "displayId": "my-order-001",
        "type": "TAKEOUT",
        "createdAt": "2026-11-22T01:00:00.500000Z",
        "orderTiming": "SCHEDULED",
        "salesChannel": "square",
        "schedule": {"scheduledDateTimeStart": "2026-11-24T02:00:00Z", "scheduledDateTimeEnd": "2026-11-24T02:00:00Z"},
        "takeout": {"takeoutDateTime": "2026-11-24T02:00:00Z"},
        "customer": {"name": "Jane Doe", "phone": {"number": "+1555"}},
        "extraInfo": "call first",
        "items": [
            {
                "id": "1",
                "name": "Strawberry cake",
                "externalCode": "BEMYCSMIJL46OCDV4KYIKXIB",
                "quantity": 1,
                "specialInstructions": "no nuts",
                "options": [{"name": name, "quantity": 1} for name in ("8 inch", "Candles")],
            }
        ],
    }
