"""A push of Meituan becomes the order, the cancellation or the pickup that it says."""

import hashlib
import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL as URL_

from cloud_bridge.gateway.channels import Account, Forged, Unreadable, meituan
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.settings import ProductSettings, url_of_account
from cloud_bridge.gateway.ways import Arrived, Later, Never, Setting, Unsendable
from cloud_bridge.messages import EventType
from tests.brokers import Broker
from tests.channels import NOW, anything, is_forged, notice, one_account, parsed, readable, refuses
from tests.cloud import until
from tests.gateways import BareStore, StandIn

URL = "https://cloud.example/channels/meituan/shop"
SECRET = "d41d8cd98f00b204e9800998ecf8427e"
ACCOUNT = Account("meituan", "shop", URL, secrets={"secret": SECRET})
DETAIL = [
    {
        "app_food_code": "cake-mango",
        "box_num": 1,
        "box_price": 2,
        "cart_id": 0,
        "food_discount": 1,
        "food_name": "芒果蛋糕",
        "food_property": "少糖,写字:生日快乐",
        "price": 168,
        "quantity": 1,
        "sku_id": "cake-mango-6",
        "spec": "6寸",
        "unit": "份",
    },
    {"app_food_code": "puff", "food_name": "泡芙", "quantity": 6, "price": 5, "sku_id": "", "spec": "", "unit": "个"},
]
ORDER = {
    "app_id": "5308",
    "app_poi_code": "shop-12",
    "caution": "100%动物奶油 + 蜡烛 & 刀叉",
    "ctime": "1789999000",
    "day_seq": "17",
    "delivery_time": "0",
    "detail": json.dumps(DETAIL, ensure_ascii=False),
    "latitude": "29.774482",
    "order_id": "27057681346841638",
    "pick_type": "0",
    "recipient_name": "赵(先生)",
    "recipient_phone": "17600005287",
    "status": "2",
    "timestamp": "1790000000",
    "total": "200.0",
    "utime": "1789999001",
    "wm_order_id_view": "27057681346841638",
}


def sig(url: str, fields: dict[str, str]) -> str:
    """As the document says: the address, `?`, the sorted fields as they read, the secret; MD5 in hexadecimal."""
    about = "&".join("=".join(pair) for pair in sorted(fields.items()))
    return hashlib.md5((url + "?" + about + SECRET).encode()).hexdigest()


def form(fields: dict[str, str], *, url: str = URL, times: int = 2) -> bytes:
    """The push, its values encoded so many times."""
    values = {name: quote(value) if times == 2 else value for name, value in fields.items()}
    return urlencode(values | {"sig": sig(url, fields)}, quote_via=quote_plus).encode()


def push(times: int = 2, **fields: str) -> Webhook:
    about = {"app_id": "5308", "timestamp": "1790000000", "order_id": "27057681346841638"} | fields
    return Webhook("meituan", "shop", NOW, form(about, times=times))


def test_a_form_without_end_is_refused_before_it_is_read() -> None:
    for body in (b"a=&" * 300, b"a=" + b"%41" * 100_000):
        with pytest.raises(Forged, match="larger"):
            meituan.CHANNEL.verify(Webhook("meituan", "shop", NOW, body), ACCOUNT, NOW)


@pytest.mark.parametrize("times", [1, 2])
def test_the_signature_is_made_over_what_the_values_say(times: int) -> None:
    meituan.CHANNEL.verify(push(times, caution="少糖 + 蜡烛 & 50%"), ACCOUNT, NOW)


def test_a_wrong_a_missing_and_an_old_signature_are_refused() -> None:
    right = push(reason="a")
    other = Account("meituan", "shop", URL, secrets={"secret": "another"})
    elsewhere = Account("meituan", "shop", URL + "/", secrets={"secret": SECRET})
    assert is_forged(meituan.CHANNEL, right, other)
    assert is_forged(meituan.CHANNEL, right, elsewhere)
    assert is_forged(
        meituan.CHANNEL, Webhook("meituan", "shop", NOW, right.body.replace(b"reason=a", b"reason=b")), ACCOUNT
    )
    assert is_forged(meituan.CHANNEL, Webhook("meituan", "shop", NOW, b"order_id=1"), ACCOUNT)
    assert is_forged(meituan.CHANNEL, right, ACCOUNT, NOW + 25 * 3600)
    assert not is_forged(meituan.CHANNEL, right, ACCOUNT, NOW + 23 * 3600)  # the last try after an outage


