"""A webhook of Shopify becomes the order, the cancellation or the pickup that it says."""

import base64
import hashlib
import hmac
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from cloud_bridge.gateway.channels import Account, shopify
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType
from tests.brokers import Broker
from tests.channels import NOW, anything, is_forged, objects, one_account, parsed, readable, refuses
from tests.cloud import until
from tests.gateways import BareStore

SECRET = "hush"
ACCOUNT = Account(
    "shopify", "shop", options={"due": "Pickup-Date, Pickup-Time", "timezone": "Asia/Shanghai"},
    secrets={"secret": SECRET},
)  # fmt: skip
ORDER = {
    "id": 820982911946154508,
    "name": "#9999",
    "order_number": 9999,
    "created_at": "2026-11-22T09:00:00+08:00",
    "updated_at": "2026-11-22T09:00:01+08:00",
    "cancelled_at": None,
    "financial_status": "paid",
    "fulfillment_status": None,
    "location_id": None,
    "email": "jon@example.com",
    "phone": None,
    "note": "please call first",
    "note_attributes": [
        {"name": "Pickup-Date", "value": "2026/11/24"},
        {"name": "Pickup-Time", "value": "2:30 PM - 3:00 PM"},
        {"name": "_internal", "value": "x"},
    ],
    "customer": {"first_name": "John", "last_name": "Smith", "phone": "+15550001"},
    "shipping_address": None,
    "shipping_lines": [{"title": "West Lake", "code": "West Lake"}],
    "line_items": [
        {
            "id": 1,
            "title": "Strawberry cake",
            "variant_title": "8 inch",
            "sku": "cake-strawberry-8",
            "product_id": 632,
            "quantity": 2,
            "current_quantity": 1,
            "gift_card": False,
            "properties": [{"name": "Text", "value": "Happy Birthday"}, {"name": "_id", "value": "7"}],
        },
        {"title": "Bread", "variant_title": "Default Title", "sku": "", "product_id": 633, "quantity": 3},
        {"title": "Voucher", "quantity": 1, "gift_card": True},
        {"title": "Taken off", "quantity": 1, "current_quantity": 0},
    ],
}  # fmt: skip


def hook(body: bytes, *, secret: str = SECRET, delivery: str = "d-1") -> Webhook:
    """As the document says: base64 of HMAC-SHA256 of the raw body."""
    mac = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return Webhook(
        "shopify", "shop", NOW, body, headers={"x-shopify-hmac-sha256": mac, "x-shopify-webhook-id": delivery}
    )


def told(order: Any) -> Webhook:
    return hook(json.dumps(order).encode())


def test_a_wrong_and_a_missing_signature_are_refused() -> None:
    right = told(ORDER)
    assert not is_forged(shopify.CHANNEL, right, ACCOUNT)
    assert is_forged(shopify.CHANNEL, hook(right.body, secret="another"), ACCOUNT)
    assert is_forged(shopify.CHANNEL, Webhook("shopify", "shop", NOW, right.body), ACCOUNT)
    assert is_forged(
        shopify.CHANNEL, Webhook("shopify", "shop", NOW, right.body + b" ", headers=right.headers), ACCOUNT
    )


def test_an_order_is_read_without_what_was_refunded_and_vouchers() -> None:
    [said] = parsed(shopify.CHANNEL, told(ORDER), ACCOUNT)
    assert (said.origin, said.kind, said.shop) == ("820982911946154508", EventType.PLACED, "West Lake")
    assert said.addresses == {"email": "jon@example.com", "phone": "+15550001"}
    order = readable(said)
    assert (order.display_id, order.type, order.customer, order.phone) == (
        "#9999",
        "TAKEOUT",
        "John Smith",
        "+15550001",
    )
    assert order.due == 1_795_501_800  # 2026-11-24 14:30 in Shanghai
    assert order.scheduled
    assert order.note == "please call first\nPickup-Date: 2026/11/24\nPickup-Time: 2:30 PM - 3:00 PM"
    cake, bread = order.items
    assert (cake.name, cake.code, cake.quantity) == ("Strawberry cake", "cake-strawberry-8", Decimal(1))
    assert [option.name for option in cake.options] == ["8 inch", "Text: Happy Birthday"]
    assert (bread.name, bread.code, bread.quantity, bread.options) == ("Bread", "633", Decimal(3), ())


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"cancelled_at": "2026-11-22T10:00:00+08:00", "cancel_reason": "customer"}, EventType.CANCELLED),
        ({"financial_status": "refunded"}, EventType.CANCELLED),
        ({"line_items": [{"title": "Cake", "quantity": 1, "current_quantity": 0}]}, EventType.CANCELLED),
        ({"fulfillment_status": "fulfilled", "financial_status": "refunded"}, EventType.COLLECTED),
        ({"shipping_address": {"name": "John Smith"}}, EventType.PLACED),
    ],
)
def test_what_has_become_of_an_order_stands_in_it(change: dict[str, Any], kind: EventType) -> None:
    [said] = parsed(shopify.CHANNEL, told(ORDER | change), ACCOUNT)
    assert said.kind is kind
    if kind is EventType.PLACED:
        assert readable(said).type == "DELIVERY"


