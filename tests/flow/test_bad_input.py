"""Bad input of every kind: each gets a clear line, nothing stops, nothing is lost."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import Broker
from tests.cloud import Cloud, order_event, until
from tests.flow.bakery import Bakery, bakery_of, device_state

MERCHANTS = 'merchant_ids = ["wheatfield"]'


def without(field: str) -> dict[str, Any]:
    event = order_event(1)
    del event["data"][field]
    return event


def with_data(**changes: Any) -> dict[str, Any]:
    event = order_event(1)
    event["data"] |= changes
    return event


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"{not json", "JSON"),
        (b"\xff\xfe\x00", ""),
        (b"", ""),
        (b"[1, 2]", "object"),
        (json.dumps(without("displayId")).encode(), "displayId"),
        (json.dumps(without("items")).encode(), "items"),
        (json.dumps(with_data(items=[])).encode(), "items"),
        (json.dumps(with_data(type="EAT-IN")).encode(), "type"),
        (json.dumps(with_data(createdAt="yesterday")).encode(), "createdAt"),
        (json.dumps(with_data(items=[{"id": "1", "name": "x", "quantity": "many"}])).encode(), "items[0].quantity"),
        (json.dumps(order_event(1, type="ovenbell.order.eaten")).encode(), "eaten"),
        (b"x" * 10_000_000, "256 KiB"),
    ],
    ids=lambda value: value[:24].decode(errors="replace") if isinstance(value, bytes) else value,
)
async def test_what_cannot_be_understood_is_kept_answered_and_counted(
    broker: Broker, cloud: Cloud, tmp_path: Path, message: bytes, reason: str
) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        cloud.send(message, order_event(2))
        board = await bakery.until_board(lambda board: board["stations"][0]["cards"])
        assert board["status"]["deadLetters"] == 1
        await until(lambda: cloud.told(kind="order.rejected"))
        assert reason in cloud.told(kind="order.rejected")[0]["data"]["reason"]


async def test_an_order_for_another_merchant_is_a_dead_letter(broker: Broker, cloud: Cloud, tmp_path: Path) -> None:
    async with _strict(broker, tmp_path) as bakery:
        cloud.send(with_data(merchant={"id": "somebody-else"}))
        ours = order_event(2)
        ours["data"]["merchant"] = {"id": "wheatfield"}
        cloud.send(ours)
        board = await bakery.until_board(lambda board: board["stations"][0]["cards"])
        assert [card["order"] for card in board["stations"][0]["cards"]] == ["o-2"]
        await until(lambda: cloud.told(kind="order.rejected"))
        assert "merchant" in cloud.told(kind="order.rejected")[0]["data"]["reason"]


def _strict(broker: Broker, directory: Path) -> Bakery:
    bakery = bakery_of(broker, directory)
    plain = bakery.settings
    bakery.settings = lambda: plain().replace("[store]", f"[store]\n{MERCHANTS}")  # type: ignore[method-assign]
    return bakery


async def test_unknown_fields_are_ignored_and_a_bad_optional_one_costs_itself_alone(
    broker: Broker, cloud: Cloud, tmp_path: Path
) -> None:
    event = with_data(colour="blue", salesChannel=7, customer=None)
    event["data"]["items"][0]["bakery"]["candles"] = "six"
    event["traceparent"] = "00-1"
    async with bakery_of(broker, tmp_path) as bakery:
        cloud.send(event)
        board = await bakery.until_board(lambda board: board["stations"][0]["cards"])
        card = board["stations"][0]["cards"][0]
        assert sorted(card["dropped"]) == ["items[0].bakery.candles", "salesChannel"]
        assert card["items"][0]["bakery"]["cakeText"] == "小雨,生日快乐!"


async def test_a_key_nobody_mapped_and_an_empty_slot_are_one_line_each(
    broker: Broker, cloud: Cloud, tmp_path: Path
) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        cloud.send(order_event(1))
        await bakery.until_board(lambda board: board["stations"][0]["cards"])
        await bakery.press("oven", "Z")
        await bakery.press("oven", "3")
        await bakery.press("oven", "1")
        await until(lambda: cloud.told(kind="item.started"))
        said = bakery.log()
        assert "Traceback" not in said
        assert sum("oven-pad" in line for line in said.splitlines()) == 2


async def test_a_printer_that_refuses_owes_its_tickets_and_holds_up_nobody(
    broker: Broker, cloud: Cloud, tmp_path: Path
) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        await bakery.printer.stop()
        cloud.send(order_event(1))
        await bakery.until_board(lambda board: board["stations"][0]["cards"] and board["status"]["unprinted"] == 1)
        await bakery.press("oven", "1")
        await until(lambda: cloud.told(kind="item.started"))
        await bakery.printer.start()
        await until(lambda: bakery.printer.tickets)
        await bakery.until_board(lambda board: board["status"]["unprinted"] == 0)
        assert len(bakery.printer.tickets) == 1
        assert "重印" not in bakery.printer.tickets[0].text


async def test_a_keypad_that_vanishes_is_missed_and_comes_back(broker: Broker, cloud: Cloud, tmp_path: Path) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        cloud.send(order_event(1))
        await bakery.until_board(lambda board: board["stations"][0]["cards"])
        bakery.keypads["oven"].unplug()
        await bakery.until_board(lambda board: device_state(board, "oven-pad") == "missing")
        bakery.keypads["oven"].replug()
        await bakery.until_board(lambda board: device_state(board, "oven-pad") == "ok")
        await bakery.press("oven", "1")
        await until(lambda: cloud.told(kind="item.started"))
        assert "Traceback" not in bakery.log()


async def test_a_store_starts_although_everything_is_away(tmp_path: Path) -> None:
    bakery = Bakery(tmp_path, "mqtt://127.0.0.1:1")
    bakery.keypads["oven"].unplug()
    async with bakery:
        await bakery.printer.stop()
        board = await bakery.get("/api/board")
        assert board["status"]["cloud"] == "away"
        assert await bakery.get("/healthz") == {"status": "ok", "sequence": 0}
        assert await bakery.stop() == 0
        assert "Traceback" not in bakery.log()
