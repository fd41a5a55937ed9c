"""The hub: one door, one effect per key, batches, answers after the commit, and nothing lost when something fails."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from edge import facts as f
from edge import intents as i
from edge.apply import apply
from edge.board import Board
from edge.clock import SystemClock
from edge.decide import decide
from edge.hub import BATCH, Commit, NotCommitted
from edge.intents import Intent, Refused
from edge.journal import Journal
from edge.layout import Station
from edge.orders import OrderId, OrderState, StationId
from edge.store import RULES, StoreHub, store_hub
from edge.updates import UpdateKind
from tests.builders import (
    DECO,
    HOUR,
    KITCHEN,
    MORNING,
    OVEN,
    ManualClock,
    a_bun,
    a_cake,
    a_layout,
    a_stamp,
    placed,
    stages,
)
from tests.cloud import PATIENCE, until
from tests.unit.edge.disks import Disk, a_hub, nudge, try_again

O1 = OrderId("o1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def ledger(hub: StoreHub) -> list[Commit[Board, f.Happened]]:
    """Every commit from now on."""
    commits: list[Commit[Board, f.Happened]] = []
    hub.follow(commits.append)
    return commits


def nothing() -> None:
    """Somebody who does not care when it is done."""


def placing(*names: str) -> Iterator[tuple[Intent, str]]:
    """Orders and the keys of their events."""
    return ((placed(name, a_bun()), f"/shop\nplaced-{name}") for name in names)


# --- answers ----------------------------------------------------------------------------------------------------------


async def test_who_asks_gets_the_sequence_of_the_commit(path: Path) -> None:
    async with a_hub(path) as hub:
        sequence = await hub.submit(placed(), by="cloud")
        assert sequence == hub.board.counters.seq == (await hub.journal.facts())[-1].seq
        assert hub.board.orders[O1].slots == {OVEN: 1}


async def test_a_fact_says_who_asked_under_which_key(path: Path) -> None:
    async with a_hub(path) as hub:
        await hub.submit(placed(), by="cloud", key="/shop\ne1")
        await hub.submit(i.Bump(station=OVEN, slot=1), by="keypad:oven-pad")
        facts = await hub.journal.facts(subject=hub.board.orders[O1].number)
    assert {(row.by, row.intent) for row in facts} == {("cloud", "/shop\ne1"), ("keypad:oven-pad", None)}
    assert len(facts) == hub.board.counters.seq


async def test_a_refused_intent_is_told_why_and_leaves_no_fact(path: Path) -> None:
    async with a_hub(path) as hub:
        with pytest.raises(Refused, match="slot 1 at Oven is empty"):
            await hub.submit(i.Bump(station=OVEN, slot=1), by="api", key="k")
        assert await hub.journal.facts() == []
        await hub.submit(placed(), by="cloud")
        await hub.submit(i.Bump(station=OVEN, slot=1), by="api", key="k")  # it had no effect, so its key is free


async def test_an_intent_that_changes_nothing_is_answered_without_a_commit(path: Path) -> None:
    async with a_hub(path) as hub:
        commits = ledger(hub)
        assert await hub.submit(i.ReceiptUpdates(7), by="cloud") == 0
        assert commits == []


# --- one key, one effect ----------------------------------------------------------------------------------------------


async def test_one_key_has_one_effect_in_one_batch_and_later(path: Path) -> None:
    async with a_hub(path) as hub:
        sequences = await asyncio.gather(*(hub.submit(placed(), by="cloud", key="e1") for _ in range(5)))
        await hub.submit(placed("o2"), by="cloud", key="e2")
        sequences.append(await hub.submit(placed(), by="cloud", key="e1"))
        assert len(set(sequences)) == 1
        assert [row.kind for row in await hub.journal.facts()].count("OrderPlaced") == 2


async def test_one_key_has_one_effect_across_restarts(path: Path) -> None:
    async with a_hub(path) as hub:
        first = await hub.submit(placed(), by="cloud", key="e1")
    async with a_hub(path) as hub:
        assert await hub.submit(placed(), by="cloud", key="e1") == first
        assert (
            await hub.submit(i.Prioritise(O1), by="api", key="e1") == first
        )  # a key is a key, whatever comes under it
        assert hub.board.counters.seq == first


async def test_without_a_key_every_press_counts(path: Path) -> None:
    async with a_hub(path) as hub:
        await hub.submit(placed(), by="cloud")
        for _ in range(3):
            await hub.submit(i.Bump(station=OVEN, slot=1), by="keypad")
        assert hub.board.orders[O1].items[0].place == 2


# --- batches ----------------------------------------------------------------------------------------------------------


async def test_what_waits_together_is_committed_together(path: Path) -> None:
    disk = Disk()
    async with a_hub(path, disk=disk) as hub:
        commits = ledger(hub)
        before = disk.commits
        await asyncio.gather(
            *(hub.submit(intent, by="cloud", key=key) for intent, key in placing(*map(str, range(BATCH + 50))))
        )
        assert disk.commits - before == 2
        assert [len({fact.intent for fact in commit.facts}) for commit in commits] == [BATCH, 50]
        assert len(hub.board.orders) == BATCH + 50


async def test_a_refused_intent_of_a_batch_is_set_aside_alone(path: Path) -> None:
    async with a_hub(path) as hub:
        commits = ledger(hub)
        asked = (placed(), i.Bump(station=OVEN, slot=1), i.Bump(station=OVEN, slot=9), i.Bump(station=OVEN, slot=1))
        answers = await asyncio.gather(*(hub.submit(intent, by="x") for intent in asked), return_exceptions=True)
        assert [isinstance(answer, Refused) for answer in answers] == [False, False, True, False]
        assert len(commits) == 1
        assert hub.board.orders[O1].items[0].place == 1


async def test_a_press_goes_before_a_flood_from_the_cloud(path: Path) -> None:
    async with a_hub(path) as hub:
        await hub.submit(placed("o0"), by="cloud")
        for intent, key in placing(*map(str, range(3 * BATCH))):
            hub.offer(intent, by="cloud", key=key, done=nothing)
        await hub.submit(i.Bump(station=OVEN, slot=1), by="keypad")
        assert len(hub.board.orders) <= BATCH
        assert hub.backlog > 0


async def test_the_backlog_is_what_has_not_been_decided(path: Path) -> None:
    async with a_hub(path) as hub:
        for intent, key in placing("o1", "o2"):
            hub.offer(intent, by="cloud", key=key, done=nothing)
        assert hub.backlog == 2
        await nudge(hub)
        assert hub.backlog == 0


# --- what comes while a batch is committed ----------------------------------------------------------------------------


class Held:
    """A commit that is on the disk and is held there, on the disk's thread, until somebody lets it go on."""

    def __init__(self, hub: StoreHub) -> None:
        self._there, self._go_on = threading.Event(), threading.Event()
        self._stop = hub.hasten(lambda _draft: self._hold)

    def _hold(self) -> None:
        self._there.set()
        assert self._go_on.wait(PATIENCE)

    async def while_held(self, *waiting: Coroutine[object, object, int]) -> list[int | BaseException]:
        """Let the first one be committed, the others come while it is held; what each of them hears."""
        first, *others = waiting
        tasks = [asyncio.create_task(first)]
        await until(self._there.is_set)
        self._stop()
        tasks += [asyncio.create_task(other) for other in others]
        await asyncio.sleep(0)  # they have asked
        self._go_on.set()
        return await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_comes_while_a_batch_is_committed_is_looked_up_with_it_and_has_one_effect(path: Path) -> None:
    disk = Disk()
    async with a_hub(path, disk=disk) as hub:
        earlier = await hub.submit(placed("o1"), by="cloud", key="e1")
        before = disk.look_ups
        second, again, once_more, third = await Held(hub).while_held(
            hub.submit(placed("o2"), by="cloud", key="e2"),
            hub.submit(placed("o1"), by="cloud", key="e1"),
            hub.submit(placed("o2"), by="cloud", key="e2"),
            hub.submit(placed("o3"), by="cloud", key="e3"),
        )
        assert (again, once_more) == (earlier, second)
        assert [row.kind for row in await hub.journal.facts()].count("OrderPlaced") == 3
        assert third == hub.board.counters.seq
        assert disk.look_ups - before == 2  # for the first one, and for all others


