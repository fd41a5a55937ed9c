"""A message of Ele.me becomes the order, the cancellation or the pickup that it says."""

import hashlib
import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from cloud_bridge.gateway.channels import Account, Unreadable, eleme
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType
from tests.brokers import Broker
from tests.channels import NOW, anything, is_forged, objects, one_account, parsed, readable, refuses
from tests.cloud import until
from tests.gateways import BareStore

SECRET = "b7a1c9f0e5d24c3aa1b2"
ACCOUNT = Account("eleme", "shop", secrets={"secret": SECRET})
ORDER = {
    "id": "1200897812792015983",
    "orderId": "1200897812792015983",
    "address": "上海市普陀区金沙江路丹巴路119号-NAPOS",
    "createdAt": "2026-09-21T22:13:20",
    "activeAt": "2026-09-21T22:13:20",
    "deliverFee": 0.0,
    "deliverTime": None,
    "description": "爱吃辣多点辣",
    "groups": [
        {
            "name": "1号篮子",
            "type": "normal",
            "items": [
                {
                    "id": 260,
                    "skuId": 8001,
                    "name": "奶油蛋糕-8寸[少糖+草莓]",
                    "extendCode": "cake-cream-8",
                    "price": 198.0,
                    "quantity": 1,
                    "newSpecs": [{"name": "尺寸", "value": "8寸"}],
                    "attributes": [{"name": "甜度", "value": "少糖"}, {"name": "水果", "value": "草莓"}],
                }
            ],
        },
        {"name": "2号篮子", "type": "normal", "items": [{"id": 261, "skuId": -1, "name": "蛋挞", "quantity": 2}]},
        {"name": "其它费用", "type": "extra", "items": [{"id": -70000, "name": "餐盒", "quantity": 1}]},
    ],
    "book": False,
    "phoneList": ["13456789012"],
    "shopId": 720032,
    "daySn": 7,
    "status": "unprocessed",
    "consignee": "饿了么 先生",
}


def signature(fields: dict[str, Any]) -> str:
    """As the document says: `name=value` sorted, with nothing between; the secret; MD5, upper case."""
    pairs = "".join(f"{name}={value}" for name, value in sorted(fields.items()))
    return hashlib.md5(f"{pairs}{SECRET}".encode()).hexdigest().upper()


def body(number: int, message: Any, **about: Any) -> bytes:
    fields = {
        "requestId": "100000021764401594",
        "type": number,
        "appId": 22954133,
        "message": message if isinstance(message, str) else json.dumps(message, ensure_ascii=False),
        "shopId": 720032,
        "timestamp": int(NOW * 1000),
        "userId": 98587250597500702,
    } | about
    return json.dumps(fields | {"signature": signature(fields)}, ensure_ascii=False).encode()


def push(number: int, message: Any, **about: Any) -> Webhook:
    return Webhook("eleme", "shop", NOW, body(number, message, **about))


def test_a_wrong_a_missing_and_an_old_signature_are_refused() -> None:
    right = push(10, ORDER)
    assert not is_forged(eleme.CHANNEL, right, ACCOUNT)
    assert is_forged(eleme.CHANNEL, right, Account("eleme", "shop", secrets={"secret": "another"}))
    assert is_forged(eleme.CHANNEL, Webhook("eleme", "shop", NOW, right.body.replace(b"2026", b"2027")), ACCOUNT)
    assert is_forged(eleme.CHANNEL, Webhook("eleme", "shop", NOW, b'{"type":10}'), ACCOUNT)
    assert is_forged(eleme.CHANNEL, Webhook("eleme", "shop", NOW, b"no JSON"), ACCOUNT)
    assert is_forged(eleme.CHANNEL, right, ACCOUNT, NOW + 25 * 3600)


@pytest.mark.parametrize("number", [10, 217])
def test_an_order_is_read_without_its_fees_and_with_what_was_chosen(number: int) -> None:
    [said] = parsed(eleme.CHANNEL, push(number, ORDER), ACCOUNT)
    assert (said.origin, said.kind, said.shop) == ("1200897812792015983", EventType.PLACED, "720032")
    order = readable(said)
    assert (order.display_id, order.type, order.due, order.created) == ("7", "DELIVERY", None, NOW)
    assert (order.customer, order.phone, order.note) == ("饿了么 先生", "13456789012", "爱吃辣多点辣")
    cake, tart = order.items
    assert (cake.name, cake.code, [one.name for one in cake.options]) == (
        "奶油蛋糕",
        "cake-cream-8",
        ["8寸", "少糖", "草莓"],
    )
    assert (tart.name, tart.code, tart.quantity) == ("蛋挞", "", Decimal(2))


