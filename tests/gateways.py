"""A gateway as tests need it: running beside the test, asked by HTTP, with stores that are bare MQTT clients."""

import asyncio
import base64
import hmac
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from inspect import isawaitable
from itertools import count
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from cloud_bridge.backoff import Backoff
from cloud_bridge.gateway import CloudFile, Gateway
from cloud_bridge.gateway.settings import AccountSettings, GatewaySettings, StoreSettings, WaySettings
from cloud_bridge.settings import BrokerSettings
from edge.clock import Clock, SystemClock
from tests.brokers import Broker
from tests.cloud import PATIENCE, TODAY, until

STORE = "hz-0012"
SECRET = "a secret of the shop's programs"


def settings_of(
    broker: Broker, directory: Path, *, stand_in: str = "", accounts: tuple[AccountSettings, ...] = (), **rest: Any
) -> CloudFile:
    """A cloud.toml with one store, an account `generic/shop`, and a webhook to a stand-in as the way to customers."""
    (directory / "secret").write_text(SECRET)
    files = {"secret": str(directory / "secret")}
    shop = AccountSettings(channel="generic", id="shop", store=STORE, ways=("hook",), secret_files=files)
    hook = WaySettings(id="hook", kind="webhook", options={"url": stand_in}, secret_files=files)
    about = {
        "broker": BrokerSettings(url=broker.url, protocol=broker.protocol),
        "gateway": GatewaySettings(listen="127.0.0.1:0"),
        "stores": (StoreSettings(id=STORE, name="麦田烘焙", language="zh", timezone="Asia/Shanghai"),),
        "accounts": (shop, *accounts),
        "ways": (hook,) if stand_in else (),
    }
    return CloudFile(**(about | rest))


class SetClock(SystemClock):
    """The machine's clock, and as many seconds more as a test lets pass."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> float:
        return super().now() + self.passed

    def monotonic(self) -> float:
        return super().monotonic() + self.passed


class RunningGateway:
    """`async with` it: a gateway on its journal; start it again on the same one as often as you like."""

    def __init__(self, settings: CloudFile, journal: Path, clock: Clock | None = None) -> None:
        self.settings, self.journal, self.clock = settings, journal, clock
        self.gateway: Gateway
        self.session: aiohttp.ClientSession
        self._numbers = count(1)

    async def __aenter__(self) -> Self:
        self.session = aiohttp.ClientSession()
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()
        await self.stop()

    async def start(self) -> None:
        """Start, and wait for the broker."""
        self.gateway = Gateway(self.settings, self.journal, self.clock)
        self.gateway.road._backoff = Backoff(first=0.05, ceiling=0.2)
        await self.gateway.start()
        await until(lambda: self.gateway.road.connected)

    async def stop(self) -> None:
        """Stop; TimeoutError where something holds it."""
        async with asyncio.timeout(PATIENCE):
            await self.gateway.stop()

    async def again(self) -> None:
        """Stop and start."""
        await self.stop()
        await self.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self.gateway.address
        return f"http://{host}:{port}"

    async def post(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """A channel's request, and what it is answered."""
        async with self.session.post(self.url + path, data=body, headers=headers or {}) as answer:
            return answer.status, await answer.read()

    async def tell(self, kind: str, data: dict[str, Any], *, event: str = "", account: str = "shop") -> int:
        """A request of the shop's own program about an order; its status."""
        body = json.dumps({"type": f"order.{kind}", "data": data}, ensure_ascii=False).encode()
        event = event or f"msg-{next(self._numbers)}"
        status, _ = await self.post(f"/channels/generic/{account}", body, signed(body, event))
        return status


