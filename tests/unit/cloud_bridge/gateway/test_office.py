"""The owner's page and figures: who may see them, and that they say what is so."""

import json
import re
from base64 import b64encode
from pathlib import Path

import pytest
from aiohttp import web

from cloud_bridge.gateway.intents import CheckStore
from cloud_bridge.gateway.settings import GatewaySettings
from tests.brokers import Broker
from tests.cloud import until
from tests.gateways import BareStore, RunningGateway, SetClock, StandIn, metric, order, settings_of, signed

TOKEN = "a token of the owner's"


async def _get(gateway: RunningGateway, path: str, **headers: str) -> tuple[int, str]:
    async with gateway.session.get(gateway.url + path, headers=headers) as answer:
        return answer.status, await answer.text()


async def test_the_page_shows_channels_stores_and_what_was_not_understood(
    gateway: RunningGateway, store: BareStore
) -> None:
    store.presence("online")
    await gateway.tell("placed", order(1))
    await gateway.tell("placed", {"id": "shop-2", "displayId": "<script>alert(1)</script>"})
    await until(lambda: gateway.gateway.hub.board.counters.letters == 1 and store.orders)
    await until(lambda: gateway.gateway.hub.board.store("hz-0012").online)
    status, page = await _get(gateway, "/")
    assert status == 200
    for words in ("generic/shop", "hz-0012 麦田烘焙", "online, since", "type: required"):
        assert words in page, words


async def test_what_a_customer_wrote_is_text_on_the_page(gateway: RunningGateway) -> None:
    await gateway.tell("placed", order(1, type="<script>alert(1)</script>"))
    await until(lambda: gateway.gateway.hub.board.counters.letters == 1)
    _, page = await _get(gateway, "/")
    assert "&lt;script&gt;" in page
    assert "<script" not in page


async def test_figures_count_what_was_answered_and_refused(gateway: RunningGateway, store: BareStore) -> None:
    await gateway.tell("placed", order(1))
    body = json.dumps({"type": "order.placed", "data": order(2)}).encode()
    await gateway.post("/channels/generic/shop", body, signed(body, "x", secret="wrong"))
    await until(lambda: store.orders)
    _, text = await _get(gateway, "/metrics")
    for line in (
        'ovenbell_gateway_webhooks_total{account="generic/shop"} 1.0',
        'ovenbell_gateway_refused_total{account="generic/shop"} 1.0',
        "ovenbell_gateway_orders 1.0",
        "ovenbell_gateway_broker_connected 1.0",
    ):
        assert line in text, line


async def test_what_it_was_too_late_for_after_all_tries_has_failed_and_is_counted(
    gateway: RunningGateway, store: BareStore, stand_in: StandIn, clock: SetClock
) -> None:
    owed = gateway.gateway.hub.board.notices

    async def finish(number: int) -> None:
        await gateway.tell("placed", order(number))
        await until(lambda: len(store.orders) == number)
        store.tell("order.ready", store.orders[-1]["subject"])
        await until(lambda: len(stand_in.requests) == number)

    await finish(1)
    stand_in.answer = lambda _request, _body: web.Response(status=503)
    await finish(2)
    await until(lambda: [one.state for one in owed.values()] == ["queued"])
    assert _cells("hook", 1, 0, 0, 1) in (await _get(gateway, "/"))[1]
    clock.passed += 25 * 3600
    await until(lambda: store.told("customer.untold"))
    assert _cells("hook", 1, 1, 0, 0) in (await _get(gateway, "/"))[1]
    _, text = await _get(gateway, "/metrics")
    assert 'ovenbell_gateway_notices_sent_total{way="hook"} 1.0' in text
    assert 'ovenbell_gateway_notices_failed_total{way="hook"} 1.0' in text


async def test_a_store_that_leaves_an_order_waiting_is_shown_with_since_when(
    gateway: RunningGateway, store: BareStore, clock: SetClock
) -> None:
    store.presence("online")
    await until(lambda: gateway.gateway.hub.board.store("hz-0012").online)
    assert "ovenbell_gateway_unanswered_seconds 0.0" in (await _get(gateway, "/metrics"))[1]
    await gateway.tell("placed", order(1))
    await until(lambda: store.orders)
    clock.passed += 240
    await gateway.tell("placed", order(2))
    await until(lambda: gateway.gateway.hub.board.store("hz-0012").unanswered == 2)
    assert re.search('<td class="number">2</td><td>[4-9] min ago</td>', (await _get(gateway, "/"))[1])
    assert await metric(gateway.url, "ovenbell_gateway_unanswered_seconds ") >= 240
    clock.passed += 600
    await gateway.gateway.hub.submit(CheckStore("hz-0012"), by="clock")
    assert "but does not accept its orders" in (page := (await _get(gateway, "/"))[1])
    assert re.search(r'<td class="number">2</td><td>1[4-9] min ago</td>', page), (
        "it was sent them again, and is no less behind"
    )
    assert await metric(gateway.url, "ovenbell_gateway_unanswered_seconds ") >= 840
    for event in store.orders:
        store.tell("order.accepted", event["subject"], event=event["id"])
    await until(lambda: not gateway.gateway.hub.board.store("hz-0012").unanswered)
    assert '<td class="number">0</td><td>–</td>' in (await _get(gateway, "/"))[1]


