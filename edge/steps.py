"""Steps: what presses do to an order's items, and what taking them back, splitting and spoiling do."""

from collections.abc import Callable

import msgspec

from edge import facts as f
from edge.board import MOVES_KEPT, Board, Press
from edge.orders import Item, Mark, Moment, Move, Order, StationId, Word
from edge.outbox import StoreFact, take_back, tell_item, tell_spoilt
from edge.parts import rejoined, split

replace = msgspec.structs.replace


def with_mark(order: Order, station: StationId, word: Word) -> Order:
    """With a word that a station has to acknowledge."""
    mark = Mark(station, word)
    return order if mark in order.marks else replace(order, marks=(*order.marks, mark))


def _step(
    draft: Board, fact: StoreFact, what: f.ItemStarted | f.ItemFinished, change: Callable[[Item], Item]
) -> tuple[Order, Item]:
    """Change an item; a press, not what it implied, leaves a move behind and has seen a new card."""

    def stepped(item: Item) -> Item:
        if item.id != what.item:
            return item
        moves = item.moves
        if pressed and not (moves and moves[-1].id == what.move):
            moves = (*moves, Move(what.move, what.station, item.place, item.moment, item.since))
        return replace(change(item), since=fact.at, moves=moves)

    pressed = bool(what.move) and not (isinstance(what, f.ItemStarted) and what.implied)
    order = draft.orders[what.order]
    marks = tuple(m for m in order.marks if m != Mark(what.station, Word.NEW)) if pressed else order.marks
    order = replace(order, items=tuple(stepped(item) for item in order.items), marks=marks)
    draft.orders[order.id] = order
    row = draft.station(what.station)
    if pressed and not (row.moves and (row.moves[-1].move, row.moves[-1].order) == (what.move, what.order)):
        moment = Moment.STARTED if isinstance(what, f.ItemStarted) else Moment.FINISHED
        leaves = fact.at + (draft.layout.grace if draft.layout.cloud else 0.0)
        slot = order.slots[what.station]
        press = Press(what.move, what.order, slot, order.display_id, what.stage, moment, fact.at, leaves)
        draft.stations[what.station] = replace(row, moves=(*row.moves, press)[-MOVES_KEPT:])
    return order, next(item for item in order.items if item.id == what.item)


def started(draft: Board, fact: StoreFact, what: f.ItemStarted) -> None:
    """Its stage is being worked."""
    order, item = _step(draft, fact, what, lambda item: replace(item, moment=Moment.STARTED))
    tell_item(draft, fact, order, item, what)


def finished(draft: Board, fact: StoreFact, what: f.ItemFinished) -> None:
    """It goes on to its next place."""

    def onward(item: Item) -> Item:
        item = replace(item, place=item.place + 1, moment=Moment.WAITING)
        return replace(item, added=False, changed=()) if item.made else item  # they were seen all the way

    order, item = _step(draft, fact, what, onward)
    tell_item(draft, fact, order, item, what)


def recalled(draft: Board, fact: StoreFact, what: f.MoveRecalled) -> None:
    """Each item stands again where it stood; what has not been told yet is never told."""
    before = draft.orders[what.order]
    back = {taken.item: taken for taken in what.items}

    def restored(item: Item) -> Item:
        taken = back.get(item.id)
        if taken is None:
            return item
        moves = tuple(move for move in item.moves if move.id != what.move)
        return replace(item, place=taken.place, moment=taken.moment, since=taken.since, moves=moves)

    order = with_mark(
        replace(before, items=tuple(restored(item) for item in before.items)), what.station, Word.RECALLED
    )
    row = draft.station(what.station)
    this = {press for press in row.moves if (press.move, press.order) == (what.move, what.order)}
    recalled = replace(next(iter(this)), at=fact.at, leaves=fact.at) if this else row.recalled
    if any(move.id == what.move for item in order.items for move in item.moves):  # a part of it stands
        this = set()
    moves = tuple(press for press in row.moves if press not in this)
    draft.stations[what.station] = replace(row, moves=moves, recalled=recalled)
    draft.orders[order.id] = order
    take_back(draft, fact, before, what)
    draft.update_order(order.id, lambda o: replace(o, items=rejoined(o.items)))


def parted(draft: Board, _fact: StoreFact, what: f.ItemSplit) -> None:
    """A part goes its own way."""
    draft.update_order(what.order, lambda order: split(order, what.item, what.part, what.quantity))


def remade(draft: Board, fact: StoreFact, what: f.ItemRemade) -> None:
    """It begins anew, and its presses can be taken back no more."""
    before = draft.orders[what.order]

    def anew(item: Item) -> Item:
        if item.id != what.item:
            return item
        return replace(
            item, place=0, moment=Moment.WAITING, since=fact.at, moves=(), wasted=item.wasted + item.quantity
        )

    order = replace(before, items=tuple(anew(item) for item in before.items))
    draft.orders[order.id] = order
    standing = {move.id for item in order.items for move in item.moves}
    for move in next(item for item in before.items if item.id == what.item).moves:
        row = draft.station(move.station)
        left = tuple(one for one in row.moves if one.order != order.id or one.move in standing)
        draft.stations[move.station] = replace(row, moves=left)
    tell_spoilt(draft, fact, before, what)
