"""The courier makes the calls: each way by itself, an order's in their order, and it says what it does not know."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from msgspec import Raw

from cloud_bridge.gateway import intents as i
from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.caller import Answered, Callers
from cloud_bridge.gateway.channels import meituan, ubereats
from cloud_bridge.gateway.courier import Courier, Post
from cloud_bridge.gateway.orders import Notice, Sending, order_id
from cloud_bridge.gateway.rules import cloud_hub
from cloud_bridge.gateway.seal import Reply, Seal
from cloud_bridge.gateway.ways import Call, Setting, Token, Way, apprise, easemob, webhook, wechat
from cloud_bridge.gateway.ways.webhook import judge
from cloud_bridge.messages import EventType, order_event, topics_of
from cloud_bridge.reader import Reader
from edge.intents import ReportUntold
from edge.journal import Journal
from edge.orders import OrderId
from tests.builders import ManualClock
from tests.cloud import until
from tests.gateways import StandIn
from tests.unit.cloud_bridge.gateway.counting_house import ACCOUNT, NOON, STORE, a_plan

OK = web.json_response


class Counter:
    """A hub and its courier, with ways to stand-ins; stores and channels are what a test says they are."""

    def __init__(self, journal: Path) -> None:
        self.path, self.clock, self.seal = journal, ManualClock(NOON), Seal((b"k" * 32,))
        self.plan = a_plan()
        self.ways: dict[str, Post] = {}
        self.channels: dict[str, Post] = {}
        self.sequence = 0
        self.heard = asyncio.Event()
        self.heard.set()

    async def start(self) -> None:
        """Begin, on the same journal."""
        self.hub = cloud_hub(self.plan, Journal(self.path, Board.STORED), self.clock)
        await self.hub.start()
        self.callers = Callers()
        self.courier = Courier(self.hub, self.ways, self.channels, self.seal, self.callers)
        await self.courier.start(self.caught_up)

    async def caught_up(self) -> None:
        """What the stores say meanwhile is all heard."""
        await self.heard.wait()

    async def stop(self) -> None:
        """With goodbyes."""
        await self.courier.stop()
        await self.callers.close()
        await self.hub.stop()

    async def kill(self) -> None:
        """Without: nothing that happens from now on is written down."""
        self.hub.offer = lambda *_, **__: None  # type: ignore[method-assign]
        for lane in self.courier._lanes:
            for task in lane.flying.values():
                task.cancel()
        await self.stop()

    async def take(self, number: int, *, addressed: bool = True) -> OrderId:
        """An order of a channel."""
        order = order_id("generic", "shop", str(number))
        addresses = Reply({"first": f"customer-{number}", "wechat": f"openid-{number}"})
        reply = self.seal.close(order, addresses) if addressed else ""
        about = {"content": "c", "display_id": f"A{number:03}", "reply": reply}
        await self.hub.submit(
            i.Take(order, "generic", "shop", str(number), "e", EventType.PLACED, self.clock.now(), Raw(b"{}"), **about),
            by="test",
        )
        return order

    async def hear(self, kind: str, order: OrderId | None, **told: object) -> None:
        """What a store tells."""
        self.sequence += 1
        hear = i.Hear(STORE, "journal", self.sequence, kind, self.clock.now(), order, told)
        await self.hub.submit(hear, by="test")

    async def start_cake(self, order: OrderId, item: str = "1") -> None:
        """A cake goes into the oven."""
        await self.hear("item.started", order, stage="baking", item=item, name=f"Cake {item}")

    def later(self, seconds: float) -> None:
        """Time passes, and everybody looks at the clock."""
        self.clock.advance(seconds)
        for lane in self.courier._lanes:
            lane.wake.set()

    def hook(self, name: str, stand_in: StandIn, per_second: float = 1000, way: Way = webhook.WAY) -> None:
        """A way to a stand-in."""
        self.ways[name] = Post(way, Setting(name, {"url": stand_in.url}, {"secret": "s"}), per_second)

    @property
    def owed(self) -> list[Notice]:
        """Notices."""
        return list(self.hub.board.notices.values())

    def settled(self) -> bool:
        """Whether nothing is owed."""
        return not self.owed


ONCE = msgspec.structs.replace(webhook.WAY, repeatable=False)


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    """One that a test starts when its ways are set up."""
    counter = Counter(tmp_path / "gateway.db")
    yield counter
    await counter.stop()


async def test_of_an_order_one_message_comes_after_the_other_and_orders_do_not_wait_for_each_other(
    counter: Counter, stand_in: StandIn
) -> None:
    held = asyncio.Event()

    async def answer(_request: web.Request, body: bytes) -> web.Response:
        told = json.loads(body)["data"]
        if told["order"] == "1" and "Cake 1" in told["words"]:
            await held.wait()
        return OK({})

    stand_in.answer = answer
    counter.hook("first", stand_in)
    await counter.start()
    one, two = await counter.take(1), await counter.take(2)
    for item in ("1", "2"):
        await counter.start_cake(one, item)
    for item in ("1", "2"):
        await counter.start_cake(two, item)
    await until(lambda: counter.courier.sent == {"first": 2})
    told = [json.loads(body)["data"] for _, _, body in stand_in.requests]
    assert [one["item"] for one in told if one["order"] == "2"] == ["1", "2"]
    assert [one["item"] for one in told if one["order"] == "1"] == ["1"]
    held.set()
    await until(counter.settled)
    assert stand_in.words[3] == "Cake 2 is in the oven."


async def test_a_way_goes_no_oftener_than_it_may(counter: Counter, stand_in: StandIn) -> None:
    counter.hook("first", stand_in, per_second=20)
    await counter.start()
    began = time.monotonic()
    for number in range(6):
        await counter.hear("order.ready", await counter.take(number))
    await until(counter.settled)
    assert time.monotonic() - began >= 5 / 20


async def test_a_dead_way_delays_nobody_else(counter: Counter) -> None:
    never = asyncio.Event()

    async def dead(_request: web.Request, _body: bytes) -> web.Response:
        await never.wait()
        return web.Response()

    async with StandIn(dead) as gone, StandIn() as stand_in:
        counter.hook("first", gone)
        counter.hook("second", stand_in)
        account = msgspec.structs.replace(ACCOUNT, ways=("second",), id="other")
        counter.plan = a_plan(accounts={ACCOUNT.key: ACCOUNT, account.key: account})
        await counter.start()
        for number in range(40):
            await counter.hear("order.ready", await counter.take(number))
        await until(lambda: sum(one.state is Sending.SENDING for one in counter.owed) == 16)
        other = order_id("generic", "other", "1")
        reply = counter.seal.close(other, Reply({"second": "x"}))
        take = i.Take(other, "generic", "other", "1", "e", EventType.PLACED, NOON, Raw(b"{}"), content="c", reply=reply)
        await counter.hub.submit(take, by="test")
        await counter.hear("order.ready", other)
        await until(lambda: stand_in.requests)
        assert len(gone.requests) == 16, "nothing that the dead way has was given up before"
        never.set()


async def test_a_provider_that_asks_to_be_left_alone_is_left_alone_by_all(counter: Counter, stand_in: StandIn) -> None:
    came: list[float] = []

    def answer(_request: web.Request, _body: bytes) -> web.Response:
        came.append(time.monotonic())
        return web.Response(status=429, headers={"Retry-After": "1"}) if len(came) == 1 else OK({})

    stand_in.answer = answer
    counter.hook("first", stand_in)
    await counter.start()
    await counter.hear("order.ready", await counter.take(1))
    await until(lambda: came and counter.owed[0].state is Sending.QUEUED)
    assert counter.owed[0].due == NOON + 1
    await counter.hear("order.ready", await counter.take(2))
    counter.later(1)
    await until(counter.settled)
    assert len(came) == 3
    assert came[1] - came[0] >= 1  # however slow the machine is, it can only be longer


async def test_who_has_another_way_does_not_wait_for_one_that_is_closed_for_long(
    counter: Counter, stand_in: StandIn
) -> None:
    stand_in.answer = lambda _request, _body: web.Response(status=429, headers={"Retry-After": "3000"})
    async with StandIn() as other:
        counter.hook("first", stand_in)
        counter.hook("second", other)
        await counter.start()
        for number in range(5):
            await counter.hear("order.ready", await counter.take(number))
            await until(counter.settled)
        assert len(stand_in.requests) == 1
        assert len(other.requests) == 5


async def test_what_would_be_too_late_when_a_closed_way_opens_is_told_to_the_store_at_once(
    counter: Counter, stand_in: StandIn
) -> None:
    stand_in.answer = lambda _request, _body: web.Response(status=429, headers={"Retry-After": "7200"})
    counter.hook("first", stand_in)
    counter.plan = a_plan(accounts={ACCOUNT.key: msgspec.structs.replace(ACCOUNT, ways=("first",))})
    await counter.start()
    await counter.hear("order.ready", await counter.take(1))  # may come tonight
    await until(lambda: [one.tries for one in counter.owed] == [1] and counter.owed[0].state is Sending.QUEUED)
    await counter.start_cake(await counter.take(2))  # may not
    await until(lambda: [one.on for one in counter.owed] == ["order.ready"])
    [event] = [row for row in counter.hub.board.outbox.values() if row.kind is EventType.UNTOLD]
    assert b"HTTP 429" in bytes(event.data)
    assert len(stand_in.requests) == 1


def needs_an_address(stand_in: StandIn) -> Post:
    """WeChat, for which nobody asks a token."""
    options = {"appid": "wx1", "api": stand_in.url, "t": "thing1={store}"}
    setting = Setting("first", options, {"secret": "s"}, {"order.ready": "t"})
    return Post(msgspec.structs.replace(wechat.WAY, token=None), setting, 1000)


async def test_an_order_without_an_address_goes_by_the_way_that_needs_none(counter: Counter, stand_in: StandIn) -> None:
    counter.ways["first"] = needs_an_address(stand_in)
    counter.hook("second", stand_in)
    await counter.start()
    await counter.hear("order.ready", await counter.take(1, addressed=False))
    await until(counter.settled)
    assert stand_in.words == ["A001 is ready at Wheatfield."]


async def test_who_left_no_address_where_each_way_needs_one_is_no_news_for_the_store(
    counter: Counter, stand_in: StandIn
) -> None:
    counter.ways["first"] = needs_an_address(stand_in)
    counter.plan = a_plan(accounts={ACCOUNT.key: msgspec.structs.replace(ACCOUNT, ways=("first",))})
    await counter.start()
    await counter.hear("order.ready", await counter.take(1, addressed=False))
    await until(counter.settled)
    assert not [row for row in counter.hub.board.outbox.values() if row.kind is EventType.UNTOLD]
    assert (counter.courier.failed, counter.courier.nobody) == ({}, {"first": 1})


async def test_who_left_an_address_for_another_way_is_told_to_the_store_and_is_no_failure_of_this_one(
    counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    options = {"app": "org#app", "api": "http://127.0.0.1:1"}
    counter.ways["second"] = Post(msgspec.structs.replace(easemob.WAY, token=None), Setting("second", options), 1000)
    counter.plan = a_plan(accounts={ACCOUNT.key: msgspec.structs.replace(ACCOUNT, ways=("second",))})
    await counter.start()
    await counter.hear("order.ready", await counter.take(1))
    await until(counter.settled)
    [event] = [row for row in counter.hub.board.outbox.values() if row.kind is EventType.UNTOLD]
    assert b"the customer has no address for easemob" in bytes(event.data)
    assert (counter.courier.failed, counter.courier.nobody) == ({}, {"second": 1})
    [line] = [row.levelname for row in caplog.records if "did not go by second" in row.message]
    assert line == "INFO"


async def test_a_pause_that_a_channel_cannot_be_told_is_on_the_owners_page(counter: Counter, stand_in: StandIn) -> None:
    options = {"app_id": "1", "api": stand_in.url}  # and not what the shop is called there
    counter.channels[ACCOUNT.key] = Post(meituan.TELLS, Setting(ACCOUNT.key, options, {"secret": "s"}), 1000)
    account = msgspec.structs.replace(ACCOUNT, tells=meituan.TELLS.tells)
    counter.plan = a_plan(accounts={ACCOUNT.key: account})
    await counter.start()
    await counter.hear("store.paused", None)
    await until(counter.settled)
    [alarm] = counter.hub.board.alarms.values()
    assert (alarm.kind, alarm.about) == ("untold", ACCOUNT.key)
    assert "options.app_poi_code is not set" in alarm.text
    assert counter.courier.failed == {ACCOUNT.key: 1}


@pytest.mark.parametrize(("on", "untold"), [("order.accepted", 0), ("order.refused", 1)])
async def test_what_uber_had_accepted_already_is_no_news_for_the_store_and_what_it_cannot_refuse_any_more_is(
    counter: Counter, stand_in: StandIn, on: str, untold: int
) -> None:
    stand_in.answer = lambda _request, _body: web.Response(status=409)
    tells = ubereats.CHANNEL.tells
    assert tells is not None
    setting = Setting(ACCOUNT.key, {"client_id": "c", "api": stand_in.url}, {"secret": "s"})
    counter.channels[ACCOUNT.key] = Post(msgspec.structs.replace(tells, token=None), setting, 1000)
    account = msgspec.structs.replace(ACCOUNT, tells=tells.tells, ways=())
    counter.plan = a_plan(accounts={ACCOUNT.key: account})
    await counter.start()
    await counter.hear(on, await counter.take(1))
    await until(lambda: stand_in.requests and counter.settled())
    assert sum(row.kind is EventType.UNTOLD for row in counter.hub.board.outbox.values()) == untold


async def test_a_fault_is_tried_again_later_and_later(counter: Counter, stand_in: StandIn) -> None:
    stand_in.answer = lambda _request, _body: web.Response(status=503)
    counter.hook("first", stand_in)
    counter.plan = a_plan(accounts={ACCOUNT.key: msgspec.structs.replace(ACCOUNT, ways=("first",))})
    await counter.start()
    await counter.hear("order.ready", await counter.take(1))
    waits = []
    for tries in range(1, 5):
        await until(lambda tries=tries: len(stand_in.requests) == tries and counter.owed[0].state is Sending.QUEUED)
        waits.append(counter.owed[0].due - counter.clock.now())
        counter.later(waits[-1])
    assert waits == [10, 20, 40, 80]


async def test_the_next_way_is_taken_and_what_no_way_takes_is_told_to_the_store(
    counter: Counter, stand_in: StandIn
) -> None:
    stand_in.answer = lambda request, _body: web.Response(status=410 if request.path != "/never" else 500)
    counter.hook("first", stand_in)
    await counter.start()  # the way `second` is in no settings
    order = await counter.take(1)
    await counter.hear("order.ready", order)
    await until(counter.settled)
    [event] = [row for row in counter.hub.board.outbox.values() if row.kind is EventType.UNTOLD]
    assert msgspec.json.decode(event.data) == {
        "id": order,
        "on": "order.ready",
        "way": "second",
        "reason": "there is no way second",
        "words": "A001 is ready at Wheatfield.",
    }
    assert counter.courier.failed == {"first": 1, "second": 1}
    topics = topics_of(STORE)
    payload = order_event(
        event.kind, event.data, event_id=event.id, source="/gateway", at=event.at, order=order, sequence=event.sequence
    )
    understood = Reader(topics, "journal").read(topics.orders, payload, NOON)
    assert understood is not None
    assert isinstance(understood.intent, ReportUntold)
    assert (understood.intent.order, understood.intent.words) == (order, "A001 is ready at Wheatfield.")


@pytest.mark.parametrize(
    ("kind", "way", "times"), [("ready", ONCE, 2), ("baking", ONCE, 1), ("baking", webhook.WAY, 2)]
)
async def test_where_nobody_knows_whether_it_arrived_only_what_may_come_twice_comes_twice(
    counter: Counter, stand_in: StandIn, kind: str, way: Way, times: int
) -> None:
    def hang_up(request: web.Request, _body: bytes) -> web.Response:
        if len(stand_in.requests) == 1:
            assert request.transport is not None
            request.transport.close()
        return OK({})

    stand_in.answer = hang_up
    counter.hook("first", stand_in, way=way)
    if way.repeatable:
        counter.plan = a_plan(repeatable=frozenset({"first"}))
    await counter.start()
    order = await counter.take(1)
    await (counter.hear("order.ready", order) if kind == "ready" else counter.start_cake(order))
    await until(lambda: stand_in.requests and not any(one.state is Sending.SENDING for one in counter.owed))
    counter.later(1)
    await until(counter.settled)
    assert len(stand_in.requests) == times


@pytest.mark.parametrize(("kind", "times"), [("ready", 2), ("baking", 1)])
async def test_what_a_way_says_it_did_not_take_but_may_have_sent_comes_once_unless_it_is_ready(
    counter: Counter, kind: str, times: int
) -> None:
    carried: list[bytes] = []

    def carry(call: Call) -> tuple[int, bytes]:
        carried.append(call.body)
        return (apprise.NOT_DONE if len(carried) == 1 else apprise.DONE), b""

    counter.ways["first"] = Post(
        msgspec.structs.replace(apprise.WAY, carry=carry), Setting("first", secrets={"url": "json://127.0.0.1:1"}), 1000
    )
    await counter.start()
    order = await counter.take(1)
    await (counter.hear("order.ready", order) if kind == "ready" else counter.start_cake(order))
    await until(lambda: carried and not any(one.state is Sending.SENDING for one in counter.owed))
    counter.later(30)
    await until(counter.settled)
    assert len(carried) == times
    assert (counter.courier.sent, counter.courier.failed) == (({"first": 1}, {}) if times > 1 else ({}, {"first": 1}))


@pytest.mark.parametrize(("kind", "times"), [("ready", 2), ("baking", 1)])
async def test_after_a_kill_ready_comes_once_more_and_the_others_do_not(
    counter: Counter, stand_in: StandIn, kind: str, times: int
) -> None:
    counter.hook("first", stand_in, way=ONCE)
    await counter.start()
    order = await counter.take(1)
    counter.hub.offer = lambda *_, **__: None  # type: ignore[method-assign]
    await (counter.hear("order.ready", order) if kind == "ready" else counter.start_cake(order))
    await until(lambda: stand_in.requests)
    await counter.kill()
    await counter.start()
    await until(counter.settled)
    assert len(stand_in.requests) == times


async def test_what_was_owed_waits_for_what_the_stores_said_meanwhile_which_may_take_it_back(
    counter: Counter, stand_in: StandIn
) -> None:
    stand_in.answer = lambda _request, _body: web.Response(status=503)
    counter.hook("first", stand_in)
    await counter.start()
    one, two = await counter.take(1), await counter.take(2)
    for order in (one, two):
        await counter.hear("order.ready", order)
    await until(lambda: [notice.tries for notice in counter.owed] == [1, 1])
    await counter.stop()
    stand_in.answer = lambda _request, _body: OK({})
    stand_in.requests.clear()
    counter.heard.clear()
    counter.clock.advance(60)
    await counter.start()
    await counter.hear("order.accepted", one, ready=False)
    assert stand_in.requests == []
    counter.heard.set()
    await until(counter.settled)
    assert stand_in.words == ["A002 is ready at Wheatfield."]


async def test_who_is_stopped_lets_arrive_what_is_on_its_way(counter: Counter) -> None:
    came, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(_request: web.Request, _body: bytes) -> web.Response:
        came.set()
        await go_on.wait()
        return OK({})

    async with StandIn(slowly) as stand_in:
        counter.hook("first", stand_in, way=ONCE)
        await counter.start()
        await counter.hear("order.ready", await counter.take(1))
        await came.wait()
        stopping = asyncio.create_task(counter.stop())
        await asyncio.sleep(0)
        go_on.set()
        await stopping
        await counter.start()
        assert counter.settled()


async def test_what_is_taken_back_before_its_turn_never_leaves(counter: Counter, stand_in: StandIn) -> None:
    counter.hook("first", stand_in, per_second=5)
    await counter.start()
    for number in (1, 2):
        await counter.start_cake(await counter.take(number))
    await counter.hear("item.recalled", order_id("generic", "shop", "2"), moment="started", stage="baking", item="1")
    await until(counter.settled)
    assert [json.loads(body)["data"]["order"] for _, _, body in stand_in.requests] == ["1"]


# --- tokens ---------------------------------------------------------------------------------------------------------


class WeChat:
    """A stand-in of WeChat's."""

    def __init__(self) -> None:
        self.tokens = 0
        self.good: set[str] = set()
        self.wrong = ""

    def __call__(self, request: web.Request, _body: bytes) -> web.Response:
        if request.path.endswith("stable_token"):
            self.tokens += 1
            if self.wrong:
                return web.Response(body=self.wrong.encode())
            self.good = {f"T{self.tokens}"}
            return OK({"access_token": f"T{self.tokens}", "expires_in": 7200})
        good = request.query["access_token"] in self.good
        return OK({"errcode": 0 if good else 42001, "errmsg": ""})


