"""What the settings files have in common: read whole, every mistake at once, by its file and the path of its field."""

import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from cloud_bridge.settings import BrokerSettings, parse_url
from edge.files import read_file
from edge.settings import is_loopback, listen_address, token_in
from edge.shapes import sift

Shape = TypeVar("Shape", bound=msgspec.Struct)


class WrongSettings(Exception):
    """What is wrong in a settings file: one line each, with the file and the path of the field."""

    def __init__(self, file: Path, mistakes: Iterable[str]) -> None:
        self.lines = [f"{file}: {mistake}" for mistake in mistakes]
        super().__init__("\n".join(self.lines))


def read_text(file: Path, *, new: bool = False) -> str:
    """The text of a settings file, none of a new one that is not there yet; raises WrongSettings."""
    try:
        return read_file(file).decode("utf-8-sig")  # editors on Windows begin a file with a mark
    except OSError as error:
        if new and isinstance(error, FileNotFoundError):
            return ""
        raise WrongSettings(file, [f"cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise WrongSettings(file, [f"is not UTF-8 (line {line}): save it as UTF-8"]) from error


def read_toml(file: Path, *, new: bool = False) -> dict[str, Any]:
    """What a settings file says, unchecked; raises WrongSettings where it is none."""
    text = read_text(file, new=new)
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise WrongSettings(file, [f"is not TOML: {error}"]) from error
    except RecursionError as error:
        raise WrongSettings(file, ["is nested too deeply"]) from error


def check(
    tree: dict[str, Any],
    file: Path,
    shape: type[Shape],
    stand_in: dict[str, Any],
    cross_check: Callable[[Shape], Iterator[str]],
) -> Shape:
    """The settings in a parsed file; raises WrongSettings with every mistake there is.

    Where a section that must be there is none, the stand-in takes its place for the checks of all sections together.
    """
    clean, shape_mistakes = sift(tree, shape, strict=True)
    mistakes = [str(mistake) for mistake in shape_mistakes]
    if clean is None:  # go on with the sections that are well formed: one round of mending should do
        without = {name: part for name, part in tree.items() if not any(_top(m.path) == name for m in shape_mistakes)}
        clean, _ = sift(stand_in | without, shape)
    if clean is not None:
        settings = msgspec.convert(clean, shape)
        mistakes += cross_check(settings)
    if mistakes or clean is None:
        raise WrongSettings(file, mistakes)
    return settings


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def twice(section: str, values: list[str], field: str = "id") -> Iterator[str]:
    """What stands in two rows, though it may only in one."""
    for number, one in enumerate(values):
        if one in values[:number]:
            yield f"{section}[{number}].{field}: {one!r} is there already"


def parses(path: str, parse: Callable[[str], object], text: str) -> Iterator[str]:
    """What a text's own parser says of it."""
    try:
        parse(text)
    except ValueError as error:
        yield f"{path}: {error}"


def zone(path: str, name: str) -> Iterator[str]:
    """A time zone that is none."""
    try:
        ZoneInfo(name or "UTC")
    except (ValueError, OSError, KeyError):
        yield f"{path}: there is no time zone {name!r}"


def broker(section: str, settings: BrokerSettings) -> Iterator[str]:
    """What is wrong with how a broker is reached."""
    yield from parses(f"{section}.url", parse_url, settings.url)
    if (settings.cert_file is None) != (settings.key_file is None):
        yield f"{section}.cert_file: cert_file and key_file go together"


class Door(NamedTuple):
    """Where a server listens, and the token that it asks for: in a variable, else in a file."""

    section: str
    listen: str
    token_file: str
    variable: str


def locked(door: Door) -> Iterator[str]:
    """What is wrong with a token, and a door that would stand open."""
    try:
        token = token_in(door.variable, door.token_file)
    except OSError as error:
        yield f"{door.section}.token_file: cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        yield f"{door.section}.token_file: cannot be read: it is not UTF-8"
    else:
        if door.token_file and not token:  # a lock that was asked for and would stand open
            yield f"{door.section}.token_file: is empty"
        with suppress(ValueError):  # of an address that is none, said already
            if not token and not is_loopback(listen_address(door.listen)[0]):
                mend = f"{door.variable} or {door.section}.token_file"
                yield f"{door.section}.listen: beyond loopback a token is required: {mend}"
