"""What store.toml says about printers and keypads, and what its short texts mean."""

import re
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, cast, get_args
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta

from edge.intents import Acknowledge, Asked, Available, Bump, Pause, Recall, Reprint, Resume, TurnPage, Unavailable
from edge.layout import PrintOn
from edge.orders import StationId
from edge.settings import Key, Settings, SystemName

SLOWEST, FASTEST = 50, 4_000_000  # baud
Framing = Literal["byte", "line", "stx-etx"]
Flow = Literal["none", "rtscts", "xonxoff"]  # how a serial printer says that its buffer is full
# By name as in store.toml; the number is the one Epson gave it in `ESC t`, which other makers follow.
CODE_PAGES = {
    "cp437": 0,
    "cp850": 2,
    "cp860": 3,
    "cp863": 4,
    "cp865": 5,
    "cp1252": 16,
    "cp866": 17,
    "cp852": 18,
    "cp858": 19,
}
HEX_KEY = re.compile("0x([0-9A-Fa-f]{2})+")
Encoding = Literal[
    "gb18030", "raster", "cp437", "cp850", "cp860", "cp863", "cp865", "cp1252", "cp866", "cp852", "cp858"
]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)


class PrinterSettings(Settings, frozen=True, kw_only=True):
    """One `[[printers]]` of store.toml."""

    id: Key
    connection: SystemName
    stations: tuple[StationId, ...] = ()  # none named: all of them
    print_on: PrintOn = "released"
    encoding: Encoding = "gb18030"
    columns: Annotated[int, Meta(ge=24, le=72)] = 48
    confirm: Literal["auto", "none"] = "auto"
    buzzer: bool = False
    backup: str | None = None
    backup_after_seconds: Annotated[int, Meta(ge=5, le=24 * 3600)] = 60
    stale_minutes: Annotated[int, Meta(ge=1, le=7 * 24 * 60)] = 60


class KeypadSettings(Settings, frozen=True, kw_only=True):
    """One `[[keypads]]` of store.toml."""

    id: Key
    station: StationId
    port: Annotated[SystemName, Meta(min_length=1)]
    baud: Annotated[int, Meta(ge=SLOWEST, le=FASTEST)] = 9600
    framing: Framing = "byte"
    keys: dict[str, str] = {}


@dataclass(frozen=True)
class Tcp:
    """A printer on the network."""

    host: str
    port: int = 9100


@dataclass(frozen=True)
class Usb:
    """A printer the kernel shows as /dev/usb/lp*."""

    path: Path


@dataclass(frozen=True)
class Serial:
    """A printer on a serial port."""

    path: Path
    baud: int = 9600
    flow: Flow = "none"


@dataclass(frozen=True)
class File:
    """A file that tickets are appended to."""

    path: Path


Connection = Tcp | Usb | Serial | File


def parse_connection(text: str) -> Connection:
    """The way to a printer; ValueError says in one line what was expected."""
    with suppress(ValueError):  # of urlsplit, port and int: the line below says it better
        parts = urlsplit(text)
        match parts.scheme:
            case "tcp" if parts.hostname and parts.port != 0 and not any((parts.path.strip("/"), *parts[3:])):
                return Tcp(parts.hostname, parts.port or 9100)
            case "usb" if parts.path.startswith("/"):
                return Usb(Path(parts.path))
            case "serial" if parts.path.startswith("/"):
                return _serial(parts)
            case "file" if text.removeprefix("file:"):
                return File(Path(text.removeprefix("file:")))
    raise ValueError(
        "expected tcp://HOST:PORT, usb:/dev/usb/lp0, serial:/dev/ttyUSB0?baud=19200 (and &flow=rtscts or xonxoff) or "
        f"file:PATH, not {text!r}"
    )


def _serial(parts: SplitResult) -> Serial:
    options = dict(option.split("=") for option in parts.query.split("&") if option)
    baud, flow = int(options.pop("baud", 9600)), options.pop("flow", "none")
    if options or parts.fragment or not SLOWEST <= baud <= FASTEST or flow not in get_args(Flow):
        raise ValueError
    return Serial(Path(parts.path), baud, cast("Flow", flow))


def parse_key(text: str, framing: Framing) -> bytes:
    """The bytes that a keypad sends for a key; ValueError says in one line what was expected."""
    if len(text) == 1 and text.isascii():
        key = text.encode()
    elif HEX_KEY.fullmatch(text):
        key = bytes.fromhex(text.removeprefix("0x"))
    else:
        raise ValueError(f"expected one ASCII character, or 0x.. hex of the key's bytes, not {text!r}")
    if framing == "byte" and len(key) != 1:
        raise ValueError(f"expected a key of one byte, because framing is byte, not {text!r}")
    return key


def parse_action(text: str, station: StationId) -> Asked:
    """What a key asks of its station; ValueError says in one line what was expected."""
    match text.split():
        case ["bump", number] if _counts(number):
            return Bump(station=station, position=int(number))
        case ["bump", number, units] if _counts(number) and units[0] == "x" and _counts(units[1:]):
            return Bump(station=station, position=int(number), quantity=Decimal(units[1:]))
        case ["recall" | "acknowledge" | "reprint" as word]:
            return _OF_SLOT[word](station=station)
        case ["recall" | "acknowledge" | "reprint" as word, number] if _counts(number):
            return _OF_SLOT[word](station=station, position=int(number))
        case ["pause"]:
            return Pause()
        case ["resume"]:
            return Resume()
        case ["unavailable" | "available" as word, code]:
            return Unavailable(code) if word == "unavailable" else Available(code)
        case ["page", "next" | "previous" as to]:
            return TurnPage(station=station, to=to)
        case ["page", number] if _counts(number):
            return TurnPage(station=station, to=int(number))
    raise ValueError(
        "expected bump N, bump N xUNITS, recall, recall N, acknowledge, acknowledge N, reprint, reprint N, page next, "
        f"page previous, page N, pause, resume, unavailable CODE or available CODE, not {text!r}"
    )


_OF_SLOT: dict[str, type[Recall | Acknowledge | Reprint]] = {
    "recall": Recall,
    "acknowledge": Acknowledge,
    "reprint": Reprint,
}


def _counts(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 1 <= int(text) <= 1_000  # noqa: PLR2004 - no page has more slots
