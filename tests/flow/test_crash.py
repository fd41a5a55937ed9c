"""A hub that is killed: nothing that was acknowledged is missing, nothing that comes again is doubled."""

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.brokers import Broker
from tests.cloud import Cloud, order_event, until
from tests.flow.bakery import bakery_of
from tests.flow.valve import Valve

ORDERS = 30


async def test_killed_between_commit_and_acknowledgement_nothing_is_missing_or_doubled(
    mosquitto: Callable[..., Broker], cloud_of: Callable[[Broker], Cloud], tmp_path: Path
) -> None:
    broker = mosquitto()
    cloud = cloud_of(broker)
    async with Valve(broker.port) as valve, bakery_of(broker, tmp_path) as bakery:
        await bakery.kill()
        bakery.broker_url = f"mqtt://127.0.0.1:{valve.port}"
        await bakery.start()
        await until(lambda: cloud.presence.get("state") == "online")
        valve.hold()  # the hub hears the broker, the broker no longer hears the hub: commits, but no acknowledgements
        cloud.send(*(order_event(number) for number in range(1, ORDERS + 1)))
        await bakery.until_board(lambda board: len(board["stations"][0]["cards"]) == ORDERS)
        assert not cloud.told(kind="order.accepted")
        await bakery.kill()
        valve.release()
        await bakery.start()
        await until(lambda: len(cloud.told(kind="order.accepted")) >= ORDERS)
        cloud.send(order_event(ORDERS + 1))  # everything the broker held for redelivery has come before this one
        board = await bakery.until_board(lambda board: len(board["stations"][0]["cards"]) == ORDERS + 1)
        assert sorted(card["order"] for card in board["stations"][0]["cards"]) == sorted(
            f"o-{number}" for number in range(1, ORDERS + 2)
        )
        history = (await bakery.get("/api/orders/o-1"))["history"]
        assert [fact["fact"] for fact in history].count("OrderPlaced") == 1
        await until(lambda: len(cloud.told(kind="order.accepted")) >= ORDERS + 1)
    accepted = cloud.told(kind="order.accepted")
    ids = Counter(event["id"] for event in accepted)
    assert len(ids) == ORDERS + 1
    assert sorted({int(event["sequence"]) for event in accepted}) == list(range(1, ORDERS + 2))


async def test_killed_while_orders_pour_in_each_is_there_once(
    mosquitto: Callable[..., Broker], cloud_of: Callable[[Broker], Cloud], tmp_path: Path
) -> None:
    broker = mosquitto()
    cloud = cloud_of(broker)
    many = 300
    async with bakery_of(broker, tmp_path) as bakery:
        await until(lambda: cloud.presence.get("state") == "online")
        sending = asyncio.create_task(asyncio.to_thread(cloud.send, *(order_event(n) for n in range(1, many + 1))))
        for wanted in (1, 100):
            await bakery.until_board(lambda board, wanted=wanted: len(board["stations"][0]["cards"]) >= wanted)
            await bakery.kill()
            await bakery.start()
        await sending
        board = await bakery.until_board(lambda board: len(board["stations"][0]["cards"]) == many)
        assert len({card["order"] for card in board["stations"][0]["cards"]}) == many
        assert len({card["slot"] for card in board["stations"][0]["cards"]}) == many
        await until(lambda: len({event["subject"] for event in cloud.told(kind="order.accepted")}) == many)


async def test_a_press_that_was_on_the_screen_is_there_after_a_crash(
    broker: Broker, cloud: Cloud, tmp_path: Path
) -> None:
    async with bakery_of(broker, tmp_path, grace=2.0) as bakery:
        cloud.send(order_event(1))
        await bakery.until_board(lambda board: board["stations"][0]["cards"])
        await bakery.press("oven", "1")
        await bakery.until_board(lambda board: board["stations"][0]["cards"][0]["next"]["moment"] == "finished")
        await bakery.kill()
        await bakery.start()
        assert (await bakery.board("oven"))[1]["next"]["moment"] == "finished"
        await until(lambda: cloud.told(kind="item.started"))  # its grace went on where it stood
