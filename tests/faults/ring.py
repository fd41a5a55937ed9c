"""SIGKILL of gateway, hub and broker, under load: from a channel's webhook to the message on the customer's phone."""

import asyncio
import json
import random
import sqlite3
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web

from cloud_bridge.gateway.orders import order_id
from tests.cloud import PATIENCE
from tests.faults.brokers import a_broker, no_mosquitto, steady_port
from tests.faults.fault import Case, Fault, Tally
from tests.faults.store import BREATH, STORE, WALK, Store, since
from tests.gateways import SECRET, StandIn, metric, order, signed

GATEWAY = ("-m", "config.command", "gateway")
ACCOUNTS = ("hook", "chat")  # the way to their customers: one knows a message again when it comes twice, one does not
ORDERS = 15.0  # a second
TOKEN = {"access_token": "token", "expires_in": 3600}


class Ring(Store):
    """A gateway's process; started and killed as a store is."""

    def __init__(self, directory: Path, cloud: str, stand_in: str) -> None:
        super().__init__(directory, cloud, program=GATEWAY)
        self.stand_in, self.port = stand_in, steady_port()

    async def ready(self) -> bool:
        """Wait until the gateway says that it is ready."""
        assert self.process is not None
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self.process.stdout.readline()
        self.url = f"http://127.0.0.1:{self.port}"
        return bool(line)

    def settings(self) -> str:
        """The cloud.toml."""
        secret = self.directory / "secret"
        secret.write_text(SECRET)
        accounts = "\n".join(
            f'[[accounts]]\nchannel = "generic"\nid = "{way}"\nstore = "{STORE}"\nways = ["{way}"]\n'
            f'secret_files = {{ secret = "{secret}" }}'
            for way in ACCOUNTS
        )
        return f"""
[broker]
url = "{self.cloud}"
[gateway]
listen = "127.0.0.1:{self.port}"
[journal]
path = "{self.directory / "gateway.db"}"
[[stores]]
id = "{STORE}"
{accounts}
[[ways]]
id = "hook"
kind = "webhook"
options = {{ url = "{self.stand_in}/hook" }}
secret_files = {{ secret = "{secret}" }}
per_second = 1000
[[ways]]
id = "chat"
kind = "easemob"
options = {{ app = "org#app", api = "{self.stand_in}" }}
secret_files = {{ client_id = "{secret}", client_secret = "{secret}" }}
per_second = 1000
[[messages]]
on = "item.started"
stage = "baking"
words = {{ en = "started {{order}}" }}
[[messages]]
on = "item.finished"
stage = "frosting"
words = {{ en = "frosted {{order}}" }}
[[messages]]
on = "order.ready"
words = {{ en = "ready {{order}}" }}
"""


class Phones:
    """What customers were told, by their words; the ways of providers."""

    def __init__(self) -> None:
        self.hooks: dict[str, Counter[str]] = {}  # by words: how often under each webhook-id
        self.chats: Counter[str] = Counter()

    def take(self, request: web.Request, body: bytes) -> web.Response:
        """Take a request as the provider would."""
        if request.path.endswith("/token"):
            return web.json_response(TOKEN)
        message = json.loads(body)
        if request.path == "/hook":
            words = message["data"]["words"]
            self.hooks.setdefault(words, Counter())[request.headers["webhook-id"]] += 1
            return web.json_response({})
        self.chats[message["body"]["msg"]] += 1
        return web.json_response({"data": {message["to"][0]: "success"}})

    def told(self, words: str) -> bool:
        """Whether somebody reads this now."""
        return words in self.hooks or self.chats[words] > 0


class Town:
    """Customers who order and bakers who press, both until they are answered."""

    def __init__(self, gateway: Ring, store: Store, chance: random.Random) -> None:
        self.posted: dict[str, str] = {}  # our id of the order -> its display id
        self.presses: Counter[str] = Counter()
        self._gateway, self._store, self._chance = gateway, store, chance
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._order()), *(asyncio.create_task(self._press()) for _ in range(2))]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def _order(self) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            account = self._chance.choice(ACCOUNTS)
            data = order(number, addresses={"webhook": "w", "easemob": "e"})
            body = json.dumps({"type": "order.placed", "data": data}).encode()
            for _ in range(self._chance.choice((1, 1, 1, 3))):  # some channels send it again although it was answered
                await self._until_answered(f"/channels/generic/{account}", body, f"msg-{number}")
            self.posted[order_id("generic", account, data["id"])] = data["displayId"]
            await asyncio.sleep(self._chance.uniform(0.5, 1.5) / ORDERS)

    async def _until_answered(self, path: str, body: bytes, event: str) -> None:
        while True:
            with suppress(aiohttp.ClientError, TimeoutError):
                url = self._gateway.url + path
                async with self._gateway.session.post(url, data=body, headers=signed(body, event)) as answer:
                    if answer.status == 200:
                        return
                    assert answer.status == 503, answer.status
            await asyncio.sleep(0.02)

    async def _press(self) -> None:
        while not self._stop.is_set():
            await asyncio.sleep(self._chance.uniform(0.5, 1.5) * BREATH)
            left = [one for one in self.posted if self.presses[one] < len(WALK)]
            if not left:
                continue
            chosen = self._chance.choice(left[:20])
            self.presses[chosen] += 1
            name = f"press-{chosen}-{self.presses[chosen]}"
            # 409: the order has not come to the store yet; it will.
            while await self._store.ask(id=name, type="bump", order=chosen) != 200:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)

    @property
    def ready(self) -> list[str]:
        """The display ids of the orders that were made."""
        return [self.posted[one] for one, presses in self.presses.items() if presses >= len(WALK)]


