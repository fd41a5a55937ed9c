"""Carrying over: what can be read of a damaged journal or a backup goes into a new one; the old is never deleted."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

import msgspec

BLOCK = 500  # rows read in one go, fewer where a page among them is damaged
FAR = 50_000  # rows that are looked for where nobody can say how many there were
FACT = tuple[int, float, str, str | None, int | None, str, str]
ENDS = ("-wal", "-shm")  # of the files that SQLite keeps beside a database


def is_corrupt(error: BaseException) -> bool:
    """Whether SQLite says that what it read is not what it wrote."""
    named = str(getattr(error, "sqlite_errorname", "")).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))
    return named or (isinstance(error, sqlite3.Error) and "decode to UTF-8" in str(error))


def condemn(journal: Path) -> None:
    """Remember that damage was found where the next start would not look."""
    with suppress(OSError):
        _beside(journal, "damaged").touch()


def is_condemned(journal: Path) -> bool:
    """Whether damage was found in this journal and it was not replaced since."""
    return journal.exists() and _beside(journal, "damaged").exists()


def replace(
    journal: Path, make: Callable[[Path], None], tables: Mapping[str, type[Any]], now: float, source: Path | None = None
) -> Path:
    """Put a new journal with what can be read of this one, or of another, in its place; where the old one lies now.

    `make` makes an empty journal with an id of its own. Can be interrupted at any moment and done again (`finish`).
    """
    copy, draft, carrying = (_beside(journal, name) for name in ("copy", "draft", "carrying"))
    _remove(copy, draft, carrying)
    try:
        if source is None:  # SQLite would change what it opens, and the old journal stays as it is
            source = copy
            for end in ("", "-wal"):
                with suppress(FileNotFoundError):
                    shutil.copyfile(f"{journal}{end}", f"{copy}{end}")
        make(draft)
        carry(source, draft, tables)
    finally:
        _remove(copy)  # also from a disk that has no room for it
    _sync(draft)
    draft.replace(carrying)  # complete from here on
    aside = _free(_beside(journal, f"aside-{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}"))
    _move(journal, aside)
    finish(journal)
    return aside


def finish(journal: Path) -> None:
    """Bring a replacement to its end that was interrupted after the old journal was set aside."""
    carrying = _beside(journal, "carrying")
    if carrying.exists() and not journal.exists():
        _move(journal, _beside(journal, "aside"))
        carrying.replace(journal)
        _beside(journal, "damaged").unlink(missing_ok=True)
        _sync(journal.parent)


def carry(old: Path, new: Path, tables: Mapping[str, type[Any]]) -> None:
    """Copy what can be read: the facts, and the rows of the tables that are what they should be.

    Known events are left behind: what came before a damage may be lost with it and must be taken when it comes again.
    """
    with closing(sqlite3.connect(old)) as source, closing(sqlite3.connect(new)) as target:
        source.text_factory = lambda text: text.decode(errors="replace")
        with suppress(sqlite3.Error):  # SQLite then reads also a file of which a part is missing
            source.execute("PRAGMA writable_schema=ON")
        for row in _readable(source, "facts"):
            with suppress(msgspec.MsgspecError):
                fact = msgspec.convert(row, FACT)
                target.execute("INSERT OR IGNORE INTO facts VALUES (?, ?, ?, ?, ?, ?, ?)", fact)
        for name, row_type in tables.items():
            for key, body in _readable(source, name):
                with suppress(msgspec.MsgspecError, TypeError):
                    msgspec.json.decode(body, type=row_type)
                    target.execute(f"INSERT OR IGNORE INTO {name} VALUES (?, ?)", (key, body))  # noqa: S608
        with suppress(sqlite3.Error):
            before = source.execute("SELECT value FROM about WHERE name = 'journal'").fetchone()
            target.execute("INSERT OR REPLACE INTO about VALUES ('carried', ?)", before or ("",))
        target.execute("INSERT OR IGNORE INTO about VALUES ('carried', '')")
        target.commit()


def _readable(source: sqlite3.Connection, table: str) -> Iterator[tuple[Any, ...]]:
    """A table's rows in the order they were made; where a page cannot be read, those behind it."""
    after, stride, last = 0, BLOCK, FAR
    with suppress(sqlite3.Error):
        last = source.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0] or 0  # noqa: S608
    block = f"SELECT * FROM {table} WHERE rowid > ? AND rowid <= ? ORDER BY rowid"  # noqa: S608
    while after < last:
        try:
            rows = source.execute(block, (after, after + stride)).fetchall()
        except sqlite3.Error as error:
            if _hopeless(error):
                return
            if stride > 1:
                stride //= 2
                continue
            rows = []
        yield from rows
        after, stride = after + stride, min(2 * stride, BLOCK)


def _hopeless(error: sqlite3.Error) -> bool:
    """Whether no other row can be read either: it is no journal at all, or has no such table."""
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB or "no such table" in str(error)


def _move(journal: Path, aside: Path) -> None:
    for end in ("", *ENDS):
        with suppress(FileNotFoundError):
            Path(f"{journal}{end}").replace(f"{aside}{end}")
    _sync(journal.parent)


def _free(name: Path) -> Path:
    """The name, or the next that nothing has: a machine that boots in the past comes by the same second again."""
    others = (name.with_name(f"{name.name}-{number}") for number in count(2))
    return next(one for one in chain((name,), others) if not one.exists())


def _beside(journal: Path, what: str) -> Path:
    return journal.with_name(f"{journal.name}.{what}")


def _remove(*files: Path) -> None:
    for file in files:
        for end in ("", *ENDS, "-journal"):
            Path(f"{file}{end}").unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
