"""What is too old leaves the journal, and whoever asks for it hears that it will never come."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud_bridge.gateway.facts import OrderClosed
from cloud_bridge.gateway.intents import Allow, Note, Unread
from cloud_bridge.gateway.pruning import _first_since, _prune_orders, prune_keys, prune_once
from cloud_bridge.gateway.rules import CloudHub
from cloud_bridge.letters import Reparsed
from tests.brokers import Broker
from tests.cloud import until
from tests.gateways import BareStore, RunningGateway, order, settings_of, signed


async def close_all(hub: CloudHub) -> None:
    """Nothing more is expected of any order."""
    for order_id in [one.id for one in hub.board.orders.values()]:
        await hub.submit(Note(OrderClosed(order_id)), by="test")


async def test_a_store_that_asks_for_what_was_pruned_hears_that_it_is_gone(
    gateway: RunningGateway, store: BareStore
) -> None:
    for number in range(1, 4):
        await gateway.tell("placed", order(number))
    await until(lambda: len(store.orders) == 3)
    hub = gateway.gateway.hub
    await until(lambda: not len(hub.board.outbox))
    await close_all(hub)
    await prune_once(hub, -1)  # everything up to tomorrow, but the newest fact
    store.orders.clear()
    store.ask(after=1)
    await until(lambda: store.told("sequence.skipped"))
    [skipped] = store.told("sequence.skipped")
    assert skipped["data"] == {"from": "2", "through": "3"}


async def test_names_are_gone_from_the_file_after_pruning(broker: Broker, tmp_path: Path) -> None:
    journal = tmp_path / "gateway.db"
    async with RunningGateway(settings_of(broker, tmp_path), journal) as gateway:
        await gateway.tell("placed", order(1, customer={"name": "Zebediah Quux"}))
        await gateway.tell("placed", {"id": "shop-2", "displayId": "Zebediah Quux"})
        await until(lambda: gateway.gateway.hub.board.counters.letters == 1)
        await until(lambda: not len(gateway.gateway.hub.board.outbox))
        assert b"Zebediah" in _bytes(tmp_path)
        await close_all(gateway.gateway.hub)
        await prune_once(gateway.gateway.hub, -1)
        assert gateway.gateway.hub.board.counters.letters == 0
    assert b"Zebediah" not in _bytes(tmp_path)


async def test_an_account_whose_letters_were_pruned_is_no_alarm_though_others_have_some(
    gateway: RunningGateway,
) -> None:
    hub = gateway.gateway.hub
    first = await hub.submit(Unread("no items", "generic/old"), by="test") - 1
    for letter in (Unread("no items", "generic/new"), Unread("no items", "generic/new"), Unread("no id", topic="x")):
        await hub.submit(letter, by="test")
    await hub.journal.run(lambda connection: connection.execute("DELETE FROM facts WHERE seq = ?", (first,)))
    await prune_once(hub, 30)
    assert [key for key, _ in hub.board.alarms.items()] == ["letters/generic/new"]
    assert (hub.board.counters.letters, hub.board.accounts["generic/new"].letters) == (3, 2)


def _bytes(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in directory.glob("gateway.db*"))


async def test_a_new_store_is_sent_a_pre_order_whose_day_is_later_than_what_is_kept(
    gateway: RunningGateway, store: BareStore
) -> None:
    due = (datetime.now(UTC) + timedelta(days=31)).isoformat()
    await gateway.tell("placed", order(1, takeout={"takeoutDateTime": due}))
    await gateway.tell("placed", order(2))
    await until(lambda: len(store.orders) == 2)
    hub = gateway.gateway.hub
    await until(lambda: not len(hub.board.outbox))
    await hub.submit(Note(OrderClosed(store.orders[1]["subject"])), by="test")
    await prune_once(hub, -1)
    store.orders.clear()
    store.ask()
    await until(lambda: store.told("sequence.skipped"))
    assert [event["sequence"] for event in store.told("order.placed")] == ["1"]
    assert store.told("sequence.skipped")[0]["data"] == {"from": "2", "through": "2"}


async def test_of_a_webhook_that_was_read_only_the_key_is_kept_longer_than_two_days(
    gateway: RunningGateway, store: BareStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, reader = gateway.gateway.hub, gateway.gateway.reader
    body = json.dumps({"type": "order.placed", "data": order(1)}).encode()
    first = ("/channels/generic/shop", body, signed(body, "the first"))
    await gateway.post(*first)
    await until(lambda: store.orders)
    with monkeypatch.context() as small:
        small.setattr("cloud_bridge.gateway.reader.ROOM", 1)
        await gateway.tell("placed", order(2))
        store.publish("stages", b"{")
        await until(lambda: hub.board.counters.letters == 2)

    async def bodies() -> list[int]:
        sql = "SELECT length(json_extract(body, '$.webhook.body')) FROM facts WHERE kind = 'WebhookKept' ORDER BY seq"
        return [size for (size,) in await hub.journal.run(lambda connection: connection.execute(sql).fetchall())]

    await prune_once(hub, 30)
    read, letter = await bodies()
    monkeypatch.setattr("cloud_bridge.gateway.pruning.READ_DAYS", -1)
    await prune_once(hub, 30)
    assert read > 0
    assert await bodies() == [0, letter]
    assert await reader.reparse() == Reparsed(1, 1)
    await until(lambda: len(store.orders) == 2 and not len(hub.board.outbox))  # the newest fact stays
    await prune_once(hub, 30)
    assert await bodies() == [0, 0]
    await gateway.post(*first)
    assert len(await bodies()) == 2  # it is still known


async def test_a_letter_that_is_younger_than_its_webhook_is_read_from_it_to_the_end(
    gateway: RunningGateway, store: BareStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, reader = gateway.gateway.hub, gateway.gateway.reader
    monkeypatch.setattr("cloud_bridge.gateway.reader.REPLY", 1)
    await gateway.tell("placed", order(1))
    await until(lambda: hub.board.counters.letters == 1)
    monkeypatch.undo()
    await gateway.tell("placed", {"id": "shop-2"})
    await until(lambda: hub.board.counters.letters == 2)

    def age(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE facts SET at = 1.0 WHERE kind = 'WebhookKept' AND seq = 1")

    await hub.journal.run(age)
    await prune_once(hub, 30)
    assert await reader.reparse() == Reparsed(1, 1)
    await until(lambda: store.orders)


async def test_a_letter_whose_webhook_is_gone_is_not_read_from_another_one(
    gateway: RunningGateway, store: BareStore
) -> None:
    hub = gateway.gateway.hub
    await gateway.tell("placed", {"id": "shop-1"})
    await gateway.tell("placed", order(2))
    await until(lambda: store.orders and hub.board.counters.letters == 1)
    await hub.journal.run(lambda connection: connection.execute("DELETE FROM facts WHERE seq = 1"))
    assert await gateway.gateway.reader.reparse() == Reparsed(0, 1)


async def test_what_customers_allowed_is_forgotten_with_everything_else(gateway: RunningGateway) -> None:
    hub = gateway.gateway.hub
    await hub.submit(Allow("generic/shop", "somebody", {"t-ready": 1}), by="test")
    await prune_once(hub, 30)
    assert len(hub.board.grants) == 1
    await prune_once(hub, -1)
    assert not len(hub.board.grants)


async def test_an_event_is_known_until_its_key_is_pruned(gateway: RunningGateway) -> None:
    hub = gateway.gateway.hub
    for number in range(20):
        await gateway.tell("placed", order(number))
    await until(lambda: not len(hub.board.webhooks))

    def keys(connection: sqlite3.Connection) -> int:
        return int(connection.execute("SELECT count(*) FROM known").fetchone()[0])

    await prune_keys(hub, 30)
    assert await hub.journal.run(keys) == 20
    await prune_keys(hub, -1)
    assert await hub.journal.run(keys) == 0


def test_what_is_old_is_found_without_reading_the_journal_and_goes_in_few_statements() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE facts (seq INTEGER PRIMARY KEY, at REAL)")
    connection.executemany("INSERT INTO facts VALUES (?, ?)", ((number, number / 10) for number in range(100, 10_000)))
    connection.execute("CREATE TABLE closed (key TEXT PRIMARY KEY, body TEXT)")
    connection.executemany("INSERT INTO closed VALUES (?, '{\"changed\": 1.0}')", ((str(n),) for n in range(300)))
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    for since, first in ((0.0, 1), (50.0, 500), (50.05, 501), (9_999.0, 9_999)):
        assert _first_since(connection, since, 9_999) == first
    assert len(statements) < 4 * 15
    statements.clear()
    assert _prune_orders(connection, 2.0) == 300
    assert sum("DELETE" in one for one in statements) == 1
    connection.close()
