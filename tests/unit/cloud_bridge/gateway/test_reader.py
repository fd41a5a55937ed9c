"""What webhooks say is read once they are kept, and what cannot be is kept until it can."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.decide import _RULES
from cloud_bridge.gateway.facts import Happened
from cloud_bridge.gateway.intents import Take
from cloud_bridge.letters import Reparsed
from cloud_bridge.reader import LARGEST
from tests.brokers import Broker
from tests.cloud import until
from tests.gateways import BareStore, RunningGateway, StandIn, order, settings_of

SHOP = "generic/shop"


@pytest.mark.parametrize(
    ("about", "what"),
    [({"extraInfo": "x" * LARGEST}, "the order"), ({"addresses": {"webhook": "x" * 16_000}}, "its addresses")],
)
async def test_an_order_that_is_larger_than_a_store_reads_waits_for_a_person_and_holds_up_no_other(
    gateway: RunningGateway, store: BareStore, about: dict[str, Any], what: str
) -> None:
    board = gateway.gateway.hub.board
    assert await gateway.tell("placed", order(1, **about)) == 200
    await until(lambda: board.counters.letters == 1)
    assert board.accounts[SHOP].reason.startswith(f"{what}: ")
    assert "KiB reach a store" in board.alarms[f"letters/{SHOP}"].text
    await gateway.tell("placed", order(2))
    await until(lambda: store.orders)
    assert store.orders[0]["data"]["displayId"] == "A002"


async def test_the_longest_order_and_the_longest_reason_reach_the_store(
    gateway: RunningGateway, store: BareStore
) -> None:
    await gateway.tell("placed", order(1, extraInfo="草" * (LARGEST // 3 - 2_000)))
    await until(lambda: store.orders)
    await gateway.tell("cancelled", {"id": "shop-1", "reason": "停" * LARGEST})
    await until(lambda: store.told("order.cancelled"))
    assert all(len(json.dumps(one, ensure_ascii=False).encode()) <= LARGEST for one in store.orders)


async def test_how_a_customer_wishes_to_be_told_is_heard_by_no_store_and_may_change(
    broker: Broker, store: BareStore, stand_in: StandIn, tmp_path: Path
) -> None:
    settings = settings_of(broker, tmp_path, stand_in=stand_in.url)
    [shop], [hook] = settings.accounts, settings.ways
    ways = [replace(hook, id=name, options={"url": f"{stand_in.url}/{name}"}) for name in ("mail", "chat", "robot")]
    settings = replace(settings, accounts=(replace(shop, ways=("mail", "chat", "robot")),), ways=tuple(ways))
    async with RunningGateway(settings, tmp_path / "gateway.db") as gateway:
        for number, (kind, wished) in enumerate([("placed", ["chat"]), ("changed", ["robot"]), ("changed", None)], 1):
            await gateway.tell(kind, order(1, ways=wished))
            await until(lambda heard=number: len(store.orders) == heard)
            store.tell("item.started", store.orders[0]["subject"], stage="baking", item=str(number), name="蛋糕")
            await until(lambda told=number: len(stand_in.requests) == told)
    assert [path for path, _, _ in stand_in.requests] == ["/chat", "/robot", "/mail"]
    assert not any("ways" in one["data"] for one in store.orders)


async def test_a_letter_that_the_rules_still_cannot_digest_holds_up_no_other(
    gateway: RunningGateway, store: BareStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, holes = _RULES[Take], {"shop-1", "shop-2"}

    def with_holes(draft: Board, intent: Take, now: float) -> Iterator[Happened]:
        if intent.origin in holes:
            raise LookupError("a hole in the rules")
        yield from take(draft, intent, now)

    monkeypatch.setitem(_RULES, Take, with_holes)
    for number in (1, 2):
        await gateway.tell("placed", order(number))
    await until(lambda: gateway.gateway.hub.board.counters.letters == 2)
    holes.remove("shop-2")
    for left in [Reparsed(1, 1), Reparsed(0, 1)]:
        assert await gateway.gateway.reader.reparse() == left
    await until(lambda: store.orders)
    assert store.orders[0]["data"]["displayId"] == "A002"
    holes.clear()
    assert await gateway.gateway.reader.reparse() == Reparsed(1, 0)


async def test_a_letter_that_two_read_at_once_counts_once(
    gateway: RunningGateway, store: BareStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, reader = gateway.gateway.hub.board, gateway.gateway.reader
    monkeypatch.setattr("cloud_bridge.gateway.reader.REPLY", 1)
    await gateway.tell("placed", order(1))
    await gateway.tell("placed", {"id": "shop-2"})
    await until(lambda: board.counters.letters == 2)
    monkeypatch.undo()
    assert sorted(await asyncio.gather(reader.reparse(), reader.reparse())) == [Reparsed(0, 1), Reparsed(1, 1)]
    await until(lambda: store.orders)
    assert (board.counters.letters, board.accounts[SHOP].letters) == (1, 1)
    assert f"letters/{SHOP}" in board.alarms
