"""What each fact does to a draft of the board: total and deterministic, so that the journal is the board."""

from collections.abc import Callable
from typing import Any

import msgspec

from edge import facts as f
from edge import steps
from edge.board import STORE, Board, Halt, Press, Rest, items_at, shown_at, station_of
from edge.heard import Heard
from edge.orders import Item, Order, OrderState, Stamp, Untold, Word
from edge.outbox import (
    StoreFact,
    count_anew,
    delete_graced,
    forget_receipted,
    let_leave,
    ready_was_told,
    tell,
)
from edge.steps import with_mark
from edge.tickets import Job, JobId, JobState
from edge.updates import UpdateId, UpdateKind

replace = msgspec.structs.replace


def apply(draft: Board, fact: StoreFact) -> int | None:
    """Let one fact have happened on a draft; gives back the number of the order it is about."""
    draft.counters.seq = fact.seq
    what = fact.what
    _EFFECTS[type(what)](draft, fact, what)
    about = getattr(what, "order", None)
    stamp = about.stamp if isinstance(about, Order) else getattr(what, "stamp", None)
    if stamp is not None:
        draft.counters.heard = draft.counters.heard.with_event(stamp, fact.at)
    order_id = about.id if isinstance(about, Order) else about
    if order_id is None:
        return None
    order = draft.orders.get(order_id)
    if order is None:
        order = draft.known(order_id)
        return order.number if order else None
    if order.revision != fact.seq:
        draft.orders[order_id] = replace(order, revision=fact.seq)
    return order.number


# --- orders ---------------------------------------------------------------------------------------------------------


def _placed(draft: Board, fact: StoreFact, what: f.OrderPlaced) -> None:
    order = replace(what.order, number=what.order.number or fact.seq, revision=fact.seq)
    draft.orders[order.id] = order
    draft.counters.by_hand = what.by_hand or draft.counters.by_hand
    if order.state is not OrderState.LAPSED:  # else the cloud is told that with the next fact
        _accept(draft, fact, order)


def _accept(draft: Board, fact: StoreFact, order: Order, *, unready: bool = False) -> None:
    tell(draft, fact, order, UpdateKind.ACCEPTED, event=order.stamp.id if order.stamp else None, unready=unready)


def _changed(draft: Board, fact: StoreFact, what: f.OrderChanged) -> None:
    order = replace(what.order, revision=fact.seq)
    unready = ready_was_told(draft, draft.orders[order.id]) and not order.made
    marked = order
    for station in order.slots if what.fields else ():
        marked = with_mark(marked, station, Word.CHANGED)
    for station in order.slots:
        here = (item for item in items_at(draft.layout, order, station) if item.added or "allergens" in item.changed)
        if any(item.bakery.allergens for item in here):
            marked = with_mark(marked, station, Word.ALLERGEN)
    draft.orders[order.id] = marked
    _accept(draft, fact, order, unready=unready)


def _cancelled(draft: Board, fact: StoreFact, what: f.OrderCancelled) -> None:
    order = draft.orders.get(what.order) or (what.stub and replace(what.stub, number=fact.seq))
    if order:
        _accept(draft, fact, _call_off(draft, fact, replace(order, stamp=what.stamp or order.stamp, untold=())))


def _refused(draft: Board, fact: StoreFact, what: f.OrderRefused) -> None:
    order = _call_off(draft, fact, draft.orders[what.order])
    tell(draft, fact, order, UpdateKind.REFUSED, reason=what.reason)


def _call_off(draft: Board, fact: StoreFact, order: Order) -> Order:
    order = replace(order, state=OrderState.CANCELLED, closes=fact.at + draft.layout.close_after, release=None)
    for station in order.slots:
        order = with_mark(order, station, Word.CANCELLED)
    draft.orders[order.id] = order
    return order


def _held(draft: Board, _fact: StoreFact, what: f.OrderHeld) -> None:
    def held(order: Order) -> Order:
        removed = tuple(item for item in order.removed if item.begun)  # the others leave the stations with the rest
        return replace(order, state=OrderState.HELD, release=what.release, released=False, removed=removed)

    draft.update_order(what.order, held)


def _released(draft: Board, fact: StoreFact, what: f.OrderReleased) -> None:
    def released(order: Order) -> Order:
        items = tuple(item if item.moves else replace(item, since=fact.at) for item in order.items)
        return replace(order, state=OrderState.OPEN, release=None, released=True, closes=None, items=items)

    lapsed = draft.orders[what.order].state is OrderState.LAPSED
    order = draft.update_order(what.order, released)
    if lapsed:  # nobody was told when it came
        _accept(draft, fact, order)


