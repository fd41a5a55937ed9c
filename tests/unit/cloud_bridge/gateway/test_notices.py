"""What customers and channels are told, and never told, of their orders."""

from datetime import datetime, time
from typing import Any

import msgspec
import pytest

from cloud_bridge.gateway import intents as i
from cloud_bridge.gateway.board import grant_key
from cloud_bridge.gateway.orders import Sending, State
from cloud_bridge.gateway.plan import Quiet
from cloud_bridge.messages import EventType, Untold
from edge.intents import Refused
from tests.unit.cloud_bridge.gateway.counting_house import ACCOUNT, OVEN, STORE, ZONE, CountingHouse, a_plan

HOUR = 3600.0


def test_each_moment_of_an_order_is_told_once() -> None:
    house = CountingHouse()
    order = house.take()
    for _ in range(2):
        house.start(order)
        house.start(order, item="2")
    assert house.words == ["Cake 1 is in the oven.", "Cake 2 is in the oven."]
    [first, _] = house.owed
    assert house.send(first)
    house.ask(i.Sent(first.id))
    house.recall(order)
    house.start(order)
    assert house.words == ["Cake 2 is in the oven."]


def test_what_is_told_once_an_order_is_told_for_the_first_item() -> None:
    house = CountingHouse(a_plan(messages=(msgspec.structs.replace(OVEN, once=True),)))
    order = house.take()
    house.start(order)
    house.start(order, item="2")
    assert house.words == ["Cake 1 is in the oven."]
    house.recall(order, item="2")
    assert house.words == ["Cake 1 is in the oven."]
    house.recall(order, item="1")
    assert house.words == []


def test_what_nobody_pressed_a_button_for_is_not_told_unless_the_table_says_so() -> None:
    house = CountingHouse()
    house.start(house.take(), implied=True)
    assert house.words == []
    house = CountingHouse(a_plan(messages=(msgspec.structs.replace(OVEN, implied=True),)))
    house.start(house.take(), implied=True)
    assert house.words == ["Cake 1 is in the oven."]


def test_nothing_is_sent_once_it_was_taken_back_and_what_is_so_again_is_told() -> None:
    house = CountingHouse()
    order = house.take()
    house.start(order)
    [notice] = house.owed
    house.recall(order)
    assert house.words == []
    with pytest.raises(Refused):
        house.ask(i.Send(notice.id))
    house.start(order)
    assert house.words == ["Cake 1 is in the oven."]


def test_ready_that_was_taken_back_is_not_told_until_it_is_ready_again() -> None:
    house = CountingHouse()
    order = house.take()
    house.ready(order)
    house.recall(order, moment="finished", stage="frosting", ready=False)
    assert house.words == []
    house.ready(order)
    assert house.words == ["A001 is ready at Wheatfield."]


def test_ready_is_not_told_of_an_order_that_was_changed_and_has_to_be_made_further() -> None:
    house = CountingHouse()
    order = house.take()
    house.ready(order)
    house.take(content="and a loaf")
    assert house.words == ["A001 is ready at Wheatfield."]  # so it is, until its store has the change
    house.hear("order.accepted", order, event="e-2", ready=False)
    assert (house.words, house.board.orders[order].state) == ([], State.OPEN)
    house.ready(order)
    assert house.words == ["A001 is ready at Wheatfield."]


@pytest.mark.parametrize(
    "undone", [{"kind": "order.accepted", "event": "e-2"}, {"kind": "item.recalled", "moment": "finished"}]
)
def test_who_was_told_ready_too_early_is_told_when_it_is_ready_again(undone: dict[str, Any]) -> None:
    account = msgspec.structs.replace(ACCOUNT, tells=frozenset({"order.ready"}))
    house = CountingHouse(a_plan(accounts={ACCOUNT.key: account}))
    order = house.take()
    for told in (["first", "channel"], ["first"]):  # to the channel it never was anything else
        house.ready(order)
        assert [notice.ways[0] for notice in house.owed] == told
        for notice in house.owed:
            assert house.send(notice)
            house.ask(i.Sent(notice.id))
        house.hear(**undone, order=order, ready=False)
    house.ready(order)
    house.ready(order)  # as a store may that has another journal
    assert house.words == ["A001 is ready at Wheatfield."]


