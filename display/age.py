"""Age: how a card stands in time, by its due time and by its stages' shortest and longest minutes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil, inf

import msgspec

from edge.orders import Moment
from edge.views import Card, CardItem, Pressed, Whole

SOON_MINUTES = 15  # before the due time
NEARLY = 0.8  # of a stage's longest minutes
UNDONE = 5.0  # seconds for which a press is offered to be taken back where nobody outside would hear of it
TOLD = 10.0  # seconds for which a recall is told


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


def pace_of(whole: Whole) -> Pace:
    """The pace of a whole order: what is made has none left."""
    started = tuple((i.since.timestamp(), i.max_minutes) for i in whole.items if i.moment is Moment.STARTED)
    return Pace(
        due=whole.due.timestamp() if whole.due else None,
        since=whole.since.timestamp(),
        finishing=False,
        started=started,
        shortest=(),
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


def late(card: Card, now: datetime) -> bool:
    """Whether a card reads LATE, at less cost than all its clocks."""
    return (card.due is not None and card.due < now) or any(
        item.moment is Moment.STARTED and item.max_minutes and now - item.since >= timedelta(minutes=item.max_minutes)
        for item in card.items
    )


def urgent(read_cards: Iterable[tuple[Card, Reading]]) -> Card | None:
    """The card to touch next: of those that may be touched now the late first, then by priority, due time and age."""
    open_now = ((card, reading) for card, reading in read_cards if card.next is not None and not reading.too_early)
    return min(open_now, key=lambda one: _turn(*one), default=(None, None))[0]


def _turn(card: Card, reading: Reading) -> tuple[bool, int, float, float, int]:
    due = card.due.timestamp() if card.due else inf
    return reading.age is not Age.LATE, -card.priority, due, card.since.timestamp(), card.slot


def seconds_left(press: Pressed, now: float) -> int:
    """The whole seconds in which a press can still be taken back before anybody outside hears of it."""
    grace = press.leaves - press.at
    until = press.leaves.timestamp() if grace else press.at.timestamp() + UNDONE
    return max(0, ceil(until - now))


def just_recalled(press: Pressed | None, now: float) -> bool:
    """Whether a recall is so fresh that it is told."""
    return press is not None and now - press.at.timestamp() < TOLD