def _rescheduled(draft: Board, fact: StoreFact, what: f.OrderRescheduled) -> None:
    order = draft.update_order(what.order, lambda o: replace(o, due=what.due, release=what.release))
    tell(draft, fact, order, UpdateKind.RESCHEDULED, due=what.due)


def _prioritised(draft: Board, _fact: StoreFact, what: f.OrderPrioritised) -> None:
    draft.update_order(what.order, lambda o: replace(o, priority=what.priority))


def _ready(draft: Board, fact: StoreFact, what: f.OrderReady) -> None:
    closes = fact.at + draft.layout.close_after
    order = draft.update_order(what.order, lambda o: replace(o, state=OrderState.READY, ready=fact.at, closes=closes))
    tell(draft, fact, order, UpdateKind.READY, move=what.move)


def _unready(draft: Board, _fact: StoreFact, what: f.OrderUnready) -> None:
    draft.update_order(what.order, lambda o: replace(o, state=OrderState.OPEN, ready=None, closes=None))
    delete_graced(draft, what.order, lambda update: update.kind is UpdateKind.READY)


def _collected(draft: Board, fact: StoreFact, what: f.OrderCollected) -> None:
    order = draft.orders.get(what.order) or (what.stub and replace(what.stub, number=fact.seq))
    if not order:
        return
    closes = fact.at + draft.layout.close_after
    order = replace(order, state=OrderState.COLLECTED, closes=closes, stamp=what.stamp or order.stamp, untold=())
    draft.orders[order.id] = order
    tell(draft, fact, order, UpdateKind.COLLECTED, reason=what.reason or None)


def _lapsed(draft: Board, fact: StoreFact, what: f.OrderLapsed) -> None:
    closes = fact.at + draft.layout.close_after
    order = draft.update_order(what.order, lambda o: replace(o, state=OrderState.LAPSED, closes=closes))
    _late(draft, fact, order, order.stamp, f"the order is {order.state}")


def _overtaken(draft: Board, fact: StoreFact, what: f.EventOvertaken) -> None:
    _late(draft, fact, draft.known(what.order), what.stamp, what.reason)


def _late(draft: Board, fact: StoreFact, order: Order | None, stamp: Stamp | None, reason: str) -> None:
    """A cloud that waits for an answer is told that an event had no effect."""
    if stamp and stamp.answer:
        tell(draft, fact, order, UpdateKind.OVERTAKEN, event=stamp.id, reason=reason)


def _closed(draft: Board, fact: StoreFact, what: f.OrderClosed) -> None:
    order = draft.orders[what.order]
    draft.orders.drop(what.order)
    draft.closed[what.order] = replace(order, state=OrderState.CLOSED, revision=fact.seq, jobs=())
    for job in order.jobs:
        draft.jobs.drop(job)  # type: ignore[arg-type]


def _untold(draft: Board, fact: StoreFact, what: f.CustomerUntold) -> None:
    new = Untold(what.on, what.way, what.reason, what.words, fact.at)
    draft.update_order(
        what.order,
        lambda o: replace(o, untold=(*(one for one in o.untold if one.to_channel is not new.to_channel), new)),
    )


def _phoned(draft: Board, _fact: StoreFact, what: f.CustomerPhoned) -> None:
    draft.update_order(what.order, lambda o: replace(o, untold=()))


def _nothing(_draft: Board, _fact: StoreFact, _what: Any) -> None:
    """Only journalled."""


# --- slots, pages, marks --------------------------------------------------------------------------------------------


def _slot_taken(draft: Board, _fact: StoreFact, what: f.SlotTaken) -> None:
    draft.take(what.station, what.number, what.order)

    def seated(order: Order) -> Order:
        if what.fresh:
            order = with_mark(order, what.station, Word.NEW)
            if any(item.bakery.allergens for item in items_at(draft.layout, order, what.station)):
                order = with_mark(order, what.station, Word.ALLERGEN)
        return replace(order, slots=order.slots | {what.station: what.number})

    draft.update_order(what.order, seated)


def _slot_freed(draft: Board, fact: StoreFact, what: f.SlotFreed) -> None:
    draft.leave(what.station, what.number)
    draft.update_order(
        what.order,
        lambda o: replace(
            o,
            slots={station: number for station, number in o.slots.items() if station != what.station},
            marks=tuple(mark for mark in o.marks if mark.station != what.station),
        ),
    )
    row = draft.station(what.station)
    resting = (*(rest for rest in row.resting if rest.until > fact.at), Rest(what.number, what.until, what.order))
    draft.stations[what.station] = replace(row, resting=resting)


