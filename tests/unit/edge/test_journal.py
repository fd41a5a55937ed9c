"""The journal: one file, all of a batch or nothing of it, and what was committed is there when it is opened again."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from edge.journal import Found, Journal, JournalUnusable, Pack, Question, Row
from tests.unit.edge.disks import Disk


class Loaf(msgspec.Struct, frozen=True):
    name: str


def a_row(seq: int, subject: int | None = None) -> Row:
    return Row(seq, 1.0, "test", None, subject, "Baked", "{}")


def a_pack(*seqs: int, **tables: dict[str, Loaf | None]) -> Pack:
    return Pack(tuple(map(a_row, seqs)), (), tables)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[Journal]:
    journal = Journal(path, ("loaves",))
    await journal.open()
    yield journal
    await journal.close()


async def test_a_commit_is_on_the_disk_when_it_returns(journal: Journal) -> None:
    settings = await journal.run(
        lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    )
    assert settings == ["wal", 2]


async def test_what_was_committed_is_there_when_the_file_is_opened_again(path: Path) -> None:
    first = Journal(path, ("loaves",))
    await first.open()
    pack = Pack((a_row(1), a_row(2)), (("key", 2, 1.0),), {"loaves": {"rye": Loaf("Rye"), "nut": Loaf("Nut")}})
    await first.commit(pack)
    await first.commit(a_pack(3, loaves={"rye": None, "nut": Loaf("Walnut")}))
    await first.close()
    second = Journal(path, ("loaves",))
    await second.open()
    assert second.id == first.id
    assert [row.seq for row in await second.facts()] == [1, 2, 3]
    assert await second.load("loaves", Loaf) == {"nut": Loaf("Walnut")}
    assert await second.look_up(Question(["key", "other"], ["nut", "rye"], "loaves", Loaf)) == Found(
        {"key": 2}, {"nut": Loaf("Walnut")}
    )
    await second.close()


async def test_every_journal_has_an_id_of_its_own(tmp_path: Path) -> None:
    ids = set()
    for name in ("a", "b"):
        journal = Journal(tmp_path / name, ())
        await journal.open()
        ids.add(journal.id)
        await journal.close()
    assert len(ids) == 2


@pytest.mark.parametrize(
    "statement", ["BEGIN", "INSERT INTO facts", "INSERT INTO known", "INSERT INTO loaves", "DELETE", "COMMIT"]
)
async def test_a_commit_that_fails_anywhere_leaves_no_trace(path: Path, statement: str) -> None:
    disk = Disk()
    journal = Journal(path, ("loaves",), disk.connect)
    await journal.open()
    await journal.commit(a_pack(1, loaves={"rye": Loaf("Rye")}))
    disk.fails = (statement,)
    pack = Pack((a_row(2),), (("key", 2, 1.0),), {"loaves": {"rye": None, "nut": Loaf("Nut")}})
    with pytest.raises(sqlite3.OperationalError, match="disk is full"):
        await journal.commit(pack)
    disk.fails = ()
    assert [row.seq for row in await journal.facts()] == [1]
    assert await journal.load("loaves", Loaf) == {"rye": Loaf("Rye")}
    assert (await journal.look_up(Question(["key"], [], "loaves", Loaf))).known == {}
    await journal.commit(pack)
    assert await journal.load("loaves", Loaf) == {"nut": Loaf("Nut")}
    await journal.close()


async def test_what_fails_after_a_commit_does_not_make_it_look_failed(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    assert await journal.commit(a_pack(1), lambda: 1 // 0) is None
    assert "ZeroDivisionError" in caplog.text
    assert [row.seq for row in await journal.facts()] == [1]


async def test_a_sequence_is_given_once(journal: Journal) -> None:
    await journal.commit(a_pack(1))
    with pytest.raises(sqlite3.IntegrityError):
        await journal.commit(a_pack(1, loaves={"rye": Loaf("Rye")}))
    assert await journal.load("loaves", Loaf) == {}


async def test_facts_are_found_by_subject_after_a_sequence_and_up_to_a_limit(journal: Journal) -> None:
    await journal.commit(Pack(tuple(a_row(seq, seq % 2) for seq in range(1, 8)), (), {}))
    assert [row.seq for row in await journal.facts(subject=1)] == [1, 3, 5, 7]
    assert [row.seq for row in await journal.facts(after=3, limit=2)] == [4, 5]
    assert [row.seq for row in await journal.facts(after=3, subject=1, limit=1)] == [5]
    assert [row and row.seq for row in (await journal.fact(3), await journal.fact(99))] == [3, None]


async def test_many_keys_are_looked_up_in_one_go(journal: Journal) -> None:
    known = tuple((f"key {n}", n, 1.0) for n in range(1, 400))
    await journal.commit(Pack((a_row(1),), known, {}))
    found = (await journal.look_up(Question([key for key, _, _ in known], [], "loaves", Loaf))).known
    assert found == {key: seq for key, seq, _ in known}


async def test_a_key_may_be_as_long_and_strange_as_it_likes(journal: Journal) -> None:
    keys = ("x" * 100_000, "\ud800", "", "a\nb", "'; DROP TABLE known; --")
    await journal.commit(Pack((a_row(1),), tuple((key, 1, 1.0) for key in keys), {}))
    assert set((await journal.look_up(Question(list(keys), [], "loaves", Loaf))).known) == set(keys)


async def test_a_file_that_is_no_journal_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"a shopping list, not a database" * 40)
    journal = Journal(path, ())
    with pytest.raises(JournalUnusable, match=r"journal\.db: file is not a database"):
        await journal.open()
    await journal.close()
    assert path.read_bytes().startswith(b"a shopping list")


async def test_a_path_that_cannot_be_a_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "file" / "journal.db"):
        (tmp_path / "file").touch()
        journal = Journal(path, ())
        with pytest.raises(JournalUnusable, match=str(path)):
            await journal.open()
        await journal.close()


async def test_a_closed_journal_says_that_it_is_not_open(journal: Journal) -> None:
    await journal.run(lambda _: journal._close())
    with pytest.raises(JournalUnusable, match="not open"):
        await journal.commit(a_pack(1))


async def test_all_writing_is_done_by_one_thread_that_ends_with_the_journal(path: Path) -> None:
    before = set(threading.enumerate())
    journal = Journal(path, ())
    await journal.open()
    names = await asyncio.gather(*(journal.run(lambda _: threading.current_thread().name) for _ in range(20)))
    assert len(set(names)) == 1
    await journal.close()
    assert set(threading.enumerate()) == before
    assert not path.with_name("journal.db-wal").exists()
