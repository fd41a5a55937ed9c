"""What the store tells the cloud: in order, at least once, and never called delivered when it is not."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from cloud_bridge.connection import Connection
from cloud_bridge.messages import topics_of
from cloud_bridge.publisher import NOBODY, Publisher
from edge.board import Board
from edge.clock import SystemClock
from edge.intents import Place, ReceiptUpdates
from edge.layout import lay_out
from edge.store import StoreHub, store_hub
from edge.words import speak
from tests.brokers import Broker
from tests.builders import a_stamp, an_order
from tests.cloud import PATIENCE, order_event, until
from tests.unit.cloud_bridge.conftest import STORE, Store, short_waits


def sequences(cloud: Any) -> list[int]:
    """As the cloud first heard them: at least once is promised, and a cut connection makes it twice."""
    return list(dict.fromkeys(int(event["sequence"]) for event in cloud.told()))


def all_told(store: Store, cloud: Any) -> bool:
    """Whether nothing waits out a grace and everything with a sequence has come to the cloud."""
    waiting = [row for row in store.hub.board.outbox.values() if row.sequence is None]
    return not waiting and len(sequences(cloud)) == store.hub.board.counters.updates


def receipt(store: Store, through: int, journal: str | None = None) -> dict[str, Any]:
    data = {"journal": journal or store.hub.journal.id, "through": str(through)}
    return order_event(0, id=f"r-{through}-{journal}", type="ovenbell.receipt") | {"data": data, "subject": None}


async def test_stage_events_come_in_order_without_gaps_and_leave_the_outbox(
    broker: Broker, opened: Any, cloud_of: Any
) -> None:
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    cloud.send(*(order_event(number) for number in range(1, 41)))
    await until(lambda: store.has(*(f"o-{number}" for number in range(1, 41))))
    for number in range(1, 41):
        await store.bump(f"o-{number}")
    await until(lambda: len(cloud.told(kind="order.ready")) == 40 and all_told(store, cloud))
    await until(lambda: not store.hub.board.outbox)
    assert sequences(cloud) == list(range(1, store.hub.board.counters.updates + 1))
    assert store.hub.board.counters.receipted == len(cloud.told())
    finished = cloud.told(kind="item.finished")
    assert finished[0]["data"] | {"by": "", "replyTo": ""} == {
        "by": "",
        "order": "o-1",
        "displayId": "A001",
        "replyTo": "",
        "item": "1",
        "name": "草莓奶油蛋糕 8寸",
        "stage": "making",
        "station": "kitchen",
        "quantity": 1,
        "implied": False,
    }


async def test_what_happened_while_the_store_was_cut_off_is_told_afterwards_in_order(
    broker: Broker, opened: Any, cloud_of: Any
) -> None:
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    cloud.send(*(order_event(number) for number in range(1, 11)))
    await until(lambda: store.has(*(f"o-{number}" for number in range(1, 11))) and all_told(store, cloud))
    await store.link.stop()
    for number in range(1, 11):
        await store.bump(f"o-{number}")
    await until(lambda: len(store.hub.board.outbox) >= 20)
    await store.go_online()
    await until(lambda: not store.hub.board.outbox and all_told(store, cloud))
    assert sequences(cloud) == list(range(1, store.hub.board.counters.updates + 1))


async def test_what_was_not_delivered_when_the_store_died_is_sent_again_under_the_same_ids(
    mosquitto: Any, opened: Any, cloud_of: Any
) -> None:
    broker = mosquitto()
    cloud = cloud_of(broker)
    store = await (await opened(broker, receipts=True)).online()
    cloud.send(order_event(1))
    await until(lambda: store.has("o-1") and all_told(store, cloud))
    await store.stop()
    first = {event["id"] for event in cloud.told()}
    before = len(cloud.told())
    store = await (await opened(broker, receipts=True)).online()
    await until(lambda: len(cloud.told()) == 2 * before)
    assert {event["id"] for event in cloud.told()} == first
    assert len(store.hub.board.outbox) == before


async def test_with_receipts_only_the_clouds_word_takes_an_update_out_of_the_outbox(
    broker: Broker, opened: Any, cloud_of: Any
) -> None:
    cloud = cloud_of(broker)
    store = await (await opened(broker, receipts=True)).online()
    cloud.send(*(order_event(number) for number in range(1, 6)))
    await until(lambda: store.has(*(f"o-{number}" for number in range(1, 6))) and all_told(store, cloud))
    owed = len(cloud.told())
    assert len(store.hub.board.outbox) == owed
    cloud.send(receipt(store, owed, journal="of a lost machine"), topic="receipts")
    cloud.send(receipt(store, 2), topic="receipts")
    await until(lambda: len(store.hub.board.outbox) == owed - 2)
    await store.cut()
    await until(lambda: len(cloud.told()) == owed + owed - 2)
    assert [int(event["sequence"]) for event in cloud.told()[owed:]] == list(range(3, owed + 1))
    cloud.send(receipt(store, owed), topic="receipts")
    await until(lambda: not store.hub.board.outbox)


@pytest.mark.parametrize("receipts", [False, True])
async def test_what_the_broker_refuses_is_not_called_delivered_and_comes_once_it_may(
    mosquitto: Any, opened: Any, cloud_of: Any, tmp_path: Path, receipts: bool
) -> None:
    rules = tmp_path / "rules"
    root = f"ovenbell/v1/{STORE}"
    cloud_rules = f"topic readwrite {root}/#\n"
    store_rules = f"user {STORE}\ntopic read {root}/#\ntopic write {root}/presence\ntopic write {root}/backfill\n"
    rules.write_text(cloud_rules + store_rules)
    broker = mosquitto(f"acl_file {rules}")
    cloud = cloud_of(broker)
    store = await (await opened(broker, username=STORE, receipts=receipts)).online()
    cloud.send(*(order_event(number) for number in range(1, 4)))
    await until(lambda: store.has("o-1", "o-2", "o-3") and "refuses" in store.hub.vitals.cloud_reason)
    assert len(store.hub.board.outbox) >= 3
    assert store.hub.board.counters.receipted == 0
    assert not cloud.told()
    rules.write_text(cloud_rules + store_rules + f"topic write {root}/stages\n")
    broker.reload()
    await until(lambda: all_told(store, cloud))
    assert sequences(cloud) == list(range(1, store.hub.board.counters.updates + 1))
    await until(lambda: store.hub.vitals.cloud_reason == "")
    assert receipts or await _emptied(store)


async def _emptied(store: Store) -> bool:
    await until(lambda: not store.hub.board.outbox)
    return True


async def test_a_broker_that_takes_few_at_a_time_gets_few_at_a_time(mosquitto: Any, opened: Any, cloud_of: Any) -> None:
    broker = mosquitto("max_inflight_messages 8")
    store = await (await opened(broker)).online()
    cloud = cloud_of(broker)
    cloud.send(*(order_event(number) for number in range(1, 201)))
    await until(lambda: len(cloud.told(kind="order.accepted")) == 200)
    assert store.connection.window < 8
    assert store.link.epoch == 1, "the broker never had to end the connection"


class Line:
    """A connection whose broker answers when a test says so."""

    window = 100

    def __init__(self) -> None:
        self.sent: list[int] = []  # sequences; the message id of each is ten more than its place here

    def publish(self, _topic: str, payload: bytes) -> int:
        self.sent.append(int(json.loads(payload)["sequence"]))
        return 10 + len(self.sent)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[StoreHub]:
    """A store's hub without any road."""
    hub = store_hub(lay_out(), tmp_path / "journal.db", SystemClock())
    await hub.start()
    yield hub
    await hub.stop()


