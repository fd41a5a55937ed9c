"""Parts: an item of several units may stand at several places at once; outside it is one item all the same."""

from collections.abc import Generator, Iterable
from decimal import Decimal
from itertools import count

import msgspec

from edge import facts as f
from edge.board import Board
from edge.intents import Refused
from edge.orders import PART, Item, ItemId, Moment, Order, StationId, origin_of
from edge.tickets import Job

replace = msgspec.structs.replace


def portion(
    draft: Board, order: Order, items: tuple[Item, ...], quantity: Decimal | None
) -> Generator[f.Happened, None, tuple[Item, ...]]:
    """So much of some parts of one item, the last of them split where need be; all without a quantity.

    Raises Refused, always before the first fact.
    """
    if quantity is None:
        return items
    if len({item.origin for item in items}) > 1:
        raise Refused("{order} has several items: say of which", order=order.display_id)
    there = sum(item.quantity for item in items)
    if quantity > there:
        raise Refused("{order} has only {count} there", order=order.display_id, count=f"{there:f}")
    taken: list[Item] = []
    for item in items:
        if quantity <= 0:
            break
        if quantity < item.quantity:
            part = ItemId(f"{item.origin}{PART}{draft.counters.seq + 1}")
            yield f.ItemSplit(order.id, item.id, part, quantity)
            taken.append(replace(item, id=part, quantity=quantity))
        else:
            taken.append(item)
        quantity -= item.quantity
    return tuple(taken)


def split(order: Order, item_id: ItemId, part: ItemId, quantity: Decimal) -> Order:
    """The order with a part of an item standing for itself, before what is left of it."""
    items: list[Item] = []
    for item in order.items:
        if item.id == item_id:
            ahead = replace(item, id=part, quantity=quantity, wasted=Decimal(0))
            items += [ahead, replace(item, quantity=item.quantity - quantity)]
        else:
            items.append(item)
    return replace(order, items=tuple(items))


def rejoined(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items, with parts that no longer differ made one again."""
    kept: list[Item] = []
    for item in items:
        for at, other in enumerate(kept):
            if other.origin == item.origin and _like(other, item) == item:
                kept[at] = _sum(other, other, item)
                break
        else:
            kept.append(item)
    return tuple(kept)


def joined(items: Iterable[Item]) -> dict[ItemId, Item]:
    """One item for each that was ordered, whole, by its own id; where it stands is where its furthest behind does."""
    whole: dict[ItemId, Item] = {}
    for item in items:
        other = whole.get(item.origin, item)
        behind, ahead = sorted((other, item), key=standing)
        whole[item.origin] = (
            replace(item, id=item.origin)
            if other is item
            else replace(_sum(behind, other, item), id=item.origin, moves=behind.moves or ahead.moves)
        )
    return whole


def _like(other: Item, item: Item) -> Item:
    """The other one, with the numbers of an item."""
    return replace(other, id=item.id, quantity=item.quantity, wasted=item.wasted)


def _sum(kept: Item, one: Item, other: Item) -> Item:
    """Two parts as one that is otherwise like `kept`."""
    own = min(one.id, other.id, key=len)
    return replace(kept, id=own, quantity=one.quantity + other.quantity, wasted=one.wasted + other.wasted)


def resized(parts: list[Item], quantity: Decimal, now: float) -> list[Item]:
    """The parts with another quantity in sum: those furthest behind are fewer, and more begin at the beginning."""
    left = quantity - sum(part.quantity for part in parts)
    if left > 0 and all(part.begun or part.made for part in parts):
        return [*parts, _more(parts, left, now)]
    sizes = {part.id: part.quantity for part in parts}
    for part in sorted(parts, key=standing):
        if left == 0:
            break
        size = max(Decimal(0), sizes[part.id] + left)
        left -= size - sizes[part.id]
        sizes[part.id] = size
    kept = [replace(part, quantity=sizes[part.id]) for part in parts if sizes[part.id]]
    if all(part.id != part.origin for part in kept):
        kept[0] = replace(kept[0], id=kept[0].origin)
    return kept


def _more(parts: list[Item], quantity: Decimal, now: float) -> Item:
    known = {part.id for part in parts}
    ids = (ItemId(f"{parts[0].origin}{PART}+{number}") for number in count(1))
    new_id = next(one for one in ids if one not in known)
    return replace(
        parts[0], id=new_id, quantity=quantity, wasted=Decimal(0), place=0, moment=Moment.WAITING, since=now, moves=()
    )


def standing(item: Item) -> tuple[int, bool]:
    """How far an item is: its place, and whether it is started there."""
    return item.place, item.moment is Moment.STARTED


def listed(order: Order, station: StationId | None) -> dict[ItemId, Item]:
    """What a ticket of an order can list: items whole, and parts by their own ids; at a station what stands there."""
    rows = {item.id: item for item in order.items}
    return rows if station is not None else rows | joined(order.items)


def printed(order: Order, job: Job) -> list[Item]:
    """What a ticket lists; of a part that is one with its item again, that."""
    lines = listed(order, job.station)
    ids = dict.fromkeys(item if item in lines else origin_of(item) for item in job.items)
    return [lines[item] for item in ids if item in lines]