async def test_an_order_that_closes_while_its_event_waits_is_known_to_it(path: Path, clock: ManualClock) -> None:
    async with a_hub(path, clock) as hub:
        await hub.submit(placed("o1"), by="cloud")
        await hub.submit(i.Collect(O1, force=True), by="api")
        clock.advance(12 * HOUR)
        await Held(hub).while_held(
            hub.submit(i.CloseDue(O1, 0.0), by="clock"),
            hub.submit(placed("o1", stamp=a_stamp("again")), by="cloud"),
        )
        assert (await hub.journal.facts())[-1].kind == "EventOvertaken"


async def test_an_id_that_no_disk_can_look_up_costs_only_its_own_batch(path: Path) -> None:
    async with a_hub(path) as hub:
        on_disk, told = await Held(hub).while_held(
            hub.submit(placed("o1"), by="cloud"), hub.submit(i.Cancel(OrderId("\ud800"), a_stamp("e9")), by="cloud")
        )
        assert on_disk == hub.board.counters.seq
        assert isinstance(told, NotCommitted | Refused)
        assert await hub.submit(placed("o2"), by="cloud") == hub.board.counters.seq


async def test_a_disk_that_fails_while_it_looks_ahead_costs_nobody_an_answer(path: Path) -> None:
    disk = Disk()
    async with a_hub(path, disk=disk) as hub:
        held = Held(hub)
        hub.hasten(lambda _draft: lambda: setattr(disk, "fails", ("SELECT digest",)))
        on_disk, told = await held.while_held(
            hub.submit(placed("o1"), by="cloud", key="e1"), hub.submit(placed("o2"), by="cloud", key="e2")
        )
        assert on_disk == hub.board.counters.seq
        assert isinstance(told, NotCommitted)
        disk.fails = ()
        assert await hub.submit(placed("o2"), by="cloud", key="e2") == hub.board.counters.seq


