"""Times as people type them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from display.times import read_time

NINE = datetime(2026, 11, 22, 1, tzinfo=UTC)  # in Hangzhou
HANGZHOU = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("14:30", "11-22 14:30"), ("1430", "11-22 14:30"), ("9:05", "11-22 09:05"), ("08:30", "11-23 08:30"),
        ("09:00", "11-23 09:00"), ("+30", "11-22 09:30"), ("11-23 08:00", "11-23 08:00"),
        ("01-02 10:00", "01-02 10:00"), ("14：30", "11-22 14:30"), ("11-22 08:00", "11-22 08:00"),
    ],
)  # fmt: skip
def test_a_time_is_read_as_it_is_meant(typed: str, meant: str) -> None:
    moment = read_time(typed, NINE, HANGZHOU)
    assert moment is not None
    assert f"{moment.astimezone(HANGZHOU):%m-%d %H:%M}" == meant
    assert moment.year == (2027 if meant.startswith("01") else 2026)


@pytest.mark.parametrize("typed", ["", "noon", "25:00", "12:61", "13-40 10:00", "+", "02-30 10:00", "7"])
def test_what_is_no_time_is_none(typed: str) -> None:
    assert read_time(typed, NINE, HANGZHOU) is None
