"""Disks that fail when told to, and hubs on them: a real journal in a real file, through a connection of ours."""

import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from edge.board import Board
from edge.clock import Clock
from edge.facts import Happened
from edge.hub import Hub, NotCommitted
from edge.intents import Intent, Refused, TurnPage
from edge.journal import Journal
from edge.layout import Layout
from edge.orders import StationId
from edge.rules import Rules
from edge.store import RULES, StoreHub
from tests.builders import ManualClock, a_layout


class Disk:
    """Statements that begin with a word in `fails` fail; `plan` says so for each COMMIT to come, in turn."""

    def __init__(self) -> None:
        self.fails: tuple[str, ...] = ()
        self.plan: Iterable[bool] = ()
        self.commits = 0
        self.look_ups = 0

    def connect(self, path: Path) -> sqlite3.Connection:
        """What Journal asks for."""
        connection = sqlite3.connect(path, check_same_thread=False, factory=_Connection)
        connection.disk = self
        return connection

    def check(self, statement: str) -> None:
        """Let a statement pass, or not."""
        if statement == "COMMIT":
            self.plan = iter(self.plan)
            if next(self.plan, False):
                raise sqlite3.OperationalError("disk I/O error")
        if statement.startswith(self.fails or ("\0",)):
            raise sqlite3.OperationalError("database or disk is full")
        self.commits += statement == "COMMIT"
        self.look_ups += statement.startswith("SELECT digest")


class _Connection(sqlite3.Connection):
    disk: Disk

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if hasattr(self, "disk"):
            self.disk.check(sql)
        return super().execute(sql, *values)

    def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
        self.disk.check(sql)
        return super().executemany(sql, *values)


@asynccontextmanager
async def a_hub(
    path: Path,
    clock: Clock | None = None,
    *,
    layout: Layout | None = None,
    disk: Disk | None = None,
    rules: Rules[Board, Intent, Happened] = RULES,
) -> AsyncIterator[StoreHub]:
    """A store's hub that runs until the block ends."""
    journal = Journal(path, Board.STORED, (disk or Disk()).connect)
    hub = Hub(Board(layout or a_layout()), rules, journal, clock or ManualClock())
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


async def nudge(hub: StoreHub) -> None:
    """Have the hub take up everything that waits: somebody asks for something that changes nothing."""
    with suppress(Refused, NotCommitted):
        await hub.submit(TurnPage(StationId("nowhere"), 1), by="test")


async def try_again(hub: StoreHub, clock: ManualClock) -> None:
    """Let the longest rest between two attempts pass, and everything that waits be tried."""
    clock.advance(10)
    await nudge(hub)


async def come_to_rest(hub: StoreHub, clock: ManualClock) -> None:
    """Let everything that waits get in, and everything happen that is due by then."""
    clock.advance(10)
    before = -1
    while hub.backlog or before != hub.board.counters.seq:
        before = hub.board.counters.seq
        hub.ring()
        await nudge(hub)
