"""The cloud simulator: an MQTT client of its own that pushes a morning's orders and hears what becomes of them."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from config.demo.morning import Step

Told = Callable[[str, dict[str, Any]], None]


class Simulator:
    """Runs in threads of its own, as a cloud would run elsewhere; `told` hears topics and messages."""

    def __init__(
        self, store: str, port: int, protocol: str, told: Told, place: Callable[[dict[str, Any]], None]
    ) -> None:
        self.pushed: list[dict[str, Any]] = []
        self.heard: list[dict[str, Any]] = []
        self._topic = f"ovenbell/v1/{store}"
        self._told, self._place = told, place
        self._port = port
        version = mqtt.MQTTv5 if protocol == "5" else mqtt.MQTTv311
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{store}-cloud", protocol=version)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{self._topic}/#", qos=1)
        self._client.on_message = lambda _client, _data, message: self._hear(message)
        self._ending = threading.Event()
        self._walking: threading.Thread | None = None
        self._sequence = 0

    def start(self, steps: Iterable[Step]) -> None:
        """Connect, and send each step at its time."""
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        self._walking = threading.Thread(target=self._walk, args=(steps,), name="morning", daemon=True)
        self._walking.start()

    def pause(self) -> None:
        """Send nothing more; go on listening."""
        self._ending.set()
        if self._walking is not None:
            self._walking.join()

    def stop(self) -> None:
        """Disconnect."""
        self.pause()
        self._client.disconnect()
        self._client.loop_stop()

    def _walk(self, steps: Iterable[Step]) -> None:
        began = time.monotonic()
        for step in steps:
            if self._ending.wait(max(0.0, began + step.at - time.monotonic())):
                return
            if step.kind == "walk-in":
                self._place(step.data)
            else:
                self._push(step)

    def _push(self, step: Step) -> None:
        self._sequence += 1
        event = {
            "specversion": "1.0",
            "id": f"demo-{self._sequence}",
            "source": "/channels/demo",
            "type": f"ovenbell.order.{step.kind}",
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "subject": step.data["id"],
            "sequence": str(self._sequence),
            "data": step.data,
        }
        self.pushed.append(event)
        self._send(event)
        self._told("orders", event)

    def _send(self, event: dict[str, Any]) -> None:
        self._client.publish(f"{self._topic}/orders", json.dumps(event, ensure_ascii=False), qos=1)

    def _hear(self, message: mqtt.MQTTMessage) -> None:
        topic = message.topic.removeprefix(f"{self._topic}/")
        if topic == "orders":
            return
        event = json.loads(message.payload or b"{}")
        if topic == "stages":
            self.heard.append(event)
        elif topic == "backfill":
            for missed in self.pushed[int(event["data"].get("after", "0")) :]:
                self._send(missed)
        self._told(topic, event)
