"""Clocks that jump, and boots in 1970: no timer shows it, and the store comes to the same end as without."""

from contextlib import AsyncExitStack
from datetime import datetime
from random import Random
from typing import Any

import aiohttp

from edge.feed import Feed
from edge.store import StoreHub, store_hub
from tests.builders import HOUR, MINUTE, ManualClock
from tests.faults.bookkeeper import LAYOUT, compare, look, whole
from tests.faults.disk import a_disk
from tests.faults.fault import Case, Fault, Tally
from tests.faults.life import FIRST_DAY, again, ask, settle
from tests.faults.power_cut import FILE, Recorded, end, record

FARTHEST = 20 * HOUR  # from the true time: farther, and orders of today would be of yesterday
JUMPS = (-12 * HOUR, -HOUR, -90.0, -7.0, -3.0, 3.0, 7.0, 90.0, HOUR, 12 * HOUR)
ROUNDED = 0.001  # seconds
AN_OLD_BOOT = 100.0  # seconds since 1970


class Stopwatches:
    """The witness of the timers: every card's age as a stopwatch beside it would show it."""

    def __init__(self, tolerance: float) -> None:
        self.notes: list[str] = []
        self.lost = 0.0  # seconds that the next board may have forgotten, because it is the first after a boot
        self._tolerance = tolerance
        self._looked = float("-inf")
        # When it began on the monotonic clock, between these, by what is timed.
        self._began: dict[tuple[str, ...], tuple[float, float]] = {}

    def read(self, board: dict[str, Any], before: float, after: float, *, asked: bool = True) -> None:
        """Hold a board of some moment between these against the stopwatches.

        An item that was `asked` about since the last look may begin anew.
        """
        now = at(board["now"])
        if (
            self.lost
        ):  # timers that were forgotten in part go on from where they stand, now or when they are shown again
            self._began = {key: (first, last + self.lost) for key, (first, last) in self._began.items()}
            self.lost = 0.0
        for station in board["stations"]:
            for card in station["cards"]:
                for item in card["items"]:
                    key = (card["order"], item["item"], item["stage"], item["moment"])
                    age = now - at(item["since"])
                    if age < -ROUNDED:
                        self.notes.append(f"{key} begins in {-age:.1f} s")
                    if asked and after - age >= self._looked - self._tolerance:
                        self._began.pop(key, None)
                    self._hold(key, before - age, after - age)
        self._looked = before

    def _hold(self, key: tuple[str, ...], earliest: float, latest: float) -> None:
        first, last = self._began.setdefault(key, (earliest, latest))
        if latest < first - self._tolerance or earliest > last + self._tolerance:
            self.notes.append(f"{key} began at {earliest - first:+.1f} s, all of a sudden")


def at(text: str) -> float:
    """A time of the board in seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


class _Store:
    """A hub with its local API, on a clock of ours."""

    def __init__(self, case: Case, clock: ManualClock) -> None:
        self.path = case.directory / "jumping" / FILE
        self.clock = clock
        self.watches = Stopwatches(0.01)
        self.hub: StoreHub
        self._running = AsyncExitStack()
        self._session: aiohttp.ClientSession

    async def start(self) -> None:
        """Boot."""
        self.hub = store_hub(LAYOUT, self.path, self.clock)
        await self.hub.start()
        self._running.push_async_callback(self.hub.stop)
        feed = Feed(self.hub, ("127.0.0.1", 0))
        await feed.start()
        self._running.push_async_callback(feed.stop)
        url = f"http://127.0.0.1:{feed.address[1]}"
        self._session = await self._running.enter_async_context(aiohttp.ClientSession(url))

    async def stop(self) -> None:
        """Go down."""
        await self._running.aclose()

    async def look(self, *, asked: bool = False) -> None:
        """Hold what is shown against the stopwatches."""
        async with self._session.get("/api/board") as answer:
            now = self.clock.monotonic()
            self.watches.read(await answer.json(), now, now, asked=asked)

    async def notice(self) -> None:
        """Let the hub look at the machine's clock, as it does every second."""
        self.hub._look_at_clock()
        await settle(self.hub)


async def jump(case: Case) -> Tally:
    """Live one life by a steady clock; live it again while the clock is set, and come to the same end."""
    with a_disk() as disk:
        undisturbed = await record(disk, case, by_the_clock=False)
    store = _Store(case, ManualClock(FIRST_DAY))
    await store.start()
    try:
        injected = await _live(store, undisturbed, Random(case.seed), case.count)
        await end(store.hub, store.clock)
        await store.look()
    finally:
        await store.stop()
    seen, wrong = look(store.path), store.watches.notes
    timers = Tally(disordered=len(wrong), notes=tuple(wrong))
    total = Tally(injected, undisturbed.orders, undisturbed.presses) + timers
    return total + whole(seen, "at the end") + compare(undisturbed.seen, seen, "at the end")


async def _live(store: _Store, life: Recorded, dice: Random, count: int) -> int:
    clock, off, injected = store.clock, 0.0, 0
    for number, one in enumerate(life.rounds):
        left = len(life.rounds) - number
        jumps = injected < count and (dice.random() < 2 * (count - injected) / left or count - injected >= left)
        clock.advance(one.after)
        await settle(store.hub)
        if jumps:
            injected += 1
            if one.after >= MINUTE and dice.random() < 0.5:  # nobody waits for a grace that is over
                off = await _boot_in_1970(store, off)
            else:
                by = dice.choice([by for by in JUMPS if abs(off + by) <= FARTHEST])
                clock.step(by)
                off += by
                await store.look()
                if dice.random() < 0.7:
                    await store.notice()
        await store.look()
        await ask(store.hub, again(one.asked))
        await store.look(asked=True)
        await store.notice()
        await store.look()
    return injected


async def _boot_in_1970(store: _Store, off: float) -> float:
    """Power off, on again without a clock; work goes on; the network tells the time later."""
    await store.stop()
    store.clock.advance(MINUTE)
    true = store.clock.now() - off
    store.clock.step(AN_OLD_BOOT - store.clock.now())
    await store.start()
    store.watches.lost = 3 * MINUTE
    await store.look()
    await store.notice()
    await store.look()
    store.clock.step(true - store.clock.now())
    await store.notice()
    return 0.0


FAULT = Fault("clock-jump", 160, 16, jump, few=16)
