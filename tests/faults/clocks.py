"""A clock for a store's whole day in minutes: every process that is given its settings reads the same time."""

import time

HOUR = 3600.0


class FastClock:
    """Runs so many times as fast as the machine's, from the moment it was made."""

    ahead = 0.0  # seconds by which the wall clocks of this process are wrong

    def __init__(self, speed: float, wall: float | None = None, monotonic: float | None = None) -> None:
        self._speed = speed
        self._wall = time.time() if wall is None else wall
        self._monotonic = time.monotonic() if monotonic is None else monotonic

    @property
    def settings(self) -> tuple[float, float, float]:
        """What makes the same clock elsewhere on this machine."""
        return self._speed, self._wall, self._monotonic

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return self._wall + self.ahead + self.monotonic()

    @classmethod
    def set(cls) -> None:
        """Set the wall clocks of this process: half an hour on, or back to the right time."""
        cls.ahead = 0.0 if cls.ahead else HOUR / 2

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return (time.monotonic() - self._monotonic) * self._speed