@pytest.mark.parametrize("times", [1, 2])
def test_an_order_is_read_with_its_specifications_and_notes(times: int) -> None:
    [said] = parsed(meituan.CHANNEL, push(times, **ORDER), ACCOUNT)
    assert (said.origin, said.kind, said.shop) == ("27057681346841638", EventType.PLACED, "shop-12")
    order = readable(said)
    assert (order.display_id, order.type, order.due, order.created) == ("17", "DELIVERY", None, 1_789_999_000)
    assert (order.customer, order.phone, order.note) == ("赵(先生)", "17600005287", "100%动物奶油 + 蜡烛 & 刀叉")
    cake, puff = order.items
    assert (cake.name, cake.code, cake.quantity) == ("芒果蛋糕", "cake-mango-6", 1)
    assert [option.name for option in cake.options] == ["6寸", "少糖", "写字:生日快乐"]
    assert (puff.code, puff.quantity, puff.unit, puff.options) == ("puff", Decimal(6), "个", ())


def test_the_time_of_a_preorder_is_that_of_the_pickup_where_the_customer_comes() -> None:
    ours = ORDER | {"delivery_time": "1790020000", "pick_type": "1"}
    order = readable(parsed(meituan.CHANNEL, push(**ours), ACCOUNT)[0])
    assert (order.type, order.due, order.scheduled) == ("TAKEOUT", 1_790_020_000, True)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"reason_code": "1103", "reason": "用户退款取消"}, EventType.CANCELLED),
        ({"notify_type": "agree", "reason": "不想要了"}, EventType.CANCELLED),
        ({"notify_type": "apply", "reason": "不想要了"}, None),
        ({"notify_type": "agree", "food": "[]", "money": "5"}, None),
        ({"logistics_status": "10"}, None),
        ({"logistics_status": "20"}, EventType.COLLECTED),
        ({"logistics_status": "40"}, EventType.COLLECTED),
        (ORDER | {"status": "8"}, EventType.COLLECTED),
        (ORDER | {"status": "4"}, EventType.PLACED),
        (ORDER | {"status": "9"}, EventType.CANCELLED),
        ({"remind_id": "1"}, None),
    ],
)
def test_the_fields_tell_what_a_push_is_about(fields: dict[str, str], kind: EventType | None) -> None:
    said = parsed(meituan.CHANNEL, push(**fields), ACCOUNT)
    assert [one.kind for one in said] == ([kind] if kind else [])
    assert [one.reason for one in said] in ([], [fields.get("reason", "")])


def test_a_push_that_comes_again_is_the_same_event_and_another_is_not() -> None:
    first, again = (
        parsed(meituan.CHANNEL, push(**ORDER | {"timestamp": at}), ACCOUNT)[0] for at in ("1790000000", "1790000900")
    )
    cancelled = parsed(meituan.CHANNEL, push(reason_code="1101"), ACCOUNT)[0]
    collected = parsed(meituan.CHANNEL, push(logistics_status="20"), ACCOUNT)[0]
    assert first.event == again.event
    assert len({first.event, cancelled.event, collected.event}) == 3


@given(
    st.dictionaries(
        st.sampled_from(["detail", "ctime", "status", "order_id", "notify_type"]), anything.map(json.dumps)
    ),
    anything,
)
def test_whatever_a_signed_push_holds_is_read_or_unreadable(fields: dict[str, str], detail: Any) -> None:
    for one in parsed(meituan.CHANNEL, push(**fields), ACCOUNT):
        assert one.origin
    parsed(meituan.CHANNEL, push(**ORDER | {"detail": json.dumps([detail])}), ACCOUNT)


def test_goods_without_a_name_are_said_with_their_place() -> None:
    with pytest.raises(Unreadable, match="line 1: expected a name"):
        meituan.CHANNEL.parse(push(**ORDER | {"detail": '[{"quantity":1}]'}), ACCOUNT)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_address_that_meituan_tries_is_there_and_nobody_is_accused(
    broker: Broker, tmp_path: Path, method: str
) -> None:
    async with one_account(broker, tmp_path, "meituan", {"secret": SECRET}) as gateway:
        async with gateway.session.request(method, f"{gateway.url}/channels/meituan/shop") as tried:
            assert (tried.status, await tried.read()) == (200, b'{"data":"ok"}')
        intake = gateway.gateway.intake
        assert (intake.refused["meituan/shop"], intake.answered["meituan/shop"]) == (0, 0)


