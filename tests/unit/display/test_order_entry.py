"""The order form as somebody at the counter uses it: one hand at the keys, the other at the phone."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from display.feed_client import FeedClient
from display.palette import RED
from edge.info import Product
from edge.views import Halted
from edge.words import Language
from tests.builders import ManualClock
from tests.hostile import ALL, arrives, powers
from tests.unit.display.cards import NOW
from tests.unit.display.clerk import OPEN, Clerk, counter
from tests.unit.display.conftest import Store
from tests.unit.display.counter_bakery import a_store
from tests.unit.display.screens import display
from tests.unit.display.stand_in import StandIn, a_board, standing_in
from tests.unit.display.test_hostile import cells

GOLDEN = Path(__file__).parent / "golden"
# A key takes 0.28 s for somebody who types like most people do, and what must be thought of before an answer 1.35 s
# (Card, Moran and Newell, The keystroke-level model, 1980): 25 keys and 6 answers are 15 s, 70 keys and 14 are 39 s.
BREAD_KEYS, CAKE_KEYS = 25, 70


async def placed(clerk: Clerk, hub: StandIn, count: int = 1) -> dict[str, Any]:
    """The order that the hub was given."""
    await clerk.until(lambda: len(hub.pressed) == count, "the order")
    asked = hub.pressed[-1]
    assert (asked["type"], asked["by"], asked["id"]) == ("place", "display:entry", asked["data"]["id"])
    data: dict[str, Any] = asked["data"]
    return data


@asynccontextmanager
async def at_the_counter(
    hub: StandIn, language: Language = "en", size: tuple[int, int] = (80, 24), *, opened: bool = True
) -> AsyncIterator[Clerk]:
    """The form on a screen of its own, opened."""
    feed = FeedClient(hub.url, clock=ManualClock(), silence=30.0, pauses=(0.05,))
    async with counter(feed, language, size, info=a_store(language), opened=opened) as clerk:
        yield clerk


@pytest.fixture
async def hub() -> AsyncIterator[StandIn]:
    """A hub that takes every order."""
    async with standing_in(a_board()) as hub:
        yield hub


# --- speed ------------------------------------------------------------------------------------------------------------


async def test_a_bread_order_on_the_phone_takes_twenty_five_keys(hub: StandIn) -> None:
    async with at_the_counter(hub, opened=False) as clerk:
        await clerk.press(OPEN)
        await clerk.type("3 bag", "", "", "li", "13800001234", "")
        data = await placed(clerk, hub)
    assert [(item["name"], item["externalCode"], item["quantity"]) for item in data["items"]] == [
        ("Baguette", "bread-baguette", 3)
    ]
    assert data["customer"] == {"name": "li", "phone": {"number": "13800001234"}}
    assert (data["salesChannel"], data["orderTiming"]) == ("phone", "INSTANT")
    assert "displayId" not in data
    assert clerk.keys <= BREAD_KEYS


async def test_a_birthday_cake_for_tomorrow_takes_seventy_keys(hub: StandIn) -> None:
    async with at_the_counter(hub, opened=False) as clerk:
        await clerk.press(OPEN)
        await clerk.type("stra")
        await clerk.press("2", "1", "1", "3", "enter")  # 8in, vanilla, mango and less sugar
        await clerk.type("Happy birthday, Rain", "6", "", "tom 16", "wang", "13800001234", "")
        data = await placed(clerk, hub)
    (cake,) = data["items"]
    assert cake["bakery"] == {
        "cakeText": "Happy birthday, Rain", "candles": 6, "size": "8in", "flavour": "vanilla",
        "allergens": ["egg", "milk"],
    }  # fmt: skip
    assert [option["name"] for option in cake["options"]] == ["mango filling", "less sugar"]
    assert data["orderTiming"] == "SCHEDULED"
    assert data["takeout"]["takeoutDateTime"] == "2026-11-23T08:00:00Z"
    assert data["schedule"] == {
        "scheduledDateTimeStart": "2026-11-23T08:00:00Z", "scheduledDateTimeEnd": "2026-11-23T08:00:00Z",
    }  # fmt: skip
    assert clerk.keys <= CAKE_KEYS


async def test_a_walk_in_who_waits_takes_nine_keys(hub: StandIn) -> None:
    async with at_the_counter(hub, opened=False) as clerk:
        await clerk.press(OPEN, *"3 bag", "ctrl+s")
        data = await placed(clerk, hub)
        await clerk.until(lambda: clerk.app.said)
    assert data["salesChannel"] == "walk-in"
    assert clerk.app.said == ["placed: 3 x Baguette | as soon as possible".replace(" | ", "  |  ")]
    assert clerk.keys <= 9


# --- the conversation -------------------------------------------------------------------------------------------------


async def test_several_lines_are_typed_one_after_the_other_and_one_is_taken_out(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type("3 bag", "2 croi, sliced", "mousse", "bag")
        await clerk.reads("1 4 x Baguette", "2 2 x Croissant sliced", "3 1 x Mango mousse 6in")
        await clerk.type("-2")
        await clerk.reads("1 4 x Baguette", "2 1 x Mango mousse 6in")
        await clerk.type("-9")
        await clerk.reads("there is no such line")
        await clerk.press("ctrl+u", "ctrl+s")
        assert [item["quantity"] for item in (await placed(clerk, hub))["items"]] == [4, 1]


async def test_the_summary_and_what_enter_does_are_always_seen(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type("3 bag", "2 croi", "", "14:30", "Wang")
        summary = "3 x Baguette, 2 x Croissant | today 14:30 | Wang"
        await clerk.reads(summary, "Enter next", "Ctrl+S place the order")
        await clerk.type("")
        await clerk.reads(summary, "Enter place the order")


async def test_only_what_the_product_has_is_asked(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type("mousse")
        await clerk.reads("1 x Mango mousse 6in", "product:")
        await clerk.type("stra")
        await clerk.reads("size:", "1 6in", "2 8in", "3 10in")
        await clerk.type("")
        await clerk.reads("choose one")
        await clerk.press("2")
        await clerk.reads("flavour:", "2 chocolate")
        await clerk.type("choc")
        await clerk.reads("options:", "3 less sugar")
        await clerk.press("1", "3", "1")
        await clerk.reads("1 mango filling", "3 [x] less sugar")
        await clerk.type("", "", "12")
        await clerk.reads("2 1 x Strawberry cream cake 8in chocolate less sugar 12 candles", "product:")


async def test_a_number_of_candles_is_a_number(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type("stra")
        await clerk.press("1", "1", "enter")
        await clerk.type("for Rain", "many")
        await clerk.reads("how many candles?")
        await clerk.press("ctrl+u")
        await clerk.type("")
        await clerk.reads('1 x Strawberry cream cake 6in vanilla "for Rain"', "product:")


async def test_who_types_faster_than_the_screen_is_understood_all_the_same(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.hurry("3 bag", "stra", "21", "Rain", "6", "", "+200", "Wang", "13800001234", "")
        await clerk.reads("Enter place the order")
        assert not hub.pressed, "an order is not placed by keys that nobody has pressed one by one"
        await clerk.press("enter")
        data = await placed(clerk, hub)
    assert [(item["name"], item["quantity"]) for item in data["items"]] == [
        ("Baguette", 3), ("Strawberry cream cake", 1),
    ]  # fmt: skip
    assert data["items"][1]["bakery"]["cakeText"] == "Rain"
    assert data["takeout"]["takeoutDateTime"] == "2026-11-22T04:20:00Z"
    assert data["customer"] == {"name": "Wang", "phone": {"number": "13800001234"}}


async def test_a_key_that_is_held_confirms_no_doubt_and_places_no_order(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.hurry("2 rolls", *[""] * 20)
        await clerk.reads("no product is called rolls", "nothing yet")
        await clerk.press("enter")
        await clerk.hurry(*[""] * 20)
        await clerk.reads("channel:", "1 2 x rolls")
    assert not hub.pressed


async def test_back_leads_to_the_question_before_with_its_answer(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type("3 bag", "", "14:30", "Wang")
        await clerk.press("shift+tab")
        await clerk.reads("customer: Wang")
        await clerk.press("shift+tab", "shift+tab", "shift+tab")
        await clerk.reads("product: 3 bag", "nothing yet")
        await clerk.type("")
        await clerk.reads("1 3 x Baguette")


async def test_an_arrow_chooses_another_of_what_is_offered(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.press(*"2 bag")
        await clerk.press("down", "enter")
        await clerk.reads("1 2 x Plain bagel")
        await clerk.press("up", "enter")
        await clerk.reads("2 1 x Mango mousse")


@pytest.mark.parametrize("typed", ["0 1", "0", "0 bag", "bag 0", "0x bag"])
async def test_none_of_a_product_is_no_line(hub: StandIn, typed: str) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type(typed, "")
        await clerk.reads("of a product there must be at least one", "nothing yet")


async def test_what_no_list_has_is_taken_when_it_is_meant(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type("2 Wedding tower")
        await clerk.reads("no product is called Wedding tower: once more takes it as it is")
        await clerk.type("")
        await clerk.reads("1 2 x Wedding tower", "product:")
        await clerk.press("ctrl+s")
        (item,) = (await placed(clerk, hub))["items"]
        assert item == {"id": "1", "name": "Wedding tower", "quantity": 2}


async def test_a_store_without_a_list_of_products_takes_names(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        clerk.app.feed.info = None
        await clerk.type("3 rolls", "")
        await clerk.press("ctrl+s")
        assert (await placed(clerk, hub))["items"] == [{"id": "1", "name": "rolls", "quantity": 3}]


async def test_a_phone_number_may_be_spaced_and_must_be_one(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type("bag", "", "", "", "ask him")
        await clerk.reads("a phone number has digits only")
        await clerk.press("ctrl+u")
        await clerk.type("+86 138-0000-1234")
        await clerk.press("3", "enter")
        data = await placed(clerk, hub)
        assert (data["customer"]["phone"]["number"], data["salesChannel"]) == ("+8613800001234", "wechat")


async def test_nothing_is_placed_before_there_is_something(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type("")
        await clerk.reads("first a product")
        await clerk.press("ctrl+s")
        await clerk.reads("first a product")
        await clerk.type("bag", "")
        await clerk.press(*"14:3x", "ctrl+s")
        await clerk.reads("which time?", "due time: 14:3x")
        assert not hub.pressed


# --- what is doubtful -------------------------------------------------------------------------------------------------


async def test_too_early_is_said_in_red_with_the_earliest_time_and_taken_when_it_is_said_again(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type("mousse", "", "11:00")
        await clerk.reads("TOO EARLY: today 12:00 at the earliest; once more takes it all the same")
        assert RED in grounds(clerk)
        await clerk.press("backspace", "0")
        await clerk.type("")
        await clerk.reads("customer:", "today 11:00 TOO EARLY: today 12:00 at the earliest")
        await clerk.press("ctrl+s")
        assert (await placed(clerk, hub))["takeout"]["takeoutDateTime"] == "2026-11-22T03:00:00Z"


async def test_a_cake_that_comes_to_an_order_for_soon_makes_it_too_early(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type("bag", "", "+45")
        await clerk.press("shift+tab", "shift+tab")
        await clerk.type("mousse", "")
        await clerk.press("ctrl+u")
        await clerk.press(*"+45", "ctrl+s")
        await clerk.reads("TOO EARLY: today 12:00 at the earliest")
        assert not hub.pressed
        await clerk.press("ctrl+s")
        assert len((await placed(clerk, hub))["items"]) == 2


async def test_what_is_sold_out_is_shown_as_such_and_asked_about(hub: StandIn) -> None:
    hub.board = a_board(unavailable=(Halted("bread-bagel", "Plain bagel", NOW, "display:oven", "no flour"),))
    async with at_the_counter(hub) as clerk:
        await clerk.reads("2 Plain bagel SOLD OUT")
        await clerk.type("2 bagel")
        await clerk.reads("SOLD OUT: Plain bagel; once more takes it all the same", "nothing yet")
        await clerk.type("")
        await clerk.reads("1 2 x Plain bagel SOLD OUT")
        await clerk.press("ctrl+s")
        await placed(clerk, hub)


async def test_what_is_sold_out_while_it_is_being_ordered_is_asked_about_at_the_end(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type("bag")
        hub.board = a_board(sequence=6, unavailable=(Halted("bread-baguette", "Baguette", NOW, "api", ""),))
        await hub.hang_up()
        await clerk.reads("1 x Baguette SOLD OUT")
        await clerk.press("ctrl+s")
        await clerk.reads("SOLD OUT: Baguette; once more")
        await clerk.press("ctrl+s")
        await placed(clerk, hub)


async def test_a_store_that_takes_no_orders_is_asked_about(hub: StandIn) -> None:
    hub.board = a_board(paused=Halted("", "", NOW, "api", "full"))
    async with at_the_counter(hub) as clerk:
        await clerk.type("bag")
        await clerk.press("ctrl+s")
        await clerk.reads("the store takes no orders now: once more takes it all the same")
        await clerk.press("ctrl+s")
        await placed(clerk, hub)


# --- what goes wrong --------------------------------------------------------------------------------------------------


async def test_a_refusal_is_said_and_everything_stays(hub: StandIn) -> None:
    hub.answer = (409, {"reason": "\x1b[31m[b]no[/b] room"})
    async with at_the_counter(hub) as clerk:
        await clerk.type("3 bag", "", "", "Wang")
        await clerk.press("ctrl+s")
        await clerk.reads("not placed: [31m[b]no[/b] room", "1 3 x Baguette", "customer Wang")
        hub.answer = (200, {"sequence": 7})
        await clerk.press("enter")
        assert (await placed(clerk, hub, 2))["customer"] == {"name": "Wang"}
        assert hub.pressed[0]["id"] == hub.pressed[1]["id"]


async def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_name(hub: StandIn) -> None:
    hub.answer = None
    async with at_the_counter(hub) as clerk:
        await clerk.type("3 bag")
        await clerk.press("ctrl+s")
        await clerk.reads("no answer from the hub: Enter asks again, and it is placed once only", "3 x Baguette")
        await clerk.press(*"4 croi", "shift+tab", "down")  # what may be there already stays as it is
        await clerk.press("escape")
        await clerk.reads("perhaps it is placed: look at the board")
        hub.answer = (200, {"sequence": 7})
        await clerk.press("enter")
        await clerk.until(lambda: clerk.app.said)
        assert hub.pressed[0] == hub.pressed[-1]
        assert len(hub.pressed) == 2


async def test_cut_off_from_the_hub_nothing_is_lost(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type("3 bag")
        hub.refuse = 503
        await hub.hang_up()
        await clerk.reads("CUT OFF", "what is typed stays here until the hub is back")
        await clerk.press("ctrl+s")
        await clerk.reads("not placed: cut off from the hub", "1 3 x Baguette")
        hub.refuse = None
        await clerk.until(lambda: clerk.app.feed.live)
        await clerk.press("enter")
        await placed(clerk, hub)


async def test_escape_asks_before_it_throws_away(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.press("3")
        await clerk.press("escape")
        await clerk.reads("Esc again throws away what was typed")
        await clerk.press("0")
        await clerk.press("escape")
        await clerk.reads("Esc again throws away what was typed", "product: 30")
        await clerk.press("escape")
        await clerk.until(lambda: clerk.app.said == [""])
        await clerk.press(OPEN)
        await clerk.reads("NEW ORDER", "nothing yet")
        await clerk.press("escape")
        await clerk.until(lambda: clerk.app.said == ["", ""])
    assert not hub.pressed


# --- other hands ------------------------------------------------------------------------------------------------------


async def test_a_finger_does_it_all(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        for words in ("Plain bagel", "Plain bagel", "Strawberry", "8in", "vanilla", "party hat"):
            await clerk.tap(words)
        for _ in ("the options", "the cake text", "the candles"):
            await clerk.tap("next", "FootLines")
        await clerk.reads("1 2 x Plain bagel", "2 1 x Strawberry cream cake 8in vanilla party hat", "product:")
        await clerk.tap("1 2 x Plain bagel", "OrderSheet")
        await clerk.reads("product: -1")
        await clerk.tap("next", "FootLines")
        await clerk.reads("1 1 x Strawberry")
        await clerk.tap("due time", "OrderSheet")
        await clerk.tap("tomorrow 16:00")
        await clerk.tap("channel", "OrderSheet")
        await clerk.tap("wechat")
        await clerk.reads("3 [x] wechat")
        await clerk.tap("place the order", "FootLines")
        data = await placed(clerk, hub)
        assert (data["salesChannel"], data["takeout"]["takeoutDateTime"]) == ("wechat", "2026-11-23T08:00:00Z")


async def test_chinese_comes_from_an_input_method_as_pasted_text(hub: StandIn) -> None:
    async with at_the_counter(hub, "zh") as clerk:
        await clerk.paste("3个可颂，切片")
        await clerk.press("enter")
        await clerk.reads("1 3 x 可颂 切片")
        await clerk.type("cm")
        await clerk.press("２", "1", "enter")  # also with full-width digits
        await clerk.paste("小雨,\n生日快乐!\x1b[31m")
        await clerk.press("enter", "enter", "enter")
        await clerk.paste("明天下午4点")
        await clerk.press("enter")
        await clerk.paste("王女士")
        await clerk.press("ctrl+s")
        data = await placed(clerk, hub)
    assert [item.get("specialInstructions") for item in data["items"]] == ["切片", None]
    assert data["items"][1]["bakery"]["cakeText"] == "小雨, 生日快乐![31m"
    assert data["takeout"]["takeoutDateTime"] == "2026-11-23T08:00:00Z"
    assert data["customer"] == {"name": "王女士"}


async def test_more_lines_than_there_is_room_for_are_counted(hub: StandIn) -> None:
    async with at_the_counter(hub) as clerk:
        await clerk.type(*(f"bag, note {n}" for n in range(1, 13)))
        await clerk.reads("+8", "12 1 x Baguette note 12")
        assert "note 8 " not in clerk.text


async def test_the_display_opens_it_and_says_what_number_the_order_was_given(store: Store) -> None:
    async with display(store.url, (100, 30), {"clock": store.clock}, stations=["kitchen"]) as screen:
        await screen.shows("0 cards")
        await screen.press("n")
        await screen.shows("NEW ORDER", "nothing yet")
        await screen.press(*"12 quiches", "tab")  # letters and digits that mean something to the board beneath
        await screen.shows("no product is called quiches")
        store.clock.advance(1)
        await screen.press("tab", "tab")
        await screen.shows("due time:", "12 x quiches")
        await screen.press("ctrl+s")
        await screen.shows("placed: H001 12 x quiches", "1 cards")
        await screen.press("f8", "escape")
        await screen.hides("NEW ORDER")
    (order,) = store.hub.board.orders.values()
    assert (order.display_id, order.channel, [item.name for item in order.items]) == ("H001", "walk-in", ["quiches"])


async def test_hostile_names_of_products_and_customers_keep_to_their_cells(hub: StandIn) -> None:
    text = arrives(ALL)
    async with at_the_counter(hub) as clerk:
        evil = Product("bread-evil", f"Evil {text}", unit="pc", options=(text, "other"), allergens=(text,))
        clerk.app.feed.info = replace(a_store(), name=text, products=(evil, *a_store().products))
        await clerk.type("2 evil")
        await clerk.press("1", "enter")
        await clerk.paste(f"evil, {text}")
        await clerk.press("enter", "enter", "enter", "enter")
        await clerk.paste(text)
        await clerk.press("enter", "enter")
        await clerk.reads("channel:", "1 2 pc x Evil")
        typed = next(y for y, line in enumerate(clerk.lines) if "channel:" in line)
        seen = [(cells(line), powers(line)) for y, line in enumerate(clerk.lines) if y != typed]
        assert seen == [(80, set())] * 23
        await clerk.press("ctrl+s")
        await placed(clerk, hub)
        await clerk.until(lambda: clerk.app.said)
        assert powers(clerk.app.said[0] or "") == set()


# --- what is drawn ----------------------------------------------------------------------------------------------------


async def _begin(clerk: Clerk) -> None:
    await clerk.press(*"2 ba")


async def _cake(clerk: Clerk) -> None:
    await clerk.type("3 bag", "cake-s")
    await clerk.press("2", "1", "1")


async def _early(clerk: Clerk) -> None:
    await clerk.type("3 bag", "mousse", "", "+45")


SCENES = {"begin": _begin, "cake": _cake, "early": _early}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [(80, 24), (128, 48), (240, 67)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES)
async def test_the_form_looks_as_it_should(scene: str, size: tuple[int, int], language: Language) -> None:
    board = a_board(unavailable=(Halted("bread-bagel", "", NOW, "api", ""),))
    async with standing_in(board) as hub, at_the_counter(hub, language, size) as clerk:
        await SCENES[scene](clerk)
        await clerk.until(lambda: clerk.app.screen._compositor.root is not None)
        await clerk._pilot.pause()
        picture = "".join(f"|{line}|\n" for line in clerk.lines)
    golden = GOLDEN / f"entry-{scene}-{size[0]}x{size[1]}-{language}.txt"
    if os.environ.get("OVENBELL_GOLDEN") == "write":
        golden.write_text(picture, encoding="utf-8")
    assert picture == golden.read_text(encoding="utf-8")


def grounds(clerk: Clerk) -> set[str]:
    """The colours behind the text."""
    styles = [segment.style for strip in clerk.app.screen._compositor.render_strips() for segment in strip]
    return {style.bgcolor.get_truecolor().hex for style in styles if style and style.bgcolor}
