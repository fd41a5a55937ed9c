"""The live feed: whoever watches knows exactly what the board says, however it joined and however slow it is."""

import asyncio
import socket
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, TCPConnector, WSMsgType
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import intents as i
from edge.cards import show_board, show_change, show_status
from edge.orders import OrderId
from edge.views import BoardView, Change, Snapshot, Tick, merge
from edge.vitals import Vitals
from tests.builders import HOUR, KITCHEN, OVEN, ManualClock, a_bun, a_layout, an_order, placed
from tests.cloud import PATIENCE, until
from tests.unit.edge.disks import nudge
from tests.unit.edge.kitchen import Kitchen
from tests.unit.edge.mornings import Batch, Touch, mornings
from tests.unit.edge.screens import Client, Screen, a_client, still
from tests.unit.edge.test_any_morning import each

LAYOUT = a_layout()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ticks that a test need not wait a second for."""
    monkeypatch.setattr("edge.feed.TICK", 0.01)


async def test_a_screen_gets_the_board_and_then_each_change(path: Path) -> None:
    async with a_client(path) as client, client.screen() as screen:
        assert isinstance(await screen.read(), Snapshot)
        sequence = await client.hub.submit(placed(), by="cloud")
        change = await screen.read()
        assert isinstance(change, Change)
        assert change.sequence == sequence
        assert [(view.order, list(view.cards)) for view in change.orders] == [("o1", ["oven"])]
        assert still(screen.view) == still(await client.board())


async def test_one_commit_is_one_change(path: Path) -> None:
    async with a_client(path) as client, client.screen() as screen:
        await screen.read()
        await asyncio.gather(*(client.hub.submit(placed(f"o{n}"), by="cloud") for n in range(5)))
        change = await screen.read()
        assert isinstance(change, Change)
        assert len(change.orders) == 5
        assert still(screen.view) == still(await client.board())


@pytest.mark.usefixtures("quick")
async def test_a_tick_says_the_time_the_sequence_and_the_status(path: Path) -> None:
    clock = ManualClock()
    async with a_client(path, clock) as client, client.screen() as screen:
        await client.hub.submit(placed(), by="cloud")
        client.hub.vitals.cloud = "away"
        clock.advance(90)
        ticks = [message for _ in range(5) if isinstance(message := await screen.read(), Tick)]
        assert ticks[-1].sequence == client.hub.board.counters.seq
        assert ticks[-1].now.isoformat() == "2026-11-22T01:01:30+00:00"
        assert (ticks[-1].status.cloud, ticks[-1].status.unprinted) == ("away", 1)


@pytest.mark.usefixtures("quick")
async def test_ticks_go_on_while_the_journal_cannot_be_written_and_say_so(path: Path) -> None:
    async with a_client(path) as client, client.screen() as screen:
        client.hub.trouble = "database or disk is full"
        while not isinstance(message := await screen.read(), Tick):
            pass
        assert message.status.journal == "database or disk is full"


# --- joining again ----------------------------------------------------------------------------------------------------


async def rejoined(client: Client, screen: Screen, query: str) -> Screen:
    """The same screen, connected anew with what it knew."""
    again = client.screen(query)
    again.view = screen.view
    async with again:
        await again.read()
    return again


async def test_a_screen_that_was_away_goes_on_where_it_was(path: Path) -> None:
    clock = ManualClock()
    async with a_client(path, clock) as client:
        for number in range(6):
            await client.hub.submit(placed(f"o{number}", a_bun()), by="cloud")
        async with client.screen() as screen:
            await screen.read()
        assert screen.view is not None
        after = screen.view.sequence
        await client.hub.submit(i.Bump(station=KITCHEN, slot=2), by="keypad")
        await client.hub.submit(i.TurnPage(KITCHEN, "next"), by="keypad")
        clock.advance(12 * HOUR)
        client.hub.ring()
        await nudge(client.hub)
        assert len(client.hub.board.orders) == 5
        again = await rejoined(client, screen, f"?after={after}&journal={client.hub.journal.id}")
        assert isinstance(again.messages[0], Change)
        assert "o1" in {view.order for view in again.messages[0].orders if not view.cards}
        assert still(again.view) == still(await client.board())


async def test_a_screen_that_missed_nothing_is_told_nothing_new(path: Path) -> None:
    async with a_client(path) as client:
        sequence = await client.hub.submit(placed(), by="cloud")
        async with client.screen() as screen:
            await screen.read()
        again = await rejoined(client, screen, f"?after={sequence}")
        assert isinstance(again.messages[0], Change)
        assert (again.messages[0].sequence, again.messages[0].orders) == (sequence, ())


@pytest.mark.parametrize(
    "query",
    [
        "?after=99999",
        "?after=-1",
        "?after=x",
        "?after=",
        "?after=1.5",
        "?after=5&journal=another",
        "?after=²",
        f"?after={'9' * 5_000}",
    ],
)
async def test_a_screen_that_cannot_go_on_gets_the_board_anew(path: Path, query: str) -> None:
    async with a_client(path) as client:
        for number in range(3):
            await client.hub.submit(placed(f"o{number}"), by="cloud")
        async with client.screen(query) as screen:
            assert isinstance(await screen.read(), Snapshot)
            assert still(screen.view) == still(await client.board())


async def test_a_screen_that_knew_the_store_before_its_restart_gets_the_board_anew(path: Path) -> None:
    async with a_client(path) as client:
        before = await client.hub.submit(placed("o1"), by="cloud")
        journal = client.hub.journal.id
        await client.hub.submit(placed("o2"), by="cloud")
    async with a_client(path) as client:
        async with client.screen(f"?after={before}&journal={journal}") as screen:
            assert isinstance(await screen.read(), Snapshot)
        latest = client.hub.board.counters.seq  # it missed nothing, but the stations may be others now
        async with client.screen(f"?after={latest}&journal={journal}") as screen:
            assert isinstance(await screen.read(), Snapshot)
        latest = await client.hub.submit(placed("o3"), by="cloud")
        async with client.screen(f"?after={latest}&journal={journal}") as screen:
            screen.view = await client.board()
            assert isinstance(await screen.read(), Change)


async def test_a_screen_that_missed_the_closing_of_too_many_orders_gets_the_board_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.feed.CLOSED_KEPT", 3)
    clock = ManualClock()
    async with a_client(path, clock) as client:
        for number in range(5):
            await client.hub.submit(placed(f"o{number}"), by="cloud")
        marks = []
        for number in range(5):
            marks.append(client.hub.board.counters.seq)
            await client.hub.submit(i.Collect(OrderId(f"o{number}"), force=True), by="api")
            clock.advance(12 * HOUR)
            await client.hub.submit(i.CloseDue(OrderId(f"o{number}"), 0.0), by="clock")
        kinds = []
        for after in marks:
            async with client.screen(f"?after={after}") as screen:
                screen.view = await client.board()
                kinds.append(type(await screen.read()))
        assert kinds[0] is Snapshot
        assert kinds[-1] is Change


# --- slow and gone ----------------------------------------------------------------------------------------------------


async def test_a_slow_screen_gets_a_snapshot_instead_of_all_it_missed_and_holds_up_nobody(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.feed.QUEUE", 5)
    many = 60
    async with a_client(path) as client, client.screen() as quick:
        await quick.read()
        narrow = TCPConnector(socket_factory=_narrow)
        async with ClientSession(connector=narrow) as session:
            slow = await session.ws_connect(client.url + "/feed", max_msg_size=0)
            await client.hub.submit(placed("o1"), by="cloud")
            for number in range(many):  # more than what stands between the hub and a screen can hold
                order = an_order("o1", note="x" * 100_000)
                stamp = placed(stamp=None).stamp
                assert stamp is not None
                change = i.Change(order, msgspec.structs.replace(stamp, id=str(number), time=stamp.time + number))
                await quick.read_to(await client.hub.submit(change, by="cloud"))
            view: BoardView | None = None
            kinds: list[str] = []
            while view is None or view.sequence < client.hub.board.counters.seq:
                message = await slow.receive(timeout=PATIENCE)
                assert message.type is WSMsgType.TEXT
                said = msgspec.json.decode(message.data, type=Snapshot | Change | Tick)
                kinds.append(type(said).__name__)
                if isinstance(said, Snapshot):
                    view = BoardView(**{name: getattr(said, name) for name in BoardView.__struct_fields__})
                elif isinstance(said, Change) and view is not None:
                    view = merge(view, said)
            assert kinds.count("Snapshot") >= 2
            assert len(kinds) < many
            assert still(view) == still(quick.view) == still(await client.board())
            await slow.close()


def _narrow(address: Any) -> socket.socket:
    """A connection that holds little on its way."""
    family, kind, protocol, *_ = address
    narrow = socket.socket(family, kind, protocol)
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return narrow


async def test_a_screen_that_vanishes_is_forgotten(path: Path) -> None:
    async with a_client(path) as client:
        async with client.screen() as screen:
            await screen.read()
            assert len(client.feed._clients) == 1
        await until(lambda: not client.feed._clients)
        await client.hub.submit(placed(), by="cloud")


async def test_a_screen_is_told_when_the_hub_stops(path: Path) -> None:
    tasks = asyncio.all_tasks()
    async with ClientSession() as session:
        async with a_client(path) as client:
            watching = await session.ws_connect(client.url + "/feed")
            await watching.receive()
            closing = asyncio.create_task(watching.receive(timeout=PATIENCE))
            await asyncio.sleep(0)
        assert (await closing).type in {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED}
        assert watching.close_code == 1001
    await until(lambda: asyncio.all_tasks() == tasks)


async def test_what_a_screen_says_is_not_listened_to(path: Path) -> None:
    async with ClientSession() as session, a_client(path) as client:
        watching = await session.ws_connect(client.url + "/feed")
        await watching.receive()
        await watching.send_str('{"type": "bump", "station": "oven", "slot": 1}')
        await client.hub.submit(placed(), by="cloud")
        assert '"change"' in await watching.receive_str(timeout=PATIENCE)
        assert client.hub.board.orders[OrderId("o1")].slots == {OVEN: 1}
        await watching.close()


# --- any morning ------------------------------------------------------------------------------------------------------


@given(mornings())
@settings(max_examples=100)
def test_the_board_and_its_changes_make_the_next_board(morning: list[Batch]) -> None:
    kitchen = Kitchen(LAYOUT)
    status = show_status(kitchen.board, Vitals(), "")
    view = show_board(kitchen.board, "journal", 0, status)
    for intent in each(kitchen, morning):
        kitchen.batch([intent])
        view = merge(view, show_change(kitchen.board, kitchen.latest, 0))
        assert view == show_board(kitchen.board, "journal", 0, status)


async def watch(path: Path, morning: list[Batch], joins: list[int]) -> None:
    """A morning watched by one screen from the beginning and by others that join again and again."""
    clock = ManualClock()
    async with a_client(path, clock, layout=LAYOUT) as client, client.screen() as steady:
        restless = client.screen()
        for number, batch in enumerate(morning):
            clock.advance(batch.after)
            client.hub.ring()
            wishes = [wish.on(client.hub.board) if isinstance(wish, Touch) else wish for wish in batch.wishes]
            await asyncio.gather(*(client.hub.submit(wish, by="x") for wish in wishes), return_exceptions=True)
            await nudge(client.hub)
            if number in joins:
                knows = restless.view
                query = f"?after={knows.sequence}&journal={knows.journal}" if knows else ""
                restless = await rejoined(client, restless, query)
                assert still(restless.view) == still(await client.board())
        view = await steady.read_to(client.hub.board.counters.seq)
        assert still(view) == still(await client.board())


@given(mornings(), st.lists(st.integers(0, 12), max_size=5))
@settings(max_examples=25)
def test_every_screen_shows_exactly_what_the_board_says(morning: list[Batch], joins: list[int]) -> None:
    with TemporaryDirectory() as directory:
        asyncio.run(watch(Path(directory) / "journal.db", morning, joins))
