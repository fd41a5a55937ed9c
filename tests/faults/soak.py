"""Soak: days of a store's life in minutes, with all faults at a low rate; memory and open files stay flat.

Store and witness live by one fast clock. The presses and the ends of orders follow the day; faults come between.
"""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import msgspec
import psutil

from devices.twin.printer import VirtualPrinter
from tests.faults.brokers import a_broker, no_mosquitto
from tests.faults.clocks import HOUR, FastClock
from tests.faults.fault import Case, Fault, Tally
from tests.faults.launcher import FULL, LAUNCHER, STEPPED, VARIABLE
from tests.faults.ledger import Ledger
from tests.faults.link import break_once
from tests.faults.proxy import Proxy
from tests.faults.sessions import throw_away_session
from tests.faults.store import BAKERY, STORE, WALK, Baker, Store, since

SPEED = 240  # seconds of the store's life in one of ours: a day is six minutes
OPENS, CLOSES = 6, 22  # o'clock
EVERY = HOUR / 3  # between faults, on average
ORDERS = 60.0  # an hour while the store is open
PRINTER = """
[[printers]]
id = "kitchen"
connection = "{connection}"
stations = ["oven"]
print_on = "arrived"
"""
# A process is looked at once it has warmed up; then its memory and open files may not grow any more.
WARM, LONG = HOUR, 3 * HOUR
MORE_FILES, MORE_MEMORY = 4, 1.10


class Look(msgspec.Struct, frozen=True):
    """What a hub's process holds."""

    pid: int
    at: float
    files: int
    memory: int


async def live(case: Case) -> Tally:
    """So many hours of a store, from its opening."""
    chance, clock = random.Random(case.seed), FastClock(SPEED)
    wish = json.dumps({"brisk": True, "clock": clock.settings, "life": True})
    printer = VirtualPrinter()
    await printer.start()
    try:
        async with (
            a_broker(case.directory, "max_queued_messages 50") as broker,
            Ledger(STORE, broker.port, walk=WALK, now=clock.now) as ledger,
            Proxy(broker.port, chance) as proxy,
            Store(
                case.directory,
                f"mqtt://127.0.0.1:{proxy.port}",
                grace=5.0,
                about="close_after_hours = 1",
                rest=BAKERY + PRINTER.format(connection=printer.connection),
                program=LAUNCHER,
                **{VARIABLE: wish},
            ) as store,
        ):
            await store.start()
            life = _Life(store, ledger, proxy, chance, clock)

            async def kill_broker() -> None:
                broker.kill()
                await asyncio.to_thread(broker.start)

            async def forget() -> None:
                await asyncio.to_thread(throw_away_session, broker.port)

            faults = (kill_broker, forget, life.break_link, life.break_link, life.fill_disk, life.set_clock)
            await life.pass_by(case.count, faults)
            settled = time.monotonic()
            await ledger.settled()
            tally = ledger.tally(case.count, since(settled))
            return msgspec.structs.replace(tally, notes=(*tally.notes, *life.look_back()))
    finally:
        await printer.stop()