def signed(body: bytes, event: str, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers of Standard Webhooks, computed here and not by the product."""
    timestamp = str(int(time.time() if at is None else at))
    mac = hmac.new(secret.encode(), b".".join((event.encode(), timestamp.encode(), body)), sha256)
    return {
        "webhook-id": event,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(mac.digest()).decode(),
    }


def order(number: int, **rest: Any) -> dict[str, Any]:
    """The data of a shop's order."""
    return {
        "id": f"shop-{number}",
        "displayId": f"A{number:03}",
        "type": "TAKEOUT",
        "createdAt": TODAY,
        "customer": {"name": "王女士"},
        "items": [{"id": "1", "name": "草莓奶油蛋糕", "externalCode": "cake-strawberry-8", "quantity": 1}],
        "addresses": {"webhook": f"customer-{number}"},
        **rest,
    }


async def metric(url: str, name: str) -> float:
    """A figure of a gateway, the sum of its lines."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


async def connected(url: str) -> None:
    """Wait until a gateway's process has its broker."""
    async with asyncio.timeout(PATIENCE):
        while not await metric(url, "ovenbell_gateway_broker_connected "):  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.01)


class BareStore:
    """A store that is nothing but an MQTT client: remembers its orders, tells what a test wants."""

    def __init__(self, broker: Broker, store: str = STORE, journal: str = "journal-1") -> None:
        self.root, self.store, self.journal = f"ovenbell/v1/{store}", store, journal
        self.orders: list[dict[str, Any]] = []
        self.receipts: list[dict[str, Any]] = []
        self.sequence = 0
        self._ready = threading.Event()
        version = MQTTProtocolVersion.MQTTv311 if broker.embedded else MQTTProtocolVersion.MQTTv5
        self._client = Client(CallbackAPIVersion.VERSION2, store, protocol=version)
        self._client.on_connect = lambda client, *_: client.subscribe([(f"{self.root}/{name}", 1) for name in HEARD])
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._remember
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        assert self._ready.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _remember(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        kept = self.orders if message.topic.endswith("/orders") else self.receipts
        kept.append(json.loads(message.payload))

    def publish(self, topic: str, message: Any, *, retain: bool = False) -> None:
        """Say something, and wait until the broker has it."""
        payload = message if isinstance(message, bytes) else json.dumps(message, ensure_ascii=False).encode()
        self._client.publish(f"{self.root}/{topic}", payload, 1, retain).wait_for_publish(PATIENCE)

    def presence(self, state: str, epoch: int = 1) -> None:
        """Say that the store is there, or is not."""
        about = {"epoch": epoch, "journal": self.journal, "version": "1", "at": "2026-11-22T01:00:00Z"}
        self.publish("presence", {"state": state} | about, retain=True)

    def tell(self, kind: str, order: str | None = None, **data: Any) -> dict[str, Any]:
        """A stage event."""
        self.sequence += 1
        event = {
            "specversion": "1.0",
            "id": f"{self.journal}-{self.sequence}",
            "source": f"/stores/{self.store}/{self.journal}",
            "type": f"ovenbell.{kind}",
            "time": datetime.now(UTC).isoformat(),
            "subject": order,
            "sequence": str(self.sequence),
            "data": {"order": order, "by": "keypad:oven-pad", **data},
        }
        self.publish("stages", event)
        return event

    def ask(self, after: int | None = None) -> None:
        """Ask for what was missed."""
        data = {} if after is None else {"after": str(after)}
        source = f"/stores/{self.store}/{self.journal}"
        event = {"specversion": "1.0", "id": "b", "source": source, "type": "ovenbell.backfill.requested", "data": data}
        self.publish("backfill", event)

    def told(self, kind: str) -> list[dict[str, Any]]:
        """What came of one type."""
        return [event for event in tuple(self.orders) if event["type"] == f"ovenbell.{kind}"]


HEARD = ("orders", "receipts")


class StandIn:
    """A provider's or a shop's server: remembers what it was sent, and answers as a test wants it."""

    def __init__(self, answer: Callable[[web.Request, bytes], Any] | None = None) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []  # path with query, headers, body
        self.answer = answer or (lambda _request, _body: web.json_response({}))
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    @property
    def words(self) -> list[str]:
        """What customers were told by a webhook, in its order."""
        return [json.loads(body)["data"].get("words", "") for _, _, body in self.requests]

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((request.path_qs, headers, body))
        answer: Any = self.answer(request, body)
        return await answer if isawaitable(answer) else answer
