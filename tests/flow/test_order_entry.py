"""The phone rings: an order typed at the counter is made and printed like any other, with the cloud and without it."""

from pathlib import Path

from display.feed_client import FeedClient
from tests.brokers import Broker
from tests.cloud import Cloud, until
from tests.flow.bakery import Bakery, bakery_of
from tests.flow.valve import Valve
from tests.unit.display.clerk import counter

TEXT = "小雨,生日快乐!"


async def order_a_cake_and_bread(bakery: Bakery) -> str:
    """Somebody phones; the display id that they are told."""
    async with counter(FeedClient(bakery.url), "zh") as clerk:
        await clerk.type("3 ks", "cm")
        await clerk.press("2")
        await clerk.paste(TEXT)
        await clerk.type("", "6", "", "", "", "13800001234")
        await clerk.press("ctrl+s")
        await clerk.until(lambda: clerk.app.said)
        (said,) = clerk.app.said
    assert said is not None
    assert said.startswith("已下单：")
    return said.removeprefix("已下单：").split()[0]


async def is_made_like_any_other(bakery: Bakery, display_id: str) -> None:
    """It stands on the board and on paper, and moves on with a press."""
    board = await bakery.until_board(lambda board: board["stations"][0]["cards"])
    (card,) = board["stations"][0]["cards"]
    assert (card["displayId"], card["channel"], card["due"]) == (display_id, "phone", None)
    assert [(item["name"], float(item["quantity"])) for item in card["items"]] == [("可颂", 3), ("草莓奶油蛋糕", 1)]
    cake = card["items"][1]["bakery"]
    assert (cake["cakeText"], cake["size"], cake["candles"]) == (TEXT, "8寸", 6)
    await until(lambda: bakery.printer.tickets)
    for text in (display_id, "可颂", "草莓奶油蛋糕", TEXT, "8寸"):
        assert text in bakery.printer.tickets[0].text
    await bakery.press("oven", "1")
    await bakery.until_board(lambda board: board["stations"][0]["cards"][0]["next"]["moment"] == "finished")


async def test_a_store_without_a_cloud_takes_orders_at_its_counter(tmp_path: Path) -> None:
    async with Bakery(tmp_path, "") as bakery:
        await is_made_like_any_other(bakery, await order_a_cake_and_bread(bakery))
        assert (await bakery.get("/api/board"))["status"]["cloud"] == "none"


async def test_an_order_typed_while_the_cloud_is_away_is_made_at_once_and_told_later(
    broker: Broker, cloud: Cloud, tmp_path: Path
) -> None:
    road = Valve(broker.port)  # not there yet: the cloud cannot be reached
    bakery = bakery_of(broker, tmp_path)
    bakery.broker_url = f"mqtt://127.0.0.1:{road.port}"
    async with bakery:
        display_id = await order_a_cake_and_bread(bakery)
        await is_made_like_any_other(bakery, display_id)
        assert (await bakery.get("/api/board"))["status"]["cloud"] == "away"
        async with road:
            await until(lambda: cloud.told(kind="order.accepted") and cloud.told(kind="item.started"))
    assert [event["data"]["displayId"] for event in cloud.told(kind="order.accepted")] == [display_id]
