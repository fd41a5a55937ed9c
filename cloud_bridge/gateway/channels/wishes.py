"""What web shops ask their customers in fields of their own: names and values, one of which may say when it is due.

An account's option `due` names the fields that say it together, such as `Pickup-Date, Pickup-Time`; `timezone` is where
that is, default UTC. A date is year, month, day; without a time of day it is due at the day's beginning.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cloud_bridge.gateway.channels.channel import Account
from cloud_bridge.gateway.channels.values import text

HIDDEN = "_"  # a name that begins so is the shop's program's own
TIME = re.compile(
    r"(\d{4})\D(\d{1,2})\D(\d{1,2})(?!\d)(?:\D+?(\d{1,2}):(\d{2})(?::\d{2})?\s*([ap])?)?", re.ASCII | re.IGNORECASE
)
NOON = 12


def wishes(pairs: Iterable[tuple[Any, Any]]) -> dict[str, str]:
    """The fields that people see."""
    written = ((text(name).strip(), text(value).strip()) for name, value in pairs)
    return {name: value for name, value in written if name and value and not name.startswith(HIDDEN)}


def lines(note: Any, asked: dict[str, str]) -> str:
    """A note, and the fields below it."""
    return "\n".join(filter(None, (text(note).strip(), *(f"{name}: {value}" for name, value in asked.items()))))


def due(asked: dict[str, str], account: Account) -> float | None:
    """When it is wanted, if the customer was asked."""
    names = [name.strip() for name in account.options.get("due", "").split(",")]
    found = TIME.search(" ".join(asked.get(name, "") for name in names))
    if found is None:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in found.groups()[:5])
    if half := found[6]:
        hour = hour % NOON + (NOON if half in "pP" else 0)
    try:
        there = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(account.options.get("timezone") or "UTC"))
        return there.timestamp()
    except (ValueError, OverflowError):
        return None
