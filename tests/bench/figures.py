"""Figures: what a benchmark found, beside what it is held against in the same run, and how that is printed."""

from collections.abc import Iterable
from statistics import median
from typing import Literal

import msgspec

NAME_WIDTH, FIGURE_WIDTH, RATIO_WIDTH = 68, 16, 9


class Aim(msgspec.Struct, frozen=True):
    """What a figure or its ratio should be."""

    found: float
    sign: Literal["<=", ">="]
    bound: float
    unit: str = "x"

    @property
    def met(self) -> bool:
        """Whether it is."""
        return self.found <= self.bound if self.sign == "<=" else self.found >= self.bound

    def __str__(self) -> str:
        verdict = "meets" if self.met else "MISSES"
        return f"{verdict}  {self.sign} {self.bound:g}{'' if self.unit in 'x%' else ' '}{self.unit}"


class Line(msgspec.Struct, frozen=True):
    """One figure; `ratio` is ours to this one."""

    name: str
    figure: str
    ratio: float | None = None
    aim: Aim | None = None


class Section(msgspec.Struct, frozen=True):
    """What one benchmark found: our own figures first, below them what they are held against."""

    title: str
    lines: tuple[Line, ...]
    note: str = ""


def show(section: Section) -> str:
    """The section as lines of text."""
    text = [section.title]
    for line in section.lines:
        ratio = "" if line.ratio is None else f"{line.ratio:.2f}x"
        row = f"  {line.name:<{NAME_WIDTH}}{line.figure:>{FIGURE_WIDTH}}{ratio:>{RATIO_WIDTH}}   {line.aim or ''}"
        text.append(row.rstrip())
    if section.note:
        text.append(f"  ({section.note})")
    return "\n".join(text)


def summary(sections: Iterable[Section]) -> str:
    """One line on the aims, and one on each that is missed."""
    aimed = [(section, line) for section in sections for line in section.lines if line.aim is not None]
    missed = [f"  {section.title}: {line.name}" for section, line in aimed if line.aim and not line.aim.met]
    return "\n".join([f"{len(aimed) - len(missed)} of {len(aimed)} aims met{'; missed:' if missed else ''}", *missed])


def middle(values: Iterable[float]) -> float:
    """The median: the machine is shared, and one round in a few is disturbed."""
    return median(values)


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