async def test_a_push_goes_to_the_store_once_and_a_forged_one_nowhere(
    broker: Broker, store: BareStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with one_account(broker, tmp_path, "meituan", {"secret": SECRET}) as gateway:
        path, now = "/channels/meituan/shop", str(int(time.time()))
        url = url_of_account(gateway.gateway.settings.gateway, gateway.gateway.settings.accounts[-1])
        headers = {"content-type": "application/x-www-form-urlencoded"}
        for _ in range(3):
            answer = await gateway.post(path, form(ORDER | {"timestamp": now}, url=url), headers)
            assert answer == (200, b'{"data":"ok"}')
        gone = form(
            {"timestamp": now, "order_id": ORDER["order_id"], "reason_code": "1103", "reason": "不要了"}, url=url
        )
        for query, status in ((b"", 200), (gone, 200), (gone.replace(b"1103", b"1102"), 401)):
            address = f"{gateway.url}{path}?{query.decode()}"
            async with gateway.session.get(URL_(address, encoded=True)) as tried:
                assert (tried.status, await tried.read() == b'{"data":"ok"}') == (status, status == 200)
        await until(lambda: store.told("order.cancelled"))
        await refuses(gateway, caplog, path, b"order_id=1&sig=0", headers)
        assert gateway.gateway.intake.refused["meituan/shop"] == 2
    [placed, cancelled] = store.orders
    assert placed["type"] == "ovenbell.order.placed"
    data = placed["data"]
    assert data == {
        "id": data["id"],
        "displayId": "17",
        "type": "DELIVERY",
        "createdAt": "2026-09-21T13:56:40Z",
        "orderTiming": "INSTANT",
        "salesChannel": "meituan",
        "customer": {"name": "赵(先生)", "phone": {"number": "17600005287"}},
        "extraInfo": "100%动物奶油 + 蜡烛 & 刀叉",
        "items": [
            {
                "id": "1",
                "name": "芒果蛋糕",
                "externalCode": "cake-mango-6",
                "quantity": 1,
                "unit": "份",
                "options": [{"name": name, "quantity": 1} for name in ("6寸", "少糖", "写字:生日快乐")],
            },
            {"id": "2", "name": "泡芙", "externalCode": "puff", "quantity": 6, "unit": "个"},
        ],
    }
    assert cancelled["data"] == {"id": data["id"], "reason": "不要了"}


def called(told: Notice, **options: str) -> tuple[str, dict[str, str]]:
    """The path and the fields of a call, its signature checked."""
    assert meituan.CHANNEL.tells is not None
    setting = Setting("meituan/shop", {"app_id": "5308"} | options, {"secret": SECRET})
    call = meituan.CHANNEL.tells.call(told, {}, setting, "", NOW)
    url, _, query = call.url.partition("?")
    fields = dict(parse_qsl(query))
    assert call.method == "GET"
    assert fields.pop("sig") == sig(url, fields)
    assert (fields.pop("app_id"), fields.pop("timestamp")) == ("5308", str(int(NOW)))
    return url.removeprefix("https://waimaiopen.meituan.com/api/v1/"), fields


def test_what_the_store_says_goes_back_signed() -> None:
    assert called(notice("meituan/shop", "order.accepted", origin="27")) == ("order/confirm", {"order_id": "27"})
    assert called(notice("meituan/shop", "order.ready", origin="27")) == (
        "order/preparationMealComplete",
        {"order_id": "27"},
    )
    path, fields = called(notice("meituan/shop", "order.refused", origin="27", reason="停电 & 停水"))
    assert (path, fields) == ("order/cancel", {"order_id": "27", "reason_code": "2007", "reason": "停电 & 停水"})
    assert called(notice("meituan/shop", "store.paused"), app_poi_code="p1") == ("poi/close", {"app_poi_code": "p1"})
    assert called(notice("meituan/shop", "store.resumed"), app_poi_code="p1") == ("poi/open", {"app_poi_code": "p1"})
    with pytest.raises(Unsendable, match="app_poi_code"):
        called(notice("meituan/shop", "store.paused"))


@pytest.mark.parametrize(
    ("code", "options", "path", "goods"),
    [
        ("spu-1", {}, "retail/sellStatus", [{"app_spu_code": "spu-1"}]),
        (
            "f 1/s&2",
            {"goods": "food"},
            "food/sku/sellStatus",
            [{"app_food_code": "f 1", "skus": [{"sku_id": "s&2"}]}],
        ),
        ("f1", {"goods": "food"}, "food/sku/sellStatus", [{"app_food_code": "f1", "skus": [{"sku_id": "f1"}]}]),
    ],
)
def test_a_product_that_is_sold_out_leaves_the_shelf_and_comes_back(
    code: str, options: dict[str, str], path: str, goods: list[object]
) -> None:
    assert meituan.CHANNEL.tells is not None
    setting = Setting("meituan/shop", {"app_id": "5308", "app_poi_code": "p1"} | options, {"secret": SECRET})
    for on, status, shop in (("product.unavailable", "1", ""), ("product.available", "0", "p2")):
        call = meituan.CHANNEL.tells.call(notice("meituan/shop", on, code=code, shop=shop), {}, setting, "", NOW)
        url, _, query = call.url.partition("?")
        assert (call.method, url) == ("POST", f"https://waimaiopen.meituan.com/api/v1/{path}")
        assert call.headers == {"content-type": "application/x-www-form-urlencoded"}
        system, fields = dict(parse_qsl(query)), dict(parse_qsl(call.body.decode()))
        assert system.pop("sig") == sig(url, system | fields)
        assert system == {"app_id": "5308", "timestamp": str(int(NOW))}
        assert json.loads(fields.pop("food_data")) == goods
        assert fields == {"app_poi_code": shop or "p1", "sell_status": status}


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (200, b'{"data":"ok"}', Arrived),
        (200, '{"data":"ng","error":{"code":808,"msg":"操作失败,订单已经确认过了"}}'.encode(), Never),
        (200, b'{"data":"ng","error":{"code":1,"msg":"x"}}', Later),
        (200, b"<html>", Later),
        (502, b"", Later),
        (429, b"", Later),
    ],
)
def test_an_answer_is_what_it_says_and_not_its_status(status: int, answer: bytes, outcome: type[Any]) -> None:
    assert meituan.CHANNEL.tells is not None
    assert isinstance(meituan.CHANNEL.tells.judge(status, answer, {}), outcome)


