"""The link broken in every way there is: cut, refused, torn inside a packet, delayed, throttled, half-open; TLS too."""

import asyncio
import functools
import random
import shutil
import time
from pathlib import Path

from tests.brokers import free_port
from tests.certificates import Authority
from tests.faults.brokers import a_broker, no_mosquitto
from tests.faults.fault import Case, Fault, Tally
from tests.faults.launcher import BRISK
from tests.faults.ledger import Ledger
from tests.faults.proxy import Cable, Proxy
from tests.faults.store import STORE, WALK, Baker, Rush, Store, manner, since

# What breaks, as often as it is named. Half-open links take two keepalives to notice, so they are few.
KINDS = (*("cut", "torn", "torn at once") * 5, *("reset", "delayed", "throttled", "refused") * 3, "half-open")
BYTES = 3_000  # within which a cable tears: a packet is 200 to 900


async def break_the_link(case: Case, *, tls: bool) -> Tally:
    """One hub, one link, many faults in a row, orders and presses all the while."""
    chance, port = random.Random(case.seed), free_port()
    lines, road = _secure(case.directory, port) if tls else ((), "")
    scheme = "mqtts" if tls else "mqtt"
    recovery = 0.0
    async with (
        a_broker(case.directory, *lines) as broker,
        Ledger(STORE, broker.port, walk=WALK) as ledger,
        Proxy(port if tls else broker.port, chance) as proxy,
        Store(case.directory, f"{scheme}://localhost:{proxy.port}", **BRISK, **manner(case.seed, road)) as store,
    ):
        await store.start()
        async with Rush(ledger, Baker(store, ledger, chance), chance):
            for _ in range(case.count):
                await asyncio.sleep(chance.uniform(0.1, 0.4))
                over = await break_once(proxy, ledger, chance)
                recovery = max(recovery, since(over))
        settled = time.monotonic()
        await ledger.settled()
        return ledger.tally(case.count, max(recovery, since(settled)))


async def break_once(proxy: Proxy, ledger: Ledger, chance: random.Random) -> float:
    """Break the link in one of the ways, and see it mended; when the fault was over."""
    return await _break(chance.choice(KINDS), proxy, ledger, chance)


async def _break(kind: str, proxy: Proxy, ledger: Ledger, chance: random.Random) -> float:
    before, cable, over = ledger.epoch, proxy.cable, time.monotonic()
    assert cable is not None
    match kind:
        case "cut" | "reset":
            proxy.cut(abrupt=kind == "reset")
        case "torn":
            cable.tear = {chance.choice(("up", "down")): chance.randint(1, BYTES)}
        case "torn at once":  # in the middle of what is said first: CONNECT, SUBSCRIBE, presence, backfill
            proxy.prepare = functools.partial(_tear_early, chance.choice(("up", "down")), chance.randint(1, 600))
            proxy.cut(abrupt=False)
            await ledger.until(lambda: proxy.cable is not cable)
            proxy.prepare = _leave_whole
        case "delayed" | "throttled":
            cable.delay, cable.rate = (chance.uniform(0.05, 0.3), 0.0) if kind == "delayed" else (0.0, 6_000.0)
            await asyncio.sleep(chance.uniform(0.3, 1.0))
            cable.delay = cable.rate = 0.0
            over = time.monotonic()
            if chance.random() < 0.5:
                return over
            proxy.cut(abrupt=True)
        case "refused":
            proxy.shut()
            proxy.cut(abrupt=False)
            await asyncio.sleep(chance.uniform(0.0, 0.4))
            await proxy.open()
            over = time.monotonic()
        case _:
            cable.deaf = chance.choice(({"up"}, {"down"}, {"up", "down"}))
    await ledger.until(lambda: ledger.epoch > before)
    return over


def _tear_early(way: str, at: int, cable: Cable) -> None:
    cable.tear = {way: at}


def _leave_whole(_cable: Cable) -> None: ...


def _secure(directory: Path, port: int) -> tuple[tuple[str, ...], str]:
    """A listener with TLS, beside the plain one of the witness; what the store needs to trust it."""
    authority = Authority(directory)
    certificate = authority.issue("broker")
    files = f"certfile {certificate.cert_file}", f"keyfile {certificate.key_file}"
    return (f"listener {port} 127.0.0.1", *files), f'ca_file = "{authority.ca_file}"'


def _no_tls() -> str:
    return no_mosquitto() or ("" if shutil.which("openssl") else "openssl is not on this machine")


LINK = Fault("link", 400, 20, functools.partial(break_the_link, tls=False), no_mosquitto, few=8)
LINK_TLS = Fault("link-tls", 100, 10, functools.partial(break_the_link, tls=True), _no_tls, few=6)