# --- offered intents --------------------------------------------------------------------------------------------------


async def test_an_offered_intent_is_done_once_it_is_on_the_disk(path: Path) -> None:
    async with a_hub(path) as hub:
        done = asyncio.Event()
        hub.offer(placed(), by="cloud", key="e1", done=done.set)
        assert not done.is_set()
        await done.wait()
        assert (await hub.journal.facts())[0].intent == "e1"


async def test_an_offered_intent_that_is_refused_is_done_too(path: Path) -> None:
    async with a_hub(path) as hub:
        done = asyncio.Event()
        hub.offer(i.Bump(station=OVEN, slot=1), by="cloud", key="e1", done=done.set)
        await done.wait()


async def test_a_caller_whose_done_fails_holds_up_nobody(path: Path) -> None:
    def broken() -> None:
        raise RuntimeError("the link is gone")

    async with a_hub(path) as hub:
        done = asyncio.Event()
        hub.offer(placed("o1"), by="cloud", key="e1", done=broken)
        hub.offer(placed("o2"), by="cloud", key="e2", done=done.set)
        await done.wait()
        await hub.submit(placed("o3"), by="cloud")
        assert len(hub.board.orders) == 3


# --- followers --------------------------------------------------------------------------------------------------------


async def test_a_follower_sees_each_commit_with_its_facts_and_what_changed(path: Path) -> None:
    async with a_hub(path) as hub:
        commits = ledger(hub)
        await hub.submit(placed(), by="cloud")
        await hub.submit(i.Bump(station=OVEN, slot=1), by="keypad")
        first, second = commits
        assert [type(fact.what) for fact in second.facts] == [f.ItemStarted]
        assert (first.seq, second.seq) == (first.facts[-1].seq, first.seq + 1)
        assert dict(second.draft.orders.changes) == {O1: hub.board.orders[O1]}


