"""Backups: a consistent copy of the journal while the hub runs, with the settings in it, in one file."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

TOLD = "INSERT OR REPLACE INTO about VALUES (?, ?)"
SEAL = "seal"  # the keys of a gateway's seal, where they lie beside the journal


class NoBackup(Exception):
    """A backup cannot be made or used; says why."""


def back_up(journal: Path, to: Path, settings: str, seal: str = "") -> None:
    """Copy a journal as it is at this moment; raises NoBackup, and OSError where there is no room."""
    if to.exists():
        settings_in(to)  # only an older backup may be written over
    if not journal.is_file():
        raise NoBackup(f"{journal} is not there yet, or no file: nothing to copy")
    partial = to.with_name(f"{to.name}.partial")
    partial.unlink(missing_ok=True)
    to.parent.mkdir(parents=True, exist_ok=True)
    partial.touch(mode=0o600)  # it holds customers' names and numbers
    try:
        with closing(sqlite3.connect(journal)) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, to be carried away
            target.executemany(TOLD, [("settings", settings), *([(SEAL, seal)] if seal else [])])
            target.commit()
            (verdict,) = target.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        partial.unlink(missing_ok=True)
        raise NoBackup(f"{journal}: {error}") from error
    if verdict != "ok":
        raise NoBackup(f"{partial}: the journal is damaged: {verdict}")
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(to)


def settings_in(backup: Path) -> str:
    """The settings that a backup was made with; raises NoBackup."""
    settings = told_in(backup, "settings")
    if settings is None:
        raise NoBackup(f"{backup} is not a backup: it has no settings")
    return settings


def told_in(backup: Path, name: str) -> str | None:
    """What a backup holds beside its journal, none where it does not; raises NoBackup."""
    if backup.exists() and not backup.is_file():
        raise NoBackup(f"{backup} is no file")
    try:
        with closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
    except sqlite3.Error as error:
        raise NoBackup(f"{backup} is not a backup: {error}") from error
    return None if row is None else str(row[0])


def newest_backup(folder: Path) -> Path:
    """The backup that was made last; raises NoBackup."""
    backups = sorted(folder.glob("*.backup"))
    if not backups:
        raise NoBackup(f"there is no backup in {folder}: name one")
    return backups[-1]
