"""A webhook of WooCommerce becomes the order, the cancellation or the pickup that it says."""

import base64
import hashlib
import hmac
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from cloud_bridge.gateway.channels import Account, woocommerce
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType
from tests.brokers import Broker
from tests.channels import NOW, anything, is_forged, objects, one_account, parsed, readable, refuses
from tests.cloud import until
from tests.gateways import BareStore

SECRET = "my-super-secret-private-key"
ACCOUNT = Account("woocommerce", "shop", options={"due": "Pickup"}, secrets={"secret": SECRET})
ORDER = {
    "id": 727,
    "number": "727",
    "status": "processing",
    "date_created_gmt": "2026-11-22T01:00:00",
    "date_modified_gmt": "2026-11-22T01:00:05",
    "customer_note": "no nuts",
    "billing": {"first_name": "John", "last_name": "Doe", "email": "john.doe@example.com", "phone": "(555) 555-5555"},
    "shipping": {"first_name": "John", "last_name": "Doe"},
    "line_items": [
        {
            "id": 315,
            "name": "Strawberry cake - 8 inch",
            "parent_name": "Strawberry cake",
            "product_id": 93,
            "variation_id": 94,
            "quantity": 1,
            "sku": "cake-strawberry-8",
            "meta_data": [
                {"id": 1, "key": "pa_size", "value": "8", "display_key": "Size", "display_value": "8 inch"},
                {"id": 2, "key": "_reduced_stock", "value": "1", "display_key": "_reduced_stock", "display_value": "1"},
            ],
        },
        {"id": 316, "name": "Bread", "parent_name": None, "product_id": 22, "quantity": 2, "sku": ""},
    ],
    "shipping_lines": [{"id": 317, "method_title": "Pickup", "method_id": "local_pickup", "meta_data": []}],
    "meta_data": [
        {"id": 9, "key": "Pickup", "value": "2026-11-24 10:00"},
        {"id": 10, "key": "is_vat_exempt", "value": {"deep": []}},
    ],
}


def hook(body: bytes, *, secret: str = SECRET, topic: str = "order.updated", delivery: str = "d-1") -> Webhook:
    """As the document says: base64 of HMAC-SHA256 of the payload."""
    mac = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    about = {"x-wc-webhook-topic": topic, "x-wc-webhook-delivery-id": delivery}
    return Webhook("woocommerce", "shop", NOW, body, headers={"x-wc-webhook-signature": mac} | about)


def told(order: Any, **about: str) -> Webhook:
    return hook(json.dumps(order).encode(), **about)


def test_a_wrong_and_a_missing_signature_are_refused() -> None:
    right = told(ORDER)
    assert not is_forged(woocommerce.CHANNEL, right, ACCOUNT)
    assert is_forged(woocommerce.CHANNEL, hook(right.body, secret="another"), ACCOUNT)
    assert is_forged(woocommerce.CHANNEL, Webhook("woocommerce", "shop", NOW, right.body), ACCOUNT)
    changed = right.body.replace(b"processing", b"cancelled!")
    assert is_forged(woocommerce.CHANNEL, Webhook("woocommerce", "shop", NOW, changed, headers=right.headers), ACCOUNT)


def test_a_paid_order_is_read_with_what_was_chosen() -> None:
    [said] = parsed(woocommerce.CHANNEL, told(ORDER), ACCOUNT)
    assert (said.origin, said.kind, said.shop) == ("727", EventType.PLACED, "Pickup")
    assert said.addresses == {"email": "john.doe@example.com", "phone": "(555) 555-5555"}
    order = readable(said)
    assert (order.display_id, order.type, order.customer) == ("727", "TAKEOUT", "John Doe")
    assert (order.created, order.due, order.scheduled) == (1_795_309_200, 1_795_514_400, True)
    assert order.note == "no nuts\nPickup: 2026-11-24 10:00"
    cake, bread = order.items
    assert (cake.name, cake.code) == ("Strawberry cake", "cake-strawberry-8")
    assert [option.name for option in cake.options] == ["Size: 8 inch"]
    assert (bread.name, bread.code, bread.quantity) == ("Bread", "22", Decimal(2))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("cancelled", EventType.CANCELLED),
        ("refunded", EventType.CANCELLED),
        ("trash", EventType.CANCELLED),
        ("completed", EventType.COLLECTED),
        ("in-oven", EventType.PLACED),
        ("pending", None),
        ("on-hold", None),
        ("failed", None),
    ],
)
def test_a_status_says_what_becomes_of_an_order(status: str, kind: EventType | None) -> None:
    said = parsed(woocommerce.CHANNEL, told(ORDER | {"status": status}), ACCOUNT)
    assert [one.kind for one in said] == ([] if kind is None else [kind])