def test_a_refund_says_nothing_that_the_order_does_not() -> None:
    assert not parsed(shopify.CHANNEL, told({"id": 1, "order_id": ORDER["id"], "refund_line_items": []}), ACCOUNT)


def test_the_same_webhook_once_more_is_the_same_event_and_another_is_another() -> None:
    body = told(ORDER).body
    events = [parsed(shopify.CHANNEL, hook(body, delivery=d), ACCOUNT)[0].event for d in ("a", "a", "b")]
    assert events[0] == events[1] != events[2]


@given(objects(*ORDER), anything)
def test_whatever_a_signed_webhook_holds_is_read_or_unreadable(order: dict[str, Any], other: Any) -> None:
    parsed(shopify.CHANNEL, told(order), ACCOUNT)
    parsed(shopify.CHANNEL, told(other), ACCOUNT)
    for name in ORDER:
        parsed(shopify.CHANNEL, told(ORDER | {name: other}), ACCOUNT)


async def test_an_order_goes_to_the_store_once(
    broker: Broker, store: BareStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with one_account(
        broker, tmp_path, "shopify", {"secret": SECRET}, options={"due": "Pickup-Date, Pickup-Time"}
    ) as gateway:
        path, placed = "/channels/shopify/shop", told(ORDER)
        for _ in range(3):
            assert await gateway.post(path, placed.body, placed.headers) == (200, b"")
        await refuses(gateway, caplog, path, placed.body)
        ended = told(ORDER | {"cancelled_at": "2026-11-22T10:00:00+08:00"})
        assert await gateway.post(path, ended.body, ended.headers) == (200, b"")
        await until(lambda: store.told("order.cancelled"))
    [order, _] = store.orders
    data = order["data"]
    assert data.pop("replyTo")
    assert data == {
        "id": data["id"],
        "displayId": "#9999",
        "type": "TAKEOUT",
        "createdAt": "2026-11-22T01:00:00Z",
        "orderTiming": "SCHEDULED",
        "salesChannel": "shopify",
        "schedule": {"scheduledDateTimeStart": "2026-11-24T14:30:00Z", "scheduledDateTimeEnd": "2026-11-24T14:30:00Z"},
        "takeout": {"takeoutDateTime": "2026-11-24T14:30:00Z"},
        "customer": {"name": "John Smith", "phone": {"number": "+15550001"}},
        "extraInfo": "please call first\nPickup-Date: 2026/11/24\nPickup-Time: 2:30 PM - 3:00 PM",
        "items": [
            {
                "id": "1",
                "name": "Strawberry cake",
                "externalCode": "cake-strawberry-8",
                "quantity": 1,
                "options": [{"name": name, "quantity": 1} for name in ("8 inch", "Text: Happy Birthday")],
            },
            {"id": "2", "name": "Bread", "externalCode": "633", "quantity": 3},
        ],
    }


def test_half_an_emoji_costs_a_character_and_not_the_order() -> None:
    cut = json.dumps(ORDER | {"note": "CUT"}).replace("CUT", "call first\\ud83d")
    [said] = parsed(shopify.CHANNEL, hook(cut.encode()), ACCOUNT)
    assert readable(said).note.startswith("call first�")


def test_what_ends_an_order_names_its_shop_too_as_it_may_come_first() -> None:
    over = ORDER | {"cancelled_at": "2026-11-22T09:10:00+08:00"}
    [ended], [placed] = (shopify.CHANNEL.parse(told(one), ACCOUNT) for one in (over, ORDER))
    assert (ended.kind, ended.shop) == (EventType.CANCELLED, placed.shop) != (EventType.CANCELLED, "")
