"""A connection through apsw with the few methods of sqlite3.Connection that the journal uses, on a disk of our own."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw


class Connection:
    """SQLite as apsw brings it, every statement run to its end at once; transactions are begun and ended by name."""

    isolation_level: str | None = None

    def __init__(self, path: Path, disk: str) -> None:
        with _as_sqlite3():
            self._connection = apsw.Connection(str(path), vfs=disk)

    @property
    def in_transaction(self) -> bool:
        """Whether one is open."""
        return bool(self._connection.in_transaction)

    @property
    def total_changes(self) -> int:
        """Rows changed since it was opened."""
        return int(self._connection.total_changes())

    def cursor(self) -> "Connection":
        """Good enough where one is asked for."""
        return self

    def execute(self, sql: str, values: Any = ()) -> "Rows":
        """Run a statement."""
        return self._run(sql, values, many=False)

    def executemany(self, sql: str, values: Iterable[Any]) -> "Rows":
        """Run a statement for each of these."""
        return self._run(sql, values, many=True)

    def executescript(self, sql: str) -> "Rows":
        """Run some statements."""
        return self._run(sql, (), many=False)

    def create_function(self, name: str, arity: int, function: Any, **more: Any) -> None:
        """Let SQL call a function."""
        self._connection.create_scalar_function(name, function, arity, **more)

    def commit(self) -> None:
        """End the transaction, if one is open."""
        if self.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, if one is open."""
        if self.in_transaction:
            self.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file."""
        with _as_sqlite3():
            self._connection.close()

    def _run(self, sql: str, values: Any, *, many: bool) -> "Rows":
        columns: list[tuple[str, ...]] = []

        def look(cursor: apsw.Cursor, _sql: str, _values: Any) -> bool:
            columns[:] = [(name, *[""] * 6) for name, _ in cursor.get_description()]
            return True

        with _as_sqlite3():
            cursor = self._connection.cursor()
            cursor.exec_trace = look
            rows = (cursor.executemany if many else cursor.execute)(sql, values).fetchall()
        return Rows(rows, columns, self._connection.changes(), self._connection.last_insert_rowid())


class Rows:
    """What a statement found, read like a sqlite3.Cursor."""

    def __init__(self, rows: list[tuple[Any, ...]], columns: list[tuple[str, ...]], changed: int, last: int) -> None:
        self.description = columns or None
        self.rowcount, self.lastrowid = changed, last
        self._rows = iter(rows)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row."""
        return next(self._rows, None)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows that are left."""
        return list(self._rows)

    def close(self) -> None:
        """Nothing is open."""


KINDS: tuple[tuple[type[apsw.Error], type[sqlite3.Error]], ...] = (
    (apsw.ConstraintError, sqlite3.IntegrityError),
    (apsw.CorruptError, sqlite3.DatabaseError),
    (apsw.NotADBError, sqlite3.DatabaseError),
    (apsw.Error, sqlite3.OperationalError),
)


@contextmanager
def _as_sqlite3() -> Iterator[None]:
    """Errors as the product knows them."""
    try:
        yield
    except apsw.Error as error:
        told = next(ours for theirs, ours in KINDS if isinstance(error, theirs))(str(error))
        told.sqlite_errorcode = getattr(error, "extendedresult", 1)
        raise told from error
