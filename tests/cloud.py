"""The cloud as tests need it: an independent paho client that sends orders and keeps a ledger of what it is told."""

import asyncio
import json
import threading
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.brokers import Broker

PATIENCE = 60.0  # seconds until a test gives up waiting: a busy machine is no failure, what hangs is

# The example of CONTRACT.md section 2, as it stands there.
EXAMPLE = """
    {"specversion": "1.0", "id": "mt-2026-000123-1", "source": "/channels/meituan", "type": "ovenbell.order.placed",
     "time": "2026-11-22T01:00:00Z", "subject": "0f8fad5b-d9cb-469f-a165-70867728950e", "sequence": "42",
     "data": {"id": "0f8fad5b-d9cb-469f-a165-70867728950e", "displayId": "A017", "type": "TAKEOUT",
       "orderTiming": "SCHEDULED", "createdAt": "2026-11-22T01:00:00Z", "salesChannel": "meituan",
       "schedule": {"scheduledDateTimeStart": "2026-11-22T08:00:00Z", "scheduledDateTimeEnd": "2026-11-22T08:30:00Z"},
       "takeout": {"mode": "DEFAULT", "takeoutDateTime": "2026-11-22T08:30:00Z"},
       "customer": {"name": "王女士", "phone": {"number": "13800001234"}},
       "items": [{"id": "1", "name": "草莓奶油蛋糕 8寸", "externalCode": "cake-strawberry-8", "unit": "UN", "quantity": 1,
         "specialInstructions": "少糖", "options": [{"name": "夹心:芒果", "quantity": 1}],
         "bakery": {"cakeText": "小雨,生日快乐!", "candles": 6, "allergens": ["egg", "milk"]}}],
       "replyTo": "…"}}
"""  # noqa: E501


TODAY = datetime.now(UTC).isoformat(timespec="seconds")  # a store lets an order lapse that is older than a day


def order_event(number: int, **changes: Any) -> dict[str, Any]:
    """An event that places order `o-{number}`, made now: the example without its dates."""
    event: dict[str, Any] = deepcopy(json.loads(EXAMPLE))
    event |= {"id": f"e-{number}", "subject": f"o-{number}", "sequence": str(number)} | changes
    about = {"id": event["subject"], "displayId": f"A{number:03}", "orderTiming": "INSTANT", "createdAt": TODAY}
    event["data"] |= about
    del event["data"]["schedule"], event["data"]["takeout"]
    return event


def ended_event(number: int, kind: str, **data: Any) -> dict[str, Any]:
    """An event `cancelled` or `collected` of order `o-{number}`."""
    event = order_event(number, id=f"e-{number}-{kind}", type=f"ovenbell.order.{kind}")
    return event | {"data": {"id": event["subject"], **data}}


async def until(condition: Callable[[], Any], patience: float = PATIENCE) -> None:
    """Wait for something to be so."""
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110 - what is waited for lies outside of this loop
            await asyncio.sleep(0.005)


class Cloud:
    """Sends to one store and remembers everything that the store sends, in the order it came."""

    def __init__(self, broker: Broker, store: str, *, password: str = "", ca_file: str = "") -> None:
        self.root = f"ovenbell/v1/{store}"
        self.ledger: list[tuple[str, Any]] = []  # topic without its root, message
        self._ready = threading.Event()
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            f"cloud-of-{store}",
            protocol=MQTTProtocolVersion.MQTTv311 if broker.embedded else MQTTProtocolVersion.MQTTv5,
        )
        self._client.max_inflight_messages_set(0)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{self.root}/#", 1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._remember
        self._client.on_socket_open = lambda _client, _data, sock: sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        if ca_file:
            self._client.username_pw_set("cloud", password)
            self._client.tls_set(ca_file)
        self._client.connect("localhost" if ca_file else "127.0.0.1", broker.port)
        self._client.loop_start()
        assert self._ready.wait(PATIENCE), "the broker does not take the cloud's subscription"

    def close(self) -> None:
        """Go away."""
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, *messages: Any, topic: str = "orders", retain: bool = False) -> None:
        """Send events, or bytes as they are, and wait until the broker has them."""
        payloads = [m if isinstance(m, bytes) else json.dumps(m, ensure_ascii=False).encode() for m in messages]
        sent = [self._client.publish(f"{self.root}/{topic}", payload, 1, retain) for payload in payloads]
        for one in sent:
            one.wait_for_publish(PATIENCE)

    def told(self, topic: str = "stages", kind: str = "") -> list[dict[str, Any]]:
        """What the store has said on a topic; of one type only where a kind is given."""
        return [event for at, event in tuple(self.ledger) if at == topic and event.get("type", "").endswith(kind)]

    @property
    def presence(self) -> dict[str, Any]:
        """The store's presence as it was written last."""
        return next((message for topic, message in reversed(tuple(self.ledger)) if topic == "presence"), {})

    def _remember(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        topic = message.topic.removeprefix(f"{self.root}/")
        if topic not in {"orders", "receipts"} and message.payload:
            self.ledger.append((topic, json.loads(message.payload)))
