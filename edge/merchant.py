"""The merchant's word: an order refused, an item made again, a store that drowns, a product that is sold out."""

from collections.abc import Iterator

from edge import facts as f
from edge import intents as i
from edge.board import STORE, Board
from edge.intents import Refused
from edge.orders import Order, OrderState
from edge.parts import portion, standing
from edge.settle import queue_tickets, settle
from edge.slips import cancel_slips
from edge.text import plain


def refuse(draft: Board, order: Order, intent: i.Refuse, now: float) -> Iterator[f.Happened]:
    """The store does not make an order that nobody has started."""
    if not plain(intent.reason).strip():
        raise Refused("say why")
    if order.started or order.state is OrderState.READY:
        raise Refused("{order} is started: it cannot be refused", order=order.display_id)
    yield f.OrderRefused(order.id, intent.reason)
    yield from cancel_slips(draft, draft.orders[order.id])
    yield from settle(draft, order.id, now)


def remake(draft: Board, order: Order, intent: i.Remake, now: float) -> Iterator[f.Happened]:
    """What is spoilt of an item goes back to its first stage; of its parts those that are furthest first."""
    parts = [item for item in order.items if item.origin == intent.item]
    if not parts:
        raise Refused("{order} has no item {item}", order=order.display_id, item=intent.item)
    begun = tuple(sorted((item for item in parts if item.begun), key=standing, reverse=True))
    if not begun:
        raise Refused("nothing of {item} is begun: there is nothing to make again", item=parts[0].name)
    spoilt = yield from portion(draft, order, begun, intent.quantity)
    for item in spoilt:
        yield f.ItemRemade(order.id, item.id, intent.reason)
    if order.state is OrderState.READY:
        yield f.OrderUnready(order.id)
    yield from settle(draft, order.id, now, arrived=tuple(item.id for item in spoilt))
    yield from queue_tickets(draft, draft.orders[order.id], "released", tuple(item.id for item in spoilt))


def pause(draft: Board, intent: i.Pause, _now: float) -> Iterator[f.Happened]:
    """The store wants no more orders."""
    if STORE in draft.halts:
        raise Refused("the store is paused already")
    yield f.StorePaused(intent.reason)


def resume(draft: Board, _intent: i.Resume, _now: float) -> Iterator[f.Happened]:
    """The store takes orders again."""
    if STORE not in draft.halts:
        raise Refused("the store is not paused")
    yield f.StoreResumed()


def unavailable(draft: Board, intent: i.Unavailable, _now: float) -> Iterator[f.Happened]:
    """A product is sold out."""
    if intent.code in draft.halts:
        raise Refused("{product} is unavailable already", product=intent.code)
    yield f.ProductUnavailable(intent.code, intent.reason)


def available(draft: Board, intent: i.Available, _now: float) -> Iterator[f.Happened]:
    """A product can be ordered again."""
    if intent.code not in draft.halts:
        raise Refused("{product} is available", product=intent.code)
    yield f.ProductAvailable(intent.code)