def test_a_store_that_does_not_say_whether_a_change_undid_a_ready_is_heard_as_before() -> None:
    house = CountingHouse()
    order = house.take()
    house.ready(order)
    house.take(content="and a loaf")
    house.hear("order.accepted", order, event="e-2")
    assert (house.words, house.board.orders[order].state) == (["A001 is ready at Wheatfield."], State.READY)
    house.ready(order)
    assert house.words == ["A001 is ready at Wheatfield."]


def test_what_may_have_arrived_is_said_by_no_other_way_and_the_store_knows_that_nobody_knows() -> None:
    house = CountingHouse()
    order = house.take()
    house.start(order)
    [notice] = house.owed
    assert house.send(notice)
    happened = house.ask(i.PutOff(notice.id, 10.0, "no answer", unsure=True))
    assert [type(what).__name__ for what in happened] == ["NoticeFailed"]
    told = msgspec.json.decode(next(row for row in house.board.outbox.values() if row.kind == EventType.UNTOLD).data)
    assert told["reason"] == "nobody knows whether it arrived: no answer"
    house.start(order)
    assert house.owed == []


@pytest.mark.parametrize("unsure", [True, False])
def test_what_is_taken_back_while_it_is_leaving_is_not_tried_again(unsure: bool) -> None:
    house = CountingHouse()
    order = house.take()
    house.ready(order)
    [notice] = house.owed
    assert house.send(notice)
    house.recall(order, moment="finished", stage="frosting", ready=False)
    house.ask(i.PutOff(notice.id, 10.0, "away", unsure=unsure))
    assert house.owed == []
    house.ready(order)
    assert house.words == ["A001 is ready at Wheatfield."]
    house.start(order)
    notice = house.owed[-1]
    assert house.send(notice)
    house.recall(order)
    house.ask(i.PutOff(notice.id, 10.0, "away", unsure=unsure))
    house.start(order)
    assert len(house.owed) == (1 if unsure else 2)  # it may have been said already


def test_what_is_so_again_while_it_is_leaving_is_tried_again() -> None:
    house = CountingHouse()
    order = house.take()
    house.ready(order)
    [notice] = house.owed
    assert house.send(notice)
    house.recall(order, moment="finished", stage="frosting", ready=False)
    house.ready(order)
    house.ask(i.PutOff(notice.id, 10.0, "away"))
    assert house.words == ["A001 is ready at Wheatfield."]


@pytest.mark.parametrize("end", [EventType.CANCELLED, EventType.COLLECTED])
def test_of_an_order_that_is_over_customers_hear_nothing_more(end: EventType) -> None:
    house = CountingHouse()
    order = house.take()
    house.start(order)
    [notice] = house.owed
    house.send(notice)
    house.start(order, item="2")
    house.take(kind=end)
    assert len(house.owed) == 1  # the one that is leaving
    house.ask(i.PutOff(notice.id, 10.0, "away"))
    for tell in (house.start, house.frost, house.ready):
        tell(order)
    house.hear("order.refused", order, reason="too late")
    assert house.owed == []


def test_ready_overtakes_what_was_before_it() -> None:
    house = CountingHouse()
    order = house.take()
    house.start(order)
    house.start(order, item="2")
    house.ready(order)
    assert house.words == ["A001 is ready at Wheatfield."]
    house.hear("order.refused", order)
    assert house.words == ["A001 cannot be made."]


