"""SIGKILL of the hub, under load: at random instants, and at every step of the commit path."""

import asyncio
import json
import random
import time
from contextlib import suppress

from tests.faults.brokers import a_broker, no_mosquitto
from tests.faults.fault import Case, Fault, Tally
from tests.faults.keypad import PadBaker, pads
from tests.faults.launcher import LAUNCHER, OPENING, VARIABLE
from tests.faults.ledger import Ledger
from tests.faults.store import STORE, WALK, Baker, Rush, Store, manner, since

# Where a commit can be cut short: in its statements, and between it and the words to cloud and broker that follow.
VERBS = ("begin", "insert", "delete", "commit", "ack", "publish")
STEPS = tuple(f"{verb}:{side}" for verb in VERBS for side in ("before", "after"))
DEADLINE = 4.0  # seconds in which a hub that is ready comes to any step


async def kill_the_hub(case: Case) -> Tally:
    """Start it, let it live for up to half a second, kill it; at the end let it tell what it owes."""
    chance = random.Random(case.seed)
    async with (
        a_broker(case.directory) as broker,
        Ledger(STORE, broker.port, walk=WALK) as ledger,
        Store(case.directory, broker.url, **manner(case.seed)) as store,
    ):
        async with Rush(ledger, Baker(store, ledger, chance), chance):
            for _ in range(case.count):
                await store.start()
                await asyncio.sleep(chance.uniform(0.0, 0.5))
                await store.kill()
            killed = time.monotonic()
            await store.start()
        await ledger.settled()
        return ledger.tally(case.count, since(killed))


async def kill_at_the_keypad(case: Case) -> Tally:
    """The same, while a baker presses keys at a keypad and looks at the screen."""
    chance = random.Random(case.seed)
    async with a_broker(case.directory) as broker, Ledger(STORE, broker.port, walk=WALK) as ledger:
        with pads(case.directory) as keypads:
            async with Store(case.directory, broker.url, rest=keypads.settings, **manner(case.seed)) as store:
                async with Rush(ledger, PadBaker(store, ledger, keypads), chance, orders=10, hands=1):
                    for _ in range(case.count):
                        await store.start()
                        await asyncio.sleep(chance.uniform(0.2, 0.9))
                        await store.kill()
                    killed = time.monotonic()
                    await store.start()
                await ledger.settled()
                return ledger.tally(case.count, since(killed))


async def kill_in_the_commit(case: Case) -> Tally:
    """A hub that kills itself at a step of the commit path, each step in turn."""
    chance = random.Random(case.seed)
    steps = [OPENING, *chance.sample(STEPS, len(STEPS))]  # the first of all is the making of the journal
    async with (
        a_broker(case.directory) as broker,
        Ledger(STORE, broker.port, walk=WALK) as ledger,
        Store(case.directory, broker.url, program=LAUNCHER, **manner(case.seed)) as store,
    ):
        injected = 0
        async with Rush(ledger, Baker(store, ledger, chance), chance):
            while injected < case.count:
                step = steps[injected % len(steps)]
                times = chance.randint(1, 90) if step == OPENING else chance.randint(1, 30)
                await store.launch(**{VARIABLE: json.dumps({"step": step, "times": times})})
                await store.ready()
                with suppress(TimeoutError):
                    async with asyncio.timeout(DEADLINE):
                        await store.ended()
                injected += not store.alive
                await store.kill()
            killed = time.monotonic()
            await store.start()
        await ledger.settled()
        return ledger.tally(injected, since(killed))


HUB_KILL = Fault("hub-kill", 200, 10, kill_the_hub, no_mosquitto, few=4)
KEYPAD_KILL = Fault("hub-kill-keypad", 50, 5, kill_at_the_keypad, no_mosquitto, few=3)
COMMIT_KILL = Fault("hub-kill-commit", 250, 13, kill_in_the_commit, no_mosquitto, few=13)