def _page_turned(draft: Board, _fact: StoreFact, what: f.PageTurned) -> None:
    draft.stations[what.station] = replace(draft.station(what.station), page=what.page)


def _acknowledged(draft: Board, _fact: StoreFact, what: f.Acknowledged) -> None:
    def seen(order: Order) -> Order:
        shown = {item.id for item in shown_at(draft.layout, order, what.station)}
        return replace(
            order,
            marks=tuple(mark for mark in order.marks if mark.station != what.station),
            items=tuple(replace(i, added=False, changed=()) if i.id in shown else i for i in order.items),
            removed=tuple(item for item in order.removed if station_of(draft.layout, item) != what.station),
        )

    draft.update_order(what.order, seen)


# --- tickets --------------------------------------------------------------------------------------------------------


def _ticket_queued(draft: Board, fact: StoreFact, what: f.TicketQueued) -> None:
    known = draft.jobs.get(what.job)
    if known is not None:
        anew = {"attempt": what.attempt, "reason": "", "at": fact.at, "via": "", "stale": False}
        draft.jobs[what.job] = replace(known, state=JobState.QUEUED, **anew)
        return
    draft.update_order(what.order, lambda o: replace(o, jobs=(*o.jobs, what.job)))
    draft.jobs[what.job] = Job(
        what.job, what.printer, what.kind, what.order, what.items, what.station, fact.at, what.attempt, slip=what.slip
    )


def _ticket_reported(state: JobState) -> Callable[[Board, StoreFact, Any], None]:
    def reported(draft: Board, _fact: StoreFact, what: f.AboutTicket) -> None:
        job = draft.jobs.get(what.job)
        if job is not None:
            reason, stale = getattr(what, "reason", ""), getattr(what, "stale", False)
            draft.jobs[what.job] = replace(job, state=state, reason=reason, stale=stale)

    return reported


def _ticket_moved(draft: Board, _fact: StoreFact, what: f.TicketMoved) -> None:
    job = draft.jobs.get(what.job)
    if job is not None:
        via = "" if what.printer == job.printer else what.printer
        draft.jobs[what.job] = replace(job, state=JobState.QUEUED, reason="", via=via)


def _ticket_dropped(draft: Board, _fact: StoreFact, what: f.TicketDropped) -> None:
    draft.jobs.drop(what.job)
    draft.update_order(what.order, lambda o: replace(o, jobs=tuple(job for job in o.jobs if job != what.job)))


def _letter_kept(draft: Board, fact: StoreFact, what: f.DeadLetterKept) -> None:
    draft.counters.dead_letters += 1
    tell(draft, fact, None, UpdateKind.REJECTED, reason=what.reason, event=what.event)


def _skipped(draft: Board, _fact: StoreFact, what: f.SequenceSkipped) -> None:
    draft.counters.heard = draft.counters.heard.with_range(what.stamp.source, what.numbers)


def _clock_stepped(draft: Board, _fact: StoreFact, what: f.ClockStepped) -> None:
    """Spans that were measured by the clock stay what they are; times that people named (due, release) are times."""
    by = what.seconds

    def shifted(item: Item) -> Item:
        moves = tuple(replace(move, since=move.since + by) for move in item.moves)
        return replace(item, since=item.since + by, moves=moves)

    for order in list(draft.orders.values()):
        items, removed = tuple(map(shifted, order.items)), tuple(map(shifted, order.removed))
        ready, closes = (None if at is None else at + by for at in (order.ready, order.closes))
        draft.orders[order.id] = replace(
            order,
            items=items,
            removed=removed,
            arrived=order.arrived + by,
            ready=ready,
            closes=closes,
            revision=draft.counters.seq,
        )

    def moved(press: Press) -> Press:
        return replace(press, at=press.at + by, leaves=press.leaves + by)

    for station, row in list(draft.stations.items()):
        resting = tuple(replace(rest, until=rest.until + by) for rest in row.resting)
        recalled = row.recalled and moved(row.recalled)
        moves = tuple(map(moved, row.moves))
        draft.stations[station] = replace(row, resting=resting, moves=moves, recalled=recalled)
    for code, halt in list(draft.halts.items()):
        draft.halts[code] = replace(halt, at=halt.at + by)
    for update in list(draft.outbox.values()):
        if update.sequence is None:
            draft.outbox[update.id] = replace(update, leaves=update.leaves + by)
    for job in list(draft.jobs.values()):
        if job.at > what.begun:  # one of last night is as old as it was
            draft.jobs[job.id] = replace(job, at=job.at + by)


