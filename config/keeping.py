"""Keeping the journal: backup, restore and reparse, beside a hub that runs or in its absence."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import aiohttp

from cloud_bridge import Reparsed, reparse
from config.failed import Failed
from config.settings import StoreFile, load_store
from edge.backup import NoBackup, back_up, newest_backup, settings_in
from edge.board import Board
from edge.clock import SystemClock
from edge.hub import NotCommitted
from edge.journal import Journal, JournalUnusable
from edge.settings import feed_token, listen_address, url_of
from edge.store import store_hub

PATIENCE = 300.0  # seconds a hub may take for all its dead letters


class Restored(NamedTuple):
    """What was put where."""

    journal: Path
    orders: int
    wrote_settings: bool


@contextmanager
def failures() -> Iterator[None]:
    """What the ground cannot do is one line for the person who asked."""
    try:
        yield
    except (NoBackup, JournalUnusable, NotCommitted, aiohttp.ClientError) as error:
        raise Failed(str(error)) from error


def backup(config: Path, to: Path | None) -> Path:
    """Copy the journal of a store, with its settings, into one file; where that is."""
    settings = load_store(config)
    now = datetime.now(UTC)
    to = to or _folder(settings) / f"{settings.store.id}-{now:%Y%m%d-%H%M%S}.backup"
    with failures():
        back_up(settings.journal_path, to, config.read_text(encoding="utf-8-sig"))
    return to


def restore(config: Path, backup: Path | None) -> Restored:
    """Have a store go on from a backup; settings that are there already stay, and so does the journal, set aside."""
    fresh = backup is not None and not config.exists()
    with failures():
        if fresh and backup is not None:
            text = settings_in(backup)
            config.parent.mkdir(parents=True, exist_ok=True)
            config.write_text(text, encoding="utf-8")
        settings = load_store(config)
        backup = backup or newest_backup(_folder(settings))
        settings_in(backup)
        orders = asyncio.run(_restore(settings, backup))
    return Restored(settings.journal_path, orders, fresh)


async def _restore(settings: StoreFile, backup: Path) -> int:
    journal = Journal(settings.journal_path, Board.STORED)
    try:
        await journal.replace(Board.STORED, time.time(), backup)
        await journal.open()
        return len(await journal.load("orders", Board.STORED["orders"]))
    finally:
        await journal.close()


def reparse_letters(settings: StoreFile) -> Reparsed:
    """Read the dead letters again: by the hub if it runs, else without it."""
    with failures():
        return asyncio.run(_reparse(settings))


async def _reparse(settings: StoreFile) -> Reparsed:
    headers = {"Authorization": f"Bearer {feed_token(settings.feed)}"}
    timeout = aiohttp.ClientTimeout(PATIENCE)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.post(f"{url_of(*listen_address(settings.feed.listen))}/api/reparse", json={}) as answer,
        ):
            said = await answer.json(content_type=None)
            if not answer.ok:
                raise Failed(f"the hub at {settings.feed.listen} says: {said.get('reason', answer.status)}")
            return Reparsed(**said)
    except aiohttp.ClientConnectorError:
        hub = store_hub(settings.layout, settings.journal_path, SystemClock())
        await hub.start()
        try:
            return await reparse(hub, settings.store.id, settings.store.merchant_ids)
        finally:
            await hub.stop()


def _folder(settings: StoreFile) -> Path:
    return settings.journal_path.parent / "backups"
