"""Changes: what became of an order's items when the order came anew, and what their fields say in a line."""

from decimal import Decimal
from typing import Any

import msgspec

from edge.facts import OrderChanged
from edge.layout import Layout
from edge.orders import Bakery, Item, ItemId, Option, Order, OrderState, Stamp
from edge.parts import joined, resized
from edge.routes import routed

replace = msgspec.structs.replace
# What people see of an item and of an order: by its name on the wire, where it is.
_CAKE = dict(zip(Bakery.__struct_encode_fields__, Bakery.__struct_fields__, strict=True))
FIELDS = ("name", "quantity", "unit", "options", "note", *_CAKE)
WORDS = {"cakeText": "cake text", "displayId": "order number", "due": "due time", "type": "way of delivery"}
_SEEN = ("display_id", "type", "channel", "due", "customer", "phone", "note", "dropped")
_WIRE = dict(zip(Order.__struct_fields__, Order.__struct_encode_fields__, strict=True))
_KEPT = (
    "id",
    "quantity",
    "route",
    "place",
    "moment",
    "since",
    "moves",
    "added",
    "wasted",
)  # what an item that stays brings along


def renewed(layout: Layout, known: Order, new: Order, stamp: Stamp, now: float) -> OrderChanged:
    """The order anew: items that stay keep their place, the others start or vanish.

    The same product under the same id stays. A held order's items are marked by nothing: nobody has seen them.
    """
    unseen = known.state is OrderState.HELD
    items: list[Item] = []
    added: list[ItemId] = []
    altered: dict[ItemId, tuple[str, ...]] = {}
    for item in new.items:
        parts = [part for part in known.items if part.origin == item.id]
        old = joined(parts).get(item.id)
        if old is None or (old.code or old.name) != (item.code or item.name):
            items.append(replace(routed(layout, item, now), added=not unseen))
            added.append(item.id)
            continue
        if fields := tuple(name for name in FIELDS if _value(old, name) != _value(item, name)):
            altered[item.id] = fields
        seen = set() if unseen else set(fields)
        for part in resized(parts, item.quantity, now):
            changed = tuple(name for name in FIELDS if name in part.changed or name in seen)
            items.append(replace(item, changed=changed, **{name: getattr(part, name) for name in _KEPT}))
    gone = tuple(item for item in joined(known.items).values() if item.id in added or new.item(item.id) is None)
    removed = known.removed
    if not unseen:  # one that comes and goes before anybody looks is shown once
        ids = {item.id for item in gone}
        kept = tuple(item for item in removed if item.begun or item.id not in ids)
        stopped = {item.id for item in kept}
        removed = (*kept, *(item for item in gone if item.begun or item.id not in stopped))
    order = replace(
        known,
        **{name: getattr(new, name) for name in (*_SEEN, "scheduled", "reply_to")},
        priority=max(new.priority, known.priority),
        stamp=stamp,
        items=tuple(items),
        removed=removed,
    )
    own = tuple(_WIRE[name] for name in (*_SEEN, "priority") if getattr(order, name) != getattr(known, name))
    return OrderChanged(order, tuple(added), tuple(item.id for item in gone), altered, own)


def label(field: str) -> str:
    """A field as people call it in English."""
    return WORDS.get(field, field)


def said(item: Item, field: str) -> str:
    """What a field of an item says, in a line; empty where it says nothing."""
    value = _value(item, field)
    return ", ".join(map(_word, value)) if isinstance(value, tuple) else _word(value)


def _value(item: Item, field: str) -> Any:
    return getattr(item.bakery, _CAKE[field]) if field in _CAKE else getattr(item, field)


def _word(value: Any) -> str:
    match value:
        case Decimal():
            return f"{value.normalize():f}"
        case Option(name, quantity):
            return name if quantity == 1 else f"{name} x{quantity.normalize():f}"
    return "" if value is None else str(value)
