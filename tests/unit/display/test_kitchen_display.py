"""The kitchen display as its people see it: the real app, driven by keys, on a real hub wherever one can be had."""

from collections.abc import AsyncIterator

import pytest
from textual.widgets import Static

from display import app as app_module
from display.card import CardPlace
from display.palette import GREEN, RED
from edge.intents import Bump, Cancel, Change
from edge.orders import Bakery, OrderId, StationId, Word
from edge.views import Device, Lapsed, Ready, StationView, Status, Tick
from tests.builders import MORNING, OVEN, ManualClock, a_bread, a_cake, a_stamp, an_order, placed
from tests.unit.display.cards import NOW, a_card, a_line, minutes
from tests.unit.display.conftest import Store
from tests.unit.display.screens import display
from tests.unit.display.stand_in import CALM, StandIn, a_board, a_change, a_tick, standing_in


@pytest.fixture
async def hub() -> AsyncIterator[StandIn]:
    """A hub that says what the test wants: one card on twelve numbers."""
    async with standing_in(a_board(a_card(), slots=12)) as hub:
        yield hub


# --- a morning, on the real hub ---------------------------------------------------------------------------------------


async def test_an_order_appears_and_moves_on_with_each_press(store: Store) -> None:
    async with display(store.url, stations=["oven"], client={"clock": store.clock}) as screen:
        await screen.shows("Oven", "0 cards")
        await store.ask(placed("a17", a_cake(note="少糖", bakery=Bakery(cake_text="小雨,生日快乐!"))))
        await screen.shows("A17", "Strawberry cake", "note: 少糖", "小雨,生日快乐!", "NEW", "next: start Baking")
        await screen.press("1")
        await screen.shows("next: finish Baking", "r 1: back, 5 s", "1 A17: Baking started")
        store.clock.advance(6)
        await screen.shows("25 min too early")
        store.clock.advance(30 * 60)
        await screen.shows("Baking 30/25-40 min")
        await screen.press("1")
        await screen.shows("next: finish cooling", "1 A17: Baking finished")


async def test_a_press_and_its_echo_count_once(store: Store) -> None:
    await store.ask(placed("a17"))
    async with display(store.url, stations=["oven"], client={"clock": store.clock}) as screen:
        await screen.shows("next: start Baking")
        await screen.press("1", "1", "1")
        await screen.shows("next: finish Baking", "Baking started")
        store.clock.advance(1)
        await screen.press("1")
        await screen.shows("next: finish cooling")


async def test_a_press_is_taken_back_by_number_and_the_stations_last_by_the_key_again(store: Store) -> None:
    await store.ask(placed("a17"), Bump(station=OVEN, slot=1))
    async with display(store.url, stations=["oven"], client={"clock": store.clock}) as screen:
        await screen.shows("next: finish Baking")
        await screen.press("r")
        await screen.shows("recall: which number?")
        await screen.press("1")
        await screen.shows("RECALLED", "next: start Baking", "1: last press taken back")
        await screen.press("1")
        await screen.shows("next: finish Baking")
        await screen.press("r", "r")
        await screen.shows("next: start Baking", "last press taken back")
        await screen.press("r", "r")
        await screen.shows("not done:")


async def test_what_changed_and_what_was_cancelled_stays_until_it_is_acknowledged(store: Store) -> None:
    await store.ask(placed("a17", a_cake("1"), a_bread("2")), Bump(station=OVEN, slot=1))
    async with display(store.url, stations=["oven"]) as screen:
        await screen.shows("next: finish Baking")
        changed = an_order("a17", a_cake("1", note="less sugar"), a_cake("3"))
        await store.ask(Change(changed, a_stamp("e2", time=MORNING + 1)))
        await screen.shows("STOP 1 Rye bread", "ALTERED", "changed: note", "ADDED")
        await screen.press("a")
        await screen.hides("STOP")
        assert not screen.says("ALTERED")
        await store.ask(Cancel(OrderId("a17"), a_stamp("e3", time=MORNING + 2)))
        await screen.shows("CANCELLED", "Strawberry cake", "cancelled: acknowledge")
        await screen.press("a")
        await screen.hides("Strawberry cake")


async def test_acknowledging_clears_the_oldest_mark(store: Store) -> None:
    await store.ask(placed("a17"))
    async with display(store.url, stations=["oven"]) as screen:
        await screen.shows("A17", "NEW")
        await screen.press("a")
        await screen.hides("NEW")
        await screen.press("a")
        await screen.shows("not done:")