def test_a_way_that_will_not_do_is_followed_by_the_next_and_then_by_a_fact_for_the_store() -> None:
    house = CountingHouse()
    order = house.take()
    house.ready(order)
    [notice] = house.owed
    assert house.send(notice)
    house.ask(i.GiveUp(notice.id, "no such openid"))
    [notice] = house.owed
    assert (notice.ways, notice.state, notice.tries) == (("second",), Sending.QUEUED, 0)
    assert house.send(notice)
    house.ask(i.GiveUp(notice.id, "HTTP 410"))
    assert house.owed == []
    [failed] = house.untold
    assert failed.event is not None
    assert (failed.event.kind, failed.event.sequence) == (EventType.UNTOLD, 2)
    assert msgspec.json.decode(failed.event.data, type=Untold) == Untold(
        order, "order.ready", "second", "HTTP 410", "A001 is ready at Wheatfield."
    )
    assert house.board.outbox.get(failed.event.key) == failed.event


def test_a_customer_is_told_first_as_they_wish_and_else_as_everybody() -> None:
    house = CountingHouse()
    for number, wished in enumerate([(), ("second",), ("second", "first"), ("pigeon", "second", "second")], 1):
        house.ready(house.take(number, ways=wished))
    assert [notice.ways for notice in house.owed] == [("first", "second")] + [("second", "first")] * 3
    changed = house.take(2, content="c2")  # they wish nothing any more
    house.start(changed)
    assert house.owed[-1].ways == ("first", "second")


def test_a_way_that_is_away_is_left_after_a_few_tries_where_there_is_another() -> None:
    house = CountingHouse()
    house.ready(house.take())
    for _ in range(3):
        [notice] = house.owed
        assert notice.ways == ("first", "second")
        assert house.send(notice)
        house.ask(i.PutOff(notice.id, 10.0, "away"))
        house.now += 10
    assert house.owed[0].ways == ("second",)


def test_an_order_without_an_address_goes_the_way_that_needs_none_and_else_the_store_is_not_troubled() -> None:
    house = CountingHouse()
    house.ready(house.take(reply=""))
    [notice] = house.owed
    assert house.send(notice)
    house.ask(i.GiveUp(notice.id, "the customer has no address", nobody=True))
    [notice] = house.owed
    assert notice.ways == ("second",)
    assert house.send(notice)
    house.ask(i.GiveUp(notice.id, "the customer has no address", nobody=True))
    assert (house.owed, house.untold) == ([], [])


def test_an_order_without_an_address_whose_only_other_way_failed_is_told_to_the_store() -> None:
    house = CountingHouse()
    house.ready(house.take(reply=""))
    [notice] = house.owed
    assert house.send(notice)
    house.ask(i.GiveUp(notice.id, "HTTP 410"))
    [notice] = house.owed
    assert house.send(notice)
    house.ask(i.GiveUp(notice.id, "the customer has no address", nobody=True))
    [failed] = house.untold
    assert (house.owed, failed.reason) == ([], "the customer has no address")


def test_what_is_too_late_is_not_said() -> None:
    house = CountingHouse()
    order = house.take()
    house.hear("item.started", order, house.now - 2 * HOUR, stage="baking", item="1")  # a store that was away
    assert house.owed == []
    house.start(order)
    house.take(2)
    [notice] = house.owed
    house.now += 2 * HOUR  # a gateway that was away
    assert not house.send(notice)
    assert house.owed == []
    assert [failed.reason for failed in house.untold] == ["it is too late to say it"]


def test_ready_is_tried_for_a_day() -> None:
    house = CountingHouse(a_plan(accounts={ACCOUNT.key: msgspec.structs.replace(ACCOUNT, ways=("first",))}))
    house.ready(house.take())
    tries = 0
    while house.owed:
        [notice] = house.owed
        assert house.send(notice)
        house.ask(i.PutOff(notice.id, HOUR, "away"))
        house.now += HOUR
        tries += 1
    assert tries == 25
    assert [failed.reason for failed in house.untold] == ["away"]


