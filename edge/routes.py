"""Routes: which stages an item goes through, and when its order must be released."""

from fnmatch import fnmatchcase

import msgspec

from edge.layout import MAKING, Layout, Route
from edge.orders import Item, Order

CATCH_ALL = Route(match="*", stages=(MAKING,))  # no order can be invisible


def route_for(layout: Layout, code: str, name: str) -> Route:
    """The first route whose glob matches a product's code or name."""
    for route in layout.routes:
        if fnmatchcase(code, route.match) or fnmatchcase(name, route.match):
            return route
    return CATCH_ALL


def route_of(layout: Layout, item: Item) -> Route:
    """The route of an item."""
    return route_for(layout, item.code, item.name)


def routed(layout: Layout, item: Item, now: float) -> Item:
    """The item at the start of its route."""
    return msgspec.structs.replace(item, route=route_of(layout, item).stages, since=now)


def release_time(layout: Layout, order: Order) -> float | None:
    """When a scheduled order goes to the stations: its due time less the longest lead; none where it need not wait."""
    if not order.scheduled or order.due is None:
        return None
    return order.due - 60 * max((route_of(layout, item).lead_minutes for item in order.items), default=0)