async def test_an_update_the_broker_has_not_answered_is_owed_though_a_later_one_is_answered(hub: StoreHub) -> None:
    publisher = Publisher(hub, topics_of(STORE), store=STORE, receipts=False, say=speak("en"), backoff=short_waits())
    now = hub.clock.now()
    for name in ("o1", "o2", "o3"):
        await hub.submit(Place(an_order(name, created=now), a_stamp(name, time=now)), by="cloud")

    first, second = Line(), Line()
    publisher.begin(cast("Connection", first))
    publisher.published(12, 0)
    publisher.published(13, 0)
    publisher.halt()
    publisher.begin(cast("Connection", second))
    assert first.sent == second.sent == [1, 2, 3]

    publisher.published(12, 0)
    publisher.published(11, 0)
    await until(lambda: hub.board.counters.receipted)
    assert hub.board.counters.receipted == 2
    assert [update.sequence for update in hub.board.outbox.values() if update.sequence] == [3]
    publisher.published(13, 0)
    await publisher.finish()
    assert hub.board.counters.receipted == 3


async def _place(hub: StoreHub, *names: str) -> None:
    now = hub.clock.now()
    for name in names:
        await hub.submit(Place(an_order(name, created=now), a_stamp(name, time=now)), by="cloud")


async def test_with_receipts_what_nobody_listened_to_is_sent_again_before_what_follows(hub: StoreHub) -> None:
    publisher = Publisher(hub, topics_of(STORE), store=STORE, receipts=True, say=speak("en"), backoff=short_waits())
    await _place(hub, "o1", "o2", "o3")
    line = Line()
    publisher.begin(cast("Connection", line))
    assert line.sent == [1], "the first goes alone: the broker may have lost the cloud's session"
    publisher.published(11, NOBODY)
    await until(lambda: line.sent == [1, 1])
    publisher.published(12, 0)
    assert line.sent == [1, 1, 2, 3]
    await publisher.finish()


