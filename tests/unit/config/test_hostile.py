"""Hostile text where people read lines: in the log, in the doctor's findings, in a command's last words."""

import logging
import sys

from hypothesis import given

from config.doctor.line import Line, Verdict
from config.service import LogLine
from tests.hostile import hostile, powers

FORMAT = LogLine("%(levelname)s %(name)s: %(message)s")


def logged(text: str, *, error: Exception | None = None) -> list[str]:
    """The lines of one event that names a customer's text."""
    trouble = None
    if error is not None:
        try:
            raise error
        except ValueError:
            trouble = sys.exc_info()
    record = logging.LogRecord("edge.hub", logging.WARNING, __file__, 1, "order %s", (text,), trouble)
    return FORMAT.format(record).split("\n")


@given(hostile)
def test_an_event_is_one_line_of_the_log(text: str) -> None:
    (line,) = logged(text)
    assert line.startswith("WARNING edge.hub: order ")
    assert powers(line) == set()


@given(hostile)
def test_no_line_of_a_traceback_looks_like_an_event(text: str) -> None:
    line, *traceback = logged(text, error=ValueError(text))
    assert line.startswith("WARNING edge.hub: order ")
    assert traceback[0] == "    Traceback (most recent call last):"
    assert all(each.startswith("    ") and powers(each) == set() for each in traceback)


@given(hostile)
def test_the_doctor_says_one_line_for_each_finding(text: str) -> None:
    line = str(Line(Verdict.FAILURE, "hub", f"running, but not committing: {text}"))
    assert line.startswith("failure  hub: running")
    assert powers(line) == set()
