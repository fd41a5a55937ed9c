"""Timers: what the clock asks for, in the order in which it is due."""

import asyncio
import heapq
import math
from collections.abc import Iterator
from itertools import count
from typing import Generic

from edge.rules import I

NOW = 0.001  # seconds: what is due so soon is due, for sums of times are not exact


class Timers(Generic[I]):
    """Intents by when they are due; of two at once the one that was set first is the first."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()  # another one is the next, or the clock has another time
        self._heap: list[tuple[float, int, I]] = []
        self._numbers = count()

    def set(self, at: float, intent: I) -> None:
        """Have something asked for; `at` by the hub's clock."""
        heapq.heappush(self._heap, (at, next(self._numbers), intent))
        if self._heap[0][2] is intent:
            self.changed.set()

    @property
    def next(self) -> float:
        """When the first is due; never where there is none."""
        return self._heap[0][0] if self._heap else math.inf

    def due(self, now: float) -> Iterator[I]:
        """Take what is due by now."""
        while self.next <= now + NOW:
            yield heapq.heappop(self._heap)[2]
