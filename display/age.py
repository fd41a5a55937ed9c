"""Age: how a card stands in time, by its due time and by its stages' shortest and longest minutes."""

from enum import StrEnum

import msgspec

from edge.orders import Moment
from edge.views import Card, CardItem

SOON_MINUTES = 15  # before the due time
NEARLY = 0.8  # of a stage's longest minutes


class Age(StrEnum):
    """How a card stands; each has a colour and a word."""

    EARLY = "EARLY"
    ON_TIME = "ON TIME"
    SOON = "SOON"
    LATE = "LATE"


class Reading(msgspec.Struct, frozen=True):
    """A card's clocks at one instant, in whole minutes: while they are the same, the card looks the same."""

    age: Age
    left: int | None  # to the due time
    overdue: int | None  # since the due time
    worked: int  # at the stage the next press moves
    too_early: int  # until that stage may be finished


class Pace(msgspec.Struct, frozen=True):
    """What of a card its clocks depend on: made once a card, read every second."""

    due: float | None
    since: float
    finishing: bool
    started: tuple[tuple[float, int | None], ...]  # since when, longest minutes
    shortest: tuple[tuple[float, int], ...]  # of what the next press finishes


def moved_next(card: Card) -> tuple[CardItem, ...]:
    """The items that the next press will move."""
    if card.next is None:
        return ()
    before = Moment.WAITING if card.next.moment is Moment.STARTED else Moment.STARTED
    return tuple(item for item in card.items if item.stage == card.next.stage and item.moment is before)


def pace(card: Card) -> Pace:
    """The pace of a card."""
    moved = moved_next(card)
    finishing = card.next is not None and card.next.moment is Moment.FINISHED
    return Pace(
        due=card.due.timestamp() if card.due else None,
        since=min((item.since for item in moved), default=card.since).timestamp(),
        finishing=finishing,
        started=tuple((i.since.timestamp(), i.max_minutes) for i in card.items if i.moment is Moment.STARTED),
        shortest=tuple((i.since.timestamp(), i.min_minutes) for i in moved if finishing and i.min_minutes),
    )


def read(pace: Pace, now: float) -> Reading:
    """The clocks at an instant; none of them is ever negative."""
    left = None if pace.due is None else pace.due - now
    shares = [(now - since) / 60 / longest for since, longest in pace.started if longest]
    too_early = max((since + 60 * shortest - now for since, shortest in pace.shortest), default=0.0)
    if (left is not None and left < 0) or any(share >= 1 for share in shares):
        age = Age.LATE
    elif (left is not None and left < 60 * SOON_MINUTES) or any(share >= NEARLY for share in shares):
        age = Age.SOON
    else:
        age = Age.EARLY if too_early > 0 else Age.ON_TIME
    return Reading(
        age=age,
        left=int(left // 60) if left is not None and left >= 0 else None,
        overdue=int(-left // 60) if left is not None and left < 0 else None,
        worked=max(0, int((now - pace.since) // 60)),
        too_early=max(0, -int(-too_early // 60)),
    )
