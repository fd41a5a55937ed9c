"""A chain: one gateway and one mosquitto for 10,000 stores, that are pushed to, and that all come back at once."""

import asyncio
import os
import random
import resource
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import psutil

from cloud_bridge.gateway.orders import order_id
from tests.bench import stages
from tests.bench.doors import a_gateway
from tests.bench.figures import Line, Section, percentile
from tests.bench.sockets import BareStore
from tests.bench.webhooks import Channel, connect, request_of
from tests.brokers import Broker
from tests.cloud import until
from tests.gateways import metric

STORES, FEW = 10_000, 300
AT_ONCE = 200  # connections being made
JITTER = 5.0  # seconds over which stores come back: their first wait, with full jitter
PATIENCE = 240.0
MEGABYTE = 1_000_000
SPARE = 300  # descriptors for everything but the stores


def measure(*, quick: bool) -> Iterator[Section]:
    """Everything on this machine: gateway, broker and stores share its cores."""
    wanted = FEW if quick else STORES
    count = room_for(wanted)
    less = "" if count == wanted else f"; {wanted:,} were to be: `ulimit -Hn` allows no more"
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as directory:
        broker = Broker(Path(directory)).start()
        try:
            with a_gateway(Path(directory), broker, count) as (url, process):
                yield from asyncio.run(_chain(count, broker, url, process, less))
        finally:
            broker.stop()
    yield from stages.measure(quick=quick)


async def _chain(count: int, broker: Broker, url: str, gateway: int, less: str) -> list[Section]:
    arrivals: dict[str, float] = {}
    stores = [BareStore(number, arrivals.setdefault) for number in range(count)]
    began = time.perf_counter()
    await _come(stores, broker.port, 0.0)
    await _until_online(url, count)
    coming = time.perf_counter() - began
    idle = _memory(gateway), _memory(broker.process.pid if broker.process else 0)
    answered = await _push(url, count)
    await until(lambda: len(arrivals) == count, PATIENCE)
    lags = [arrivals[order] - at for order, at in answered.items()]
    pushed = max(arrivals.values()) - min(answered.values())
    for store in stores:
        store.cut()
    await _until_online(url, 0)
    began = time.perf_counter()
    await _come(stores, broker.port, JITTER)
    await _until_online(url, count)
    storm = time.perf_counter() - began
    later = _memory(gateway)
    return [
        Section(
            f"A chain of {count:,} stores on one gateway and one mosquitto",
            (
                Line("all stores connect: until the gateway knows it of the last one", f"{coming:.1f} s"),
                Line("an order for each store: from the first webhook to the last store", f"{pushed:.1f} s"),
                Line("lag from the answered webhook to the store: p50", f"{percentile(lags, 0.5) * 1000:,.0f} ms"),
                Line("lag from the answered webhook to the store: p99", f"{percentile(lags, 0.99) * 1000:,.0f} ms"),
                Line(
                    f"all come back within {JITTER:.0f} s, asking for what they missed: until all are known",
                    f"{storm:.1f} s",
                    storm / JITTER,
                ),
                Line("gateway: memory with all stores online", f"{idle[0] / MEGABYTE:.0f} MB"),
                Line("gateway: memory with an open order for each", f"{later / MEGABYTE:.0f} MB"),
                Line("mosquitto: memory with all stores online", f"{idle[1] / MEGABYTE:.0f} MB"),
            ),
            f"stores are bare sockets in one process, which shares the cores{less}",
        )
    ]


async def _come(stores: list[BareStore], port: int, jitter: float) -> None:
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)

    async def come(store: BareStore) -> None:
        await asyncio.sleep(random.uniform(0, jitter))
        async with gate:
            await loop.create_connection(lambda: store, "127.0.0.1", port)
            await store.ready.wait()

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*map(come, stores))


async def _until_online(url: str, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while await metric(url, "ovenbell_gateway_stores_online") != count:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.1)


async def _push(url: str, count: int) -> dict[str, float]:
    """An order for each store; when each webhook was answered, by our id of the order."""
    answered: dict[str, float] = {}
    numbers = deque(range(count))
    channels = await connect(url, deque(), asyncio.Event())

    async def work(channel: Channel) -> None:
        while numbers:
            number = numbers.popleft()
            await channel.ask(request_of(number, f"store-{number}"))
            answered[order_id("generic", "chain", f"shop-{number}")] = time.perf_counter()

    await asyncio.gather(*map(work, channels))
    return answered


def room_for(stores: int) -> int:
    """How many of the stores may be connected, once this process and those it starts may have that many files open."""
    wanted = stores + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return stores if soft == resource.RLIM_INFINITY else min(stores, soft - SPARE)


def _memory(pid: int) -> float:
    return float(psutil.Process(pid or os.getpid()).memory_info().rss)
