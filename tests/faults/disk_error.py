"""Disks that fail: full, broken or read-only in the middle of a life, under SQLite, until they are mended."""

import asyncio
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import aiohttp
import apsw
import msgspec

from edge.board import Board
from edge.feed import Feed
from edge.hub import NotCommitted
from edge.intents import Refused
from edge.journal import Journal
from edge.store import StoreHub, store_hub
from tests.builders import ManualClock
from tests.cloud import PATIENCE
from tests.faults.bookkeeper import LAYOUT, compare, judge, look
from tests.faults.disk import Disk, Write, a_disk, left_by, well
from tests.faults.fault import Case, Fault, Tally
from tests.faults.life import FIRST_DAY, NOWHERE, Asked, Round, again, ask, settle
from tests.faults.power_cut import FILE, Recorded, end, record


class Trouble(msgspec.Struct, frozen=True):
    """A way in which a disk fails."""

    error: type[apsw.Error]
    code: int
    on: tuple[str, ...]  # what it fails at


TROUBLES = (
    Trouble(apsw.FullError, apsw.SQLITE_FULL, ("written", "made")),
    Trouble(apsw.IOError, apsw.SQLITE_IOERR_WRITE, ("written",)),
    Trouble(apsw.IOError, apsw.SQLITE_IOERR_FSYNC, ("synced",)),
    Trouble(apsw.IOError, apsw.SQLITE_IOERR_WRITE, ("written", "cut", "made", "synced", "removed")),
    Trouble(apsw.ReadOnlyError, apsw.SQLITE_READONLY, ("written", "cut", "made", "removed")),
)


class Failing:
    """What `Disk.fails` calls: all is well for some writes, and then nothing is."""

    def __init__(self, trouble: Trouble, after: int) -> None:
        self.trouble, self._left = trouble, after
        self.hit = False

    def __call__(self, write: Write) -> Exception | None:
        """The error of this write, if it fails."""
        if write.what not in self.trouble.on:
            return None
        self._left -= 1
        if self._left >= 0:
            return None
        self.hit = True
        error = self.trouble.error("the disk fails")
        error.extendedresult = self.trouble.code
        return error


async def fail(case: Case) -> Tally:
    """Live one life undisturbed; live it again on a disk that fails now and then, and come to the same end."""
    with a_disk() as disk:
        whole = await record(disk, case)
    directory = case.directory / "failing"
    dice = Random(case.seed)
    clock = ManualClock(FIRST_DAY)
    with a_disk() as disk:
        hub = store_hub(LAYOUT, Journal(directory / FILE, Board.STORED, disk.connect), clock)
        feed = Feed(hub, ("127.0.0.1", 0))
        await hub.start()
        await feed.start()
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{feed.address[1]}") as session:
                total = await _live(_Store(hub, disk, clock, session, case), whole, dice)
        finally:
            disk.fails = well
            await feed.stop()
            await hub.stop()
    return total + compare(whole.seen, look(directory / FILE), "at the end")


class _Store(msgspec.Struct):
    """A running store on such a disk."""

    hub: StoreHub
    disk: Disk
    clock: ManualClock
    session: aiohttp.ClientSession
    case: Case
    answered: list[Asked] = []

    async def get(self, path: str) -> tuple[int, Any]:
        """Ask its local API."""
        async with self.session.get(path) as answer:
            return answer.status, await answer.json()


async def _live(store: _Store, whole: Recorded, dice: Random) -> Tally:
    total = Tally(orders=whole.orders, presses=whole.presses)
    for number, one in enumerate(whole.rounds):
        store.clock.advance(one.after)
        await settle(store.hub)
        left, due = len(whole.rounds) - number, store.case.count - total.injected
        if dice.random() < 2 * due / left:
            total += await _disturb(store, whole, one, dice)
        else:
            asked = again(one.asked)
            await ask(store.hub, asked, lambda: 1)
            store.answered += asked
    await end(store.hub, store.clock)
    return total


async def _disturb(store: _Store, whole: Recorded, one: Round, dice: Random) -> Tally:
    """Ask a round's questions of a disk that fails from some write on, look at what is said, and mend it."""
    hub, disk = store.hub, store.disk
    failing = Failing(dice.choice(TROUBLES), dice.choice((0, 0, 1, 2, 5, 9)))
    asked = again(one.asked)
    disk.fails = failing
    asking = [asyncio.create_task(_ask_once(hub, each)) for each in asked]
    await _until(lambda: failing.hit or all(each.done() for each in asking))
    if not failing.hit:  # there was too little to write
        disk.fails = well
        store.answered += asked
        return Tally()
    await _until(lambda: hub.trouble, probe=hub)
    status, health = await store.get("/healthz")
    board = (await store.get("/api/board"))[1]
    assert (status, bool(health["reason"])) == (503, True), f"/healthz said {status} {health}"
    assert board["status"]["journal"] == health["reason"], board["status"]
    acked = [*store.answered, *(each for each in asked if each.answered is not None)]
    total = Tally(1) + await _power_cut_now(store, whole, acked, dice)
    began = time.monotonic()
    disk.fails = well
    await _until(lambda: not hub.trouble, probe=hub)
    for _ in range(100):
        await asyncio.gather(*asking)
        waiting = [each for each in asked if each.answered is None]
        if not waiting:
            break
        asking = [asyncio.create_task(_ask_once(hub, each)) for each in waiting]
    await asyncio.gather(*asking)
    status, health = await store.get("/healthz")
    assert status == 200, f"mended, /healthz said {status} {health}"
    assert (await store.get("/api/board"))[1]["status"]["journal"] == "ok"
    store.answered += asked
    return total + Tally(recovery=time.monotonic() - began)


async def _ask_once(hub: StoreHub, one: Asked) -> None:
    """Ask; who is told that it was not committed has no answer yet."""
    with suppress(NotCommitted):
        await ask(hub, (one,), lambda: 1)


async def _power_cut_now(store: _Store, whole: Recorded, answered: list[Asked], dice: Random) -> Tally:
    """What was answered is on the disk, also while it fails: cut the power and look."""
    directory = store.case.directory / f"cut-{len(store.disk.writes)}"
    directory.mkdir()
    for name, content in left_by(store.disk.writes, dice).items():
        (directory / name).write_bytes(content)
    hub = store_hub(LAYOUT, directory / FILE, ManualClock(store.clock.now()))
    await hub.start()
    assert hub.journal.id == store.hub.journal.id
    tally = judge(whole.seen, look(directory / FILE), answered, f"while the disk failed, {directory.name}")
    await hub.stop()
    if tally.kept:
        shutil.rmtree(directory)
    return tally


async def _until(condition: Callable[[], Any], probe: StoreHub | None = None) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            if probe is not None:
                with suppress(NotCommitted, Refused):
                    await probe.submit(NOWHERE, by="witness")
            await asyncio.sleep(0.001)


FAULT = Fault(name="disk-error", at_full_scale=30, per_case=6, run=fail, few=6)
