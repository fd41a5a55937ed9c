"""The courier of the notices: carries each its way, in order per order, as often as the way allows and no oftener."""

import asyncio
import heapq
import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from itertools import count
from typing import NamedTuple

import aiohttp
import msgspec

from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.facts import Happened
from cloud_bridge.gateway.intents import GiveUp, PutOff, Send, Sent
from cloud_bridge.gateway.orders import Notice, Sending
from cloud_bridge.gateway.plan import CHANNEL
from cloud_bridge.gateway.rules import CloudHub
from cloud_bridge.gateway.seal import Broken, Seal
from cloud_bridge.gateway.ways import Call, Later, Never, Outcome, Setting, Unsendable, Way
from cloud_bridge.gateway.ways import Sent as Arrived
from edge.hub import Commit, NotCommitted
from edge.intents import Refused
from edge.text import plain

log = logging.getLogger(__name__)

AT_ONCE = 32  # notices on their way
PATIENCE = aiohttp.ClientTimeout(total=15, connect=5)
LARGEST = 64 * 1024  # bytes of an answer that are looked at
FRESH = 60.0  # seconds before its end that a token is fetched anew


class Post(NamedTuple):
    """A way as it was set up."""

    way: Way
    setting: Setting
    per_second: float = 20.0


class _Token(NamedTuple):
    text: str
    until: float  # on the loop's clock


