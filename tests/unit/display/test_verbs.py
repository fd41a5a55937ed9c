"""What hands can ask of a number: verbs, the questions they put, and a finger instead of a key."""

import gettext
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from display.asking import Reason
from display.keys import KEYS
from display.look import HAPPENED
from display.verbs import DEEDS, LACKS, PAUSES, REFUSALS, SPOILT
from display.views import FORMS, VIEWS
from edge.info import Product, StoreInfo
from edge.orders import ItemId, Moment, OrderId, OrderState, StationId, Word
from edge.views import Card, Change, Halted, OrderView, Pressed, Ready, StationView
from edge.words import LOCALES
from tests.builders import a_bread, placed
from tests.unit.display.cards import FINISH, NOW, a_card, a_line, in_the_oven, minutes
from tests.unit.display.conftest import Store
from tests.unit.display.screens import Screen, display
from tests.unit.display.stand_in import StandIn, a_board, standing_in
from tests.unit.display.wholes import a_whole, at_oven, done

ROLLS = a_line("Rolls", item=ItemId("2"), quantity=Decimal(12), code="roll")


@pytest.fixture
async def hub() -> AsyncIterator[StandIn]:
    """Four numbers; on the second twelve rolls and a rye bread."""
    async with standing_in(a_board(a_card(), a_card(a_line(), ROLLS, slot=2, order=OrderId("o2")))) as hub:
        yield hub


async def asked(screen: Screen, hub: StandIn) -> dict[str, Any]:
    """What the hub was asked in the end, without who and which."""
    await screen.until(lambda: bool(hub.pressed), "a press")
    return {name: value for name, value in hub.pressed[-1].items() if name not in {"id", "by"}}


@pytest.mark.parametrize(
    ("key", "kind"), [("h", "hold"), ("f", "prioritise"), ("r", "recall"), ("A", "acknowledge"), ("P", "reprint")]
)
async def test_a_verb_makes_the_next_number_mean_that(hub: StandIn, key: str, kind: str) -> None:
    async with display(hub.url) as screen:
        await screen.shows("2 cards")
        await screen.press(key)
        await screen.shows("which number?")
        await screen.press("2")
        asks = await asked(screen, hub)
        assert asks["type"] == kind
        assert asks["order"] == "o2", "the order of the card that was read, nothing else"


