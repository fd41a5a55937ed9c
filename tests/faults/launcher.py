"""`python -m tests.faults.launcher`: the `ovenbell` command with the outside world wrapped, as a fault asks for it.

The product has no hooks: what it takes from outside (the journal's connection, the road's pace) is put around it here.
"""

import functools
import json
import os
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import cloud_bridge.connection as road
import config.assembly
import edge.clock
import edge.hub
import edge.store
from cloud_bridge.backoff import Backoff
from cloud_bridge.connection import Connection
from config.command import main
from tests.faults.clocks import FastClock

VARIABLE = "OVENBELL_FAULT"
FULL = signal.SIGUSR1  # after it the journal cannot be written for a moment
STEPPED = signal.SIGUSR2  # the machine's clock is set
MOMENT = 0.3  # seconds
LAUNCHER = ("-m", "tests.faults.launcher", "hub")
OPENING = "open"  # the step that counts every statement from the first one, by which the journal is made or opened
# What a store on a road in a hurry is started with.
BRISK: dict[str, Any] = {"program": LAUNCHER, VARIABLE: json.dumps({"brisk": True})}


class Wish:
    """What the fault asks for: a `step` at which to die when it comes for the n-th time; `brisk`, a road in a hurry."""

    def __init__(self, wish: dict[str, Any]) -> None:
        self.step: str = wish.get("step", "")
        self.left: int = wish.get("times", 1)
        self.brisk: bool = wish.get("brisk", False)
        self.clock: list[float] = wish.get("clock", [])
        self.life: bool = wish.get("life", False)  # things happen when this process is told so
        self.full_until = 0.0

    def reach(self, step: str) -> None:
        """A step of the commit path is reached; the last thing this process does where it is the one."""
        if step == self.step or (self.step == OPENING and not step.startswith(("ack", "publish"))):
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


WISH = Wish(json.loads(os.environ.get(VARIABLE, "{}")))


class DoomedConnection(sqlite3.Connection):
    """The journal's connection, which knows the steps of a commit."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Execute a statement between two steps."""
        return self._between(sql, lambda: super(DoomedConnection, self).execute(sql, *values))

    def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Execute a statement many times between two steps."""
        return self._between(sql, lambda: super(DoomedConnection, self).executemany(sql, *values))

    @staticmethod
    def _between(sql: str, work: Any) -> sqlite3.Cursor:
        verb = sql.split(None, 1)[0].lower()
        if verb in {"begin", "insert", "commit"} and time.monotonic() < WISH.full_until:
            raise sqlite3.OperationalError("database or disk is full")
        WISH.reach(f"{verb}:before")
        cursor: sqlite3.Cursor = work()
        WISH.reach(f"{verb}:after")
        return cursor


def _doomed(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, check_same_thread=False, factory=DoomedConnection)


def _between(name: str) -> None:
    """Make the two sides of a method of the road steps, too."""
    method = getattr(Connection, name)

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        WISH.reach(f"{name}:before")
        result = method(*args, **kwargs)
        WISH.reach(f"{name}:after")
        return result

    setattr(Connection, name, call)


def _fill_disk(*_: object) -> None:
    WISH.full_until = time.monotonic() + MOMENT


def wrap() -> None:
    """Put the wishes around the product."""
    if WISH.step or WISH.life:
        edge.store.Journal = functools.partial(edge.store.Journal, connect=_doomed)  # type: ignore[misc, assignment]
        _between("ack")
        _between("publish")
    if WISH.life:
        signal.signal(FULL, _fill_disk)
        signal.signal(STEPPED, lambda *_: FastClock.set())
    if WISH.clock:
        speed = WISH.clock[0]
        config.assembly.SystemClock = functools.partial(FastClock, *WISH.clock)  # type: ignore[misc, assignment]
        # Two looks at a fast clock are further apart, and what is timed is due sooner.
        edge.clock.STEP, edge.clock.SLEW, edge.hub.TICK = edge.clock.STEP * speed, edge.clock.SLEW * speed, 0.01
    if WISH.brisk:  # so that hundreds of faults fit into minutes: what takes a store half a minute takes a second
        road.KEEPALIVE, road.CONNECT_TIMEOUT = 1, 1.0
        quick = functools.partial(Backoff, first=0.05, ceiling=0.2)
        config.assembly.Link = functools.partial(config.assembly.Link, backoff=quick)  # type: ignore[misc, assignment]


if __name__ == "__main__":
    wrap()
    main()
