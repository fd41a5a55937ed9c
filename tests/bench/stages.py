"""Stage updates: how many a second the gateway hears, commits and acknowledges, of those that wait at the broker."""

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode

from cloud_bridge.gateway.hearing import TOPICS
from tests.bench.doors import STORES, a_gateway
from tests.bench.figures import Line, Section, middle
from tests.bench.floor import quick_client
from tests.bench.receivers import join, session
from tests.bench.store import line_from, python, until
from tests.bench.webhooks import as_many, request_of
from tests.brokers import Broker
from tests.gateways import metric

ROUNDS = 5
ORDERS, FEW = 1_250, 500
STAGES = ("baking", "frosting", "boxing")
UPDATES = (  # of one order
    ("order.accepted", {}),
    *((f"item.{moment}", {"item": "1", "stage": stage}) for stage in STAGES for moment in ("started", "finished")),
    ("order.ready", {}),
)
PATIENCE = 60.0

Update = tuple[str, bytes]  # topic, payload


def measure(*, quick: bool) -> Iterator[Section]:
    """All of a chain's stores at once, beside a subscriber that acknowledges the same and does nothing else."""
    orders, rounds = (FEW, 1) if quick else (ORDERS, ROUNDS)
    found = [_round(orders) for _ in range(rounds)]
    ours, limit = (middle(rates) for rates in zip(*found, strict=True))
    yield Section(
        f"Stage updates: {orders * len(UPDATES):,} of {STORES} stores, {len(UPDATES)} an order",
        (
            Line("Ovenbell: heard, committed, acknowledged", f"{ours:,.0f}/s"),
            Line("limit: a bare subscriber that acknowledges", f"{limit:,.0f}/s", ours / limit),
        ),
        "they wait at the broker while gateway or subscriber stands still; nobody is told of these orders",
    )


def _round(count: int) -> tuple[float, float]:
    """Updates a second: the gateway's, the bare subscriber's."""
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text:
        directory = Path(text)
        broker = Broker(directory).start()
        try:
            with a_gateway(directory, broker) as (url, gateway):
                placed = _place(broker, url, count)
                updates = _updates(placed)
                with _waiting(broker, gateway, updates):
                    began = time.perf_counter()
                ours = asyncio.run(_all_heard(url, len(updates))) - began
            with python("-m", "tests.bench.stages", str(broker.port), str(len(updates)), directory=directory) as bare:
                line_from(bare, directory)
                with _waiting(broker, bare.pid, updates):
                    began = time.perf_counter()
                line_from(bare, directory)
                limit = time.perf_counter() - began
        finally:
            broker.stop()
    return len(updates) / ours, len(updates) / limit


def _place(broker: Broker, url: str, count: int) -> list[dict[str, Any]]:
    """Orders by webhook; the events with which they come to the stores."""
    placed: list[dict[str, Any]] = []
    stores = quick_client("stores", broker.port)
    stores.on_message = lambda _client, _data, message: placed.append(json.loads(message.payload))
    stores.subscribe("ovenbell/v1/+/orders", 1)
    stores.loop_start()
    try:
        asyncio.run(as_many(url, [request_of(number, f"store-{number % STORES}") for number in range(count)]))
        until(lambda: len(placed) == count, "the orders at the stores")
    finally:
        stores.disconnect()
        stores.loop_stop()
    return placed


def _updates(placed: Sequence[dict[str, Any]]) -> list[Update]:
    """What the stores say of their orders, one after another of all that are made at a time."""
    made, told = [], dict.fromkeys((f"store-{number}" for number in range(STORES)), 0)
    now = datetime.now(UTC).isoformat()
    for kind, about in UPDATES:
        for event in placed:
            store = event["id"].rpartition("-")[0]
            told[store] += 1
            data = {
                "by": "keypad:oven-pad",
                "order": event["subject"],
                "displayId": event["data"]["displayId"],
                **about,
            }
            if kind == "order.accepted":
                data["event"] = event["id"]
            update = {
                "specversion": "1.0",
                "id": f"journal-{told[store]}",
                "source": f"/stores/{store}/journal",
                "type": f"ovenbell.{kind}",
                "time": now,
                "subject": event["subject"],
                "sequence": str(told[store]),
                "data": data | {"replyTo": event["data"].get("replyTo")},
            }
            made.append((f"ovenbell/v1/{store}/stages", json.dumps(update).encode()))
    return made


@contextmanager
def _waiting(broker: Broker, listener: int, updates: Sequence[Update]) -> Iterator[None]:
    """A process stands still until the broker has everything for it."""
    os.kill(listener, signal.SIGSTOP)
    try:
        stores = quick_client("stores", broker.port)
        stores.loop_start()
        for sent in [stores.publish(topic, payload, 1) for topic, payload in updates]:
            sent.wait_for_publish(PATIENCE)
        stores.disconnect()
        stores.loop_stop()
        yield
    finally:
        os.kill(listener, signal.SIGCONT)


async def _all_heard(url: str, count: int) -> float:
    """When the gateway has all of them on its disk."""
    async with asyncio.timeout(PATIENCE):
        while await metric(url, 'ovenbell_gateway_facts_total{kind="StageHeard"}') < count:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.05)
    assert not await metric(url, "ovenbell_gateway_dead_letters ")
    return time.perf_counter()


def _bare(port: int, count: int) -> None:
    """Acknowledges so many, and stores nothing."""
    received = 0

    def receive(_client: Client, _data: Any, _message: MQTTMessage) -> None:
        nonlocal received
        received += 1

    client = session(port)
    client.on_connect = lambda client, *_: client.subscribe(TOPICS[0], 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.on_message = receive
    join(client)
    while received < count:
        client.loop()
    client.disconnect()
    while client.loop() == MQTTErrorCode.MQTT_ERR_SUCCESS:  # behind the last acknowledgement
        pass
    print("done", flush=True)


if __name__ == "__main__":
    _bare(int(sys.argv[1]), int(sys.argv[2]))
