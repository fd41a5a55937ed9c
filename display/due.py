"""When an order is wanted, as people say it: `+45`, `14:30`, `tomorrow 9`, `明天下午3点`, `fri 10`, `12-24 16:00`."""

import re
from datetime import UTC, date, datetime, time, timedelta
from unicodedata import normalize

MORNING = 6  # a bakery hands out nothing at 3 in the night: 1 to 5 are afternoon, unless written 03:00 or 3 am
FARTHEST = timedelta(days=366)  # what is wanted later was mistyped
HALF_DAY, DAYS_OF_A_WEEK = 12, 7
SOONEST = frozenset({"", "now", "asap", "soon", "现在", "马上", "尽快"})

_SPAN = re.compile(
    r"\+\s*(?:(?P<hours>\d{1,4}(?:\.\d{1,2})?)\s*(?:h|hours?|小时|个小时)|(?P<clock>\d{1,4}):(?P<rest>[0-5]\d)"
    r"|(?P<minutes>\d{1,6})\s*(?:m|min|minutes?|分|分钟)?)"
)
_TIME = re.compile(
    r"(?P<before>am|pm|上午|早上|早|中午|下午|晚上|晚)?\s*(?P<hour>\d{1,2})"
    r"(?:(?P<o>点|时|:|\.|h)\s*(?:(?P<minute>[0-5]?\d)分?|(?P<half>半))?|(?P<packed>[0-5]\d))?\s*(?P<after>am|pm)?"
)
_DAYS = {"today": 0, "今天": 0, "今": 0, "tomorrow": 1, "tom": 1, "tmr": 1, "明天": 1, "明": 1, "后天": 2, "大后天": 3}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHINESE_DAYS = "一二三四五六日"
_DAY = re.compile(
    rf"(?P<said>{'|'.join(sorted(_DAYS, key=len, reverse=True))})(?![a-z])"
    r"|(?P<weekday>mon?|tue?s?|wed?|thu?r?s?|fri?|sat?|sun?|" + "|".join(_WEEKDAYS) + r")(?![a-z])"
    r"|(?P<next>下个?)?(?:周|星期|礼拜)(?P<chinese>[一二三四五六日天])"
    r"|(?:(?P<year>20\d\d)[-/年])?(?P<month>\d{1,2})[-/月](?P<day>\d{1,2})(?:[日号]|(?!\d))"
)
_AFTERNOON = frozenset({"pm", "下午", "晚上", "晚"})
_FORENOON = frozenset({"am", "上午", "早上", "早"})


class Unclear(ValueError):
    """What was typed is no answer; says why, for `say`."""


def read_due(text: str, now: datetime) -> datetime | None:
    """The time meant, none for as soon as possible; `now` is of the store's zone. Raises Unclear.

    A time without a day, a weekday and a date are the next ones that lie ahead.
    """
    typed = " ".join(normalize("NFKC", text).casefold().split())
    if typed in SOONEST:
        return None
    if span := _SPAN.fullmatch(typed):
        due = (now.astimezone(UTC) + _length(span)).astimezone(now.tzinfo)
        due = due.replace(second=0, microsecond=0) + timedelta(minutes=bool(due.second or due.microsecond))
    else:
        day = _DAY.search(typed)
        rest = (typed[: day.start()] + " " + typed[day.end() :]).strip(" ,的") if day else typed
        due = _ahead(day, _clock(rest), now)
    if due.timestamp() <= now.timestamp():
        raise Unclear("that time is over")
    if due.replace(tzinfo=None) - now.replace(tzinfo=None) > FARTHEST:
        raise Unclear("that is more than a year ahead")
    return due


def _length(span: re.Match[str]) -> timedelta:
    if span["hours"]:
        return timedelta(hours=float(span["hours"]))
    if span["clock"]:
        return timedelta(hours=int(span["clock"]), minutes=int(span["rest"]))
    return timedelta(minutes=int(span["minutes"]))


def _clock(text: str) -> time:
    """A time of day; raises Unclear."""
    if text in {"noon", "中午"}:
        return time(HALF_DAY)
    found = _TIME.fullmatch(text)
    if found is None:
        raise Unclear("which time? as 14:30, +45, tomorrow 9, fri 10:30 or 12-24 16:00")
    hour = int(found["hour"])
    minute = 30 if found["half"] else int(found["minute"] or found["packed"] or 0)
    half = found["before"] or found["after"]
    if hour > HALF_DAY * 2 - 1 or (half in {"am", "pm"} and not 1 <= hour <= HALF_DAY):
        raise Unclear("there is no such time of day")
    if half in _AFTERNOON and hour < HALF_DAY:
        hour += HALF_DAY
    elif half in _FORENOON and hour == HALF_DAY:
        hour = 0
    elif half in {None, "中午"} and 0 < hour < MORNING and not found["hour"].startswith("0"):
        hour += HALF_DAY
    return time(hour, minute)


def _ahead(day: re.Match[str] | None, clock: time, now: datetime) -> datetime:
    """The next day that is meant on which the time lies ahead; a day that was named outright is that day."""
    today = now.date()
    if day is None:
        days = [today, today + timedelta(days=1)]
    elif day["said"]:
        days = [today + timedelta(days=_DAYS[day["said"]])]
    elif day["weekday"] or day["chinese"]:
        away = _weekday(day) - today.weekday()
        away = away + DAYS_OF_A_WEEK if day["next"] else away % DAYS_OF_A_WEEK
        days = [today + timedelta(days=away), today + timedelta(days=away + DAYS_OF_A_WEEK)]
    else:
        years = [int(day["year"])] if day["year"] else [today.year, today.year + 1]
        days = [one for year in years if (one := _date(year, int(day["month"]), int(day["day"])))]
        if not days:
            raise Unclear("there is no such day")
    moments = [_moment(one, clock, now) for one in days]
    return next((moment for moment in moments if moment.timestamp() > now.timestamp()), moments[-1])


def _moment(day: date, clock: time, now: datetime) -> datetime:
    """A wall clock's time; where clocks are put forward over it, the time that they show instead."""
    return datetime.combine(day, clock, now.tzinfo).astimezone(UTC).astimezone(now.tzinfo)


def _weekday(day: re.Match[str]) -> int:
    if day["chinese"]:
        return _CHINESE_DAYS.index(day["chinese"].replace("天", "日"))
    return next(number for number, name in enumerate(_WEEKDAYS) if name.startswith(day["weekday"]))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
