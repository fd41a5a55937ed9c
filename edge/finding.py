"""Finding an order that somebody asks after: on the board, or among those that left it last."""

import sqlite3
from collections.abc import Iterable

import msgspec

from edge.orders import Order, OrderId

NEWEST = 2_000  # closed orders that are searched: about a week of a busy store, read in some milliseconds
LAST = 4  # digits of a phone
BECAME = {
    "OrderReady": "ready",
    "OrderUnready": "open",
    "OrderCollected": "collected",
    "OrderCancelled": "cancelled",
    "OrderRefused": "refused",
    "OrderLapsed": "lapsed",
}


def fits(order: Order, wanted: str) -> bool:
    """Whether display id, name or the phone's last four digits are what is looked for, in lower case."""
    return (
        wanted in order.display_id.casefold()
        or wanted in order.customer.casefold()
        or (wanted.isdecimal() and len(wanted) == LAST and order.phone.endswith(wanted))
    )


def closed(connection: sqlite3.Connection, wanted: str, limit: int) -> list[Order]:
    """Those of the orders closed last that fit, the newest first."""
    words = msgspec.json.encode(wanted).decode()[1:-1]  # as it stands in a row
    found: list[Order] = []
    for (body,) in connection.execute("SELECT body FROM closed ORDER BY rowid DESC LIMIT ?", (NEWEST,)):
        if words in body.casefold() and len(found) < limit:
            order = msgspec.json.decode(body, type=Order)
            found += [order] if fits(order, wanted) else []
    return found


def became(connection: sqlite3.Connection, orders: Iterable[Order]) -> dict[OrderId, tuple[str, float]]:
    """What became of each order last, and when; nothing of those that are still to be made."""
    known: dict[OrderId, tuple[str, float]] = {}
    marks = ", ".join("?" * len(BECAME))
    ask = f"SELECT kind, at FROM facts WHERE subject = ? AND kind IN ({marks}) ORDER BY seq DESC LIMIT 1"  # noqa: S608
    for order in orders:
        row = connection.execute(ask, (order.number, *BECAME)).fetchone()
        if row is not None:
            known[order.id] = BECAME[row[0]], row[1]
    return known
