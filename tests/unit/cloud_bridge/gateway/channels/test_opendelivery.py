"""Any producer of Open Delivery 1.x: its events in, the store's progress back."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from aiohttp import web
from hypothesis import given

from cloud_bridge.gateway.channels import Account, Unreadable, Wanted, opendelivery
from cloud_bridge.gateway.channels.channel import PULLED
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.ways import Setting, Unsendable
from cloud_bridge.messages import EventType
from tests.brokers import Broker
from tests.channels import NOW, anything, is_forged, notice, objects, one_account, parsed, readable, refuses
from tests.cloud import until
from tests.gateways import BareStore, StandIn

SECRET = "a client secret"
ACCOUNT = Account("opendelivery", "shop", secrets={"secret": SECRET})
ID = "4a1f5d1c-9f2b-4f0e-8a52-5b9b1c1a7e01"
ORDER = {
    "id": ID,
    "type": "TAKEOUT",
    "displayId": "1234",
    "sourceAppId": "app",
    "createdAt": "2026-09-21T14:00:00Z",
    "orderTiming": "SCHEDULED",
    "schedule": {"scheduledDateTimeStart": "2026-09-22T09:00:00Z", "scheduledDateTimeEnd": "2026-09-22T09:30:00Z"},
    "merchant": {"id": "merchant-7", "name": "Padaria"},
    "items": [
        {
            "id": "i1",
            "index": 0,
            "name": "Bolo de morango",
            "externalCode": "cake-strawberry",
            "unit": "UN",
            "quantity": 1,
            "unitPrice": {"value": 50, "currency": "BRL"},
            "specialInstructions": "Feliz aniversário",
            "options": [{"index": 0, "id": "o1", "name": "8 pol.", "externalCode": "8", "quantity": 1, "unit": "UN"}],
        }
    ],
    "total": {"itemsPrice": {"value": 50, "currency": "BRL"}},
    "payments": {"prepaid": 50, "pending": 0, "methods": []},
    "customer": {"id": "c", "name": "Ana", "phone": {"number": "11999990000"}, "documentNumber": "123"},
    "takeout": {"mode": "DEFAULT", "takeoutDateTime": "2026-09-22T09:00:00Z"},
    "extraInfo": "sem glúten",
}


def event(kind: str, **rest: Any) -> bytes:
    about = {
        "eventId": f"event-{kind}",
        "eventType": kind,
        "orderId": ID,
        "orderURL": "http://127.0.0.1:1/steal",
        "createdAt": "2026-09-21T14:00:01Z",
        "sourceAppId": "app",
    }
    return json.dumps(about | rest).encode()


def signed(body: bytes, *, plain: bool = True, secret: str = SECRET) -> dict[str, str]:
    """The headers as the standard says them, computed here and not by the product."""
    mac = hmac.new(secret.encode(), body, hashlib.sha256)
    sign = mac.hexdigest() if plain else base64.b64encode(mac.digest()).decode()
    return {"x-app-signature": sign, "x-app-merchantid": "merchant-7"}


def push(body: bytes, **how: Any) -> Webhook:
    return Webhook("opendelivery", "shop", NOW, body, headers=signed(body, **how))


def test_the_signature_is_right_in_both_writings_and_refused_otherwise() -> None:
    body = event("CREATED")
    assert not is_forged(opendelivery.CHANNEL, push(body), ACCOUNT)
    assert not is_forged(opendelivery.CHANNEL, push(body, plain=False), ACCOUNT)
    assert is_forged(opendelivery.CHANNEL, push(body, secret="another"), ACCOUNT)
    assert is_forged(opendelivery.CHANNEL, Webhook("opendelivery", "shop", NOW, body), ACCOUNT)
    assert is_forged(
        opendelivery.CHANNEL, Webhook("opendelivery", "shop", NOW, body + b" ", headers=signed(body)), ACCOUNT
    )


def test_a_new_order_is_asked_for_and_the_other_events_are_what_they_say() -> None:
    assert parsed(opendelivery.CHANNEL, push(event("CREATED")), ACCOUNT) == [Wanted({"orderId": ID})]
    for kind in ("DISPATCHED", "PICKED_UP", "DELIVERED", "CONCLUDED"):
        [said] = parsed(opendelivery.CHANNEL, push(event(kind)), ACCOUNT)
        assert (said.kind, said.event, said.shop) == (EventType.COLLECTED, f"event-{kind}", "merchant-7")
    assert parsed(opendelivery.CHANNEL, push(event("CANCELLED", reason="x")), ACCOUNT)[0].kind is EventType.CANCELLED
    for kind in ("CONFIRMED", "PREPARING", "READY_FOR_PICKUP", "ORDER_CANCELLATION_REQUEST", "CANCELLED_DENIED"):
        assert not parsed(opendelivery.CHANNEL, push(event(kind)), ACCOUNT)
    with pytest.raises(Unreadable, match="expected orderId and eventType"):
        opendelivery.CHANNEL.parse(push(b"{}"), ACCOUNT)


def test_an_order_that_is_sent_whole_is_read_without_what_was_paid() -> None:
    [said] = parsed(opendelivery.CHANNEL, push(json.dumps(ORDER).encode()), ACCOUNT)
    order = readable(said)
    assert (said.origin, said.shop, order.display_id, order.due) == (ID, "merchant-7", "1234", 1_790_067_600)
    assert (order.items[0].code, order.items[0].options[0].name) == ("cake-strawberry", "8 pol.")
    assert not {"payments", "total"} & said.order.keys()
    assert "123" not in json.dumps(said.order["customer"])


@given(objects("orderId", "eventType", "items", "id"), objects("items", "customer", "merchant", "delivery"), anything)
def test_whatever_a_signed_body_holds_is_read_or_unreadable(
    about: dict[str, Any], wire: dict[str, Any], other: Any
) -> None:
    parsed(opendelivery.CHANNEL, push(json.dumps(about).encode()), ACCOUNT)
    parsed(opendelivery.CHANNEL, push(json.dumps(ORDER | wire).encode()), ACCOUNT)
    parsed(opendelivery.CHANNEL, push(json.dumps(ORDER | {"items": [other]}).encode()), ACCOUNT)
    parsed(opendelivery.CHANNEL, push(json.dumps(other).encode()), ACCOUNT)


def test_what_the_standard_has_no_word_for_is_not_told() -> None:
    assert opendelivery.CHANNEL.tells is not None
    told = notice("opendelivery/shop", "store.paused")
    with pytest.raises(Unsendable):
        opendelivery.CHANNEL.tells.call(told, {}, Setting("x", {"api": "http://a"}), "t", NOW)
    assert opendelivery.CHANNEL.pull is not None
    pulled = Webhook("opendelivery", "shop", NOW, json.dumps(ORDER).encode(), headers={PULLED: "1"})
    assert opendelivery.CHANNEL.parse(pulled, ACCOUNT)[0].event.startswith("order ")
    for status, error in ((404, Unreadable), (403, ValueError)):
        with pytest.raises(error):
            opendelivery.CHANNEL.pull.read({}, status, b"")


async def test_an_order_goes_to_the_store_and_its_progress_back(
    broker: Broker, store: BareStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tokens: list[str] = []

    def api(request: web.Request, body: bytes) -> web.Response:
        if request.path == "/oauth/token":
            assert dict(parse_qsl(body.decode())) == {
                "grant_type": "client_credentials",
                "client_id": "shop 7",
                "client_secret": SECRET,
            }
            tokens.append(f"token-{len(tokens)}")
            return web.json_response({"access_token": tokens[-1], "token_type": "bearer", "expires_in": 3600})
        if request.headers["authorization"] != f"Bearer {tokens[-1]}":
            return web.Response(status=401)
        if request.method == "GET":
            assert request.path == f"/v1/orders/{ID}"
            return web.json_response(ORDER)
        return web.Response(status=202)

    async with StandIn(api) as application:
        options = {"api": application.url, "client_id": "shop 7"}
        async with one_account(broker, tmp_path, "opendelivery", {"secret": SECRET}, options=options) as gateway:
            store.presence("online")
            body = event("CREATED")
            for _ in range(2):
                assert await gateway.post("/channels/opendelivery/shop", body, signed(body)) == (200, b"")
            await refuses(gateway, caplog, "/channels/opendelivery/shop", body, {"x-app-signature": "0"})
            await until(lambda: store.orders)
            [placed] = store.orders
            about = {"order": placed["subject"], "displayId": "1234"}
            store.tell("order.accepted", **about, event=placed["id"])
            store.tell("order.ready", **about)

            def told() -> dict[str, Any]:
                posts = application.requests
                return {
                    path: json.loads(body or b"{}")
                    for path, _, body in posts
                    if path.startswith("/v1/orders/") and path.count("/") > 3
                }

            await until(lambda: len(told()) == 2)
    assert list(told()) == [f"/v1/orders/{ID}/confirm", f"/v1/orders/{ID}/readyForPickup"]
    assert told()[f"/v1/orders/{ID}/confirm"]["orderExternalCode"] == placed["subject"]
    data = placed["data"]
    assert data == {
        "id": data["id"],
        "displayId": "1234",
        "type": "TAKEOUT",
        "createdAt": "2026-09-21T14:00:00Z",
        "orderTiming": "SCHEDULED",
        "schedule": ORDER["schedule"],
        "takeout": ORDER["takeout"],
        "merchant": ORDER["merchant"],
        "salesChannel": "opendelivery",
        "customer": {"name": "Ana", "phone": {"number": "11999990000"}},
        "extraInfo": "sem glúten",
        "items": [
            {
                "id": "i1",
                "name": "Bolo de morango",
                "externalCode": "cake-strawberry",
                "unit": "UN",
                "quantity": 1,
                "specialInstructions": "Feliz aniversário",
                "options": [{"id": "o1", "name": "8 pol.", "externalCode": "8", "quantity": 1}],
            }
        ],
    }


def test_a_refused_order_asks_for_its_cancellation() -> None:
    assert opendelivery.CHANNEL.tells is not None
    setting = Setting("opendelivery/shop", {"api": "https://app.example/api/"})
    told = notice("opendelivery/shop", "order.refused", origin="a/b", reason="断电")
    call = opendelivery.CHANNEL.tells.call(told, {}, setting, "t", NOW)
    assert call.url == "https://app.example/api/v1/orders/a%2Fb/requestCancellation"
    assert msgspec.json.decode(call.body)["reason"] == "断电"
