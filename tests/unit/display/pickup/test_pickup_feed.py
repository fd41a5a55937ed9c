"""What the shop's televisions are told: display ids, all of them, at once, and nothing else of anybody."""

import asyncio
import json
import socket
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given

from display.pickup import board as pickup_board
from display.pickup.lists import LONGEST, MOST, list_orders
from edge import intents as i
from edge.board import Board
from edge.orders import OrderId, OrderState
from edge.text import plain
from tests.builders import HOUR, KITCHEN, MORNING, OVEN, a_bun, a_cake, a_layout, a_stamp, an_order, placed
from tests.cloud import PATIENCE, until
from tests.hostile import TRICKS, arrives, hostile, powers
from tests.unit.display.pickup.conftest import Shop, a_shop

SECRETS = ("王女士", "13800001234", "ring twice", "Bun", "no salt", "happy birthday", "reply-7", "secret-order-id")


async def test_a_television_is_told_both_lists_at_once(shop: Shop) -> None:
    await shop.order("A001", "A002", "A003")
    await shop.finish(2)
    async with shop.television() as television:
        assert await television.lists() == (["A001", "A003"], ["A002"])


async def test_an_order_appears_moves_and_leaves_while_it_is_watched(shop: Shop) -> None:
    async with shop.television() as television:
        assert await television.lists() == ([], [])
        await shop.order("A001")
        await television.until(["A001"], [])
        await shop.finish(1)
        await television.until([], ["A001"])
        await shop.ask(i.Recall(order=OrderId("A001"), station=KITCHEN))
        await television.until(["A001"], [])
        await shop.finish(1)
        await television.until([], ["A001"])
        await shop.ask(i.Collect(OrderId("A001")))
        await television.until([], [])


async def test_the_latest_ready_order_comes_first_and_the_oldest_in_the_making(shop: Shop) -> None:
    await shop.order("A001", "A002", "A003", "A004", "A005")
    for slot in (3, 1, 4):
        await shop.finish(slot)
        shop.clock.advance(60)
    async with shop.television() as television:
        assert await television.lists() == (["A002", "A005"], ["A004", "A001", "A003"])


async def test_the_order_in_which_they_became_ready_survives_a_restart(tmp_path: Path) -> None:
    async with a_shop(tmp_path / "journal.db") as shop:
        await shop.order("A001", "A002", "A003")
        for slot in (2, 3, 1):
            await shop.finish(slot)
            shop.clock.advance(60)
    async with a_shop(tmp_path / "journal.db") as shop, shop.television() as television:
        assert await television.lists() == ([], ["A001", "A003", "A002"])


async def test_what_is_held_cancelled_or_lapsed_is_on_no_list(shop: Shop) -> None:
    await shop.order("gone", "kept", "held")
    await shop.ask(
        placed("lapsed", a_bun(), due=MORNING - 48 * HOUR),
        i.Hold(OrderId("held")),
        i.Cancel(OrderId("gone"), a_stamp("e2")),
    )
    states = {order.id: order.state for order in shop.hub.board.orders.values()}
    assert states == {"gone": "cancelled", "kept": "open", "held": "held", "lapsed": "lapsed"}
    async with shop.television() as television:
        assert await television.lists() == (["kept"], [])


async def test_an_order_is_ready_when_all_of_it_is(shop: Shop) -> None:
    await shop.ask(placed("both", a_cake("1"), a_bun("2"), display_id="A001"))
    await shop.finish(1)
    async with shop.television() as television:
        assert await television.lists() == (["A001"], [])


async def test_nothing_of_a_customer_is_in_the_bytes(shop: Shop) -> None:
    async with shop.television() as television:
        await television.lists()
        bun = a_bun("1", note="no salt")
        await shop.ask(
            placed(
                "secret-order-id",
                bun,
                display_id="A017",
                customer="王女士",
                phone="13800001234",
                note="ring twice",
                reply_to="reply-7",
            )
        )
        await television.until(["A017"], [])
        await shop.finish(1)
        await television.until([], ["A017"])
    said = television.raw
    for secret in SECRETS:
        for form in (secret, json.dumps(secret)[1:-1]):
            assert form.encode() not in said
    states = [json.loads(line[6:]) for line in said.splitlines() if line.startswith(b"data: {")]
    assert {key for state in states for key in state} == {"version", "lists"}
    assert {key for state in states for one in state["lists"].values() for key in one} == {"ids", "more"}


