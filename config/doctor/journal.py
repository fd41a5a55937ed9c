"""What the doctor finds of a journal."""

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from config.doctor.line import FAILURE, OK, WARNING, Line
from config.doctor.running import PATIENCE
from edge.board import Counters
from edge.carry import is_corrupt
from edge.clock import BUILT, STEP
from edge.tables import Tables
from edge.words import Say

UNUSABLE = "{path} cannot be used as the journal: {error}; correct journal.path"
NO_FILE = "{path} is not a file: correct journal.path"
DAMAGED = "{path} is damaged: {error}; when the {who} starts it sets it aside whole and goes on with what can be read"
NAMED = 5  # gaps that a line names
LITTLE_SPACE = 200 * 1024 * 1024  # bytes: about a year of a small bakery


class _Journal(NamedTuple):
    verdict: str
    facts: int
    newest: float
    counters: Counters


def examine_journal(path: Path, board: type[Tables[Any]], say: Say, who: str = "hub") -> Iterator[Line]:
    """Whether the journal of a board can be written and is whole; `who` writes it."""
    who = say(who)
    if trouble := _place(path, say, who):
        yield trouble
        return
    space = os.statvfs(_folder(path))
    if space.f_bavail * space.f_frsize < LITTLE_SPACE:
        found = say("little space is left on the disk of {path}: free some")
        yield Line(WARNING, "journal", found.format(path=path))
    if not (path.exists() and path.stat().st_size):
        yield Line(OK, "journal", say("{path} will be made when the {who} starts").format(path=path, who=who))
        return
    try:
        journal = _read(path, board)
    except sqlite3.Error as error:
        found = say(DAMAGED if is_corrupt(error) else UNUSABLE)
        yield Line(FAILURE, "journal", found.format(path=path, error=error, who=who))
        return
    except (msgspec.MsgspecError, TypeError):  # whose text may be a customer's
        found, fault = say(DAMAGED), say("a row is not what was written")
        yield Line(FAILURE, "journal", found.format(path=path, error=fault, who=who))
        return
    if journal.verdict == "ok":
        yield Line(OK, "journal", say("{path} is sound, with {facts} facts").format(path=path, facts=journal.facts))
    else:
        yield Line(FAILURE, "journal", say(DAMAGED).format(path=path, error=journal.verdict, who=who))
    if time.time() < max(BUILT, journal.newest) - STEP:
        yield Line(FAILURE, "clock", say("it is before the newest entry of the journal: set it"))
    if gaps := journal.counters.heard.gaps:
        numbers = ", ".join(f"{gap.first}-{gap.last}" for gap in gaps[:NAMED])
        found = say("events {numbers} of the cloud are missing: asked for again and again, look at the cloud's end")
        yield Line(WARNING, "cloud", found.format(numbers=numbers))


def _folder(path: Path) -> Path:
    return next(parent for parent in path.absolute().parents if parent.exists())


def _place(path: Path, say: Say, who: str) -> Line | None:
    """Why no journal can be there."""
    try:
        folder = _folder(path)
        there = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        there = None
    except PermissionError:
        return Line(WARNING, "journal", say("{path} may not be looked at: run the doctor with sudo").format(path=path))
    except OSError as error:
        return Line(FAILURE, "journal", say(UNUSABLE).format(path=path, error=error.strerror))
    if there and not stat.S_ISREG(there.st_mode):
        return Line(FAILURE, "journal", say(NO_FILE).format(path=path))
    if not folder.is_dir() or not os.access(path if there else folder, os.W_OK):
        found = say("{path} cannot be written: give its folder to the user of the {who}")
        return Line(FAILURE, "journal", found.format(path=path, who=who))
    return None


def _read(path: Path, board: type[Tables[Any]]) -> _Journal:
    """Read what a hub reads when it starts; raises sqlite3.Error, MsgspecError and TypeError."""
    road = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(road, uri=True, timeout=PATIENCE)) as connection:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        connection.execute("SELECT value FROM about").fetchone()  # a hub leaves alone what is another program's
        newest = connection.execute("SELECT seq, at FROM facts ORDER BY seq DESC LIMIT 1").fetchone()
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        rows: dict[str, list[Any]] = {
            name: [msgspec.json.decode(body, type=row) for (body,) in connection.execute(f"SELECT body FROM {name}")]  # noqa: S608
            for name, row in board.STORED.items()
            if name in there and name != board.ARCHIVED
        }
    counters = next((row for row in rows.get("counters", ()) if isinstance(row, Counters)), Counters())  # a store's
    return _Journal(verdict, *msgspec.convert(newest or (0, 0.0), type=tuple[int, float]), counters)
