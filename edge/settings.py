"""The ground's part of store.toml (CONTRACT.md section 3), beside the routes, which are in `layout`."""

import ipaddress
import os
from pathlib import Path
from typing import Annotated
from urllib.parse import SplitResult

import msgspec
from msgspec import Meta

from edge.files import read_file
from edge.layout import Minutes, PhoneShown, Stages
from edge.orders import StationId
from edge.words import Language

KEY = r"^[A-Za-z0-9][A-Za-z0-9._-]*$(?!\n)"  # Python's $ takes a line end behind it
KEY_WORDS = "letters, digits, '.', '_' and '-', a letter or digit first"
Key = Annotated[str, Meta(min_length=1, max_length=64, pattern=KEY, description=KEY_WORDS)]
# What the system is asked for: a file, a port, a host. It takes no NUL in a name.
SystemName = Annotated[str, Meta(pattern=r"^[^\x00]*$", description="text without a NUL character")]
TOKEN_VARIABLE = "OVENBELL_FEED_TOKEN"  # noqa: S105 - the name of the variable, not the token


class Settings(msgspec.Struct, frozen=True):
    """Frozen settings; config refuses fields that a section does not know."""


class StoreSettings(Settings, frozen=True):
    """Who the store is."""

    id: Key
    name: str = ""
    language: Language = "en"
    timezone: str = ""  # empty: the machine's
    merchant_ids: tuple[str, ...] = ()
    stale_hours: Annotated[float, Meta(gt=0, le=24 * 365)] = 24
    close_after_hours: Annotated[float, Meta(gt=0, le=24 * 31)] = 12
    phone: PhoneShown = PhoneShown.LAST4
    confirm_allergens: bool = False  # an order with allergens must be acknowledged before its first press


class JournalSettings(Settings, frozen=True):
    """Where the journal is and how long closed orders stay in it."""

    path: SystemName = ""  # empty: the user's state directory
    keep_days: Annotated[int, Meta(ge=1, le=36_500)] = 90


class FeedSettings(Settings, frozen=True):
    """Where the local API listens."""

    listen: SystemName = "127.0.0.1:8377"
    token_file: SystemName = ""


class StageSettings(Settings, frozen=True):
    """A step of making."""

    name: str = ""
    presses: Annotated[int, Meta(ge=1, le=2)] = 1
    min_minutes: Minutes | None = None
    max_minutes: Minutes | None = None


class StationSettings(Settings, frozen=True):
    """A place where stages are worked."""

    id: Annotated[StationId, Meta(min_length=1, max_length=64, pattern=KEY, description=KEY_WORDS)]
    stages: Stages
    name: str = ""
    slots: Annotated[int, Meta(ge=1, le=99)] = 12


Offered = tuple[Annotated[str, Meta(min_length=1, max_length=100)], ...]


class ProductSettings(Settings, frozen=True):
    """Something the store sells, as the order form offers it."""

    code: Annotated[str, Meta(min_length=1, max_length=200)]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    unit: Annotated[str, Meta(max_length=20)] = ""
    sizes: Offered = ()
    flavours: Offered = ()
    options: Offered = ()
    allergens: Offered = ()
    cake_text: bool = False


def listen_address(listen: str) -> tuple[str, int]:
    """Host and port of `host:port` or `[host]:port`; raises ValueError."""
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65_535:  # noqa: PLR2004 - the highest port
        raise ValueError(f"expected host:port, got {listen!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def host_in(parts: SplitResult) -> str:
    """The host of a URL, where it is one that can be looked up, with nobody's name before it; raises ValueError."""
    host = parts.hostname
    if not host or "@" in parts.netloc or any(map(str.isspace, host)):
        raise ValueError("expected a host")
    host.encode("idna")
    return host


def url_of(host: str, port: int) -> str:
    """Where a server that listens there is found by HTTP."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def feed_token(settings: FeedSettings) -> str:
    """The feed's token, empty where none is set; raises OSError, UnicodeDecodeError."""
    return token_in(TOKEN_VARIABLE, settings.token_file)


def token_in(variable: str, file: str) -> str:
    """A token from the environment or its file, empty where none is set; raises OSError, UnicodeDecodeError."""
    token = os.environ.get(variable, "")
    if not token and file:
        token = read_file(Path(file)).decode("utf-8-sig").strip()
    return token