async def test_a_full_station_turns_its_pages_and_numbers_stay_the_keys_to_press(store: Store) -> None:
    await store.ask(*(placed(f"b{n}", a_bread()) for n in range(1, 7)))
    async with display(store.url, stations=["oven"], client={"clock": store.clock}) as screen:
        await screen.shows("page 1/2", "2 on other pages", "B4")
        assert "B5" not in screen.text
        await screen.press("pagedown")
        await screen.shows("page 2/2", "4 on other pages", "B5", "B6")
        await screen.press("1")
        await screen.shows("1 B5: Baking started")
        await screen.press("left")
        await screen.shows("page 1/2")


async def test_several_stations_stand_side_by_side_and_tab_chooses_who_gets_the_digits(store: Store) -> None:
    await store.ask(placed("b1", a_bread()), Bump(station=OVEN, slot=1), Bump(station=OVEN, slot=1), placed("a2"))
    async with display(store.url, stations=["oven", "packing"], size=(160, 40)) as screen:
        await screen.shows("Oven", "Packing", "A2", "B1", "next: start Baking", "next: finish boxing", "1 coming:")
        assert "keys" in screen.lines[0][:80], "digits go to the first station"
        await screen.press("tab")
        assert "keys" in screen.lines[0][80:]
        await screen.press("1")
        await screen.shows("1 B1: boxing finished", "ready 1")


async def test_without_a_choice_all_stations_of_the_store_are_shown(store: Store) -> None:
    async with display(store.url, size=(160, 60)) as screen:
        await screen.shows("Oven", "Decorating", "Packing", "kitchen")


async def test_a_station_that_the_hub_does_not_know_is_said(store: Store) -> None:
    async with display(store.url, stations=["bar"]) as screen:
        await screen.shows("bar", "the hub has no such station")


async def test_when_the_store_closes_its_feed_the_board_says_so_and_is_not_live(store: Store) -> None:
    await store.ask(placed("a17"))
    async with display(store.url, stations=["oven"], client={"clock": store.clock}) as screen:
        await screen.shows("A17", "next: start Baking")
        await store.feed.stop()
        await screen.shows("CUT OFF from the hub since 01:00:00", "what is shown is old", "OLD")
        await screen.press("1")
        await screen.shows("not done: cut off from the hub")


async def test_thirty_orders_pass_through_the_same_few_places(store: Store) -> None:
    async with display(store.url, stations=["oven"], client={"clock": store.clock}) as screen:
        await screen.shows("0 cards")
        widgets = set(screen.app.query("*"))
        for n in range(30):
            await store.ask(placed(f"b{n}", a_bread()))
            await screen.shows(f"B{n} ")
            await store.ask(*[Bump(station=OVEN, order=OrderId(f"b{n}"))] * 2)
            store.clock.advance(10)
        assert set(screen.app.query("*")) == widgets
        assert len(screen.app.query(CardPlace)) == 4


# --- never a lie ------------------------------------------------------------------------------------------------------


async def test_a_board_that_is_cut_off_loses_its_colours_and_its_next_steps(hub: StandIn) -> None:
    clock = ManualClock()
    async with display(hub.url, client={"clock": clock, "pauses": (30.0,)}) as screen:
        await screen.shows("A017", "next: start Baking", "cloud connected")
        assert {GREEN} <= screen.grounds()
        await hub.connected.wait()
        clock.advance(75)
        await hub.hang_up()
        await screen.shows("CUT OFF from the hub since 01:00:00 (1 min)", "OLD", "not live: do not press")
        assert "next:" not in screen.text.replace("number: next step", "")
        assert "cloud connected" not in screen.text
        assert RED in screen.grounds()
        assert GREEN not in screen.grounds()


async def test_a_hub_that_is_frozen_is_noticed_by_its_missing_ticks(hub: StandIn) -> None:
    async with display(hub.url, client={"silence": 0.3}) as screen:
        await screen.shows("CUT OFF: the hub is silent", "OLD")
        await hub.say(a_tick())
        await screen.shows("next: start Baking")


async def test_a_display_that_never_saw_its_hub_says_that_it_is_trying(unused_tcp_port: int) -> None:
    async with display(f"http://127.0.0.1:{unused_tcp_port}") as screen:
        await screen.shows("NO HUB YET")
        await screen.press("1", "r", "a", "tab", "pagedown", "enter")


