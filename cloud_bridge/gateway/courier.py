"""The courier of the notices: carries each its way, in order per order, as often as the way allows and no oftener."""

import asyncio
import heapq
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import aiohttp

from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.caller import Answered, Callers, NoToken
from cloud_bridge.gateway.facts import Happened, NoticeDropped, NoticeFailed, NoticeFellBack, NoticeSent
from cloud_bridge.gateway.intents import GiveUp, Intent, PutOff, Send, Sent
from cloud_bridge.gateway.notices import LONG
from cloud_bridge.gateway.orders import Notice, Sending
from cloud_bridge.gateway.rules import CloudHub
from cloud_bridge.gateway.seal import Broken, Seal
from cloud_bridge.gateway.ways import Arrived, Call, Later, Never, Outcome, Setting, Unsendable, Unsure, Way
from cloud_bridge.gateway.ways.way import address_of
from edge.hub import Commit, NotCommitted
from edge.intents import Refused
from edge.text import plain

log = logging.getLogger(__name__)

AT_ONCE = 16  # notices on their way, of each way
LONGEST = 3600.0  # seconds between two tries
TICK = 1.0  # the longest a lane sleeps while something is due later, so that a stepped clock is noticed
GOODBYE = 3.0  # seconds in which what is on its way may still arrive


class Post(NamedTuple):
    """A way as it was set up."""

    way: Way
    setting: Setting
    per_second: float = 20.0


class _TakenBack(Exception):
    """What was to be said is not true any more."""


class _Nobody(NamedTuple):
    """The customer has no address for this way, which needs one."""

    reason: str


COUNTED = frozenset({NoticeSent, NoticeFellBack, NoticeFailed, NoticeDropped})


class _Lane:
    """What goes one way: a way that is slow, dead or refuses for a while delays only its own."""

    def __init__(self, post: Post | None, callers: Callers) -> None:
        self.post = post
        self.caller = callers.of(post.setting) if post is not None else None
        self.due: list[tuple[float, int, str]] = []
        self.wake = asyncio.Event()
        self.flying: dict[str, asyncio.Task[None]] = {}  # by notice
        self.free = 0.0  # when another one may go, on the loop's clock
        self.closed = 0.0  # until then the provider takes none, on the same clock
        self.reason = ""
        self.threads: ThreadPoolExecutor | None = None
        if post is not None and post.way.carry is not None:
            self.threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=post.setting.id)


