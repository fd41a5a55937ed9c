"""What the doctor finds of the store itself: its hub, its journal, its secrets."""

import asyncio
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import msgspec

from config.doctor.devices import Told
from config.doctor.line import FAILURE, OK, WARNING, Line
from config.settings import StoreFile
from edge.board import Board, Counters
from edge.carry import is_corrupt
from edge.clock import BUILT, STEP
from edge.settings import feed_token, is_loopback, listen_address, url_of
from edge.views import Status
from edge.words import Say

PATIENCE = 3.0  # seconds for a hub to answer
UNUSABLE = "{path} cannot be used as the journal: {error}; correct journal.path"
NO_FILE = "{path} is not a file: correct journal.path"
DAMAGED = "{path} is damaged: {error}; when the hub starts it sets it aside whole and goes on with what can be read"
NAMED = 5  # gaps that a line names
LITTLE_SPACE = 200 * 1024 * 1024  # bytes: about a year of a small bakery


class _Health(msgspec.Struct):
    """What a hub answers when it is asked how it is."""

    status: str = ""
    reason: str = ""


class _Board(msgspec.Struct):
    """Of the board, how the hub finds its devices."""

    status: Status


class _Journal(NamedTuple):
    verdict: str
    facts: int
    newest: float
    counters: Counters


async def examine_hub(settings: StoreFile, say: Say) -> tuple[Line, Told | None]:
    """Whether a hub runs, and what it says of its devices; none where no hub runs."""
    listen, (host, port) = settings.feed.listen, listen_address(settings.feed.listen)
    try:
        headers = {"Authorization": f"Bearer {feed_token(settings.feed)}"}
        async with aiohttp.ClientSession(
            url_of(host, port), timeout=aiohttp.ClientTimeout(PATIENCE), headers=headers
        ) as session:
            async with session.get("/healthz") as answer:
                health = msgspec.json.decode(await answer.read(), type=_Health)
            if health.status == "ok" or health.reason:
                return await _running(session, health, listen, say)
    except (OSError, TimeoutError, aiohttp.ClientError, msgspec.MsgspecError):
        pass  # nobody, or somebody else
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port, reuse_address=True)
    except OSError as error:
        found = say("cannot listen at {listen}: {reason}; end what listens there, or set feed.listen")
        return Line(FAILURE, "hub", found.format(listen=listen, reason=error.strerror)), None
    server.close()
    return Line(WARNING, "hub", say("not running: start it with ovenbell hub --config FILE")), None


async def _running(session: aiohttp.ClientSession, health: _Health, listen: str, say: Say) -> tuple[Line, Told]:
    async with session.get("/api/board") as answer:
        if answer.status == HTTPStatus.UNAUTHORIZED:
            found = say("running at {listen}, but with another token: run the doctor with that of the hub")
            return Line(FAILURE, "hub", found.format(listen=listen)), {}
        board = msgspec.json.decode(await answer.read(), type=_Board)
    told = {(device.kind, device.id): device for device in board.status.devices}
    if health.reason:
        return Line(FAILURE, "hub", say("running, but not committing: {reason}").format(reason=health.reason)), told
    return Line(OK, "hub", say("running and committing at {listen}").format(listen=listen)), told


def examine_journal(path: Path, say: Say) -> Iterator[Line]:
    """Whether the journal can be written and is whole."""
    if trouble := _place(path, say):
        yield trouble
        return
    space = os.statvfs(_folder(path))
    if space.f_bavail * space.f_frsize < LITTLE_SPACE:
        found = say("little space is left on the disk of {path}: free some")
        yield Line(WARNING, "journal", found.format(path=path))
    if not (path.exists() and path.stat().st_size):
        yield Line(OK, "journal", say("{path} will be made when the hub starts").format(path=path))
        return
    try:
        journal = _read(path)
    except sqlite3.Error as error:
        yield Line(FAILURE, "journal", say(DAMAGED if is_corrupt(error) else UNUSABLE).format(path=path, error=error))
        return
    except (msgspec.MsgspecError, TypeError):  # whose text may be a customer's
        yield Line(FAILURE, "journal", say(DAMAGED).format(path=path, error=say("a row is not what was written")))
        return
    if journal.verdict == "ok":
        yield Line(OK, "journal", say("{path} is sound, with {facts} facts").format(path=path, facts=journal.facts))
    else:
        yield Line(FAILURE, "journal", say(DAMAGED).format(path=path, error=journal.verdict))
    if time.time() < max(BUILT, journal.newest) - STEP:
        yield Line(FAILURE, "clock", say("it is before the newest entry of the journal: set it"))
    if gaps := journal.counters.heard.gaps:
        numbers = ", ".join(f"{gap.first}-{gap.last}" for gap in gaps[:NAMED])
        found = say("events {numbers} of the cloud are missing: asked for again and again, look at the cloud's end")
        yield Line(WARNING, "cloud", found.format(numbers=numbers))


def _folder(path: Path) -> Path:
    return next(parent for parent in path.absolute().parents if parent.exists())


def _place(path: Path, say: Say) -> Line | None:
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
        found = say("{path} cannot be written: give its folder to the user of the hub")
        return Line(FAILURE, "journal", found.format(path=path))
    return None


def _read(path: Path) -> _Journal:
    """Read what a hub reads when it starts; raises sqlite3.Error, MsgspecError and TypeError."""
    road = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(road, uri=True, timeout=PATIENCE)) as connection:
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        connection.execute("SELECT value FROM about").fetchone()  # a hub leaves alone what is another program's
        newest = connection.execute("SELECT seq, at FROM facts ORDER BY seq DESC LIMIT 1").fetchone()
        there = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        rows: dict[str, list[Any]] = {
            name: [msgspec.json.decode(body, type=row) for (body,) in connection.execute(f"SELECT body FROM {name}")]  # noqa: S608
            for name, row in Board.STORED.items()
            if name in there and name != Board.ARCHIVED
        }
    counters = next(iter(rows.get("counters", ())), Counters())
    return _Journal(verdict, *msgspec.convert(newest or (0, 0.0), type=tuple[int, float]), counters)


def examine_secrets(settings: StoreFile, say: Say) -> Iterator[Line]:
    """What others could listen to or read: a road without TLS to another machine, a secret in an open file."""
    cloud = settings.cloud
    if cloud is not None and not cloud.address.tls and not is_loopback(cloud.address.host):
        found = say("orders and password go to {address} in the clear: use mqtts://").format(address=cloud.address)
        yield Line(WARNING, "cloud", found)
    for path in settings.secrets.values():
        with suppress(OSError):  # said by the part that needs it
            if path.stat().st_mode & stat.S_IROTH:
                found = say("{path} may be read by everybody on this machine: chmod 600, owned by the hub's user")
                yield Line(WARNING, "secrets", found.format(path=path))