async def test_a_display_with_a_wrong_token_says_that_it_is_refused(hub: StandIn) -> None:
    hub.refuse = 401
    async with display(hub.url) as screen:
        await screen.shows("CUT OFF: the hub wants a token: OVENBELL_FEED_TOKEN or --token-file")


async def test_the_status_line_says_what_is_not_well(hub: StandIn) -> None:
    async with display(hub.url, size=(200, 40)) as screen:
        await screen.shows("01:00 cloud connected, heard 0 s ago unprinted 0 perhaps printed 0 not understood 0 gaps 0")
        devices = (
            Device("kitchen", "printer", "fault", "no paper"),
            Device("pad", "keypad", "missing"),
            Device("c", "printer", "ok"),
        )
        await hub.say(a_tick(status=Status("away", NOW - minutes(5), 1, 2, 3, 4, "disk full", devices)))
        await screen.shows(
            "NOTHING IS BEING SAVED: the disk is full", "CLOUD AWAY, heard 5 min ago", "unprinted 2",
            "perhaps printed 3", "not understood 4", "gaps 1", "printer kitchen faulty (no paper)",
            "keypad pad missing",
        )  # fmt: skip
        assert "printer c" not in screen.text
        refused = "the broker refuses what the store sends: 0x87"
        await hub.say(a_tick(status=Status("connected", NOW, 0, 0, 0, 0, "ok", cloud_reason=refused)))
        await screen.shows("cloud connected", refused)
        await hub.say(a_tick(status=Status("none", None, 0, 0, 0, 0, "ok", clock="not set")))
        await screen.shows("THE CLOCK IS NOT SET: release held orders by hand")
        await hub.say(a_tick(status=Status("none", None, 0, 0, 0, 0, "ok")))
        await screen.shows("no cloud")


async def test_orders_that_are_on_no_station_are_still_told() -> None:
    ready, lapsed = (Ready(OrderId("r"), "A1"),), (Lapsed(OrderId("l"), "A99", NOW),)
    async with standing_in(a_board(ready=ready, lapsed=lapsed)) as hub, display(hub.url, size=(200, 40)) as screen:
        await screen.shows("ready 1", "held 0", "too old, not made: A99")


async def test_cards_without_room_are_counted_and_late_ones_elsewhere_shout() -> None:
    cards = [a_card(slot=n, order=OrderId(f"o{n}"), display_id=f"A{n}") for n in range(1, 31)]
    late = a_card(slot=35, order=OrderId("late"), due=NOW - minutes(3))
    async with standing_in(a_board(*cards, late, slots=30)) as hub, display(hub.url, size=(80, 24)) as screen:
        await screen.shows("12 HIDDEN Oven", "1 on other pages, 1 late", "screen too s")


async def test_a_late_card_without_room_is_told_by_the_first_words_of_the_heading() -> None:
    cards = [a_card(slot=n, order=OrderId(f"o{n}"), display_id=f"A{n}") for n in range(1, 30)]
    late = a_card(slot=30, order=OrderId("late"), display_id="A30", due=NOW - minutes(3))
    async with standing_in(a_board(*cards, late, slots=30)) as hub, display(hub.url, size=(80, 24)) as screen:
        await screen.shows("12 HIDDEN, 1 late Oven", ">> next: start Baking")
        assert "A30" not in screen.text


# --- hands ------------------------------------------------------------------------------------------------------------


async def test_of_twelve_numbers_only_the_one_waits_for_a_second_digit(hub: StandIn) -> None:
    cards = [a_card(slot=n, order=OrderId(f"o{n}")) for n in (1, 2, 12)]
    hub.board = a_board(*cards, slots=12)
    async with display(hub.url) as screen:
        await screen.shows("3 cards")
        await screen.press("2")
        await screen.until(lambda: len(hub.pressed) == 1)
        await screen.press("1")
        await screen.shows("1_")
        await screen.press("2")
        await screen.until(lambda: len(hub.pressed) == 2)
        await screen.press("1", "enter")
        await screen.until(lambda: len(hub.pressed) == 3)
        await screen.press("1", "escape", "enter")
        assert [press["order"] for press in hub.pressed] == ["o2", "o12", "o1"]


async def test_a_lonely_one_is_pressed_after_a_moment(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "SECOND_DIGIT", 0.05)
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        await screen.press("1")
        await screen.until(lambda: len(hub.pressed) == 1)
        assert hub.pressed[0] | {"id": ""} == {
            "type": "bump", "station": "oven", "slot": 1, "order": "o1", "by": "display:oven", "id": "",
            "stage": "baking", "moment": "started",
        }  # fmt: skip


