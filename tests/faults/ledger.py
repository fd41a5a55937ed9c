"""The witness: a correct cloud (CONTRACT.md section 2) that writes down everything it pushed and everything it heard.

It owes the hub nothing: it publishes, subscribes and counts by itself. What the store says about itself is not asked.
"""

import asyncio
import json
import ssl
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any, Self

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.cloud import EXAMPLE, PATIENCE
from tests.faults.fault import Tally

SOURCE = "/channels/witness"
SESSION = 24 * 3600  # seconds the broker keeps what the store says to a cloud that is away
PAUSE = 0.05  # seconds between two looks at what the cloud owes the store: receipts, answers to its requests

Event = dict[str, Any]
# One moment of making: stage and started or finished.
Moment = tuple[str, str]


class Made(msgspec.Struct):
    """What was asked of an item with presses: between `answered` and `asked` moves must be told, each once."""

    asked: int = 0
    answered: int = 0


class Ledger:
    """One store's cloud. Enter it, push orders, press through it, and ask what is owed."""

    def __init__(
        self,
        store: str,
        port: int,
        *,
        walk: tuple[tuple[Moment, ...], ...] = (),
        receipts: bool = True,
        tls: ssl.SSLContext | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.root = f"ovenbell/v1/{store}"
        self.pushed: list[Event] = []  # in the order of their sequence, which begins with 1
        self.forgotten: set[int] = set()  # sequences that the cloud cannot send again
        self.made: defaultdict[str, Made] = defaultdict(Made)  # by order
        self.heard: dict[
            tuple[str, str], Event
        ] = {}  # stage events by source and id, in the order of their first arrival
        self.presence: Event = {}
        self.epoch = 0  # of the store's connections, the last that came about
        self.backfills: list[Event] = []
        self._now = now
        self._walk = walk  # per press, in order, the moments it tells
        self._receipts = receipts
        self._lock = threading.Lock()
        self._accepted: Counter[str] = Counter()
        self._by_order: defaultdict[str, list[Event]] = defaultdict(list)
        self._contiguous: defaultdict[str, int] = defaultdict(int)  # by source, of the sequences heard
        self._sequences: defaultdict[str, set[int]] = defaultdict(set)
        self._receipted: dict[str, int] = {}
        self._asked: list[int] = []  # of backfill requests: the sequence after which everything is wanted
        self._ready = threading.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._client = self._make_client(store, tls)
        self._port = port

    # --- life ---

    async def __aenter__(self) -> Self:
        wishes = Properties(PacketTypes.CONNECT)
        wishes.SessionExpiryInterval = SESSION
        self._client.connect("127.0.0.1", self._port, keepalive=5, clean_start=False, properties=wishes)
        self._client.loop_start()
        assert await asyncio.to_thread(self._ready.wait, 15), "the broker does not take the witness's subscription"
        self._keeping = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    # --- what the cloud does ---

    def write(self, order: str, kind: str = "placed", **data: Any) -> Event:
        """Write an event into the ledger under the next sequence, without sending it."""
        number = len(self.pushed) + 1
        now = self._time()
        event: Event = json.loads(EXAMPLE) | {
            "id": f"e-{number}", "source": SOURCE, "type": f"ovenbell.order.{kind}", "time": now, "subject": order,
            "sequence": str(number),
        }  # fmt: skip
        if kind in {"placed", "changed"}:
            body = event["data"] | {"id": order, "displayId": order[-6:], "orderTiming": "INSTANT", "createdAt": now}
            del body["schedule"], body["takeout"]
            event["data"] = body | data
        else:
            event["data"] = {"id": order, **data}
        self.pushed.append(event)
        return event

    def send(self, *events: Event | bytes) -> None:
        """Publish; what the broker does not take is sent again by the client when it is back."""
        for event in events:
            payload = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
            self._client.publish(f"{self.root}/orders", payload, qos=1)

    def push(self, count: int = 1) -> list[str]:
        """Place new orders; gives back their ids."""
        orders = [f"o-{len(self.pushed) + number}" for number in range(1, count + 1)]
        self.send(*[self.write(order) for order in orders])
        return orders

    def withhold(self) -> str:
        """Place a new order that gets lost on its way to the broker."""
        return str(self.write(f"o-{len(self.pushed) + 1}")["subject"])

    def forget(self, *numbers: int) -> None:
        """These the cloud cannot send again; whether the store has them, nobody knows any more."""
        self.forgotten.update(numbers)

    async def _keep(self) -> None:
        """Give receipts, and answer the store's requests for what it missed."""
        while True:
            await asyncio.sleep(PAUSE)
            with self._lock:
                asked, self._asked = self._asked, []
                through = dict(self._contiguous)
            if asked:
                self._send_again(min(asked))
            if self._receipts:
                for source, number in through.items():
                    if number > self._receipted.get(source, 0):
                        self._receipted[source] = number
                        self._give_receipt(source, number)

    def _send_again(self, after: int) -> None:
        """Everything after a sequence; where the cloud has forgotten, it says so."""
        gone: list[int] = []
        for event in self.pushed[after:]:
            if int(event["sequence"]) in self.forgotten:
                gone.append(int(event["sequence"]))
                continue
            self._say_skipped(gone)
            gone = []
            self.send(event)
        self._say_skipped(gone)

    def _say_skipped(self, gone: list[int]) -> None:
        if gone:
            self.send(
                self._event("sequence.skipped", f"skipped-{gone[0]}-{gone[-1]}")
                | {"data": {"from": str(gone[0]), "through": str(gone[-1])}}
            )

    def _give_receipt(self, source: str, through: int) -> None:
        journal = source.rpartition("/")[2]
        event = self._event("receipt", f"receipt-{journal}-{through}")
        event["data"] = {"journal": journal, "through": str(through)}
        self._client.publish(f"{self.root}/receipts", json.dumps(event).encode(), qos=1)

    def _event(self, kind: str, name: str) -> Event:
        return {"specversion": "1.0", "id": name, "source": SOURCE, "type": f"ovenbell.{kind}", "time": self._time()}

    def _time(self) -> str:
        at = datetime.fromtimestamp(self._now(), UTC)
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    # --- what it hears, on paho's thread ---

    def _make_client(self, store: str, tls: ssl.SSLContext | None) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, f"witness-of-{store}", protocol=MQTTProtocolVersion.MQTTv5)
        client.max_inflight_messages_set(0)
        client.reconnect_delay_set(0.05, 0.1)  # type: ignore[arg-type] - it waits for parts of seconds, too
        if tls is not None:
            client.tls_set_context(tls)
        client.on_connect = self._on_connect
        client.on_subscribe = lambda *_: self._ready.set()
        client.on_message = self._on_message
        client.on_socket_open = lambda _client, _data, sock: sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        return client

    def _on_connect(self, client: Client, *_: Any) -> None:
        client.subscribe([(f"{self.root}/{topic}", 1) for topic in ("stages", "backfill", "presence")])

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        event: Event = json.loads(message.payload) if message.payload else {}
        with self._lock:
            match message.topic.removeprefix(f"{self.root}/"):
                case "stages":
                    self._hear(event)
                case "backfill":
                    self.backfills.append(event)
                    self._asked.append(int(event["data"].get("after") or 0))
                case "presence" if event:
                    self.presence = event
                    self.epoch = max(self.epoch, event["epoch"] * (event["state"] == "online"))

    def _hear(self, event: Event) -> None:
        source, name = event["source"], event["id"]
        if (source, name) in self.heard:
            return  # at least once: the same again is no second effect
        event["heard"] = time.monotonic()
        self.heard[source, name] = event
        number = int(event["sequence"])
        self._sequences[source].add(number)
        while self._contiguous[source] + 1 in self._sequences[source]:
            self._contiguous[source] += 1
            self._sequences[source].discard(self._contiguous[source])
        self._by_order[event.get("subject", "")].append(event)
        if event["type"] == "ovenbell.order.accepted":
            self._accepted[event["data"]["event"]] += 1

    # --- what is owed ---

    def accepted(self, event: str | Event) -> bool:
        """Whether the store has said that it took an event."""
        return self._accepted[event if isinstance(event, str) else event["id"]] > 0

    def told(self, kind: str) -> list[Event]:
        """The stage events of a type, as they were first heard."""
        with self._lock:
            return [event for event in self.heard.values() if event["type"] == f"ovenbell.{kind}"]

    def _taken(self, event: Event) -> bool:
        if event["type"] == "ovenbell.order.collected":
            return any(told["type"] == event["type"] for told in self._by_order[event["subject"]])
        return self._accepted[event["id"]] > 0

    def of(self, order: str) -> tuple[Event, ...]:
        """The stage events of an order, as they were first heard."""
        return tuple(self._by_order.get(order, ()))

    def moments(self, order: str) -> list[Moment]:
        """The moments of making that were told of an order, in the order they were first heard."""
        return [
            (event["data"]["stage"], event["type"].rpartition(".")[2])
            for event in self.of(order)
            if event["type"].startswith("ovenbell.item.") and not event["data"].get("implied")
        ]

    def owed(self) -> list[str]:
        """What the store must still tell: the last word on each order, and what was answered to a press."""
        last: dict[str, Event] = {}
        for event in self.pushed:
            if int(event["sequence"]) not in self.forgotten:
                last[event["subject"]] = event
        with self._lock:
            owed = [
                f"{event['id']}: {event['type']} was never answered"
                for event in last.values()
                if not self._taken(event)
            ]
            for order, made in self.made.items():
                missing = self._moments_of(made.answered) - len(self.moments(order))
                owed += [f"{order}: {missing} moments were never told"] * (missing > 0)
        return owed

    async def settled(self, patience: float = PATIENCE) -> float:
        """Wait until nothing is owed, or nothing has come for as long as `patience`; the seconds it took."""
        began = news = time.monotonic()
        owed = len(self.owed())
        while owed and time.monotonic() - news < patience:
            await asyncio.sleep(0.02)
            before, owed = owed, len(self.owed())
            if owed < before:
                news = time.monotonic()
        return time.monotonic() - began

    async def until(self, condition: Callable[[], Any], patience: float = PATIENCE) -> None:
        """Wait for something to be so; TimeoutError where it never is."""
        async with asyncio.timeout(patience):
            while not condition():  # noqa: ASYNC110 - what is waited for comes from another thread
                await asyncio.sleep(0.01)

    def tally(self, injected: int, recovery: float) -> Tally:
        """Count, once everything that can come has come."""
        lost = self.owed()
        with self._lock:
            doubled = [f"{event} was accepted {count} times" for event, count in self._accepted.items() if count > 1]
            disordered: list[str] = []
            for order, events in self._by_order.items():
                disordered += _steps_back(order, events)
                wrong = self._astray(order)
                doubled += wrong[0]
                disordered += wrong[1]
        return Tally(
            injected=injected,
            orders=len({event["subject"] for event in self.pushed}),
            presses=sum(made.answered for made in self.made.values()),
            lost=len(lost),
            doubled=len(doubled),
            disordered=len(disordered),
            recovery=recovery,
            notes=(*lost, *doubled, *disordered),
        )

    def _moments_of(self, presses: int) -> int:
        return sum(map(len, self._walk[:presses]))

    def _astray(self, order: str) -> tuple[list[str], list[str]]:
        """Moments told twice or without a press, and moments that are not those of the route, in its order."""
        told = self.moments(order)
        way = [moment for press in self._walk for moment in press]
        twice = [f"{order}: {moment} was told {count} times" for moment, count in Counter(told).items() if count > 1]
        if order in self.made and len(told) > self._moments_of(self.made[order].asked):
            twice.append(f"{order}: {self.made[order].asked} presses told {told}")
        return twice, [] if twice or told == way[: len(told)] else [f"{order}: {told} is not the way of its route"]


def _steps_back(order: str, events: Sequence[Event]) -> list[str]:
    """Of one order, first arrivals under an earlier sequence than one before them of the same journal."""
    newest: dict[str, int] = {}
    back = []
    for event in events:
        number = int(event["sequence"])
        if number < newest.get(event["source"], 0):
            back.append(f"{order}: {event['type']} {number} came after {newest[event['source']]}")
        newest[event["source"]] = max(number, newest.get(event["source"], 0))
    taken = [int(event["data"]["event"].rpartition("-")[2]) for event in events if event["data"].get("event")]
    if taken != sorted(taken):
        back.append(f"{order}: took events {taken}, an older one after a newer one")
    return back
