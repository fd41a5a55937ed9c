"""The rules: what follows from an intent on a draft of the board. Pure; the hub applies each fact as it is yielded."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from edge import facts as f
from edge import hands, merchant, press
from edge import intents as i
from edge.board import Board
from edge.changes import renewed
from edge.intents import Intent, Refused
from edge.orders import Moment, Order, OrderState, Stamp
from edge.routes import release_time, routed
from edge.settle import queue_tickets, settle
from edge.slips import cancel_slips, change_slips
from edge.tickets import Job
from edge.updates import UpdateId, UpdateKind

replace = msgspec.structs.replace
DRIFT = 2.0  # seconds that time may have gone back between an alarm and the rules without a step
HAND_NUMBERS = 1_000  # after which display ids given by the hub begin anew: more than are ever on a board
OVER = frozenset({OrderState.COLLECTED, OrderState.CANCELLED, OrderState.CLOSED})  # nothing moves these any more


def decide(draft: Board, intent: Intent, now: float) -> Iterator[f.Happened]:
    """What happens because of an intent; each fact is applied to the draft before the next is asked for.

    Raises Refused, always before the first fact.
    """
    before = draft.counters.heard
    yield from _RULES[type(intent)](draft, intent, now)
    heard = draft.counters.heard
    if heard.top > before.top + 1 and heard.above:
        yield f.GapOpened(heard.gaps[-1])
    if before.above and not heard.above:
        yield f.GapClosed(heard.through)


# --- the cloud ------------------------------------------------------------------------------------------------------


def _place(draft: Board, intent: i.Place, now: float) -> Iterator[f.Happened]:
    known = draft.known(intent.order.id)
    if known is not None:
        if intent.stamp is None:
            raise Refused("order {order} is there already", order=known.display_id)
        yield from _renew(draft, known, intent.order, intent.stamp, now)
        return
    layout = draft.layout
    order = intent.order
    release = release_time(layout, order)
    state = OrderState.OPEN
    if (order.created if order.due is None else order.due) < now - layout.stale:
        state = OrderState.LAPSED
    elif release is not None and release > now:
        state = OrderState.HELD
    by_hand = 0
    if not order.display_id:
        by_hand, order = _numbered(draft, order)
    order = replace(
        order,
        state=state,
        arrived=now,
        release=release if state is OrderState.HELD else None,
        stamp=intent.stamp,
        items=tuple(routed(layout, item, now) for item in order.items),
    )
    yield f.OrderPlaced(order, by_hand)
    if state is OrderState.LAPSED:
        yield f.OrderLapsed(order.id)
    elif state is OrderState.HELD:
        yield f.OrderHeld(order.id, release)
    else:
        yield from _enter(draft, order, now)


def _numbered(draft: Board, order: Order) -> tuple[int, Order]:
    """An order made by hand under a display id that no other on the board has."""
    taken = {other.display_id for other in draft.orders.values()}
    by_hand = draft.counters.by_hand + 1
    while (display_id := f"H{by_hand % HAND_NUMBERS:03}") in taken:
        by_hand += 1
    return by_hand, replace(order, display_id=display_id)


def _enter(draft: Board, order: Order, now: float) -> Iterator[f.Happened]:
    """An open order goes to its stations."""
    items = tuple(item.id for item in order.items)
    yield from settle(draft, order.id, now, arrived=items)
    yield from queue_tickets(draft, draft.orders[order.id], "released", items)


def _change(draft: Board, intent: i.Change, now: float) -> Iterator[f.Happened]:
    known = draft.known(intent.order.id)
    if known is None:
        yield from _place(draft, i.Place(intent.order, intent.stamp), now)
    else:
        yield from _renew(draft, known, intent.order, intent.stamp, now)


def _renew(draft: Board, known: Order, new: Order, stamp: Stamp, now: float) -> Iterator[f.Happened]:
    """The whole order anew."""
    late = _too_late(known, stamp)
    if late:
        yield f.EventOvertaken(known.id, stamp, late)
        return
    what = renewed(draft.layout, known, new, stamp, now)
    yield what
    yield from change_slips(draft, known, what)
    if known.state is OrderState.READY and not what.order.made:
        yield f.OrderUnready(known.id)
    yield from _retime(draft, what.order, now)
    if known.state is not OrderState.HELD:  # a released one has entered with all its items
        before = {item.id for item in known.items} - {*what.added}
        arrived = tuple(item.id for item in what.order.items if item.id not in before)
        yield from settle(draft, known.id, now, arrived=arrived)
        order = draft.orders[known.id]
        if order.state is OrderState.OPEN:
            yield from queue_tickets(draft, order, "released", what.added)


def _retime(draft: Board, order: Order, now: float) -> Iterator[f.Happened]:
    """Hold or release an order nobody has started, where its new time asks for it."""
    order = draft.orders[order.id]
    release = release_time(draft.layout, order)
    early = release is not None and release > now
    if order.state is OrderState.HELD:
        if early:
            yield f.OrderHeld(order.id, release)
        elif order.release is not None:  # one held by hand stays until it is released by hand
            yield from _let_go(draft, order, now)
    elif order.state is OrderState.OPEN and early and not order.started and not order.released:
        yield f.OrderHeld(order.id, release)
        yield from settle(draft, order.id, now)


def _too_late(known: Order, stamp: Stamp) -> str:
    """Why an event cannot change an order any more; empty where it can."""
    if known.state in OVER or known.state is OrderState.LAPSED:
        return f"the order is {known.state}"
    if known.stamp is not None and (stamp.source, stamp.id) == (known.stamp.source, known.stamp.id):
        return "it is known already"  # though the journal that saw it come may be another
    if known.stamp is not None and stamp.older_than(known.stamp):
        return "a newer event came first"
    return ""


def _cancel(draft: Board, intent: i.Cancel, now: float) -> Iterator[f.Happened]:
    known = draft.known(intent.order)
    if known is not None and known.state in OVER:
        yield f.EventOvertaken(known.id, intent.stamp, f"the order is {known.state}")
        return
    yield f.OrderCancelled(intent.order, intent.reason, intent.stamp, None if known else _stub(intent, now))
    yield from cancel_slips(draft, draft.orders[intent.order])
    yield from settle(draft, intent.order, now)


def _gone(draft: Board, intent: i.Gone, now: float) -> Iterator[f.Happened]:
    known = draft.known(intent.order)
    if known is not None and known.state in OVER:
        yield f.EventOvertaken(known.id, intent.stamp, f"the order is {known.state}")
        return
    yield f.OrderCollected(intent.order, intent.reason, intent.stamp, None if known else _stub(intent, now))
    yield from settle(draft, intent.order, now)


def _untold(draft: Board, intent: i.ReportUntold, _now: float) -> Iterator[f.Happened]:
    known = draft.known(intent.order)
    refused = known is not None and known.state is OrderState.CANCELLED and intent.on == UpdateKind.REFUSED
    if known is None or (known.state in OVER and not refused):
        late = f"the order is {known.state}" if known else "there is no such order"
        yield f.EventOvertaken(intent.order, intent.stamp, late)
    else:
        yield f.CustomerUntold(known.id, intent.stamp, intent.on, intent.way, intent.reason, intent.words)


def _stub(intent: i.Cancel | i.Gone, now: float) -> Order:
    """What stands for an order that is over before it was placed, so that its `placed` does not bring it back."""
    return Order(intent.order, display_id="", arrived=now, created=intent.stamp.time)


def _keep_letter(_draft: Board, intent: i.KeepLetter, _now: float) -> Iterator[f.Happened]:
    yield f.DeadLetterKept(**msgspec.structs.asdict(intent))


def _skip(_draft: Board, intent: i.Skip, _now: float) -> Iterator[f.Happened]:
    yield f.SequenceSkipped(intent.stamp, intent.numbers)


# --- people, by order -----------------------------------------------------------------------------------------------


def _known(draft: Board, intent: i.OfOrder) -> Order:
    order = draft.orders.get(intent.order)
    if order is None:
        raise Refused("there is no order {order} on the board", order=intent.order)
    if order.state in OVER:
        raise Refused("{order} is {state}", order=order.display_id, state=order.state)
    return order


def _collect(draft: Board, intent: i.Collect, now: float) -> Iterator[f.Happened]:
    order = _known(draft, intent)
    if order.state is not OrderState.READY and not intent.force:
        raise Refused("{order} is not ready: it is {state}", order=order.display_id, state=order.state)
    yield f.OrderCollected(order.id, intent.reason)
    yield from settle(draft, order.id, now)


def _refuse(draft: Board, intent: i.Refuse, now: float) -> Iterator[f.Happened]:
    yield from merchant.refuse(draft, _known(draft, intent), intent, now)


def _remake(draft: Board, intent: i.Remake, now: float) -> Iterator[f.Happened]:
    yield from merchant.remake(draft, _known(draft, intent), intent, now)


def _hold(draft: Board, intent: i.Hold, now: float) -> Iterator[f.Happened]:
    order = _known(draft, intent)
    if order.started or order.state is not OrderState.OPEN:
        state = Moment.STARTED if order.started else order.state
        raise Refused("{order} is {state}: it cannot be held", order=order.display_id, state=state)
    release = release_time(draft.layout, order)
    yield f.OrderHeld(order.id, release if release is not None and release > now else None)
    yield from settle(draft, order.id, now)


def _release(draft: Board, intent: i.Release, now: float) -> Iterator[f.Happened]:
    order = _known(draft, intent)
    if order.state not in {OrderState.HELD, OrderState.LAPSED}:
        raise Refused("{order} is not held: it is {state}", order=order.display_id, state=order.state)
    yield from _let_go(draft, order, now)


def _by_hand(draft: Board, intent: i.OnCard | i.ReleaseNext, now: float) -> Iterator[f.Happened]:
    asked = hands.asked_of_order(draft, intent)
    yield from _RULES[type(asked)](draft, asked, now)


def _let_go(draft: Board, order: Order, now: float) -> Iterator[f.Happened]:
    yield f.OrderReleased(order.id)
    yield from _enter(draft, order, now)


def _prioritise(draft: Board, intent: i.Prioritise, _now: float) -> Iterator[f.Happened]:
    yield f.OrderPrioritised(_known(draft, intent).id, intent.priority)


def _reschedule(draft: Board, intent: i.Reschedule, now: float) -> Iterator[f.Happened]:
    order = _known(draft, intent)
    if order.state not in {OrderState.HELD, OrderState.OPEN}:
        raise Refused("{order} is {state}: it cannot be rescheduled", order=order.display_id, state=order.state)
    release = release_time(draft.layout, replace(order, due=intent.due))
    yield f.OrderRescheduled(order.id, intent.due, release if order.state is OrderState.HELD else None)
    yield from _retime(draft, order, now)


# --- the hub itself --------------------------------------------------------------------------------------------------


def _release_due(draft: Board, intent: i.ReleaseDue, now: float) -> Iterator[f.Happened]:
    order = draft.orders.get(intent.order)
    if order and order.state is OrderState.HELD and order.release is not None and order.release <= max(now, intent.at):
        yield from _let_go(draft, order, now)


def _close_due(draft: Board, intent: i.CloseDue, now: float) -> Iterator[f.Happened]:
    order = draft.orders.get(intent.order)
    if order is None or order.closes is None or order.closes > max(now, intent.at):
        return
    if order.graced:
        yield f.UpdateSent(order.id, tuple(UpdateId(update) for update in order.graced))
    for station, number in order.slots.items():
        yield f.SlotFreed(order.id, station, number, now + draft.layout.rest)
    yield f.OrderClosed(order.id)


def _send_due(draft: Board, intent: i.SendDue, now: float) -> Iterator[f.Happened]:
    order = draft.orders.get(intent.order)
    if order is None:
        return
    # What rang on time before the clock was set back by a step speaks for nothing that has been moved with it.
    by = max(now, min(intent.at, now + DRIFT))
    due = tuple(UpdateId(u) for u in order.graced if draft.outbox[UpdateId(u)].leaves <= by)
    if due:
        yield f.UpdateSent(order.id, due)


def _note(_draft: Board, intent: i.Note, _now: float) -> Iterator[f.Happened]:
    yield intent.what


def _reseat(draft: Board, intent: i.Reseat, now: float) -> Iterator[f.Happened]:
    order = draft.orders.get(intent.order)
    if order:
        yield from settle(draft, order.id, now)


# --- couriers -------------------------------------------------------------------------------------------------------


def _ticket(draft: Board, intent: i.ReportTicket, _now: float) -> Iterator[f.Happened]:
    job = draft.jobs.get(intent.job)
    if job is None:
        raise Refused("there is no ticket {ticket}", ticket=intent.job)
    if (job.state, job.reason) == (intent.state, intent.reason):
        return
    match intent.state:
        case "sending":
            _still_owed(job)
            yield f.TicketSending(job.order, job.id)
        case "printed":
            yield f.TicketPrinted(job.order, job.id)
        case "unsent":
            yield f.TicketUnsent(job.order, job.id, intent.reason)
        case "stale":
            _still_owed(job)
            yield f.TicketUnsent(job.order, job.id, intent.reason, stale=True)
        case "unconfirmed":
            yield f.TicketUnconfirmed(job.order, job.id, intent.reason)


def _move(draft: Board, intent: i.MoveTicket, _now: float) -> Iterator[f.Happened]:
    job = draft.jobs.get(intent.job)
    if job is None:
        raise Refused("there is no ticket {ticket}", ticket=intent.job)
    _still_owed(job)
    if job.spool != intent.printer:
        yield f.TicketMoved(job.order, job.id, intent.printer)


def _still_owed(job: Job) -> None:
    """Of what is moved, given up or begun not one byte may have left."""
    if not (job.pending and job.waiting):
        raise Refused("ticket {ticket} is {state}", ticket=job.id, state=job.state)


def _receipt(draft: Board, intent: i.ReceiptUpdates, _now: float) -> Iterator[f.Happened]:
    through = min(intent.through, draft.counters.updates)
    if through > draft.counters.receipted:
        yield f.UpdatesReceipted(through)


def _request_backfill(draft: Board, intent: i.RequestBackfill, _now: float) -> Iterator[f.Happened]:
    counters = draft.counters
    heard = counters.heard
    if heard.above or intent.connection > counters.connections:
        after = heard.through if heard.sources else None
        yield f.BackfillRequested(counters.backfills + 1, intent.connection, after, heard.since)


_RULES: dict[type[Any], Callable[[Board, Any, float], Iterator[f.Happened]]] = {
    i.Place: _place,
    i.Change: _change,
    i.Cancel: _cancel,
    i.Gone: _gone,
    i.ReportUntold: _untold,
    i.KeepLetter: _keep_letter,
    i.Skip: _skip,
    i.Bump: press.bump,
    i.Batch: press.batch,
    i.Recall: press.recall,
    i.Acknowledge: press.acknowledge,
    i.Reprint: press.reprint,
    i.TurnPage: press.turn_page,
    i.Collect: _collect,
    i.Refuse: _refuse,
    i.Remake: _remake,
    i.Pause: merchant.pause,
    i.Resume: merchant.resume,
    i.Unavailable: merchant.unavailable,
    i.Available: merchant.available,
    i.OnCard: _by_hand,
    i.ReleaseNext: _by_hand,
    i.Hold: _hold,
    i.Release: _release,
    i.Prioritise: _prioritise,
    i.Reschedule: _reschedule,
    i.ReleaseDue: _release_due,
    i.CloseDue: _close_due,
    i.SendDue: _send_due,
    i.Reseat: _reseat,
    i.Note: _note,
    i.ReportTicket: _ticket,
    i.MoveTicket: _move,
    i.ReceiptUpdates: _receipt,
    i.RequestBackfill: _request_backfill,
}
