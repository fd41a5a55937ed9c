"""An order that a request only names is asked for until it is there, or until a person has to look."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from cloud_bridge.gateway import pull
from cloud_bridge.gateway.caller import Callers
from cloud_bridge.gateway.channels import CHANNELS, Account
from cloud_bridge.gateway.facts import AlarmCleared, Happened
from cloud_bridge.gateway.settings import AccountSettings
from cloud_bridge.letters import Reparsed
from tests.brokers import Broker
from tests.channels import one_account
from tests.cloud import PATIENCE, until
from tests.gateways import STORE, BareStore, RunningGateway, StandIn, settings_of
from tests.unit.cloud_bridge.gateway.channels.test_opendelivery import ID, ORDER, SECRET, event, signed

PATH = "/channels/opendelivery/shop"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "FIRST", 0.01)
    monkeypatch.setattr(pull, "CEILING", 0.02)


def application(answer: Callable[[int], web.Response]) -> StandIn:
    """An ordering application; the answer to a question after an order is by its number."""
    asked = 0

    def api(request: web.Request, _body: bytes) -> web.Response:
        nonlocal asked
        if request.path == "/oauth/token":
            return web.json_response({"accessToken": "t", "expiresIn": 3600})
        asked += 1
        return answer(asked)

    return StandIn(api)


async def name_it(gateway: RunningGateway) -> None:
    body = event("CREATED")
    assert (await gateway.post(PATH, body, signed(body)))[0] == 200


async def test_an_application_that_is_away_is_asked_again(broker: Broker, store: BareStore, tmp_path: Path) -> None:
    def answer(asked: int) -> web.Response:
        return web.Response(status=503) if asked < 4 else web.json_response(ORDER)

    async with application(answer) as there:
        options = {"api": there.url, "client_id": "c"}
        async with one_account(broker, tmp_path, "opendelivery", {"secret": SECRET}, options=options) as gateway:
            await name_it(gateway)
            await until(lambda: store.orders)
            await until(lambda: not gateway.gateway.hub.board.webhooks)
            assert not await gateway.gateway.hub.journal.letters()


async def test_a_channel_that_is_away_for_long_loses_no_paid_order_and_a_person_knows(
    broker: Broker, store: BareStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "WORRY", 0.1)
    asked, there = 0, False

    def answer(number: int) -> web.Response:
        nonlocal asked
        asked = number
        return web.json_response(ORDER) if there else web.Response(status=503)

    async with application(answer) as shop:
        options = {"api": shop.url, "client_id": "c"}
        async with one_account(broker, tmp_path, "opendelivery", {"secret": SECRET}, options=options) as gateway:
            board = gateway.gateway.hub.board
            await name_it(gateway)
            await until(lambda: asked > 15 and board.alarms)
            assert board.alarms["unasked/opendelivery/shop"].text == "HTTP 503"
            assert board.counters.letters == 0
            async with gateway.session.get(f"{gateway.url}/") as page:
                assert "opendelivery/shop does not tell the orders that it named: HTTP 503" in await page.text()
            there = True
            await until(lambda: store.orders)
            await until(lambda: not board.webhooks and not board.alarms)


async def test_a_channel_that_wants_to_be_left_alone_is_asked_nothing_and_a_person_knows(
    broker: Broker, store: BareStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "WORRY", 0.1)
    asked = 0

    def answer(number: int) -> web.Response:
        nonlocal asked
        asked = number
        return web.Response(status=429, headers={"Retry-After": "3600"}) if number == 1 else web.json_response(ORDER)

    async with application(answer) as shop:
        options = {"api": shop.url, "client_id": "c"}
        async with one_account(broker, tmp_path, "opendelivery", {"secret": SECRET}, options=options) as gateway:
            board, source = gateway.gateway.hub.board, gateway.gateway.puller._sources["opendelivery/shop"]
            await name_it(gateway)
            await until(lambda: source.closed)
            other = event("CREATED", eventId="other", orderId="other")
            assert (await gateway.post(PATH, other, signed(other)))[0] == 200
            await until(lambda: len(source.late) == 2)
            assert board.alarms["unasked/opendelivery/shop"].text == "HTTP 429"
            assert asked == 1
            source.closed = 0.0  # the hour is over
            await until(lambda: store.orders and not board.alarms)


async def test_the_worry_about_an_order_ends_with_it_and_not_with_another_one(
    broker: Broker, store: BareStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "WORRY", 0.1)
    status = 503

    def api(request: web.Request, _body: bytes) -> web.Response:
        if request.path == "/oauth/token":
            return web.json_response({"accessToken": "t", "expiresIn": 3600})
        return web.Response(status=status) if request.path.endswith("other") else web.json_response(ORDER)

    async with StandIn(api) as shop:
        options = {"api": shop.url, "client_id": "c"}
        async with one_account(broker, tmp_path, "opendelivery", {"secret": SECRET}, options=options) as gateway:
            board, other = gateway.gateway.hub.board, event("CREATED", eventId="other", orderId="other")
            told: list[Happened] = []
            gateway.gateway.hub.follow(lambda commit: told.extend(fact.what for fact in commit.facts))
            assert (await gateway.post(PATH, other, signed(other)))[0] == 200
            await until(lambda: board.alarms)
            await name_it(gateway)
            await until(lambda: store.orders and len(board.webhooks) == 1)
            assert not [what for what in told if isinstance(what, AlarmCleared)]
            status = 404
            await until(lambda: [key for key, _ in board.alarms.items()] == ["letters/opendelivery/shop"])


async def test_what_a_channel_does_not_tell_for_a_day_is_a_dead_letter(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "DAY", 0.1)
    async with application(lambda _asked: web.Response(status=503)) as shop:
        options = {"api": shop.url, "client_id": "c"}
        async with one_account(broker, tmp_path, "opendelivery", {"secret": SECRET}, options=options) as gateway:
            await name_it(gateway)
            await until(lambda: gateway.gateway.hub.board.counters.letters == 1)
            monkeypatch.setattr(pull, "WORRY", 0.1)
            monkeypatch.setattr(pull, "DAY", 86_400.0)
            await gateway.gateway.reader.reparse()
            await until(lambda: not gateway.gateway.puller._tasks)
            assert [key for key, _ in gateway.gateway.hub.board.alarms.items()] == ["letters/opendelivery/shop"]


async def test_a_channel_that_hangs_holds_up_no_other(broker: Broker, store: BareStore, tmp_path: Path) -> None:
    never = asyncio.Event()

    async def hang(request: web.Request, _body: bytes) -> web.Response:
        if request.path != "/oauth/token":
            await never.wait()
        return web.json_response({"accessToken": "t", "expiresIn": 3600})

    async with StandIn(hang) as dead, application(lambda _asked: web.json_response(ORDER)) as shop:
        (tmp_path / "opendelivery").write_text(SECRET)
        accounts = tuple(
            AccountSettings(
                channel="opendelivery",
                id=account,
                store=STORE,
                options={"api": there.url, "client_id": "c"},
                secret_files={"secret": str(tmp_path / "opendelivery")},
            )
            for account, there in (("shop", shop), ("other", dead))
        )
        settings = settings_of(broker, tmp_path, accounts=accounts)
        async with RunningGateway(settings, tmp_path / "gateway.db") as gateway:
            for number in range(20):
                body = event("CREATED", eventId=f"event-{number}")
                assert (await gateway.post("/channels/opendelivery/other", body, signed(body)))[0] == 200
            await until(lambda: len(dead.requests) > 8)
            await name_it(gateway)
            await until(lambda: store.orders)
        never.set()


async def test_an_order_is_asked_for_after_a_restart_too(broker: Broker, store: BareStore, tmp_path: Path) -> None:
    there = True

    def answer(_asked: int) -> web.Response:
        return web.json_response(ORDER) if there else web.Response(status=500)

    async with application(answer) as shop:
        options = {"api": shop.url, "client_id": "c"}
        async with one_account(broker, tmp_path, "opendelivery", {"secret": SECRET}, options=options) as gateway:
            gateway.gateway.puller.want = lambda *_, **__: None  # type: ignore[method-assign]
            await name_it(gateway)
            await until(lambda: gateway.gateway.hub.board.webhooks)
            await gateway.again()
            await until(lambda: store.orders)
            await until(lambda: not gateway.gateway.hub.board.webhooks)


async def test_a_restart_begins_neither_the_ten_minutes_nor_the_day_anew(broker: Broker, tmp_path: Path) -> None:
    async with application(lambda _asked: web.Response(status=503)) as shop:
        options = {"api": shop.url, "client_id": "c"}
        async with one_account(broker, tmp_path, "opendelivery", {"secret": SECRET}, options=options) as gateway:

            async def sleep(seconds: float) -> None:
                sql = "UPDATE facts SET body = json_set(body, '$.webhook.at', json_extract(body, '$.webhook.at') - ?)"
                journal = gateway.gateway.hub.journal
                await journal.run(lambda db: db.execute(f"{sql} WHERE kind = 'WebhookKept'", (seconds,)))
                await gateway.again()

            await name_it(gateway)
            await until(lambda: len(shop.requests) > 3)
            assert not gateway.gateway.hub.board.alarms
            await sleep(pull.WORRY)
            await until(lambda: "unasked/opendelivery/shop" in gateway.gateway.hub.board.alarms)
            assert gateway.gateway.hub.board.counters.letters == 0
            await sleep(pull.DAY)
            await until(lambda: gateway.gateway.hub.board.counters.letters == 1)


async def test_what_is_not_told_is_a_dead_letter_that_is_asked_for_once_more_by_a_person(
    broker: Broker, store: BareStore, tmp_path: Path
) -> None:
    there = False

    def answer(_asked: int) -> web.Response:
        return web.json_response(ORDER) if there else web.Response(status=404)

    async with application(answer) as shop:
        options = {"api": shop.url, "client_id": "c"}
        async with one_account(broker, tmp_path, "opendelivery", {"secret": SECRET}, options=options) as gateway:
            await name_it(gateway)
            await until(lambda: gateway.gateway.hub.board.accounts.get("opendelivery/shop"))
            reason = gateway.gateway.hub.board.accounts["opendelivery/shop"].reason
            assert reason == "the order could not be asked for: there is no such order"
            assert "letters/opendelivery/shop" in gateway.gateway.hub.board.alarms
            there = True
            assert (await gateway.gateway.reader.reparse()).left == 1  # until it was told
            await until(lambda: store.orders)
            async with asyncio.timeout(PATIENCE):
                while await gateway.gateway.hub.journal.letters():  # noqa: ASYNC110 - the journal tells nobody
                    await asyncio.sleep(0.01)
            assert not gateway.gateway.hub.board.alarms
            assert store.orders[0]["data"]["displayId"] == "1234"


async def test_a_dead_letter_is_asked_for_once_however_often_it_is_to_be_read_again(
    broker: Broker, store: BareStore, tmp_path: Path
) -> None:
    answered, asked = asyncio.Event(), 0

    async def api(request: web.Request, _body: bytes) -> web.Response:
        nonlocal asked
        if request.path == "/oauth/token":
            return web.json_response({"accessToken": "t", "expiresIn": 3600})
        asked = mine = asked + 1
        if mine > 2:
            await answered.wait()
        return web.json_response(ORDER) if mine == 4 else web.Response(status=404)

    async with StandIn(api) as shop:
        options = {"api": shop.url, "client_id": "c"}
        async with one_account(broker, tmp_path, "opendelivery", {"secret": SECRET}, options=options) as gateway:
            board, reader = gateway.gateway.hub.board, gateway.gateway.reader
            for number in (1, 2):
                body = event("CREATED", eventId=f"event-{number}")
                await gateway.post(PATH, body, signed(body))
            await until(lambda: board.counters.letters == 2)
            assert await asyncio.gather(reader.reparse(), reader.reparse()) == [Reparsed(0, 2)] * 2
            await until(lambda: asked == 4)
            answered.set()
            await until(lambda: not gateway.gateway.puller._tasks)
            await until(lambda: store.orders and board.counters.letters == 1)
            assert asked == 4
            assert "letters/opendelivery/shop" in board.alarms


async def test_an_account_that_cannot_ask_says_what_it_needs(broker: Broker, tmp_path: Path) -> None:
    async with one_account(broker, tmp_path, "opendelivery", {"secret": SECRET}) as gateway:
        await name_it(gateway)
        await until(lambda: gateway.gateway.hub.board.accounts.get("opendelivery/shop"))
        reason = gateway.gateway.hub.board.accounts["opendelivery/shop"].reason
        assert "options.api, options.client_id" in reason
        assert ID not in reason


async def test_one_token_serves_who_asks_and_who_tells_and_a_refused_one_is_not_asked_for_again(
    broker: Broker, store: BareStore, tmp_path: Path
) -> None:
    asked, right = 0, False

    def api(request: web.Request, _body: bytes) -> web.Response:
        nonlocal asked
        if request.path != "/oauth/token":
            return web.json_response(ORDER)
        asked += 1
        return web.json_response({"accessToken": "t", "expiresIn": 3600}) if right else web.Response(status=401)

    async with StandIn(api) as shop:
        options = {"api": shop.url, "client_id": "c"}
        async with one_account(broker, tmp_path, "opendelivery", {"secret": SECRET}, options=options) as gateway:
            caller = gateway.gateway.puller._sources["opendelivery/shop"].caller
            await name_it(gateway)
            await until(lambda: caller.token)
            tries = caller.token
            for number in range(5):
                body = event("CREATED", eventId=f"event-{number}")
                await gateway.post(PATH, body, signed(body))
            await until(lambda: len(gateway.gateway.hub.board.webhooks) == 6)
            assert (asked, caller.token) == (1, tries)
            assert tries is not None
            right, caller.token = True, tries._replace(until=0.0)
            await until(lambda: store.orders)
            store.tell("order.accepted", store.orders[0]["subject"])
            await until(lambda: gateway.gateway.courier.sent)
            assert asked == 2


@pytest.mark.parametrize(
    ("channel", "minutes", "seconds"),
    [("eleme", None, 300), ("eleme", "2", 120), ("eleme", "0", 0), ("square", "2", 0)],
)
async def test_what_could_not_be_delivered_is_asked_for_as_often_as_the_settings_say(
    channel: str, minutes: str | None, seconds: float
) -> None:
    asks, options = CHANNELS[channel].pull, {pull.MINUTES: minutes} if minutes else {}
    assert asks is not None
    assert pull._Source("it", Account(channel, "it", options=options), asks, Callers()).every == seconds
