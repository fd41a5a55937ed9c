"""What has been heard of the cloud's numbered events: the numbers of `orders`, their gaps, and how far all is there."""

from collections.abc import Iterator

import msgspec

from edge.orders import Record, Stamp

replace = msgspec.structs.replace

MOST_RANGES = 1_000  # kept apart; beyond them a number counts as missing and comes again with a backfill
MOST_SOURCES = 50


class Range(Record, array_like=True, frozen=True):
    """Numbers without a gap between them."""

    first: int
    last: int


class Heard(Record, frozen=True):
    """One sequence, counted from 1 by whoever sends to the store's topic (CONTRACT.md section 2).

    It belongs to the first source that numbers its events. Another source joins by going on where it stands or by
    filling a gap of it; whatever else that one sends is simply an event.
    """

    through: int = 0  # all up to here were heard
    above: tuple[Range, ...] = ()  # what was heard beyond, ascending, with a gap before each
    sources: tuple[str, ...] = ()
    since: float | None = None  # the time of the latest event of any source

    @property
    def top(self) -> int:
        """The highest number heard."""
        return self.above[-1].last if self.above else self.through

    @property
    def gaps(self) -> tuple[Range, ...]:
        """The numbers that are missing below the highest one."""
        ends = (self.through, *(one.last for one in self.above))
        return tuple(Range(end + 1, one.first - 1) for end, one in zip(ends, self.above, strict=False))

    def misses(self, stamp: Stamp) -> bool:
        """Whether this event's number has not been heard and counts."""
        number = stamp.sequence
        return number is not None and not self._has(number) and self._counts(stamp.source, Range(number, number))

    def with_event(self, stamp: Stamp, now: float) -> "Heard":
        """After an event; its time counts as far as it is not in the future."""
        heard = replace(self, since=max(self.since or 0.0, min(stamp.time, now)))
        number = stamp.sequence
        return heard if number is None else heard.with_range(stamp.source, Range(number, number))

    def with_range(self, source: str, new: Range) -> "Heard":
        """After these numbers, whether they came or the cloud said that they never will."""
        if not self._counts(source, new):
            return self
        sources = self.sources if source in self.sources else (*self.sources, source)[:MOST_SOURCES]
        if new.first == self.through + 1 and not self.above:  # the usual case
            return replace(self, through=max(self.through, new.last), sources=sources)
        ranges = list(_joined(sorted((Range(1, self.through), *self.above, new), key=lambda one: one.first)))
        if len(ranges) > MOST_RANGES:
            return self
        return replace(self, through=ranges[0].last, above=tuple(ranges[1:]), sources=sources)

    def _has(self, number: int) -> bool:
        return number <= self.through or any(one.first <= number <= one.last for one in self.above)

    def _counts(self, source: str, new: Range) -> bool:
        if not self.sources or source in self.sources:
            return True
        return new.first == self.top + 1 or any(gap.first <= new.last and new.first <= gap.last for gap in self.gaps)


def _joined(ranges: list[Range]) -> Iterator[Range]:
    """Ranges in ascending order, those that touch made one; the first one stands even if it is empty."""
    current = ranges[0]
    for one in ranges[1:]:
        if one.first <= current.last + 1:
            current = Range(current.first, max(current.last, one.last))
        else:
            yield current
            current = one
    yield current
