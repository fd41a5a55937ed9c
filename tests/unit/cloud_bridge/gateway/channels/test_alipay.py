"""A notification of Alipay becomes the order, the cancellation or the receipt that it says."""

import base64
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given

from cloud_bridge.gateway.channels import Account, Forged, Wanted, alipay
from cloud_bridge.gateway.channels.channel import PULLED
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType
from tests.brokers import Broker
from tests.channels import NOW, anything, is_forged, objects, one_account, parsed, readable, refuses
from tests.cloud import until
from tests.gateways import BareStore, StandIn

ALIPAY, OURS = (rsa.generate_private_key(65537, 2048) for _ in range(2))
PUBLIC = ALIPAY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
BARE = base64.b64encode(ALIPAY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
OTHER = OURS.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
PRIVATE = base64.b64encode(OURS.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()
APP = "2021000000000001"


def account(key: str = PUBLIC, app_id: str = APP) -> Account:
    return Account("alipay", "shop", options={"app_id": app_id}, secrets={"public_key": key})


ACCOUNT = account()
TRADE = {
    "app_id": APP,
    "body": "写:生日快乐 & 6点取",
    "buyer_open_id": "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5",
    "charset": "utf-8",
    "gmt_create": "2026-09-21 22:10:00",
    "gmt_payment": "2026-09-21 22:11:00",
    "notify_id": "2026092100222221100",
    "notify_time": "2026-09-21 22:13:20",
    "notify_type": "trade_status_sync",
    "out_trade_no": "70501111111S001111119",
    "subject": "草莓奶油蛋糕 8寸",
    "total_amount": "198.00",
    "trade_no": "2026092122001",
    "trade_status": "TRADE_SUCCESS",
    "version": "1.0",
}
ORDER = {
    "code": "10000",
    "msg": "Success",
    "out_order_id": "shop-1001",
    "order_id": "2026092101",
    "status": "PAID",
    "create_time": "2026-09-21 22:00:00",
    "open_id": "074a1Cc",
    "order_detail": {
        "item_infos": [
            {"item_cnt": 1, "item_name": "芒果蛋糕", "out_item_id": "mango", "out_sku_id": "mango-6"},
            {"item_cnt": 12, "out_item_id": "puff"},
        ]
    },
    "contact_info": {"contact_name": "张三", "phone_number": "13900000000"},
    "shop_info": {"merchant_shop_id": "shop-7"},
}


def signed(fields: dict[str, str], *, encoding: str = "utf-8", with_type: bool = False) -> bytes:
    """The form as Alipay sends it: RSA2 over the sorted fields."""
    about = fields | ({"sign_type": "RSA2"} if with_type else {})
    content = "&".join(f"{name}={value}" for name, value in sorted(about.items()))
    sign = base64.b64encode(ALIPAY.sign(content.encode(encoding), padding.PKCS1v15(), SHA256())).decode()
    return urlencode(fields | {"sign_type": "RSA2", "sign": sign}, encoding=encoding).encode()


def push(fields: dict[str, str], **how: Any) -> Webhook:
    return Webhook("alipay", "shop", NOW, signed(fields, **how))


def changed(status: str, method: str = "alipay.open.mini.order.changed", **rest: Any) -> dict[str, str]:
    """A message of the message service."""
    content = {"order_id": "2026092101", "out_order_id": "shop-1001", "status": status, "open_id": "074a1Cc"} | rest
    return {
        "app_id": APP,
        "biz_content": json.dumps(content),
        "charset": "UTF-8",
        "msg_method": method,
        "notify_id": "1",
        "utc_timestamp": str(int(NOW * 1000)),
        "version": "1.1",
    }


def told(**rest: Any) -> Webhook:
    body = json.dumps({"alipay_open_mini_order_query_response": ORDER | rest, "sign": "…"}).encode()
    return Webhook("alipay", "shop", NOW, body, headers={PULLED: "1"})


@pytest.mark.parametrize("key", [PUBLIC, BARE])
@pytest.mark.parametrize("how", [{}, {"with_type": True}, {"encoding": "gbk"}])
def test_both_kinds_of_signature_and_of_writing_are_right(key: str, how: dict[str, Any]) -> None:
    fields = TRADE | ({"charset": "GBK"} if how.get("encoding") else {})
    [said] = parsed(alipay.CHANNEL, push(fields, **how), account(key))
    assert readable(said).items[0].name == "草莓奶油蛋糕 8寸"


def test_a_wrong_a_missing_and_an_old_signature_are_refused() -> None:
    right = push(TRADE)
    assert not is_forged(alipay.CHANNEL, right, ACCOUNT, NOW + 24 * 3600)  # Alipay's last try
    assert is_forged(alipay.CHANNEL, right, ACCOUNT, NOW + 26 * 3600)
    assert is_forged(alipay.CHANNEL, right, account(OTHER))
    assert is_forged(alipay.CHANNEL, right, account("no key"))
    assert is_forged(alipay.CHANNEL, right, account(app_id="another"))
    for body in (right.body.replace(b"198.00", b"1.00"), b"app_id=1", b"sign=%%%", b"\xff\xfe"):
        assert is_forged(alipay.CHANNEL, Webhook("alipay", "shop", NOW, body), ACCOUNT)


def test_a_form_without_end_is_refused_before_it_is_read() -> None:
    for body in (b"a=&" * 300, b"a=" + b"%41" * 100_000):
        with pytest.raises(Forged, match="larger"):
            alipay.CHANNEL.verify(Webhook("alipay", "shop", NOW, body), ACCOUNT, NOW)


def test_a_paid_trade_is_an_order_with_one_line_for_who_paid() -> None:
    [said] = parsed(alipay.CHANNEL, push(TRADE), ACCOUNT)
    assert (said.origin, said.kind) == ("70501111111S001111119", EventType.PLACED)
    assert said.addresses == {"alipay": TRADE["buyer_open_id"]}
    order = readable(said)
    assert (order.display_id, order.type, order.note) == ("111119", "TAKEOUT", "写:生日快乐 & 6点取")
    assert [(item.name, item.quantity) for item in order.items] == [("草莓奶油蛋糕 8寸", 1)]
    again = parsed(alipay.CHANNEL, push(TRADE | {"notify_time": "2026-09-21 22:17:20"}), ACCOUNT)[0]
    assert again.event == said.event


def test_a_closed_trade_is_cancelled_and_the_rest_tells_nothing() -> None:
    [said] = parsed(alipay.CHANNEL, push(TRADE | {"trade_status": "TRADE_CLOSED"}), ACCOUNT)
    assert said.kind is EventType.CANCELLED
    for fields in (
        {"trade_status": "WAIT_BUYER_PAY"},
        {"trade_status": "TRADE_FINISHED"},
        {"gmt_refund": "2026-09-22"},
    ):
        assert not parsed(alipay.CHANNEL, push(TRADE | fields), ACCOUNT)


def test_a_message_of_a_mini_program_names_an_order_that_is_asked_for() -> None:
    ask = {"order_id": "2026092101", "out_order_id": "shop-1001", "open_id": "074a1Cc"}
    assert parsed(alipay.CHANNEL, push(changed("PAID"), with_type=True), ACCOUNT) == [Wanted(ask)]
    info = changed("", "alipay.open.mini.order.info.changed")
    assert parsed(alipay.CHANNEL, push(info), ACCOUNT) == [Wanted(ask)]
    for status, kind in (("REFUND_CLOSED", EventType.CANCELLED), ("RECEIVED_CONFIRM", EventType.COLLECTED)):
        [said] = parsed(alipay.CHANNEL, push(changed(status)), ACCOUNT)
        assert (said.origin, said.kind) == ("shop-1001", kind)
    assert not parsed(alipay.CHANNEL, push(changed("DELIVERED")), ACCOUNT)
    assert not parsed(alipay.CHANNEL, push(changed("PAID", "alipay.open.mini.order.settle.notify")), ACCOUNT)


def test_an_order_that_was_asked_for_is_read() -> None:
    [said] = alipay.CHANNEL.parse(told(), ACCOUNT)
    assert (said.origin, said.shop, said.addresses) == ("shop-1001", "shop-7", {"alipay": "074a1Cc"})
    order = readable(said)
    assert (order.type, order.customer, order.phone) == ("TAKEOUT", "张三", "13900000000")
    assert [(item.name, item.code, item.quantity) for item in order.items] == [
        ("芒果蛋糕", "mango-6", 1),
        ("puff", "puff", 12),
    ]
    assert alipay.CHANNEL.parse(told(status="REFUND_CLOSED"), ACCOUNT)[0].kind is EventType.CANCELLED
    assert not alipay.CHANNEL.parse(told(status="INIT"), ACCOUNT)


@given(objects("order_id", "status", "out_order_id"), objects("out_order_id", "order_detail", "create_time"), anything)
def test_whatever_a_signed_message_holds_is_read_or_unreadable(
    content: dict[str, Any], wire: dict[str, Any], other: Any
) -> None:
    answers = msgspec.structs.replace(alipay.CHANNEL, verify=lambda *_: None)  # they come from Alipay itself
    parsed(
        answers,
        Webhook("alipay", "shop", NOW, urlencode(changed("") | {"biz_content": json.dumps(content)}).encode()),
        ACCOUNT,
    )
    parsed(answers, told(**wire), ACCOUNT)
    parsed(answers, told(order_detail={"item_infos": [{"item_name": other, "item_cnt": other}]}), ACCOUNT)


async def test_a_paid_order_is_asked_for_and_goes_to_the_store(
    broker: Broker, store: BareStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def api(_request: web.Request, body: bytes) -> web.Response:
        fields = dict(parse_qsl(body.decode()))
        sign = base64.b64decode(fields.pop("sign"))
        about = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
        OURS.public_key().verify(sign, about.encode(), padding.PKCS1v15(), SHA256())
        assert (fields["app_id"], fields["method"], fields["sign_type"]) == (
            APP,
            "alipay.open.mini.order.query",
            "RSA2",
        )
        assert json.loads(fields["biz_content"])["out_order_id"] == "shop-1001"
        return web.json_response({"alipay_open_mini_order_query_response": ORDER, "sign": "…"})

    secrets = {"public_key": PUBLIC, "private_key": PRIVATE}
    async with StandIn(api) as gateway_do:
        options = {"app_id": APP, "api": gateway_do.url}
        async with one_account(broker, tmp_path, "alipay", secrets, options=options) as gateway:
            path = "/channels/alipay/shop"
            now = {"utc_timestamp": str(int(time.time() * 1000))}
            for _ in range(2):
                assert await gateway.post(path, signed(changed("PAID") | now)) == (200, b"success")
            await refuses(gateway, caplog, path, signed(changed("PAID") | {"utc_timestamp": "1600000000000"}))
            await until(lambda: store.orders)
            await gateway.post(path, signed(changed("REFUND_CLOSED") | now))
            await until(lambda: store.told("order.cancelled"))
    data = store.orders[0]["data"]
    assert data.pop("replyTo")
    assert data == {
        "id": data["id"],
        "displayId": "p-1001",
        "type": "TAKEOUT",
        "createdAt": "2026-09-21T14:00:00Z",
        "orderTiming": "INSTANT",
        "salesChannel": "alipay",
        "customer": {"name": "张三", "phone": {"number": "13900000000"}},
        "items": [
            {"id": "1", "name": "芒果蛋糕", "externalCode": "mango-6", "quantity": 1},
            {"id": "2", "name": "puff", "externalCode": "puff", "quantity": 12},
        ],
    }