async def test_a_follower_is_called_when_the_board_is_true_and_nothing_else_is_decided(path: Path) -> None:
    async with a_hub(path) as hub:
        seen: list[bool] = []
        hub.follow(lambda commit: seen.append(hub.board.counters.seq == commit.seq))
        await asyncio.gather(*(hub.submit(placed(f"o{n}"), by="cloud") for n in range(3)))
        await hub.submit(i.Bump(station=OVEN, slot=1), by="keypad")
        assert seen == [True, True]


async def test_a_follower_that_fails_holds_up_nobody(path: Path) -> None:
    def broken(_commit: Commit[Board, f.Happened]) -> None:
        raise RuntimeError("no screen")

    async with a_hub(path) as hub:
        hub.follow(broken)
        commits = ledger(hub)
        for name in ("o1", "o2"):
            await hub.submit(placed(name), by="cloud")
        assert len(commits) == 2


async def test_a_follower_that_has_left_is_not_called(path: Path) -> None:
    async with a_hub(path) as hub:
        commits: list[Commit[Board, f.Happened]] = []
        leave = hub.follow(commits.append)
        await hub.submit(placed("o1"), by="cloud")
        leave()
        await hub.submit(placed("o2"), by="cloud")
        assert len(commits) == 1


# --- couriers that are in a hurry -------------------------------------------------------------------------------------


async def test_what_a_commit_lets_out_leaves_once_it_is_on_the_disk_and_before_anybody_else_knows(path: Path) -> None:
    seen: list[tuple[int, int, bool]] = []

    def courier(draft: Board) -> Callable[[], None]:
        def leave() -> None:
            with closing(sqlite3.connect(path)) as reader:
                (on_disk,) = reader.execute("SELECT max(seq) FROM facts").fetchone()
            seen.append((draft.counters.seq, on_disk, hub.board.counters.seq == on_disk))

        return leave

    async with a_hub(path) as hub:
        stop = hub.hasten(courier)
        sequence = await hub.submit(placed("o1"), by="cloud")
        stop()
        await hub.submit(placed("o2"), by="cloud")
    assert seen == [(sequence, sequence, False)]


async def test_nothing_leaves_with_a_commit_that_fails(path: Path) -> None:
    disk, left = Disk(), list[int]()
    async with a_hub(path, disk=disk) as hub:
        disk.plan = (True,)
        hub.hasten(lambda draft: lambda: left.append(len(draft.orders)))
        with pytest.raises(NotCommitted):
            await hub.submit(placed("o1"), by="cloud")
        assert left == []
        await hub.submit(placed("o2"), by="cloud")
        assert left == [1]


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_courier_that_fails_holds_up_nobody(path: Path, at_once: bool) -> None:
    def broken(_draft: object = None) -> Callable[[], None]:
        raise RuntimeError("no road")

    async with a_hub(path) as hub:
        hub.hasten(broken if at_once else lambda _draft: broken)  # type: ignore[arg-type, return-value]
        commits = ledger(hub)
        for name in ("o1", "o2"):
            await hub.submit(placed(name), by="cloud")
        assert (len(commits), hub.trouble) == (2, "")


# --- a hole in the rules ----------------------------------------------------------------------------------------------


def _fails_at_once(draft: Board, intent: Intent, now: float) -> Iterator[f.Happened]:
    if isinstance(intent, i.Place) and intent.order.note == "hole":
        raise KeyError("hole")
    yield from decide(draft, intent, now)


def _fails_half_way(draft: Board, intent: Intent, now: float) -> Iterator[f.Happened]:
    yield from decide(draft, intent, now)
    if isinstance(intent, i.Place) and intent.order.note == "hole":
        raise ZeroDivisionError


