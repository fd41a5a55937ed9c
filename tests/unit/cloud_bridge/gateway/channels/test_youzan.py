"""A message of Youzan becomes the order, the cancellation or the pickup that it says."""

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given

from cloud_bridge.gateway.channels import Account, youzan
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType
from tests.brokers import Broker
from tests.channels import NOW, anything, is_forged, objects, one_account, parsed, readable, refuses
from tests.cloud import until
from tests.gateways import BareStore

CLIENT, SECRET = "afcd2eb5b88fbdbd90", "0a1b2c3d4e5f"
OPTIONS = {"client_id": CLIENT}
ACCOUNT = Account("youzan", "shop", options=OPTIONS, secrets={"secret": SECRET})
OLD = Account("youzan", "shop", options=OPTIONS | {"signature": "body"}, secrets={"secret": SECRET})
VISIT = {"name": "黄龙万科", "user_name": "王女士", "user_tel": "13700000000", "user_time": "11月24日 08:01-09:01"}
TRADE = {
    "order_promotion": {"adjust_fee": "0.00"},
    "full_order_info": {
        "address_info": {"self_fetch_info": json.dumps(VISIT, ensure_ascii=False), "receiver_name": "$x$1$"},
        "remark_info": {"buyer_message": "少糖"},
        "buyer_info": {"outer_user_id": "oHIuuj", "buyer_phone": "13618649324", "fans_type": 1},
        "orders": [
            {
                "title": "草莓奶油蛋糕",
                "num": 1,
                "outer_sku_id": "cake-strawberry-8",
                "outer_item_id": "cake-strawberry",
                "item_id": 457846930,
                "sku_properties_name": '[{"k":"尺寸","k_id":1,"v":"8寸","v_id":2}]',
                "buyer_messages": '{"蛋糕字":"小雨,生日快乐!"}',
            },
            {"title": "法棍", "num": "2", "outer_sku_id": "", "item_id": 1, "sku_properties_name": "[]"},
        ],
        "order_info": {
            "tid": "E20261122090000012600020",
            "created": "2026-11-22 09:00:00",
            "update_time": "2026-11-22 09:00:08",
            "status": "WAIT_SELLER_SEND_GOODS",
            "express_type": 1,
        },
    },
}
CLOSE = {"tid": "E20261122090000012600020", "close_reason": "买家取消", "update_time": "2026-11-22 10:00:00"}


def body(kind: str, message: Any, encode: Any = quote, **about: Any) -> bytes:
    text = encode(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
    fields = {
        "client_id": CLIENT, "id": "E20261122090000012600020", "kdt_id": 41461397, "mode": 1, "msg": text,
        "msg_id": f"{kind}-1", "type": kind, "version": 1_795_309_208, "test": False,
        "sign": hashlib.md5(f"{CLIENT}{text}{SECRET}".encode()).hexdigest(),
    }  # fmt: skip
    return json.dumps(fields | about, ensure_ascii=False).encode()


def signed(raw: bytes) -> dict[str, str]:
    """As the document says: MD5 of client_id, the raw body and client_secret."""
    return {"event-sign": hashlib.md5(CLIENT.encode() + raw + SECRET.encode()).hexdigest()}


def push(kind: str, message: Any, **about: Any) -> Webhook:
    raw = body(kind, message, **about)
    return Webhook("youzan", "shop", NOW, raw, headers=signed(raw))


def test_a_wrong_and_a_missing_signature_are_refused() -> None:
    right = push("trade_TradeBuyerPay", TRADE)
    bare = Webhook("youzan", "shop", NOW, right.body)
    assert not is_forged(youzan.CHANNEL, right, ACCOUNT)
    other = Account("youzan", "shop", options=OPTIONS, secrets={"secret": "another"})
    assert is_forged(youzan.CHANNEL, right, other)
    assert is_forged(youzan.CHANNEL, bare, ACCOUNT)
    assert is_forged(youzan.CHANNEL, Webhook("youzan", "shop", NOW, right.body + b" ", headers=right.headers), ACCOUNT)


def test_the_old_signature_is_taken_where_the_account_says_so() -> None:
    right = Webhook("youzan", "shop", NOW, body("trade_TradeBuyerPay", TRADE))
    assert not is_forged(youzan.CHANNEL, right, OLD)
    for wrong in (body("trade_TradeBuyerPay", TRADE, sign="0" * 32), body("x", TRADE, msg="%7B%7D"), b"[]", b"no JSON"):
        assert is_forged(youzan.CHANNEL, Webhook("youzan", "shop", NOW, wrong), OLD)


@pytest.mark.parametrize("encode", [quote, quote_plus])
def test_an_order_is_due_when_the_customer_comes(encode: Any) -> None:
    [said] = parsed(youzan.CHANNEL, push("trade_TradeBuyerPay", TRADE, encode=encode), ACCOUNT)
    assert (said.origin, said.kind, said.shop) == ("E20261122090000012600020", EventType.PLACED, "41461397")
    assert said.addresses == {"wechat": "oHIuuj", "phone": "13618649324"}
    order = readable(said)
    assert (order.display_id, order.type, order.customer, order.phone) == ("600020", "TAKEOUT", "王女士", "13700000000")
    assert (order.created, order.due, order.note) == (1_795_309_200, 1_795_478_460, "少糖")
    cake, bread = order.items
    assert (cake.name, cake.code, cake.note) == ("草莓奶油蛋糕", "cake-strawberry-8", "蛋糕字: 小雨,生日快乐!")
    assert [option.name for option in cake.options] == ["8寸"]
    assert (bread.code, bread.quantity) == ("1", Decimal(2))


def test_a_day_without_a_year_is_the_next_there_is_and_what_is_encrypted_is_left_out() -> None:
    visit = {"user_time": "01月02日 10:00-11:00", "user_name": "$nGMq==$1$", "user_tel": ""}
    info = TRADE["full_order_info"] | {"address_info": {"self_fetch_info": json.dumps(visit)}}
    order = readable(parsed(youzan.CHANNEL, push("trade_TradeBuyerPay", {"full_order_info": info}), ACCOUNT)[0])
    assert (order.due, order.customer) == (1_798_855_200, "")


def test_a_delivery_is_due_when_it_was_promised() -> None:
    info = TRADE["full_order_info"] | {
        "address_info": {"delivery_start_time": "2026-11-24 10:00:00", "receiver_name": "李先生"},
        "order_info": TRADE["full_order_info"]["order_info"] | {"express_type": 2},
    }
    order = readable(parsed(youzan.CHANNEL, push("trade_TradeBuyerPay", {"full_order_info": info}), ACCOUNT)[0])
    assert (order.type, order.due, order.customer) == ("DELIVERY", 1_795_485_600, "李先生")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("trade_TradeClose", [EventType.CANCELLED]),
        ("trade_TradeSuccess", [EventType.COLLECTED]),
        ("trade_TradePaid", []),
        ("trade_TradeSellerShip", []),
        ("trade_refund_RefundSuccess", []),
        ("ITEM_INFO", []),
    ],
)
def test_a_message_is_what_its_type_says(kind: str, said: list[EventType]) -> None:
    assert [one.kind for one in parsed(youzan.CHANNEL, push(kind, CLOSE), ACCOUNT)] == said
    assert not parsed(youzan.CHANNEL, push(kind, CLOSE, test=True), ACCOUNT)


