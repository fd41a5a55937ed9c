"""The outbox: what a fact tells the cloud, its grace, its order, and its taking back."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from edge import facts as f
from edge.board import Board
from edge.facts import Fact
from edge.orders import Item, Moment, Order, OrderId, OrderState, StageId, origin_of
from edge.updates import GRACED, Update, UpdateId, UpdateKind

replace = msgspec.structs.replace
StoreFact = Fact[f.Happened]
_BOTH = (Moment.STARTED, Moment.FINISHED)
_MOMENTS = {UpdateKind.STARTED: Moment.STARTED, UpdateKind.FINISHED: Moment.FINISHED}


def tell_item(draft: Board, fact: StoreFact, order: Order, item: Item, what: f.ItemStarted | f.ItemFinished) -> None:
    """Tell that a stage was started or finished."""
    tell(
        draft,
        fact,
        order,
        UpdateKind.STARTED if isinstance(what, f.ItemStarted) else UpdateKind.FINISHED,
        move=what.move,
        item=item.origin,
        name=item.name,
        stage=what.stage,
        station=what.station,
        quantity=item.quantity,
        implied=isinstance(what, f.ItemStarted) and what.implied,
    )


def tell(draft: Board, fact: StoreFact, order: Order | None, kind: UpdateKind, **about: Any) -> None:
    """Put an update into the outbox: with its sequence at once, or into its grace.

    Order is kept per order: an update never leaves before an earlier one of its order that is still in its grace.
    """
    if not draft.layout.cloud:
        return
    update_id = _update_id(draft, fact)
    leaves = fact.at + draft.layout.grace if kind in GRACED else fact.at
    if order is not None and order.graced:
        leaves = max(leaves, draft.outbox[UpdateId(order.graced[-1])].leaves)
    update = Update(update_id, kind, fact.at, fact.by, leaves, **about)
    if order is not None:
        update = replace(update, order=order.id, display_id=order.display_id, reply_to=order.reply_to)
    if order is not None and (leaves > fact.at or order.graced):
        draft.outbox[update_id] = update
        draft.update_order(order.id, lambda o: replace(o, graced=(*o.graced, update_id)))
    else:
        _number(draft, update)


def _update_id(draft: Board, fact: StoreFact) -> UpdateId:
    update_id, copies = UpdateId(str(fact.seq)), 1
    while update_id in draft.outbox:
        copies += 1
        update_id = UpdateId(f"{fact.seq}.{copies}")
    return update_id


def _number(draft: Board, update: Update) -> None:
    sequence = draft.counters.updates + 1
    draft.counters.updates = sequence
    draft.outbox[update.id] = replace(update, sequence=sequence)
    draft.sequences[sequence] = update.id


def count_anew(draft: Board) -> None:
    """In a new journal what is unsent is counted from 1 again, in its order."""
    unsent = sorted((row.sequence, row) for row in draft.outbox.values() if row.sequence is not None)
    draft.counters.updates = draft.counters.receipted = 0
    for sequence, _ in unsent:
        draft.sequences.drop(sequence)
    for _, update in unsent:
        _number(draft, update)


def let_leave(draft: Board, _fact: StoreFact, what: f.UpdateSent) -> None:
    """Updates leave their grace: from here on they have a sequence and cannot be deleted."""
    for update_id in what.updates:
        _number(draft, draft.outbox[update_id])
    gone = set(what.updates)
    draft.update_order(what.order, lambda o: replace(o, graced=tuple(g for g in o.graced if g not in gone)))


def forget_receipted(draft: Board, _fact: StoreFact, what: f.UpdatesReceipted) -> None:
    """What the cloud is known to have need not be kept."""
    for sequence in range(draft.counters.receipted + 1, what.through + 1):
        update_id = draft.sequences.get(sequence)
        if update_id is not None:
            draft.outbox.drop(update_id)
            draft.sequences.drop(sequence)
    draft.counters.receipted = max(what.through, draft.counters.receipted)


def delete_graced(draft: Board, order_id: OrderId, which: Callable[[Update], bool]) -> list[Update]:
    """Delete an order's updates that have not left: nobody outside will ever have heard of them."""
    order = draft.orders[order_id]
    gone = [update for one in order.graced if which(update := draft.outbox[UpdateId(one)])]
    for update in gone:
        draft.outbox.drop(update.id)
    ids = {update.id for update in gone}
    draft.orders[order_id] = replace(order, graced=tuple(one for one in order.graced if one not in ids))
    return gone


