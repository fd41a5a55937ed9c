"""The witness can be believed: it sees what is lost, doubled and out of order, and nothing else."""

from typing import Any

import pytest

from tests.faults.ledger import Ledger
from tests.faults.store import STORE, WALK


@pytest.fixture
def ledger() -> Ledger:
    """A witness that is told by the test itself what it hears."""
    return Ledger(STORE, 0, walk=WALK)


def hear(ledger: Ledger, sequence: int, order: str, kind: str, name: str = "", **data: Any) -> None:
    about = {"source": "/stores/hz-0012/j", "id": name or f"j-{sequence}", "sequence": str(sequence)}
    ledger._hear({**about, "type": f"ovenbell.{kind}", "subject": order, "data": data})


def counted(ledger: Ledger) -> tuple[int, int, int]:
    tally = ledger.tally(0, 0.0)
    return tally.lost, tally.doubled, tally.disordered


def test_an_order_is_lost_until_its_event_was_accepted(ledger: Ledger) -> None:
    event = ledger.write("o1")
    assert counted(ledger) == (1, 0, 0)
    hear(ledger, 1, "o1", "order.accepted", event=event["id"])
    assert counted(ledger) == (0, 0, 0)


def test_the_last_word_on_an_order_is_owed_and_what_the_cloud_forgot_is_not(ledger: Ledger) -> None:
    ledger.write("o1")
    cancelled = ledger.write("o1", "cancelled")
    ledger.write("o2")
    ledger.forget(3)
    assert counted(ledger) == (1, 0, 0)
    hear(ledger, 1, "o1", "order.accepted", event=cancelled["id"])
    assert counted(ledger) == (0, 0, 0)


def test_the_same_message_again_is_no_second_effect_but_another_one_about_the_same_is(ledger: Ledger) -> None:
    event = ledger.write("o1")
    for sequence in (1, 1):
        hear(ledger, sequence, "o1", "order.accepted", event=event["id"])
    assert counted(ledger) == (0, 0, 0)
    hear(ledger, 2, "o1", "order.accepted", event=event["id"])
    assert counted(ledger) == (0, 1, 0)


def test_a_press_that_was_answered_is_owed_its_moment_and_one_press_tells_one(ledger: Ledger) -> None:
    made = ledger.made["o1"]
    made.asked = made.answered = 2
    hear(ledger, 1, "o1", "item.started", stage="baking")
    assert counted(ledger) == (1, 0, 0)
    hear(ledger, 2, "o1", "item.finished", stage="baking")
    hear(ledger, 3, "o1", "item.started", stage="cooling", implied=True)
    assert counted(ledger) == (0, 0, 0)
    hear(ledger, 4, "o1", "item.finished", stage="cooling")
    assert counted(ledger) == (0, 1, 0)


def test_an_order_whose_words_come_in_the_wrong_order_is_seen(ledger: Ledger) -> None:
    ledger.made["o1"].asked = 2
    hear(ledger, 2, "o1", "item.finished", stage="baking")
    hear(ledger, 1, "o1", "item.started", stage="baking")
    assert counted(ledger) == (0, 0, 2), "the sequence goes back, and the route is walked the wrong way"


def test_an_older_event_may_not_take_effect_after_a_newer_one(ledger: Ledger) -> None:
    older, newer = ledger.write("o1"), ledger.write("o1", "changed")
    hear(ledger, 1, "o1", "order.accepted", event=newer["id"])
    assert counted(ledger) == (0, 0, 0)
    hear(ledger, 2, "o1", "order.accepted", event=older["id"])
    assert counted(ledger) == (0, 0, 1)
