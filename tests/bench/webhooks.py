"""Signed webhooks: how many a second the gateway proves, stores and answers, and how long one waits among many."""

import asyncio
import json
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cloud_bridge.gateway.reader import LONGEST
from tests.bench.doors import STORES, a_bare_handler, a_gateway
from tests.bench.figures import Aim, Line, Section, middle, percentile
from tests.brokers import Broker
from tests.gateways import metric, order, signed

ROUNDS = 5
CONNECTIONS = 256
COUNT, FEW = 10_000, 2_000
RATE = 1_000  # requests a second, the load of one channel's acceptance
REPEATS = 16  # times that the same order comes after an outage
SECONDS, SHORT = 20.0, 3.0
PATIENCE = 120.0  # seconds for the last order to be with the broker


def measure(*, quick: bool) -> Iterator[Section]:
    """As many as there is room for, and at the pace that a channel asks for."""
    count, rounds = (FEW, 1) if quick else (COUNT, ROUNDS)
    answered, through, bare = [], [], []
    for _ in range(rounds):
        with _gateway() as url:
            began = time.perf_counter()
            answered.append(asyncio.run(as_many(url, _requests(count))))
            asyncio.run(_delivered(url, count))
            through.append(count / (time.perf_counter() - began))
        with a_bare_handler() as url:
            bare.append(asyncio.run(as_many(url, _requests(count))))
    ours, limit = middle(answered), middle(bare)
    yield Section(
        f"Signed webhooks: {count:,} orders over {CONNECTIONS} connections, each on the disk before its answer",
        (
            Line("Ovenbell: proved, committed, answered", f"{ours:,.0f}/s"),
            Line("limit: a bare handler that answers", f"{limit:,.0f}/s", ours / limit, Aim(ours / limit, ">=", 0.5)),
            Line("Ovenbell: until the broker has the last order for its store", f"{middle(through):,.0f}/s"),
        ),
        f"reading gives way to who waits for an answer, for {LONGEST:.0f} s at most",
    )
    seconds = SHORT if quick else SECONDS
    for repeats in (1, REPEATS):
        requests = _requests(int(RATE * seconds / repeats), repeats)
        with _gateway() as url:
            waits = asyncio.run(_at_pace(url, requests, RATE))
        with a_bare_handler() as url:
            floor = percentile(asyncio.run(_at_pace(url, requests, RATE)), 0.99) * 1000
        tail, half = percentile(waits, 0.99) * 1000, percentile(waits, 0.5) * 1000
        yield Section(
            f"{RATE:,} webhooks a second for {seconds:.0f} s, each order {repeats} times over",
            (
                Line("Ovenbell: TP99 of the answer", f"{tail:.1f} ms", None, Aim(tail, "<=", 200, "ms")),
                Line("Ovenbell: the median", f"{half:.1f} ms"),
                Line("floor: TP99 of a bare handler", f"{floor:.1f} ms", tail / floor),
            ),
        )


@contextmanager
def _gateway() -> Iterator[str]:
    """A gateway with a broker beside it."""
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as directory:
        broker = Broker(Path(directory)).start()
        try:
            with a_gateway(Path(directory), broker) as (url, _):
                yield url
        finally:
            broker.stop()


async def _delivered(url: str, count: int) -> None:
    """Wait until the broker has all orders."""
    async with asyncio.timeout(PATIENCE):
        while (  # noqa: ASYNC110 - it is another process
            await metric(url, 'ovenbell_gateway_facts_total{kind="OrderHeard"}') < count
            or await metric(url, "ovenbell_gateway_outbox ") > 0
        ):
            await asyncio.sleep(0.05)


def _requests(count: int, repeats: int = 1) -> list[bytes]:
    """Requests as they stand on the wire; an order is sent again after a hundred others."""
    made = [request_of(number, f"store-{number % STORES}") for number in range(count)]
    return [one for start in range(0, count, 100) for one in made[start : start + 100] * repeats]


def request_of(number: int, store: str) -> bytes:
    """An order for a store, as it stands on the wire."""
    data = {**order(number), "merchant": {"id": store}}
    body = json.dumps({"type": "order.placed", "data": data}, ensure_ascii=False).encode()
    headers = "".join(f"{name}: {value}\r\n" for name, value in signed(body, f"msg-{number}").items())
    head = f"POST /channels/generic/chain HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n{headers}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Channel(asyncio.Protocol):
    """One connection of a channel: the next request once the last one is answered."""

    def __init__(self, waiting: deque[bytes], done: asyncio.Event) -> None:
        self.times: list[float] = []
        self.refused = 0
        self._waiting, self._done, self._sent = waiting, done, 0.0
        self._asked: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport
        self.free = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    async def ask(self, request: bytes) -> None:
        """Send one request and wait for its answer."""
        self._asked = asyncio.get_running_loop().create_future()
        self.send(request)
        await self._asked

    def send(self, request: bytes, at: float | None = None) -> None:
        self.free, self._sent = False, time.perf_counter() if at is None else at
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if not data.startswith(b"HTTP/1.1 "):
            return  # the rest of an answer that came in two parts
        self.refused += not data.startswith(b"HTTP/1.1 200")
        self.times.append(time.perf_counter() - self._sent)
        self.free = True
        if self._asked is not None:
            self._asked.set_result(None)
        elif self._waiting:
            self.send(self._waiting.popleft())
        else:
            self._done.set()


async def connect(url: str, waiting: deque[bytes], done: asyncio.Event) -> list[Channel]:
    """Connections on which the next waiting request is sent once the last one is answered; `done` when none is."""
    loop = asyncio.get_running_loop()
    made = [
        loop.create_connection(lambda: Channel(waiting, done), "127.0.0.1", int(url.rpartition(":")[2]))
        for _ in range(CONNECTIONS)
    ]
    return [channel for _, channel in await asyncio.gather(*made)]


async def as_many(url: str, requests: Sequence[bytes]) -> float:
    """Answers a second."""
    waiting, done = deque(requests), asyncio.Event()
    channels = await connect(url, waiting, done)
    began = time.perf_counter()
    for channel in channels:
        channel.send(waiting.popleft())
    while sum(len(channel.times) for channel in channels) < len(requests):
        done.clear()
        await done.wait()
    assert not any(channel.refused for channel in channels)
    return len(requests) / (time.perf_counter() - began)


async def _at_pace(url: str, requests: Sequence[bytes], rate: float) -> list[float]:
    """Seconds that each answer took, from when its request was due, whether or not a connection was free then."""
    waiting: deque[bytes] = deque()
    due: deque[float] = deque()
    channels = await connect(url, waiting, asyncio.Event())
    began = time.perf_counter()
    for number, request in enumerate(requests):
        at = began + number / rate
        if (rest := at - time.perf_counter()) > 0:
            await asyncio.sleep(rest)
        due.append(at)
        waiting.append(request)
        while waiting and (free := next((channel for channel in channels if channel.free), None)):
            free.send(waiting.popleft(), due.popleft())
    while sum(len(channel.times) for channel in channels) < len(requests):
        while waiting and (free := next((channel for channel in channels if channel.free), None)):
            free.send(waiting.popleft(), due.popleft())
        await asyncio.sleep(0.001)
    assert not any(channel.refused for channel in channels)
    return [seconds for channel in channels for seconds in channel.times]
