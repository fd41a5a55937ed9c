"""The doctor: checks everything a store needs, one line each with the mend, and disturbs nothing that runs."""

import asyncio
import os
import sqlite3
import stat
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

import aiohttp
import msgspec

from cloud_bridge import probe
from config.service import stop_signal
from config.settings import StoreFile, WrongSettings, load_store
from devices.cable import plug_in
from devices.conversation import Conversation, Memory, Patience, Unready
from devices.settings import File, PrinterSettings, Serial, Tcp, Usb, parse_connection
from edge.board import Counters
from edge.clock import BUILT, STEP
from edge.settings import feed_token, is_loopback, listen_address, url_of
from edge.text import plain
from edge.words import Say, speak

PATIENCE = 3.0  # seconds for a printer to take a connection, or a hub to answer
ROUND = 5.0  # seconds between two rounds of a doctor who watches
CLEAR = "\x1b[H\x1b[2J"
READ = "read and consistent"
DAMAGED = "{path} is damaged: {error}; when the hub starts it sets it aside whole and goes on with what can be read"
LINGER = 1.0  # seconds until a printer hangs up after us
NAMED = 5  # gaps that a line names
LITTLE_SPACE = 200 * 1024 * 1024  # bytes: about a year of a small bakery


class Verdict(StrEnum):
    """How a line begins."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


OK, WARNING, FAILURE = Verdict


class Line(NamedTuple):
    """One line of the doctor: what was looked at, what was found, and how to mend it."""

    verdict: Verdict
    part: str
    found: str

    def __str__(self) -> str:
        return f"{self.verdict:<8} {self.part}: {plain(self.found)}"  # a hub's reason may carry a customer's words


class _Health(msgspec.Struct):
    """What a hub answers when it is asked how it is."""

    status: str = ""
    reason: str = ""


async def examine(settings: StoreFile) -> AsyncIterator[Line]:
    """Look at everything, cheapest first."""
    say = speak(settings.store.language)
    yield await _hub(settings, say)
    for line in await asyncio.to_thread(lambda: list(_journal(settings.journal_path, say))):
        yield line
    for line in _secrets(settings, say):
        yield line
    if settings.cloud is None:
        yield Line(OK, "cloud", say("none configured: orders are entered in the store"))
    else:
        for finding in await probe(settings.cloud, store=settings.store.id, say=say):
            yield Line(OK if finding.ok else FAILURE, "cloud", finding.line)
    for printer in settings.printers:
        yield await _printer(printer, say)
    if not settings.printers:
        yield Line(WARNING, "printers", say("none configured: nothing will be printed"))
    for scanner in settings.scanners:
        yield _port(f"scanner {scanner.id}", Path(scanner.place), say)
    for keypad in settings.keypads:
        yield _port(f"keypad {keypad.id}", Path(keypad.place), say)
        if not keypad.keys:
            yield Line(WARNING, f"keypad {keypad.id}", say("no key does anything: add [keypads.keys]"))


async def say_all(settings: StoreFile) -> bool:
    """Print each line as it is found; whether nothing has failed."""
    well = True
    print(Line(OK, "settings", READ))
    async for line in examine(settings):
        print(line, flush=True)
        well = well and line.verdict is not FAILURE
    return well


async def watch(config: Path, pause: float = ROUND) -> bool:
    """Look again and again until somebody ends it; whether nothing had failed in the last whole round."""
    stopped = asyncio.ensure_future(stop_signal().wait())
    well = False
    while not stopped.done():
        looking = asyncio.ensure_future(_look(config))
        await asyncio.wait([stopped, looking], return_when=asyncio.FIRST_COMPLETED)
        if not looking.done():
            looking.cancel()
            break
        lines = looking.result()
        well = all(line.verdict is not FAILURE for line in lines)
        again = CLEAR if sys.stdout.isatty() else ""
        print(f"{again}{datetime.now():%H:%M:%S}", *lines, sep="\n", flush=True)  # noqa: DTZ005 - as on the wall
        await asyncio.wait([stopped], timeout=pause)
    return well


async def _look(config: Path) -> list[Line]:
    """One round; the settings may be being mended."""
    try:
        settings = load_store(config)
    except WrongSettings as wrong:
        return [Line(FAILURE, "settings", line) for line in wrong.lines]
    return [Line(OK, "settings", READ), *[line async for line in examine(settings)]]


async def _hub(settings: StoreFile, say: Say) -> Line:
    host, port = listen_address(settings.feed.listen)
    try:
        headers = {"Authorization": f"Bearer {feed_token(settings.feed)}"}
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE), headers=headers) as session,
            session.get(f"{url_of(host, port)}/healthz") as answer,
        ):
            health = msgspec.json.decode(await answer.read(), type=_Health)
            if health.status == "ok":
                said = say("running and committing at {listen}")
                return Line(OK, "hub", said.format(listen=settings.feed.listen))
            if health.reason:
                return Line(FAILURE, "hub", say("running, but not committing: {reason}").format(reason=health.reason))
    except (OSError, TimeoutError, aiohttp.ClientError, msgspec.MsgspecError):
        pass  # nobody, or somebody else
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port, reuse_address=True)
    except OSError as error:
        found = say("cannot listen at {listen}: {reason}; end what listens there, or set feed.listen")
        return Line(FAILURE, "hub", found.format(listen=settings.feed.listen, reason=error.strerror))
    server.close()
    return Line(WARNING, "hub", say("not running: start it with ovenbell hub --config FILE"))


def _journal(path: Path, say: Say) -> Iterator[Line]:
    try:
        folder = next(parent for parent in path.parents if parent.exists())
        path.exists()
    except PermissionError:
        yield Line(WARNING, "journal", say("{path} may not be looked at: run the doctor with sudo").format(path=path))
        return
    if not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        found = say("{path} cannot be written: give its folder to the user of the hub")
        yield Line(FAILURE, "journal", found.format(path=path))
        return
    space = os.statvfs(folder)
    if space.f_bavail * space.f_frsize < LITTLE_SPACE:
        found = say("little space is left on the disk of {path}: free some")
        yield Line(WARNING, "journal", found.format(path=path))
    if not path.exists():
        yield Line(OK, "journal", say("{path} will be made when the hub starts").format(path=path))
        return
    try:
        road = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(road, uri=True, timeout=PATIENCE)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            facts, newest = connection.execute("SELECT max(seq), at FROM facts").fetchone()
            row = connection.execute("SELECT body FROM counters").fetchone()
            counters = msgspec.json.decode(row[0], type=Counters) if row else Counters()
    except (sqlite3.Error, msgspec.MsgspecError) as error:
        yield Line(FAILURE, "journal", say(DAMAGED).format(path=path, error=error))
        return
    if verdict == "ok":
        yield Line(OK, "journal", say("{path} is sound, with {facts} facts").format(path=path, facts=facts or 0))
    else:
        yield Line(FAILURE, "journal", say(DAMAGED).format(path=path, error=verdict))
    if time.time() < max(BUILT, newest or 0.0) - STEP:
        yield Line(FAILURE, "clock", say("it is before the newest entry of the journal: set it"))
    if gaps := counters.heard.gaps:
        numbers = ", ".join(f"{gap.first}-{gap.last}" for gap in gaps[:NAMED])
        found = say("events {numbers} of the cloud are missing: asked for again and again, look at the cloud's end")
        yield Line(WARNING, "cloud", found.format(numbers=numbers))


def _secrets(settings: StoreFile, say: Say) -> Iterator[Line]:
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


async def _printer(printer: PrinterSettings, say: Say) -> Line:
    part = f"printer {printer.id}"
    match parse_connection(printer.connection):
        case Tcp() as way:
            return await _ask_printer(part, way, printer, say)
        case File(path):
            if os.access(path if path.exists() else path.absolute().parent, os.W_OK):
                return Line(OK, part, say("tickets are appended to {path}").format(path=path))
            return Line(FAILURE, part, say("{path} cannot be written").format(path=path))
        case Usb(path) | Serial(path):
            return _port(part, path, say)


async def _ask_printer(part: str, way: Tcp, printer: PrinterSettings, say: Say) -> Line:
    """Whether it could print now; nothing comes out of it."""
    nobody = say("nobody answers at {address}: check power, cable and address").format(address=printer.connection)
    try:
        async with asyncio.timeout(PATIENCE):
            cable = await plug_in(way)
    except (OSError, ValueError):  # ValueError: a host name that cannot be one
        return Line(FAILURE, part, nobody)
    conversation = Conversation(cable, Patience(), Memory(), ask=printer.confirm == "auto")
    try:
        await conversation.check()
    except Unready as unready:
        if unready.state == "missing":
            return Line(FAILURE, part, nobody)
        return Line(FAILURE, part, say("it cannot print: {reason}").format(reason=say(unready.reason)))
    finally:
        await cable.unplug(linger=LINGER)
    if conversation.answers or printer.confirm == "none":
        return Line(OK, part, say("answers at {address}").format(address=printer.connection))
    found = say(
        'it says nothing of itself: its tickets are "sent, unconfirmed"; if it must be so, set confirm = "none"'
    )
    return Line(WARNING, part, found)


def _port(part: str, path: Path, say: Say) -> Line:
    """A device file: looked at, not opened, since opening can reset what hangs on it."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return Line(FAILURE, part, say("{path} is not there: plug it in, or correct the port").format(path=path))
    if not stat.S_ISCHR(mode):
        return Line(FAILURE, part, say("{path} is not a device").format(path=path))
    if not os.access(path, os.R_OK | os.W_OK):
        found = say("{path} may not be opened: add the hub's user to the groups dialout, lp, input").format(path=path)
        return Line(FAILURE, part, found)
    return Line(OK, part, say("{path} is there").format(path=path))
