"""The journal: facts and the rows that follow from them, in one SQLite file with one writer thread.

WAL with synchronous=FULL: a commit that returned is on the disk (NORMAL can roll it back after a power cut).
"""

import fcntl
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any, TextIO, TypeVar
from uuid import uuid4

import msgspec
from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from edge import carry
from edge.files import led_to
from edge.worker import Worker

log = logging.getLogger(__name__)

T = TypeVar("T")
Connect = Callable[[Path], sqlite3.Connection]
Statement = tuple[str, tuple[Any, ...]]  # SQL and its values

LETTER_KINDS = "('DeadLetterKept', 'LetterRead')"
UNREAD = f"""
SELECT seq FROM facts WHERE kind IN {LETTER_KINDS} AND kind = 'DeadLetterKept' AND seq NOT IN (
    SELECT json_extract(body, '$.letter') FROM facts
    WHERE kind IN {LETTER_KINDS} AND kind = 'LetterRead' AND json_valid(body)
) ORDER BY seq
"""  # noqa: S608 - the index holds for these kinds, and SQLite wants to hear it
DIGEST = 16  # bytes of a known event's key
PROBE = 64 * 1024  # bytes
AT_ONCE = (128, 32, 8, 1)  # rows in one statement: few enough kinds that all of them stay prepared
LONGEST_LOG = 4_000  # pages, 16 MB: then it is done in a commit, as in a flood that leaves no quiet moment

migrations = Migrations("journal")


@migrations(name="1 facts, known intents and the rows of the board")
def _first(db: Database) -> None:
    db.table("about").create({"name": str, "value": str}, pk="name")
    db.table("about").insert({"name": "journal", "value": uuid4().hex})
    facts = db.table("facts").create(
        {"seq": int, "at": float, "by": str, "intent": str, "subject": int, "kind": str, "body": str}, pk="seq"
    )
    # An order's facts lie together by its number, which grows with the journal: a cheap index, unlike one by its id.
    facts.create_index(["subject"])
    # Without rowid and keyed by a digest: 16 bytes an intent, however long its id is.
    db.execute("CREATE TABLE known (digest BLOB PRIMARY KEY, seq INTEGER NOT NULL, at REAL NOT NULL) WITHOUT ROWID")


@migrations(name="2 dead letters are found among a million facts")
def _second(db: Database) -> None:
    db.execute(f"CREATE INDEX letters ON facts (seq) WHERE kind IN {LETTER_KINDS}")


MIGRATIONS = {migration.name for migration in migrations.pending(Database(memory=True))}


class JournalUnusable(Exception):
    """The journal's file cannot be used; says why."""


class JournalCorrupt(JournalUnusable):
    """What is in the file is not what was written; what can be read of it may be carried over."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """One fact as the journal keeps it."""

    seq: int
    at: float
    by: str
    intent: str | None
    subject: int | None
    kind: str
    body: str


class Pack(msgspec.Struct, frozen=True):
    """Everything of one batch that has to become true together."""

    rows: tuple[Row, ...]
    known: tuple[tuple[str, int, float], ...]  # intent keys with the sequence of their last fact
    tables: Mapping[str, Mapping[Any, Any]]  # rows to put by key, None to delete


class Question(msgspec.Struct, frozen=True):
    """Which intents are known already, and which of these rows a table has."""

    keys: list[str]  # of intents
    rows: list[str]
    table: str
    row_type: type[Any]


class Found(msgspec.Struct, frozen=True):
    """The answer to a question."""

    known: dict[str, int]  # the sequences of the keys that are known
    rows: dict[str, Any]


def connect(path: Path) -> sqlite3.Connection:
    """The connection of the writer thread."""
    return sqlite3.connect(path, check_same_thread=False)


def digest(key: str) -> bytes:
    """An intent's key in DIGEST bytes (BLAKE2b)."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=DIGEST).digest()


def _statements(pack: Pack) -> Iterator[Statement]:
    """All that a pack puts and deletes; `tables` are names of ours."""
    yield from _put("INSERT INTO facts", [msgspec.structs.astuple(row) for row in pack.rows])
    yield from _put("INSERT INTO known", [(digest(key), seq, at) for key, seq, at in pack.known])
    encode = msgspec.json.Encoder().encode
    for table, changes in pack.tables.items():
        put = [(key, encode(row).decode()) for key, row in changes.items() if row is not None]
        yield from _put(f"INSERT INTO {table}", put, "ON CONFLICT (key) DO UPDATE SET body = excluded.body")
        gone = [key for key, row in changes.items() if row is None]
        for some in _parts(gone):
            yield f"DELETE FROM {table} WHERE key IN ({_marks(len(some))})", some  # noqa: S608


def _put(insert: str, rows: list[tuple[Any, ...]], otherwise: str = "") -> Iterator[Statement]:
    for some in _parts(rows):
        marks = ", ".join([f"({_marks(len(some[0]))})"] * len(some))
        yield f"{insert} VALUES {marks} {otherwise}", tuple(chain.from_iterable(some))