def _refuses_half_way(draft: Board, intent: Intent, now: float) -> Iterator[f.Happened]:
    yield from decide(draft, intent, now)
    if isinstance(intent, i.Place) and intent.order.note == "hole":
        raise Refused("too late to refuse")


def _says_what_cannot_be_written(draft: Board, intent: Intent, now: float) -> Iterator[f.Happened]:
    yield from decide(draft, intent, now)
    if isinstance(intent, i.Place) and intent.order.note == "hole":
        yield f.OrderCancelled(intent.order.id, "\ud800")


HOLES = [_fails_at_once, _fails_half_way, _refuses_half_way, _says_what_cannot_be_written]


@pytest.mark.parametrize("hole", HOLES)
async def test_an_intent_that_the_rules_fail_on_is_kept_as_a_dead_letter_and_the_others_pass(
    path: Path, hole: Callable[[Board, Intent, float], Iterator[f.Happened]]
) -> None:
    async with a_hub(path, rules=msgspec.structs.replace(RULES, decide=hole)) as hub:
        done: list[str] = []
        for name, note in (("o1", ""), ("o2", "hole"), ("o3", "")):
            hub.offer(placed(name, note=note), by="cloud", key=name, done=lambda name=name: done.append(name))  # type: ignore[misc]
        await nudge(hub)
        assert done == ["o1", "o2", "o3"]
        assert sorted(hub.board.orders.changes or dict(hub.board.orders.items())) == ["o1", "o3"]
        (letter,) = [row for row in await hub.journal.facts() if row.kind == "DeadLetterKept"]
        kept = msgspec.json.decode(letter.body, type=f.DeadLetterKept)
        assert kept.reason.startswith("internal: ")
        assert b"o2" in kept.payload
        assert hub.board.counters.dead_letters == 1
        assert [row.kind for row in hub.board.outbox.values()].count(UpdateKind.REJECTED) == 1
        assert not hub.trouble


@pytest.mark.parametrize("hole", HOLES)
async def test_who_asks_for_what_the_rules_fail_on_is_told_and_the_others_pass(
    path: Path, hole: Callable[[Board, Intent, float], Iterator[f.Happened]]
) -> None:
    async with a_hub(path, rules=msgspec.structs.replace(RULES, decide=hole)) as hub:
        answers = await asyncio.gather(
            *(hub.submit(placed(name, note=note), by="api") for name, note in (("o1", ""), ("o2", "hole"), ("o3", ""))),
            return_exceptions=True,
        )
        assert [isinstance(answer, Refused) for answer in answers] == [False, True, False]
        assert len(hub.board.orders) == 2
        assert not hub.trouble


async def test_a_fact_that_cannot_be_applied_is_a_hole_too(path: Path) -> None:
    def broken(draft: Board, fact: f.Fact[f.Happened]) -> int | None:
        if isinstance(fact.what, f.OrderHeld):
            raise LookupError("hole")  # noqa: TRY004
        return apply(draft, fact)

    async with a_hub(path, rules=msgspec.structs.replace(RULES, apply=broken)) as hub:
        await hub.submit(placed(), by="cloud")
        with pytest.raises(Refused, match="this cannot be done: LookupError: hole"):
            await hub.submit(i.Hold(O1), by="api")
        assert hub.board.orders[O1].state is OrderState.OPEN


# --- a journal that cannot be written ---------------------------------------------------------------------------------


async def test_who_asks_while_the_journal_cannot_be_written_is_told_and_nothing_happened(path: Path) -> None:
    disk = Disk()
    async with a_hub(path, disk=disk) as hub:
        await hub.submit(placed("o1"), by="cloud")
        commits, before = ledger(hub), hub.board.counters.seq
        disk.fails = ("INSERT",)
        with pytest.raises(NotCommitted, match="disk is full"):
            await hub.submit(placed("o2"), by="cloud", key="e2")
        assert hub.trouble == "database or disk is full"
        assert (hub.board.counters.seq, list(dict(hub.board.orders.items())), commits) == (before, ["o1"], [])
        disk.fails = ()
        await hub.submit(placed("o2"), by="cloud", key="e2")
        assert hub.trouble == ""
        assert hub.board.orders[OrderId("o2")].slots == {OVEN: 2}