async def test_a_recall_that_is_not_finished_is_forgotten(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "CHOOSING", 0.05)
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        await screen.press("r")
        await screen.shows("r recall   a acknowledge".replace("   ", " "))
        await screen.press("1", "enter")
        await screen.until(lambda: len(hub.pressed) == 1)
        assert hub.pressed[0]["type"] == "bump"


async def test_a_free_number_and_an_unanswered_press_are_said(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        await screen.press("9")
        await screen.shows("9 is free: nothing done")
        hub.answer = None
        await screen.press("p")
        await screen.shows("no answer from the hub: look at the card before pressing again")


async def test_the_reason_of_a_refusal_stands_in_the_notice_line(hub: StandIn) -> None:
    hub.answer = (409, {"reason": "the slot holds \x1b[31m[b]another[/b] order"})
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        await screen.press("1", "enter")
        await screen.shows("not done: the slot holds [31m[b]another[/b] order")


async def test_help_names_the_keys_and_any_key_closes_it_without_doing_anything(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        for key in ("question_mark", "f1"):
            await screen.press(key)
            await screen.shows("recall: then a number", "ALLERGENS", "not long enough at its stage yet")
            await screen.press("2")
            await screen.hides("recall: then a number")
        assert not hub.pressed


async def test_numbers_can_go_through_a_keypad_and_a_pane_can_stand_beside_the_board(hub: StandIn) -> None:
    keypad: list[tuple[str, int]] = []
    pane = Static("the printed ticket")
    pane.styles.width = 20
    hub.board = a_board(a_card(), a_card(slot=12, order=OrderId("o12")), slots=12)
    async with display(hub.url, press=lambda *pressed: keypad.append(pressed), side=pane) as screen:
        await screen.shows("2 cards")
        assert "the printed ticket" in screen.text
        await screen.press("1", "2", "1", "enter", "r", "9")
        assert keypad == [("oven", 12), ("oven", 1)]
        await screen.until(lambda: [press["type"] for press in hub.pressed] == ["recall"])


async def test_q_quits(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        await screen.press("q")
        await screen.until(lambda: screen.app._exit)


# --- what is drawn ----------------------------------------------------------------------------------------------------


async def test_a_quiet_second_repaints_no_card(hub: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    async with display(hub.url) as screen:
        await screen.shows("A017", "40 min")
        await hub.say(a_tick(status=Status("connected", NOW, 9, 0, 0, 0, "ok")))
        await screen.shows("gaps 9")
        painted: list[CardPlace] = []
        monkeypatch.setattr(CardPlace, "refresh", lambda self, *_, **__: painted.append(self))
        for gaps in (1, 2):
            await hub.say(a_tick(status=Status("connected", NOW, gaps, 0, 0, 0, "ok")))
            await screen.shows(f"gaps {gaps}")
        assert not painted


async def test_what_customers_wrote_is_shown_as_they_wrote_it(hub: StandIn) -> None:
    evil = "[bold red]free[/] \x1b[2J\x1b]0;title\x07 \u202egnp.exe"
    async with display(hub.url) as screen:
        await screen.shows("1 cards")
        await hub.say(a_change(a_card(a_line(evil, note=evil), display_id="[/]", customer=evil, marks=(Word.NEW,)), 6))
        await screen.shows("[/]", "[bold red]free[/] [2J]0;title gnp.exe")


async def test_the_board_speaks_chinese(hub: StandIn) -> None:
    async with display(hub.url, language="zh") as screen:
        await screen.shows("下一步：开始Baking", "准时", "云端正常", "数字：下一步")
        await hub.say(a_tick(status=CALM))


async def test_a_store_that_comes_back_with_other_stations_is_put_up_anew(hub: StandIn) -> None:
    async with display(hub.url) as screen:
        await screen.shows("Oven")
        await hub.connected.wait()
        hub.board = a_board(sequence=1, stations=(StationView(StationId("bar"), "Bar", 1, 3),))
        await hub.hang_up()
        await screen.shows("Bar", "0 cards")
        assert "Oven" not in screen.text


async def test_a_card_that_stands_over_midnight_says_that_its_time_was_yesterdays() -> None:
    async with standing_in(a_board(a_card(due=NOW + minutes(60)))) as hub, display(hub.url) as screen:
        await screen.shows("02:00 in 60 min")
        await hub.say(Tick(NOW + minutes(26 * 60), 5, CALM))
        await screen.shows("11-22 02:00 25 h late")