def _halted(kind: UpdateKind) -> Callable[[Board, StoreFact, Any], None]:
    def halted(draft: Board, fact: StoreFact, what: f.StorePaused | f.ProductUnavailable) -> None:
        code = what.code if isinstance(what, f.ProductUnavailable) else STORE
        draft.halts[code] = Halt(fact.at, fact.by, what.reason)
        tell(draft, fact, None, kind, reason=what.reason or None, code=code or None)

    return halted


def _goes_on(kind: UpdateKind) -> Callable[[Board, StoreFact, Any], None]:
    def goes_on(draft: Board, fact: StoreFact, what: f.StoreResumed | f.ProductAvailable) -> None:
        code = what.code if isinstance(what, f.ProductAvailable) else STORE
        draft.halts.drop(code)
        tell(draft, fact, None, kind, code=code or None)

    return goes_on


def _backfill_requested(draft: Board, _fact: StoreFact, what: f.BackfillRequested) -> None:
    draft.counters.backfills = what.number
    draft.counters.connections = what.connection


def _letter_read(draft: Board, _fact: StoreFact, _what: f.LetterRead) -> None:
    draft.counters.dead_letters = max(0, draft.counters.dead_letters - 1)


def _letters_forgotten(draft: Board, _fact: StoreFact, what: f.LettersForgotten) -> None:
    draft.counters.dead_letters = what.left


def _journal_begun(draft: Board, _fact: StoreFact, _what: f.JournalBegun) -> None:
    """What was lost with a damaged page must not be pointed at any more; all that the cloud knows is asked for."""
    count_anew(draft)
    draft.counters.heard, draft.counters.connections, draft.counters.backfills = Heard(), 0, 0
    for job in list(draft.jobs.values()):
        if job.order not in draft.orders:
            draft.jobs.drop(job.id)
    for order in list(draft.orders.values()):
        graced = tuple(update for update in order.graced if UpdateId(update) in draft.outbox)
        jobs = tuple(job for job in order.jobs if JobId(job) in draft.jobs)
        draft.orders[order.id] = replace(order, graced=graced, jobs=jobs, revision=draft.counters.seq)


_EFFECTS: dict[type[Any], Callable[[Board, StoreFact, Any], None]] = {
    f.OrderPlaced: _placed,
    f.OrderChanged: _changed,
    f.OrderCancelled: _cancelled,
    f.OrderRefused: _refused,
    f.OrderHeld: _held,
    f.OrderReleased: _released,
    f.OrderRescheduled: _rescheduled,
    f.OrderPrioritised: _prioritised,
    f.OrderReady: _ready,
    f.OrderUnready: _unready,
    f.OrderCollected: _collected,
    f.OrderClosed: _closed,
    f.OrderLapsed: _lapsed,
    f.EventOvertaken: _overtaken,
    f.CustomerUntold: _untold,
    f.CustomerPhoned: _phoned,
    f.SlotTaken: _slot_taken,
    f.SlotFreed: _slot_freed,
    f.ItemStarted: steps.started,
    f.ItemFinished: steps.finished,
    f.ItemSplit: steps.parted,
    f.ItemRemade: steps.remade,
    f.MoveRecalled: steps.recalled,
    f.Acknowledged: _acknowledged,
    f.PageTurned: _page_turned,
    f.TicketQueued: _ticket_queued,
    f.TicketSending: _ticket_reported(JobState.SENDING),
    f.TicketPrinted: _ticket_reported(JobState.PRINTED),
    f.TicketUnsent: _ticket_reported(JobState.UNSENT),
    f.TicketUnconfirmed: _ticket_reported(JobState.UNCONFIRMED),
    f.TicketMoved: _ticket_moved,
    f.TicketDropped: _ticket_dropped,
    f.UpdateSent: let_leave,
    f.UpdatesReceipted: forget_receipted,
    f.DeadLetterKept: _letter_kept,
    f.EventRepeated: _nothing,
    f.SequenceSkipped: _skipped,
    f.GapOpened: _nothing,
    f.GapClosed: _nothing,
    f.BackfillRequested: _backfill_requested,
    f.StorePaused: _halted(UpdateKind.PAUSED),
    f.StoreResumed: _goes_on(UpdateKind.RESUMED),
    f.ProductUnavailable: _halted(UpdateKind.UNAVAILABLE),
    f.ProductAvailable: _goes_on(UpdateKind.AVAILABLE),
    f.ClockStepped: _clock_stepped,
    f.JournalBegun: _journal_begun,
    f.LetterRead: _letter_read,
    f.LettersForgotten: _letters_forgotten,
}