def test_at_night_customers_sleep_and_in_the_morning_only_the_newest_is_news() -> None:
    house = CountingHouse(a_plan(quiet=Quiet(time(22), time(7, 30))))
    house.now = datetime(2026, 11, 22, 23, tzinfo=ZONE).timestamp()
    morning = datetime(2026, 11, 23, 7, 30, tzinfo=ZONE).timestamp()
    order = house.take()
    house.start(order)
    house.now += HOUR
    house.frost(order)
    assert house.words == ["Cake 1 is frosted."]
    [notice] = house.owed
    assert notice.due == morning
    house.now = morning
    assert house.send(notice)
    house.ask(i.PutOff(notice.id, 10.0, "away"))  # it has its hour from the morning on
    assert house.words == ["Cake 1 is frosted."]


def test_what_was_due_before_the_night_and_did_not_leave_does_not_wake_anybody() -> None:
    house = CountingHouse(a_plan(quiet=Quiet(time(22), time(7, 30))))
    house.now = datetime(2026, 11, 22, 21, 59, tzinfo=ZONE).timestamp()
    house.ready(house.take())
    [notice] = house.owed
    house.now += 120
    assert not house.send(notice)
    [notice] = house.owed
    assert notice.due == datetime(2026, 11, 23, 7, 30, tzinfo=ZONE).timestamp()
    house.now = notice.due
    assert house.send(notice)


def test_after_a_kill_ready_goes_once_more_and_the_others_do_not() -> None:
    house = CountingHouse()
    started, ready = house.take(1), house.take(2)
    house.start(started)
    house.ready(ready)
    for notice in house.owed:
        assert house.send(notice)
    house.end()
    assert house.words == ["A002 is ready at Wheatfield."]
    house.recall(started)
    house.start(started)  # it may have been said
    assert house.words == ["A002 is ready at Wheatfield."]


def test_after_a_kill_whatever_a_way_knows_again_goes_once_more() -> None:
    house = CountingHouse(a_plan(repeatable=frozenset({"first"})))
    house.start(house.take())
    [notice] = house.owed
    assert house.send(notice)
    house.end()
    assert house.words == ["Cake 1 is in the oven."]


def test_each_rescheduling_is_another_one() -> None:
    account = msgspec.structs.replace(ACCOUNT, tells=frozenset({"order.rescheduled"}))
    house = CountingHouse(a_plan(accounts={ACCOUNT.key: account}))
    order = house.take()
    for due in ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z", "2026-11-22T11:00:00Z"):
        house.hear("order.rescheduled", order, due=due)
    assert [notice.on for notice in house.owed] == ["order.rescheduled"] * 2


def test_a_channel_is_told_what_it_can_take_and_customers_beside_it() -> None:
    account = msgspec.structs.replace(ACCOUNT, tells=frozenset({"order.ready", "order.accepted"}))
    house = CountingHouse(a_plan(accounts={ACCOUNT.key: account}))
    order = house.take()
    house.hear("order.accepted", order, event="e")
    house.ready(order)
    assert [(notice.on, notice.ways[0]) for notice in house.owed] == [
        ("order.accepted", "channel"),
        ("order.ready", "first"),
        ("order.ready", "channel"),
    ]
    lines = [notice.line for notice in house.owed]
    assert lines[0] == lines[2] != lines[1]  # a channel that is away does not keep the customer waiting
    house.take(kind=EventType.CANCELLED)
    assert house.owed == []


def test_what_a_store_says_after_an_hour_without_a_line_is_news_to_a_channel_and_to_no_customer() -> None:
    account = msgspec.structs.replace(ACCOUNT, tells=frozenset({"order.accepted", "order.collected"}))
    house = CountingHouse(a_plan(accounts={account.key: account}))
    order = house.take()
    pressed, house.now = house.now, house.now + 61 * 60
    house.hear("order.accepted", order, at=pressed)
    house.start(order, at=pressed)
    house.hear("order.collected", order, at=pressed)
    assert [(notice.on, notice.ways[0]) for notice in house.owed] == [
        ("order.accepted", "channel"),
        ("order.collected", "channel"),
    ]
    house.now += 2 * HOUR
    assert not house.send(house.owed[0])
    assert [failed.reason for failed in house.untold] == ["it is too late to say it"]


