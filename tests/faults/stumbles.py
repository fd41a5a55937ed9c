"""A cloud that stumbles: events twice or three times, in another order, or not at all until they are asked for."""

import asyncio
import random
import time
from collections.abc import Iterator

from tests.faults.brokers import a_broker, no_mosquitto
from tests.faults.fault import Case, Fault, Tally
from tests.faults.launcher import BRISK
from tests.faults.ledger import Event, Ledger
from tests.faults.store import STORE, WALK, Store, manner, since

DROPPED, REPEATED = 0.02, 0.05  # of the events
FAR = 40  # places that an event comes too late at most
AHEAD = 2_000  # orders on whose last word the cloud does not yet wait
# What becomes of an order, as often as it is named.
LIVES = (
    *(("placed",),) * 3,
    ("placed", "changed"),
    ("placed", "changed", "changed"),
    ("placed", "cancelled"),
    ("placed", "changed", "cancelled"),
    *(("placed", "collected"),) * 2,
)


async def stumble(case: Case) -> Tally:
    """Orders with their changes and ends, sent in a muddle; the last event always comes, so that gaps can be seen."""
    chance = random.Random(case.seed)
    async with (
        a_broker(case.directory) as broker,
        Ledger(STORE, broker.port, walk=WALK) as ledger,
        Store(case.directory, broker.url, **BRISK, **manner(case.seed)) as store,
    ):
        await store.start()
        muddle: list[tuple[float, Event]] = []
        for number, event in enumerate(_day(case.count - 1, ledger, chance)):
            if chance.random() >= DROPPED:
                times = chance.randint(2, 3) if chance.random() < REPEATED else 1
                muddle += [(number + chance.uniform(0, FAR) * (chance.random() < 0.3), event) for _ in range(times)]
            if number % 200 == 0:
                _send(muddle, number, ledger)
                await asyncio.sleep(0)
                while len(ledger.owed()) > AHEAD:  # noqa: ASYNC110 - what is waited for comes from another thread
                    await asyncio.sleep(0.05)
        _send(muddle, case.count + FAR, ledger)
        ledger.push()
        ended = time.monotonic()
        await ledger.settled()
        return ledger.tally(case.count, since(ended))


def _day(events: int, ledger: Ledger, chance: random.Random) -> Iterator[Event]:
    """Events of many orders at once, each order's in the order of its life."""
    lives: list[tuple[str, list[str]]] = []
    for number in range(events):
        if len(lives) < 30 or chance.random() < 0.3:
            lives.append((f"o-{number}", list(chance.choice(LIVES))))
        order, life = lives[at := chance.randrange(len(lives))]
        yield ledger.write(order, life.pop(0))
        if not life:
            lives.pop(at)


def _send(muddle: list[tuple[float, Event]], until: float, ledger: Ledger) -> None:
    muddle.sort(key=lambda one: one[0])
    while muddle and muddle[0][0] <= until:
        ledger.send(muddle.pop(0)[1])


STUMBLES = Fault("cloud-stumbles", 100_000, 5_000, stumble, no_mosquitto, few=1_000)
