"""The world outside: posts a morning's orders as their channels do, is told what customers are told, and listens in."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from config.demo.channels import path_of, post_of
from config.demo.morning import Step

Told = Callable[[str, dict[str, Any]], None]
AGAIN = 1.0  # seconds until a channel posts once more what was not answered well


class Phones:
    """The customers' phones: a server that takes what they are told."""

    def __init__(self, told: Told) -> None:
        self.notices: list[dict[str, Any]] = []

        class Take(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:  # noqa: N805 - the library's name, and two selves
                body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
                notice = json.loads(body)["data"]
                self.notices.append(notice)
                handler.send_response(204)
                handler.end_headers()
                told("phone", notice)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Take)
        self._thread = threading.Thread(target=self._server.serve_forever, name="phones", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where they are reached."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def close(self) -> None:
        """Switch them off."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Simulator:
    """Runs in threads of its own, as the world would run elsewhere; `told` hears topics and messages."""

    def __init__(
        self, store: str, *, broker: tuple[int, str], gateway: str, told: Told, place: Callable[[dict[str, Any]], None]
    ) -> None:
        self.posted = 0
        self.heard: list[dict[str, Any]] = []
        self._topic = f"ovenbell/v1/{store}"
        self._told, self._place, self._gateway = told, place, gateway
        self._port, protocol = broker
        version = mqtt.MQTTv5 if protocol == "5" else mqtt.MQTTv311
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{store}-listener", protocol=version)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{self._topic}/#", qos=1)
        self._client.on_message = lambda _client, _data, message: self._hear(message)
        self._ending = threading.Event()
        self._walking: threading.Thread | None = None

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
        for number, step in enumerate(steps, 1):
            if self._ending.wait(max(0.0, began + step.at - time.monotonic())):
                return
            if step.kind == "walk-in":
                self._place(step.data)
            else:
                self._post(step, number)

    def _post(self, step: Step, number: int) -> None:
        post = post_of(step, number, self._gateway)
        url = self._gateway + path_of(post.channel)
        answer = b""
        while not answer:
            request = urllib.request.Request(url, post.body, post.headers)  # noqa: S310 - the address is our own
            try:
                with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
                    answer = response.read()
            except OSError:
                if self._ending.wait(AGAIN):
                    return
        self.posted += 1
        self._told(
            "webhook", {"channel": post.channel, "kind": step.kind, "data": step.data, "answer": answer.decode()}
        )

    def _hear(self, message: mqtt.MQTTMessage) -> None:
        topic = message.topic.removeprefix(f"{self._topic}/")
        event = json.loads(message.payload or b"{}")
        if topic == "stages":
            self.heard.append(event)
        self._told(topic, event)
