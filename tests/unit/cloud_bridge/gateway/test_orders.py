"""How long the gateway remembers an order, and what it waits for of a store: the rules alone."""

from cloud_bridge.gateway import intents as i
from cloud_bridge.messages import EventType
from edge.orders import OrderId
from tests.unit.cloud_bridge.gateway.counting_house import STORE, CountingHouse

HOUR, DAY = 3600.0, 24 * 3600.0


def close(house: CountingHouse, order: OrderId, after: float) -> bool:
    """Whether an order leaves the board when the clock asks after so many seconds."""
    house.now += after
    house.ask(i.CloseDue(order))
    return order not in house.board.orders


def accept(house: CountingHouse, order: OrderId) -> None:
    """The store takes the newest that waits for it."""
    house.hear("order.accepted", order, event=house.board.orders[order].unanswered[-1])


def test_a_cake_ordered_on_monday_for_saturday_is_remembered_until_it_was_due() -> None:
    house = CountingHouse()
    order = house.take(due=house.now + 5 * DAY)
    accept(house, order)
    assert not close(house, order, 73 * HOUR)
    assert not close(house, order, 2 * DAY)
    assert close(house, order, 3 * DAY)


def test_an_order_that_its_store_has_not_accepted_is_not_forgotten_over_a_long_weekend() -> None:
    house = CountingHouse()
    order = house.take()
    assert not close(house, order, 4 * DAY)
    assert house.board.store(STORE).unanswered == 1
    accept(house, order)
    assert close(house, order, 73 * HOUR)


def test_an_order_that_was_cancelled_need_not_be_remembered_until_it_would_have_been_due() -> None:
    house = CountingHouse()
    order = house.take(due=house.now + 5 * DAY)
    accept(house, order)
    house.take(kind=EventType.CANCELLED)
    accept(house, order)
    assert close(house, order, 2 * HOUR)
