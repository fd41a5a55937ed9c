"""The local API: what it answers, whom it lets in, and what each intent of the contract does."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from edge import intents as i
from edge.info import Product, StoreInfo
from edge.layout import PhoneShown
from edge.orders import OrderId
from edge.updates import UpdateKind
from edge.views import Device
from tests.builders import (
    HOUR,
    KITCHEN,
    MORNING,
    OVEN,
    ManualClock,
    a_bread,
    a_bun,
    a_cake,
    a_layout,
    a_stamp,
    an_order,
    placed,
)
from tests.cloud import EXAMPLE
from tests.unit.edge.disks import Disk, nudge
from tests.unit.edge.screens import Client, a_client

DATA: dict[str, Any] = json.loads(EXAMPLE)["data"]
O1 = OrderId("o1")
TOKEN = "a-long-secret"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
async def client(path: Path, clock: ManualClock, disk: Disk) -> AsyncIterator[Client]:
    async with a_client(path, clock, disk=disk) as client:
        yield client


@pytest.fixture
async def store(client: Client) -> Client:
    """A store with an order of one cake (o1) and one of a cake and a bun (o2)."""
    await client.hub.submit(placed("o1", customer="王女士", phone="13800001234"), by="cloud")
    await client.hub.submit(placed("o2", a_cake("1"), a_bun("2"), customer="Mr Li", phone="13900005678"), by="cloud")
    return client


# --- questions --------------------------------------------------------------------------------------------------------


async def test_the_board_has_the_shape_of_the_contract(store: Client) -> None:
    await store.hub.submit(placed("o3", scheduled=True, due=MORNING + 9 * HOUR), by="cloud")
    await store.hub.submit(placed("o4", a_bun(), due=MORNING + HOUR), by="cloud")
    await store.hub.submit(i.Bump(order=OrderId("o4")), by="api")
    status, board = await store.get("/api/board")
    assert status == 200
    assert {"journal", "sequence", "now", "stations", "held", "ready", "status"} <= set(board)
    assert board["sequence"] == store.hub.board.counters.seq
    assert board["now"] == "2026-11-22T01:00:00Z"
    oven = board["stations"][0]
    assert (oven["id"], oven["name"], oven["page"], oven["slots"]) == ("oven", "Oven", 1, 4)
    card = oven["cards"][1]
    assert (card["slot"], card["order"], card["displayId"], card["due"], card["marks"]) == (
        2,
        "o2",
        "O2",
        None,
        ["new"],
    )
    assert card["next"] == {"stage": "baking", "name": "Baking", "moment": "started"}
    item = card["items"][0]
    assert {key: item[key] for key in ("item", "name", "quantity", "stage", "moment", "since")} == {
        "item": "1",
        "name": "Strawberry cake",
        "quantity": 1,
        "stage": "baking",
        "moment": "waiting",
        "since": "2026-11-22T01:00:00Z",
    }
    deco = board["stations"][1]
    assert [(entry["order"], entry["names"]) for entry in deco["coming"]] == [
        ("o1", ["Strawberry cake"]),
        ("o2", ["Strawberry cake"]),
    ]
    assert board["held"] == [
        {"order": "o3", "displayId": "O3", "release": "2026-11-22T07:00:00Z", "due": "2026-11-22T10:00:00Z"}
    ]
    assert board["ready"] == [{"order": "o4", "displayId": "O4"}]
    assert {key: value for key, value in board["status"].items() if key != "devices"} == {
        "cloud": "none",
        "lastHeard": None,
        "gaps": 0,
        "unprinted": 3,
        "unconfirmed": 0,
        "deadLetters": 0,
        "journal": "ok",
        "clock": "ok",
        "cloudReason": "",
        "practice": False,
    }


async def test_the_status_counts_what_is_not_on_paper_or_not_understood(store: Client) -> None:
    first, second = list(store.hub.board.jobs.values())[:2]
    for job, state in ((first, "sending"), (first, "unconfirmed"), (second, "sending"), (second, "printed")):
        await store.hub.submit(i.ReportTicket(job.id, state), by="printer:kitchen")  # type: ignore[arg-type]
    await store.hub.submit(i.KeepLetter("orders", "not JSON", b"{", 1, "0" * 64), by="cloud")
    store.hub.vitals.cloud, store.hub.vitals.cloud_reason = "connected", "the broker refuses what the store sends"
    store.hub.vitals.heard(MORNING)
    status = (await store.get("/api/board"))[1]["status"]
    assert (status["unprinted"], status["unconfirmed"], status["deadLetters"]) == (0, 1, 1)
    assert (status["cloud"], status["lastHeard"]) == ("connected", "2026-11-22T01:00:00Z")
    assert status["cloudReason"] == "the broker refuses what the store sends"


async def test_a_quantity_is_a_number(client: Client) -> None:
    await client.hub.submit(placed("o1", a_bun(quantity=Decimal("2.5"))), by="cloud")
    assert (await client.get("/api/board"))[1]["stations"][3]["cards"][0]["items"][0]["quantity"] == 2.5


async def test_one_order_comes_with_its_history(store: Client, clock: ManualClock) -> None:
    clock.advance(60)
    await store.post({"type": "bump", "station": "oven", "slot": 1, "by": "display:oven"})
    status, order = await store.get("/api/orders/o1")
    assert (status, order["order"], order["displayId"], order["state"]) == (200, "o1", "O1", "open")
    assert (order["customer"], order["phone"]) == ("王女士", "1234")
    assert order["slots"] == {"oven": 1}
    assert (order["items"][0]["stage"], order["items"][0]["moment"]) == ("baking", "started")
    assert [line["fact"] for line in order["history"]] == ["OrderPlaced", "SlotTaken", "TicketQueued", "ItemStarted"]
    last = order["history"][-1]
    assert (last["at"], last["by"], last["station"]) == ("2026-11-22T01:01:00Z", "display:oven", "oven")


async def test_a_card_says_what_changed_and_what_was_removed(client: Client) -> None:
    await client.hub.submit(placed("o1", a_cake("1"), a_bread("2", quantity=Decimal(2))), by="cloud")
    await client.hub.submit(i.Bump(station=OVEN, slot=1), by="keypad")
    new = i.Change(an_order("o1", a_cake("1", note="less sugar"), a_cake("3")), a_stamp("e2", time=MORNING + 1))
    await client.hub.submit(new, by="cloud")
    (card,) = (await client.get("/api/board"))[1]["stations"][0]["cards"]
    assert [(item["change"], item["changed"]) for item in card["items"]] == [("altered", ["note"]), ("added", [])]
    assert card["removed"] == [{"item": "2", "name": "Rye bread", "quantity": 2, "unit": "", "begun": True}]
    _, order = await client.get("/api/orders/o1")
    assert [(line["name"], line["moment"], "moves" in line) for line in order["removed"]] == [
        ("Rye bread", "started", False)
    ]
    (line,) = (line for line in order["history"] if line["fact"] == "OrderChanged")
    assert (line["added"], line["removed"], line["altered"]) == (["3"], ["2"], {"1": ["note"]})


async def test_a_closed_order_can_still_be_asked_for(store: Client, clock: ManualClock) -> None:
    await store.ask("collect", order="o1", force=True)
    clock.advance(12 * HOUR)
    store.hub.ring()
    await nudge(store.hub)
    assert O1 not in store.hub.board.orders
    status, order = await store.get("/api/orders/o1")
    assert (status, order["state"], order["history"][-1]["fact"]) == (200, "closed", "OrderClosed")


async def test_an_order_that_there_is_not_is_404(store: Client) -> None:
    assert await store.get("/api/orders/o9") == (404, {"reason": "there is no such order"})


@pytest.mark.parametrize(
    ("find", "found"),
    [
        ("O1", ["o1"]),
        ("o1", ["o1"]),
        ("O", ["o1", "o2"]),
        ("王", ["o1"]),
        ("mr li", ["o2"]),
        ("5678", ["o2"]),
        ("678", []),
        ("13900005678", []),
        ("nobody", []),
    ],
)
async def test_orders_are_found_by_display_id_name_or_the_phones_last_four(
    store: Client, find: str, found: list[str]
) -> None:
    status, answer = await store.get(f"/api/orders?find={find}")
    assert (status, [order["order"] for order in answer["orders"]]) == (200, found)


async def test_finding_wants_something_to_find(store: Client) -> None:
    for query in ("", "?find=", "?find=%20"):
        assert (await store.get(f"/api/orders{query}"))[0] == 400


@pytest.mark.parametrize(("shown", "phone"), [("last4", "1234"), ("full", "13800001234"), ("none", "")])
async def test_the_settings_say_how_much_of_a_phone_number_is_shown(path: Path, shown: str, phone: str) -> None:
    async with a_client(path, layout=a_layout(phone=PhoneShown(shown))) as client:
        await client.hub.submit(placed("o1", phone="13800001234"), by="cloud")
        assert (await client.get("/api/orders/o1"))[1]["phone"] == phone
        assert ("13800001234" in str(await client.get("/api/board"))) == (shown == "full")


async def test_metrics_are_figures_without_customers(store: Client) -> None:
    store.hub.vitals.device(Device("kitchen", "printer", "unknown", "it confirms nothing"))
    text = await store.text("/metrics")
    assert 'ovenbell_orders{state="open"} 2.0' in text
    assert f"ovenbell_sequence {store.hub.board.counters.seq:.1f}" in text
    assert "ovenbell_journal_ok 1.0" in text
    assert 'ovenbell_devices{device="printer:kitchen",state="unknown"} 1.0' in text
    assert not any(word in text for word in ("王女士", "Li", "1380000", "O1", "Strawberry"))


# --- health -----------------------------------------------------------------------------------------------------------


async def test_health_is_503_with_the_reason_while_the_journal_cannot_be_written(store: Client, disk: Disk) -> None:
    assert (await store.get("/healthz"))[0] == 200
    disk.fails = ("INSERT",)
    assert await store.ask("bump", station="oven", slot=1) == (503, "database or disk is full")
    assert await store.get("/healthz") == (503, {"reason": "database or disk is full"})
    assert (await store.board()).status.journal == "database or disk is full"
    disk.fails = ()
    assert await store.ask("bump", station="oven", slot=1) == (200, "")
    assert (await store.get("/healthz"))[0] == 200
    assert (await store.board()).status.journal == "ok"


async def test_an_order_whose_history_cannot_be_read_is_503_with_the_reason(store: Client, disk: Disk) -> None:
    disk.fails = ("SELECT * FROM facts",)
    assert await store.get("/api/orders/o1") == (503, {"reason": "database or disk is full"})
    disk.fails = ()
    assert (await store.get("/api/orders/o1"))[0] == 200


# --- intents ----------------------------------------------------------------------------------------------------------


async def test_an_intent_is_answered_with_its_sequence_once_it_is_committed(store: Client) -> None:
    status, answer = await store.post({"type": "bump", "station": "oven", "slot": 1})
    assert (status, answer) == (200, {"sequence": store.hub.board.counters.seq})


async def test_the_same_id_has_one_effect(store: Client) -> None:
    answers = [await store.post({"id": "x", "type": "bump", "station": "oven", "slot": 1}) for _ in range(3)]
    assert answers == [answers[0]] * 3
    assert store.hub.board.orders[O1].items[0].moment == "started"
    await store.post({"id": "y", "type": "bump", "station": "oven", "slot": 1})
    assert store.hub.board.orders[O1].items[0].place == 1


async def test_an_id_of_the_api_is_not_that_of_a_cloud_event(store: Client) -> None:
    await store.hub.submit(i.Bump(station=OVEN, slot=1), by="cloud", key="x")
    await store.post({"id": "x", "type": "bump", "station": "oven", "slot": 1})
    assert store.hub.board.orders[O1].items[0].place == 1


async def test_a_slot_is_pressed_recalled_acknowledged_and_printed_again(store: Client) -> None:
    slot = {"station": "oven", "slot": 1, "order": "o1"}
    assert await store.ask("acknowledge", **slot) == (200, "")
    assert await store.ask("bump", **slot, item="1") == (200, "")
    assert await store.ask("recall", **slot) == (200, "")
    job = next(iter(store.hub.board.jobs.values()))
    assert await store.ask("reprint", **slot) == (409, "the ticket of O1 is still waiting for printer kitchen")
    for state in ("sending", "printed"):
        await store.hub.submit(i.ReportTicket(job.id, state), by="printer")
    assert await store.ask("reprint", **slot) == (200, "")
    assert store.hub.board.jobs[job.id].attempt == 2


async def test_without_a_slot_they_mean_the_stations_last_or_oldest(store: Client) -> None:
    assert await store.ask("acknowledge", station="oven") == (200, "")
    await store.ask("bump", station="oven", slot=2)
    assert await store.ask("recall", station="oven") == (200, "")
    assert store.hub.board.orders[OrderId("o2")].items[0].moment == "waiting"
    assert store.hub.board.orders[O1].marks == ()


async def test_an_order_beside_a_slot_must_match(store: Client) -> None:
    for kind in ("bump", "recall", "acknowledge", "reprint"):
        assert await store.ask(kind, station="oven", slot=1, order="o2") == (409, "slot 1 at Oven is O1 now")


async def test_a_bump_by_order_alone_is_refused_where_it_is_at_two_stations(store: Client) -> None:
    assert await store.ask("bump", order="o1") == (200, "")
    assert await store.ask("bump", order="o2") == (409, "O2 is at 2 stations: say which")


async def test_pages_are_turned_to_the_next_the_previous_or_a_number(client: Client) -> None:
    for number in range(9):
        await client.hub.submit(placed(f"o{number}"), by="cloud")
    pages = []
    for to in ("next", "previous", 3):
        assert await client.ask("page", station="oven", to=to) == (200, "")
        pages.append((await client.board()).stations[0].page)
    assert pages == [2, 1, 3]
    assert (await client.ask("page", station="oven", to=4))[0] == 409
    for wrong in (0, "last", None, 1.5):
        assert (await client.ask("page", station="oven", to=wrong))[0] == 400


async def test_an_order_is_placed_by_hand(client: Client) -> None:
    made = DATA | {"salesChannel": "phone", "orderTiming": "INSTANT", "takeout": None, "schedule": None}
    assert await client.ask("place", data=made) == (200, "")
    order = client.hub.board.orders[OrderId(DATA["id"])]
    assert (order.channel, order.stamp, order.slots) == ("phone", None, {OVEN: 1})
    status, reason = await client.ask("place", data=made)
    assert (status, reason) == (409, "order A017 is there already")
    status, reason = await client.ask("place", data=made | {"id": "2", "items": [{"id": "1", "name": "Bun"}]})
    assert (status, reason) == (400, "items[0].quantity: required")


async def test_a_bad_optional_field_of_an_order_by_hand_is_dropped_and_flagged(client: Client) -> None:
    made = DATA | {"orderTiming": "INSTANT", "customer": "王女士"}
    assert await client.ask("place", data=made) == (200, "")
    assert (await client.board()).stations[0].cards[0].dropped == ("customer",)


async def test_what_is_not_ready_is_collected_only_with_force(store: Client) -> None:
    assert await store.ask("collect", order="o1") == (409, "O1 is not ready: it is open")
    assert await store.ask("collect", order="o1", force=True, reason="she could not wait") == (200, "")
    assert store.hub.board.orders[O1].state == "collected"


async def test_an_order_is_held_released_prioritised_and_rescheduled(store: Client) -> None:
    assert await store.ask("hold", order="o1") == (200, "")
    assert (await store.board()).held[0].order == "o1"
    assert await store.ask("release", order="o1") == (200, "")
    assert await store.ask("prioritise", order="o1") == (200, "")
    assert await store.ask("reschedule", order="o1", due="2026-11-22T20:00:00+08:00") == (200, "")
    card = (await store.board()).stations[0].cards[-1]
    assert (card.order, card.priority) == ("o1", 1)
    assert card.due is not None
    assert card.due.isoformat() == "2026-11-22T12:00:00+00:00"
    await store.ask("bump", order="o1")
    assert await store.ask("hold", order="o1") == (409, "O1 is started: it cannot be held")
    assert UpdateKind.RESCHEDULED in {row.kind for row in store.hub.board.outbox.values()}


async def test_who_asked_is_journalled(store: Client) -> None:
    await store.post({"type": "prioritise", "order": "o1"})
    await store.post({"type": "prioritise", "order": "o1", "by": "display:oven"})
    assert [row.by for row in (await store.hub.journal.facts())[-2:]] == ["api", "display:oven"]
    for stranger in ("cloud", "keypad:oven-pad", "clock", "display:" + "x" * 80, "api:\n"):
        assert (await store.post({"type": "prioritise", "order": "o1", "by": stranger}))[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"bump",
        b"[]",
        b"null",
        b"{}",
        b'{"type": 5}',
        b'{"type": "juggle"}',
        b'{"type": "bump", "station": 5}',
        b'{"type": "bump", "station": "oven", "slot": 0}',
        b'{"type": "bump", "station": "oven", "slot": "1"}',
        b'{"type": "bump", "station": "oven", "slot": true}',
        b'{"type": "bump", "station": "oven", "slot": 1, "id": ""}',
        b'{"type": "bump", "station": "oven", "slot": 1, "id": 5}',
        b'{"type": "page"}',
        b'{"type": "place"}',
        b'{"type": "place", "data": []}',
        b'{"type": "place", "data": {}}',
        b'{"type": "collect"}',
        b'{"type": "hold"}',
        b'{"type": "reschedule", "order": "o1"}',
        b'{"type": "reschedule", "order": "o1", "due": "noon"}',
        b'{"type": "reschedule", "order": "o1", "due": "2026-11-22T12:00:00"}',
        b'{"type": "reschedule", "order": "o1", "due": "0001-01-01T00:00:00Z"}',
        b'{"type": "ReleaseDue", "order": "o1"}',
        b'{"type": "cancel", "order": "o1"}',
        b'{"type": "bump", "station": "\\ud800"}',
        b'{"type": "bump", "station": "\xff"}',
        b"[" * 50_000,
    ],
)
async def test_a_body_that_is_no_intent_is_400_with_the_reason(store: Client, body: bytes) -> None:
    before = store.hub.board.counters.seq
    status, answer = await store.post(body)
    assert status == 400
    assert answer["reason"]
    assert store.hub.board.counters.seq == before


async def test_a_body_that_is_too_large_is_413(store: Client) -> None:
    async with (
        ClientSession() as session,
        session.post(
            store.url + "/api/intents", data=b" " * (600 * 1024), headers={"Content-Type": "application/json"}
        ) as response,
    ):
        assert (response.status, await response.json()) == (413, {"reason": "at most 512 KiB are read"})


# --- who may ask ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_a_form_of_a_web_page_is_415(store: Client, kind: str) -> None:
    assert (await store.post(b'{"type": "prioritise", "order": "o1"}', **{"Content-Type": kind}))[0] == 415


async def test_json_may_name_its_encoding(store: Client) -> None:
    kind = {"Content-Type": "application/json; charset=utf-8"}
    assert (await store.post({"type": "prioritise", "order": "o1"}, **kind))[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8377", "127.0.0.1.evil.example", "localhost.evil", "[::2]"]
)
async def test_another_host_name_is_not_ours(store: Client, host: str) -> None:
    assert (await store.get("/api/board", Host=host))[0] == 403
    assert (await store.post({"type": "prioritise", "order": "o1"}, Host=host))[0] == 403
    with pytest.raises(WSServerHandshakeError, match="403"):
        async with store.screen("", Host=host):
            pass


@pytest.mark.parametrize("host", ["localhost", "localhost:8377", "127.0.0.1:1", "[::1]:8377", "[::1]", "LOCALHOST"])
async def test_this_machine_by_any_of_its_names_is_ours(store: Client, host: str) -> None:
    assert (await store.get("/api/board", Host=host))[0] == 200


async def test_a_page_of_another_origin_is_not_ours(store: Client) -> None:
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", f"{store.url}.evil.example"):
        assert (await store.get("/api/board", Origin=origin))[0] == 403
        with pytest.raises(WSServerHandshakeError, match="403"):
            async with store.screen("", Origin=origin):
                pass
    assert (await store.get("/api/board", Origin=store.url))[0] == 200


async def test_without_a_token_a_proxy_on_this_machine_brings_nobody_in(store: Client) -> None:
    passed_on = {"X-Forwarded-For": "203.0.113.9"}
    assert (await store.get("/api/board", **passed_on))[0] == 403
    assert (await store.post({"type": "prioritise", "order": "o1"}, **passed_on))[0] == 403
    assert (await store.get("/healthz", **passed_on))[0] == 200


async def test_where_a_token_is_set_nobody_gets_in_without_it(path: Path) -> None:
    async with a_client(path, token=TOKEN) as client:
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": "Basic x"},
            {"Authorization": "Bearer "},
            {"Authorization": TOKEN},
            {"Authorization": f"Basic {TOKEN}"},
            {"Authorization": f"Bearer {TOKEN}x"},
            {"Authorization": "Bearer \udcff"},
        ):
            assert (await client.get("/api/board", **headers))[0] == 401
            assert (await client.post({"type": "prioritise", "order": "o1"}, **headers))[0] == 401
            with pytest.raises(WSServerHandshakeError, match="401"):
                async with client.screen("", **headers):
                    pass
        right = {"Authorization": f"Bearer {TOKEN}"}
        assert (await client.get("/api/board", **right))[0] == 200
        async with client.screen("", **right) as screen:
            await screen.read()
        assert (await client.get("/healthz"))[0] == 200


async def test_what_there_is_not_is_404_and_what_cannot_be_posted_405(store: Client) -> None:
    async with ClientSession() as session:
        async with session.get(store.url + "/nothing") as response:
            assert (response.status, await response.json()) == (404, {"reason": "there is nothing at this address"})
        async with session.get(store.url + "/api/intents") as response:
            assert (response.status, await response.json()) == (405, {"reason": "not with this method"})
            assert response.headers["Allow"] == "POST"
        async with session.get(store.url + "/feed") as response:
            assert (response.status, [*await response.json()]) == (400, ["reason"])


async def test_the_cards_of_the_board_show_what_is_asked_of_them(client: Client) -> None:
    await client.hub.submit(placed("o1", a_bun("1", note="no salt"), note="ring twice", priority=2), by="cloud")
    await client.hub.submit(i.Cancel(O1, a_stamp("e2")), by="cloud")
    card = (await client.board()).stations[3].cards[0]
    assert client.hub.board.layout.stations[KITCHEN].id == (await client.board()).stations[3].id
    assert (card.state, card.next, card.note, card.priority, card.items[0].note) == (
        "cancelled",
        None,
        "ring twice",
        2,
        "no salt",
    )


# --- beside the board -------------------------------------------------------------------------------------------------


async def test_every_order_is_there_whole_wherever_its_items_are(store: Client) -> None:
    await store.hub.submit(placed("o3", scheduled=True, due=MORNING + 9 * HOUR, phone="13800001234"), by="cloud")
    await store.ask("bump", station="oven", slot=2, item="1")
    _, board = await store.get("/api/board")
    orders = {order["order"]: order for order in board["orders"]}
    assert [order["order"] for order in board["orders"]] == ["o3", "o1", "o2"]
    assert (orders["o3"]["state"], orders["o3"]["release"], orders["o3"]["phone"]) == (
        "held",
        "2026-11-22T07:00:00Z",
        "1234",
    )
    lines = [(line["item"], line["station"], line["stage"], line["moment"]) for line in orders["o2"]["items"]]
    assert lines == [("1", "oven", "baking", "started"), ("2", "kitchen", "making", "started")]


async def test_the_last_presses_of_a_station_are_there_until_when_nobody_outside_hears_of_them(
    store: Client, clock: ManualClock
) -> None:
    clock.advance(60)
    await store.ask("bump", station="oven", slot=1)
    (press,) = (await store.get("/api/board"))[1]["stations"][0]["presses"]
    assert {key: press[key] for key in ("order", "displayId", "slot", "stage", "moment", "at", "leaves")} == {
        "order": "o1",
        "displayId": "O1",
        "slot": 1,
        "stage": "baking",
        "moment": "started",
        "at": "2026-11-22T01:01:00Z",
        "leaves": "2026-11-22T01:01:05Z",
    }
    await store.ask("recall", station="oven")
    oven = (await store.get("/api/board"))[1]["stations"][0]
    assert (oven["presses"], oven["recalled"]["slot"], oven["recalled"]["at"]) == ([], 1, "2026-11-22T01:01:00Z")


async def test_tickets_that_are_not_on_paper_are_there_with_the_reason(store: Client) -> None:
    job = next(job for job in store.hub.board.jobs.values() if job.order == "o1")
    for state in ("sending", "unconfirmed"):
        await store.hub.submit(i.ReportTicket(job.id, state, "no answer" * (state == "unconfirmed")), by="printer")
    papers = {paper["job"]: paper for paper in (await store.get("/api/board"))[1]["papers"]}
    assert (papers[job.id]["state"], papers[job.id]["reason"], papers[job.id]["displayId"]) == (
        "unconfirmed",
        "no answer",
        "O1",
    )
    await store.hub.submit(i.ReportTicket(job.id, "printed"), by="printer")
    assert job.id not in {paper["job"] for paper in (await store.get("/api/board"))[1]["papers"]}


async def test_dead_letters_can_be_read_and_missing_numbers_are_named(store: Client) -> None:
    bad = b"not \x1b[31m JSON \xff"
    await store.hub.submit(i.KeepLetter("orders", "not JSON", bad, len(bad), "0" * 64), by="cloud")
    await store.hub.submit(placed("o9", stamp=a_stamp("e9", sequence=4)), by="cloud")
    _, answer = await store.get("/api/letters")
    assert answer["gaps"] == [{"from": 1, "through": 3}]
    (letter,) = answer["letters"]
    assert (letter["topic"], letter["reason"], letter["size"]) == ("orders", "not JSON", len(bad))
    assert "JSON" in letter["payload"]
    assert "\x1b" not in letter["payload"]


async def test_a_screen_can_ask_what_store_it_is_in(path: Path) -> None:
    info = StoreInfo("hz", "Wheatfield", "zh", products=(Product("bread-rye", "Rye", lead_minutes=30),))
    async with a_client(path, info=info) as client:
        _, answer = await client.get("/api/store")
    assert (answer["name"], answer["language"], answer["products"][0]["leadMinutes"]) == ("Wheatfield", "zh", 30)


async def test_an_order_made_by_hand_needs_no_number_of_its_own(store: Client) -> None:
    data = {name: value for name, value in DATA.items() if name != "displayId"}
    assert (await store.ask("place", data=data))[0] == 200
    assert store.hub.board.orders[OrderId(DATA["id"])].display_id == "H001"
