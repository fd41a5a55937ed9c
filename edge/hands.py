"""Hands: what a key asks, which knows numbers of a page and no orders, as what is asked of one order."""

import msgspec

from edge.board import Board, items_at
from edge.intents import Asked, AtStation, Batch, Collect, OnCard, Prioritise, Refused, Release, ReleaseNext, Remake
from edge.orders import Order, OrderState
from edge.press import card, furthest_behind, number_of, station_named

replace = msgspec.structs.replace


def asked_of_order(draft: Board, intent: OnCard | ReleaseNext) -> Asked:
    """The same, with the order that is meant; raises Refused where that is not plain."""
    if isinstance(intent, ReleaseNext):
        return Release(_next_held(draft).id)
    at = AtStation(station=intent.station, position=intent.position)
    match intent.ask:
        case Collect() as collect:
            return replace(collect, order=_handed_over(draft, intent, at).id)
        case Batch() as batch:
            return _batch(draft, batch, at)
        case Remake() as remake:
            return _remake(draft, remake, at)
        case Prioritise() as first:  # a second press takes it back, as on a screen
            order = card(draft, at)[1]
            return replace(first, order=order.id, priority=0 if order.priority else first.priority)
        case ask:
            return replace(ask, order=card(draft, at)[1].id)


def _next_held(draft: Board) -> Order:
    held = [order for order in draft.orders.values() if order.state is OrderState.HELD]
    if not held:
        raise Refused("no order is held")
    return min(held, key=lambda order: (order.release or 0.0, order.number))


def _handed_over(draft: Board, intent: OnCard, at: AtStation) -> Order:
    """What stands under the number or, where that is free, what the last press there sent on, as a recall means it."""
    station = station_named(draft, intent.station)
    number = number_of(draft, station, at)
    if number is not None and draft.at(station.id, number) is None:
        gone = [draft.orders.get(one.order) for one in draft.station(station.id).moves if one.slot == number]
        if gone and (last := gone[-1]) is not None:
            return last
    return card(draft, at)[1]


def _batch(draft: Board, batch: Batch, at: AtStation) -> Batch:
    """What the next press of the card would move, over all orders."""
    station, order = card(draft, at)
    group = furthest_behind(draft.layout, order, station)
    if not group:
        raise Refused("{order} has nothing left to make here: acknowledge it", order=order.display_id)
    if len({item.product for item in group}) > 1:
        raise Refused("{order} has several products next: press it alone", order=order.display_id)
    first = group[0]
    assert first.stage is not None, "what is at a station is not made"
    return replace(batch, station=station, product=first.product, stage=first.stage, moment=first.moment)


def _remake(draft: Board, remake: Remake, at: AtStation) -> Remake:
    """The one line of the card that somebody has begun."""
    station, order = card(draft, at)
    begun = {item.origin for item in items_at(draft.layout, order, station) if item.begun}
    if not begun:
        raise Refused("nothing of {order} is begun: there is nothing to make again", order=order.display_id)
    if len(begun) > 1:
        raise Refused("{order} has several items here: say on a screen which is spoilt", order=order.display_id)
    return replace(remake, order=order.id, item=begun.pop())