class Courier:
    """Runs beside the hub; a way that is slow or dead delays only what goes that way."""

    def __init__(self, hub: CloudHub, ways: Mapping[str, Post], channels: Mapping[str, Post], seal: Seal) -> None:
        self.sent: dict[str, int] = {}  # notices by way, since the start
        self.failed: dict[str, int] = {}
        self._hub, self._ways, self._channels, self._seal = hub, ways, channels, seal
        self._due: list[tuple[float, int, str]] = []
        self._numbers = count()
        self._wake = asyncio.Event()
        self._flying: dict[str, asyncio.Task[None]] = {}  # by notice
        self._next: dict[int, float] = {}  # by post: when its rate allows another one, on the loop's clock
        self._tokens: dict[int, _Token] = {}
        self._fetching: dict[int, asyncio.Lock] = {}
        self._session: aiohttp.ClientSession
        self._working: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, with what is owed."""
        self._session = aiohttp.ClientSession(timeout=PATIENCE, auto_decompress=True)
        for notice in self._hub.board.notices.values():
            self._put(notice)
        self._hub.follow(self._follow)
        self._working = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Let go of what is on its way: it is known that nobody knows whether it came."""
        tasks = [task for task in (self._working, *self._flying.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()

    def _follow(self, commit: Commit[Board, Happened]) -> None:
        for notice in commit.draft.notices.changes.values():
            if notice is not None:
                self._put(notice)
        for order in commit.draft.orders.changes.values():
            if order is not None and order.notices and (first := self._hub.board.notices.get(order.notices[0])):
                self._put(first)

    def _put(self, notice: Notice) -> None:
        if notice.state is Sending.QUEUED:
            heapq.heappush(self._due, (notice.due, next(self._numbers), notice.id))
            self._wake.set()

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            now = self._hub.clock.now()
            while self._due and self._due[0][0] <= now and len(self._flying) < AT_ONCE:
                _, _, notice_id = heapq.heappop(self._due)
                notice = self._hub.board.notices.get(notice_id)
                if notice is not None and self._may_go(notice, now):
                    task = asyncio.create_task(self._carry(notice))
                    self._flying[notice_id] = task
                    task.add_done_callback(partial(self._landed, notice_id))
            rest = min(1.0, self._due[0][0] - now) if self._due and len(self._flying) < AT_ONCE else 1.0
            with suppress(TimeoutError):
                async with asyncio.timeout(max(rest, 0.0)):
                    await self._wake.wait()

    def _may_go(self, notice: Notice, now: float) -> bool:
        """Whether it still stands, and nothing of its order has to go before it; that one brings it here again."""
        if notice.state is not Sending.QUEUED or notice.due > now or notice.id in self._flying:
            return False
        order = self._hub.board.orders.get(notice.order) if notice.order else None
        return order is None or not order.notices or order.notices[0] == notice.id

    def _landed(self, notice_id: str, _task: asyncio.Task[None]) -> None:
        self._flying.pop(notice_id, None)
        self._wake.set()

    def _post(self, notice: Notice) -> Post | None:
        return self._channels.get(notice.account) if notice.ways[0] == CHANNEL else self._ways.get(notice.ways[0])

    async def _carry(self, notice: Notice) -> None:
        post = self._post(notice)
        if post is not None:
            await self._keep_rate(post)
        try:
            await self._hub.submit(Send(notice.id), by="courier")
        except Refused:
            return  # it was taken back meanwhile
        except NotCommitted:  # it is still queued: the next look finds it
            await asyncio.sleep(1)
            self._put(notice)
            return
        outcome: Outcome
        try:
            outcome = Never(f"there is no way {notice.ways[0]}") if post is None else await self._call(post, notice)
        except Exception as error:  # a mistake in a way's file: this notice goes another way
            log.exception("a notice could not be sent by %s", notice.ways[0])
            outcome = Never(f"a mistake in the gateway, see its log: {type(error).__name__}")
        self._tell(notice, outcome)

    def _tell(self, notice: Notice, outcome: Outcome) -> None:
        way = notice.ways[0]
        match outcome:
            case Arrived():
                self.sent[way] = self.sent.get(way, 0) + 1
                self._hub.offer(Sent(notice.id), by="courier", key=None, done=_nothing)
            case Later(reason, seconds):
                wait = min(max(seconds, 1.0) * 2**notice.tries, 3600.0)
                self._hub.offer(PutOff(notice.id, wait, plain(reason, 300)), by="courier", key=None, done=_nothing)
            case Never(reason):
                self.failed[way] = self.failed.get(way, 0) + 1
                log.warning("a notice did not go by %s: %s", way, plain(reason, 300))
                self._hub.offer(GiveUp(notice.id, plain(reason, 300)), by="courier", key=None, done=_nothing)

    async def _keep_rate(self, post: Post) -> None:
        loop = asyncio.get_running_loop()
        at = max(loop.time(), self._next.get(id(post), 0.0))
        self._next[id(post)] = at + 1 / post.per_second
        await asyncio.sleep(at - loop.time())

    async def _call(self, post: Post, notice: Notice) -> Outcome:
        try:
            addresses = self._seal.open(notice.order or "", notice.reply).addresses if notice.reply else {}
        except Broken as error:
            return Never(str(error))
        for fresh in (False, True):  # a token may have been taken back before its time
            try:
                token = await self._token(post, anew=fresh)
                call = post.way.call(notice, addresses, post.setting, token, self._hub.clock.now())
                status, body, headers = await self._make(post.way, call)
            except Unsendable as error:
                return Never(str(error))
            except ValueError as error:
                return Later(f"no access token: {error}")
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                return Later(
                    type(error).__name__ if isinstance(error, TimeoutError) else f"{type(error).__name__}: away"
                )
            if fresh or post.way.token is None or not post.way.token.refused(status, body):
                break
        return post.way.judge(status, body, headers)

    async def _make(self, way: Way, call: Call) -> tuple[int, bytes, Mapping[str, str]]:
        if way.carry is not None:
            status, body = await asyncio.to_thread(way.carry, call)
            return status, body, {}
        async with self._session.request(
            call.method, call.url, data=call.body, headers=call.headers, allow_redirects=False
        ) as answer:
            body = await answer.content.read(LARGEST)
            return answer.status, body, {name.lower(): value for name, value in answer.headers.items()}

    async def _token(self, post: Post, *, anew: bool) -> str:
        if post.way.token is None:
            return ""
        loop, key = asyncio.get_running_loop(), id(post)
        async with self._fetching.setdefault(key, asyncio.Lock()):
            known = self._tokens.get(key)
            if known is not None and known.until > loop.time() and not anew:
                return known.text
            status, body, _ = await self._make(
                msgspec.structs.replace(post.way, carry=None), post.way.token.call(post.setting)
            )
            text, seconds = post.way.token.read(status, body)
            self._tokens[key] = _Token(text, loop.time() + max(seconds - FRESH, 1.0))
            return text


def _nothing() -> None:
    """Nobody waits for it."""