def _parts(rows: list[T]) -> Iterator[tuple[T, ...]]:
    """Few statements for many rows: with each one a thread gives the interpreter away and has to win it back."""
    start = 0
    for size in AT_ONCE:
        while len(rows) - start >= size:
            yield tuple(rows[start : start + size])
            start += size


def _marks(count: int) -> str:
    return ", ".join("?" * count)


class Journal:
    """Generic over its rules: it knows facts as rows and tables by name, not what is in them."""

    def __init__(self, path: Path, tables: Iterable[str], connect: Connect = connect) -> None:
        self.path = path
        self.id = ""
        self.carried: str | None = None  # the id of the journal that this one was carried over from, until it has begun
        self._tables = tuple(tables)
        self._connect = connect
        self._lock: TextIO | None = None  # held while the journal is open
        self._worker = Worker("journal")
        self._connection: sqlite3.Connection | None = None
        self._inode: int | None = None  # of the file that is open
        self._commits = self._commits_at_tick = self._tidied = 0

    async def open(self) -> None:
        """Open or make the file and bring its schema up to date; raises JournalUnusable."""
        await self._run(self._open)

    def _open(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._take_lock()
            self._finish_replacement()
            self._connection = self._connect(self.path)
            self.id = self._prepare(self._connection)
            self._inode = self.path.stat().st_ino
            row = self._execute("SELECT value FROM about WHERE name = 'carried'").fetchone()
            self.carried = None if row is None else str(row[0])
        except JournalCorrupt:
            self._disconnect()  # the lock is kept for the replacement
            raise
        except JournalUnusable:
            self._close()
            raise
        except (OSError, sqlite3.Error) as error:
            if carry.is_corrupt(error):
                self._disconnect()
                raise JournalCorrupt(f"{self.path}: {error}") from error
            self._close()
            raise JournalUnusable(f"{self.path}: {error}") from error

    def _prepare(self, connection: sqlite3.Connection) -> str:
        """Bring a file's schema up to date and set it up for commits that last; its id."""
        db = Database(connection)
        db.enable_wal()
        migrations.apply(db)
        if newer := {done.name for done in migrations.applied(db)} - MIGRATIONS:
            raise JournalUnusable(f"{self.path}: written by a newer version ({', '.join(newer)}): install that one")
        for name in self._tables:
            # With a rowid: without one, SQLite would put what is longer than 1,002 bytes of a row on a page of its own.
            db.execute(f"CREATE TABLE IF NOT EXISTS {name} (key TEXT PRIMARY KEY, body TEXT NOT NULL)")
        row = connection.execute("SELECT value FROM about WHERE name = 'journal'").fetchone()
        if row is None:
            raise JournalCorrupt(f"{self.path}: it has no id")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")  # what is pruned was somebody's name and number
        connection.execute(f"PRAGMA wal_autocheckpoint={LONGEST_LOG}")
        connection.isolation_level = None  # transactions are begun and ended by name below
        return str(row[0])

    def _finish_replacement(self) -> None:
        carry.finish(self.path)
        if carry.is_condemned(self.path):
            raise JournalCorrupt(f"{self.path}: damage was found while working with it")

    def _take_lock(self) -> None:
        """Two hubs on one journal would each be right alone; the lock goes with the process, however it ends."""
        if (
            self.path.exists() and not self.path.is_file()
        ):  # SQLite would wait for a pipe, and make files beside a device
            raise JournalUnusable(f"{self.path}: it is not a file: correct journal.path")
        if self._lock is not None:
            return
        path = led_to(self.path)  # by whatever name it is called
        lock = path.with_name(f"{path.name}.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise JournalUnusable(f"{self.path}: another hub is using it: stop that one first") from error
        self._lock = lock

    async def replace(self, types: Mapping[str, type[Any]], now: float, source: Path | None = None) -> Path:
        """Set the journal aside for a new one, to be opened, with what can be read of it or another; where the old is.

        Raises JournalUnusable.
        """

        def renew() -> Path:
            self._disconnect()
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._take_lock()
                return carry.replace(self.path, self._make, types, now, source)
            except (OSError, sqlite3.Error) as error:
                raise JournalUnusable(f"{self.path}: {error}") from error

        return await self._run(renew)

    def _make(self, path: Path) -> None:
        connection = self._connect(path)
        self._prepare(connection)
        connection.execute("PRAGMA journal_mode=DELETE")  # one file, for the renaming that follows
        connection.close()

    async def begun(self) -> None:
        """What was carried over has been settled in."""
        await self._run(lambda: self._execute("DELETE FROM about WHERE name = 'carried'"))
        self.carried = None

    async def close(self) -> None:
        """Close the file; what was committed is in it."""
        await self._run(self._close)
        self._worker.close()

    def _close(self) -> None:
        self._disconnect()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def load(self, table: str, row_type: type[T]) -> dict[str, T]:
        """All rows of a table of the board, by key; raises JournalCorrupt and sqlite3.Error."""
        decode = msgspec.json.Decoder(row_type).decode

        def rows() -> dict[str, T]:
            with self._reading(table):
                return {key: decode(body) for key, body in self._execute(f"SELECT key, body FROM {table}")}  # noqa: S608

        return await self._run(rows)

    @contextmanager
    def _reading(self, table: str) -> Iterator[None]:
        """Tell damage from other trouble: it may be left behind when the rest is carried over."""
        try:
            yield
        except (sqlite3.Error, msgspec.MsgspecError, TypeError) as error:
            if not isinstance(error, sqlite3.Error) or carry.is_corrupt(error):  # whose text may be a customer's
                raise JournalCorrupt(f"{self.path}: table {table} is damaged") from None
            raise

    async def commit(self, pack: Pack, then: Callable[[], T | None] = lambda: None) -> T | None:
        """Make a batch true, all of it or nothing; raises OSError or sqlite3.Error. Gives back what `then` does.

        `then` is called on the writer thread, once it is on the disk and before anybody else knows. Whatever it raises,
        what is on the disk is true.
        """
        statements = tuple(_statements(pack))  # here, so that the writer thread seldom wants the interpreter

        def commit() -> T | None:
            self._commit(statements)
            try:
                return then()
            except Exception:
                log.exception("what comes after a commit failed")
                return None

        return await self._run(commit)

    def _commit(self, statements: Iterable[Statement]) -> None:
        connection = self._require()
        self._check_file()
        try:
            connection.execute("BEGIN IMMEDIATE")
            for sql, values in statements:
                connection.execute(sql, values)
            connection.execute("COMMIT")
            self._commits += 1
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    async def tidy(self) -> None:
        """Take the log into the file once nothing was committed since the last call; SQLite would do it in a commit."""
        quiet, self._commits_at_tick = self._commits == self._commits_at_tick, self._commits
        if quiet and self._commits != self._tidied:
            self._tidied = self._commits
            with suppress(sqlite3.Error):  # a full disk: the next commit says so
                await self._run(lambda: self._execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone())

    def _check_file(self) -> None:
        """SQLite would go on writing to a file that has lost its name, and nobody would ever find it."""
        try:
            there = self.path.stat().st_ino
        except OSError:
            there = None
        if there != self._inode:
            raise JournalUnusable(f"{self.path} was removed or replaced while the hub runs: start the hub again")

    async def probe(self) -> None:
        """Write as much as an order takes, and take it out again: what an empty commit cannot tell of a full disk."""
        await self._run(self._probe)

    def _probe(self) -> None:
        self._check_file()
        for size in (PROBE, 0):
            self._execute("INSERT OR REPLACE INTO about VALUES ('probe', zeroblob(?))", (size,))

    async def look_up(self, question: Question) -> Found:
        """The answer to a question."""
        return await self._run(lambda: self.look_up_here(question))

    def look_up_here(self, question: Question) -> Found:
        """The same for one who is on the writer thread already."""
        by_digest = {digest(key): key for key in question.keys}
        select = f"SELECT key, body FROM {question.table} WHERE key"  # noqa: S608
        with self._reading(question.table):
            known = self._among("SELECT digest, seq FROM known WHERE digest", list(by_digest))
            there = self._among(select, question.rows)
            return Found(
                {by_digest[found]: seq for found, seq in known},
                {key: msgspec.json.decode(body, type=question.row_type) for key, body in there},
            )

    async def newest(self) -> tuple[int, float]:
        """The number of the last fact and when it happened; zeros where there is none."""

        def newest() -> tuple[int, float]:
            with self._reading("facts"):
                row = self._execute("SELECT seq, at FROM facts ORDER BY seq DESC LIMIT 1").fetchone()
                return msgspec.convert(row or (0, 0.0), type=tuple[int, float])

        return await self._run(newest)

    async def letters(self) -> list[int]:
        """The sequences of the facts that keep dead letters which nobody has read since."""
        return await self._run(lambda: [seq for (seq,) in self._execute(UNREAD)])

    async def fact(self, seq: int) -> Row | None:
        """The fact of that number, if it is still there."""
        rows = await self.facts(after=seq - 1, limit=1)
        return rows[0] if rows and rows[0].seq == seq else None

    async def facts(self, *, after: int = 0, subject: int | None = None, limit: int = -1) -> list[Row]:
        """Facts in order, all or those about one subject."""
        where, values = ("AND subject = ?", (after, subject, limit)) if subject is not None else ("", (after, limit))
        sql = f"SELECT * FROM facts WHERE seq > ? {where} ORDER BY seq LIMIT ?"  # noqa: S608

        def rows() -> list[Row]:
            with self._reading("facts"):
                return [Row(*row) for row in self._execute(sql, values)]

        return await self._run(rows)

    async def run(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask the file something on the writer thread."""
        return await self._run(lambda: question(self._require()))

    def _among(self, select: str, values: list[Any]) -> sqlite3.Cursor:
        """The rows for any of these values: one statement for a batch costs half of one for each."""
        return self._execute(f"{select} IN ({_marks(len(values))})", tuple(values))

    def _execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        return self._require().execute(sql, values)

    def _require(self) -> sqlite3.Connection:
        if self._connection is None:
            raise JournalUnusable(f"{self.path}: not open")
        return self._connection

    async def _run(self, work: Callable[[], T]) -> T:
        return await self._worker.run(work)
