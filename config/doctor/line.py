"""What the doctor says: one line for each thing that was looked at."""

from enum import StrEnum
from typing import NamedTuple

from edge.text import plain


class Verdict(StrEnum):
    """How a line begins."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


OK, WARNING, FAILURE = Verdict


class Line(NamedTuple):
    """One line of the doctor: what was looked at, what was found, and how to mend it."""

    verdict: Verdict
    part: str
    found: str

    def __str__(self) -> str:
        return f"{self.verdict:<8} {self.part}: {plain(self.found)}"  # a hub's reason may carry a customer's words
