"""Tables: a board's dicts, and the drafts that lie over them until a commit makes them true."""

from collections.abc import Iterator, Mapping
from copy import copy
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

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


class Counting(Protocol):
    """What a board counts: the last fact at least."""

    seq: int


C = TypeVar("C", bound=Counting)


class Tables(Generic[C]):
    """A board: named tables, what they count, and drafts of both; what the hub needs of a state.

    `STORED` names the tables that survive a restart and the type of their rows; the rows of `ARCHIVED` stay in the
    journal, and `archive` holds those that a batch of intents asks about.
    """

    TABLES: ClassVar[tuple[str, ...]]
    STORED: ClassVar[Mapping[str, type[Any]]]
    ARCHIVED: ClassVar[str]
    COUNTERS: ClassVar[str]  # the only key of the table `counters`

    def __init__(self, counters: C) -> None:
        self.counters = counters
        self.archive: Mapping[Any, Any] = {}
        self._under: Self | None = None  # the board that this is a draft of
        for name in self.TABLES:
            setattr(self, name, Table())

    def draft(self) -> Self:
        """The same board with room for changes; merge it or let it go."""
        draft = copy(self)
        draft._under, draft.counters = self, copy(self.counters)  # noqa: SLF001 - another of ours
        for name in self.TABLES:
            setattr(draft, name, getattr(self, name).draft())
        return draft

    @property
    def is_draft(self) -> bool:
        """Whether it lies over another board."""
        return self._under is not None

    def merge(self) -> None:
        """Make this draft's changes true."""
        for name in self.TABLES:
            if name != self.ARCHIVED:
                getattr(self, name).merge()
        if self._under is not None:
            self._under.counters = self.counters

    def stored_changes(self) -> dict[str, Mapping[Any, Any]]:
        """The rows this draft changes in tables that survive a restart."""
        changed = {
            name: changes for name in self.TABLES if name in self.STORED and (changes := getattr(self, name).changes)
        }
        if self._under is None or self.counters != self._under.counters:
            changed["counters"] = {self.COUNTERS: self.counters}
        return changed

    def restore(self, name: str, rows: dict[Any, Any]) -> None:
        """Take a table's rows from the journal, as it was at the last commit."""
        if name == "counters":
            self.counters = rows.get(self.COUNTERS) or type(self.counters)()
        else:
            setattr(self, name, Table(rows))

    def resume(self, seq: int) -> None:
        """The last fact has this sequence, also where the counters of a damaged journal were lost."""
        self.counters.seq = max(seq, self.counters.seq)

    def index(self) -> None:
        """Make again after `restore` what is derived from the rows; of most boards that is nothing."""
