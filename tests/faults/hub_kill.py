"""SIGKILL of the hub at random instants, under load."""

import asyncio
import random

from tests.faults.brokers import a_broker
from tests.faults.fault import Case, Fault, Tally
from tests.faults.ledger import Ledger
from tests.faults.store import STORE, WALK, Baker, Rush, Store


async def kill_the_hub(case: Case) -> Tally:
    """Start it, let it live for up to half a second, kill it; at the end let it tell what it owes."""
    chance, recovery = random.Random(case.seed), 0.0
    async with (
        a_broker(case.directory) as broker,
        Ledger(STORE, broker.port, walk=WALK) as ledger,
        Store(case.directory, broker.url) as store,
    ):
        async with Rush(ledger, Baker(store, ledger, chance), chance):
            for _ in range(case.count):
                await store.start()
                await asyncio.sleep(chance.uniform(0.0, 0.5))
                await store.kill()
            await store.start()
        recovery = await ledger.settled()
        return ledger.tally(case.count, recovery)


HUB_KILL = Fault("hub-kill", 250, 25, kill_the_hub, few=4)
