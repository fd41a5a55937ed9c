"""What comes over a channel reaches the store once; what the store says reaches the customer."""

import asyncio
import json

import aiohttp
import pytest
from aiohttp import web

from cloud_bridge.gateway import caller, intake
from tests.channels import refuses
from tests.cloud import PATIENCE, until
from tests.gateways import BareStore, RunningGateway, SetClock, StandIn, order, signed


async def test_an_order_of_a_channel_is_with_its_store_under_the_first_number(
    gateway: RunningGateway, store: BareStore
) -> None:
    assert await gateway.tell("placed", order(1)) == 200
    await until(lambda: store.orders)
    [event] = store.orders
    assert (event["type"], event["sequence"], event["subject"]) == (
        "ovenbell.order.placed",
        "1",
        event["data"]["id"],
    )
    assert event["data"]["displayId"] == "A001"
    assert event["data"]["salesChannel"] == "generic"
    assert "customer-1" not in json.dumps(event)  # who ordered is sealed


async def test_the_same_request_and_the_same_event_have_one_effect(gateway: RunningGateway, store: BareStore) -> None:
    for _ in range(16):
        assert await gateway.tell("placed", order(1), event="msg-a") == 200
    await gateway.tell("placed", order(2), event="msg-b")
    await until(lambda: len(store.orders) == 2)
    assert [event["sequence"] for event in store.orders] == ["1", "2"]


async def test_a_change_and_a_cancellation_follow_under_the_next_numbers(
    gateway: RunningGateway, store: BareStore
) -> None:
    await gateway.tell("placed", order(1))
    await gateway.tell("changed", order(1, extraInfo="少糖"))
    await gateway.tell("changed", order(1, extraInfo="少糖"))  # nothing has changed
    await gateway.tell("cancelled", {"id": "shop-1", "reason": "客人改主意了"})
    await gateway.tell("changed", order(1, extraInfo="多糖"))  # too late
    await until(lambda: store.told("order.cancelled"))
    assert [event["type"].rpartition(".")[2] for event in store.orders] == ["placed", "changed", "cancelled"]
    assert store.orders[2]["data"]["reason"] == "客人改主意了"


