"""The machine's clock set under the real hub's process, and boots in 1970, under load.

`python -m tests.faults.machine_clock hub` is that hub: its machine's clock is what a file says. (libfaketime does the
same from outside, but its 0.9.10 lets threads of Python wait for ever and their sleep fail where it leaves monotonic
time alone.)
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

import config.assembly
from config.command import main
from edge.clock import SystemClock
from tests.cloud import PATIENCE
from tests.faults.brokers import a_broker, no_mosquitto
from tests.faults.clock_jump import AN_OLD_BOOT, FARTHEST, JUMPS, Stopwatches, at
from tests.faults.fault import Case, Fault, Tally
from tests.faults.ledger import Ledger
from tests.faults.store import STORE, WALK, Baker, Rush, Store, since

FILE = "OVENBELL_MACHINE_CLOCK"  # the variable that names it
HUB = ("-m", "tests.faults.machine_clock", "hub")
GLANCE = 0.05  # seconds between two looks at the board
ROUGHLY = 2.5  # seconds: the hub follows two without a word, and the witness's look is not exact
FORGOTTEN = 30.0  # seconds that a boot without a clock may forget: since the last fact
A_LOOK = 1.5  # seconds in which a hub looks at the machine's clock


class WrongClock(SystemClock):
    """A machine's clock that is wrong by what a file says."""

    def __init__(self) -> None:
        self._file = Path(os.environ[FILE])

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return super().now() + float(self._file.read_text())


class _Machine:
    """That clock, for the one who sets it."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "clock"
        self.off = 0.0
        self.set(0.0)

    def set(self, off: float) -> None:
        """Set it so far from the true time."""
        self.off = off
        new = self.file.with_suffix(".new")
        new.write_text(f"{off}")
        new.rename(self.file)

    def now(self) -> float:
        """What it says."""
        return time.time() + self.off


async def set_the_clock(case: Case) -> Tally:
    """Set it, far and near, forward and back; now and then boot in 1970, and let the network tell the time later."""
    chance, machine, longest = random.Random(case.seed), _Machine(case.directory), 0.0
    watches = Stopwatches(ROUGHLY)
    async with (
        a_broker(case.directory) as broker,
        Ledger(STORE, broker.port, walk=WALK) as ledger,
        Store(case.directory, broker.url, grace=0.5, program=HUB, **{FILE: str(machine.file)}) as store,
    ):
        await store.start()
        async with Rush(ledger, Baker(store, ledger, chance), chance, orders=15), _watched(store, watches):
            for number in range(case.count):
                await asyncio.sleep(chance.uniform(0.2, 0.8))
                began = time.monotonic()
                if (case.seed + number) % 4 == 0:
                    before = machine.off
                    machine.set(AN_OLD_BOOT - time.time())
                    await _boot(store, watches)
                    await asyncio.sleep(chance.uniform(0.5, 1.5))
                    began = time.monotonic()
                    machine.set(before)
                    await asyncio.sleep(A_LOOK)  # until then it looks like a clock set back, which is not believed
                else:
                    machine.set(machine.off + chance.choice([by for by in JUMPS if abs(machine.off + by) <= FARTHEST]))
                await _until_followed(store, machine)
                longest = max(longest, since(began))
        await ledger.settled()
        assert "Traceback" not in store.log(), store.log()
        timers = Tally(disordered=len(watches.notes), notes=tuple(watches.notes))
        return ledger.tally(case.count, longest) + timers


async def _boot(store: Store, watches: Stopwatches) -> None:
    await store.kill()
    watches.lost = FORGOTTEN
    await store.start()


async def _until_followed(store: Store, machine: _Machine) -> None:
    """Wait until the hub goes by the machine's clock."""
    async with asyncio.timeout(PATIENCE):
        while True:
            board = await store.get("/api/board")
            if abs(at(board["now"]) - machine.now()) < ROUGHLY:
                return
            await asyncio.sleep(GLANCE)


@asynccontextmanager
async def _watched(store: Store, watches: Stopwatches) -> AsyncIterator[None]:
    """Look at the board all the while."""

    async def look() -> None:
        while True:
            before = time.monotonic()
            with suppress(aiohttp.ClientError, TimeoutError):
                board = await store.get("/api/board")
                watches.read(board, before, time.monotonic())
            await asyncio.sleep(GLANCE)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


FAULT = Fault("clock-machine", 40, 4, set_the_clock, no_mosquitto, few=3)

if __name__ == "__main__":
    config.assembly.SystemClock = WrongClock  # type: ignore[misc]
    main()