async def test_a_disk_that_stays_full_is_trouble_also_while_nobody_asks(path: Path, clock: ManualClock) -> None:
    disk = Disk()
    async with a_hub(path, clock, disk=disk) as hub:
        disk.fails = ("INSERT",)
        with pytest.raises(NotCommitted):
            await hub.submit(placed("o1"), by="cloud")
        tried = hub._retry
        clock.advance(1)
        await until(lambda: hub._retry > tried)  # it has tried again by itself
        assert hub.trouble == "database or disk is full"
        disk.fails = ()
        clock.advance(10)
        await until(lambda: not hub.trouble)


async def test_a_journal_that_cannot_even_be_read_is_trouble_too(path: Path) -> None:
    disk = Disk()
    async with a_hub(path, disk=disk) as hub:
        disk.fails = ("SELECT",)
        with pytest.raises(NotCommitted):
            await hub.submit(placed(), by="cloud", key="e1")
        assert hub.trouble


async def test_what_was_offered_gets_in_once_the_journal_can_be_written_again(path: Path, clock: ManualClock) -> None:
    disk = Disk()
    async with a_hub(path, clock, disk=disk) as hub:
        done: list[str] = []
        disk.fails = ("COMMIT",)
        for name in ("o1", "o2", "o3"):
            hub.offer(placed(name), by="cloud", key=name, done=lambda name=name: done.append(name))  # type: ignore[misc]
        for _ in range(3):
            await try_again(hub, clock)
        assert (done, len(hub.board.orders), hub.backlog) == ([], 0, 3)
        disk.fails = ()
        await try_again(hub, clock)
        assert done == ["o1", "o2", "o3"]
        assert [order.id for order in hub.board.orders.values()] == ["o1", "o2", "o3"]
        assert [row.kind for row in await hub.journal.facts()].count("OrderPlaced") == 3
        assert hub.trouble == ""


async def test_offered_intents_rest_longer_and_longer_between_attempts(path: Path, clock: ManualClock) -> None:
    disk = Disk()
    async with a_hub(path, clock, disk=disk) as hub:
        disk.fails = ("COMMIT",)
        hub.offer(placed(), by="cloud", key="e1", done=nothing)
        await nudge(hub)
        rests = []
        for _ in range(9):
            clock.advance(hub._retry_at - clock.monotonic())
            before = clock.monotonic()
            await nudge(hub)
            rests.append(round(hub._retry_at - before, 1))
        assert rests[:3] == [0.4, 0.8, 1.6] or rests[:3] == [0.2, 0.4, 0.8]
        assert rests[-1] == 10


async def test_the_hub_finds_out_by_itself_that_the_journal_can_be_written_again(path: Path) -> None:
    disk = Disk()
    async with a_hub(path, SystemClock(), disk=disk) as hub:
        done = asyncio.Event()
        disk.plan = [True, True]
        hub.offer(placed(created=SystemClock().now()), by="cloud", key="e1", done=done.set)
        async with asyncio.timeout(PATIENCE):
            await done.wait()
        assert hub.trouble == ""


# --- stop and start ---------------------------------------------------------------------------------------------------


async def test_stopping_leaves_no_thread_no_task_and_no_open_file(path: Path) -> None:
    threads, tasks = set(threading.enumerate()), asyncio.all_tasks()
    async with a_hub(path) as hub:
        await hub.submit(placed(), by="cloud")
    assert set(threading.enumerate()) == threads
    assert asyncio.all_tasks() == tasks
    assert not path.with_name("journal.db-wal").exists()