async def test_a_wrong_or_an_old_signature_is_refused_and_counted(
    gateway: RunningGateway, store: BareStore, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps({"type": "order.placed", "data": order(1)}).encode()
    wrong = signed(body, "msg-1", secret="somebody else's")
    old = signed(body, "msg-1", at=1_700_000_000)
    for headers in (wrong, old, {}):
        await refuses(gateway, caplog, "/channels/generic/shop", body, headers)
    assert not store.orders


async def test_a_press_tells_the_customer_and_what_was_accepted_waits_no_more(
    gateway: RunningGateway, store: BareStore, stand_in: StandIn
) -> None:
    store.presence("online")
    await gateway.tell("placed", order(1))
    await until(lambda: store.orders)
    event = store.orders[0]
    about = {"order": event["subject"], "displayId": "A001", "replyTo": event["data"]["replyTo"]}
    store.tell("order.accepted", **about, event=event["id"])
    store.tell("item.started", **about, item="1", name="草莓奶油蛋糕", stage="baking")
    await until(lambda: stand_in.words)
    store.tell("order.ready", **about)
    await until(lambda: len(stand_in.words) == 2)
    assert stand_in.words == ["您的草莓奶油蛋糕已进烤箱。", "您的订单 A001 已做好,欢迎到麦田烘焙取货。"]
    assert json.loads(stand_in.requests[0][2])["data"]["addresses"] == {"webhook": "customer-1"}
    await until(lambda: gateway.gateway.hub.board.store("hz-0012").unanswered == 0)
    await until(lambda: store.receipts and store.receipts[-1]["data"] == {"journal": "journal-1", "through": "3"})


async def test_ready_that_waits_for_its_way_is_never_said_of_an_order_that_was_changed_meanwhile(
    gateway: RunningGateway, store: BareStore, stand_in: StandIn, clock: SetClock
) -> None:
    stand_in.answer = lambda _request, _body: web.Response(status=503)
    hub = gateway.gateway.hub
    await gateway.tell("placed", order(1))
    await until(lambda: store.orders)
    about = {"order": store.orders[0]["subject"]}
    store.tell("order.accepted", **about, event=store.orders[0]["id"])
    store.tell("order.ready", **about)
    await until(lambda: [notice.tries for notice in hub.board.notices.values()] == [1])
    await gateway.tell("changed", order(1, extraInfo="加一个面包"))
    await until(lambda: store.told("order.changed"))
    store.tell("order.accepted", **about, event=store.told("order.changed")[0]["id"], ready=False)
    await until(lambda: not len(hub.board.notices))
    stand_in.requests.clear()
    stand_in.answer = lambda _request, _body: web.json_response({})
    clock.passed += 600
    store.tell("item.started", **about, item="1", name="面包", stage="baking")
    await until(lambda: stand_in.words)
    store.tell("order.ready", **about)
    await until(lambda: len(stand_in.words) == 2)
    assert stand_in.words == ["您的面包已进烤箱。", "您的订单 A001 已做好,欢迎到麦田烘焙取货。"]


async def test_a_store_that_asks_gets_what_it_missed_and_nothing_after_a_restart_is_lost(
    gateway: RunningGateway, store: BareStore
) -> None:
    for number in range(1, 6):
        await gateway.tell("placed", order(number))
    await until(lambda: len(store.orders) == 5)
    await gateway.again()
    store.orders.clear()
    store.ask(after=2)
    await until(lambda: len(store.orders) == 3)
    assert [event["sequence"] for event in store.orders] == ["3", "4", "5"]


async def test_the_gateway_stops_whatever_hangs(
    gateway: RunningGateway, store: BareStore, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller, "PATIENCE", aiohttp.ClientTimeout(None))  # who waits for them now waits for ever
    monkeypatch.setattr(intake, "PATIENCE", 10 * PATIENCE)
    never = asyncio.Event()
    stand_in.answer = lambda _request, _body: never.wait()
    await gateway.tell("placed", order(1))
    await until(lambda: store.orders)
    store.tell("order.ready", store.orders[0]["subject"])
    await until(lambda: stand_in.requests)
    assert gateway.gateway._keeper._runner is not None
    server = gateway.gateway._keeper._runner.server
    assert server is not None
    taken = server.requests_count
    _, half = await asyncio.open_connection(*gateway.gateway.address)
    half.write(b"POST /channels/generic/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
    await half.drain()
    await until(lambda: server.requests_count > taken)
    assert gateway.gateway.road.connection is not None
    gateway.gateway.road.connection.close = lambda: None  # type: ignore[method-assign] # the broker says no farewell
    await gateway.stop()
    never.set()
    half.close()
    await gateway.start()
    assert [notice.on for notice in gateway.gateway.hub.board.notices.values()] == ["order.ready"]


async def test_who_was_to_be_told_ready_is_not_where_the_store_took_it_back_while_the_gateway_was_away(
    gateway: RunningGateway, store: BareStore, stand_in: StandIn, clock: SetClock
) -> None:
    stand_in.answer = lambda _request, _body: web.Response(status=503)
    await gateway.tell("placed", order(1))
    await gateway.tell("placed", order(2))
    await until(lambda: len(store.orders) == 2)
    for event in store.orders:
        store.tell("order.ready", event["subject"])
    board = gateway.gateway.hub.board
    await until(lambda: [notice.tries for notice in board.notices.values()] == [1, 1])
    await gateway.stop()
    stand_in.answer = lambda _request, _body: web.json_response({})
    stand_in.requests.clear()
    subjects = [event["subject"] for event in store.orders]
    for number in range(500):
        store.tell("item.finished", subjects[0], item=str(number), stage="boxing")
    store.tell("order.accepted", subjects[0], ready=False)
    clock.passed += 60
    await gateway.start()
    await until(lambda: not len(gateway.gateway.hub.board.notices))
    assert stand_in.words == ["您的订单 A002 已做好,欢迎到麦田烘焙取货。"]
