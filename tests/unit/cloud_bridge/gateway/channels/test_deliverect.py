"""An order that Deliverect gathered becomes the order or the cancellation that it says."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from cloud_bridge.gateway.channels import Account, deliverect
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType
from tests.brokers import Broker
from tests.channels import NOW, anything, is_forged, objects, one_account, parsed, readable, refuses
from tests.cloud import until
from tests.gateways import BareStore

SECRET = "67cafd639889086e318f1065"
ACCOUNT = Account("deliverect", "shop", secrets={"secret": SECRET})
HEADER = "x-server-authorization-hmac-sha256"
ORDER = {
    "_created": "2026-11-22T01:00:00.123456Z",
    "_updated": "2026-11-22T01:00:01.000000Z",
    "_id": "6655bf36f231f2d853bca910",
    "account": "61",
    "channelOrderId": "TEST-4206",
    "channelOrderDisplayId": "T4206",
    "location": "61b4",
    "channelLink": "61c3",
    "status": 1,
    "orderType": 1,
    "channel": 7,
    "pickupTime": "2026-11-22T03:00:00.000000Z",
    "deliveryIsAsap": False,
    "note": "ring twice",
    "customer": {"name": "John", "phoneNumber": "+1234", "email": ""},
    "items": [
        {
            "plu": "CAKE-01",
            "name": "Strawberry cake",
            "quantity": 1,
            "remark": "no nuts",
            "subItems": [
                {"plu": "S8", "name": "8 inch", "quantity": 1, "subItems": []},
                {"plu": "CA", "name": "Candle", "quantity": 6, "remark": "pink"},
            ],
        }
    ],
}


def hook(body: bytes, secret: str = SECRET) -> Webhook:
    """As the document says: hex of HMAC-SHA256 of the payload as received."""
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return Webhook("deliverect", "shop", NOW, body, headers={HEADER: mac})


def told(order: Any) -> Webhook:
    return hook(json.dumps(order).encode())


def test_a_wrong_and_a_missing_signature_are_refused() -> None:
    right = told(ORDER)
    assert not is_forged(deliverect.CHANNEL, right, ACCOUNT)
    assert is_forged(deliverect.CHANNEL, hook(right.body, "another"), ACCOUNT)
    assert is_forged(deliverect.CHANNEL, Webhook("deliverect", "shop", NOW, right.body), ACCOUNT)
    assert is_forged(
        deliverect.CHANNEL, Webhook("deliverect", "shop", NOW, right.body[:-1], headers=right.headers), ACCOUNT
    )


def test_an_order_is_due_when_somebody_comes_for_it_and_has_what_was_chosen() -> None:
    [said] = parsed(deliverect.CHANNEL, told(ORDER), ACCOUNT)
    assert (said.origin, said.kind, said.shop) == ("6655bf36f231f2d853bca910", EventType.PLACED, "61b4")
    assert said.addresses == {"phone": "+1234"}
    order = readable(said)
    assert (order.display_id, order.type, order.due, order.scheduled) == ("T4206", "TAKEOUT", 1_795_316_400, True)
    [cake] = order.items
    assert (cake.name, cake.code, cake.note) == ("Strawberry cake", "CAKE-01", "no nuts")
    assert [option.name for option in cake.options] == ["8 inch", "Candle x6 (pink)"]


@pytest.mark.parametrize(("number", "kind"), [(1, "TAKEOUT"), (2, "DELIVERY"), (3, "INDOOR"), (4, "TAKEOUT")])
def test_a_type_of_order_is_one_of_ours(number: int, kind: str) -> None:
    assert readable(parsed(deliverect.CHANNEL, told(ORDER | {"orderType": number}), ACCOUNT)[0]).type == kind


@pytest.mark.parametrize(("status", "kind"), [(100, EventType.CANCELLED), (90, EventType.COLLECTED)])
def test_the_order_once_more_says_how_it_ended(status: int, kind: EventType) -> None:
    [said] = parsed(deliverect.CHANNEL, told(ORDER | {"status": status}), ACCOUNT)
    assert (said.origin, said.kind) == (ORDER["_id"], kind)


@given(objects(*ORDER), anything)
def test_whatever_a_signed_webhook_holds_is_read_or_unreadable(order: dict[str, Any], other: Any) -> None:
    parsed(deliverect.CHANNEL, told(order), ACCOUNT)
    parsed(deliverect.CHANNEL, told(other), ACCOUNT)
    for name in ORDER:
        parsed(deliverect.CHANNEL, told(ORDER | {name: other}), ACCOUNT)


async def test_an_order_goes_to_the_store_once(
    broker: Broker, store: BareStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with one_account(broker, tmp_path, "deliverect", {"secret": SECRET}) as gateway:
        path, placed, ended = "/channels/deliverect/shop", told(ORDER), told(ORDER | {"status": 100})
        for _ in range(3):
            assert await gateway.post(path, placed.body, placed.headers) == (200, b"{}")
        await refuses(gateway, caplog, path, placed.body, ended.headers)
        assert await gateway.post(path, ended.body, ended.headers) == (200, b"{}")
        await until(lambda: store.told("order.cancelled"))
    [order, _] = store.orders
    data = order["data"]
    assert data.pop("replyTo")
    assert data == {
        "id": data["id"],
        "displayId": "T4206",
        "type": "TAKEOUT",
        "createdAt": "2026-11-22T01:00:00.123456Z",
        "orderTiming": "SCHEDULED",
        "salesChannel": "deliverect",
        "schedule": {"scheduledDateTimeStart": "2026-11-22T03:00:00Z", "scheduledDateTimeEnd": "2026-11-22T03:00:00Z"},
        "takeout": {"takeoutDateTime": "2026-11-22T03:00:00Z"},
        "customer": {"name": "John", "phone": {"number": "+1234"}},
        "extraInfo": "ring twice",
        "items": [
            {
                "id": "1",
                "name": "Strawberry cake",
                "externalCode": "CAKE-01",
                "quantity": 1,
                "specialInstructions": "no nuts",
                "options": [{"name": name, "quantity": 1} for name in ("8 inch", "Candle x6 (pink)")],
            }
        ],
    }
