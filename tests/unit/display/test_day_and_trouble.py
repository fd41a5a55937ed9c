"""All-day, trouble and help as they look at three sizes in two languages, and as people use them on a real hub."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from textual.app import App

from display.day import AllDay
from display.help import Help
from display.palette import BLACK
from display.trouble import Trouble
from display.view import Listing, Scene
from edge.info import Keypad, Letter, Letters
from edge.intents import Bump, KeepLetter, ReportTicket, ReportUntold
from edge.orders import Bakery, ItemId, Moment, Option, OrderId
from edge.views import BoardView, Device, Status
from edge.words import Language
from tests.builders import OVEN, a_bread, a_cake, a_stamp, placed
from tests.hostile import ALL, LONG, arrives, powers
from tests.unit.display.cards import NOW, a_card, minutes
from tests.unit.display.conftest import Store
from tests.unit.display.pantry import ALL_WRONG, INFO, KEYS, LETTERS, a_day, a_halt, a_paper, an_item
from tests.unit.display.screens import display
from tests.unit.display.stand_in import CALM, StandIn, a_tick, standing_in
from tests.unit.display.test_hostile import cells
from tests.unit.display.wholes import SIZES, Look, a_scene, a_whole, looking

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = arrives(ALL)


def golden(name: str, lines: list[str]) -> None:
    """The lines are those of the golden picture."""
    picture = "".join(f"|{line}|\n" for line in lines)
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("OVENBELL_GOLDEN") == "write":
        file.write_text(picture, encoding="utf-8")
    assert picture == file.read_text(encoding="utf-8")


def wholesale(language: Language = "en", board: BoardView = ALL_WRONG) -> Scene:
    return replace(a_scene(board, language), info=INFO)


def informed() -> Trouble:
    """A view that has been told the letters."""
    view = Trouble()
    view._letters = LETTERS
    return view


async def all_pages(look: Look) -> list[str]:
    """Every page of a listing."""
    view = look.app.view
    assert isinstance(view, Listing)
    lines = list(look.lines)
    for _ in view._laid.pages[1:]:
        view.turn("next")
        await look.pilot.pause()
        lines += look.lines
    return lines


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
async def test_all_day_looks_as_it_should(size: str, language: Language) -> None:
    async with looking(AllDay(), wholesale(language), SIZES[size]) as look:
        golden(f"day-{size}-{language}", await all_pages(look))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
async def test_trouble_looks_as_it_should(size: str, language: Language) -> None:
    async with looking(informed(), wholesale(language), SIZES[size]) as look:
        golden(f"trouble-{size}-{language}", await all_pages(look))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
async def test_a_store_where_all_is_well_looks_so(size: str, language: Language) -> None:
    board = a_day(status=msgspec.structs.replace(CALM, devices=(Device("kitchen", "printer", "ok"),)))
    async with looking(Trouble(), wholesale(language, board), SIZES[size]) as look:
        golden(f"well-{size}-{language}", look.lines)


class Asked(App[None]):
    """A screen with the help over it."""

    CSS = f"Screen {{ background: {BLACK}; }}"

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self._scene = scene

    def on_mount(self) -> None:
        self.push_screen(Help(self._scene.manner, self._scene))


@asynccontextmanager
async def helped(scene: Scene, size: tuple[int, int]) -> AsyncIterator[list[str]]:
    """Every page of the help; afterwards it is closed."""
    app = Asked(scene)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        lines: list[str] = []
        while isinstance(app.screen, Help):
            lines += [strip.text for strip in app.screen._compositor.render_strips()]
            await pilot.press("x")
            await pilot.pause()
        yield lines


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
async def test_help_looks_as_it_should(size: str, language: Language) -> None:
    async with helped(wholesale(language), SIZES[size]) as lines:
        golden(f"help-{size}-{language}", lines)


async def test_help_shows_the_keypads_of_the_stations_that_the_display_shows() -> None:
    pads = (Keypad("oven-pad", OVEN, KEYS), Keypad("deco-pad", ItemId("deco"), {"1": "bump 1"}))  # type: ignore[arg-type]
    scene = replace(wholesale(), info=msgspec.structs.replace(INFO, keypads=pads))
    async with helped(scene, (240, 67)) as lines:
        assert "oven-pad" in "".join(lines)
        assert "deco-pad" in "".join(lines)
    async with helped(replace(scene, stations=(OVEN,)), (240, 67)) as lines:
        assert "deco-pad" not in "".join(lines)


# --- a batch, on the real hub -----------------------------------------------------------------------------------------


async def test_a_number_moves_all_of_a_product_on_and_nothing_else(store: Store) -> None:
    await store.ask(placed("b1", a_bread(quantity=12)), placed("b2", a_bread(quantity=5)), placed("a1", a_cake()))
    async with display(store.url, stations=["oven"], client={"clock": store.clock}) as screen:
        await screen.press("d")
        await screen.shows("all-day: Oven", "to make 17", "1 17 Baking waiting", "Strawberry cake")
        await screen.press("1")
        await screen.shows("17 Baking started")
        moments = {order.id: order.items[0].moment for order in store.hub.board.orders.values()}
        assert moments == {"b1": Moment.STARTED, "b2": Moment.STARTED, "a1": Moment.WAITING}


async def test_what_has_moved_on_meanwhile_is_not_hit_by_its_old_number(store: Store) -> None:
    await store.ask(placed("b1", a_bread()))
    async with display(store.url, stations=["oven"], client={"clock": store.clock}) as screen:
        await screen.press("d")
        await screen.shows("1 1 Baking waiting")
        await store.ask(Bump(station=OVEN, slot=1))
        await screen.shows("2 1 Baking started")
        await screen.press("1")
        await screen.shows("1 is free: nothing done")


async def test_tab_goes_through_the_stations_and_back_to_all_of_them(store: Store) -> None:
    await store.ask(
        placed("b1", a_bread()), Bump(station=OVEN, slot=1), Bump(station=OVEN, slot=1), placed("b2", a_bread())
    )
    async with display(store.url, client={"clock": store.clock}) as screen:
        await screen.press("f6")
        await screen.shows("all-day: all stations", "to make 2", "Packing")
        await screen.press("tab")
        await screen.shows("all-day: Oven", "to make 1", "Baking waiting")
        await screen.hides("boxing started")
        for name in ("Decorating", "Packing", "kitchen", "all stations"):
            await screen.press("tab")
            await screen.shows(f"all-day: {name}")


async def test_an_order_with_a_choice_stands_below_its_product_with_what_was_chosen(store: Store) -> None:
    await store.ask(
        placed("b1", a_bread(quantity=12)),
        placed("b2", a_bread(quantity=3, options=(Option("sliced"),), bakery=Bakery(size="small"))),
    )
    async with display(store.url, client={"clock": store.clock}) as screen:
        await screen.press("d")
        await screen.shows("15 Baking waiting", "12 plain", "3 small, sliced", "what was chosen, over all products")


async def test_a_quiet_second_writes_nothing_of_all_day_anew() -> None:
    scene = wholesale()
    async with looking(view := AllDay(), scene, (240, 67)):
        entries = [entry for entry, _ in view._entries]
        refreshed: list[object] = []
        view.refresh = lambda *regions, **_: refreshed.append(regions) or view  # type: ignore[method-assign]
        view.show(replace(scene, board=msgspec.structs.replace(scene.board, now=scene.board.now + minutes(0.1))))
        assert all(new is old for new, old in zip((e for e, _ in view._entries), entries, strict=True))
        assert refreshed == []


async def test_what_stays_behind_at_a_batch_is_said() -> None:
    nuts = an_item("Cake", "2", bakery=Bakery(allergens=("nuts",)))
    board = a_day(a_whole("o1", nuts), cards=(a_card(nuts, locked=True),))
    async with looking(AllDay(), wholesale(board=board)) as look:
        assert "2 stay behind: acknowledge their allergens" in look.text


@pytest.mark.parametrize(("moment", "done"), [(Moment.WAITING, "started"), (Moment.STARTED, "finished")])
async def test_a_batch_is_not_told_for_all_where_some_wait_for_their_allergens(moment: Moment, done: str) -> None:
    plain, nuts = (
        an_item("Cake", "2", moment=moment, bakery=Bakery(allergens=allergens)) for allergens in ((), ("nuts",))
    )
    whole, locked = a_whole("o1", plain), a_whole("o2", nuts)
    board = a_day(whole, locked, cards=(a_card(nuts, order=OrderId("o2"), locked=True),))
    async with standing_in(board) as hub, display(hub.url) as screen:
        await screen.press("f6")
        await screen.shows("2 stay behind: acknowledge their allergens")
        await screen.press("1")
        await screen.shows(f"Cake: 烘烤 {done} for 2, 2 stay behind: acknowledge their allergens")


# --- trouble, on the real hub -----------------------------------------------------------------------------------------


def a_letter(payload: bytes, reason: str = "not JSON") -> KeepLetter:
    return KeepLetter("ovenbell/v1/demo/orders", reason, payload, len(payload), "0" * 64)


async def test_what_was_not_understood_can_be_read_when_trouble_is_opened_and_when_more_comes(store: Store) -> None:
    await store.ask(a_letter(b"hm?"))
    async with display(store.url, client={"clock": store.clock}) as screen:
        await screen.press("exclamation_mark")
        await screen.shows("not understood 1", "do: Look for the order at its channel", "not JSON", "hm?")
        await store.ask(a_letter("草莓?".encode(), "no items"))
        await screen.shows("not understood 2", "no items", "草莓?")


async def test_a_ticket_in_doubt_is_printed_again_by_its_number(store: Store) -> None:
    await store.ask(placed("a17"))
    job = next(iter(store.hub.board.jobs.values())).id
    await store.ask(ReportTicket(job, "sending"), ReportTicket(job, "unconfirmed", "the printer hung up"))
    async with display(store.url, client={"clock": store.clock}) as screen:
        await screen.press("f7")
        await screen.shows(
            "perhaps printed 1", "1 A17 Kitchen ticket", "the printer hung up", "do: Look whether it came out"
        )
        await screen.press("1")
        await screen.shows("unprinted 1", "queued", "REPRINT #2")
        await screen.hides("the printer hung up")


async def test_a_customer_who_could_not_be_told_is_phoned_and_done_with_by_its_number(store: Store) -> None:
    await store.ask(placed("a17", customer="王女士", phone="13800001234"))
    words = "您的订单 A17 已做好"
    await store.ask(ReportUntold(OrderId("a17"), a_stamp("e2"), "order.ready", "wechat", "43101: none left", words))
    async with display(store.url, client={"clock": store.clock}) as screen:
        await screen.shows("not told: A17")
        await screen.press("f7")
        await screen.shows("do: Phone the customer", "1 A17", "王女士 1234", words, "43101: none left")
        await screen.press("1")
        await screen.shows("A17: the customer was phoned")
        await screen.hides("not told: A17")


async def test_when_nothing_is_wrong_all_is_well(store: Store) -> None:
    async with display(store.url, client={"clock": store.clock}) as screen:
        await screen.press("f7")
        await screen.shows("ALL IS WELL", "everything that is pressed is saved", "no cloud")


async def test_a_board_that_is_cut_off_is_never_well(store: Store) -> None:
    async with display(store.url, client={"clock": store.clock}) as screen:
        await screen.press("f7")
        await screen.shows("ALL IS WELL")
        await store.feed.stop()
        await screen.shows("do: Do not work from this screen")
        await screen.hides("ALL IS WELL")


@asynccontextmanager
async def a_hub_that_knows(letters: Letters | None, **status: int) -> AsyncIterator[StandIn]:
    """A stand-in that says how many letters there are."""
    async with standing_in(a_day(status=msgspec.structs.replace(CALM, **status))) as hub:
        if letters is not None:
            hub.answers["/api/letters"] = letters
        yield hub


async def test_the_letters_are_not_asked_for_each_second(store: Store) -> None:
    del store
    async with a_hub_that_knows(LETTERS, dead_letters=2) as hub, display(hub.url) as screen:
        await screen.shows("not understood 2")
        assert "/api/letters" not in hub.questions, "nobody looks"
        await screen.press("f7")
        await screen.shows("hm?")
        ill = msgspec.structs.replace(CALM, dead_letters=2, unprinted=1)
        await hub.say(a_tick(status=ill))
        await screen.shows("unprinted 1")
        assert hub.questions.count("/api/letters") == 1
        await hub.say(a_tick(status=msgspec.structs.replace(ill, dead_letters=3)))
        await screen.until(lambda: hub.questions.count("/api/letters") == 2)
        await screen.press("f2", "f7")
        await screen.until(lambda: hub.questions.count("/api/letters") == 3)


async def test_letters_that_the_hub_does_not_tell_are_said_and_asked_for_again() -> None:
    async with a_hub_that_knows(None, dead_letters=1) as hub, display(hub.url) as screen:
        await screen.press("f7")
        await screen.shows("not understood 1", "the hub does not tell them now; it is asked again")
        hub.answers["/api/letters"] = LETTERS
        later = a_tick(status=Status("connected", NOW, 0, 0, 0, 1, "ok"))
        await hub.say(msgspec.structs.replace(later, now=NOW + minutes(1)))
        await screen.shows("hm?")


async def test_a_press_that_had_no_effect_reaches_the_screen() -> None:
    async with a_hub_that_knows(None) as hub, display(hub.url) as screen:
        await screen.shows("cloud connected")
        pad = Device("oven-pad", "keypad", "ok", "slot 3 at Oven is empty")
        await hub.say(a_tick(status=msgspec.structs.replace(CALM, devices=(pad,))))
        await screen.shows("keypad oven-pad not done: slot 3 at Oven is empty")


# --- what is written cannot steer -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [HOSTILE, LONG])
@pytest.mark.parametrize("size", [(80, 24), (128, 48)])
async def test_hostile_text_stays_in_its_cells_and_steers_nothing(text: str, size: tuple[int, int]) -> None:
    line = an_item(
        text, code=text, unit=text, stage_name=text, options=(Option(text),),
        bakery=Bakery(text, 6, text, text, text, text, text, (text,)),
    )  # fmt: skip
    board = msgspec.structs.replace(
        ALL_WRONG,
        orders=(a_whole("a1", line),),
        papers=(a_paper(display_id=text, reason=text, printer=text),),
        unavailable=(a_halt(text, text, reason=text), a_halt("other", text, reason=text)),
        status=msgspec.structs.replace(
            ALL_WRONG.status, journal=text, cloud_reason=text, devices=(Device(text, "keypad", "ok", text),)
        ),
    )
    view = Trouble()
    view._letters = Letters((Letter(1, NOW, text, text, 1, text),), ())
    pad = Keypad(text, OVEN, {text: text, "1": text})
    scene = replace(wholesale(board=board), info=msgspec.structs.replace(INFO, keypads=(pad,)))
    pages = []
    for listing in (AllDay(), view):
        async with looking(listing, scene, size) as look:
            pages += await all_pages(look)
    async with helped(scene, size) as lines:
        pages += lines
    assert {(cells(line), frozenset(powers(line))) for line in pages} == {(size[0], frozenset())}
