"""How long to wait before trying again: exponential with full jitter, so that a thousand stores do not come at once."""

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Backoff:
    """Waits of 0 to `first` seconds, then of 0 to twice as much, up to `ceiling`."""

    first: float = 1.0
    ceiling: float = 60.0
    chance: Callable[[], float] = random.random
    tries: int = 0

    def wait(self) -> float:
        """Seconds to wait now."""
        longest = min(self.ceiling, self.first * 2.0 ** min(self.tries, 30))
        self.tries += 1
        return longest * self.chance()

    def reset(self) -> None:
        """It went well: the next wait is short again."""
        self.tries = 0
