"""An order's whole way: cloud, MQTT, hub, journal, screen, paper, a baker's buttons, and back to the cloud."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from display.app import KitchenDisplay
from display.feed_client import FeedClient
from tests.brokers import Broker
from tests.cloud import PATIENCE, Cloud, order_event, until
from tests.flow.bakery import bakery_of
from tests.flow.valve import Valve

CAKE_TEXT = "小雨,生日快乐!"
CAKE = ("baking", "cooling", "frosting", "boxing")
BREAD = ("baking", "boxing")


def three_items(number: int = 1) -> dict[str, Any]:
    """Two cakes, one with a text, and a bread: two routes."""
    event = order_event(number)
    cake = event["data"]["items"][0]
    event["data"]["items"] = [
        cake,
        {"id": "2", "name": "黑森林蛋糕 6寸", "externalCode": "cake-forest-6", "quantity": 2},
        {"id": "3", "name": "乡村酸种", "externalCode": "bread-sourdough", "quantity": 1},
    ]
    return event


async def test_an_order_of_three_items_travels_from_the_cloud_to_every_stage_and_back(
    broker: Broker, cloud: Cloud, tmp_path: Path
) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        async with bakery.session.ws_connect(f"{bakery.url}/feed") as feed:
            assert (await feed.receive_json())["type"] == "snapshot"
            cloud.send(three_items())
            change = await _first(feed, "change")
            while not change["orders"]:  # the hub has asked for what it missed
                change = await _first(feed, "change")
        assert [view["order"] for view in change["orders"]] == ["o-1"]
        assert {item["bakery"].get("cakeText") for item in change["orders"][0]["cards"]["oven"]["items"]} == {
            CAKE_TEXT,
            None,
        }
        await _is_on_the_display(bakery.url)
        await _is_on_paper(bakery.printer.tickets)

        await bakery.press("oven", "1")  # all three start baking
        await until(lambda: len(cloud.told(kind="item.started")) == 3)
        await bakery.press("oven", "1")  # they are baked: the cakes cool here, the bread goes on to be boxed
        await until(lambda: len(cloud.told(kind="item.finished")) == 3)
        board = await bakery.until_board(lambda board: board["stations"][1]["cards"])
        assert [item["stage"] for item in board["stations"][0]["cards"][0]["items"]] == ["cooling", "cooling"]
        assert [item["stage"] for item in board["stations"][1]["cards"][0]["items"]] == ["boxing"]
        await bakery.press("oven", "1")  # the cakes are cool, and the oven's number is free
        await bakery.until_board(lambda board: not board["stations"][0]["cards"])
        await bakery.press("decorating", "1")  # furthest behind are the cakes: frosted
        await until(lambda: [e["data"]["stage"] for e in cloud.told(kind="item.finished")].count("frosting") == 2)
        await bakery.press("decorating", "1")  # all three are boxed
        await until(lambda: cloud.told(kind="order.ready"))
        assert (await bakery.get("/api/board"))["ready"] == [{"order": "o-1", "displayId": "A001"}]
        assert (await bakery.ask(type="collect", order="o-1"))[0] == 200
        await until(lambda: cloud.told(kind="order.collected"))
        await until(lambda: len(bakery.printer.tickets) == 2)

    stages = cloud.told()
    assert [int(event["sequence"]) for event in stages] == list(range(1, len(stages) + 1))
    assert next(event["type"] for event in stages) == "ovenbell.order.accepted"
    assert [event["type"] for event in stages][-2:] == ["ovenbell.order.ready", "ovenbell.order.collected"]
    assert all(event["subject"] == "o-1" and event["data"]["replyTo"] == "…" for event in stages)
    assert {event["data"]["by"] for event in stages} == {"cloud", "keypad:oven-pad", "keypad:decorating-pad", "api"}
    for item, route in (("1", CAKE), ("2", CAKE), ("3", BREAD)):
        told = [
            (event["data"]["stage"], event["type"].removeprefix("ovenbell.item."))
            for event in stages
            if event["data"].get("item") == item
        ]
        assert told == [(stage, moment) for stage in route for moment in ("started", "finished")]


async def _first(feed: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        while (message := await feed.receive_json())["type"] != kind:
            pass
    return dict(message)


async def _is_on_the_display(url: str) -> None:
    app = KitchenDisplay(FeedClient(url), stations=("oven",), language="zh")
    async with app.run_test(size=(160, 50)) as pilot:
        screen = ""
        async with asyncio.timeout(PATIENCE):
            while CAKE_TEXT not in screen or "A001" not in screen:
                await pilot.pause(0.05)
                screen = "\n".join(
                    "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
                )
        assert "草莓奶油蛋糕" in screen
        assert "乡村酸种" in screen


async def _is_on_paper(tickets: list[Any]) -> None:
    await until(lambda: tickets)
    paper = tickets[0].text
    for text in ("A001", "草莓奶油蛋糕 8寸", CAKE_TEXT, "少糖", "夹心:芒果", "黑森林蛋糕 6寸", "乡村酸种", "[QR o-1]"):
        assert text in paper


async def test_a_press_taken_back_within_the_grace_is_never_heard_of_outside(
    broker: Broker, cloud: Cloud, tmp_path: Path
) -> None:
    async with bakery_of(broker, tmp_path, grace=3.0) as bakery:
        cloud.send(order_event(1), order_event(2))
        await bakery.until_board(lambda board: len(board["stations"][0]["cards"]) == 2)
        await bakery.press("oven", "1")
        await bakery.until_board(lambda board: board["stations"][0]["cards"][0]["next"]["moment"] == "finished")
        await bakery.press("oven", "R")
        await bakery.until_board(lambda board: board["stations"][0]["cards"][0]["next"]["moment"] == "started")
        await bakery.press("oven", "2")  # what comes after it is heard, so what was taken back has had its time
        await until(lambda: cloud.told(kind="item.started"))
    events = cloud.told()
    assert [(e["type"], e["subject"]) for e in events] == [
        ("ovenbell.order.accepted", "o-1"),
        ("ovenbell.order.accepted", "o-2"),
        ("ovenbell.item.started", "o-2"),
    ]


async def test_a_press_taken_back_too_late_is_recalled_in_the_open(
    broker: Broker, cloud: Cloud, tmp_path: Path
) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        cloud.send(order_event(1))
        await bakery.until_board(lambda board: board["stations"][0]["cards"])
        await bakery.press("oven", "1")
        await until(lambda: cloud.told(kind="item.started"))
        await bakery.press("oven", "R")
        await until(lambda: cloud.told(kind="item.recalled"))
    recalled = cloud.told(kind="item.recalled")[0]
    assert (recalled["data"]["stage"], recalled["data"]["moment"]) == ("baking", "started")
    assert "ready" not in recalled["data"]


async def test_a_full_station_goes_on_over_pages_and_its_keypad_turns_with_it(
    broker: Broker, cloud: Cloud, tmp_path: Path
) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        cloud.send(*(order_event(number) for number in range(1, 6)))  # five orders, three slots
        await bakery.until_board(lambda board: len(board["stations"][0]["cards"]) == 5)
        await bakery.press("oven", "N")
        await bakery.until_board(lambda board: board["stations"][0]["page"] == 2)
        await bakery.press("oven", "2")
        await until(lambda: cloud.told(kind="item.started"))
        assert cloud.told(kind="item.started")[0]["subject"] == "o-5"


async def test_a_freed_number_that_is_pressed_again_hits_nobody(broker: Broker, cloud: Cloud, tmp_path: Path) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        event = order_event(1)
        event["data"]["items"][0]["externalCode"] = "bread-1"
        cloud.send(event)
        await bakery.until_board(lambda board: board["stations"][0]["cards"])
        for moment in ("item.started", "item.finished"):
            await bakery.press("oven", "1")
            await until(lambda moment=moment: cloud.told(kind=moment))
        cloud.send(order_event(2))  # it must not take the number that was just freed
        board = await bakery.until_board(lambda board: board["stations"][0]["cards"])
        assert board["stations"][0]["cards"][0]["slot"] == 2
        status, answer = await bakery.ask(type="bump", station="oven", slot=1)
        assert status == 409
        assert "烤箱" in answer["reason"]
        await bakery.press("oven", "1")
        await until(lambda: "oven-pad" in bakery.log())
        assert (await bakery.board("oven"))[2]["next"]["moment"] == "started"


async def test_an_order_made_by_hand_needs_no_cloud(broker: Broker, cloud: Cloud, tmp_path: Path) -> None:
    road = Valve(broker.port)  # not there yet: the cloud cannot be reached
    bakery = bakery_of(broker, tmp_path)
    bakery.broker_url = f"mqtt://127.0.0.1:{road.port}"
    async with bakery:
        data = {**order_event(7)["data"], "salesChannel": "phone"}
        assert (await bakery.ask(type="place", id="p1", data=data))[0] == 200
        assert (await bakery.ask(type="place", id="p1", data=data))[0] == 200
        board = await bakery.get("/api/board")
        assert [card["displayId"] for card in board["stations"][0]["cards"]] == ["A007"]
        assert board["status"]["cloud"] == "away"
        await bakery.press("oven", "1")
        await bakery.until_board(lambda board: board["stations"][0]["cards"][0]["next"]["moment"] == "finished")
        await until(lambda: bakery.printer.tickets)
        async with road:  # the outbox kept what happened meanwhile
            await until(lambda: cloud.told(kind="item.started"))


async def test_the_merchant_s_word_reaches_the_cloud(broker: Broker, cloud: Cloud, tmp_path: Path) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        cloud.send(order_event(1), order_event(2))
        await bakery.until_board(lambda board: len(board["stations"][0]["cards"]) == 2)
        assert (await bakery.ask(type="refuse", order="o-1", reason="没有鸡蛋了"))[0] == 200
        assert (await bakery.ask(type="refuse", order="o-1", reason="again"))[0] == 409
        assert (await bakery.ask(type="pause", reason="thirty cakes"))[0] == 200
        assert (await bakery.ask(type="resume"))[0] == 200
        assert (await bakery.ask(type="unavailable", code="cake-strawberry-8"))[0] == 200
        assert (await bakery.ask(type="available", code="cake-strawberry-8"))[0] == 200
        await bakery.press("oven", "2")
        await until(lambda: cloud.told(kind="item.started"))
        assert (await bakery.ask(type="remake", order="o-2", item="1", reason="it fell"))[0] == 200
        await until(lambda: cloud.told(kind="item.recalled"))
        told = {event["type"].removeprefix("ovenbell."): event for event in cloud.told()}
    refused = told["order.refused"]
    assert (refused["subject"], refused["data"]["reason"], refused["data"]["by"]) == ("o-1", "没有鸡蛋了", "api")
    assert told["store.paused"]["data"] == {"by": "api", "reason": "thirty cakes"}
    assert told["store.resumed"]["data"] == {"by": "api"}
    assert told["product.unavailable"]["data"] == {"by": "api", "code": "cake-strawberry-8"}
    assert told["product.available"]["data"] == {"by": "api", "code": "cake-strawberry-8"}
    recalled = told["item.recalled"]["data"]
    assert (recalled["item"], recalled["stage"], recalled["remade"], recalled["reason"]) == (
        "1",
        "baking",
        True,
        "it fell",
    )
    sequences = [int(event["sequence"]) for event in cloud.told()]
    assert sequences == list(range(1, len(sequences) + 1))