class _Life:
    """The day of one store."""

    def __init__(self, store: Store, ledger: Ledger, proxy: Proxy, chance: random.Random, clock: FastClock) -> None:
        self._store, self._ledger, self._proxy, self._chance, self._clock = store, ledger, proxy, chance, clock
        self._baker = Baker(store, ledger, chance)
        self._looks: list[Look] = []
        self._to_come: list[Callable[[], Awaitable[None]]] = []
        self._ended: set[str] = set()

    async def pass_by(self, hours: int, faults: tuple[Callable[[], Awaitable[None]], ...]) -> None:
        """Let hours pass, beginning at the opening of the store."""
        for hour in range(hours):
            if OPENS <= (OPENS + hour) % 24 < CLOSES:
                if not self._store.alive:
                    await self._store.start()
                await self._open_hour(faults)
                if hour % 6 == 4:
                    await self._store.kill()
                    await self._store.start()
            else:
                await self._closed_hour()
        if not self._store.alive:
            await self._store.start()

    async def _open_hour(self, faults: tuple[Callable[[], Awaitable[None]], ...]) -> None:
        over = asyncio.Event()
        busy = [asyncio.create_task(self._cloud(over)), asyncio.create_task(self._bakers(over))]
        busy.append(asyncio.create_task(self._meet(faults, over)))
        ends = self._clock.now() + HOUR
        while (left := ends - self._clock.now()) > 0:
            await asyncio.sleep(min(left, HOUR / 6) / SPEED)
            self._look()
            for task in busy:
                if task.done():
                    task.result()
        over.set()
        await asyncio.gather(*busy)

    async def _closed_hour(self) -> None:
        """The store is off; now and then somebody orders for tomorrow."""
        if self._store.alive:
            await self._store.stop()
        self._ledger.push(self._chance.randint(0, 12))
        await asyncio.sleep(HOUR / SPEED)

    async def _cloud(self, over: asyncio.Event) -> None:
        while not over.is_set():
            chance = self._chance.random()
            order = self._ledger.push()[0] if chance < 0.97 else self._ledger.withhold()
            if chance < 0.05:
                self._ledger.send(self._ledger.pushed[-1])
            elif chance < 0.1:
                self._baker.spare(order)
                self._ledger.send(self._ledger.write(order, "cancelled"))
            elif chance < 0.11:
                self._ledger.send(f"{order}?".encode())
            for ready in self._ledger.told("order.ready"):
                if ready["subject"] not in self._ended:
                    self._ended.add(ready["subject"])
                    self._ledger.send(self._ledger.write(ready["subject"], "collected"))
            await asyncio.sleep(self._chance.uniform(0.3, 1.7) * HOUR / ORDERS / SPEED)

    async def _bakers(self, over: asyncio.Event) -> None:
        while not over.is_set():
            await self._baker.press()
            await asyncio.sleep(HOUR / ORDERS / len(WALK) / SPEED / 2)

    async def _meet(self, faults: tuple[Callable[[], Awaitable[None]], ...], over: asyncio.Event) -> None:
        """Every kind of fault comes, in an order of chance, before one comes again."""
        while True:
            self._to_come = self._to_come or self._chance.sample(faults, len(faults))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._chance.uniform(0.3, 1.7) * EVERY / SPEED):
                    await over.wait()
                return
            await self._to_come.pop()()

    async def break_link(self) -> None:
        """One of the ways in which a link breaks."""
        await break_once(self._proxy, self._ledger, self._chance)

    async def fill_disk(self) -> None:
        """For a moment nothing can be written."""
        self._store.signal(FULL)

    async def set_clock(self) -> None:
        """The store's clock is set: half an hour on, or back again."""
        self._store.signal(STEPPED)

    def _look(self) -> None:
        if self._store.alive and self._store.process is not None:
            process = psutil.Process(self._store.process.pid)
            with suppress(psutil.NoSuchProcess):
                files, memory = process.num_fds(), process.memory_info().rss
                self._looks.append(Look(process.pid, self._clock.now(), files, memory))

    def look_back(self) -> Iterator[str]:
        """No process that lived for long held more at its end than when it was warm."""
        for pid in {look.pid for look in self._looks}:
            looks = [look for look in self._looks if look.pid == pid]
            warm = [look for look in looks if look.at - looks[0].at >= WARM]
            if looks[-1].at - looks[0].at < LONG:
                continue
            half = len(warm) // 2
            hours = (looks[-1].at - looks[0].at) / HOUR
            files = [min(look.files for look in part) for part in (warm[:half], warm[half:])]
            memory = [max(look.memory for look in part) for part in (warm[:half], warm[half:])]
            assert files[1] <= files[0] + MORE_FILES, f"open files grew from {files[0]} to {files[1]}"
            assert memory[1] <= memory[0] * MORE_MEMORY, f"memory grew from {memory[0]:,} to {memory[1]:,} bytes"
            yield f"{hours:.0f} h: open files {files[0]} then {files[1]}, memory {memory[0]:,} then {memory[1]:,} bytes"


SOAK = Fault("soak", 24, 24, live, no_mosquitto, patience=900, few=1)