async def kill_around_the_ring(case: Case) -> Tally:
    """One of the three at a time, at any instant; it comes back after a while."""
    chance, phones = random.Random(case.seed), Phones()
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(a_broker(case.directory))
        stand_in = await stack.enter_async_context(StandIn(phones.take))
        gateway = await stack.enter_async_context(Ring(case.directory, broker.url, stand_in.url))
        store = await stack.enter_async_context(Store(case.directory, broker.url))
        await gateway.start()
        await store.start()
        async with Town(gateway, store, chance) as town:
            for _ in range(case.count):
                await asyncio.sleep(chance.uniform(0.2, 1.5))
                match chance.choice(("gateway", "store", "broker")):
                    case "broker":
                        broker.kill()
                        await asyncio.sleep(chance.uniform(0.0, 0.5))
                        await asyncio.to_thread(broker.start)
                    case victim:
                        process = gateway if victim == "gateway" else store
                        await process.kill()
                        await asyncio.sleep(chance.uniform(0.0, 0.5))
                        await process.start()
            killed = time.monotonic()
        notes = await _settled(town, gateway, phones)
        seconds = since(killed)
        return _tally(case, town, phones, notes, seconds)


async def _settled(town: Town, gateway: Ring, phones: Phones) -> list[str]:
    """Wait until nothing is owed; what still is after a while is lost."""
    owed: list[str] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while True:
                owed = [f"{name} was never told to be ready" for name in town.ready if not phones.told(f"ready {name}")]
                with suppress(aiohttp.ClientError):
                    names = ("unread", "outbox", "unanswered", "notices_waiting")
                    figures = {name: await metric(gateway.url, f"ovenbell_gateway_{name} ") for name in names}
                    late = [f"{figure:.0f} {name} in the end" for name, figure in figures.items() if figure]
                    if not owed + late:
                        return []
                await asyncio.sleep(0.1)
    return owed + late


def _tally(case: Case, town: Town, phones: Phones, lost: list[str], seconds: float) -> Tally:
    placed = _placed(case.directory / "journal.db")
    lost += [f"{name} is not at the store" for one, name in town.posted.items() if not placed[one]]
    doubled = [f"{one} is at the store {times} times" for one, times in placed.items() if times > 1]
    doubled += [f"{one} is at the store and was never ordered" for one in placed if one not in town.posted]
    for words, ids in phones.hooks.items():
        doubled += [f"{words}: under {len(ids)} ids"] if len(ids) > 1 else []
    for words, times in phones.chats.items():
        if times > 1 and not words.startswith("ready"):
            doubled.append(f"{words}: {times} times")
    ready = set(town.ready)
    told = {words.removeprefix("ready ") for words in (*phones.hooks, *phones.chats) if words.startswith("ready")}
    early = [f"{name} was told to be ready and is not" for name in told - ready]
    return Tally(
        injected=case.count,
        orders=len(town.posted),
        presses=sum(town.presses.values()),
        lost=len(lost),
        doubled=len(doubled),
        disordered=len(early),
        recovery=seconds,
        notes=(*lost, *doubled, *early),
    )


def _placed(journal: Path) -> Counter[str]:
    """How often each order was placed, as the store's journal has it."""
    with sqlite3.connect(f"file:{journal}?mode=ro", uri=True) as connection:
        rows: list[Any] = connection.execute(
            "SELECT json_extract(body, '$.order.id') FROM facts WHERE kind = 'OrderPlaced'"
        ).fetchall()
    return Counter(one for (one,) in rows)


RING = Fault("ring-kill", 150, 10, kill_around_the_ring, no_mosquitto, few=4)