async def test_a_cloud_that_gives_receipts_for_what_no_subscriber_got_is_not_waited_for(hub: StoreHub) -> None:
    publisher = Publisher(hub, topics_of(STORE), store=STORE, receipts=True, say=speak("en"), backoff=short_waits())
    hub.follow(publisher.follow)
    line = Line()
    publisher.begin(cast("Connection", line))
    await _place(hub, "o1", "o2")
    publisher.published(11, NOBODY)
    await hub.submit(ReceiptUpdates(1), by="cloud")
    publisher.published(10 + len(line.sent), NOBODY)  # where it was sent again before the receipt came
    await until(lambda: line.sent[-1] == 2)
    publisher.published(10 + len(line.sent), NOBODY)
    await _place(hub, "o3", "o4")
    assert line.sent[-2:] == [3, 4]
    await publisher.finish()


class Road:
    """A publisher on a hub that hastens it; what happens on the way is put between commit and news by a test."""

    def __init__(self, hub: StoreHub, meanwhile: Callable[["Road"], None] = lambda _road: None) -> None:
        self.publisher = Publisher(
            hub, topics_of(STORE), store=STORE, receipts=False, say=speak("en"), backoff=short_waits()
        )
        self.threads: set[str] = set()
        self.line, self.second = self._line(), self._line()
        self._meanwhile, self._loop = meanwhile, asyncio.get_running_loop()
        hub.hasten(self._prepare)
        hub.follow(self.publisher.follow)
        self.publisher.begin(cast("Connection", self.line))

    def _line(self) -> Line:
        line = Line()
        publish = line.publish

        def heard(topic: str, payload: bytes) -> int:
            self.threads.add(threading.current_thread().name)
            return publish(topic, payload)

        line.publish = heard  # type: ignore[method-assign]
        return line

    def _prepare(self, draft: Board) -> Callable[[], None] | None:
        leave = self.publisher.prepare(draft)

        def depart() -> None:
            if leave is not None:
                leave()
            happened = threading.Event()
            self._loop.call_soon_threadsafe(lambda: (self._meanwhile(self), happened.set()))
            assert happened.wait(PATIENCE)

        return depart


async def test_what_a_press_tells_leaves_from_the_disks_thread_and_a_crowd_from_the_loops(hub: StoreHub) -> None:
    road = Road(hub)
    await _place(hub, "o1", "o2")
    assert (road.line.sent, road.threads) == ([1, 2], {"journal"})
    await asyncio.gather(*(_place(hub, f"p{number}") for number in range(20)))
    assert road.line.sent == list(range(1, 23))
    assert road.threads == {"journal", threading.current_thread().name}


async def test_an_answer_that_is_quicker_than_the_news_of_its_commit_counts(hub: StoreHub) -> None:
    road = Road(hub, lambda road: road.publisher.published(10 + len(road.line.sent), 0))
    await _place(hub, "o1", "o2")
    await road.publisher.finish()
    assert (road.line.sent, hub.board.counters.receipted) == ([1, 2], 2)


async def test_a_refusal_that_is_quicker_than_the_news_of_its_commit_counts_too(hub: StoreHub) -> None:
    road = Road(hub, lambda road: road.publisher.published(10 + len(road.line.sent), 0x87))
    await _place(hub, "o1")
    await until(lambda: road.line.sent == [1, 1])
    road.publisher.halt()
    assert hub.board.counters.receipted == 0


async def test_what_left_on_a_connection_that_ended_before_the_news_of_its_commit_goes_on_the_next(
    hub: StoreHub,
) -> None:
    def change_lines(road: Road) -> None:
        if road.line.sent == [1, 2] and not road.second.sent:
            road.publisher.halt()
            road.publisher.begin(cast("Connection", road.second))

    road = Road(hub, change_lines)
    await _place(hub, "o1", "o2", "o3")
    assert (road.line.sent, road.second.sent) == ([1, 2], [1, 2, 3])
    assert hub.board.counters.receipted == 0


async def test_a_request_that_nobody_listened_to_is_made_again_on_the_same_connection(
    mosquitto: Any, opened: Any, cloud_of: Any
) -> None:
    broker = mosquitto()
    store = await (await opened(broker)).online()
    cloud = cloud_of(broker)
    await until(lambda: cloud.told("backfill"))
    assert store.link.epoch == 1
