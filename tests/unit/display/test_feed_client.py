"""The display's connection: what it shows is live, or it says that it is not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from display.feed_client import FeedClient, Link, Unanswered
from edge.intents import Bump, Refused
from edge.orders import OrderId, StationId
from tests.cloud import PATIENCE
from tests.unit.display.cards import a_card
from tests.unit.display.stand_in import StandIn, a_board, a_change, a_tick, standing_in


class Watched(FeedClient):
    """A feed client whose every change wakes who waits for it."""

    async def until(self, true: Callable[[FeedClient], bool]) -> None:
        """Wait until something is true of it."""
        async with asyncio.timeout(PATIENCE):
            while not true(self):
                self.changed.clear()
                await self.changed.wait()

    @asynccontextmanager
    async def following(self) -> AsyncIterator["Watched"]:
        """Follow the hub for a while."""
        self.changed = asyncio.Event()
        task = asyncio.create_task(self.follow(self.changed.set))
        try:
            yield self
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def a_client(hub: StandIn, **rest: Any) -> Watched:
    """A client in a hurry."""
    parts: dict[str, Any] = {"silence": 30.0, "pauses": (0.0,)}
    return Watched(hub.url, **parts | rest)


async def test_a_display_has_the_hubs_board_after_every_change() -> None:
    async with standing_in(a_board()) as hub, a_client(hub, token="secret").following() as client:
        await client.until(lambda c: c.live)
        await hub.say(a_change(a_card(display_id="A018"), 6))
        await client.until(lambda c: c.board is not None and c.board.sequence == 6)
        assert client.board is not None
        assert [card.display_id for card in client.board.stations[0].cards] == ["A018"]
        assert hub.asked == [{"token": "Bearer secret"}]


async def test_a_hub_that_falls_silent_is_noticed_and_live_again_with_its_next_word() -> None:
    async with standing_in(a_board()) as hub, a_client(hub, silence=0.2).following() as client:
        await client.until(lambda c: c.link is Link.SILENT)
        assert client.board is not None, "the old board is kept, but not live"
        await hub.say(a_tick())
        await client.until(lambda c: c.live)


async def test_a_hub_that_stays_silent_is_connected_to_anew() -> None:
    async with standing_in(a_board()) as hub, a_client(hub, silence=0.05).following() as client:
        await client.until(lambda _: len(hub.asked) > 1)
        assert hub.asked[1] == {"after": "5", "journal": "j1", "token": ""}


async def test_a_connection_that_closes_is_cut_and_made_again_from_where_it_was() -> None:
    async with standing_in(a_board()) as hub, a_client(hub, pauses=(30.0,)).following() as client:
        await client.until(lambda c: c.live)
        await hub.connected.wait()
        await hub.hang_up()
        await client.until(lambda c: c.link is Link.CUT)
    async with standing_in(a_board()) as hub, a_client(hub).following() as client:
        await client.until(lambda c: c.live)
        await hub.connected.wait()
        await hub.hang_up()
        await hub.connected.wait()
        assert hub.asked[-1]["after"] == "5"
        await client.until(lambda c: c.live)


async def test_a_hub_that_is_not_there_is_waited_for() -> None:
    client = Watched("http://127.0.0.1:1", pauses=(0.0,))
    async with client.following():
        await client.until(lambda c: c.link is Link.CUT)
        assert client.board is None
        assert client.reason


async def test_a_hub_that_accepts_and_never_answers_is_not_live() -> None:
    silent = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with silent, Watched(f"http://127.0.0.1:{port}", silence=0.05, pauses=(0.0,)).following() as client:
        await client.until(lambda c: c.link is Link.CUT)


async def test_a_wrong_token_is_said_and_tried_again() -> None:
    async with standing_in(a_board()) as hub:
        hub.refuse = 401
        async with a_client(hub).following() as client:
            await client.until(lambda c: c.link is Link.REFUSED)
            assert client.reason.startswith("401")
            hub.refuse = None
            await client.until(lambda c: c.live)


@pytest.mark.parametrize("words", [{"type": "poem"}, a_tick(sequence=7), "not a message"])
async def test_what_does_not_fit_the_board_makes_the_display_ask_for_the_board_anew(words: object) -> None:
    async with standing_in(a_board()) as hub, a_client(hub).following() as client:
        await client.until(lambda c: c.live)
        await hub.connected.wait()
        await hub.say(words)
        await client.until(lambda c: len(hub.asked) > 1 and c.live)
        if isinstance(words, type(a_tick())):
            assert hub.asked[1] == {"token": ""}, "out of step: from the beginning"


async def test_a_change_before_any_board_is_not_believed() -> None:
    async with standing_in(a_board()) as hub:
        hub.greet = False
        async with a_client(hub).following() as client:
            await hub.connected.wait()
            hub.greet = True
            await hub.say(a_change(a_card(), 6))
            await client.until(lambda c: c.live)
            assert client.board is not None
            assert client.board.sequence == 5


async def test_a_press_carries_station_slot_order_and_a_name_of_its_own() -> None:
    async with standing_in(a_board(a_card())) as hub, a_client(hub).following() as client:
        await client.until(lambda c: c.live)
        for _ in range(2):
            await client.press(Bump(station=StationId("oven"), slot=1, order=OrderId("o1")), by="display:oven")
        first, second = hub.pressed
        assert first.pop("id") != second.pop("id")
        assert first == second == {"type": "bump", "station": "oven", "slot": 1, "order": "o1", "by": "display:oven"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [((409, {"reason": "the slot is free"}), "the slot is free"), ((503, {}), "503 Service Unavailable")],
)
async def test_a_refused_press_says_why(answer: tuple[int, dict[str, str]], reason: str) -> None:
    async with standing_in(a_board()) as hub, a_client(hub).following() as client:
        hub.answer = answer
        await client.until(lambda c: c.live)
        with pytest.raises(Refused) as refused:
            await client.press(Bump(station=StationId("oven"), slot=1), by="display:oven")
        assert refused.value.reason == reason


async def test_a_press_without_an_answer_is_neither_done_nor_not_done() -> None:
    async with standing_in(a_board()) as hub, a_client(hub).following() as client:
        hub.answer = None
        await client.until(lambda c: c.live)
        with pytest.raises(Unanswered):
            await client.press(Bump(station=StationId("oven"), slot=1), by="display:oven")


async def test_a_press_is_not_sent_while_the_board_is_not_live() -> None:
    async with standing_in(a_board()) as hub, a_client(hub, silence=0.05).following() as client:
        await client.until(lambda c: c.link is Link.SILENT)
        with pytest.raises(Refused):
            await client.press(Bump(station=StationId("oven"), slot=1), by="display:oven")
        assert not hub.pressed
