"""Finding what left the board: by number, name and phone, whatever was written, and what became of it."""

import sqlite3
from collections.abc import Iterator

import msgspec
import pytest

from edge import finding
from edge.orders import Order, OrderState
from tests.builders import MORNING, an_order


@pytest.fixture
def journal() -> Iterator[sqlite3.Connection]:
    """A journal's tables of closed orders and of facts."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE closed (key TEXT PRIMARY KEY, body TEXT NOT NULL)")
    connection.execute("CREATE TABLE facts (seq INTEGER PRIMARY KEY, at REAL, subject INTEGER, kind TEXT)")
    yield connection
    connection.close()


def close(journal: sqlite3.Connection, *orders: Order) -> None:
    rows = [(order.id, msgspec.json.encode(order).decode()) for order in orders]
    journal.executemany("INSERT INTO closed VALUES (?, ?)", rows)


def an_old_order(name: str, **rest: object) -> Order:
    return an_order(name, state=OrderState.CLOSED, **rest)


def names(orders: list[Order]) -> list[str]:
    return [order.id for order in orders]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("a1", ["a12", "a1"]),
        ("王", ["a12"]),
        ('"jo" o\\neil', ["a1"]),
        ("5678", ["a12"]),
        ("678", []),
        ("strawberry", []),
        ("nobody", []),
    ],
)
def test_closed_orders_are_found_like_those_on_the_board_the_newest_first(
    journal: sqlite3.Connection, wanted: str, found: list[str]
) -> None:
    close(
        journal,
        an_old_order("a1", customer='"Jo" O\\Neil'),
        an_old_order("a12", customer="王女士", phone="13800005678"),
    )
    assert names(finding.closed(journal, wanted, 10)) == found


def test_no_more_are_answered_than_asked_for(journal: sqlite3.Connection) -> None:
    close(journal, *(an_old_order(f"a{n}") for n in range(5)))
    assert names(finding.closed(journal, "a", 2)) == ["a4", "a3"]


def test_only_the_newest_are_searched_so_that_a_press_behind_it_does_not_wait(
    journal: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "NEWEST", 2)
    close(journal, *(an_old_order(f"a{n}") for n in range(5)))
    assert names(finding.closed(journal, "a", 10)) == ["a4", "a3"]


def test_what_became_of_an_order_is_the_last_that_happened_to_it(journal: sqlite3.Connection) -> None:
    facts = [(7, "OrderPlaced"), (7, "OrderReady"), (8, "OrderCancelled"), (7, "OrderCollected"), (7, "OrderClosed")]
    for seq, (subject, kind) in enumerate(facts):
        journal.execute("INSERT INTO facts VALUES (?, ?, ?, ?)", (seq, MORNING + seq, subject, kind))
    orders = [an_old_order("a", number=7), an_old_order("b", number=8), an_old_order("c", number=9)]
    assert finding.became(journal, orders) == {"a": ("collected", MORNING + 3), "b": ("cancelled", MORNING + 2)}