def take_back(draft: Board, fact: StoreFact, before: Order, what: f.MoveRecalled) -> None:
    """A recall deletes what is still in its grace, and tells the taking back of what is not."""
    back = {taken.item: taken for taken in what.items}
    origins = {origin_of(item) for item in back}
    unsent = delete_graced(draft, before.id, lambda update: update.move == what.move and update.item in origins)
    never_heard = {(update.item, update.stage, update.kind) for update in unsent}
    unready = ready_was_told(draft, before)
    told = [(item, *one) for item in before.items if item.id in back for one in _told(draft, item, back[item.id])]
    for item, place, moment in told:
        stage = item.route[place]
        kind = UpdateKind.STARTED if moment is Moment.STARTED else UpdateKind.FINISHED
        if (item.origin, stage, kind) in never_heard:
            continue
        _tell_recalled(draft, fact, before.id, item, stage=stage, moment=moment, unready=unready)
        unready = False


def _tell_recalled(draft: Board, fact: StoreFact, order_id: OrderId, item: Item, **about: Any) -> None:
    """Tell that a moment of an item no longer holds."""
    about = {"quantity": item.quantity, "station": draft.layout.station_of(about["stage"])} | about
    tell(draft, fact, draft.orders[order_id], UpdateKind.RECALLED, item=item.origin, name=item.name, **about)


def ready_was_told(draft: Board, before: Order) -> bool:
    """Whether the cloud takes an order for ready."""
    graced = (draft.outbox.get(UpdateId(update_id)) for update_id in before.graced)
    unsent = any(update is not None and update.kind is UpdateKind.READY for update in graced)
    return before.state is OrderState.READY and not unsent


def tell_spoilt(draft: Board, fact: StoreFact, before: Order, what: f.ItemRemade) -> None:
    """Tell that an item begins anew: what has left of its moments no longer holds; of what has not, nobody hears."""
    item = next(item for item in before.items if item.id == what.item)
    unready = ready_was_told(draft, before)
    gone = Decimal(0)
    for (stage, moment), quantity in reversed(_withdraw(draft, before, item).items()):
        if quantity <= gone:
            continue
        why = {"remade": True, "reason": what.reason or None}
        less = quantity - gone
        _tell_recalled(draft, fact, before.id, item, stage=stage, moment=moment, unready=unready, quantity=less, **why)
        gone, unready = quantity, False


def _withdraw(draft: Board, before: Order, item: Item) -> dict[tuple[StageId, Moment], Decimal]:
    """Take an item out of its updates that are in their grace; how much of it was told of each moment before."""
    told = {(stage, moment): item.quantity for stage in item.route[: item.place] for moment in _BOTH}
    if item.stage is not None and item.moment is Moment.STARTED:
        told[item.stage, Moment.STARTED] = item.quantity
    alone = sum(other.origin == item.origin for other in before.items) == 1
    moves = {0, *(move.id for move in item.moves)}  # 0: what arrival implied
    for update in [draft.outbox[UpdateId(one)] for one in before.graced]:
        moment = _MOMENTS.get(update.kind)
        if update.item != item.origin or update.move not in moves or not moment or not update.stage:
            continue
        quantity, left = update.quantity or Decimal(0), told.get((update.stage, moment), Decimal(0))
        told[update.stage, moment] = left - min(left, quantity)
        draft.outbox[update.id] = replace(update, quantity=Decimal(0) if alone else quantity - min(left, quantity))
    delete_graced(draft, before.id, lambda update: update.quantity == 0)
    return told


def _told(draft: Board, item: Item, taken: f.Taken) -> list[tuple[int, Moment]]:
    """The moments a move told about an item, latest first: places in its route."""
    if taken.moment is Moment.WAITING:
        return [(taken.place, Moment.STARTED)]
    told = [(taken.place, Moment.FINISHED)]
    if not item.made and item.moment is Moment.STARTED and draft.layout.stage(item.route[item.place]).presses == 1:
        told.insert(0, (item.place, Moment.STARTED))
    return told