async def test_an_alarm_is_in_the_log_and_the_figures_tell_of_what_kind_it_is(
    gateway: RunningGateway, caplog: pytest.LogCaptureFixture
) -> None:
    await gateway.tell("placed", {"id": "shop-1"})
    await until(lambda: gateway.gateway.hub.board.alarms)
    [line] = [row for row in caplog.records if "alarm" in row.message]
    assert (line.levelname, line.message) == ("WARNING", "alarm about generic/shop: letters displayId: required")
    _, text = await _get(gateway, "/metrics")
    assert 'ovenbell_gateway_alarms{kind="letters"} 1.0' in text


def _cells(name: str, *figures: int) -> str:
    """A row of the page."""
    return f"<tr><td>{name}</td>" + "".join(f'<td class="number">{figure}</td>' for figure in figures) + "</tr>"


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/status"])
async def test_a_gateway_with_a_token_shows_its_page_to_who_has_it(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("OVENBELL_GATEWAY_TOKEN", TOKEN)
    async with RunningGateway(settings_of(broker, tmp_path), tmp_path / "gateway.db") as gateway:
        assert (await _get(gateway, path))[0] == 401
        assert (await _get(gateway, path, Authorization="Bearer wrong"))[0] == 401
        assert (await _get(gateway, path, Authorization=f"Bearer {TOKEN}"))[0] == 200
        assert (await _get(gateway, path, Authorization=f"Bearer {TOKEN}", Via="1.1 web"))[0] == 200
        basic = "Basic " + b64encode(f"owner:{TOKEN}".encode()).decode()  # what a browser sends that has asked
        assert (await _get(gateway, path, Authorization=basic))[0] == 200
        assert (await _get(gateway, "/healthz"))[0] == 200


async def test_a_gateway_that_is_called_from_outside_shows_nothing_without_a_token(
    broker: Broker, tmp_path: Path
) -> None:
    public = GatewaySettings(listen="127.0.0.1:0", url="https://orders.example")
    async with RunningGateway(settings_of(broker, tmp_path, gateway=public), tmp_path / "gateway.db") as gateway:
        status, said = await _get(gateway, "/")
        assert status == 403
        assert "OVENBELL_GATEWAY_TOKEN" in said


@pytest.mark.parametrize("word", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
async def test_what_a_web_server_passes_on_sees_nothing_without_a_token_but_brings_orders(
    gateway: RunningGateway, store: BareStore, word: str
) -> None:
    """It calls by the address of this machine, whoever called it."""
    passed_on = {word: "203.0.113.9"}
    for path in ("/", "/metrics", "/api/status"):
        status, said = await _get(gateway, path, **passed_on)
        assert (status, "set a token" in said) == (403, True), path
    async with gateway.session.post(f"{gateway.url}/api/reparse", json={}, headers=passed_on) as answer:
        assert answer.status == 403
    body = json.dumps({"type": "order.placed", "data": order(1)}).encode()
    assert (await gateway.post("/channels/generic/shop", body, signed(body, "a") | passed_on))[0] == 200
    await until(lambda: store.orders)


async def test_a_page_elsewhere_does_not_get_in_through_a_browser(gateway: RunningGateway) -> None:
    assert (await _get(gateway, "/", Host="evil.example"))[0] == 403
    assert (await _get(gateway, "/", Origin="https://evil.example"))[0] == 403


async def test_dead_letters_are_read_again_after_a_fix(gateway: RunningGateway, store: BareStore) -> None:
    await gateway.tell("placed", {"id": "shop-1"})
    await until(lambda: gateway.gateway.hub.board.counters.letters == 1)
    async with gateway.session.post(f"{gateway.url}/api/reparse", json={}) as answer:
        assert await answer.json() == {"read": 0, "left": 1}
    assert "generic/shop sent what could not be read" in (await _get(gateway, "/"))[1]
    fixed = {**order(1), "addresses": {}}
    parse = gateway.gateway.reader._take
    gateway.gateway.reader._take = lambda webhook, said: parse(webhook, type(said)(**{
        **{name: getattr(said, name) for name in said.__struct_fields__}, "order": fixed}))  # fmt: skip
    async with gateway.session.post(f"{gateway.url}/api/reparse", json={}) as answer:
        assert await answer.json() == {"read": 1, "left": 0}
    await until(lambda: store.orders)
    assert gateway.gateway.hub.board.counters.letters == 0
    assert not gateway.gateway.hub.board.alarms