@pytest.fixture
async def wechat_shop(counter: Counter, stand_in: StandIn) -> WeChat:
    """A shop that tells by WeChat."""
    shop = WeChat()
    stand_in.answer = shop
    options = {"appid": "wx1", "api": stand_in.url, "t": "thing1={store}"}
    setting = Setting("first", options, {"secret": "s3cret"}, {"order.ready": "t"})
    counter.ways["first"] = Post(wechat.WAY, setting, 1000)
    await counter.start()
    return shop


async def ready(counter: Counter, numbers: range) -> None:
    """So many orders are."""
    for number in numbers:
        await counter.hear("order.ready", await counter.take(number))
    await until(lambda: not any(one.state is Sending.SENDING or one.tries == 0 for one in counter.owed))


async def test_one_token_serves_all_until_it_ends(counter: Counter, wechat_shop: WeChat) -> None:
    await ready(counter, range(5))
    assert (wechat_shop.tokens, counter.courier.sent) == (1, {"first": 5})
    caller = counter.callers.of(counter.ways["first"].setting)
    assert caller.token is not None
    caller.token = caller.token._replace(until=0.0)
    await ready(counter, range(5, 6))
    assert wechat_shop.tokens == 2


async def test_a_token_that_is_no_longer_taken_is_fetched_anew_once_for_all(
    counter: Counter, wechat_shop: WeChat
) -> None:
    await ready(counter, range(1))
    wechat_shop.good = set()
    await ready(counter, range(1, 9))
    await until(counter.settled)
    assert wechat_shop.tokens == 2
    assert counter.courier.sent == {"first": 9}