async def test_a_press_confirms_the_order_with_meituan(broker: Broker, store: BareStore, tmp_path: Path) -> None:
    async with StandIn(lambda *_: web.json_response({"data": "ok"})) as api:
        options = {"app_id": "5308", "api": api.url}
        async with one_account(broker, tmp_path, "meituan", {"secret": SECRET}, options=options) as gateway:
            store.presence("online")
            url = url_of_account(gateway.gateway.settings.gateway, gateway.gateway.settings.accounts[-1])
            headers = {"content-type": "application/x-www-form-urlencoded"}
            body = form(ORDER | {"timestamp": str(int(time.time()))}, url=url)
            await gateway.post("/channels/meituan/shop", body, headers)
            await until(lambda: store.orders)
            event = store.orders[0]
            store.tell("order.accepted", event["subject"], event=event["id"])
            await until(lambda: api.requests)
    assert [path.partition("?")[0] for path, _, _ in api.requests] == ["/order/confirm"]


async def test_what_a_store_has_no_more_of_meituan_sells_no_more(
    broker: Broker, store: BareStore, tmp_path: Path
) -> None:
    async with StandIn(lambda *_: web.json_response({"data": "ok"})) as api:
        options = {"app_id": "5308", "app_poi_code": "p1", "api": api.url}
        products = {name: ProductSettings(code="cake-mango-6") for name in ("spu-1", "spu-2")}
        about = {"options": options, "products": products}
        async with one_account(broker, tmp_path, "meituan", {"secret": SECRET}, **about) as gateway:
            store.tell("product.unavailable", code="cake-mango-6", reason="没有芒果")
            await until(lambda: len(api.requests) == 2)
            await until(lambda: not gateway.gateway.hub.board.notices)
    told = sorted(
        json.loads(dict(parse_qsl(body.decode()))["food_data"])[0]["app_spu_code"] for *_, body in api.requests
    )
    assert told == ["spu-1", "spu-2"]