async def test_stopping_answers_everybody_and_what_was_answered_is_on_the_disk(path: Path) -> None:
    async with a_hub(path) as hub:
        asked = [asyncio.create_task(hub.submit(placed(f"o{n}"), by="cloud", key=f"e{n}")) for n in range(2 * BATCH)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        answers = await asyncio.gather(*asked, return_exceptions=True)
    committed = [n for n, answer in enumerate(answers) if isinstance(answer, int)]
    assert committed
    assert all(isinstance(answer, int | NotCommitted) for answer in answers)
    async with a_hub(path) as hub:
        assert {order.id for order in hub.board.orders.values()} == {f"o{n}" for n in committed}


async def test_who_asks_a_hub_that_has_stopped_is_told(path: Path) -> None:
    async with a_hub(path) as hub:
        pass
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(NotCommitted, match="stopp"):
            await hub.submit(placed(), by="cloud")


async def test_a_hub_that_starts_again_knows_what_it_knew(path: Path, clock: ManualClock) -> None:
    async with a_hub(path, clock) as hub:
        await asyncio.gather(*(hub.submit(placed(f"o{n}", a_cake(), a_bun("2")), by="cloud") for n in range(6)))
        for station, slot in ((OVEN, 2), (OVEN, 2), (KITCHEN, 1), (KITCHEN, 3)):
            await hub.submit(i.Bump(station=station, slot=slot), by="keypad")
        await hub.submit(i.TurnPage(OVEN, "next"), by="keypad")
        await hub.submit(i.Cancel(OrderId("o5"), a_stamp("e9")), by="cloud")
        before = {name: dict(getattr(hub.board, name).items()) for name in Board.STORED if name != "counters"}
        numbers = [hub.board.lowest_free(station, clock.now()) for station in hub.board.layout.stations]
        counters, journal = hub.board.counters, hub.journal.id
    async with a_hub(path, clock) as hub:
        after = {name: dict(getattr(hub.board, name).items()) for name in Board.STORED if name != "counters"}
        assert after == before
        assert [hub.board.lowest_free(station, clock.now()) for station in hub.board.layout.stations] == numbers
        assert (hub.board.counters, hub.journal.id) == (counters, journal)


async def test_what_came_due_while_the_hub_was_off_happens_at_its_start(path: Path, clock: ManualClock) -> None:
    async with a_hub(path, clock) as hub:
        await hub.submit(placed("later", scheduled=True, due=MORNING + 4 * HOUR), by="cloud")
        await hub.submit(placed("done", a_bun()), by="cloud")
        await hub.submit(i.Bump(station=KITCHEN, slot=1), by="keypad")
        await hub.submit(placed("pressed"), by="cloud")
        await hub.submit(i.Bump(station=OVEN, slot=1), by="keypad")
    clock.advance(13 * HOUR)
    async with a_hub(path, clock) as hub:
        await until(lambda: OrderId("done") not in hub.board.orders)
        assert {order.id: order.state.value for order in hub.board.orders.values()} == {
            "later": "open",
            "pressed": "open",
        }
        assert [row.sequence for row in hub.board.outbox.values() if row.sequence is None] == []
        assert {row.by for row in await hub.journal.facts() if row.kind == "OrderReleased"} == {"clock"}


async def test_a_store_whose_stations_were_edited_shows_every_open_order_at_its_new_place(path: Path) -> None:
    async with a_hub(path) as hub:
        for name in ("o1", "o2"):
            await hub.submit(placed(name, a_cake("1"), a_bun("2")), by="cloud")
        await hub.submit(i.Bump(station=OVEN, slot=2), by="keypad")
        await hub.submit(i.Hold(O1), by="api")
        before = hub.board.orders[OrderId("o2")].items
    bigger = a_layout(stations=(Station(DECO, "Everything", stages("baking", "cooling", "frosting", "boxing")),))
    async with a_hub(path, layout=bigger) as hub:
        await nudge(hub)
        order = hub.board.orders[OrderId("o2")]
        assert (order.slots, order.items) == ({KITCHEN: 2, DECO: 1}, before)
        await hub.submit(i.Bump(station=DECO, slot=1), by="keypad")
        await hub.submit(i.Release(O1), by="api")
        assert set(hub.board.orders[O1].slots) == {KITCHEN, DECO}
        seq = hub.board.counters.seq
    async with a_hub(path, layout=bigger) as hub:
        await nudge(hub)
        assert hub.board.counters.seq == seq


async def test_time_moves_things_by_itself(path: Path) -> None:
    layout = a_layout(grace=0.05, close_after=1.5)
    async with a_hub(path, SystemClock(), layout=layout) as hub:
        gone = asyncio.Event()
        now = hub.clock.now()

        def watch(commit: Commit[Board, f.Happened]) -> None:
            if any(isinstance(fact.what, f.OrderClosed) for fact in commit.facts):
                gone.set()

        hub.follow(watch)
        await hub.submit(placed("o1", a_cake(), created=now, scheduled=True, due=now + 3 * HOUR + 1), by="cloud")
        assert hub.board.orders[O1].state is OrderState.HELD
        await hub.submit(placed("o2", a_bun(), created=now), by="cloud")
        await hub.submit(i.Bump(station=KITCHEN, slot=1), by="keypad")
        async with asyncio.timeout(PATIENCE):
            await gone.wait()
        await until(lambda: hub.board.orders[O1].state is OrderState.OPEN)
        assert all(row.sequence for row in hub.board.outbox.values())


# --- closed orders ----------------------------------------------------------------------------------------------------


async def test_closed_orders_leave_the_memory_and_are_still_known(path: Path, clock: ManualClock) -> None:
    async with a_hub(path, clock) as hub:
        await hub.submit(placed("o1", a_bun()), by="cloud", key="e1")
        await hub.submit(i.Bump(station=KITCHEN, slot=1), by="keypad")
        clock.advance(12 * HOUR)
        hub.ring()
        await nudge(hub)
        assert (len(hub.board.orders), len(hub.board.closed), len(hub.board.jobs)) == (0, 0, 0)
    for _ in range(2):
        async with a_hub(path, clock) as hub:
            assert (len(hub.board.orders), len(hub.board.closed)) == (0, 0)
            with pytest.raises(Refused, match="order O1 is there already"):
                await hub.submit(i.Place(placed("o1").order), by="api")
            before = hub.board.counters.seq
            stamp = a_stamp(f"late-{before}", time=MORNING + 99)
            await hub.submit(placed("o1", a_bun(), stamp=stamp), by="cloud", key=f"late-{before}")
            (overtaken,) = await hub.journal.facts(after=before)
            assert overtaken.kind == "EventOvertaken"
            assert len(hub.board.orders) == 0
            assert len(await hub.journal.facts(subject=overtaken.subject)) > 5


async def test_an_order_that_closes_in_the_same_batch_is_known_to_what_follows(path: Path, clock: ManualClock) -> None:
    async with a_hub(path, clock) as hub:
        await hub.submit(placed("o1"), by="cloud")
        await hub.submit(i.Collect(O1, force=True), by="api")
        clock.advance(12 * HOUR)
        answers = await asyncio.gather(
            hub.submit(i.CloseDue(O1, 0.0), by="clock"),
            hub.submit(i.Place(placed("o1").order), by="api"),
            hub.submit(placed("o1", stamp=a_stamp("again")), by="cloud"),
            return_exceptions=True,
        )
        assert isinstance(answers[1], Refused)
        assert (await hub.journal.facts())[-1].kind == "EventOvertaken"
        assert len(hub.board.orders) == 0


def test_a_store_needs_a_layout_a_file_and_a_clock(path: Path, clock: ManualClock) -> None:
    hub = store_hub(a_layout(), path, clock)
    assert isinstance(hub.journal, Journal)
    assert hub.board.layout.stations[StationId("oven")].name == "Oven"
