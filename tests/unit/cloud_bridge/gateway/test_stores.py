"""What a gateway knows of its stores: who is away with orders waiting, who has missed what, and whose an order is."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Never

import msgspec
import pytest

from cloud_bridge.gateway.decide import _RULES
from cloud_bridge.gateway.intents import Hear, Take
from cloud_bridge.gateway.road import Parcel, _gaps
from cloud_bridge.gateway.settings import CloudFile, ProductSettings, StoreSettings
from cloud_bridge.gateway.sweep import sweep
from cloud_bridge.letters import Reparsed
from tests.brokers import Broker
from tests.cloud import PATIENCE, until
from tests.gateways import STORE, BareStore, RunningGateway, SetClock, order, settings_of

replace = msgspec.structs.replace


@asynccontextmanager
async def running(settings: CloudFile, directory: Path) -> AsyncIterator[RunningGateway]:
    """A gateway with these settings."""
    async with RunningGateway(settings, directory / "gateway.db") as gateway:
        yield gateway


ORDERS, RECEIPTS = f"ovenbell/v1/{STORE}/orders", f"ovenbell/v1/{STORE}/receipts"


def alarms(gateway: RunningGateway) -> set[str]:
    """What a person has to look at."""
    return {key for key, _ in gateway.gateway.hub.board.alarms.items()}


async def test_a_store_that_was_away_too_long_with_orders_waiting_raises_an_alarm_until_it_is_back(
    gateway: RunningGateway, store: BareStore, clock: SetClock
) -> None:
    hub = gateway.gateway.hub
    store.presence("online", 1)
    await until(lambda: hub.board.store(STORE).online)
    store.presence("offline", 1)
    await until(lambda: not hub.board.store(STORE).online)
    await gateway.tell("placed", order(1))
    await until(lambda: hub.board.store(STORE).unanswered == 1)
    clock.passed = 500
    await sweep(hub)
    assert not alarms(gateway)
    clock.passed = 601
    await sweep(hub)
    await until(lambda: alarms(gateway) == {f"away/{STORE}"})
    store.presence("online", 2)
    await until(lambda: not alarms(gateway))


async def test_a_store_that_is_there_but_does_not_accept_its_orders_raises_an_alarm(
    gateway: RunningGateway, store: BareStore, clock: SetClock
) -> None:
    store.presence("online", 1)
    await gateway.tell("placed", order(1))
    await until(lambda: store.orders)
    clock.passed = 601
    await sweep(gateway.gateway.hub)
    await until(lambda: alarms(gateway) == {f"silent/{STORE}"})
    event = store.orders[0]
    store.tell("order.accepted", event["subject"], event=event["id"])
    await until(lambda: not alarms(gateway))


async def test_the_end_of_an_orders_day_is_found_without_a_timer_for_each(
    gateway: RunningGateway, store: BareStore, clock: SetClock
) -> None:
    hub = gateway.gateway.hub
    await gateway.tell("placed", order(1))
    await until(lambda: store.orders)
    event = store.orders[0]
    store.tell("order.accepted", event["subject"], event=event["id"])
    store.tell("order.collected", event["subject"])
    await until(lambda: hub.board.orders[event["subject"]].state == "collected")
    assert hub._timers.next == math.inf
    await sweep(hub)
    clock.passed = 3601
    await sweep(hub)
    await until(lambda: not len(hub.board.orders))


async def test_the_late_will_of_an_earlier_connection_does_not_make_a_store_away(
    gateway: RunningGateway, store: BareStore
) -> None:
    hub = gateway.gateway.hub
    store.presence("online", 2)
    await until(lambda: hub.board.store(STORE).online)
    store.presence("offline", 1)
    store.tell("store.paused")
    await until(lambda: hub.board.store(STORE).journal)
    assert hub.board.store(STORE).online


async def test_an_order_for_no_known_store_is_kept_and_goes_there_once_the_settings_name_it(
    broker: Broker, tmp_path: Path, store: BareStore
) -> None:
    settings = settings_of(broker, tmp_path)
    lost = (replace(settings.accounts[0], store="", stores={}),)
    async with running(replace(settings, accounts=lost), tmp_path) as gateway:
        shop = order(1, merchant={"id": "poi-7"})
        assert await gateway.tell("placed", shop) == 200
        assert await gateway.tell("changed", shop | {"extraInfo": "少糖"}) == 200
        await until(lambda: alarms(gateway) == {"unrouted/generic/shop/poi-7"})
        assert not store.orders
        gateway.settings = replace(settings, accounts=(replace(lost[0], stores={"poi-7": STORE}),))
        await gateway.again()
        await until(lambda: len(store.orders) == 2)
        assert [event["type"].rpartition(".")[2] for event in store.orders] == ["placed", "changed"]
        assert [event["sequence"] for event in store.orders] == ["1", "2"]
        await until(lambda: not alarms(gateway))


async def test_the_codes_of_a_channel_become_ours(broker: Broker, tmp_path: Path, store: BareStore) -> None:
    settings = settings_of(broker, tmp_path)
    products = {"cake-strawberry-8": ProductSettings(code="cake-8", name="草莓蛋糕")}
    account = replace(settings.accounts[0], products=products)
    async with running(replace(settings, accounts=(account,)), tmp_path) as gateway:
        await gateway.tell("placed", order(1))
        await until(lambda: store.orders)
    [item] = store.orders[0]["data"]["items"]
    assert (item["externalCode"], item["name"]) == ("cake-8", "草莓蛋糕")


async def test_a_store_that_knows_nothing_gets_what_is_still_open_and_hears_that_the_rest_is_past(
    gateway: RunningGateway, store: BareStore
) -> None:
    for number in range(1, 5):
        await gateway.tell("placed", order(number))
    await until(lambda: len(store.orders) == 4)
    for event in store.orders[:2]:
        store.tell("order.collected", event["subject"])
    await until(lambda: gateway.gateway.hub.board.store(STORE).heard.through == 2)
    store.orders.clear()
    store.ask()
    await until(lambda: store.told("sequence.skipped"))
    assert [event["sequence"] for event in store.told("order.placed")] == ["3", "4"]
    assert store.told("sequence.skipped")[0]["data"] == {"from": "1", "through": "2"}


async def test_an_order_that_the_broker_dropped_is_sent_again_when_its_store_leaves_it_unanswered(
    gateway: RunningGateway, store: BareStore, clock: SetClock
) -> None:
    hub = gateway.gateway.hub
    store.presence("online", 1)
    for number in (1, 2):
        await gateway.tell("placed", order(number))
    await until(lambda: len(store.orders) == 2 and not len(hub.board.outbox))
    store.tell("order.accepted", store.orders[0]["subject"], event=store.orders[0]["id"])
    await until(lambda: hub.board.store(STORE).unanswered == 1)
    store.orders.clear()  # as if the second had never come
    clock.passed = 601
    await sweep(hub)
    await until(lambda: store.orders)
    assert [event["sequence"] for event in store.orders] == ["2"]
    store.orders.clear()
    await gateway.again()
    await until(lambda: store.orders)
    assert [event["sequence"] for event in store.orders] == ["2"]


async def test_a_store_that_is_silent_about_one_order_is_sent_only_what_it_leaves_unanswered_but_that_each_time(
    gateway: RunningGateway, store: BareStore, clock: SetClock
) -> None:
    hub = gateway.gateway.hub
    store.presence("online", 1)
    for number in (1, 2, 3):
        await gateway.tell("placed", order(number))
    await until(lambda: len(store.orders) == 3 and not len(hub.board.outbox))
    for event in store.orders[1:]:
        store.tell("order.accepted", event["subject"], event=event["id"])
    await until(lambda: hub.board.store(STORE).unanswered == 1)
    store.orders.clear()
    for times in (1, 2):
        clock.passed += 601
        await sweep(hub)
        await until(lambda times=times: len(store.orders) >= times)
    assert [event["sequence"] for event in store.orders] == ["1", "1"]


async def test_a_question_is_answered_by_the_next_gateway_where_this_one_ended_before_its_answer(
    gateway: RunningGateway, store: BareStore
) -> None:
    await gateway.tell("placed", order(1))
    await until(lambda: store.orders and not len(gateway.gateway.hub.board.outbox))
    event = store.orders.pop()
    store.tell("order.accepted", event["subject"], event=event["id"])
    await until(lambda: not gateway.gateway.hub.board.store(STORE).unanswered)
    asked = asyncio.Event()

    async def never(*_: object) -> Never:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    gateway.gateway.road._parcels = never  # type: ignore[method-assign]
    store.ask()
    await asyncio.wait_for(asked.wait(), PATIENCE)
    await gateway.again()
    await until(lambda: store.orders)
    assert store.orders[0]["id"] == event["id"]


async def test_a_store_that_asks_again_and_again_gets_one_answer_after_the_other(
    gateway: RunningGateway, store: BareStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    road, hub = gateway.gateway.road, gateway.gateway.hub
    for number in (1, 2):
        await gateway.tell("placed", order(number))
    await until(lambda: len(store.orders) == 2 and not len(hub.board.outbox))
    with monkeypatch.context() as slow:
        slow.setattr(road, "_send", lambda: None)
        store.ask(after=0)
        await until(lambda: len(road._waiting) == 2)
        for after in (0, 0, 1):
            store.ask(after)
        store.presence("online", 1)
        await until(lambda: hub.board.store(STORE).online)
        assert len(road._waiting) == 2
        store.orders.clear()
    road._send()
    await until(lambda: len(store.orders) == 3)
    assert [event["sequence"] for event in store.orders] == ["1", "2", "2"]


async def test_an_answer_that_was_lost_with_the_connection_is_given_on_the_next_one(
    gateway: RunningGateway, store: BareStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    road = gateway.gateway.road
    await gateway.tell("placed", order(1))
    await until(lambda: store.orders and not len(gateway.gateway.hub.board.outbox))
    with monkeypatch.context() as slow:
        slow.setattr(road, "_send", lambda: None)
        store.orders.clear()
        store.ask(after=0)
        await until(lambda: road._waiting)
        assert road.connection is not None
        road.connection.abandon()
    await until(lambda: store.orders)
    assert [event["sequence"] for event in store.orders] == ["1"]


async def test_what_is_answered_while_the_connection_comes_about_is_sent_with_what_is_owed(
    gateway: RunningGateway, store: BareStore
) -> None:
    road = gateway.gateway.road
    assert road.connection is not None
    road._waiting.append(Parcel(ORDERS, b'{"type": "ovenbell.order.placed"}'))
    road.online(road.connection)
    await until(lambda: store.told("order.placed"))


async def test_a_gateway_with_a_new_journal_goes_on_counting_where_the_store_stands(
    gateway: RunningGateway, store: BareStore
) -> None:
    await gateway.tell("placed", order(1))
    await until(lambda: store.orders)
    store.ask(after=41)
    await until(lambda: gateway.gateway.hub.board.store(STORE).sequence == 41)
    await gateway.tell("placed", order(2))
    await until(lambda: len(store.orders) == 2)
    assert store.orders[1]["sequence"] == "42"


async def test_a_new_journal_hears_the_first_question_of_a_store_that_comes_with_it(
    gateway: RunningGateway, store: BareStore
) -> None:
    store.presence("online", 1)
    store.ask(after=41)
    await until(lambda: gateway.gateway.hub.board.store(STORE).sequence == 41)


async def test_a_store_that_counts_beyond_all_reason_holds_up_nobody(gateway: RunningGateway, store: BareStore) -> None:
    store.ask(after=10**18 - 1)
    store.presence("online", 1)
    hub = gateway.gateway.hub
    await until(lambda: hub.board.store(STORE).online)
    assert hub.board.store(STORE).sequence == 0
    store.ask(after=9_000_000)
    await until(lambda: hub.board.store(STORE).sequence == 9_000_000)
    assert _gaps(0, 10**18, {5, 6, 10**17}) == [(1, 4), (7, 10**17 - 1), (10**17 + 1, 10**18)]


async def test_what_was_not_published_when_the_gateway_ended_is_published_by_the_next_one(
    broker: Broker, tmp_path: Path, store: BareStore
) -> None:
    async with running(settings_of(broker, tmp_path), tmp_path) as gateway:
        assert gateway.gateway.road.connection is not None
        gateway.gateway.road._backoff = type(gateway.gateway.road._backoff)(first=60, ceiling=60)
        gateway.gateway.road.connection.abandon()
        await until(lambda: not gateway.gateway.road.connected)
        for number in range(1, 13):
            await gateway.tell("placed", order(number))
        await until(lambda: len(gateway.gateway.hub.board.outbox) == 12)
        await gateway.again()
        await until(lambda: len(store.orders) == 12)
        assert [int(event["sequence"]) for event in store.orders] == list(range(1, 13))
        await until(lambda: not len(gateway.gateway.hub.board.outbox))


async def test_what_a_store_says_of_another_ones_order_is_not_believed(
    broker: Broker, tmp_path: Path, store: BareStore
) -> None:
    settings = settings_of(broker, tmp_path)
    both = (*settings.stores, StoreSettings(id="elsewhere"))
    async with running(replace(settings, stores=both), tmp_path) as gateway:
        await gateway.tell("placed", order(1))
        await until(lambda: store.orders)
        with BareStore(broker, "elsewhere") as other:
            other.tell("order.collected", store.orders[0]["subject"])
            await until(lambda: gateway.gateway.hub.board.store("elsewhere").journal)
        assert gateway.gateway.hub.board.known(store.orders[0]["subject"]).state == "open"  # type: ignore[union-attr]


async def test_a_store_that_the_settings_do_not_name_any_more_is_not_heard_and_named_once_a_minute(
    broker: Broker, gateway: RunningGateway, store: BareStore, caplog: pytest.LogCaptureFixture
) -> None:
    with BareStore(broker, "closed-down") as other:
        for _ in range(3):
            other.tell("item.started", "o1")
        other.publish("stages", b"not JSON")
        other.presence("online")
        other.ask()
        store.tell("store.paused")
        await until(lambda: gateway.gateway.hub.board.store(STORE).journal)
    assert [line for line in caplog.messages if "closed-down" in line] == [
        "a message of the store closed-down, which the settings do not name, was not heard; 1 since the last line"
    ]
    assert gateway.gateway.hub.board.counters.letters == 0
    assert "closed-down" not in gateway.gateway.hub.board.stores


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"specversion": "1.0"}', b"\xff", b"x" * 300_000])
async def test_what_a_store_sends_and_nobody_understands_is_kept_and_the_next_one_is_heard(
    gateway: RunningGateway, store: BareStore, payload: bytes
) -> None:
    store.publish("stages", payload)
    store.tell("store.paused")
    hub = gateway.gateway.hub
    await until(lambda: hub.board.store(STORE).journal)
    assert hub.board.counters.letters == 1


async def test_what_the_rules_could_not_digest_is_kept_whole_and_read_again(
    gateway: RunningGateway, store: BareStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = gateway.gateway.hub

    def fail(*_: object) -> Never:
        raise LookupError("a hole in the rules")

    with monkeypatch.context() as broken:
        broken.setitem(_RULES, Take, fail)
        broken.setitem(_RULES, Hear, fail)
        await gateway.tell("placed", order(1))
        store.tell("store.paused")
        await until(lambda: hub.board.counters.letters == 2)
        assert not store.orders
    assert await gateway.gateway.reader.reparse() == Reparsed(2, 0)
    await until(lambda: store.orders)
    assert hub.board.store(STORE).journal == store.journal
    assert hub.board.counters.letters == 0


async def test_a_receipt_that_the_broker_refuses_is_said_until_it_takes_one(gateway: RunningGateway) -> None:
    road = gateway.gateway.road
    connection = road.connection
    assert connection is not None
    road._flying |= {9_001: Parcel(RECEIPTS, b""), 9_002: Parcel(RECEIPTS, b"")}
    road.published(connection, 9_001, 0x87)
    assert road.refused == {RECEIPTS: "0x87"}
    road.published(connection, 9_002, 0)
    assert not road.refused


async def test_a_topic_that_the_broker_does_not_let_us_write_to_is_said_and_tried_again(
    broker: Broker, tmp_path: Path
) -> None:
    if broker.embedded:
        pytest.skip("the embedded broker has no permissions")
    (tmp_path / "acl").write_text("topic read #\ntopic write ovenbell/v1/other/#\n")
    limited = Broker(tmp_path, f"acl_file {tmp_path / 'acl'}")
    limited.start()
    try:
        async with running(settings_of(limited, tmp_path), tmp_path) as gateway:
            await gateway.tell("placed", order(1))
            await until(lambda: ORDERS in gateway.gateway.road.refused)
            assert len(gateway.gateway.hub.board.outbox) == 1
            with BareStore(limited) as store:
                (tmp_path / "acl").write_text("topic readwrite #\n")
                limited.reload()
                await until(lambda: store.orders)
                await until(lambda: not len(gateway.gateway.hub.board.outbox))
                await until(lambda: not gateway.gateway.road.refused)
    finally:
        await asyncio.to_thread(limited.stop)
