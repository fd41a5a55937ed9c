"""Mornings: any sequence of what can be asked of a store, in batches with time between them, for property tests."""

from decimal import Decimal
from typing import Any, Literal

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from edge import facts as f
from edge import intents as i
from edge.board import Board
from edge.heard import Range
from edge.intents import Intent
from edge.orders import LEAST, Item, ItemId, Moment, OrderId, StageId, StationId
from edge.press import furthest_behind
from edge.tickets import JobId
from tests.builders import (
    DECO,
    HOUR,
    KITCHEN,
    MINUTE,
    MORNING,
    OVEN,
    PACKING,
    a_bread,
    a_bun,
    a_cake,
    a_stamp,
    an_order,
)

STATIONS = (OVEN, DECO, PACKING, KITCHEN, StationId("cellar"))
ORDERS = tuple(map(OrderId, ("o1", "o2", "o3", "o4", "o5")))
BASKETS: tuple[tuple[Item, ...], ...] = (
    (a_bun("1"),),
    (a_bread("1"),),
    (a_cake("1"),),
    (a_bun("1"), a_bread("2")),
    (a_bun("1"), a_bun("2")),
    (a_cake("1"), a_cake("2"), a_bun("3")),
    (a_bread("1"), a_cake("2", note="less sugar"), a_bread("3")),
    (a_bread("1", quantity=Decimal(2)), a_cake("2")),
    (a_bread("1", quantity=Decimal(12)), a_bun("2", quantity=Decimal(8))),
)


ASKED_OF_A_CARD = (  # by a key, which knows no orders
    *(i.Collect(OrderId("")), i.Hold(OrderId("")), i.Prioritise(OrderId("")), i.Refuse(OrderId(""), "no eggs")),
    *(i.Remake(OrderId(""), ItemId("")), i.Batch(OVEN, "", StageId(""), Moment.WAITING)),
)


class Touch(msgspec.Struct, frozen=True):
    """Somebody presses, recalls or prints what is really there: the nth of it."""

    what: Literal[
        *("bump", "part", "batch", "remake", "recall", "acknowledge"),
        *("sending", "printed", "unsent", "stale", "unconfirmed", "move"),
    ]
    nth: int

    def on(self, board: Board) -> Intent:
        """The intent that this is on a board."""
        match self.what:
            case "sending" | "printed" | "unsent" | "stale" | "unconfirmed" | "move":
                jobs = sorted(board.jobs.values(), key=lambda job: int(job.id))
                job = jobs[self.nth % len(jobs)].id if jobs else JobId("0")
                if self.what == "move":
                    return i.MoveTicket(job, "kitchen" if self.nth % 2 else "counter")
                return i.ReportTicket(job, self.what)
            case "recall":
                moved = [ref for station in STATIONS[:4] for ref in board.station(station).moves]
                ref = moved[self.nth % len(moved)] if moved else None
                return i.Recall(order=ref.order if ref else ORDERS[0])
            case "remake":
                begun = [(order, item) for order in board.orders.values() for item in order.items if item.begun]
                order, item = begun[self.nth % len(begun)] if begun else (an_order("o1"), a_bun("1"))
                half = item.quantity / 2 if item.quantity > 1 and self.nth % 2 else None
                return i.Remake(order.id, item.origin, "it fell", half)
        cards = [(station, number, order) for station in STATIONS[:4] for number, order in board.cards(station)]
        station, number, order = cards[self.nth % len(cards)] if cards else (OVEN, 1, an_order("o1"))
        here = furthest_behind(board.layout, order, station)
        if self.what == "acknowledge":
            return i.Acknowledge(station=station, slot=number)
        if self.what == "bump" or not here:
            return i.Bump(station=station, slot=number)
        item = here[0]
        if self.what == "batch":
            return i.Batch(station, item.product, item.route[item.place], item.moment)
        return i.Bump(station=station, slot=number, item=item.origin, quantity=max(LEAST, item.quantity / 4))


Wish = Intent | Touch


class Batch(msgspec.Struct, frozen=True):
    """Time goes by, then all of this is asked at once."""

    after: float
    wishes: tuple[Wish, ...]


def _some(*values: Any) -> SearchStrategy[Any]:
    return st.sampled_from(values)


