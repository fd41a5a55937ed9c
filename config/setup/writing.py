"""Writing a store.toml: comments stay, the file is whole at any moment, and the one before is kept beside it."""

import os
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import tomlkit
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AbstractTable, AoT, Item, Table

from config.checks import read_text
from edge.files import led_to

EXAMPLE = Path(__file__).parents[1] / "example.toml"
HEAD = "Written by ovenbell setup, which can be run again; comments stay. Every setting: config/example.toml"
NAMES = ("id", "match", "code")  # by which a row of a list is the same one as before
MODE = 0o644  # no secret is in it

Rows = Container | AbstractTable


def store_text(tree: Mapping[str, Any], before: str = "") -> str:
    """The text of a store.toml that says what a tree says, with the comments of the one before."""
    if before:
        try:
            document = tomlkit.parse(before)
            _put(document, tree)
            text = tomlkit.dumps(document)
            if tomllib.loads(text) == tree:
                return text
        except (
            TOMLKitError,
            ValueError,
        ):  # tables out of order: what it says comes first, its comments are in the backup
            pass
    document = tomlkit.document()
    document.add(tomlkit.comment(HEAD))
    _put(document, tree)
    _explain(document, tomlkit.parse(EXAMPLE.read_text(encoding="utf-8")))
    return tomlkit.dumps(document)


def write_store(file: Path, tree: Mapping[str, Any], now: Callable[[], datetime] = datetime.now) -> Path | None:
    """Write a store.toml, and keep the one before beside it; where that is, none where nothing had to be kept.

    Raises WrongSettings where that cannot be read.
    """
    before = read_text(file, new=True)
    file = led_to(file)  # a link stays one
    text = store_text(tree, before)
    if text == before:
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = None
    if before:
        kept = file.with_name(f"{file.name}.{now():%Y%m%d-%H%M%S}")
        write_whole(kept, file.read_bytes(), file.stat().st_mode & 0o777)
    write_whole(file, text.encode())
    return kept


def write_secret(file: Path, secret: str) -> None:
    """Write a password that nobody else on the machine may read, but those who could before, as the hub."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, f"{secret}\n".encode(), 0o600)


def write_whole(file: Path, data: bytes, mode: int = MODE) -> None:
    """Whatever happens, the file is the old or the new one, whole; an old one's owner and mode stay."""
    old = file.stat() if file.exists() else None
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as new:
        try:
            new.write(data)
            new.flush()
            if old is not None:
                with suppress(PermissionError):  # it was another's and becomes ours
                    os.fchown(new.fileno(), old.st_uid, old.st_gid)
            os.fchmod(new.fileno(), mode if old is None else old.st_mode & 0o777)
            os.fsync(new.fileno())
            Path(new.name).replace(file)
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _put(table: Rows, tree: Mapping[str, Any]) -> None:
    """Have a table say what a tree says, and leave alone what says it already."""
    for key in [key for key in table if key not in tree]:
        table.remove(key)
    for key, value in tree.items():
        there = table.get(key)
        if there is not None and _says(there, value):
            continue
        if isinstance(value, Mapping) and isinstance(there, AbstractTable):
            _put(there, value)
        elif isinstance(there, AoT) and _is_rows(value):
            table[key] = _rows(value, there)
        elif there is None:
            table.add(key, _new(value))
        else:
            table[key] = _new(value)


def _rows(rows: list[Mapping[str, Any]], there: AoT) -> AoT:
    """Rows in their new order; those that were there before keep their comments."""
    before = {_name(row): row for row in there}
    result = tomlkit.aot()
    for row in rows:
        table = before.pop(_name(row), None) or tomlkit.table()
        _put(table, row)
        result.append(table)
    return result


def _name(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(str(row[name]) for name in NAMES if name in row)


def _new(value: Any) -> Item:
    if _is_rows(value):
        return _rows(value, tomlkit.aot())
    if isinstance(value, Mapping):
        table = tomlkit.table()
        _put(table, value)
        return table
    item: Item = tomlkit.item(value)
    return item


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _says(there: Any, value: Any) -> bool:
    plain = there.unwrap() if isinstance(there, Item) else there
    return type(plain) is type(value) and bool(plain == value)


def _explain(table: Rows, example: Rows) -> None:
    """Give each setting the comment that the example has of it; of rows the first."""
    for key, there in table.items():
        like = example.get(key)
        if isinstance(there, AoT) and isinstance(like, AoT):
            _explain(there[0], like[0])
        elif isinstance(there, Table) and isinstance(like, Table):
            _explain(there, like)
        elif isinstance(there, Item) and isinstance(like, Item) and like.trivia.comment:
            there.comment(like.trivia.comment.lstrip("# "))
