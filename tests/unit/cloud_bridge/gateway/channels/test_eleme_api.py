"""What Ele.me is told is signed as its protocol says; what it could not push is asked for."""

import base64
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from cloud_bridge.gateway.channels import eleme
from cloud_bridge.gateway.ways import Arrived, Later, Never, Setting, Unsendable
from tests.brokers import Broker
from tests.channels import NOW, notice, one_account
from tests.cloud import until
from tests.gateways import BareStore, StandIn
from tests.unit.cloud_bridge.gateway.channels.test_eleme import ORDER, SECRET, body

TELLS = eleme.CHANNEL.tells


def signature(call: dict[str, Any]) -> str:
    """As the document says: action, token, sorted `name=JSON`, secret; MD5, upper case."""
    fields = call["metas"] | call["params"]
    about = "".join(
        f"{name}={json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"
        for name, value in sorted(fields.items())
    )
    return hashlib.md5((call["action"] + call["token"] + about + SECRET).encode()).hexdigest().upper()


def called(on: str, options: dict[str, str] | None = None, **rest: Any) -> tuple[str, dict[str, Any]]:
    assert TELLS is not None
    setting = Setting("eleme/shop", {"app_key": "key"} | (options or {}), {"secret": SECRET})
    told = notice("eleme/shop", on, **rest)
    first, again = (TELLS.call(told, {}, setting, "a token", NOW) for _ in range(2))
    assert first.url == "https://open-api.shop.ele.me/api/v1/"
    assert first.body == again.body  # its id is the notice's
    call = json.loads(first.body)
    assert (call["nop"], call["token"], call["metas"]) == (
        "1.0.0",
        "a token",
        {"app_key": "key", "timestamp": int(NOW)},
    )
    assert call["signature"] == signature(call)
    return call["action"], call["params"]


def test_what_the_store_says_goes_back_signed() -> None:
    assert called("order.accepted", origin="12") == ("eleme.order.confirmOrderLite", {"orderId": "12"})
    assert called("order.ready", origin="12") == ("eleme.order.setOrderPrepared", {"orderId": "12"})
    assert called("order.refused", origin="12", reason='停电/"水"') == (
        "eleme.order.cancelOrderLite",
        {"orderId": "12", "type": "others", "remark": '停电/"水"'},
    )
    assert called("store.paused", {"shop": "720032"}) == (
        "eleme.shop.updateShop",
        {"shopId": 720032, "properties": {"isOpen": 0}},
    )
    assert called("store.resumed", {"shop": "720032"})[1]["properties"] == {"isOpen": 1}
    with pytest.raises(Unsendable, match=r"options\.shop"):
        called("store.paused")
    assert called("store.paused", shop="720033")[1]["shopId"] == 720033


def test_a_product_that_is_sold_out_leaves_the_shelf_and_comes_back() -> None:
    shelf = "eleme.product.item.batch"
    size = {"specIds": [{"itemId": 27970000058, "itemSpecIds": [72970000221]}]}
    for on, whole, one_size in (
        ("product.unavailable", "DelistItems", "OffShelf"),
        ("product.available", "ListItems", "OnShelf"),
    ):
        assert called(on, code="27970000058") == (shelf + whole, {"itemIds": [27970000058]})
        assert called(on, code="27970000058/72970000221") == (shelf + one_size, size)
        for code in ("cake-mango-6", "1/2/3", "1/", "--1"):
            with pytest.raises(Unsendable, match="shelf = "):
                called(on, code=code)


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (200, b'{"nop":"1.0.0","result":null,"error":null}', Arrived),
        (200, b'{"error":{"code":"SERVER_ERROR","message":"x"}}', Later),
        (200, b'{"error":{"code":"EXCEED_LIMIT","message":"x"}}', Later),
        (200, b'{"error":{"code":"BIZ_ORDER_1","message":"x"}}', Never),
        (200, b'{"result":{"modifications":[1],"failures":[]}}', Arrived),
        (200, b'{"result":{"failures":[{"id":1,"code":"X","description":"gone"}]}}', Never),
        (200, b"<html>", Later),
        (503, b"", Later),
    ],
)
def test_an_answer_is_what_it_says_and_not_its_status(status: int, answer: bytes, outcome: type[Any]) -> None:
    assert TELLS is not None
    assert isinstance(TELLS.judge(status, answer, {}), outcome)


def test_too_many_calls_close_the_way_for_all_and_for_as_long_as_is_said() -> None:
    assert TELLS is not None
    answer = b'{"error":{"code":"EXCEED_LIMIT","message":"x"}}'
    assert TELLS.judge(200, answer, {}) == Later("Ele.me says EXCEED_LIMIT x", everything=True)
    assert TELLS.judge(200, answer, {"retry-after": "90"}) == Later("Ele.me says EXCEED_LIMIT x", 90, everything=True)
    fault = b'{"error":{"code":"SERVER_ERROR","message":"x"}}'
    assert TELLS.judge(200, fault, {}) == Later("Ele.me says SERVER_ERROR x")


async def test_what_was_told_and_what_could_not_be_pushed_go_over_one_interface(
    broker: Broker, store: BareStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud_bridge.gateway.pull.LEAST", 0)
    actions: list[str] = []

    def api(request: web.Request, sent: bytes) -> web.Response:
        if request.path == "/token":
            assert request.headers["authorization"] == "Basic " + base64.b64encode(f"key:{SECRET}".encode()).decode()
            assert sent == b"grant_type=client_credentials"
            return web.json_response(
                {"access_token": f"token-{len(actions)}", "token_type": "Bearer", "expires_in": 86400}
            )
        call = json.loads(sent)
        assert call["signature"] == signature(call)
        actions.append(call["action"])
        if len(actions) == 1:
            return web.json_response({"error": {"code": "UNAUTHORIZED", "message": "token expired"}})
        missed = []
        if call["action"] == "eleme.message.getNonReachedOMessages":
            assert call["params"] == {"appId": 22954133}
            missed = [json.loads(body(217, ORDER)), json.loads(body(45, {"orderId": "1"}))]
        return web.json_response({"nop": "1.0.0", "id": call["id"], "result": missed, "error": None})

    async with StandIn(api) as shop:
        options = {"api": shop.url, "app_key": "key", "app_id": "22954133", "pull_minutes": "0.001"}
        async with one_account(broker, tmp_path, "eleme", {"secret": SECRET}, options=options) as gateway:
            store.presence("online")
            await until(lambda: store.orders)
            await until(lambda: actions.count("eleme.message.getNonReachedOMessages") > 3)
            now = int(time.time() * 1000)
            await gateway.post("/channels/eleme/shop", body(217, ORDER, timestamp=now))  # it came after all
            event = store.orders[0]
            store.tell("order.accepted", event["subject"], event=event["id"])
            await until(lambda: "eleme.order.confirmOrderLite" in actions)
            await until(lambda: not gateway.gateway.hub.board.webhooks)
    assert len(store.orders) == 1
    assert store.orders[0]["data"]["displayId"] == "7"