def test_a_preorder_is_due_when_the_customer_comes() -> None:
    ours = ORDER | {"book": True, "businessType": 1, "pickUpTime": "2026-09-22T10:00:00"}
    order = readable(parsed(eleme.CHANNEL, push(217, ours), ACCOUNT)[0])
    assert (order.type, order.due, order.scheduled) == ("TAKEOUT", 1_790_042_400, True)


@pytest.mark.parametrize("number", [14, 15, 17, 23, 25, 33, 35])
def test_what_ends_an_order_cancels_it(number: int) -> None:
    message = {"orderId": "1", "state": "invalid", "reason": "顾客申请", "shopId": 720032}
    [said] = parsed(eleme.CHANNEL, push(number, message), ACCOUNT)
    assert (said.kind, said.reason, said.event) == (EventType.CANCELLED, "顾客申请", f"type {number}")
    assert not parsed(eleme.CHANNEL, push(number, message | {"refundType": "part"}), ACCOUNT)


@pytest.mark.parametrize("number", [18, 55, 56])
def test_what_left_the_shop_is_collected(number: int) -> None:
    [said] = parsed(eleme.CHANNEL, push(number, {"orderId": "1", "state": "delivering"}), ACCOUNT)
    assert said.kind is EventType.COLLECTED


@pytest.mark.parametrize("number", [12, 20, 21, 22, 24, 26, 30, 36, 45, 51, 53, 54, 60, 91, 100])
def test_what_changes_nothing_for_the_bakers_tells_nothing(number: int) -> None:
    assert not parsed(eleme.CHANNEL, push(number, {"orderId": "1"}), ACCOUNT)


@given(objects("id", "groups", "createdAt", "daySn", "phoneList"), anything)
def test_whatever_a_signed_message_holds_is_read_or_unreadable(message: dict[str, Any], other: Any) -> None:
    parsed(eleme.CHANNEL, push(10, message), ACCOUNT)
    parsed(eleme.CHANNEL, push(14, json.dumps(other)), ACCOUNT)
    parsed(eleme.CHANNEL, push(10, ORDER | {"groups": [{"items": [{"name": "x", "quantity": other}]}]}), ACCOUNT)


def test_an_order_without_a_number_is_said_with_its_place() -> None:
    with pytest.raises(Unreadable, match="message: expected id"):
        eleme.CHANNEL.parse(push(10, {"groups": []}), ACCOUNT)


async def test_a_message_goes_to_the_store_once(
    broker: Broker, store: BareStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with one_account(broker, tmp_path, "eleme", {"secret": SECRET}) as gateway:
        path, now = "/channels/eleme/shop", int(time.time() * 1000)
        for _ in range(3):
            assert await gateway.post(path, body(217, ORDER, timestamp=now)) == (200, b'{"message":"ok"}')
        await refuses(gateway, caplog, path, b'{"type":10,"signature":"0"}')
        async with gateway.session.get(gateway.url + path) as ping:
            assert (ping.status, await ping.read()) == (200, b'{"message":"ok"}')
        await gateway.post(path, body(14, {"orderId": ORDER["id"]}, timestamp=now))
        await until(lambda: store.told("order.cancelled"))
    [placed, _] = store.orders
    data = placed["data"]
    assert data == {
        "id": data["id"],
        "displayId": "7",
        "type": "DELIVERY",
        "createdAt": "2026-09-21T14:13:20Z",
        "orderTiming": "INSTANT",
        "salesChannel": "eleme",
        "customer": {"name": "饿了么 先生", "phone": {"number": "13456789012"}},
        "extraInfo": "爱吃辣多点辣",
        "items": [
            {
                "id": "1",
                "name": "奶油蛋糕",
                "externalCode": "cake-cream-8",
                "quantity": 1,
                "options": [{"name": name, "quantity": 1} for name in ("8寸", "少糖", "草莓")],
            },
            {"id": "2", "name": "蛋挞", "quantity": 2},
        ],
    }
