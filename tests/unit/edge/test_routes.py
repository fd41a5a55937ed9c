"""Routes: which stages an item goes through, who works them, and how long before it is due it must begin."""

import pytest

from edge.layout import PrintRule, Route, Station
from edge.orders import StageId
from edge.routes import release_time, route_of
from tests.builders import HOUR, KITCHEN, MORNING, OVEN, a_bread, a_bun, a_cake, a_layout, an_item, an_order, stages
from tests.unit.edge.kitchen import Kitchen


@pytest.mark.parametrize(
    ("name", "code", "first"),
    [
        ("Whatever", "cake-lemon", "baking"),
        ("cake-lemon", "", "baking"),
        ("Tea", "drink-tea", "brewing"),
        ("Tea", "DRINK-TEA", "making"),
        ("Tea", "", "making"),
    ],
)
def test_the_first_route_whose_glob_matches_the_code_or_the_name_wins(name: str, code: str, first: str) -> None:
    layout = a_layout(
        routes=(
            Route("cake-*", stages("baking")),
            Route("drink-[a-z]*", stages("brewing")),
            Route("cake-lemon", stages("never")),
        )
    )
    assert route_of(layout, an_item(name, code)).stages == stages(first)


def test_an_item_that_no_route_matches_is_made_in_one_stage() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    assert kitchen.item().route == (StageId("making"),)
    kitchen.bump(KITCHEN, 1)
    assert kitchen.order().state == "ready"


def test_a_stage_that_no_station_works_is_worked_at_a_station_called_kitchen() -> None:
    layout = a_layout(stations=())
    kitchen = Kitchen(layout)
    kitchen.place("o1")
    assert tuple(layout.stations) == (KITCHEN,)
    assert kitchen.cards(KITCHEN) == {1: "o1"}


def test_a_store_without_any_settings_shows_every_order() -> None:
    kitchen = Kitchen(a_layout(stages=(), stations=(), routes=()))
    kitchen.place("o1", items=(a_cake("1"), a_bun("2")))
    assert [item.item for item in kitchen.card(KITCHEN).items] == ["1", "2"]
    kitchen.bump(KITCHEN, 1)
    assert kitchen.order().state == "ready"


def test_a_stage_of_a_route_that_no_station_works_comes_to_the_kitchen_too() -> None:
    layout = a_layout(stations=(Station(OVEN, "Oven", stages("baking")),))
    assert layout.stations[KITCHEN].stages == stages("cooling", "frosting", "boxing", "making")


def test_a_stage_that_no_setting_knows_any_more_is_worked_in_the_kitchen() -> None:
    assert a_layout().station_of(StageId("glazing")) == KITCHEN
    assert a_layout(stations=(Station(OVEN, "Oven", stages("making")),), routes=()).station_of(StageId("x")) == OVEN


def test_a_kitchen_of_ones_own_keeps_its_stages_and_gets_the_others() -> None:
    layout = a_layout(stations=(Station(KITCHEN, "Backstube", stages("baking"), slots=6),))
    kitchen = layout.stations[KITCHEN]
    assert (kitchen.name, kitchen.slots) == ("Backstube", 6)
    assert kitchen.stages == stages("baking", "cooling", "frosting", "boxing", "making")


def test_a_printer_without_stations_prints_for_all_of_them() -> None:
    layout = a_layout(printing=(PrintRule("office", ()),))
    assert layout.printing[0].stations == tuple(layout.stations)


def test_a_scheduled_order_begins_the_longest_lead_of_its_items_before_it_is_due() -> None:
    order = an_order("o1", a_bread("1"), a_cake("2"), scheduled=True, due=MORNING + 5 * HOUR)
    assert release_time(a_layout(), order) == MORNING + 2 * HOUR


def test_an_order_for_now_or_without_a_due_time_need_not_wait() -> None:
    assert release_time(a_layout(), an_order(due=MORNING + 5 * HOUR)) is None
    assert release_time(a_layout(), an_order(scheduled=True)) is None
    assert release_time(a_layout(), an_order("o1", a_bun(), scheduled=True, due=MORNING)) == MORNING
