"""Numbers: which one a card stands under, that it stays there, and that a freed one rests before it is given again."""

import pytest

from edge import intents as i
from edge.facts import SlotFreed, SlotTaken
from edge.intents import Refused
from edge.orders import OrderId
from tests.builders import DECO, KITCHEN, OVEN, PACKING, a_bread, a_bun, a_cake, a_layout, placed
from tests.unit.edge.kitchen import Kitchen


def test_an_order_takes_the_lowest_free_number_at_its_station() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2", "o3")
    assert kitchen.cards(OVEN) == {1: "o1", 2: "o2", 3: "o3"}


def test_an_order_is_at_every_station_that_works_one_of_its_items() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_cake("1"), a_bun("2")))
    assert kitchen.order().slots == {OVEN: 1, KITCHEN: 1}


def test_several_items_at_one_station_share_a_card() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_cake("1"), a_bread("2")))
    assert [item.item for item in kitchen.card(OVEN).items] == ["1", "2"]
    assert kitchen.cards(OVEN) == {1: "o1"}


def test_numbers_do_not_move_when_an_order_before_them_leaves() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2", "o3", items=(a_bread(),))
    kitchen.bump(OVEN, 1)
    kitchen.bump(OVEN, 1)
    assert kitchen.cards(OVEN) == {2: "o2", 3: "o3"}
    assert kitchen.cards(PACKING) == {1: "o1"}


def test_a_number_stays_while_the_order_goes_through_several_stages_of_one_station() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2")
    for stands in ("baking started", "cooling started"):
        kitchen.bump(OVEN, 2)
        assert kitchen.stands(order="o2") == stands
        assert kitchen.cards(OVEN) == {1: "o1", 2: "o2"}


def test_a_freed_number_rests_for_five_seconds() -> None:
    kitchen = Kitchen(a_layout(grace=0.5))
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.later(4.9)
    kitchen.place("o2", items=(a_bun(),))
    kitchen.later(0.1)
    kitchen.place("o3", items=(a_bun(),))
    assert kitchen.cards(KITCHEN) == {1: "o3", 2: "o2"}


def test_a_freed_number_rests_for_the_grace_where_that_is_longer() -> None:
    kitchen = Kitchen(a_layout(grace=20))
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.later(19)
    kitchen.place("o2", items=(a_bun(),))
    assert kitchen.cards(KITCHEN) == {2: "o2"}


def test_a_second_press_on_a_freed_number_hits_nobody() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.place("o2", items=(a_bun(),))
    with pytest.raises(Refused, match="slot 1 at kitchen is empty"):
        kitchen.bump(KITCHEN, 1)
    assert kitchen.stands(order="o2") == "making started"


def test_two_presses_in_one_batch_do_not_both_take_the_same_step() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bread(),))
    press = i.Bump(station=OVEN, slot=1)
    assert kitchen.batch([press, press, press]) == ["", "", "slot 1 at Oven is empty"]
    assert kitchen.stands() == "boxing started"


def test_beyond_the_last_slot_numbers_go_on_over_pages() -> None:
    kitchen = Kitchen()
    kitchen.place(*(f"o{n}" for n in range(1, 7)))
    assert list(kitchen.cards(OVEN)) == [1, 2, 3, 4, 5, 6]


def test_a_keypad_presses_what_stands_on_the_page_its_station_shows() -> None:
    kitchen = Kitchen()
    kitchen.place(*(f"o{n}" for n in range(1, 7)))
    kitchen.ask(i.Bump(station=OVEN, position=2))
    kitchen.ask(i.TurnPage(OVEN, "next"))
    kitchen.ask(i.Bump(station=OVEN, position=2))
    assert [name for name in ("o2", "o6") if kitchen.stands(order=name) == "baking started"] == ["o2", "o6"]
    with pytest.raises(Refused, match="slot 7 at Oven is empty"):
        kitchen.ask(i.Bump(station=OVEN, position=3))


def test_a_key_beyond_the_page_hits_no_card_on_the_next() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2", "o3", "o4", "o5")
    with pytest.raises(Refused, match="Oven has 4 slots on a page"):
        kitchen.ask(i.Bump(station=OVEN, position=5))


def test_a_screen_presses_a_slot_whatever_the_page() -> None:
    kitchen = Kitchen()
    kitchen.place(*(f"o{n}" for n in range(1, 7)))
    kitchen.ask(i.TurnPage(OVEN, 2))
    kitchen.bump(OVEN, 2)
    assert kitchen.stands(order="o2") == "baking started"


def test_after_the_last_page_comes_the_first_and_before_the_first_the_last() -> None:
    kitchen = Kitchen()
    kitchen.place(*(f"o{n}" for n in range(1, 10)))
    pages = []
    for to in ("next", "next", "next", "previous", "previous"):
        kitchen.ask(i.TurnPage(OVEN, to))
        pages.append(kitchen.board.station(OVEN).page)
    assert pages == [2, 3, 1, 3, 2]


def test_a_page_that_is_not_there_is_refused() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    with pytest.raises(Refused, match="Oven has 1 pages"):
        kitchen.ask(i.TurnPage(OVEN, 2))


def test_the_page_belongs_to_its_station_alone() -> None:
    kitchen = Kitchen()
    kitchen.place(*(f"o{n}" for n in range(1, 7)))
    kitchen.ask(i.TurnPage(OVEN, "next"))
    assert (kitchen.board.station(OVEN).page, kitchen.board.station(DECO).page) == (2, 1)


def test_an_order_that_leaves_and_comes_back_takes_a_new_number_and_its_old_one_rests() -> None:
    kitchen = Kitchen(a_layout(routes=(), stations=()))
    kitchen.place("o1", items=(a_bun(),))
    kitchen.ask(i.Hold(OrderId("o1")))
    assert kitchen.cards(KITCHEN) == {}
    kitchen.ask(i.Release(OrderId("o1")))
    assert kitchen.cards(KITCHEN) == {2: "o1"}


def test_the_facts_say_which_number_was_taken_and_until_when_a_freed_one_rests() -> None:
    kitchen = Kitchen()
    happened = kitchen.ask(placed("o1", a_bun())) + kitchen.bump(KITCHEN, 1)
    assert [what for what in happened if isinstance(what, SlotTaken | SlotFreed)] == [
        SlotTaken(OrderId("o1"), KITCHEN, 1),
        SlotFreed(OrderId("o1"), KITCHEN, 1, kitchen.clock.now() + 5),
    ]


def test_a_press_names_a_station_that_there_is() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    with pytest.raises(Refused, match="there is no station cellar"):
        kitchen.ask(i.Bump(station="cellar", slot=1))  # type: ignore[arg-type]
