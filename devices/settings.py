"""What store.toml says about printers, keypads and scanners, and what its short texts mean."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal, cast, get_args
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta

from edge.layout import PrintOn
from edge.orders import StationId
from edge.settings import Key, Settings, SystemName, host_in

SLOWEST, FASTEST = 50, 4_000_000  # baud
Framing = Literal["byte", "line", "stx-etx", "hid"]
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


class Listened(Settings, frozen=True, kw_only=True):
    """What keypads and scanners have in common: which device it is, and how it speaks."""

    usual: ClassVar[Framing] = "byte"

    id: Key
    port: Annotated[SystemName, Meta(min_length=1)]  # by-id: under /dev/serial/by-id or /dev/input/by-id
    path: SystemName = ""  # by-path: the socket it hangs on, and then nothing else is opened; for twins under one by-id
    baud: Annotated[int, Meta(ge=SLOWEST, le=FASTEST)] = 9600
    framing: Framing | None = None  # none: hid under /dev/input, else the usual one

    @property
    def place(self) -> str:
        """The one file that is opened: another may be somebody else's."""
        return self.path or self.port

    @property
    def speaks(self) -> Framing:
        """How what it sends is cut into keys or codes."""
        return self.framing or ("hid" if is_input(self.place) else self.usual)


class KeypadSettings(Listened, frozen=True, kw_only=True):
    """One `[[keypads]]` of store.toml."""

    station: StationId
    keys: dict[str, str] = {}
    ignore: tuple[str, ...] = ()  # heard and meant by nobody: what it sends when a key is let go, NumLock


class ScannerSettings(Listened, frozen=True, kw_only=True):
    """One `[[scanners]]` of store.toml: it reads the code on a ticket."""

    usual: ClassVar[Framing] = "line"

    station: StationId | None = None  # where a scan is the next press; none: what is scanned is collected
    framing: Literal["line", "stx-etx", "hid"] | None = None


def is_input(place: str) -> bool:
    """Whether a file is one of Linux' input events: a keyboard, whatever it looks like."""
    return place.startswith("/dev/input/")


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
            case "tcp" if parts.port != 0 and not any((parts.path.strip("/"), *parts[3:])):
                return Tcp(host_in(parts), parts.port or 9100)
            case "usb" if parts.path.startswith("/") and not any((parts.netloc, *parts[3:])):
                return Usb(Path(parts.path))
            case "serial" if parts.path.startswith("/") and not parts.netloc:
                return _serial(parts)
            case "file" if path := text.partition(":")[2]:
                return File(Path(path))
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
