"""Keeping the journal of a store or a gateway: backup, restore and reparse, beside what runs or in its absence."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from cloud_bridge import Reparsed, reparse
from config.checks import read_text, read_toml
from config.failed import Failed, extra
from config.settings import check_store
from config.setup.writing import write_secret
from edge.backup import SEAL, NoBackup, back_up, newest_backup, settings_in, told_in
from edge.board import Board
from edge.clock import SystemClock
from edge.hub import NotCommitted
from edge.journal import Journal, JournalUnusable
from edge.settings import feed_token, listen_address, url_of
from edge.store import store_hub

PATIENCE = 300.0  # seconds a hub may take for all its dead letters

Reparsing = Callable[[], Awaitable[Reparsed]]


class Kept(NamedTuple):
    """A store or a gateway, as somebody sees it who keeps its journal."""

    id: str
    journal: Path
    tables: Mapping[str, type]
    listen: str
    token: str
    since: str  # how it hears of what came after a backup
    reparse: Reparsing  # where it does not run
    seal: Path | None = None  # a gateway's keys, where they lie beside the journal
    elsewhere: str = ""  # and where they lie else

    @property
    def folder(self) -> Path:
        """Where its backups are."""
        return self.journal.parent / "backups"


class Restored(NamedTuple):
    """What was put where."""

    journal: Path
    orders: int
    wrote_settings: bool
    since: str


@contextmanager
def failures() -> Iterator[None]:
    """What the ground cannot do is one line for the person who asked."""
    try:
        yield
    except (NoBackup, JournalUnusable, NotCommitted, sqlite3.Error, aiohttp.ClientError) as error:
        raise Failed(str(error)) from error


def kept_by(config: Path) -> Kept:
    """Whose settings these are: those of a gateway have a `[broker]`; raises WrongSettings."""
    tree = read_toml(config)
    return _gateway(tree, config) if "broker" in tree else _store(tree, config)


def _store(tree: dict[str, Any], config: Path) -> Kept:
    settings = check_store(tree, config)

    async def reparse_alone() -> Reparsed:
        hub = store_hub(settings.layout, settings.journal_path, SystemClock())
        await hub.start()
        try:
            return await reparse(hub, settings.store.id, settings.store.merchant_ids)
        finally:
            await hub.stop()

    return Kept(
        settings.store.id,
        settings.journal_path,
        Board.STORED,
        settings.feed.listen,
        feed_token(settings.feed),
        "a hub that starts asks for what came since",
        reparse_alone,
    )


def _gateway(tree: dict[str, Any], config: Path) -> Kept:
    with extra("gateway"):
        from cloud_bridge.gateway import Gateway  # noqa: PLC0415 - a store needs none of it
        from cloud_bridge.gateway.board import Board  # noqa: PLC0415
        from cloud_bridge.gateway.seal import KEY_VARIABLE  # noqa: PLC0415
        from cloud_bridge.gateway.settings import page_token  # noqa: PLC0415
        from config.cloud import check_cloud  # noqa: PLC0415

    cloud = check_cloud(tree, config)

    elsewhere = KEY_VARIABLE if KEY_VARIABLE in os.environ else cloud.gateway.key_file

    async def reparse_alone() -> Reparsed:
        gateway = Gateway(cloud, cloud.journal_path)
        await gateway.hub.start()
        try:
            return await gateway.reader.reparse()
        finally:
            await gateway.hub.stop()

    return Kept(
        cloud.gateway.id,
        cloud.journal_path,
        Board.STORED,
        cloud.gateway.listen,
        page_token(cloud.gateway),
        "what the channels sent since is lost where they do not send it again",
        reparse_alone,
        seal=None if elsewhere else cloud.key_path(cloud.journal_path),
        elsewhere=elsewhere,
    )


class Copied(NamedTuple):
    """What was copied where."""

    to: Path
    sealed: bool  # with the keys of the seal
    elsewhere: str  # where they lie that are not in it


def backup(config: Path, to: Path | None) -> Copied:
    """Copy a journal, with its settings, into one file.

    The keys of a gateway's seal go with it where they lie beside the journal: who has the one has the other, the
    journal holds the requests of the channels as they came, and without the keys no customer of an open order could be
    told. Keys that the owner keeps apart stay apart.
    """
    kept = kept_by(config)
    now = datetime.now(UTC)
    to = to or kept.folder / f"{kept.id}-{now:%Y%m%d-%H%M%S}.backup"
    with failures():
        seal = kept.seal.read_text(encoding="ascii") if kept.seal and kept.seal.exists() else ""
        back_up(kept.journal, to, read_text(config), seal)
    return Copied(to, bool(seal), kept.elsewhere)


def restore(config: Path, backup: Path | None) -> Restored:
    """Have somebody go on from a backup; settings that are there already stay, and so does the journal, set aside."""
    fresh = backup is not None and not config.exists()
    with failures():
        if fresh and backup is not None:
            text = settings_in(backup)
            config.parent.mkdir(parents=True, exist_ok=True)
            config.write_text(text, encoding="utf-8")
        kept = kept_by(config)
        backup = backup or newest_backup(kept.folder)
        settings_in(backup)
        orders = asyncio.run(_restore(kept, backup))
        if kept.seal is not None and (seal := told_in(backup, SEAL)):
            _put_back(kept.seal, seal)
    return Restored(kept.journal, orders, fresh, kept.since)


def _put_back(file: Path, seal: str) -> None:
    """The keys of a backup, behind those that are there: what was closed up with either opens."""
    there = file.read_text(encoding="ascii").split() if file.exists() else []
    write_secret(file, "\n".join(dict.fromkeys([*there, *seal.split()])))


async def _restore(kept: Kept, backup: Path) -> int:
    journal = Journal(kept.journal, kept.tables)
    try:
        await journal.replace(kept.tables, time.time(), backup)
        await journal.open()
        return len(await journal.load("orders", kept.tables["orders"]))
    finally:
        await journal.close()


def reparse_letters(config: Path) -> Reparsed:
    """Read the dead letters again: by the hub or gateway if it runs, else without it."""
    kept = kept_by(config)
    with failures():
        return asyncio.run(_reparse(kept))


async def _reparse(kept: Kept) -> Reparsed:
    headers = {"Authorization": f"Bearer {kept.token}"}
    timeout = aiohttp.ClientTimeout(PATIENCE)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.post(f"{url_of(*listen_address(kept.listen))}/api/reparse", json={}) as answer,
        ):
            said = await answer.json(content_type=None)
            if not answer.ok:
                raise Failed(f"{kept.id} at {kept.listen} says: {said.get('reason', answer.status)}")
            return Reparsed(**said)
    except aiohttp.ClientConnectorError:
        return await kept.reparse()
