"""How long the gateway remembers an order, and what it waits for of a store: the rules alone."""

import pytest
from msgspec import Raw

from cloud_bridge.gateway import intents as i
from cloud_bridge.gateway.facts import AlarmCleared, ClockStepped, StoreSilent
from cloud_bridge.gateway.orders import Alarm
from cloud_bridge.gateway.plan import AccountPlan
from cloud_bridge.gateway.rules import RULES
from cloud_bridge.messages import EventType
from edge.orders import OrderId
from tests.unit.cloud_bridge.gateway.counting_house import STORE, CountingHouse, a_plan

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


def test_a_riders_pickup_is_no_order_that_a_store_has_to_accept() -> None:
    house = CountingHouse()
    order = house.take()
    accept(house, order)
    house.take(kind=EventType.COLLECTED)
    assert house.board.store(STORE).unanswered == 0


def test_a_change_that_is_accepted_answers_for_the_one_that_it_overtook() -> None:
    house = CountingHouse()
    order = house.take()
    house.take(kind=EventType.CHANGED, content="less sugar")
    first, second = house.board.orders[order].unanswered
    house.hear("order.accepted", order, event=second)
    assert house.board.store(STORE).unanswered == 0
    house.hear("order.accepted", order, event=first)
    assert house.board.store(STORE).unanswered == 0


@pytest.mark.parametrize("kind", ["order.collected", "order.refused"])
def test_a_store_that_has_ended_an_order_owes_no_answer_about_it(kind: str) -> None:
    house = CountingHouse()
    order = house.take()
    house.take(kind=EventType.CANCELLED)
    house.hear(kind, order)
    assert house.board.store(STORE).unanswered == 0


def test_a_refund_after_the_order_was_collected_and_closed_is_no_alarm_about_its_store() -> None:
    house = CountingHouse()
    house.ask(i.See(STORE, True, 1))
    order = house.take()
    accept(house, order)
    house.ready(order)
    house.take(kind=EventType.CANCELLED)
    [refund] = house.board.orders[order].unanswered
    house.hear("order.overtaken", order, event=refund, reason="the order is closed")
    assert house.board.store(STORE).unanswered == 0
    house.now += HOUR
    house.ask(i.CheckStore(STORE))
    assert not len(house.board.alarms)


def test_an_order_that_came_when_its_time_was_long_over_is_an_alarm_as_nobody_makes_it() -> None:
    house = CountingHouse()
    order = house.take()
    [placed] = house.board.orders[order].unanswered
    house.hear("order.overtaken", order, event=placed, reason="the order is lapsed")
    assert house.board.alarms[f"rejected/{STORE}"].text == "the order is lapsed"
    assert house.board.store(STORE).unanswered == 0


def test_a_store_that_answers_one_order_after_the_other_is_not_silent() -> None:
    house = CountingHouse()
    house.ask(i.See(STORE, True, 1))
    orders = [house.take(number) for number in range(1, 5)]
    for order in orders[:-1]:
        house.now += 300
        accept(house, order)
        assert not house.ask(i.CheckStore(STORE))
    house.now += 601
    assert house.ask(i.CheckStore(STORE))


def test_what_came_too_late_says_nothing_of_what_is_still_to_be_answered() -> None:
    house = CountingHouse()
    order = house.take()
    house.take(kind=EventType.CHANGED, content="less sugar")
    first, second = house.board.orders[order].unanswered
    house.hear("order.overtaken", order, event=second, reason="a newer event came first")
    assert house.board.orders[order].unanswered == (first,)


def test_a_store_that_is_silent_is_sent_what_it_leaves_unanswered_again_and_again() -> None:
    house = CountingHouse()
    house.ask(i.See(STORE, True, 1))
    house.take(1)
    house.now += 601
    assert house.ask(i.CheckStore(STORE))[-1] == StoreSilent(STORE)
    house.take(2)
    house.now += 599
    assert not house.ask(i.CheckStore(STORE))
    house.now += 2
    assert house.ask(i.CheckStore(STORE)) == [StoreSilent(STORE)]


