"""Power cuts: the journal's files as a cut at any write could leave them, read and gone on with by the real hub."""

import shutil
import time
from pathlib import Path
from random import Random

import msgspec

from edge.board import Board
from edge.journal import Journal, JournalUnusable
from edge.store import StoreHub, store_hub
from tests.builders import MINUTE, ManualClock
from tests.faults.bookkeeper import LAYOUT, Seen, compare, judge, look
from tests.faults.disk import Disk, Write, a_disk, left_by
from tests.faults.fault import Case, Fault, Tally
from tests.faults.life import FIRST_DAY, Life, Round, again, all_asked, ask, play, settle

ROUNDS = 60
FILE = "journal.db"


class Recorded(msgspec.Struct, frozen=True):
    """A life that nothing cut short: every write, everything that was asked, and how it ended."""

    writes: list[Write]
    rounds: list[Round]
    ends: list[tuple[int, float]]  # after each round: writes so far, and the store's clock
    seen: Seen
    opened: int  # writes until the journal was open
    orders: int
    presses: int


async def cut_power(case: Case) -> Tally:
    """One life, and as many cuts of it as are wanted."""
    with a_disk() as disk:
        life = await record(disk, case)
    dice = Random(case.seed)
    total = Tally()
    for number in range(case.count):
        directory = case.directory / f"cut-{number}"
        directory.mkdir()
        total += await _cut(life, dice, directory)
        if total.kept:
            shutil.rmtree(directory)
    return total


async def record(disk: Disk, case: Case, *, by_the_clock: bool = True) -> Recorded:
    """Live, and remember every write."""
    path = case.directory / "recorded" / FILE
    dice, clock, life = Random(case.seed), ManualClock(FIRST_DAY), Life(case.seed, by_the_clock=by_the_clock)
    hub = store_hub(LAYOUT, Journal(path, Board.STORED, disk.connect), clock)
    await hub.start()
    opened = len(disk.writes)
    if dice.random() < 0.5:  # so that the log goes into the file in the middle of commits, as in a flood
        await hub.journal.run(lambda file: file.execute("PRAGMA wal_autocheckpoint=25"))
    rounds, ends = [], [(opened, clock.now())]
    for _ in range(ROUNDS):
        one = life.round(hub.board, clock.now())
        await play(hub, clock, one, lambda: len(disk.writes))
        for _ in range(dice.choice((0, 0, 0, 0, 1, 2))):
            await hub.journal.tidy()
        rounds.append(one)
        ends.append((len(disk.writes), clock.now()))
    await end(hub, clock)
    await hub.stop()
    return Recorded(disk.writes, rounds, ends, look(path), opened, len(life.placed), life.presses)


async def end(hub: StoreHub, clock: ManualClock) -> None:
    """Let everything leave its grace."""
    clock.advance(MINUTE)
    await settle(hub)


async def _cut(life: Recorded, dice: Random, directory: Path) -> Tally:
    """Cut once, look at what is there, start the store again, and let it go on to the same end."""
    cut = dice.randint(1, life.ends[-1][0])
    path = directory / FILE
    for name, content in left_by(life.writes[:cut], dice).items():
        (directory / name).write_bytes(content)
    if dice.random() < 0.5:
        (directory / f"{FILE}-shm").write_bytes(dice.randbytes(32 * 1024))  # what lay in memory means nothing now
    current = next((number for number, (end, _) in enumerate(life.ends) if cut <= end), len(life.rounds))
    now = life.ends[max(0, current)][1]
    answered = [one for one in all_asked(life.rounds) if one.answered is not None and one.answered <= cut]
    tally = Tally(1, life.orders, life.presses)
    began = time.monotonic()
    clock = ManualClock(now)
    hub = store_hub(LAYOUT, path, clock)
    try:
        await hub.start()
    except JournalUnusable as error:
        return tally + Tally(lost=max(1, len(answered)), notes=(f"cut at write {cut}: {error}",))
    found = look(path)
    if cut >= life.opened and found.id != life.seen.id:
        await hub.stop()
        return tally + Tally(lost=max(1, len(answered)), notes=(f"cut at write {cut}: it has begun another journal",))
    tally += judge(life.seen, found, answered, f"cut at write {cut}")
    await settle(hub)
    rounds = life.rounds[max(0, current - 1) :]
    redelivered = tuple(one for one in answered if one.offered and dice.random() < 0.2)
    await ask(hub, again(redelivered))
    for number, one in enumerate(rounds):
        left = tuple(asked for asked in one.asked if asked.answered is None or asked.answered > cut)
        left = left if current else one.asked
        await play(hub, clock, Round(one.after if number or not current else 0, again(left)))
    recovery = time.monotonic() - began
    await end(hub, clock)
    await hub.stop()
    tally += Tally(recovery=recovery)
    return tally + compare(life.seen, look(path), f"cut at write {cut}")


FAULT = Fault(name="power-cut", at_full_scale=1_000, per_case=50, run=cut_power, few=40)
