"""Who is told which words, and when customers sleep."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.gateway.plan import Message, Plan, Quiet, StorePlan, say

NIGHT = Quiet(time(22), time(7, 30))
BERLIN = ZoneInfo("Europe/Berlin")


def woken(quiet: Quiet, at: str, zone: str = "Asia/Shanghai") -> str:
    here = ZoneInfo(zone)
    until = quiet.over(datetime.fromisoformat(at).replace(tzinfo=here).timestamp(), here)
    return datetime.fromtimestamp(until, here).isoformat(" ", "minutes")[:16]


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-22 21:59", "2026-11-22 21:59"),
        ("2026-11-22 22:00", "2026-11-23 07:30"),
        ("2026-11-22 23:59", "2026-11-23 07:30"),
        ("2026-11-23 00:00", "2026-11-23 07:30"),
        ("2026-11-23 07:29", "2026-11-23 07:30"),
        ("2026-11-23 07:30", "2026-11-23 07:30"),
    ],
)
def test_quiet_hours_go_over_midnight(at: str, until: str) -> None:
    assert woken(NIGHT, at) == until


def test_quiet_hours_may_lie_within_a_day_or_be_none() -> None:
    assert woken(Quiet(time(12), time(14)), "2026-11-22 13:00") == "2026-11-22 14:00"
    assert woken(Quiet(time(12), time(14)), "2026-11-22 15:00") == "2026-11-22 15:00"
    assert woken(Quiet(time(12), time(12)), "2026-11-22 12:00") == "2026-11-22 12:00"


def test_each_store_sleeps_by_its_own_clock() -> None:
    now = datetime(2026, 11, 22, 23, 0, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()
    assert NIGHT.over(now, ZoneInfo("Asia/Shanghai")) - now == 8.5 * 3600
    assert NIGHT.over(now, ZoneInfo("Europe/Berlin")) == now


def test_the_night_in_which_the_clocks_are_set_forward_is_an_hour_shorter() -> None:
    evening = datetime(2027, 3, 27, 23, tzinfo=BERLIN)
    assert NIGHT.over(evening.timestamp(), BERLIN) - evening.timestamp() == 7.5 * 3600


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    early = Quiet(time(22), time(2, 30))
    for fold in (0, 1):  # 02:10 of the night in which the clocks are set back
        at = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=fold)
        until = early.over(at.timestamp(), BERLIN)
        assert datetime.fromtimestamp(until, UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@given(
    st.times(),
    st.times(),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - any moment
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"]),
)
def test_nobody_is_woken_and_nobody_is_forgotten(start: time, end: time, at: datetime, zone: str) -> None:
    quiet, here = Quiet(start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)), ZoneInfo(zone)
    now = at.replace(tzinfo=UTC).timestamp()
    until = quiet.over(now, here)
    assert now <= until <= now + timedelta(hours=26).total_seconds()
    if until > now:
        clock = datetime.fromtimestamp(until, here)
        assert clock.time() >= quiet.end or clock.utcoffset() != datetime.fromtimestamp(now, here).utcoffset()


def test_words_are_the_stores_language_and_what_a_customer_wrote_stays_what_it_is() -> None:
    message = Message("order.ready", {"zh": "{order} 已做好,{item},{who}", "en": "{order} {item}"})
    assert say(message, StorePlan("s", language="zh"), order="{item}", item="{order}") == "{item} 已做好,{order},{who}"
    assert say(message, StorePlan("s", language="en"), order="A1", item="Cake") == "A1 Cake"
    assert say(Message("order.ready", {"zh": "好{"}), StorePlan("s", language="en")) == "好{"


def test_a_row_holds_for_its_stage_and_its_stores() -> None:
    plan = Plan(
        messages=(
            Message("item.started", {"en": "a"}, stage="baking", stores=("hz-*",)),
            Message("item.started", {"en": "b"}),
            Message("order.ready", {"en": "c"}),
        )
    )
    assert [one.words["en"] for one in plan.messages_on("item.started", "baking", "hz-1")] == ["a", "b"]
    assert [one.words["en"] for one in plan.messages_on("item.started", "frosting", "hz-1")] == ["b"]
    assert [one.words["en"] for one in plan.messages_on("item.started", "baking", "sh-1")] == ["b"]