def test_a_store_that_is_silent_is_behind_until_it_has_answered_everything() -> None:
    house = CountingHouse()
    house.ask(i.See(STORE, True, 1))
    begun, orders = house.now, [house.take(number) for number in (1, 2)]
    for _ in range(6 * 60):
        house.now += 60
        house.ask(i.CheckStore(STORE))
    assert house.board.store(STORE).fell_behind == begun
    accept(house, orders[0])
    assert house.board.store(STORE).fell_behind == begun
    accept(house, orders[1])
    assert not house.board.store(STORE).fell_behind
    house.take(3)
    assert house.board.store(STORE).fell_behind == house.now


def test_a_store_that_cannot_read_an_event_names_only_the_event_and_has_answered_it() -> None:
    house = CountingHouse()
    [event] = house.board.orders[house.take()].unanswered
    house.hear("order.rejected", event=event, reason="items: expected a list")
    assert house.board.store(STORE).unanswered == 0


def test_the_newest_order_that_a_store_rejected_is_shown_for_a_day() -> None:
    house = CountingHouse()
    key = f"rejected/{STORE}"
    for reason in ("no price", "no items"):
        house.hear("order.rejected", house.take(), event="hz-0012-1", reason=reason)
        house.now += 20 * HOUR
    house.ask(i.CheckAlarm(key))
    assert house.board.alarms[key].text == "no items"
    house.now += 4 * HOUR
    house.ask(i.CheckAlarm(key))
    assert not len(house.board.alarms)


def an_account_of_two_shops() -> CountingHouse:
    """The channel's shop X is our store; of another one, or of none, nobody knows whose it is."""
    account = AccountPlan("generic", "shop", stores={"X": STORE})
    return CountingHouse(a_plan(accounts={account.key: account}))


def sent(house: CountingHouse) -> list[tuple[int, str, bytes]]:
    """What its store is sent, in its order."""
    return [(one.sequence, one.kind.rpartition(".")[2], bytes(one.data)) for one in house.board.outbox.values()]


def test_an_order_kept_without_a_store_goes_there_before_the_change_that_names_it() -> None:
    house = an_account_of_two_shops()
    order = house.take(content="old", data=Raw(b'"old"'))
    house.take(content="newer", data=Raw(b'"newer"'), shop="Y")
    assert len(house.board.alarms)
    house.now += 60
    house.take(content="new", data=Raw(b'"new"'), shop="X")
    assert sent(house) == [(1, "placed", b'"old"'), (2, "changed", b'"newer"'), (3, "changed", b'"new"')]
    assert house.board.orders[order].unanswered == ("hz-0012-1", "hz-0012-2", "hz-0012-3")
    assert (house.board.orders[order].kept, len(house.board.alarms)) == ((), 0)
    house.end()
    assert len(house.board.outbox) == 3


def test_the_alarm_about_a_shop_that_nobody_knows_stays_while_another_order_waits_for_it() -> None:
    house = an_account_of_two_shops()
    for number in (1, 2):
        house.take(number, shop="Y")
    house.take(1, content="new", shop="X")
    assert [key for key, _ in house.board.alarms.items()] == ["unrouted/generic/shop/Y"]
    house.take(2, content="new", shop="X")
    assert not len(house.board.alarms)


