"""A damaged journal: set aside whole, what can be read goes on in a new one, and the cloud is asked for the rest."""

import asyncio
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import carry
from edge import intents as i
from edge.board import Board
from edge.facts import JournalBegun
from edge.heard import Heard
from edge.hub import NotCommitted
from edge.journal import Journal, JournalCorrupt, JournalUnusable
from edge.orders import OrderId
from edge.store import StoreHub
from tests.builders import MORNING, OVEN, a_stamp, placed
from tests.unit.edge.disks import a_hub

PAGE = 4096
NAMES = tuple(f"o{number}" for number in range(1, 31))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


async def a_morning(path: Path) -> str:
    """Thirty orders, half of them finished, some told to the cloud and some not; the journal's id."""
    async with a_hub(path) as hub:
        for number, name in enumerate(NAMES, 1):
            stamp = a_stamp(f"e-{name}", sequence=number, source="/gateway")
            await hub.submit(placed(name, note="x" * 300, stamp=stamp), by="cloud", key=f"event {name}")
        for slot in range(1, 11):
            await hub.submit(i.Bump(station=OVEN, slot=slot), by="keypad")
        await hub.submit(i.ReceiptUpdates(5), by="cloud")
        await hub.journal.run(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
        return hub.journal.id


def spoil(path: Path, *pages: int) -> bytes:
    """Write rubbish over pages; the file as it is then."""
    content = bytearray(path.read_bytes())
    for page in pages:
        content[page * PAGE : (page + 1) * PAGE] = b"\xa5" * PAGE
    path.write_bytes(content)
    return bytes(content)


def pages_of(path: Path, table: str) -> list[int]:
    """Where a table's rows lie, without its root."""
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    content = path.read_bytes()
    kind = {13: "table leaf", 10: "index leaf", 5: "table", 2: "index"}
    first = (root - 1) * PAGE
    cells = int.from_bytes(content[first + 3 : first + 5], "big")
    assert kind[content[first]] in {"table", "index"}, "the table has more than one page"
    pointers = [int.from_bytes(content[first + 12 + 2 * n : first + 14 + 2 * n], "big") for n in range(cells)]
    return [int.from_bytes(content[first + at : first + at + 4], "big") - 1 for at in pointers]


def set_aside(path: Path) -> list[Path]:
    return [file for file in path.parent.glob("*.aside*") if not file.name.endswith(("-wal", "-shm"))]


async def test_a_journal_with_a_bad_page_goes_on_with_everything_else(path: Path) -> None:
    before = await a_morning(path)
    spoilt = spoil(path, pages_of(path, "orders")[1])
    async with a_hub(path) as hub:
        assert hub.journal.id != before
        assert 10 <= len(hub.board.orders) < len(NAMES)
        assert [file.read_bytes() for file in set_aside(path)] == [spoilt]
        rows = await hub.journal.facts()
        assert rows[-1].kind == JournalBegun.__name__
        assert [row.seq for row in rows] == list(range(1, len(rows) + 1)), "the facts were sound"
        assert hub.board.counters.heard == Heard(), "everything is asked for again"
        lost = [name for name in NAMES if OrderId(name) not in hub.board.orders]
        for name in lost:
            await hub.submit(placed(name, stamp=a_stamp(f"e-{name}")), by="cloud", key=f"event {name}")
        assert len(hub.board.orders) == len(NAMES)


async def test_a_journal_damaged_again_in_the_same_second_of_a_clock_is_kept_too(path: Path) -> None:
    damaged = []
    for _ in range(3):
        path.write_bytes(b"flour %d" % len(damaged) * 1000)  # noqa: ASYNC240 - nothing runs
        damaged.append(path.read_bytes())  # noqa: ASYNC240
        async with a_hub(path):
            pass
    assert sorted(file.read_bytes() for file in set_aside(path)) == damaged


async def test_what_is_unsent_is_counted_from_one_under_the_new_name(path: Path) -> None:
    await a_morning(path)
    async with a_hub(path) as hub:
        unsent = [row for row in hub.board.outbox.values() if row.sequence is not None]
        told = [row.id for row in sorted(unsent, key=lambda row: row.sequence or 0)]
        graced = {row.id for row in hub.board.outbox.values() if row.sequence is None}
    spoil(path, pages_of(path, "orders")[1])
    async with a_hub(path) as hub:
        again = sorted((row.sequence, row.id) for row in hub.board.outbox.values() if row.sequence is not None)
        assert again == list(enumerate(told, 1))
        assert {row.id for row in hub.board.outbox.values() if row.sequence is None} == graced
        assert (hub.board.counters.updates, hub.board.counters.receipted) == (len(told), 0)


@pytest.mark.parametrize("content", [b"", b"flour" * 5000, b"\0" * 8192], ids=["empty", "flour", "zeros"])
async def test_a_file_that_is_no_journal_at_all_is_kept_beside_a_new_one(path: Path, content: bytes) -> None:
    path.write_bytes(content)  # noqa: ASYNC240 - before anything runs
    async with a_hub(path) as hub:
        assert len(hub.board.orders) == 0
        await hub.submit(placed("o1"), by="cloud")
    assert [file.read_bytes() for file in set_aside(path)] in ([content], [])
    async with a_hub(path) as hub:
        assert len(hub.board.orders) == 1


async def test_a_row_that_is_not_what_it_should_be_costs_only_itself(path: Path) -> None:
    await a_morning(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE orders SET body = replace(body, '\"items\"', '\"itens\"') WHERE key = 'o3'")
        connection.execute("UPDATE orders SET body = '{' WHERE key = 'o4'")
        connection.execute("DELETE FROM counters")
        connection.commit()
    async with a_hub(path) as hub:
        assert OrderId("o4") not in hub.board.orders
        assert len(hub.board.orders) >= len(NAMES) - 2
        await hub.submit(placed("new"), by="cloud")
        seqs = [row.seq for row in await hub.journal.facts()]
        assert len(set(seqs)) == len(seqs)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal to be damaged in many ways."""
    path = tmp_path_factory.mktemp("sound") / "journal.db"
    asyncio.run(a_morning(path))
    return path


@given(st.lists(st.integers(0, 40), min_size=1, max_size=6, unique=True))
@settings(max_examples=15, deadline=None)
async def test_whatever_is_damaged_the_store_opens_and_goes_on(
    sound: Path, tmp_path_factory: pytest.TempPathFactory, bad: list[int]
) -> None:
    path = Path(shutil.copy(sound, tmp_path_factory.mktemp("store")))
    sound_size = len(path.read_bytes())  # noqa: ASYNC240 - before anything runs
    spoil(path, *(page for page in bad if page * PAGE < sound_size))
    with suppress(JournalUnusable):  # damage that only shows later ends the hub, and the next start mends it
        async with a_hub(path) as hub:
            await work(hub)
            if not hub.failed.is_set():
                return
    async with a_hub(path) as hub:
        await work(hub)
        assert not hub.failed.is_set()


async def work(hub: StoreHub) -> None:
    """What a morning goes on with, if it can."""
    with suppress(Exception):
        await hub.submit(placed("fresh"), by="cloud", key="fresh")
        await hub.submit(i.Bump(order=OrderId("fresh")), by="keypad")


async def test_damage_found_by_a_commit_ends_the_hub_so_that_the_next_start_mends_it(path: Path) -> None:
    await a_morning(path)
    async with a_hub(path) as hub:

        def damaged(_pack: object) -> None:
            error = sqlite3.DatabaseError("database disk image is malformed")
            error.sqlite_errorname = "SQLITE_CORRUPT"
            raise error

        hub.journal._commit = damaged  # type: ignore[method-assign, assignment]
        done: list[bool] = []
        hub.offer(placed("late"), by="cloud", key="late", done=lambda: done.append(True))
        await hub.failed.wait()
        assert "malformed" in hub.trouble
        assert not done
        before = hub.journal.id
    async with a_hub(path) as hub:
        assert hub.journal.id != before
        assert len(hub.board.orders) == len(NAMES)
    async with a_hub(path) as again:
        assert again.journal.id == hub.journal.id


async def test_a_replacement_that_was_interrupted_is_brought_to_its_end(path: Path) -> None:
    await a_morning(path)
    spoil(path, pages_of(path, "orders")[1])
    journal = Journal(path, Board.STORED)
    with pytest.raises(JournalCorrupt):
        await _read(journal)

    class PowerCut(Exception):
        pass

    moved: list[Path] = []

    def move_and_die(old: Path, aside: Path) -> None:
        old.replace(aside)
        moved.append(aside)
        raise PowerCut

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(carry, "_move", move_and_die)
        with pytest.raises(PowerCut):
            await journal.replace(Board.STORED, MORNING)
    await journal.close()
    assert not path.exists()  # noqa: ASYNC240 - nothing runs
    async with a_hub(path) as hub:
        assert len(hub.board.orders) >= 10
    assert moved[0].exists()


async def _read(journal: Journal) -> None:
    await journal.open()
    for name, row_type in Board.STORED.items():
        await journal.load(name, row_type)


async def test_a_byte_that_is_no_character_is_damage_and_its_row_is_told_to_nobody(path: Path) -> None:
    await a_morning(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE orders SET body = CAST(replace(body, '\"o3\"', CAST(x'22ff22' AS TEXT)) AS TEXT)")
        connection.commit()
    journal = Journal(path, Board.STORED)
    with pytest.raises(JournalCorrupt, match=r"table orders is damaged$"):
        await _read(journal)
    await journal.close()
    async with a_hub(path) as hub:
        assert len(hub.board.orders) >= len(NAMES) - 1


async def test_a_bad_row_of_a_closed_order_stops_no_other_order(path: Path) -> None:
    async with a_hub(path) as hub:
        await hub.submit(placed("fine"), by="cloud")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO closed VALUES ('bad', '{')")
        connection.commit()
    done: list[str] = []
    async with a_hub(path) as hub:
        for name in ("bad", "next"):
            intent = placed(name, stamp=a_stamp(f"e-{name}"))
            hub.offer(intent, by="cloud", key=name, done=lambda name=name: done.append(name))  # type: ignore[misc]
        await hub.failed.wait()
        assert hub.trouble.endswith("table closed is damaged")
        assert not done
    async with a_hub(path) as hub:
        assert OrderId("fine") in hub.board.orders
        await hub.submit(placed("bad", stamp=a_stamp("e-bad")), by="cloud", key="bad")


async def test_a_journal_that_loses_its_name_takes_nothing_more(path: Path) -> None:
    async with a_hub(path) as hub:
        await hub.submit(placed("o1"), by="cloud")
        away = path.with_name("away")
        path.replace(away)  # noqa: ASYNC240 - a rename
        with pytest.raises(NotCommitted, match="removed or replaced"):
            await hub.submit(placed("o2"), by="cloud")
        away.replace(path)
        await hub.submit(placed("o2"), by="cloud")
        assert hub.trouble == ""


async def test_a_journal_of_which_the_end_is_missing_gives_what_its_beginning_holds(path: Path) -> None:
    await a_morning(path)
    content = path.read_bytes()  # noqa: ASYNC240 - before anything runs
    path.write_bytes(content[: len(content) * 3 // 4])  # noqa: ASYNC240 - before anything runs
    async with a_hub(path) as hub:
        assert len(await hub.journal.facts()) > 10


async def test_two_hubs_do_not_share_a_journal(path: Path) -> None:
    async with a_hub(path) as first:
        with pytest.raises(JournalUnusable, match="another hub"):
            async with a_hub(path):
                pass
        await first.submit(placed("o1"), by="cloud")
    async with a_hub(path) as second:
        assert len(second.board.orders) == 1
        alias = path.with_name("alias.db")
        alias.symlink_to(path)
        with pytest.raises(JournalUnusable, match="another hub"):
            async with a_hub(alias):
                pass


async def test_the_journal_of_a_newer_version_is_left_alone(path: Path) -> None:
    await a_morning(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO _sqlite_migrations VALUES (99, 'journal', '9 of the future', '2030')")
        connection.commit()
    with pytest.raises(JournalUnusable, match="newer version"):
        async with a_hub(path):
            pass
    assert set_aside(path) == []
