"""SIGKILL of the broker, under load: it forgets what it had acknowledged, even with its persistence."""

import asyncio
import functools
import random
import time

from tests.faults.brokers import a_broker, no_mosquitto
from tests.faults.fault import Case, Fault, Tally
from tests.faults.launcher import BRISK
from tests.faults.ledger import Ledger
from tests.faults.store import STORE, WALK, Baker, Rush, Store, since

PERSISTENT = ("persistence true", "persistence_location {directory}/", "autosave_interval 1")


async def kill_the_broker(case: Case, *, persistent: bool) -> Tally:
    """Kill it in the middle of a rush, leave it dead for a moment, start it again, and have store and cloud find it."""
    chance = random.Random(case.seed)
    lines = [line.format(directory=case.directory) for line in PERSISTENT] if persistent else []
    recovery = 0.0
    async with (
        a_broker(case.directory, *lines) as broker,
        Ledger(STORE, broker.port, walk=WALK) as ledger,
        Store(case.directory, broker.url, **BRISK) as store,
    ):
        await store.start()
        async with Rush(ledger, Baker(store, ledger, chance), chance):
            for _ in range(case.count):
                await asyncio.sleep(chance.uniform(0.2, 1.2))
                broker.kill()
                await asyncio.sleep(chance.uniform(0.0, 0.3))
                before, restarted = ledger.epoch, time.monotonic()
                await asyncio.to_thread(broker.start)
                await ledger.until(lambda before=before: ledger.epoch > before)
                recovery = max(recovery, since(restarted))
        restarted = time.monotonic()
        await ledger.settled()
        return ledger.tally(case.count, max(recovery, since(restarted)))


BROKER_KILL = Fault("broker-kill", 50, 10, functools.partial(kill_the_broker, persistent=False), no_mosquitto, few=3)
PERSISTENT_KILL = Fault(
    "broker-kill-persistent", 50, 10, functools.partial(kill_the_broker, persistent=True), no_mosquitto, few=3
)
