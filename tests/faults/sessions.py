"""What a store misses because its broker forgets: its session taken away, or a queue too short for a closed night."""

import asyncio
import random
import time

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.faults.brokers import a_broker, no_mosquitto
from tests.faults.fault import Case, Fault, Tally
from tests.faults.launcher import BRISK
from tests.faults.ledger import Ledger
from tests.faults.store import STORE, WALK, Baker, Rush, Store, since

QUEUE = 20  # messages that the broker keeps for a store that is away


async def forget_the_session(case: Case) -> Tally:
    """Somebody takes the store's session and throws it away: under its hands, or while it is dead."""
    chance, recovery = random.Random(case.seed), 0.0
    async with (
        a_broker(case.directory) as broker,
        Ledger(STORE, broker.port, walk=WALK) as ledger,
        Store(case.directory, broker.url, **BRISK) as store,
    ):
        await store.start()
        async with Rush(ledger, Baker(store, ledger, chance), chance):
            for _ in range(case.count):
                await asyncio.sleep(chance.uniform(0.1, 0.5))
                before, dead = ledger.epoch, chance.random() < 0.5
                if dead:
                    await store.kill()
                    await asyncio.sleep(chance.uniform(0.0, 0.3))
                await asyncio.to_thread(throw_away_session, broker.port)
                forgotten = time.monotonic()
                if dead:
                    await store.start()
                await ledger.until(lambda before=before: ledger.epoch > before)
                recovery = max(recovery, since(forgotten))
        settled = time.monotonic()
        await ledger.settled()
        return ledger.tally(case.count, max(recovery, since(settled)))


def throw_away_session(port: int) -> None:
    """Take the store's session over, as a second client under its id would, and throw it away."""
    thief = Client(CallbackAPIVersion.VERSION2, STORE, protocol=MQTTProtocolVersion.MQTTv5, reconnect_on_failure=False)
    thief.on_connect = lambda client, *_: client.disconnect()
    thief.connect("127.0.0.1", port, clean_start=True)
    thief.loop_forever()


async def overflow_overnight(case: Case) -> Tally:
    """A closed store is pushed far more orders than its broker keeps; some, the cloud itself forgets until morning."""
    chance, recovery = random.Random(case.seed), 0.0
    async with (
        a_broker(case.directory, f"max_queued_messages {QUEUE}") as broker,
        Ledger(STORE, broker.port, walk=WALK) as ledger,
        Store(case.directory, broker.url, **BRISK) as store,
    ):
        await store.start()
        for _ in range(case.count):
            baker = Baker(store, ledger, chance)
            async with Rush(ledger, baker, chance, orders=60):
                await asyncio.sleep(chance.uniform(0.1, 0.4))
            await ledger.settled()
            await (store.stop() if chance.random() < 0.5 else store.kill())
            first = len(ledger.pushed) + 1
            ledger.push(QUEUE + chance.randint(10, 200))
            if chance.random() < 0.3:
                last = len(ledger.pushed)
                ledger.forget(*range(chance.randint(first + QUEUE, last), last))
            opened = time.monotonic()
            await store.start()
            await ledger.settled()
            recovery = max(recovery, since(opened))
        return ledger.tally(case.count, recovery)


FORGOTTEN = Fault("session-forgotten", 25, 13, forget_the_session, no_mosquitto, few=3)
OVERNIGHT = Fault("night-overflow", 25, 13, overflow_overnight, no_mosquitto, few=2)
