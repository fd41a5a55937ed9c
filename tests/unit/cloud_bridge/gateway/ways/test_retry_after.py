"""For how long a provider wants to be left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.gateway.ways.way import LONGEST_WAIT, retry_after

DATE = "Sun, 22 Nov 2026 08:00:00 GMT"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("Sun, 22 Nov 2026 08:02:00 GMT", 120),
        ("Sun, 22 Nov 2026 07:00:00 GMT", 0),
        ("Sun, 22 Nov 2099 08:02:00 GMT", LONGEST_WAIT),
        ("9" * 9, LONGEST_WAIT),
        ("soon", None),
        ("", None),
    ],
)
def test_seconds_and_dates_are_understood(said: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": said, "date": DATE}) == seconds


def test_a_date_without_the_providers_own_clock_says_nothing() -> None:
    assert retry_after({"retry-after": DATE}) is None


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ [+-]?\w+"), st.text())
def test_whatever_stands_there_is_a_time_or_nothing(said: str, date: str) -> None:
    for now in (date, DATE):
        wait = retry_after({"retry-after": said, "date": now})
        assert wait is None or 0 <= wait <= LONGEST_WAIT
