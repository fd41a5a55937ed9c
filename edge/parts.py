"""Parts: an item of several units may stand at several places at once; outside it is one item all the same."""

from collections.abc import Generator, Iterable
from decimal import Decimal

import msgspec

from edge import facts as f
from edge.board import Board
from edge.intents import Refused
from edge.orders import PART, Item, ItemId, Moment, Order, origin_of
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
            items += [replace(item, id=part, quantity=quantity), replace(item, quantity=item.quantity - quantity)]
        else:
            items.append(item)
    return replace(order, items=tuple(items))


def rejoined(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items, with parts that no longer differ made one again."""
    kept: list[Item] = []
    for item in items:
        for at, other in enumerate(kept):
            if other.origin == item.origin and replace(other, id=item.id, quantity=item.quantity) == item:
                kept[at] = replace(other, id=min(other.id, item.id, key=len), quantity=other.quantity + item.quantity)
                break
        else:
            kept.append(item)
    return tuple(kept)


def joined(items: Iterable[Item]) -> dict[ItemId, Item]:
    """One item for each that was ordered, whole, by its own id; where it stands is where its furthest behind does."""
    whole: dict[ItemId, Item] = {}
    for item in items:
        other = whole.get(item.origin)
        if other is None:
            whole[item.origin] = replace(item, id=item.origin)
        else:
            behind, ahead = sorted((other, item), key=standing)
            whole[item.origin] = replace(
                behind, id=item.origin, quantity=other.quantity + item.quantity, moves=behind.moves or ahead.moves
            )
    return whole


def resized(parts: list[Item], quantity: Decimal) -> list[Item]:
    """The parts with another quantity in sum: what is furthest behind grows or shrinks first."""
    left = quantity - sum(part.quantity for part in parts)
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


def standing(item: Item) -> tuple[int, bool]:
    """How far an item is: its place, and whether it is started there."""
    return item.place, item.moment is Moment.STARTED


def printed(order: Order, job: Job) -> list[Item]:
    """What a ticket lists: items whole; where they arrive at a station, what arrived."""
    if job.station is None:
        return [item for item in joined(order.items).values() if item.id in job.items]
    listed = {item if order.item(item) else origin_of(item) for item in job.items}  # a part may have been rejoined
    return [item for item in order.items if item.id in listed]