orders = st.builds(
    lambda name, basket, when, note: an_order(name, *basket, note=note, **when),
    _some(*ORDERS),
    _some(*BASKETS),
    _some(
        {},
        {},
        {},
        {"scheduled": True, "due": MORNING + 4 * HOUR},
        {"scheduled": True, "due": MORNING + HOUR},
        {"due": MORNING - 30 * HOUR},
    ),
    _some("", "ring twice"),
)
stamps = st.builds(
    lambda number, late, sequence: a_stamp(f"e{number}", time=MORNING + late, sequence=sequence),
    st.integers(1, 1_000_000),
    st.integers(0, 9),
    st.none() | st.integers(1, 9),
)
_numbers = st.integers(1, 5)
_cards = st.fixed_dictionaries(
    {"station": _some(*STATIONS)}, optional={"slot": _numbers, "order": _some(*ORDERS), "item": _some("1", "2")}
)
_order = _some(*ORDERS)
_pressed = st.one_of(
    st.fixed_dictionaries({"station": _some(*STATIONS), "slot": _numbers}),
    st.fixed_dictionaries({"station": _some(*STATIONS), "position": _numbers}),
    st.fixed_dictionaries({"station": _some(*STATIONS), "order": _order}, optional={"item": _some("1", "2")}),
    st.fixed_dictionaries({"order": _order}),
    st.fixed_dictionaries({"station": _some(*STATIONS)}),
)

by_hand = st.builds(i.Place, orders)
placing = st.builds(i.Place, orders, stamps) | by_hand
presses = st.builds(lambda asked, card: asked(**card), _some(i.Bump, i.Recall, i.Acknowledge, i.Reprint), _pressed)
hands = st.builds(
    Touch,
    _some(*("bump",) * 6, *("recall",) * 3, "part", "part", "batch", "remake", "acknowledge"),
    st.integers(0, 9),
)
changes = st.builds(i.Change, orders, stamps)
couriers = st.builds(
    Touch, _some("sending", "printed", "unsent", "stale", "unconfirmed", "move"), st.integers(0, 9)
) | st.builds(i.ReceiptUpdates, st.integers(0, 20))
cloud = st.one_of(
    changes,
    st.builds(i.Cancel, _order, stamps),
    st.builds(i.Gone, _order, stamps),
    st.builds(i.KeepLetter, st.just("orders"), st.just("not JSON"), st.just(b"{"), st.just(1), st.just("0" * 64)),
    st.builds(i.Skip, stamps, st.builds(Range, st.integers(1, 5), st.integers(5, 9))),
    st.builds(i.Note, st.builds(f.EventRepeated, stamps)),
)
people = st.one_of(
    st.builds(i.TurnPage, _some(*STATIONS), _some("next", "previous", 1, 2)),
    st.builds(i.Collect, _order, st.booleans()),
    st.builds(i.Hold, _order),
    st.builds(i.Release, _order),
    st.builds(i.Prioritise, _order, st.integers(0, 9)),
    st.builds(i.Refuse, _order, st.just("no eggs")),
    st.builds(i.Remake, _order, _some(ItemId("1"), ItemId("2"))),
    _some(i.Pause("too much"), i.Resume()),
    _some(i.Unavailable("bread-rye", "sold out"), i.Available("bread-rye")),
    st.builds(i.OnCard, _some(*STATIONS), st.integers(1, 5), _some(*ASKED_OF_A_CARD)),
    st.just(i.ReleaseNext()),
    st.builds(i.Reschedule, _order, _some(MORNING, MORNING + 4 * HOUR, MORNING + 9 * HOUR)),
)
clock = st.one_of(
    st.builds(i.ReleaseDue, _order),
    st.builds(i.CloseDue, _order),
    st.builds(i.SendDue, _order),
    st.builds(i.Reseat, _order),
    st.builds(i.Note, st.builds(f.ClockStepped, _some(-HOUR, -5.0, 40.0, 3 * HOUR))),
)


def _busy(*others: SearchStrategy[Wish]) -> SearchStrategy[Wish]:
    """Mostly hands at work, and now and then something else."""
    return st.integers(0, 19).flatmap(lambda dice: others[dice] if dice < len(others) else hands)


anything = _busy(placing, cloud, changes, people, clock, couriers, presses, presses)
unchanged = _busy(by_hand, people, clock, presses)  # a second `placed` would be a change


def mornings(
    wishes: SearchStrategy[Wish] = anything, arrivals: SearchStrategy[i.Place] = placing
) -> SearchStrategy[list[Batch]]:
    """Some orders come, and then anything happens."""
    first = st.lists(arrivals, min_size=1, max_size=4).map(lambda asked: Batch(0, tuple(asked)))
    passing = _some(*(0.0, 0.1, 1.0, 4.9, 5.0, MINUTE) * 3, HOUR, 4 * HOUR, 13 * HOUR)
    batch = st.builds(Batch, passing, st.lists(wishes, min_size=1, max_size=12).map(tuple))
    rest = st.lists(batch, min_size=1, max_size=12)
    return st.builds(lambda head, tail: [head, *tail], first, rest)
