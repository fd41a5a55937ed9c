"""Whatever view was looked at meanwhile: the board that is come back to is the board as it is now."""

import asyncio
from typing import Literal

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from display.palette import GREEN
from edge.orders import OrderId, OrderState
from edge.views import Card, OrderView
from edge.views import Change as BoardChange
from tests.unit.display.cards import CANCELLED, CHANGED, FINISH, NOW, a_card, in_the_oven, minutes
from tests.unit.display.screens import Screen, display
from tests.unit.display.stand_in import StandIn, a_board, a_change, a_tick, standing_in

VIEWS = ("f2", "f3", "f4", "f5", "f6", "f7")
SIZES = ((80, 24), (100, 30), (128, 48))
CARDS = 16

Step = tuple[Literal["look"], str] | tuple[Literal["size"], int] | tuple[Literal["change"], int, int]

STEPS = st.lists(
    st.tuples(st.just("look"), st.sampled_from(VIEWS))
    | st.tuples(st.just("size"), st.integers(0, len(SIZES) - 1))
    | st.tuples(st.just("change"), st.integers(1, CARDS), st.integers(0, 5)),
    min_size=3,
    max_size=10,
)


def kind(number: int, which: int) -> Card:
    """The card of a number, in one of the ways it can stand there."""
    cards = (
        a_card(due=NOW + minutes(5)),
        a_card(due=NOW - minutes(3)),
        a_card(in_the_oven(), next=FINISH),
        CHANGED,
        CANCELLED,
    )
    return replace(cards[which], slot=number, order=OrderId(f"o{number}"), display_id=f"Z{number:03}")


async def happens(step: Step, screen: Screen, hub: StandIn) -> None:
    """Somebody looks elsewhere, the window is another, or an order changes or leaves."""
    match step:
        case ("look", key):
            await screen.press(key)
        case ("size", at):
            await screen._pilot.resize_terminal(*SIZES[at])
        case ("change", number, which):
            board = screen.app.feed.board
            assert board is not None
            sequence = board.sequence + 1
            gone = OrderView(OrderId(f"o{number}"), OrderState.CLOSED, {})
            left = BoardChange(sequence, NOW, (gone,), {})
            await hub.say(a_change(kind(number, which), sequence) if which < 5 else left)
            await screen.until(lambda: getattr(screen.app.feed.board, "sequence", 0) == sequence)


async def live_through(steps: list[Step]) -> None:
    """One display goes through all of it, another is switched on when all is over."""
    cards = [kind(number, number % 3) for number in range(1, CARDS - 3)]
    async with standing_in(a_board(*cards, slots=CARDS)) as hub, display(hub.url, size=SIZES[0]) as screen:
        await screen.shows("Oven", "page 1/1")
        await hub.connected.wait()
        for step in steps:
            await happens(step, screen, hub)
        await screen.press("f2")
        await screen.settled()
        size, board, seen = screen.app.size, screen.app.feed.board, screen.lines
    assert board is not None
    async with standing_in(board) as hub, display(hub.url, size=(size.width, size.height)) as fresh:
        await fresh.shows("Oven", "page 1/1")
        await fresh.until(lambda: fresh.lines == seen, "\n".join(seen) + "\n\nas it stood on the other, which")


@given(STEPS)
@settings(max_examples=6, phases=[Phase.explicit, Phase.generate])  # to shrink a failure would take minutes
@example([("look", "f4"), ("change", 1, 0)])
def test_a_board_that_is_come_back_to_is_that_of_a_display_just_switched_on(steps: list[Step]) -> None:
    asyncio.run(live_through(steps))


async def test_what_changes_while_the_counter_is_shown_stands_on_the_card_at_once() -> None:
    async with standing_in(a_board(a_card())) as hub, display(hub.url) as screen:
        await screen.shows("A017", "next: start Baking")
        await hub.connected.wait()
        await screen.press("f4")
        await screen.hides("next: start Baking")
        await hub.say(a_change(replace(CANCELLED, slot=1, order=OrderId("o1")), 6))
        await screen.until(lambda: getattr(screen.app.feed.board, "sequence", 0) == 6)
        await screen.press("f2")
        await screen.settled()
        assert screen.says("cancelled: acknowledge")
        assert not screen.says("next: start")


async def test_a_board_that_was_cut_off_behind_another_view_is_old_and_one_that_is_back_is_not() -> None:
    async with standing_in(a_board(a_card())) as hub, display(hub.url, client={"silence": 0.3}) as screen:
        await screen.shows("A017")
        await screen.press("f4")
        await screen.shows("CUT OFF")
        await screen.press("f2")
        await screen.settled()
        assert screen.says("not live: do not press")
        assert GREEN not in screen.grounds()
        await screen.press("f4")
        screen.app.feed._silence = 30.0
        await hub.say(a_tick())
        await screen.hides("CUT OFF")
        await screen.press("f2")
        await screen.settled()
        assert screen.says("next: start Baking")
        assert not screen.says("do not press")


async def test_a_screen_that_is_too_small_says_so_with_the_first_board() -> None:
    cards = [a_card(slot=n, order=OrderId(f"o{n}"), display_id=f"A{n}") for n in range(1, 31)]
    async with standing_in(a_board(*cards, slots=30)) as hub, display(hub.url, size=(80, 24)) as screen:
        await screen.shows("12 HIDDEN")
        await screen.press("f4")
        await screen.hides("HIDDEN")
        await screen.press("f2")
        await screen.settled()
        assert screen.says("12 HIDDEN")
