"""Customers who do not exist order what can be made in time, and nobody can take their orders for real ones."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from config.practice.customers import Customers
from edge.facts import OrderCancelled, OrderChanged
from edge.intents import Place
from edge.orders import OrderState
from edge.routes import route_of
from edge.settings import ProductSettings
from edge.words import speak
from tests.builders import HOUR, MINUTE, MORNING, a_layout
from tests.unit.edge.kitchen import Kitchen

CAKE = ProductSettings(
    "cake-forest", "Black forest", sizes=("6in", "8in"), flavours=("cherry",), allergens=("nuts",), cake_text=True
)
BREAD = ProductSettings("bread-rye", "Rye bread", options=("sliced",))


def some_customers(*goods: ProductSettings, seed: int = 1, **rest: Any) -> Customers:
    """Customers of the builders' bakery."""
    return Customers(a_layout(**rest), goods or (CAKE, BREAD), speak("zh"), seed)


def a_morning(customers: Customers, count: int = 20) -> list[Place]:
    """What they order."""
    return [customers.order(MORNING + 60 * number) for number in range(count)]


@given(st.integers())
def test_the_same_seed_is_the_same_morning(seed: int) -> None:
    assert a_morning(some_customers(seed=seed)) == a_morning(some_customers(seed=seed))


def test_another_seed_is_another_morning() -> None:
    assert a_morning(some_customers(seed=1)) != a_morning(some_customers(seed=2))


@given(st.integers())
def test_every_order_is_due_when_it_can_be_made_on_a_round_time(seed: int) -> None:
    customers = some_customers(seed=seed)
    for place in a_morning(customers):
        order = place.order
        assert order.due is not None
        lead = route_of(customers.layout, order.items[0]).lead_minutes * MINUTE
        assert order.created + max(lead, 20 * MINUTE) < order.due < order.created + lead + 2 * HOUR
        assert order.due % (5 * MINUTE) == 0


def test_their_orders_cannot_be_taken_for_real_ones() -> None:
    orders = [place.order for place in a_morning(some_customers(), 3)]
    assert [order.display_id for order in orders] == ["练1", "练2", "练3"]
    assert {order.customer for order in orders} == {"练习"}
    assert {order.phone for order in orders} == {""}


def test_their_events_are_numbered_as_a_cloud_numbers_them() -> None:
    stamps = [place.stamp for place in a_morning(some_customers(), 5)]
    assert all(stamp is not None and stamp.sequence for stamp in stamps)
    assert all(one.sequence + 1 == other.sequence for one, other in pairwise(stamps))  # type: ignore[operator,union-attr]


def test_allergens_are_the_product_s_own_or_common_ones() -> None:
    assert some_customers().with_allergens(MORNING).order.items[0].bakery.allergens == ("nuts",)
    assert some_customers(BREAD).with_allergens(MORNING).order.items[0].bakery.allergens == ("鸡蛋", "牛奶")


def test_what_is_written_on_is_a_cake() -> None:
    item = some_customers().with_text(MORNING).order.items[0]
    assert (item.name, item.bakery.cake_text, item.quantity) == ("Black forest", "生日快乐！", 1)
    plain_cake = ProductSettings("cake-plain", "Cake")  # nothing says that it can be written on, but it is decorated
    assert some_customers(BREAD, plain_cake).with_text(MORNING).order.items[0].name == "Cake"


def test_an_order_for_tomorrow_waits_for_its_release() -> None:
    kitchen, customers = Kitchen(), some_customers()
    kitchen.ask(customers.for_tomorrow(MORNING))
    (order,) = kitchen.board.orders.values()
    assert order.state is OrderState.HELD
    assert order.release is not None
    assert order.release > MORNING + 20 * HOUR


def test_a_change_is_of_the_order_as_it_stands_and_a_cancellation_ends_it() -> None:
    kitchen, customers = Kitchen(), some_customers(BREAD)
    kitchen.ask(customers.order(MORNING))
    (order,) = kitchen.board.orders.values()
    (changed,) = (f for f in kitchen.ask(customers.changed(order, MORNING + 9)) if isinstance(f, OrderChanged))
    assert changed.altered == {order.items[0].id: ("quantity", "note")}
    assert not changed.added
    assert not changed.removed
    happened = kitchen.ask(customers.cancelled(order, MORNING + 10))
    assert any(isinstance(what, OrderCancelled) for what in happened)
