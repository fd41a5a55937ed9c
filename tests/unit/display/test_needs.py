"""What must be made, summed over orders: every unit once, no unit added to another, nothing that is made already."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.day import written
from display.needs import Need, choices, needs, product_of
from edge.info import Product
from edge.orders import Bakery, ItemId, Moment, Option, OrderId, OrderState, StageId, StationId
from edge.views import CardItem, Whole
from tests.unit.display.cards import NOW, a_card, a_line, minutes
from tests.unit.display.pantry import DECO, OVEN, PRODUCTS, SOLD_OUT, STARTED, a_day, an_item
from tests.unit.display.wholes import a_scene, a_whole

MANNER = a_scene(a_day()).manner
amounts = st.decimals("0.001", "999999", places=3) | st.integers(1, 99).map(Decimal)
items = st.builds(
    a_line,
    st.sampled_from(["Croissant", "Rye bread", "cake"]),
    item=st.sampled_from([ItemId("1"), ItemId("2")]),
    code=st.sampled_from(["", "bread", "Croissant"]),
    quantity=amounts,
    unit=st.sampled_from(["", "UN", "kg", "g"]),
    stage=st.sampled_from([StageId("baking"), StageId("frosting")]),
    station=st.sampled_from([OVEN, DECO]),
    moment=st.sampled_from(list(Moment)),
    wasted=st.integers(0, 2).map(Decimal),
    options=st.lists(st.builds(Option, st.sampled_from(["nuts", "gift wrap"]), amounts), max_size=2).map(tuple),
    bakery=st.builds(Bakery, size=st.sampled_from([None, "8 inch"]), candles=st.sampled_from([None, 0, 6])),
)
orders = st.lists(
    st.builds(lambda state, *lines: (state, lines), st.sampled_from(list(OrderState)), *[items] * 3),
    max_size=6,
).map(lambda each: tuple(a_whole(f"o{n}", *lines, state=state) for n, (state, lines) in enumerate(each)))


def added_up(lines: list[CardItem]) -> dict[str, Decimal]:
    sums: Counter[str] = Counter()
    for line in lines:
        sums["" if line.unit == "UN" else line.unit] += line.quantity  # type: ignore[assignment]
    return dict(sums)  # type: ignore[arg-type]


def to_make(placed: tuple[Whole, ...], station: StationId | None) -> list[CardItem]:
    return [
        line
        for order in placed
        if order.state is OrderState.OPEN
        for line in order.items
        if line.moment is not Moment.FINISHED and station in {None, line.station}
    ]


@given(orders, st.sampled_from([None, OVEN, DECO]))
def test_the_sums_of_all_lots_are_the_sums_of_all_items(placed: tuple[Whole, ...], station: StationId | None) -> None:
    found = needs(a_day(*placed), MANNER, PRODUCTS, station)
    there = to_make(placed, station)
    assert added_up([item for need in found for lot in need.lots for item in lot.items]) == added_up(there)
    for need in found:
        mine = [line for line in there if product_of(line) == need.product]
        assert need.open == added_up(mine)
        for lot in need.lots:
            at = [
                line for line in mine if (line.station, line.stage, line.moment) == (lot.station, lot.stage, lot.moment)
            ]
            assert lot.amounts == added_up(at)
            by_variant = list(lot.variants().values())
            units = {unit for sums in by_variant for unit in sums}
            assert {unit: sum(sums.get(unit, Decimal(0)) for sums in by_variant) for unit in units} == lot.amounts


@given(orders)
def test_the_stations_together_need_what_the_store_needs(placed: tuple[Whole, ...]) -> None:
    def lots(found: tuple[Need, ...]) -> set[tuple[object, ...]]:
        return {(need.product, lot.station, lot.stage, lot.moment, lot.items) for need in found for lot in need.lots}

    everywhere = needs(a_day(*placed), MANNER)
    assert lots(everywhere) == {lot for at in (OVEN, DECO) for lot in lots(needs(a_day(*placed), MANNER, (), at))}


@given(orders)
def test_no_order_of_the_orders_changes_the_sums(placed: tuple[Whole, ...]) -> None:
    there, back = needs(a_day(*placed), MANNER), needs(a_day(*reversed(placed)), MANNER)
    assert {need.product: (need.open, need.later, need.wasted) for need in there} == {
        need.product: (need.open, need.later, need.wasted) for need in back
    }
    assert choices(there) == choices(back)


def test_a_kilogram_is_never_added_to_a_loaf() -> None:
    (need,) = needs(a_day(a_whole("a", an_item("Rye", "1.5", unit="kg"), an_item("Rye", "2"))), MANNER)
    assert need.open == {"kg": Decimal("1.5"), "": Decimal(2)}
    assert written(need.open) == "2 + 1.5 kg"


def test_a_tenth_and_two_tenths_are_three_tenths() -> None:
    (need,) = needs(a_day(*(a_whole(n, an_item("Rye", f"0.{n}", unit="kg")) for n in "12")), MANNER)
    assert written(need.open) == "0.3 kg"


def test_a_product_is_its_code_and_without_one_its_name() -> None:
    lines = (an_item("Rye bread", code="rye"), an_item("Roggenbrot", "2", code="rye"), an_item("rye", "4", code=""))
    (need,) = needs(a_day(a_whole("a", *lines)), MANNER, (Product("rye", "Rye, sliced"),))
    assert (need.name, need.open) == ("Rye, sliced", {"": Decimal(7)})


def test_what_is_held_for_today_is_counted_for_itself_and_tomorrow_not_at_all() -> None:
    held = {
        "today": NOW + minutes(100),
        "tomorrow": NOW + minutes(60 * 24),
        "by hand": None,
    }
    orders = [
        a_whole(name, an_item("Rye"), state=OrderState.HELD, release=release, due=release)
        for name, release in held.items()
    ]
    (need,) = needs(a_day(*orders), MANNER)
    assert (need.lots, need.later) == ((), {"": Decimal(2)})


@pytest.mark.parametrize("state", [OrderState.LAPSED, OrderState.CANCELLED, OrderState.COLLECTED, OrderState.CLOSED])
def test_an_order_that_nobody_makes_needs_nothing(state: OrderState) -> None:
    assert needs(a_day(a_whole("a", an_item("Rye"), state=state)), MANNER) == ()


def test_lots_stand_by_station_and_stage_the_waiting_before_the_started() -> None:
    lines = (
        an_item("Cake", stage="frosting", **STARTED),
        an_item("Cake", stage="boxing"),
        an_item("Cake", **STARTED),
        an_item("Cake", "3"),
    )
    (need,) = needs(a_day(a_whole("a", *lines)), MANNER)
    stands = [(lot.stage, lot.moment) for lot in need.lots]
    started, waiting = Moment.STARTED, Moment.WAITING
    assert stands == [("baking", waiting), ("baking", started), ("frosting", started), ("boxing", waiting)]


def test_a_lot_says_when_the_first_of_its_orders_is_due() -> None:
    orders = (a_whole(f"o{n}", an_item("Rye"), due=due) for n, due in enumerate([None, NOW + minutes(9), NOW]))
    (need,) = needs(a_day(*orders), MANNER)
    assert need.lots[0].due == NOW


def test_what_was_wasted_is_summed_up_also_of_orders_that_are_ready() -> None:
    two, one = Decimal(2), Decimal(1)
    parts = (an_item("Cake", wasted=two), an_item("Cake", wasted=one, **STARTED), an_item("Cake", item=ItemId("2")))
    ready = a_whole("b", an_item("Cake", moment=Moment.FINISHED, wasted=one), state=OrderState.READY)
    (need,) = needs(a_day(a_whole("a", *parts), ready), MANNER)
    assert need.wasted == {"": Decimal(4)}


def test_a_product_that_is_sold_out_says_so_where_it_is_still_to_be_made() -> None:
    bread, cake = needs(a_day(a_whole("a", an_item("Rye bread"), an_item("Cake")), unavailable=SOLD_OUT), MANNER)[::-1]
    assert (bread.sold_out, cake.sold_out) == (SOLD_OUT[0], None)


def test_choices_are_counted_over_all_products() -> None:
    mango = Bakery(filling="mango", candles=6)
    lines = (
        an_item("Cake", "2", bakery=mango, options=(Option("hat", Decimal(3)),)),
        an_item("Tart", bakery=Bakery(filling="mango")),
        an_item("Rye", "1.5", unit="kg", options=(Option("sliced"),)),
    )
    assert choices(needs(a_day(a_whole("a", *lines)), MANNER)) == {
        ("filling", "mango"): 3, ("option", "hat"): 6, ("option", "sliced"): 1, ("candles", ""): 12,
    }  # fmt: skip


def test_what_a_batch_leaves_behind_until_allergens_are_acknowledged_is_known_before() -> None:
    nuts = an_item("Cake", "2", bakery=Bakery(allergens=("nuts",)))
    board = a_day(
        a_whole("a", nuts), a_whole("b", an_item("Cake", "5")), cards=(a_card(nuts, order=OrderId("a"), locked=True),)
    )
    (need,) = needs(board, MANNER)
    assert [item.quantity for item in need.lots[0].locked] == [2]
