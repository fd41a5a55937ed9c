"""What a fault is, the cases it is made of, and what comes of them."""

import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec

NOTES = 12  # of what went wrong, told of each case
CASE = re.compile(r"(?P<name>.+)-(?P<seed>\d+)(?:x(?P<count>\d+))?")


class Tally(msgspec.Struct, frozen=True):
    """What the witness counted; tallies can be summed."""

    injected: int = 0
    orders: int = 0
    presses: int = 0
    lost: int = 0
    doubled: int = 0
    disordered: int = 0
    recovery: float = 0.0  # seconds, the longest
    notes: tuple[str, ...] = ()  # what exactly was lost, doubled or out of order

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.injected + other.injected,
            self.orders + other.orders,
            self.presses + other.presses,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.disordered + other.disordered,
            max(self.recovery, other.recovery),
            self.notes + other.notes,
        )

    @property
    def kept(self) -> bool:
        """Whether the promises were."""
        return not (self.lost or self.doubled or self.disordered)


class Case(msgspec.Struct, frozen=True):
    """One seeded run: everything it does by chance follows from its seed; its files go into its directory."""

    seed: int
    count: int  # faults to inject
    directory: Path


def can() -> str:
    """The reason of a fault that every machine can inject: none."""
    return ""


class Fault(msgspec.Struct, frozen=True):
    """One line of the table."""

    name: str
    at_full_scale: int
    per_case: int
    run: Callable[[Case], Awaitable[Tally]]
    cannot: Callable[[], str] = can  # why this machine cannot inject it; empty where it can
    in_ci: bool = True  # CI can inject it: there "not run" is a failure
    patience: float = 300.0  # seconds after which a case has failed
    few: int = 1  # to inject in the short form that is part of `make test`

    def cases(self, scale: float) -> Iterator[tuple[int, int]]:
        """Seed and count of each case."""
        left, seed = max(1, round(self.at_full_scale * scale)), 0
        while left > 0:
            seed += 1
            yield seed, min(left, self.per_case)
            left -= self.per_case

    def case_name(self, seed: int, count: int) -> str:
        """What `--case` takes to run exactly this again."""
        return f"{self.name}-{seed}" + (f"x{count}" if count != self.per_case else "")