def test_the_newest_word_on_a_pause_is_the_one_that_counts() -> None:
    tells = frozenset({"store.paused", "store.resumed", "product.unavailable"})
    house = CountingHouse(a_plan(accounts={ACCOUNT.key: msgspec.structs.replace(ACCOUNT, tells=tells)}))
    house.hear("store.paused")
    house.hear("product.unavailable", code="cake")
    [paused, _] = house.owed
    assert house.send(paused)
    house.hear("store.resumed")
    house.ask(i.PutOff(paused.id, 10.0, "away"))
    house.hear("store.paused")
    assert [notice.on for notice in house.owed] == ["product.unavailable", "store.paused"]
    for notice in house.owed:
        assert house.send(notice)
        house.ask(i.GiveUp(notice.id, "HTTP 400"))
    assert [alarm.kind for alarm in house.board.alarms.values()] == ["untold", "untold"]
    house.hear("store.resumed")
    [notice] = house.owed
    assert house.send(notice)
    house.ask(i.Sent(notice.id))
    assert len(house.board.alarms) == 1


def test_what_a_channel_was_not_told_is_shown_for_a_day_after_it_failed_last() -> None:
    account = msgspec.structs.replace(ACCOUNT, tells=frozenset({"product.unavailable"}))
    house = CountingHouse(a_plan(accounts={ACCOUNT.key: account}))
    for reason in ("HTTP 400", "HTTP 404"):
        house.hear("product.unavailable", code="cake")
        [notice] = house.owed
        assert house.send(notice)
        house.ask(i.GiveUp(notice.id, reason))
        house.now += 23 * HOUR
        [(key, _)] = house.board.alarms.items()
        house.ask(i.CheckAlarm(key))
        assert house.board.alarms[key].text == reason
    house.now += HOUR  # the table of products has got another name for it since, under which it is told
    house.ask(i.CheckAlarm(key))
    assert not len(house.board.alarms)


def test_a_product_that_is_sold_out_is_told_by_the_channel_s_names_in_each_of_its_shops() -> None:
    account = msgspec.structs.replace(
        ACCOUNT,
        store="",
        stores={"7": STORE, "8": "hz-0013", "9": STORE},
        tells=frozenset({"product.unavailable", "product.available"}),
        shelf={"cake": ("SKU-1", "SKU-2"), "bun": ()},
    )
    house = CountingHouse(a_plan(accounts={account.key: account}))
    house.hear("product.unavailable", code="cake", reason="no cream")
    assert [(notice.shop, notice.code, notice.reason) for notice in house.owed] == [
        (shop, code, "no cream") for shop in "79" for code in ("SKU-1", "SKU-2")
    ]
    assert len({notice.line for notice in house.owed}) == 4  # none waits for another
    house.hear("product.available", code="cake")
    assert [notice.on for notice in house.owed] == ["product.available"] * 4
    house.hear("product.unavailable", code="bun")  # the channel means something else by it
    house.hear("product.unavailable", code="bread")  # its table says nothing: it is called the same
    assert [notice.code for notice in house.owed[4:]] == ["bread", "bread"]


def test_of_an_order_that_its_store_cannot_read_only_its_own_channel_hears() -> None:
    tells = frozenset({"store.paused", "order.rejected"})
    mine, other = (msgspec.structs.replace(ACCOUNT, id=name, tells=tells) for name in ("shop", "other"))
    house = CountingHouse(a_plan(accounts={mine.key: mine, other.key: other}))
    order = house.take()
    [event] = house.board.orders[order].unanswered
    house.hear("store.paused")
    house.hear("order.rejected", event="hz-0012-77", reason="not one of ours")
    assert [notice.on for notice in house.owed] == ["store.paused"] * 2  # the pause still goes
    house.hear("order.rejected", event=event, reason="no items")
    told = house.owed[-1]
    assert (told.account, told.on, told.origin, told.reason) == (mine.key, "order.rejected", "1", "no items")
    house.take(content="c2")
    [changed] = house.board.orders[order].unanswered
    house.hear("order.rejected", event=changed, reason="no items")
    assert [notice.on for notice in house.owed] == ["store.paused"] * 2 + ["order.rejected"] * 2


