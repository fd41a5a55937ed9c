"""SIGKILL of gateway, hub and broker, under load: from a channel's webhook to the message on the customer's phone."""

import asyncio
import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web

from cloud_bridge.gateway.orders import order_id
from tests.brokers import free_port
from tests.cloud import PATIENCE
from tests.faults.brokers import a_broker, no_mosquitto
from tests.faults.fault import Case, Fault, Tally
from tests.faults.store import BREATH, STORE, WALK, Store, since
from tests.gateways import SECRET, StandIn, metric, order, signed

GATEWAY = ("-m", "config.command", "gateway")
ACCOUNTS = ("hook", "chat")  # the way to their customers: one knows a message again when it comes twice, one does not
ORDERS = 15.0  # a second
WRONG = 0.15  # of the presses: on the wrong card, and taken back at once
TOKEN = {"access_token": "token", "expires_in": 3600}
MOMENTS = {1: "started", 4: "frosted", len(WALK): "ready"}  # by its press, what a customer is told


class Ring(Store):
    """A gateway's process; started and killed as a store is."""

    def __init__(self, directory: Path, cloud: str, stand_in: str) -> None:
        super().__init__(directory, cloud, program=GATEWAY)
        self.stand_in, self.port = stand_in, free_port()

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
        self.read: dict[str, list[float]] = {}  # by words: when

    def take(self, request: web.Request, body: bytes) -> web.Response:
        """Take a request as the provider would."""
        if request.path.endswith("/token"):
            return web.json_response(TOKEN)
        message = json.loads(body)
        if request.path == "/hook":
            words = message["data"]["words"]
            self.hooks.setdefault(words, Counter())[request.headers["webhook-id"]] += 1
            answer: Any = {}
        else:
            words = message["body"]["msg"]
            self.chats[words] += 1
            answer = {"data": {message["to"][0]: "success"}}
        self.read.setdefault(words, []).append(time.monotonic())
        return web.json_response(answer)


class Town:
    """Customers who order and bakers who press, and press wrong and take it back; all until they are answered."""

    def __init__(self, gateway: Ring, store: Store, chance: random.Random) -> None:
        self.posted: dict[str, str] = {}  # our id of the order -> its display id
        self.hooked: set[str] = set()  # of these, who is told by the way that knows a message again
        self.stands: Counter[str] = Counter()  # how many of an order's presses
        self.presses = 0
        self.pressed: dict[str, list[float]] = {}  # by the words that it brings: when somebody began to
        self.recalled: Counter[str] = Counter()
        self._busy: set[str] = set()
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
            one = order_id("generic", account, data["id"])
            self.hooked |= {one} if account == "hook" else set()
            self.posted[one] = data["displayId"]
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
            left = [one for one in self.posted if self.stands[one] < len(WALK) and one not in self._busy]
            if not left:
                continue
            chosen = self._chance.choice(left[:20])
            self._busy.add(chosen)
            self.stands[chosen] += 1
            words = self.words(chosen, self.stands[chosen])
            self.pressed.setdefault(words, []).append(time.monotonic())
            await self._until_done("bump", chosen)
            if self._chance.random() < WRONG:
                await asyncio.sleep(self._chance.uniform(0.0, BREATH))
                await self._until_done("recall", chosen)
                self.stands[chosen] -= 1
                self.recalled[words] += 1
            self._busy.remove(chosen)

    async def _until_done(self, key: str, order: str) -> None:
        self.presses += 1
        name = f"press-{self.presses}"
        # 409: the order has not come to the store yet; it will.
        while await self._store.ask(id=name, type=key, order=order) != 200:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)

    def words(self, order: str, press: int) -> str:
        """What is said of a press."""
        return f"{MOMENTS.get(press, 'nothing')} {self.posted[order]}"

    def owed(self, phones: Phones, overtaken: set[str]) -> Iterator[str]:
        """What customers are promised and have not read; of two that were ready again, the second time counts."""
        for one, stands in self.stands.items():
            for press in (press for press in MOMENTS if press <= stands):
                words = self.words(one, press)
                read = phones.read.get(words, [0.0])[-1]
                later = [self.words(one, other) for other in MOMENTS if other > press]
                if not later and read < self.pressed[words][-1]:
                    yield f"{words}: never told"
                gone = words in overtaken and any(other in self.pressed for other in later)
                if later and one in self.hooked and not read and not gone:
                    yield f"{words}: never told, and nothing overtook it"

    def early(self, phones: Phones) -> Iterator[str]:
        """What was read before anybody pressed for it."""
        for words, read in phones.read.items():
            if words not in self.pressed or read[0] < self.pressed[words][0]:
                yield f"{words}: told before it was so"


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
    owed = ["the gateway does not answer"]
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while True:
                with suppress(aiohttp.ClientError):
                    names = ("unread", "outbox", "unanswered", "notices_waiting")
                    figures = {name: await metric(gateway.url, f"ovenbell_gateway_{name} ") for name in names}
                    owed = [f"{figure:.0f} {name} in the end" for name, figure in figures.items() if figure]
                    owed += town.owed(phones, _sent(gateway.directory / "gateway.db")[0])
                    if not owed:
                        return []
                await asyncio.sleep(0.1)
    return owed