@given(hostile)
def test_a_display_id_has_no_power_and_little_room(text: str) -> None:
    board = Board(a_layout())
    for state in (OrderState.OPEN, OrderState.READY):
        order = an_order(state.value, display_id=arrives(text), state=state, slots={OVEN: 1})
        board.orders = type(board.orders)({**dict(board.orders.items()), order.id: order})
    lists = list_orders(board)
    (making,), (ready,) = lists.making.ids, lists.ready.ids
    assert making == ready
    assert 0 < len(making) <= LONGEST
    assert not powers(making)


async def test_hostile_display_ids_break_neither_the_feed_nor_one_another(shop: Shop) -> None:
    ids = [arrives(f"{number}{trick}") for number, trick in enumerate(TRICKS)]
    await shop.ask(*(placed(f"o{number}", a_bun(), display_id=text) for number, text in enumerate(ids)))
    async with shop.television() as television:
        state = await television.state()
        shown, more = state["lists"]["making"]["ids"], state["lists"]["making"]["more"]
        assert shown == [plain(text, LONGEST).strip() for text in ids][:MOST]
        assert len(shown) + more == len(ids)
        assert (await television.message()).startswith(b"event: beat\n")


async def test_what_is_too_much_for_a_list_is_counted(shop: Shop) -> None:
    await shop.order(*(f"A{number:03}" for number in range(MOST + 12)))
    async with shop.television() as television:
        making = (await television.state())["lists"]["making"]
    assert (len(making["ids"]), making["more"]) == (MOST, 12)


async def test_a_quiet_hub_is_heard_all_the_same(shop: Shop) -> None:
    async with shop.television() as television:
        await television.lists()
        assert [await television.message() for _ in range(3)] == [b"event: beat\ndata: 1\n\n"] * 3


async def test_what_changes_no_list_is_no_new_state(shop: Shop) -> None:
    await shop.order("A001")
    async with shop.television() as television:
        await television.lists()
        await shop.ask(i.Prioritise(OrderId("A001")), i.Acknowledge(order=OrderId("A001"), station=KITCHEN))
        assert (await television.message()).startswith(b"event: beat\n")


async def test_a_flood_of_orders_is_told_in_few_states(shop: Shop) -> None:
    async with shop.television() as television:
        await television.lists()
        wanted = [f"A{number:03}" for number in range(60)]
        await shop.order(*wanted)
        states = 1
        while (await television.lists())[0] != wanted:
            states += 1
        assert states < 30


async def test_a_frozen_television_holds_up_nobody_and_is_let_go(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pickup_board, "BEAT", b": " + b"x" * 8_000_000 + b"\n\n")  # fills every buffer on the way
    monkeypatch.setattr(pickup_board, "PATIENCE", 1.0)
    loop, (host, port) = asyncio.get_running_loop(), shop.feed.address
    with socket.create_connection((host, port)) as frozen:
        frozen.setblocking(False)
        await loop.sock_sendall(frozen, f"GET /pickup/feed HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        assert (await loop.sock_recv(frozen, 100)).startswith(b"HTTP/1.1 200 ")  # from here on it takes nothing
        async with shop.television() as television:
            await shop.order("A001")
            seen = b""
            async with asyncio.timeout(PATIENCE):
                while b'"A001"' not in seen:
                    seen += await television.response.content.readany()
        await until(lambda: not shop.watching)


async def test_there_is_room_for_so_many_televisions_and_for_the_next_when_one_leaves(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pickup_board, "MOST", 1)
    async with shop.television(), shop.session.get(f"{shop.url}/pickup/feed") as answer:
        assert (answer.status, await answer.json()) == (503, {"reason": "1 televisions watch already"})
    await until(lambda: not shop.watching)  # the hub notices with the next beat
    async with shop.television() as television:
        await television.lists()


async def test_a_hub_that_stops_says_goodbye_to_its_televisions(tmp_path: Path) -> None:
    async with a_shop(tmp_path / "journal.db") as shop, shop.television() as television:
        await television.lists()
        await shop.feed.stop()
        with pytest.raises(asyncio.IncompleteReadError):  # it ended, and was not cut off
            await asyncio.wait_for(television.response.content.readexactly(10_000), PATIENCE)


async def test_nobody_can_ask_for_the_head_of_a_feed_that_does_not_end(shop: Shop) -> None:
    async with shop.session.head(f"{shop.url}/pickup/feed") as answer:
        assert answer.status == web.HTTPMethodNotAllowed.status_code