async def test_a_wrong_secret_is_asked_for_once_and_the_next_way_is_taken(
    counter: Counter, wechat_shop: WeChat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wechat_shop.wrong = '{"errcode":40125,"errmsg":"invalid appsecret"}'
    await ready(counter, range(5))
    await until(counter.settled)
    assert wechat_shop.tokens == 1
    assert "the secret is wrong" in caplog.text
    assert "s3cret" not in caplog.text
    assert "openid" not in caplog.text


async def test_where_no_token_comes_whoever_stands_in_line_for_it_is_answered_with_the_first(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def dead(_call: Call) -> Answered:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        raise TimeoutError

    await counter.start()
    monkeypatch.setattr(counter.callers, "make", dead)
    token = Token(lambda _: Call(""), lambda *_: ("t", 1.0), lambda *_: False)
    caller = counter.callers.of(Setting("first"))
    told = await asyncio.gather(*(caller.ask(token, Call) for _ in range(16)), return_exceptions=True)
    assert {str(one) for one in told} == {"no access token: TimeoutError"}
    assert asked == 1


async def test_a_way_that_blocks_has_threads_of_its_own(counter: Counter) -> None:
    carried: list[bytes] = []
    loop, go_on = asyncio.get_running_loop(), asyncio.Event()

    def carry(call: Call) -> tuple[int, bytes]:
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)
        carried.append(call.body)
        return 200, b""

    way = Way("slow", lambda notice, *_: Call("", notice.words.encode()), judge, carry=carry)
    counter.ways["first"] = Post(way, Setting("first"), 1000)
    await counter.start()
    for number in range(8):
        await counter.hear("order.ready", await counter.take(number))
    await until(lambda: all(one.state is Sending.SENDING for one in counter.owed))
    assert await asyncio.to_thread(lambda: "the loop's own are free") == "the loop's own are free"
    go_on.set()
    await until(counter.settled)
    assert len(carried) == 8
