"""Tables: the board's dicts, and the drafts that lie over them until a commit makes them true."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Table(Generic[K, V]):
    """Rows by key.

    A draft of it reads through to the committed rows and keeps its own changes: it costs what changed, no more.
    """

    __slots__ = ("_changes", "_rows")

    def __init__(self, rows: dict[K, V] | None = None) -> None:
        self._rows: dict[K, V] = {} if rows is None else rows
        self._changes: dict[K, V | None] = {}

    def draft(self) -> "Table[K, V]":
        """An empty layer of changes over the same rows; only one draft may be merged at a time."""
        return Table(self._rows)

    @property
    def changes(self) -> Mapping[K, V | None]:
        """What this draft changes: the row's new value, or None where it is gone."""
        return MappingProxyType(self._changes)

    def get(self, key: K) -> V | None:
        """The row of that key, none where there is none."""
        if key in self._changes:
            return self._changes[key]
        return self._rows.get(key)

    def __getitem__(self, key: K) -> V:
        row = self.get(key)
        if row is None:
            raise KeyError(key)
        return row

    def __contains__(self, key: K) -> bool:
        return self.get(key) is not None

    def __setitem__(self, key: K, row: V) -> None:
        self._changes[key] = row

    def drop(self, key: K) -> None:
        """The row is gone."""
        self._changes[key] = None

    def items(self) -> Iterator[tuple[K, V]]:
        """Keys and rows; an unchanged row first, in the order it came."""
        if not self._changes:
            yield from self._rows.items()
            return
        for key, row in self._rows.items():
            if key not in self._changes:
                yield key, row
        for key, changed in self._changes.items():
            if changed is not None:
                yield key, changed

    def values(self) -> Iterator[V]:
        """The rows."""
        return (row for _, row in self.items())

    def __len__(self) -> int:
        return len(self._rows) + sum((row is not None) - (key in self._rows) for key, row in self._changes.items())

    def merge(self) -> None:
        """Make the changes true for everybody who reads the same rows; `changes` still says what they were."""
        for key, row in self._changes.items():
            if row is None:
                self._rows.pop(key, None)
            else:
                self._rows[key] = row