def test_what_is_deleted_is_cancelled_and_a_product_is_no_order() -> None:
    [said] = parsed(woocommerce.CHANNEL, told({"id": 727}, topic="order.deleted"), ACCOUNT)
    assert (said.origin, said.kind) == ("727", EventType.CANCELLED)
    assert not parsed(woocommerce.CHANNEL, told({"id": 93}, topic="product.deleted"), ACCOUNT)


def test_another_place_of_the_shop_is_told_by_the_pickup_location() -> None:
    place = {"method_id": "pickup_location", "meta_data": [{"key": "pickup_location", "value": "West Lake"}]}
    assert parsed(woocommerce.CHANNEL, told(ORDER | {"shipping_lines": [place]}), ACCOUNT)[0].shop == "West Lake"
    assert readable(parsed(woocommerce.CHANNEL, told(ORDER | {"shipping_lines": []}), ACCOUNT)[0]).type == "DELIVERY"


@given(objects(*ORDER), anything)
def test_whatever_a_signed_webhook_holds_is_read_or_unreadable(order: dict[str, Any], other: Any) -> None:
    parsed(woocommerce.CHANNEL, told(order), ACCOUNT)
    parsed(woocommerce.CHANNEL, told(other), ACCOUNT)
    for name in ORDER:
        parsed(woocommerce.CHANNEL, told(ORDER | {name: other}), ACCOUNT)


async def test_an_order_goes_to_the_store_once_and_a_trial_is_answered_and_not_kept(
    broker: Broker, store: BareStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with one_account(broker, tmp_path, "woocommerce", {"secret": SECRET}) as gateway:
        path, placed = "/channels/woocommerce/shop", told(ORDER)
        form = {"content-type": "application/x-www-form-urlencoded"}
        before = gateway.gateway.hub.board.counters.seq
        assert await gateway.post(path, b"webhook_id=535", form) == (200, b"")
        assert gateway.gateway.hub.board.counters.seq == before
        await refuses(gateway, caplog, path, b"webhook_id=535&order=1", form)
        for _ in range(3):
            assert await gateway.post(path, placed.body, placed.headers) == (200, b"")
        ended = told(ORDER | {"status": "completed"}, delivery="d-2")
        assert await gateway.post(path, ended.body, ended.headers) == (200, b"")
        await until(lambda: store.told("order.collected"))
    [order, _] = store.orders
    data = order["data"]
    assert data.pop("replyTo")
    assert data == {
        "id": data["id"],
        "displayId": "727",
        "type": "TAKEOUT",
        "createdAt": "2026-11-22T01:00:00Z",
        "orderTiming": "INSTANT",
        "salesChannel": "woocommerce",
        "customer": {"name": "John Doe", "phone": {"number": "(555) 555-5555"}},
        "extraInfo": "no nuts\nPickup: 2026-11-24 10:00",
        "items": [
            {
                "id": "1",
                "name": "Strawberry cake",
                "externalCode": "cake-strawberry-8",
                "quantity": 1,
                "options": [{"name": "Size: 8 inch", "quantity": 1}],
            },
            {"id": "2", "name": "Bread", "externalCode": "22", "quantity": 2},
        ],
    }


def test_what_ends_an_order_names_its_shop_too_as_it_may_come_first() -> None:
    over = ORDER | {"status": "cancelled"}
    [ended], [placed] = (woocommerce.CHANNEL.parse(told(one), ACCOUNT) for one in (over, ORDER))
    assert (ended.kind, ended.shop) == (EventType.CANCELLED, placed.shop) != (EventType.CANCELLED, "")