# --- what customers allow -------------------------------------------------------------------------------------------

ALLOWED = {"templates": {"first": {"order.ready": "t-ready", "item.started baking": "t-oven"}}}


def allowing(house: CountingHouse, **templates: int) -> None:
    """The customer of the first order allows so many more, to the mini-program."""
    house.ask(
        i.Allow("wechat/mini", "customer-1", {name.replace("_", "-"): count for name, count in templates.items()})
    )


def left(house: CountingHouse, template: str) -> int | None:
    """How many there are left."""
    row = house.board.grants.get(grant_key("customer-1", template))
    return None if row is None else row.left


def carry(house: CountingHouse, **about: Any) -> None:
    """The oldest notice arrives, or does not."""
    [notice, *_] = house.owed
    assert house.send(notice)
    house.ask(i.GiveUp(notice.id, "43101", **about) if about else i.Sent(notice.id))


def test_each_message_uses_up_one_authorisation_and_without_one_the_next_way_is_taken_without_a_call() -> None:
    house = CountingHouse(a_plan(**ALLOWED))
    order = house.take()
    allowing(house, t_oven=1, t_ready=1)
    house.start(order)
    carry(house)
    assert (left(house, "t-oven"), left(house, "t-ready")) == (0, 1)
    house.start(order, item="2")
    [notice] = house.owed
    assert not house.send(notice)
    [notice] = house.owed
    assert notice.ways == ("second",)
    assert house.send(notice)


def test_who_allows_no_more_and_has_no_address_for_another_way_is_told_to_the_store() -> None:
    house = CountingHouse(a_plan(**ALLOWED))
    house.ready(house.take())
    allowing(house, t_ready=0)
    assert not house.send(house.owed[0])
    [notice] = house.owed
    assert house.send(notice)
    house.ask(i.GiveUp(notice.id, "the customer has no address", nobody=True))
    assert [(failed.way, failed.nobody, failed.event is None) for failed in house.untold] == [("second", True, False)]


def test_who_allows_no_more_is_not_asked_again_until_they_do() -> None:
    house = CountingHouse(a_plan(**ALLOWED))
    order = house.take()
    allowing(house, t_oven=5)
    house.start(order)
    carry(house, spent=True)
    assert left(house, "t-oven") == 0
    allowing(house, t_oven=2)
    house.start(order, item="2")
    carry(house)  # the first one, by its second way
    assert left(house, "t-oven") == 2
    carry(house)
    assert left(house, "t-oven") == 1


def test_what_a_customer_allows_while_a_message_leaves_stands_whatever_that_one_is_answered() -> None:
    house = CountingHouse(a_plan(**ALLOWED))
    order = house.take()
    allowing(house, t_oven=1)
    house.start(order)
    [notice] = house.owed
    assert house.send(notice)
    house.now += 5
    allowing(house, t_oven=1)
    house.ask(i.GiveUp(notice.id, "43101", spent=True))
    house.now += 5
    house.start(order, item="2")
    assert house.send(house.owed[-1])
    house.ask(i.GiveUp(house.owed[-1].id, "43101", spent=True))
    assert left(house, "t-oven") == 0  # nobody allowed anything since that one was due


def test_what_nobody_counts_is_tried() -> None:
    house = CountingHouse(a_plan(**ALLOWED))
    order = house.take()
    house.start(order)
    carry(house, spent=True)
    assert left(house, "t-oven") is None
    house.start(order, item="2")
    assert house.send(house.owed[-1])


def test_a_word_on_another_stores_order_is_not_believed() -> None:
    house = CountingHouse(a_plan())
    order = house.take()
    with pytest.raises(Refused):
        house.ask(i.Hear("sh-1", "j", 1, "order.ready", house.now, order, {}))
    assert house.board.orders[order].store == STORE
    assert house.owed == []
