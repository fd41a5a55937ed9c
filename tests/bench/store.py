"""A store to measure: its settings, the orders that come in, and the `ovenbell hub` process."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.cloud import EXAMPLE

PATIENCE = 60.0  # seconds until a bench gives up on a process

# The stages, routes and stations of CONTRACT.md section 3.
BAKERY = """
[stages.baking]
presses = 2
min_minutes = 25
max_minutes = 40
[[routes]]
match = "cake-*"
stages = ["baking", "cooling", "frosting", "boxing"]
lead_minutes = 180
[[stations]]
id = "oven"
stages = ["baking", "cooling"]
slots = 12
[[stations]]
id = "decorating"
stages = ["frosting", "boxing"]
"""


def store_toml(
    directory: Path,
    *,
    cloud: str,
    listen: str = "127.0.0.1:0",
    grace: float = 5,
    close_after: float = 12,
    rest: str = BAKERY,
) -> Path:
    """Write a store's settings, with its journal beside them."""
    file = directory / "store.toml"
    file.write_text(
        f"""
[store]
id = "bench"
close_after_hours = {close_after}
[journal]
path = "{directory / "journal.db"}"
[feed]
listen = "{listen}"
[cloud]
url = "{cloud}"
grace_seconds = {grace}
{rest}""",
        encoding="utf-8",
    )
    return file


def order_event(number: int, now: datetime, code: str = "cake-strawberry-8") -> bytes:
    """The contract's example order with ids of its own, due within its lead time: it goes to the oven at once."""
    event: dict[str, Any] = json.loads(EXAMPLE)
    due = now + timedelta(hours=2)
    order = order_id(number)
    event |= {"id": f"mt-2026-{number:06}-1", "time": _text(now), "subject": order, "sequence": str(number)}
    event["data"] |= {"id": order, "displayId": f"A{number:03}", "createdAt": _text(now)}
    event["data"]["schedule"] = {
        "scheduledDateTimeStart": _text(due - timedelta(minutes=30)), "scheduledDateTimeEnd": _text(due)
    }  # fmt: skip
    event["data"]["takeout"]["takeoutDateTime"] = _text(due)
    event["data"]["items"][0]["externalCode"] = code
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def order_id(number: int) -> str:
    """The id of the order of that number."""
    return f"0f8fad5b-d9cb-469f-a165-{number:012}"


def collected_event(number: int, now: datetime) -> bytes:
    """A rider has that order."""
    event = json.loads(order_event(number, now))
    event |= {"id": f"mt-2026-{number:06}-2", "type": "ovenbell.order.collected", "data": {"id": event["subject"]}}
    return json.dumps(event).encode()


def backlog(count: int, first: int = 1) -> list[bytes]:
    """Orders that came while the store was away."""
    now = datetime.now(UTC)
    return [order_event(number, now) for number in range(first, first + count)]


@contextmanager
def python(*arguments: str, directory: Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A Python process whose complaints go to a file beside it; ended when left."""
    with (directory / "process.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=log, text=True, **options
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


def line_from(process: subprocess.Popen[str], directory: Path) -> str:
    """The next line a process says; RuntimeError with its log where it ended instead."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"a process ended: {(directory / 'process.log').read_text(errors='replace')[-2000:]}")
    return line.strip()


def feed_of(ready: str) -> str:
    """The address of the feed in what a hub says when it is ready."""
    return ready.partition("board at ")[2].partition(",")[0]


def ask(url: str) -> bytes:
    """What the hub's local API answers; OSError where it does not."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


def until(condition: Callable[[], object], what: str, pause: float = 0.05) -> None:
    """Wait for something outside of this process; RuntimeError where it does not come."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited in vain: {what}")
        time.sleep(pause)


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
