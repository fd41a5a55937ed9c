"""A customer whom the cloud could not tell: the store knows, until somebody has phoned."""

import pytest

from edge import facts as f
from edge import intents as i
from edge.cards import show_board
from edge.layout import PhoneShown
from edge.orders import OrderId
from edge.views import BoardView, Status
from tests.builders import a_layout, a_stamp, placed
from tests.unit.edge.kitchen import Kitchen

O1 = OrderId("o1")
STATUS = Status("connected", None, 0, 0, 0, 0, "ok")


def untold(on: str = "order.ready", way: str = "wechat", order: OrderId = O1, **about: str) -> i.ReportUntold:
    words = {"words": "" if way == "channel" else "Your order is ready.", "reason": "43101"}
    return i.ReportUntold(order, a_stamp(f"{on}-{way}"), on, way, **(words | about))


def board(kitchen: Kitchen) -> BoardView:
    return show_board(kitchen.board, "journal", kitchen.clock.now(), STATUS)


def a_kitchen(**layout: object) -> Kitchen:
    kitchen = Kitchen(a_layout(**layout))
    kitchen.ask(placed("o1", customer="Wang", phone="13800001234", channel="wechat"))
    return kitchen


@pytest.mark.parametrize(
    ("shown", "phone"), [(PhoneShown.FULL, "13800001234"), (PhoneShown.LAST4, "1234"), (PhoneShown.NONE, "")]
)
def test_the_board_says_whom_to_phone_as_far_as_the_settings_let_people_see(shown: PhoneShown, phone: str) -> None:
    kitchen = a_kitchen(phone=shown)
    [fact] = kitchen.ask(untold())
    assert isinstance(fact, f.CustomerUntold)
    [one] = board(kitchen).untold
    assert (one.order, one.customer, one.phone, one.on) == ("o1", "Wang", phone, "order.ready")
    assert (one.words, one.reason) == ("Your order is ready.", "43101")


def test_only_the_newest_is_shown_and_the_channels_beside_the_customers() -> None:
    kitchen = a_kitchen()
    for one in (untold("item.started"), untold("order.accepted", "channel"), untold()):
        kitchen.ask(one)
    assert [(one.on, bool(one.words)) for one in board(kitchen).untold] == [
        ("order.accepted", False),
        ("order.ready", True),
    ]


def test_it_is_done_when_somebody_says_so() -> None:
    kitchen = a_kitchen()
    kitchen.ask(untold())
    [fact] = kitchen.ask(i.Acknowledge(order=O1))
    assert isinstance(fact, f.CustomerPhoned)
    assert board(kitchen).untold == ()
    [fact] = kitchen.ask(i.Acknowledge(order=O1))  # and then its card
    assert isinstance(fact, f.Acknowledged)


@pytest.mark.parametrize(
    "end",
    [i.Collect(O1, force=True, reason="came by"), i.Gone(O1, a_stamp("gone")), i.Cancel(O1, a_stamp("cancelled"))],
)
def test_it_is_done_when_the_order_is_collected_or_cancelled(end: i.Intent) -> None:
    kitchen = a_kitchen()
    kitchen.ask(untold())
    kitchen.ask(end)
    assert board(kitchen).untold == ()
    [fact] = kitchen.ask(untold("item.started"))
    assert isinstance(fact, f.EventOvertaken)


def test_who_was_not_told_that_their_order_is_refused_has_to_be_phoned_all_the_same() -> None:
    kitchen = a_kitchen()
    kitchen.ask(i.Refuse(O1, "the oven is broken"))
    kitchen.ask(untold("order.refused"))
    assert [one.on for one in board(kitchen).untold] == ["order.refused"]


def test_of_an_order_that_nobody_knows_only_the_number_counts() -> None:
    kitchen = Kitchen()
    [fact] = kitchen.ask(untold(order=OrderId("elsewhere")))
    assert isinstance(fact, f.EventOvertaken)
