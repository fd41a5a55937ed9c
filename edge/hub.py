"""The hub: one door in, one journal. It takes waiting intents in batches, decides, commits, and only then answers."""

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, ParamSpec, TypeVar

import msgspec

from edge.carry import condemn, is_corrupt
from edge.clock import Clock, SteadyClock
from edge.facts import Fact
from edge.intents import Refused
from edge.journal import Found, Journal, JournalCorrupt, JournalUnusable, Pack, Question, Row
from edge.rules import I, Rules, S, W
from edge.timers import Timers
from edge.vitals import Vitals

log = logging.getLogger(__name__)

BATCH = 200  # intents decided in one go: about 20 ms on a Pi, so that a press behind a flood is still quick
FIRST_RETRY, LAST_RETRY = 0.1, 10.0  # seconds between attempts to commit
TICK = 1.0  # the longest the timer sleeps, so that a stepped clock is noticed


P = ParamSpec("P")
T = TypeVar("T")
Courier = Callable[[S], Callable[[], None] | None]


class NotCommitted(Exception):
    """The journal could not write: nothing of the batch happened."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Commit(msgspec.Struct, Generic[S, W], frozen=True):
    """What a follower sees: the facts, and a draft whose changes are true now."""

    seq: int
    facts: tuple[Fact[W], ...]
    draft: S


class _Waiting(msgspec.Struct, Generic[I]):
    """An intent that has not been decided yet: either a caller waits for it, or it is tried until it is committed."""

    intent: I
    by: str
    key: str | None
    answer: asyncio.Future[int] | None = None
    done: Callable[[], None] | None = None
    step: float = 0.0  # of the clock; decided alone, for what comes after it is on new time
    found: Found | None = None  # where it was looked up with others that waited while a batch was committed


class _Decided(msgspec.Struct, Generic[S, W]):
    """What a batch comes to, before it is true."""

    draft: S
    facts: list[Fact[W]]
    rows: list[Row]
    outcomes: list[int | Refused]


class _RulesFailed(Exception):
    """The rules have a hole, found by an intent."""

    def __init__(self, waiting: _Waiting[Any]) -> None:
        super().__init__()
        self.waiting = waiting


def _nobody() -> None:
    """Needs no answer."""


class Hub(Generic[S, I, W]):
    """Generic over (state, decide, apply); everything happens on the loop's thread, only the disk has its own."""

    def __init__(self, board: S, rules: Rules[S, I, W], journal: Journal, clock: Clock) -> None:
        self.board = board
        self.journal = journal
        self.clock = SteadyClock(clock)
        self.begun = 0.0  # when this run began, by the hub's clock
        self.vitals = Vitals()
        self.trouble = ""  # why nothing can be committed
        self.failed = asyncio.Event()  # it cannot go on: whoever runs it should start it again
        self._rules = rules
        self._asked: deque[_Waiting[I]] = deque()  # somebody waits for the answer: these go first
        self._offered: deque[_Waiting[I]] = deque()  # tried until they are committed
        self._found: Found | None = None  # what was looked up since the last commit, for the next batch
        self._wake = asyncio.Event()
        self._retry = FIRST_RETRY
        self._retry_at = 0.0  # monotonic; offered intents rest until then
        self._followers: list[Callable[[Commit[S, W]], None]] = []
        self._couriers: list[Courier[S]] = []
        self._timers = Timers[I]()
        self._tasks: list[asyncio.Task[None]] = []
        self._stepping = False  # a step of the clock waits to be journalled
        self._stopping = False

    # --- the door ---------------------------------------------------------------------------------------------------

    async def submit(self, intent: I, *, by: str, key: str | None = None) -> int:
        """Ask for something; the sequence of the commit. Raises Refused or NotCommitted; one key has one effect."""
        return await self.ask(intent, by=by, key=key)

    def ask(self, intent: I, *, by: str, key: str | None = None) -> asyncio.Future[int]:
        """The same, for an answer that several wait for; raises NotCommitted."""
        if self._stopping:
            raise NotCommitted("the hub has stopped")
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._asked.append(_Waiting(intent, by, key, answer=answer))
        self._wake.set()
        return answer

    def offer(self, intent: I, *, by: str, key: str | None = None, done: Callable[[], None] = _nobody) -> None:
        """Bring something that must not be lost: tried until it is committed, then `done` is called."""
        self._offered.append(_Waiting(intent, by, key, done=done))
        self._wake.set()

    def follow(self, follower: Callable[[Commit[S, W]], None]) -> Callable[[], None]:
        """Call a follower after each commit, before anything else is decided; gives back how to stop it."""
        self._followers.append(follower)
        return lambda: self._followers.remove(follower)

    def hasten(self, courier: Courier[S]) -> Callable[[], None]:
        """Let a courier carry out at once what a commit lets out, on the disk's thread; gives back how to stop it.

        It is asked before the commit; what it gives back is called the moment the draft is on the disk.
        """
        self._couriers.append(courier)
        return lambda: self._couriers.remove(courier)

    @property
    def backlog(self) -> int:
        """Intents that have not been decided yet."""
        return len(self._asked) + len(self._offered)

    # --- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Read the board from the journal and begin; raises JournalUnusable."""
        try:
            await self._read()
        except JournalCorrupt as error:
            log.critical("the journal is damaged: %s", error)
            aside = await self.journal.replace(self.board.STORED, self.clock.now())
            log.critical("what can be read goes on in a new journal; the damaged one is kept as %s", aside)
            await self._read()
        self.board.index()
        self._set_timers(self.board)
        for intent in self._rules.waking(self.board):
            self.offer(intent, by="hub")
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._watch_clock())]
        for task in self._tasks:
            task.add_done_callback(self._ended)
        if self.journal.carried is not None:
            await self._begin_anew(self.journal.carried)

    async def _read(self) -> None:
        await self.journal.open()
        try:
            for name, row_type in self.board.STORED.items():
                if name != self._rules.archived:
                    self.board.restore(name, await self.journal.load(name, row_type))
            seq, at = await self.journal.newest()
        except sqlite3.Error as error:
            raise JournalUnusable(f"{self.journal.path}: {error}") from error
        self.board.resume(seq)
        self.clock.not_before(at)
        self.begun = self.clock.now()

    async def _begin_anew(self, before: str) -> None:
        """Nobody may see what was carried over before it is in order."""
        try:
            await self.submit(self._rules.carried(before), by="hub")
            await self.journal.begun()
        except (NotCommitted, sqlite3.Error) as error:
            raise JournalUnusable(f"{self.journal.path}: {error}") from error

    async def stop(self) -> None:
        """Finish the batch at hand and close the journal; who still waits is told."""
        self._stopping = True
        self._wake.set()
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for waiting in (*self._asked, *self._offered):
            if waiting.answer is not None and not waiting.answer.done():
                waiting.answer.set_exception(NotCommitted("the hub has stopped"))
        await self.journal.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Neither task may fail: without it nothing is decided any more, and that must not go unnoticed."""
        if not task.cancelled() and task.exception() is not None:
            log.critical("the hub has failed", exc_info=task.exception())
            self.trouble = f"internal: {task.exception()!r}"
            self.failed.set()

    async def _run(self) -> None:
        while not self._stopping:
            batch = self._next_batch()
            if batch or (self.trouble and self.clock.monotonic() >= self._retry_at):
                await self._work(batch)
                continue
            self._wake.clear()
            rest = self._retry_at - self.clock.monotonic() if self.trouble else None
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._wake.wait()

    def _next_batch(self) -> list[_Waiting[I]]:
        """The oldest, asked ones first; either all of them are looked up already or none is."""
        queues = [self._asked, self._offered] if self.clock.monotonic() >= self._retry_at else [self._asked]
        batch: list[_Waiting[I]] = []
        for queue in queues:
            while queue and len(batch) < BATCH and (not batch or _go_together(batch[-1], queue[0])):
                batch.append(queue.popleft())
        return batch

    # --- decide, commit, answer -------------------------------------------------------------------------------------

    async def _work(self, batch: list[_Waiting[I]]) -> None:
        try:
            known = await self._look_up(batch)
            self._found = None
            now = self.clock.now() + (batch[0].step if batch else 0.0)
            decided = self._decide_all(batch, known, now)
            if decided.facts:
                leave = self._leaving(decided.draft)
                self._found = await self.journal.commit(
                    self._pack(decided, batch, now), lambda: self._leave_and_look_ahead(leave)
                )
            elif self.trouble:
                await self.journal.probe()
        except (OSError, sqlite3.Error, JournalUnusable) as error:
            self._fail(batch, str(error))
            if isinstance(error, JournalCorrupt) or is_corrupt(error):  # the next start carries over what can be read
                condemn(self.journal.path)
                self.failed.set()
            elif isinstance(error, sqlite3.IntegrityError):  # somebody else has written: read it anew
                self.failed.set()
            return
        except Exception as error:  # nothing was committed, so nobody may be left waiting for an answer
            log.exception("a batch failed before its commit")
            self._fail(batch, f"internal: {type(error).__name__}: {error}")
            return
        if self.trouble:
            log.warning("the journal can be written again")
        self.trouble, self._retry, self._retry_at = "", FIRST_RETRY, 0.0
        self._answer(batch, decided)

    def _answer(self, batch: list[_Waiting[I]], decided: _Decided[S, W]) -> None:
        """What was committed is true: everybody may know."""
        decided.draft.merge()
        for waiting, outcome in zip(batch, decided.outcomes, strict=True):
            _answer(waiting, outcome)
        if decided.facts:
            self._set_timers(decided.draft)
            commit = Commit(decided.facts[-1].seq, tuple(decided.facts), decided.draft)
            for follower in tuple(self._followers):
                _let(follower, commit)

    def _leaving(self, draft: S) -> Callable[[], None]:
        """What the couriers will do the moment this draft is on the disk."""
        ready = [leave for courier in self._couriers if (leave := _let(courier, draft)) is not None]

        def leave_all() -> None:
            for leave in ready:
                _let(leave)

        return leave_all

    def _leave_and_look_ahead(self, leave: Callable[[], None]) -> Found | None:
        """On the disk's thread, after a commit: what waits by now is looked up, which saves a way here and back."""
        leave()
        waiting = list(self._asked)[:BATCH]  # `list` is one step of the interpreter: the loop appends to them meanwhile
        waiting += list(self._offered)[: BATCH - len(waiting)]
        question = self._question(waiting)
        if question is None:
            return None
        try:
            found = self.journal.look_up_here(question)
        except (sqlite3.Error, JournalUnusable):
            return None  # the next batch says so
        for one in waiting:
            one.found = found
        return found

    async def _look_up(self, batch: list[_Waiting[I]]) -> dict[str, int]:
        found = batch[0].found if batch else None
        if found is None or found is not self._found:
            question = self._question(batch)
            if question is None:
                return {}
            found = await self.journal.look_up(question)
        self.board.archive = found.rows
        return found.known

    def _question(self, batch: list[_Waiting[I]]) -> Question | None:
        """What the journal has to be asked before these are decided."""
        keys = [waiting.key for waiting in batch if waiting.key is not None]
        rows = [row for waiting in batch if (row := self._rules.asks_about(waiting.intent)) is not None]
        table = self._rules.archived
        return Question(keys, rows, table, self.board.STORED[table]) if keys or rows else None

    def _decide_all(self, batch: list[_Waiting[I]], known: dict[str, int], now: float) -> _Decided[S, W]:
        """Decide a batch; an intent that the rules cannot digest is kept another way, and the others pass."""
        while True:
            try:
                return self._decide(batch, dict(known), now)
            except _RulesFailed as failed:
                waiting, reason = failed.waiting, f"{type(failed.__cause__).__name__}: {failed.__cause__}"
                log.exception("the rules failed on an intent by %s", waiting.by)
                if waiting.answer is not None:
                    batch.remove(waiting)
                    if not waiting.answer.done():
                        waiting.answer.set_exception(Refused("this cannot be done: {reason}", reason=reason))
                else:
                    waiting.intent = self._rules.spoilt(waiting.intent, reason)

    def _decide(self, batch: list[_Waiting[I]], known: dict[str, int], now: float) -> _Decided[S, W]:
        """Decide each intent on the draft that the ones before it left; a refused one is set aside alone."""
        rules, draft, encode = self._rules, self.board.draft(), msgspec.json.encode
        facts: list[Fact[W]] = []
        rows: list[Row] = []
        outcomes: list[int | Refused] = []
        for waiting in batch:
            before, intent, key = len(facts), waiting.intent, waiting.key
            earlier = None if key is None else known.get(key)
            if earlier is not None:
                left = rules.again(draft, intent)
                if left is None:
                    outcomes.append(earlier)
                    continue
                intent, key = left, None
            try:
                for what in rules.decide(draft, intent, now):
                    fact = Fact(rules.last_seq(draft) + 1, now, waiting.by, key, what)
                    subject, body = rules.apply(draft, fact), encode(what).decode()
                    rows.append(Row(fact.seq, now, fact.by, fact.intent, subject, type(what).__name__, body))
                    facts.append(fact)
            except Refused as refused:
                if len(facts) > before:
                    raise _RulesFailed(waiting) from refused
                outcomes.append(refused)
                continue
            except Exception as error:
                raise _RulesFailed(waiting) from error
            outcomes.append(rules.last_seq(draft) if earlier is None else earlier)
            if key is not None and len(facts) > before:
                known[key] = rules.last_seq(draft)
        return _Decided(draft, facts, rows, outcomes)

    @staticmethod
    def _pack(decided: "_Decided[S, W]", batch: list[_Waiting[I]], now: float) -> Pack:
        first = decided.facts[0].seq if decided.facts else 0
        known = {
            waiting.key: (waiting.key, outcome, now)
            for waiting, outcome in zip(batch, decided.outcomes, strict=True)
            if waiting.key is not None and isinstance(outcome, int) and outcome >= first > 0
        }
        return Pack(tuple(decided.rows), tuple(known.values()), decided.draft.stored_changes())

    def _fail(self, batch: list[_Waiting[I]], reason: str) -> None:
        if not self.trouble:
            log.error("the journal cannot be written: %s", reason)
        self.trouble = reason
        self._retry_at = self.clock.monotonic() + self._retry
        self._retry = min(self._retry * 2, LAST_RETRY)
        for waiting in reversed(batch):
            if waiting.answer is None:
                self._offered.appendleft(waiting)
            elif not waiting.answer.done():
                waiting.answer.set_exception(NotCommitted(reason))

    # --- the clock --------------------------------------------------------------------------------------------------

    def _set_timers(self, draft: S) -> None:
        for at, intent in self._rules.timers(draft):
            self._timers.set(at, intent)

    def ring(self) -> None:
        """Let the clock ask for everything that is due by now; while it is being set nobody knows when that is."""
        if not self._stepping:
            for intent in self._timers.due(self.clock.now()):
                self.offer(intent, by="clock")

    def _look_at_clock(self) -> None:
        """Have a step of the machine's clock journalled, and follow it then."""
        step = 0.0 if self._stepping else self.clock.look()
        if step:
            log.warning("the clock was set by %+.1f s", step)
            self._stepping = True
            intent = self._rules.stepped(step, self.begun)
            self._offered.appendleft(_Waiting(intent, "clock", None, done=lambda: self._stepped(step), step=step))
            self._wake.set()

    def _stepped(self, step: float) -> None:
        self._stepping = False
        self.clock.follow(step)
        self.begun += step
        self._timers.changed.set()
        self.vitals.shift(step)

    async def _watch_clock(self) -> None:
        while True:
            self._look_at_clock()
            self.ring()
            await self.journal.tidy()
            self._timers.changed.clear()
            rest = TICK if self._stepping else min(TICK, self._timers.next - self.clock.now())
            with suppress(TimeoutError):  # not wait_for: the one of Python 3.11 can swallow a cancellation
                async with asyncio.timeout(rest):
                    await self._timers.changed.wait()


def _go_together(one: _Waiting[Any], following: _Waiting[Any]) -> bool:
    return one.found is following.found and not (one.step or following.step)


def _answer(waiting: _Waiting[Any], outcome: int | Refused) -> None:
    if waiting.done is not None:
        if isinstance(outcome, Refused):
            log.warning("an intent by %s had no effect: %s", waiting.by, outcome.reason)
        try:
            waiting.done()
        except Exception:  # what was brought is on the disk: whoever brought it may come again
            log.exception("%s could not be told that its intent is committed", waiting.by)
    elif waiting.answer is not None and not waiting.answer.done():
        if isinstance(outcome, Refused):
            waiting.answer.set_exception(outcome)
        else:
            waiting.answer.set_result(outcome)


def _let(call: Callable[P, T], *arguments: P.args, **more: P.kwargs) -> T | None:
    """Call a follower or a courier: whatever it does, it must not stop the store."""
    try:
        return call(*arguments, **more)
    except Exception:
        log.exception("a follower failed")
        return None
