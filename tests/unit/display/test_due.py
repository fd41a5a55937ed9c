"""When a customer wants it: the ways in which people say a time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from display.due import FARTHEST, Unclear, read_due

HANGZHOU = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=HANGZHOU)  # a Sunday
ZONES = st.sampled_from(
    [HANGZHOU, UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Kathmandu")]
)
moments = st.builds(
    lambda seconds, zone: datetime.fromtimestamp(seconds, UTC).astimezone(zone),
    st.integers(1_735_689_600, 2_051_222_400),  # ten years
    ZONES,
)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.mark.parametrize("text", ["", "  ", "now", "ASAP", "现在", "马上", "尽快"])
def test_nothing_and_now_are_as_soon_as_possible(text: str) -> None:
    assert read_due(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+45", "22 09:45"), ("＋45", "22 09:45"), ("+90 min", "22 10:30"), ("+1:30", "22 10:30"), ("+2h", "22 11:00"),
        ("+1.5 hours", "22 10:30"), ("+2小时", "22 11:00"), ("+30分钟", "22 09:30"),
        ("14:30", "22 14:30"), ("14.30", "22 14:30"), ("1430", "22 14:30"), ("14：30", "22 14:30"),
        ("2:30 pm", "22 14:30"), ("2pm", "22 14:00"), ("noon", "22 12:00"), ("12 am", "23 00:00"),
        ("下午2点半", "22 14:30"), ("上午10点", "22 10:00"), ("晚上7点20", "22 19:20"), ("中午", "22 12:00"),
        ("10", "22 10:00"), ("3", "22 15:00"), ("03:00", "23 03:00"), ("3am", "23 03:00"), ("8", "23 08:00"),
        ("tomorrow 9", "23 09:00"), ("tom 9:15", "23 09:15"), ("9 tomorrow", "23 09:00"), ("明天 9:00", "23 09:00"),
        ("明天9点", "23 09:00"), ("明天下午3点", "23 15:00"), ("后天中午", "24 12:00"), ("today 17", "22 17:00"),
        ("fri 10", "27 10:00"), ("Friday 10:30", "27 10:30"), ("sun 10", "22 10:00"), ("sun 8", "29 08:00"),
        ("周五10:30", "27 10:30"), ("下周五10点", "27 10:00"), ("星期天 8点", "29 08:00"), ("礼拜六 16:00", "28 16:00"),
    ],
)  # fmt: skip
def test_a_time_is_understood_as_it_is_said(text: str, expected: str) -> None:
    due = read_due(text, NOW)
    assert due is not None
    assert f"{due:%d %H:%M}" == expected
    assert due.tzinfo is HANGZHOU


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12-24 16:00", "2026-12-24 16:00"), ("12/24 4pm", "2026-12-24 16:00"), ("12月24日下午4点", "2026-12-24 16:00"),
        ("16:00 12-24", "2026-12-24 16:00"), ("1-5 9", "2027-01-05 09:00"), ("2026-12-24 16:00", "2026-12-24 16:00"),
        ("11-21 9", "2027-11-21 09:00"),
    ],
)  # fmt: skip
def test_a_date_is_the_next_of_its_kind(text: str, expected: str) -> None:
    assert f"{read_due(text, NOW):%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("today 8", "that time is over"), ("+0", "that time is over"), ("2026-01-01 9", "that time is over"),
        ("25:00", "there is no such time of day"), ("13 pm", "there is no such time of day"),
        ("2-30 9", "there is no such day"), ("13-13 9", "there is no such day"),
        ("+9999h", "that is more than a year ahead"), ("2028-12-24 9", "that is more than a year ahead"),
        ("tomorrow", "which time?"), ("soonish", "which time?"), ("9 10", "which time?"), ("-5", "which time?"),
        ("14:60", "which time?"), ("tomorrow tomorrow 9", "which time?"),
    ],
)  # fmt: skip
def test_what_is_no_time_says_why(text: str, why: str) -> None:
    with pytest.raises(Unclear, match=why[:30].replace("?", r"\?")):
        read_due(text, NOW)


def test_where_the_clock_is_put_forward_it_shows_the_hour_after() -> None:
    night = datetime(2026, 3, 28, 20, tzinfo=ZoneInfo("Europe/Berlin"))
    due = read_due("tomorrow 02:30", night)
    assert due is not None
    assert f"{due:%d %H:%M}" == "29 03:30"
    after = read_due("+8h", night)
    assert after is not None
    assert f"{after:%d %H:%M}" == "29 05:00", "eight hours are eight hours"


@given(
    moments,
    st.integers(1, 364 * 24 * 60),
    st.sampled_from(["{:%Y-%m-%d %H:%M}", "{:%H:%M %Y/%m/%d}", "{:%Y年%m月%d日%H点%M分}"]),
)
def test_a_day_and_a_time_written_out_are_that_day_and_that_time(now: datetime, minutes: int, shape: str) -> None:
    wanted = (now.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(now.tzinfo).replace(second=0, microsecond=0)
    assume(wanted.timestamp() > now.timestamp() and not wanted.fold)
    assume(wanted.date() - now.date() < timedelta(days=365))
    assert read_due(shape.format(wanted), now) == wanted


@given(moments, st.integers(0, 23), st.integers(0, 59))
def test_a_time_of_day_is_the_next_of_its_kind(now: datetime, hour: int, minute: int) -> None:
    due = read_due(f"{hour:02}:{minute:02}", now)
    assert due is not None
    assert now.timestamp() < due.timestamp() <= now.timestamp() + 25 * 3600
    assert (due.hour, due.minute) == (hour, minute) or due.utcoffset() != now.utcoffset()


@given(moments, st.integers(0, 6), st.integers(6, 23))
def test_a_weekday_is_the_next_of_its_kind(now: datetime, day: int, hour: int) -> None:
    english, chinese = read_due(f"{DAYS[day]} {hour}", now), read_due(f"周{'一二三四五六日'[day]}{hour}点", now)
    assert english == chinese is not None
    assert english.weekday() == day
    assert 0 < english.timestamp() - now.timestamp() <= 7 * 24 * 3600 + 3600


@given(moments, st.integers(1, 100_000))
def test_a_span_is_rounded_up_to_the_minute(now: datetime, minutes: int) -> None:
    due = read_due(f"+{minutes}", now)
    assert due is not None
    assert 0 <= due.timestamp() - (now.timestamp() + 60 * minutes) < 60
    assert (due.second, due.microsecond) == (0, 0)


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from("0123456789:+-/. 点半月日年周下午明后天一五pamtfrisun今"), max_size=14).map("".join),
    moments,
)
def test_whatever_is_typed_is_a_time_ahead_or_unclear(text: str, now: datetime) -> None:
    try:
        due = read_due(text, now)
    except Unclear:
        return
    assert due is None or 0 < due.timestamp() - now.timestamp() <= FARTHEST.total_seconds() + 24 * 3600
