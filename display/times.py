"""Times as people type them: 14:30, 1430, +30, 11-23 14:30."""

import re
from datetime import datetime, timedelta, tzinfo

_LATER = re.compile(r"\+(\d{1,4})")
_AT = re.compile(r"(?:(\d{1,2})[-/.](\d{1,2}) +)?(\d{1,2})[:.：]?(\d{2})")


def read_time(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    """The moment that is meant, none if it is none; a time of day is the next one."""
    text = text.strip()
    if later := _LATER.fullmatch(text):
        return now + timedelta(minutes=int(later[1]))
    at = _AT.fullmatch(text)
    if at is None:
        return None
    month, day, hour, minute = (int(part) if part else 0 for part in at.groups())
    local = now.astimezone(zone)
    try:
        if month:
            moment = datetime(local.year, month, day, hour, minute, tzinfo=zone)
            return moment if moment.date() >= local.date() else moment.replace(year=local.year + 1)
        moment = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError:
        return None
    return moment if moment > local else moment + timedelta(days=1)
