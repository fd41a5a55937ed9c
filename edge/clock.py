"""The clock as an argument: wall time for what is journalled, monotonic time for durations within a run."""

import os
import time
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

BUILT = datetime(2026, 11, 1, tzinfo=UTC).timestamp()  # before it no store has ever run
STEP = 2.0  # seconds by which a clock that only drifts is never wrong
SLEW = 0.1  # seconds for which a clock that is ahead stands still, once a look


class Clock(Protocol):
    """What the hub and the adapters know of time."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump, from an arbitrary start."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never jump, from an arbitrary start."""
        return time.monotonic()


class SteadyClock:
    """The hub's own time: runs with the monotonic clock and follows the machine's where that can be believed.

    A Pi has no battery clock: it boots in the past, and jumps when the network tells the time. What the machine says is
    not believed while it lies before the build date or before the newest journalled time; then the hub counts on from
    there, which is never too late. A step is followed only once it is journalled (`look`, then `follow`).
    """

    def __init__(self, machine: Clock) -> None:
        self._machine = machine
        self._doubted_since: float | None = None  # monotonic
        self._base = machine.now() - machine.monotonic()
        self._reached = 0.0  # small drift takes no time back
        self.not_before(BUILT)

    def not_before(self, at: float) -> None:
        """It is at least this time, whatever the machine says."""
        if self.now() < at:
            self._base = at - self._machine.monotonic()
            self._doubt()

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return max(self._reached, self._base + self._machine.monotonic())

    def monotonic(self) -> float:
        """Seconds that never jump, from an arbitrary start."""
        return self._machine.monotonic()

    @property
    def believed(self) -> bool:
        """Whether it is the machine's time, as far as anybody knows."""
        return self._doubted_since is None

    @property
    def doubted(self) -> float:
        """For how many seconds the machine's clock has not been believed."""
        return 0.0 if self._doubted_since is None else self.monotonic() - self._doubted_since

    def look(self) -> float:
        """The seconds by which the machine's clock has stepped, 0 where it has not; small drift is followed here."""
        machine = self._machine.now()
        ahead = machine - self.now()
        if machine < BUILT or (self._doubted_since is not None and ahead < -STEP):
            self._doubt()
            return 0.0
        if abs(ahead) > STEP:
            return ahead
        self._doubted_since = None
        self._reached = self.now()
        self._base += max(ahead, -SLEW)
        return 0.0

    def follow(self, step: float) -> None:
        """The step is journalled."""
        self._base = self.now() + step - self.monotonic()
        self._reached = 0.0
        self._doubted_since = None

    def _doubt(self) -> None:
        if self._doubted_since is None:
            self._doubted_since = self.monotonic()


def machine_zone() -> tzinfo:
    """The machine's time zone with its summer time, which the offset of this moment does not have."""
    try:
        if name := os.environ.get("TZ"):
            return ZoneInfo(name.removeprefix(":"))
        with Path("/etc/localtime").open("rb") as file:
            return ZoneInfo.from_file(file, key="local")
    except (OSError, ValueError, KeyError):
        return UTC