def _tally(case: Case, town: Town, phones: Phones, lost: list[str], seconds: float) -> Tally:
    placed = _placed(case.directory / "journal.db")
    lost += [f"{name} is not at the store" for one, name in town.posted.items() if not placed[one]]
    doubled = [f"{one} is at the store {times} times" for one, times in placed.items() if times > 1]
    doubled += [f"{one} is at the store and was never ordered" for one in placed if one not in town.posted]
    for words, ids in phones.hooks.items():
        doubled += [f"{words}: under {len(ids)} ids"] if len(ids) > 1 + town.recalled[words] else []
    for words, times in phones.chats.items():
        if times > 1 and not words.startswith("ready"):
            doubled.append(f"{words}: {times} times")
    untrue = [*town.early(phones), *_sent(case.directory / "gateway.db")[1]]
    return Tally(
        injected=case.count,
        orders=len(town.posted),
        presses=town.presses,
        lost=len(lost),
        doubled=len(doubled),
        disordered=len(untrue),
        recovery=seconds,
        notes=(*lost, *doubled, *untrue),
    )


def _sent(journal: Path) -> tuple[set[str], list[str]]:
    """The words that a later press has overtaken; those that left though the store had taken back what they say."""
    notices: dict[str, Any] = {}
    overtaken: set[str] = set()
    true: set[tuple[str, str, str]] = set()
    untrue: list[str] = []
    for kind, body in _facts(journal, "StageHeard", "NoticeQueued", "NoticeSending", "NoticeDropped"):
        match kind:
            case "StageHeard":
                order, told = body.get("order"), body["told"]
                about = (
                    order,
                    f"item.{told.get('moment')}" if told.get("moment") else body["kind"],
                    told.get("stage", ""),
                )
                (true.discard if body["kind"] == "item.recalled" else true.add)(about)
                if told.get("ready") is False:
                    true.discard((order, "order.ready", ""))
            case "NoticeQueued":
                notices[body["notice"]["id"]] = body["notice"]
            case "NoticeSending":
                notice = notices[body["notice"]]
                if (notice["order"], notice["on"], notice.get("stage", "")) not in true:
                    untrue.append(f"{notice['words']}: left after it was taken back")
            case "NoticeDropped" if body["reason"] == "it was overtaken":
                overtaken.add(notices[body["notice"]]["words"])
    return overtaken, untrue


def _facts(journal: Path, *kinds: str) -> list[tuple[str, Any]]:
    """The facts of these kinds in a journal, as they happened."""
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT kind, body FROM facts WHERE kind IN (SELECT value FROM json_each(?)) ORDER BY seq",
            [json.dumps(kinds)],
        )
        return [(kind, json.loads(body)) for kind, body in rows]


def _placed(journal: Path) -> Counter[str]:
    """How often each order was placed, as the store's journal has it."""
    return Counter(body["order"]["id"] for _, body in _facts(journal, "OrderPlaced"))


RING = Fault("ring-kill", 150, 10, kill_around_the_ring, no_mosquitto, few=4)
