"""What the shop's television lists: display ids and nothing else of an order."""

from collections.abc import Sequence

import msgspec

from edge.board import Board
from edge.orders import Order, OrderState
from edge.text import plain

LONGEST = 24  # characters of a display id: more cannot be read from five metres
MOST = 100  # display ids of one list: the others are counted


class Shown(msgspec.Struct, frozen=True):
    """One list: the display ids that are on it, and how many more there are."""

    ids: tuple[str, ...]
    more: int = 0


class Lists(msgspec.Struct, frozen=True):
    """Both lists: being made in the order they came, ready with the latest first."""

    making: Shown
    ready: Shown


def list_orders(board: Board) -> Lists:
    """What the board has for the customers in the shop."""
    orders = [*board.orders.values()]
    making = sorted(filter(_being_made, orders), key=lambda order: order.number)
    ready = [order for order in orders if order.state is OrderState.READY]
    # Ready orders close a fixed time after they became ready: their last hour tells which came first.
    ready.sort(key=lambda order: (order.closes or 0.0, order.number), reverse=True)
    return Lists(_shown(making), _shown(ready))


def _being_made(order: Order) -> bool:
    return order.state is OrderState.OPEN and (order.started or bool(order.slots))


def _shown(orders: Sequence[Order]) -> Shown:
    ids = tuple(plain(order.display_id, LONGEST).strip() or "?" for order in orders[:MOST])
    return Shown(ids, len(orders) - len(ids))