class Courier:
    """Runs beside the hub."""

    def __init__(
        self, hub: CloudHub, ways: Mapping[str, Post], channels: Mapping[str, Post], seal: Seal, callers: Callers
    ) -> None:
        self.sent: Counter[str] = Counter()  # notices by way, since the start
        self.failed: Counter[str] = Counter()  # for good
        self.nobody: Counter[str] = Counter()  # the customer has no address for this way, or allows no more
        hub.follow(self._count)  # also what fails before the first one leaves
        self._hub, self._seal = hub, seal
        self._ways = {way: _Lane(post, callers) for way, post in ways.items()}
        self._channels = {account: _Lane(post, callers) for account, post in channels.items()}
        self._nowhere = _Lane(None, callers)  # ways that the settings do not name any more
        self._numbers = count()
        self._working: list[asyncio.Task[None]] = []

    async def start(self, caught_up: Callable[[], Awaitable[None]]) -> None:
        """Begin with what is owed, once it is known whether that still is as it was."""
        owed = bool(len(self._hub.board.notices))
        for notice in self._hub.board.notices.values():
            self._put(notice)
        self._unfollow = self._hub.follow(self._follow)
        self._working = [asyncio.create_task(self._begin(lane, caught_up if owed else None)) for lane in self._lanes]

    async def stop(self) -> None:
        """Let what is on its way arrive; of what does not in time, it is known that nobody knows."""
        if not self._working:
            return
        self._unfollow()
        await _ended(self._working)
        flying = [task for lane in self._lanes for task in lane.flying.values()]
        if flying:
            await asyncio.wait(flying, timeout=GOODBYE)
        await _ended(flying)
        for lane in self._lanes:
            if lane.threads is not None:
                lane.threads.shutdown(wait=False, cancel_futures=True)

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways to customers that there are."""
        return tuple(self._ways)

    @property
    def _lanes(self) -> list[_Lane]:
        return [*self._ways.values(), *self._channels.values(), self._nowhere]

    def _lane(self, notice: Notice) -> _Lane:
        return (self._channels if notice.to_channel else self._ways).get(notice.way, self._nowhere)

    # --- who is next ------------------------------------------------------------------------------------------------

    def _follow(self, commit: Commit[Board, Happened]) -> None:
        for notice in commit.draft.notices.changes.values():
            if notice is not None:
                self._put(notice)
        for order in commit.draft.orders.changes.values():  # who stood behind another one may be the next now
            for notice_id in order.notices if order is not None else ():
                if notice := self._hub.board.notices.get(notice_id):
                    self._put(notice)

    def _count(self, commit: Commit[Board, Happened]) -> None:
        """What failed for good is counted where that is decided: it may be too late, or tried too often.

        A way that had nobody to tell has not failed.
        """
        for fact in commit.facts:
            if type(fact.what) not in COUNTED:  # most are of orders, and there are many of them
                continue
            match fact.what:
                case NoticeSent(way=way):
                    self.sent[way] += 1
                case (
                    NoticeFellBack(way=way, reason=reason, nobody=True)
                    | NoticeFailed(way=way, reason=reason, nobody=True)
                    | NoticeDropped(way=way, reason=reason)
                ) if way:
                    self.nobody[way] += 1
                    log.info("a notice did not go by %s: %s", way, reason)
                case NoticeFailed(way=way, reason=reason) | NoticeFellBack(way=way, reason=reason):
                    self.failed[way] += 1
                    log.warning("a notice did not go by %s: %s", way, reason)

    def _put(self, notice: Notice) -> None:
        if notice.state is Sending.QUEUED:
            lane = self._lane(notice)
            heapq.heappush(lane.due, (notice.due, next(self._numbers), notice.id))
            lane.wake.set()

    async def _begin(self, lane: _Lane, caught_up: Callable[[], Awaitable[None]] | None) -> None:
        if caught_up is not None:
            await caught_up()
        await self._work(lane)

    async def _work(self, lane: _Lane) -> None:
        loop = asyncio.get_running_loop()
        while True:
            lane.wake.clear()
            rest: float | None = None
            if lane.due and len(lane.flying) < AT_ONCE:
                now, on_loop = self._hub.clock.now(), loop.time()
                closed = lane.closed - on_loop
                rest = lane.due[0][0] - now
                if rest <= 0 and closed <= LONG:  # a short rest is waited for
                    rest = max(closed, lane.free - on_loop)
                if rest <= 0:
                    _, _, notice_id = heapq.heappop(lane.due)
                    notice = self._hub.board.notices.get(notice_id)
                    if notice is not None and self._may_go(lane, notice, now):
                        if closed > 0:  # another way may do, and else the store hears of it while it is of use
                            self._let_go(lane, notice, self._write(PutOff(notice.id, closed, lane.reason)))
                        else:
                            lane.free = on_loop + (1 / lane.post.per_second if lane.post else 0.0)
                            self._let_go(lane, notice, self._carry(lane, notice))
                    continue
            with suppress(TimeoutError):
                async with asyncio.timeout(None if rest is None else min(rest, TICK)):
                    await lane.wake.wait()

    def _may_go(self, lane: _Lane, notice: Notice, now: float) -> bool:
        """Whether it still stands, goes this way, and nothing of its line has to go before it."""
        if notice.state is not Sending.QUEUED or notice.due > now or notice.id in lane.flying:
            return False
        if self._lane(notice) is not lane:
            return False
        board = self._hub.board
        order = board.orders.get(notice.order) if notice.order else None
        if order is not None:
            line = (one for one in order.notices if (row := board.notices.get(one)) and row.line == notice.line)
            return next(line, notice.id) == notice.id
        return not any((row := board.notices.get(one)) and row.line == notice.line for one in lane.flying)

    def _let_go(self, lane: _Lane, notice: Notice, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        lane.flying[notice.id] = task
        task.add_done_callback(lambda _: self._landed(lane, notice))

    def _landed(self, lane: _Lane, notice: Notice) -> None:
        del lane.flying[notice.id]
        board = self._hub.board
        for row in (board.notices.get(notice.id),) if notice.order else tuple(board.notices.values()):
            if row is not None and row.line == notice.line:
                self._put(row)
        lane.wake.set()

    # --- on its way -------------------------------------------------------------------------------------------------

    async def _carry(self, lane: _Lane, notice: Notice) -> None:
        try:
            await self._hub.submit(Send(notice.id, self._customer(lane, notice)), by="courier")
        except Refused:
            return  # it was taken back meanwhile
        except NotCommitted:  # it is still queued
            await asyncio.sleep(TICK)
            return
        leaving = self._hub.board.notices.get(notice.id)
        if leaving is None or leaving.state is not Sending.SENDING:
            return  # it was too late for it, or too early
        outcome: Outcome | _Nobody
        try:
            outcome = await self._call(lane, notice)
        except Exception as error:  # a mistake in a way's file: this notice goes another way
            log.exception("a notice could not be sent by %s", notice.way)
            outcome = Never(f"a mistake in the gateway, see its log: {type(error).__name__}")
        await self._tell(lane, notice, outcome)

    async def _tell(self, lane: _Lane, notice: Notice, outcome: Outcome | _Nobody) -> None:
        """Have written down what became of it."""
        match outcome:
            case Arrived():
                intent: Intent = Sent(notice.id)
            case Later(reason, seconds, everything):
                if everything:
                    lane.closed = max(lane.closed, asyncio.get_running_loop().time() + seconds)
                    lane.reason = plain(reason, 300)
                wait = min(max(seconds, 1.0) * 2 ** min(notice.tries, 16), max(LONGEST, seconds))
                intent = PutOff(notice.id, wait, plain(reason, 300))
            case Unsure(reason):
                intent = PutOff(notice.id, min(2.0**notice.tries, LONGEST), plain(reason, 300), unsure=True)
            case _Nobody(reason):
                intent = GiveUp(notice.id, plain(reason, 300), nobody=True)
            case Never(reason, spent):
                intent = GiveUp(notice.id, plain(reason, 300), spent)
        await self._write(intent)

    async def _write(self, intent: Intent) -> None:
        written = asyncio.Event()
        self._hub.offer(intent, by="courier", key=None, done=written.set)
        await written.wait()

    async def _call(self, lane: _Lane, notice: Notice) -> Outcome | _Nobody:
        post, caller = lane.post, lane.caller
        if post is None or caller is None:
            return Never(f"there is no way {notice.way}")
        carry = partial(_carried, post.way.carry, lane.threads) if post.way.carry else None
        try:
            answer = await caller.ask(post.way.token, partial(self._request, post, notice), carry)
        except Broken as error:
            return Never(str(error))
        except _TakenBack:
            return Later("it was taken back")
        except NoToken as error:
            return error.outcome
        except Unsendable as error:
            return Never(str(error)) if notice.to_channel or self._address(post, notice) else _Nobody(str(error))
        except aiohttp.InvalidURL:  # its own words would carry what stands in it
            return Never("its address is not one")
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Later(f"away: {type(error).__name__}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Unsure(f"no answer: {type(error).__name__}")
        return Arrived() if (notice.on, answer[0]) in post.way.already else post.way.judge(*answer)

    def _request(self, post: Post, notice: Notice, token: str) -> Call:
        call = post.way.call(notice, self._addresses(notice), post.setting, token, self._hub.clock.now())
        if (row := self._hub.board.notices.get(notice.id)) is None or row.revoked:
            raise _TakenBack
        return call

    def _addresses(self, notice: Notice) -> dict[str, str]:
        return self._seal.open(notice.order or "", notice.reply).addresses if notice.reply else {}

    def _address(self, post: Post, notice: Notice) -> str:
        """Where the customer is told this way; empty where nobody knows."""
        with suppress(Broken, Unsendable):  # which is found again where it is to go
            return address_of(self._addresses(notice), post.setting, post.way.name)
        return ""

    def _customer(self, lane: _Lane, notice: Notice) -> str:
        """A name for who is told, where they have to allow it; else empty."""
        if lane.post is None or not lane.post.way.app:
            return ""
        address = self._address(lane.post, notice)
        return self._seal.name(lane.post.setting.options[lane.post.way.app], address) if address else ""


async def _carried(
    carry: Callable[[Call], tuple[int, bytes]], threads: ThreadPoolExecutor | None, call: Call
) -> Answered:
    status, body = await asyncio.get_running_loop().run_in_executor(threads, carry, call)
    return status, body, {}


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