def test_at_a_start_orders_go_to_their_stores_and_then_all_shops_are_looked_at_at_once() -> None:
    house = an_account_of_two_shops()
    for number in range(50):
        house.take(number, shop="Y" if number % 2 else "Z")
    house.take(50, shop="nobody's")
    account = AccountPlan("generic", "shop", stores={"Y": STORE, "Z": STORE})
    house.board.plan = a_plan(accounts={account.key: account})
    asked = list(RULES.waking(house.board))
    shops = [f"unrouted/generic/shop/{shop}" for shop in ("Z", "Y", "nobody's")]
    assert [intent for intent in asked if not isinstance(intent, i.Route)] == [i.CheckShops()]
    cleared = {intent: [one.key for one in house.ask(intent) if isinstance(one, AlarmCleared)] for intent in asked}
    assert {intent: keys for intent, keys in cleared.items() if keys} == {i.CheckShops(): shops[:2]}
    assert len(house.board.outbox) == 50
    assert [key for key, _ in house.board.alarms.items()] == [shops[2]]


def test_an_order_of_which_nothing_but_its_end_is_known_waits_for_no_store() -> None:
    house = an_account_of_two_shops()
    order = house.take(kind=EventType.CANCELLED)
    assert not len(house.board.alarms)
    house.take(shop="X")
    assert not len(house.board.outbox)
    assert close(house, order, 2 * HOUR)


def test_an_order_that_is_cancelled_while_it_waits_for_a_store_waits_with_its_end_until_it_rests() -> None:
    house = an_account_of_two_shops()
    order = house.take(shop="Y")
    house.take(kind=EventType.CANCELLED)
    assert [kept.kind for kept in house.board.orders[order].kept] == [EventType.PLACED, EventType.CANCELLED]
    assert not close(house, order, 0.5 * HOUR)
    assert close(house, order, 0.5 * HOUR)


@pytest.mark.parametrize("end", [EventType.CANCELLED, EventType.COLLECTED])
def test_a_shop_that_nobody_knows_need_not_be_looked_at_once_all_orders_for_it_have_ended(end: EventType) -> None:
    house = an_account_of_two_shops()
    for number in (1, 2):
        house.take(number, shop="Y")
    house.take(1, kind=end)
    assert [key for key, _ in house.board.alarms.items()] == ["unrouted/generic/shop/Y"]
    house.take(2, kind=end)
    assert not len(house.board.alarms)
    house.take(3, shop="Y")
    assert len(house.board.alarms)


@pytest.mark.parametrize("online", [True, False])
def test_a_store_that_never_answers_is_no_alarm_any_more_once_its_last_order_is_too_old(online: bool) -> None:
    house = CountingHouse()
    house.ask(i.See(STORE, online, 1))
    order = house.take()
    house.now += 601
    house.ask(i.CheckStore(STORE))
    assert len(house.board.alarms) == 1
    assert close(house, order, 7 * DAY)
    assert not len(house.board.alarms)


def step(house: CountingHouse, seconds: float, begun: float) -> None:
    """The clock is set, in a run that began then."""
    house.now += seconds
    house.ask(i.Note(ClockStepped(seconds, begun)))


@pytest.mark.parametrize("seconds", [-2 * HOUR, 2 * HOUR])
def test_a_clock_that_is_set_neither_hastens_nor_delays_the_alarm_about_a_store(seconds: float) -> None:
    house = CountingHouse()
    house.ask(i.See(STORE, True, 1))
    order = house.take()
    step(house, seconds, begun=house.now - 60)
    assert house.board.orders[order].changed == house.now
    house.now += 599
    house.ask(i.CheckStore(STORE))
    assert not len(house.board.alarms)
    house.now += 2
    house.ask(i.CheckStore(STORE))
    assert [*house.board.alarms.values()] == [Alarm("silent", STORE, house.now, "")]
    step(house, seconds, begun=0.0)
    assert [alarm.since for alarm in house.board.alarms.values()] == [house.now]
    assert house.board.store(STORE).fell_behind == house.now - 601


def test_a_clock_that_is_set_right_after_a_night_leaves_what_was_before_it() -> None:
    house = CountingHouse()
    order = house.take()
    step(house, 12 * HOUR, begun=house.now + 1)
    assert house.board.orders[order].changed == house.now - 12 * HOUR
