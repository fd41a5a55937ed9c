"""A store that is upgraded goes on: journal and settings of every version there was are those of this one."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from config import install
from config.settings import load_store
from config.tenants import store_tenant
from edge.intents import Bump
from edge.journal import MIGRATIONS
from edge.orders import OrderId, OrderState, StationId
from edge.store import StoreHub, store_hub
from tests.builders import ManualClock
from tests.tools.make_journal import SETTINGS

UPGRADES = Path(__file__).with_name("upgrades")
JOURNALS = sorted(UPGRADES.glob("*.sql"))
OVEN, DECORATING = StationId("oven"), StationId("decorating")
FIRST, SECOND, THIRD = (OrderId(f"o-{number}") for number in (1, 2, 3))

journals = pytest.mark.parametrize("old", JOURNALS, ids=lambda old: old.stem)


def restored(old: Path, path: Path) -> tuple[str, float]:
    """A journal as an earlier version left it: its id and when something last happened."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(old.read_text(encoding="utf-8"))
        (name,) = connection.execute("SELECT value FROM about WHERE name = 'journal'").fetchone()
        (newest,) = connection.execute("SELECT max(at) FROM facts").fetchone()
    return name, newest


@pytest.fixture
async def hub(old: Path, tmp_path: Path) -> AsyncIterator[StoreHub]:
    (tmp_path / "store.toml").write_text(SETTINGS)
    journal, newest = restored(old, tmp_path / "journal.db")
    clock = ManualClock(newest + 60)
    hub = store_hub(load_store(tmp_path / "store.toml").layout, tmp_path / "journal.db", clock)
    await hub.start()
    assert hub.journal.id == journal  # the cloud hears of no other store
    yield hub
    await hub.stop()


@journals
async def test_the_orders_on_the_board_are_those_before_the_upgrade(hub: StoreHub) -> None:
    orders = hub.board.orders
    assert {order.id: order.state for order in orders.values()} == {
        FIRST: OrderState.OPEN,
        SECOND: OrderState.OPEN,
        THIRD: OrderState.HELD,
    }
    assert (orders[FIRST].slots, orders[SECOND].slots) == ({DECORATING: 1}, {OVEN: 2})
    assert orders[FIRST].customer == "王女士"
    assert orders[FIRST].items[0].bakery.allergens == ("egg",)
    assert hub.board.counters.heard.through == 3
    assert hub.board.counters.dead_letters == 1
    assert len(await hub.journal.letters()) == 1
    assert {job.order for job in hub.board.jobs.values() if job.waiting} == {FIRST, SECOND}
    updates = {update.order for update in hub.board.outbox.values()}
    assert updates == {FIRST, SECOND, THIRD, None}  # of the message that nobody understood the cloud hears too


@journals
async def test_the_bakers_go_on_where_they_were_and_nothing_of_what_was_is_lost(hub: StoreHub) -> None:
    before = [row.seq for row in await hub.journal.facts()]
    await hub.submit(Bump(DECORATING, 1), by="keypad:pad")
    await hub.submit(Bump(OVEN, 2), by="keypad:pad")
    assert hub.board.orders[FIRST].state is OrderState.READY
    assert [row.seq for row in await hub.journal.facts()][: len(before)] == before == [*range(1, len(before) + 1)]


@journals
async def test_an_upgraded_journal_has_every_table_and_index_of_a_new_one(
    hub: StoreHub, tmp_path: Path, old: Path
) -> None:
    new = store_hub(hub.board.layout, tmp_path / "new.db", ManualClock())
    await new.start()
    names = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    try:
        for journal in (hub.journal, new.journal):
            assert {row[0] for row in await journal.run(lambda db: db.execute(names).fetchall())} >= {"facts", "known"}
        upgraded, fresh = [
            await journal.run(lambda db: db.execute(names).fetchall()) for journal in (hub.journal, new.journal)
        ]
        assert upgraded == fresh, old
    finally:
        await new.stop()


def test_there_is_a_journal_of_every_version(tmp_path: Path) -> None:
    versions = set()
    for old in JOURNALS:
        restored(old, tmp_path / old.stem)
        with closing(sqlite3.connect(tmp_path / old.stem)) as connection:
            applied = connection.execute("SELECT name FROM _sqlite_migrations ORDER BY id").fetchall()
        versions.add(applied[-1][0])
    assert versions == MIGRATIONS  # a new migration wants the journal it makes: tests/tools/make_journal.py


@pytest.mark.parametrize("old", sorted(UPGRADES.glob("*.toml")), ids=lambda old: old.stem)
def test_the_settings_of_every_version_are_those_of_a_store(old: Path) -> None:
    assert load_store(old).store.id == "hz-0012"


def test_an_upgrade_writes_the_services_anew_and_leaves_journal_and_settings(tmp_path: Path) -> None:
    kept = {tmp_path / "etc/ovenbell/store.toml": SETTINGS, tmp_path / "var/lib/ovenbell/journal.db": "the memory"}
    for file, text in kept.items():
        file.parent.mkdir(parents=True)
        file.write_text(text)
    config = Path("/etc/ovenbell/store.toml")
    settings = load_store(tmp_path / "etc/ovenbell/store.toml")
    for program in ("/opt/ovenbell-1/bin/ovenbell", "/opt/ovenbell-2/bin/ovenbell"):
        list(install.put(store_tenant(settings, config, [program], display=True).parts, tmp_path))
        hub = (tmp_path / "etc/systemd/system/ovenbell-hub.service").read_text()
        assert f"\nExecStart={program} hub " in hub
    assert {file: file.read_text() for file in kept} == kept
