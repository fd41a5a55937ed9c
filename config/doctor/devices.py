"""What the doctor finds of printers, keypads and scanners."""

import os
import stat
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from config.doctor.letters import examine_letters
from config.doctor.line import FAILURE, OK, WARNING, Line
from config.settings import StoreFile
from devices.conversation import Memory, Patience, Unready, talk
from devices.settings import File, KeypadSettings, Listened, PrinterSettings, Serial, Tcp, Usb, parse_connection
from edge.views import Device, DeviceKind
from edge.words import Say
from edge.worker import Worker

PATIENT = Patience(connect=3.0, linger=1.0)
NOBODY = "nobody answers at {address}: check power, cable and address"
CANNOT_PRINT = "it cannot print: {reason}"
SILENT = 'it says nothing of itself: its tickets are "sent, unconfirmed"; if it must be so, set confirm = "none"'
MEMORY = 1  # the major number of /dev/null, /dev/zero, /dev/full: Linux' devices.txt
Told = Mapping[tuple[DeviceKind, str], Device]  # what a hub that runs says of its devices, by kind and id


async def examine_devices(settings: StoreFile, told: Told | None, say: Say) -> AsyncIterator[Line]:
    """All of them: by the word of the hub that has them, without one by looking at them."""
    for printer in settings.printers:
        part = f"printer {printer.id}"
        if told is None or printer.connection.startswith("file:"):
            yield await _printer(part, printer, say)
        else:
            yield _told(part, printer, told.get(("printer", printer.id)), say)
        for line in examine_letters(printer, settings, say):
            yield line
    if not settings.printers:
        yield Line(WARNING, "printers", say("none configured: nothing will be printed"))
    hands: list[tuple[DeviceKind, Listened]] = [
        *(("scanner", scanner) for scanner in settings.scanners),
        *(("keypad", keypad) for keypad in settings.keypads),
    ]
    for kind, hand in hands:
        part = f"{kind} {hand.id}"
        if told is None:
            yield _port(part, Path(hand.place), say)
        else:
            yield _told(part, hand, told.get((kind, hand.id)), say)
        if isinstance(hand, KeypadSettings) and not hand.keys:
            yield Line(WARNING, part, say("no key does anything: add [keypads.keys]"))


def _told(part: str, settings: PrinterSettings | Listened, device: Device | None, say: Say) -> Line:
    """What the hub says of it: a printer takes one connection, and a port one reader."""
    match settings, device:
        case _, None:
            found = say("the hub says nothing of it: after a change of the settings it must be started again")
            return Line(WARNING, part, found)
        case PrinterSettings(connection=address), Device(state="missing"):
            return Line(FAILURE, part, say(NOBODY).format(address=address))
        case PrinterSettings(), Device(state="fault", reason=reason):
            return Line(FAILURE, part, say(CANNOT_PRINT).format(reason=reason))
        case PrinterSettings(confirm="auto"), Device(state="unknown"):
            return Line(WARNING, part, say(SILENT))
        case Listened(), Device(state="missing", reason=reason):
            return Line(FAILURE, part, reason)
    return Line(OK, part, say("there, says the hub"))


async def _printer(part: str, printer: PrinterSettings, say: Say) -> Line:
    match parse_connection(printer.connection):
        case Tcp():
            return await _ask_printer(part, printer, say)
        case File(path):
            if path.exists() and not path.is_file() and not path.is_dir():  # /dev/null, a pipe: hearing takes opening
                found = say("{path} is not a file: nobody knows whether tickets come out there").format(path=path)
                return Line(WARNING, part, found)
            if not path.is_dir() and os.access(path if path.exists() else path.absolute().parent, os.W_OK):
                return Line(OK, part, say("tickets are appended to {path}").format(path=path))
            return Line(FAILURE, part, say("{path} cannot be written").format(path=path))
        case Usb(path) | Serial(path):
            return _port(part, path, say)


async def _ask_printer(part: str, printer: PrinterSettings, say: Say) -> Line:
    """Whether it could print now; nothing comes out of it."""
    nobody = say(NOBODY).format(address=printer.connection)
    try:
        with Worker("doctor") as worker:
            async with talk(printer, PATIENT, Memory(), worker) as conversation:
                pass
    except Unready as unready:
        if unready.state == "missing":
            return Line(FAILURE, part, nobody)
        return Line(FAILURE, part, say(CANNOT_PRINT).format(reason=say(unready.reason)))
    if conversation.answers or printer.confirm == "none":
        return Line(OK, part, say("answers at {address}").format(address=printer.connection))
    return Line(WARNING, part, say(SILENT))


def _port(part: str, path: Path, say: Say) -> Line:
    """A device file: looked at, not opened, since opening can reset what hangs on it."""
    try:
        there = path.stat()
    except OSError:
        return Line(FAILURE, part, say("{path} is not there: plug it in, or correct the port").format(path=path))
    if not stat.S_ISCHR(there.st_mode):
        return Line(FAILURE, part, say("{path} is not a device").format(path=path))
    if os.major(there.st_rdev) == MEMORY:
        found = say("{path} is no port that something could hang on: correct it").format(path=path)
        return Line(FAILURE, part, found)
    if not os.access(path, os.R_OK | os.W_OK):
        found = say("{path} may not be opened: add the hub's user to the groups dialout, lp, input").format(path=path)
        return Line(FAILURE, part, found)
    return Line(OK, part, say("{path} is there").format(path=path))