async def test_what_is_acknowledged_and_reprinted_without_a_number_is_the_stations(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("2 cards")
        await screen.press("a")
        assert await asked(screen, hub) == {"type": "acknowledge", "station": "oven"}
        await screen.press("p")
        await screen.until(lambda: len(hub.pressed) == 2)
        assert await asked(screen, hub) == {"type": "reprint", "station": "oven"}


async def test_an_order_that_is_first_is_so_no_more_when_asked_again(hub: StandIn) -> None:
    hub.board = a_board(a_card(priority=1))
    async with display(hub.url) as screen:
        await screen.shows("FIRST")
        await screen.press("f", "1")
        assert await asked(screen, hub) == {"type": "prioritise", "order": "o1", "priority": 0}


async def test_five_of_twelve_rolls_go_ahead(hub: StandIn) -> None:
    async with display(hub.url, size=(80, 24)) as screen:
        await screen.shows("2 cards")
        await screen.press("u", "2")
        await screen.shows("which item goes on?", "1 1 Rye bread", "2 12 Rolls")
        await screen.press("2")
        await screen.shows("Rolls: how many go on?", "Enter: all 12")
        await screen.press("1", "3")
        await screen.shows("what?")
        await screen.press("backspace", "backspace", "5", "enter")
        asks = await asked(screen, hub)
        assert asks == {"type": "bump", "station": "oven", "slot": 2, "order": "o2", "item": "2", "quantity": "5"}
        await screen.shows("A017: 5 Rolls go on")


async def test_a_question_that_is_left_asks_nothing_of_the_hub(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("2 cards")
        for key in ("u", "x", "m", "t"):
            await screen.press(key, "2")
            await screen.shows("Esc leave it")
            await screen.press("escape")
            await screen.hides("Esc leave it")
        assert not hub.pressed


async def test_an_order_is_refused_for_a_reason_and_after_a_second_thought(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("2 cards")
        await screen.press("x", "1")
        await screen.shows("why does the store not make it?", "1 too many orders")
        await screen.press("1")
        await screen.shows("Refuse A017: too many orders?")
        await screen.press("2")
        await screen.hides("Refuse A017")
        assert not hub.pressed
        await screen.press("escape", "x", "2")
        await screen.shows("or type another")
        await screen.press(*"flood", "enter")
        await screen.shows("Refuse A017: flood?")
        await screen.press("1")
        assert await asked(screen, hub) == {"type": "refuse", "order": "o2", "reason": "flood"}


async def test_a_reason_has_something_that_can_be_read(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("2 cards")
        await screen.press("x", "1")
        await screen.shows("or type another")
        question = screen.app.screen
        assert isinstance(question, Reason)
        for character in " \u200b\u2060":
            question.take(character, character)
        question.take("enter", None)
        assert not question.left
        await screen.press(*"rain", "enter")
        await screen.shows("Refuse A017: rain?")


async def test_a_roll_that_fell_is_made_again(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("2 cards")
        await screen.press("m", "2")
        await screen.shows("what is spoilt?")
        await screen.press("2", "1", "enter")
        await screen.shows("1 Rolls: what happened?")
        await screen.press("1")
        await screen.shows("Make 1 Rolls of A017 again from the beginning?")
        await screen.press("1")
        asks = await asked(screen, hub)
        assert asks == {"type": "remake", "order": "o2", "item": "2", "reason": "dropped", "quantity": "1"}


@pytest.mark.parametrize(
    ("typed", "due"),
    [
        ("14:30", "2026-11-22T14:30:00Z"),
        ("+30", "2026-11-22T01:30:00Z"),
        ("0030", "2026-11-23T00:30:00Z"),
        ("2:30", "2026-11-22T14:30:00Z"),
        ("mon9", "2026-11-23T09:00:00Z"),
    ],  # as in the order form
)
async def test_an_order_is_rescheduled(hub: StandIn, typed: str, due: str) -> None:
    names = {":": "colon", "+": "plus"}
    async with display(hub.url) as screen:
        await screen.shows("2 cards")
        await screen.press("t", "1")
        await screen.shows("for when?")
        await screen.press(*(names.get(key, key) for key in typed))
        await screen.shows(f"Enter: {due[5:10]} {due[11:16]}")
        await screen.press("enter")
        asks = await asked(screen, hub)
        assert asks == {"type": "reschedule", "order": "o1", "due": due}


async def test_the_store_is_paused_and_goes_on(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("2 cards")
        await screen.press("z")
        await screen.shows("why does the store take no more orders?")
        await screen.press("1")
        await screen.shows("Pause the store: too many orders?")
        await screen.press("1")
        assert await asked(screen, hub) == {"type": "pause", "reason": "too many orders"}
    hub.board = a_board(a_card(), paused=Halted("", "", NOW - minutes(5), "display:oven", "too many orders"))
    async with display(hub.url, size=(200, 40)) as screen:
        await screen.shows("PAUSED since 00:55 (too many orders)")
        await screen.until(
            lambda: sum("PAUSED since" in line for line in screen.lines) == 3, "above, in the heading, below"
        )
        await screen.press("z")
        await screen.shows("Take orders again?")
        await screen.press("1")
        await screen.until(lambda: hub.pressed[-1]["type"] == "resume")


async def test_a_product_is_sold_out_and_what_is_back_is_named_first(hub: StandIn) -> None:
    products = tuple(Product(f"p{n}", f"Product {n}") for n in range(1, 20))
    hub.answers["/api/store"] = StoreInfo("s", "Shop", "en", products=products)
    hub.board = a_board(a_card(ROLLS), unavailable=(Halted("p7", "Product 7", NOW, "", ""),))
    async with display(hub.url, size=(80, 24)) as screen:
        await screen.shows("1 cards")
        await screen.press("o")
        await screen.shows("1 Product 7: can be ordered again", "2 Product 1", "page 1/3")
        await screen.press(*"Roll")
        await screen.shows("1 Rolls")
        await screen.press("enter")
        await screen.shows("Rolls: why is there none?")
        await screen.press("1")
        assert await asked(screen, hub) == {"type": "unavailable", "code": "roll", "reason": "sold out"}
        await screen.press("o")
        await screen.shows("1 Product 7: can be ordered again")
        await screen.press("1")
        await screen.until(lambda: len(hub.pressed) == 2)
        assert await asked(screen, hub) == {"type": "available", "code": "p7"}


async def test_an_order_is_looked_at_with_all_that_happened_to_it(hub: StandIn) -> None:
    at = {"at": "2026-11-22T00:50:00Z", "by": "keypad:oven-pad"}
    begun = {"fact": "ItemStarted", "stage": "baking", **at}
    arrived = {"fact": "OrderPlaced", "at": "2026-11-22T00:40:00Z", "by": "cloud"}
    hub.answers["/api/orders/o2"] = {"history": [arrived, {"fact": "SlotTaken", **at}, begun, begun]}
    async with display(hub.url, size=(80, 24)) as screen:
        await screen.shows("2 cards")
        await screen.press("v", "2")
        await screen.shows("12 Rolls (Baking waiting)", "00:40 arrived cloud", "00:50 baking started keypad:oven-pad")
        assert screen.text.count("baking started") == 1
        await screen.press("escape")
        await screen.hides("arrived")


async def test_a_look_is_as_true_as_the_board_behind_it(hub: StandIn) -> None:
    hub.board = a_board(a_card(), orders=(a_whole("o1", at_oven("Rolls", 12)),))
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        await screen.press("v", "1")
        await screen.shows("12 Rolls (Baking waiting)")
        made = a_whole("o1", done("Rolls", 12), state=OrderState.READY)
        await hub.say(Change(6, NOW, (OrderView(made.order, made.state, whole=made),), {}))
        await screen.shows("ready", "finished)")
        await hub.hang_up()
        await screen.shows("CUT OFF", "12 Rolls")


async def test_a_finger_does_what_its_key_does(hub: StandIn) -> None:
    oven, packing = StationView(StationId("oven"), "Oven", 1, 4, (a_card(),)), StationId("packing")
    cards = (a_card(slot=1, order=OrderId("o7"), display_id="B7"), a_card(slot=2, order=OrderId("o8"), display_id="B8"))
    hub.board = a_board(stations=(oven, StationView(packing, "Packing", 1, 4, cards)))
    async with display(hub.url, size=(160, 40)) as screen:
        await screen.shows("A017", "B8")
        await screen.tap("B8")
        asks = await asked(screen, hub)
        assert asks == {
            "type": "bump",
            "station": "packing",
            "slot": 2,
            "order": "o8",
            "stage": "baking",
            "moment": "started",
        }
        assert "keys" in screen.lines[0][80:], "the station that was touched gets the digits"
        await screen.press("escape")
        await screen.shows("r recall")
        await screen.tap("recall")
        await screen.shows("recall: which number?")
        await screen.tap("B7")
        await screen.until(lambda: len(hub.pressed) == 2)
        assert await asked(screen, hub) == {"type": "recall", "station": "packing", "slot": 1, "order": "o7"}
        await screen.press("x", "1")
        await screen.shows("too late for today")
        await screen.tap("too late for today")
        await screen.shows("Refuse B7: too late for today?")
        await screen.tap(" no")
        await screen.hides("Refuse B7")


async def test_a_verb_that_the_view_does_not_have_is_said(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("2 cards")
        await screen.press("c")
        await screen.shows("collect: not in this view")


# --- undo -------------------------------------------------------------------------------------------------------------


def pressed(slot: int, order: str = "o1", left: float = 5, **rest: Any) -> Pressed:
    """A press that leaves its grace so many seconds from now."""
    parts: dict[str, Any] = {
        "order": OrderId(order), "display_id": "A017", "move": 7, "slot": slot, "stage": FINISH.stage, "name": "boxing",
        "moment": Moment.FINISHED, "at": NOW - minutes((5 - left) / 60), "leaves": NOW + minutes(left / 60),
    }  # fmt: skip
    return Pressed(**parts | rest)


def at_the_oven(*cards: Card, **rest: Any) -> Any:
    """A board of one station with presses."""
    return a_board(stations=(StationView(StationId("oven"), "Oven", 1, 4, cards, **rest),))


async def test_a_press_counts_down_on_its_card_and_in_the_place_that_it_freed(hub: StandIn) -> None:
    gone, here = pressed(3, "gone", 3.2), pressed(1, left=4.5)
    hub.board = at_the_oven(a_card(in_the_oven()), presses=(gone, here, pressed(2, left=0)))
    async with display(hub.url) as screen:
        await screen.shows("r 1: back, 5 s", "A017: boxing finished", "r 3 takes it back", "4 s")
        assert "r 2" not in screen.text, "that one was told outside"
        await screen.press("3")
        await screen.shows("3 is free: nothing done")
        await screen.press("r", "3")
        assert await asked(screen, hub) == {"type": "recall", "station": "oven", "slot": 3, "order": "gone"}


async def test_what_was_recalled_is_told_for_a_while(hub: StandIn) -> None:
    hub.board = at_the_oven(a_card(), recalled=pressed(1, at=NOW - minutes(5 / 60)))
    async with display(hub.url) as screen:
        await screen.shows("taken back: A017 boxing")
    hub.board = at_the_oven(a_card(), recalled=pressed(1, at=NOW - minutes(11 / 60)))
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        assert "taken back" not in screen.text


async def test_several_steps_are_taken_back_one_after_another(store: Store) -> None:
    await store.ask(placed("b1", a_bread()))
    async with display(store.url, stations=["oven"], client={"clock": store.clock}) as screen:
        await screen.shows("next: start Baking")
        await screen.press("1")
        await screen.shows("next: finish Baking", "back, 5 s")
        store.clock.advance(1)
        await screen.press("1")
        await screen.shows("B1: Baking finished", "r 1 takes it back")
        await screen.press("r", "r")
        await screen.shows("next: finish Baking", "taken back: B1 Baking")
        await screen.press("r", "r")
        await screen.shows("next: start Baking")


# --- the eye ----------------------------------------------------------------------------------------------------------


async def test_one_card_of_a_station_leads_the_eye(hub: StandIn) -> None:
    late = a_card(slot=3, order=OrderId("late"), due=NOW - minutes(3))
    hub.board = a_board(a_card(), late, a_card(slot=4, order=OrderId("o4"), marks=(Word.ALLERGEN,), locked=True))
    async with display(hub.url, size=(160, 40)) as screen:
        await screen.shows(">> next: start Baking", "acknowledge allergens")
        assert screen.text.count(">>") == 1


async def test_what_was_made_again_says_so(hub: StandIn) -> None:
    hub.board = a_board(
        a_card(a_line(wasted=Decimal(2)), a_line("Roll", item=ItemId("2"), change="altered", wasted=Decimal(1)))
    )
    async with display(hub.url) as screen:
        await screen.shows("1 Rye bread REMADE 2", "ALTERED", "REMADE")


async def test_practice_is_said_above_every_view_and_below(hub: StandIn) -> None:
    hub.board = replace(hub.board, status=replace(hub.board.status, practice=True), ready=(Ready(OrderId("r"), "A1"),))
    async with display(hub.url, size=(200, 40)) as screen:
        await screen.shows("PRACTICE: nothing here is real")
        await screen.until(
            lambda: sum("PRACTICE" in line for line in screen.lines) == 3, "above, in the heading, below"
        )


async def test_a_display_speaks_the_stores_language_unless_it_was_given_one(hub: StandIn) -> None:
    hub.answers["/api/store"] = StoreInfo("s", "麦田", "zh", "Asia/Shanghai")
    async with display(hub.url, zone=None) as screen:
        await screen.shows("下一步：开始Baking", "09:40", "数字：下一步")
    async with display(hub.url, language="en") as screen:
        await screen.shows("next: start Baking", "01:40")


def test_every_key_verb_view_and_reason_has_a_chinese_word() -> None:
    tables = {deed.label for deed in DEEDS} | {key.words for key in KEYS} | {one.name for one in (*VIEWS, *FORMS)}
    tables |= {*REFUSALS, *SPOILT, *PAUSES, *LACKS, *HAPPENED.values()} - {""}
    chinese = gettext.translation("ovenbell", LOCALES, languages=["zh"])
    assert {words for words in tables if words and words not in chinese._catalog} == set()