@given(objects(*TRADE["full_order_info"]), anything)
def test_whatever_a_signed_message_holds_is_read_or_unreadable(order: dict[str, Any], other: Any) -> None:
    for message in (other, {"full_order_info": order}, {"full_order_info": other}):
        parsed(youzan.CHANNEL, push("trade_TradeBuyerPay", message), ACCOUNT)
    for name in TRADE["full_order_info"]:
        info = TRADE["full_order_info"] | {name: other}
        parsed(youzan.CHANNEL, push("trade_TradeBuyerPay", {"full_order_info": info}), ACCOUNT)
    for name in ("msg", "type", "id", "version", "msg_id", "kdt_id"):
        parsed(youzan.CHANNEL, push("trade_TradeClose", CLOSE, **{name: other}), ACCOUNT)


async def test_an_order_goes_to_the_store_once(
    broker: Broker, store: BareStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with one_account(broker, tmp_path, "youzan", {"secret": SECRET}, options=OPTIONS) as gateway:
        path, ok = "/channels/youzan/shop", b'{"code":0,"msg":"success"}'
        for count in range(1, 4):
            raw = body("trade_TradeBuyerPay", TRADE, sendCount=count)
            assert await gateway.post(path, raw, signed(raw)) == (200, ok)
        await refuses(gateway, caplog, path, raw)
        raw = body("trade_TradeClose", CLOSE)
        assert await gateway.post(path, raw, signed(raw)) == (200, ok)
        await until(lambda: store.told("order.cancelled"))
    [order, cancelled] = store.orders
    assert cancelled["data"]["reason"] == "买家取消"
    data = order["data"]
    assert data.pop("replyTo")
    assert data == {
        "id": data["id"],
        "displayId": "600020",
        "type": "TAKEOUT",
        "createdAt": "2026-11-22T01:00:00Z",
        "orderTiming": "SCHEDULED",
        "salesChannel": "youzan",
        "schedule": {"scheduledDateTimeStart": "2026-11-24T00:01:00Z", "scheduledDateTimeEnd": "2026-11-24T00:01:00Z"},
        "takeout": {"takeoutDateTime": "2026-11-24T00:01:00Z"},
        "customer": {"name": "王女士", "phone": {"number": "13700000000"}},
        "extraInfo": "少糖",
        "items": [
            {
                "id": "1",
                "name": "草莓奶油蛋糕",
                "externalCode": "cake-strawberry-8",
                "quantity": 1,
                "specialInstructions": "蛋糕字: 小雨,生日快乐!",
                "options": [{"name": "8寸", "quantity": 1}],
            },
            {"id": "2", "name": "法棍", "externalCode": "1", "quantity": 2},
        ],
    }
