"""A hostile customer's text on the screen: letters in their cells, and nothing that a terminal would obey."""

from unicodedata import category, east_asian_width

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from display.cells import row, shown
from display.palette import ink
from edge.orders import Bakery, ItemId, OrderId, OrderState, StageId, StationId, Word
from edge.orders import Option as Choice
from edge.views import Card, Coming, Device, Lapsed, Next, Ready, StationView
from tests.hostile import ALL, LONG, arrives, hostile, powers
from tests.unit.display.cards import a_card, a_line, drawn, in_the_oven
from tests.unit.display.screens import display
from tests.unit.display.stand_in import CALM, a_board, standing_in
from tests.unit.display.wholes import a_whole

HOSTILE = arrives(ALL)


def cells(text: str) -> int:
    """Cells as terminals count them, by Unicode's own tables and not by the library that draws."""
    nothing = {"Mn", "Me", "Mc"}
    wide = (
        0 if category(c) in nothing or "\u1160" <= c <= "\u11ff" else 1 + (east_asian_width(c) in "WF") for c in text
    )
    return sum(wide)


def a_card_of(text: str) -> Card:
    """A card with a text wherever a customer, or a cloud, can write one."""
    item = a_line(
        f"cake {text}", item=ItemId("2"), note=text, unit=text, stage=StageId("x"), stage_name=text,
        options=(Choice(text),), bakery=Bakery(text, 6, text, text, text, text, text, (text,)),
    )  # fmt: skip
    return a_card(
        item, in_the_oven(), display_id=text, channel=text, customer=text, note=text, dropped=(text,),
        marks=(Word.NEW,), next=Next(StageId("baking"), text, a_card().next.moment),  # type: ignore[union-attr]
    )  # fmt: skip


@given(hostile | st.text("g克", min_size=10, max_size=60), st.tuples(st.integers(20, 60), st.integers(3, 24)))
def test_a_card_keeps_to_its_cells_whatever_was_written(text: str, size: tuple[int, int]) -> None:
    rows = drawn(a_card_of(text), *size)
    assert len(rows) == size[1]
    for line in rows:
        assert (cells(line), powers(line)) == (size[0], set()), repr(line)


@given(hostile, st.integers(1, 40))
def test_a_row_keeps_to_its_cells_whatever_stands_in_it(text: str, width: int) -> None:
    strip = row(width, ink(), (shown(text), ink()), ("|", ink()), right=(shown(text), ink()))
    assert (cells(strip.text), powers(strip.text)) == (width, set())


@pytest.mark.parametrize("unseen", ["", "  ", "\u200b", "\ufe0f\u2060 "])
async def test_an_order_whose_name_cannot_be_seen_is_called_by_its_id(unseen: str) -> None:
    """On its card, in every list, and in what is said of it."""
    order = OrderId("77b1c0de-5f2e")
    card, whole = a_card(order=order, display_id=unseen), a_whole(order=order, display_id=unseen)
    board = a_board(
        card,
        orders=(whole, replace(whole, order=OrderId("88aa"), state=OrderState.READY)),
        lapsed=(Lapsed(OrderId("99bb"), unseen, None),),
    )
    async with standing_in(board) as hub, display(hub.url) as screen:
        await screen.shows("77b1c0.. ")
        await screen.press("h", "1")
        await screen.shows("77b1c0.. is held")
        for key, name in (("f3", "77b1c0.."), ("f4", "88aa"), ("f5", "77b1c0.."), ("f7", "99bb")):
            await screen.press(key)
            await screen.shows(name)
        await screen.press("f3", "1")
        await screen.until(lambda: screen.app.screen.is_modal)
        await screen.shows("77b1c0..")
    assert "77b1c0.." in " ".join(drawn(card, 24, 3))


async def test_a_board_of_hostile_orders_is_a_board() -> None:
    """Everything that a screen shows beside the cards: what comes, waits and lapsed, devices, refusals, the title."""
    for text in (HOSTILE, LONG):
        oven = StationView(
            StationId("oven"), text, 1, 4, (a_card_of(text),), (Coming(OrderId("o2"), text, None, (text, "last")),)
        )
        board = a_board(
            stations=(oven,),
            ready=(Ready(OrderId("o3"), text),),
            lapsed=(Lapsed(OrderId("o4"), text, None),),
            status=msgspec.structs.replace(CALM, journal=text, devices=(Device(text, "printer", "fault", text),)),
        )
        async with standing_in(board) as hub, display(hub.url) as screen:
            hub.answer = (409, {"reason": text})
            title = screen.app.title, screen.app.sub_title
            await screen.shows("1 coming")
            await screen.press("1")
            await screen.shows("not done")
            assert [(cells(line), powers(line)) for line in screen.lines] == [(120, set())] * 40
            assert (screen.app.title, screen.app.sub_title) == title
            assert not screen.app.screen.query("Static")  # nothing that would read markup
