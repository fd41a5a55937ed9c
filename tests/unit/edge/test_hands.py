"""Everything by keypad: a key knows the number of a card, and the rules find the order that is meant."""

from decimal import Decimal
from typing import Any

import pytest

from edge import intents as i
from edge.facts import ItemRemade, OrderCollected, OrderHeld, OrderPrioritised, OrderRefused, OrderReleased
from edge.intents import Refused
from edge.orders import ItemId, Moment, OrderId, OrderState, StageId, StationId
from tests.builders import HOUR, MORNING, OVEN, PACKING, a_bread, a_bun, a_cake, placed
from tests.unit.edge.kitchen import Kitchen

O1, O2 = OrderId("o1"), OrderId("o2")
NONE = OrderId("")


def on_card(position: int, ask: Any, station: StationId = OVEN) -> i.OnCard:
    return i.OnCard(station, position, ask)


def batch(position: int) -> i.OnCard:
    return on_card(position, i.Batch(OVEN, "", StageId(""), Moment.WAITING))


def remake(position: int, quantity: Decimal | None = None) -> i.OnCard:
    return on_card(position, i.Remake(NONE, ItemId(""), quantity=quantity))


def bump(position: int, station: StationId = OVEN) -> i.Bump:
    return i.Bump(station=station, position=position)


@pytest.fixture
def kitchen() -> Kitchen:
    """Two orders of one bread each, in the first two slots of the oven."""
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bread()), placed("o2", a_bread()))
    return kitchen


def test_what_is_asked_of_a_number_is_asked_of_the_order_that_stands_there(kitchen: Kitchen) -> None:
    assert OrderRefused(O2, "no flour") in kitchen.ask(on_card(2, i.Refuse(NONE, "no flour")))
    assert OrderHeld(O1, None) in kitchen.ask(on_card(1, i.Hold(NONE)))


def test_the_number_is_that_of_the_page(kitchen: Kitchen) -> None:
    kitchen.ask(*(placed(f"o{number}", a_bread()) for number in range(3, 7)), i.TurnPage(OVEN, 2))
    assert OrderHeld(OrderId("o5"), None) in kitchen.ask(on_card(1, i.Hold(NONE)))


def test_a_number_without_a_card_and_one_that_no_page_has_are_refused(kitchen: Kitchen) -> None:
    with pytest.raises(Refused, match="slot 3 at Oven is empty"):
        kitchen.ask(on_card(3, i.Hold(NONE)))
    for ask in (i.Hold(NONE), i.Collect(NONE)):
        with pytest.raises(Refused, match="Oven has 4 slots on a page"):
            kitchen.ask(on_card(5, ask))


def test_a_second_press_of_first_takes_it_back(kitchen: Kitchen) -> None:
    first = on_card(1, i.Prioritise(NONE))
    assert kitchen.ask(first) == [OrderPrioritised(O1, 1)]
    assert kitchen.ask(first) == [OrderPrioritised(O1, 0)]


def test_what_was_held_by_hand_is_released_first_then_what_comes_next() -> None:
    kitchen = Kitchen()
    scheduled = {"late": MORNING + 9 * HOUR, "soon": MORNING + 8 * HOUR}
    kitchen.ask(*(placed(name, a_cake(), due=due, scheduled=True) for name, due in scheduled.items()))
    kitchen.ask(placed("o1", a_bread()), on_card(1, i.Hold(NONE)))
    happened = [what for _ in range(3) for what in kitchen.ask(i.ReleaseNext())]
    released = [what.order for what in happened if isinstance(what, OrderReleased)]
    assert released == ["o1", "soon", "late"]
    with pytest.raises(Refused, match="no order is held"):
        kitchen.ask(i.ReleaseNext())


def test_what_was_just_finished_under_a_number_is_collected_by_that_number() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bun()))
    (station,) = kitchen.order().slots
    with pytest.raises(Refused, match="O1 is not ready"):
        kitchen.ask(on_card(1, i.Collect(NONE), station))
    kitchen.ask(bump(1, station))
    assert kitchen.order().state is OrderState.READY
    assert OrderCollected(O1, "") in kitchen.ask(on_card(1, i.Collect(NONE), station))


def test_a_number_that_another_order_has_by_now_collects_nothing() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bun()))
    (station,) = kitchen.order().slots
    kitchen.ask(bump(1, station))
    kitchen.clock.advance(60)
    kitchen.ask(placed("o2", a_bun()))
    with pytest.raises(Refused, match="O2 is not ready"):
        kitchen.ask(on_card(1, i.Collect(NONE), station))


def test_a_batch_is_what_the_cards_next_press_moves_over_all_orders(kitchen: Kitchen) -> None:
    for stands in ((0, Moment.STARTED), (1, Moment.STARTED)):
        kitchen.ask(batch(1))
        items = [order.items[0] for order in kitchen.board.orders.values()]
        assert {(item.place, item.moment) for item in items} == {stands}


def test_a_batch_of_a_card_with_several_products_is_refused() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bread("1"), a_cake("2")))
    with pytest.raises(Refused, match="O1 has several products next"):
        kitchen.ask(batch(1))


def test_the_line_that_was_begun_is_made_again(kitchen: Kitchen) -> None:
    with pytest.raises(Refused, match="nothing of O1 is begun"):
        kitchen.ask(remake(1))
    kitchen.ask(bump(1))
    assert ItemRemade(O1, ItemId("1"), "") in kitchen.ask(remake(1))


def test_of_a_line_of_several_a_part_is_made_again() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bread(quantity=Decimal(12))), bump(1), remake(1, Decimal(5)))
    assert sorted((item.quantity, item.moment) for item in kitchen.order().items) == [
        (Decimal(5), Moment.WAITING),
        (Decimal(7), Moment.STARTED),
    ]


def test_which_of_two_lines_is_spoilt_a_key_cannot_say() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_bread("1"), a_cake("2")), bump(1))
    with pytest.raises(Refused, match="O1 has several items here: say on a screen which is spoilt"):
        kitchen.ask(remake(1))


def test_the_station_must_be_there() -> None:
    with pytest.raises(Refused, match="there is no station"):
        Kitchen().ask(on_card(1, i.Hold(NONE), StationId("attic")))


def test_packing_has_numbers_of_its_own(kitchen: Kitchen) -> None:
    kitchen.ask(bump(2), bump(2))
    assert OrderPrioritised(O2, 1) in kitchen.ask(on_card(1, i.Prioritise(NONE), PACKING))
