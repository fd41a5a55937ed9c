"""Pruning: after keep_days nothing of a closed order is left in the files, and nothing else is touched."""

from pathlib import Path

from edge import intents as i
from edge.orders import OrderId
from edge.pruning import DAY, prune_once
from edge.store import StoreHub
from tests.builders import HOUR, MORNING, OVEN, ManualClock, a_bun, a_cake, a_layout, a_stamp, placed
from tests.unit.edge.disks import a_hub, come_to_rest, try_again

KEEP = 90


async def close(hub: StoreHub, clock: ManualClock, name: str) -> None:
    """A customer fetches an order, and half a day later it leaves the board."""
    await hub.submit(i.Collect(OrderId(name), force=True), by="api")
    clock.advance(13 * HOUR)
    hub.clock.look()
    await come_to_rest(hub, clock)
    assert OrderId(name) not in hub.board.orders


async def place(hub: StoreHub, name: str, customer: str) -> None:
    order = placed(name, a_bun("1"), customer=customer, phone="13800001234", stamp=a_stamp(f"e-{name}"))
    await hub.submit(order, by="cloud", key=f"e-{name}")


def on_disk(path: Path, text: str) -> bool:
    return any(text.encode() in file.read_bytes() for file in path.parent.iterdir())


async def test_an_old_closed_order_leaves_with_everything_that_is_known_of_its_customer(tmp_path: Path) -> None:
    path, clock = tmp_path / "journal.db", ManualClock()
    async with a_hub(path, clock, layout=a_layout(cloud=False)) as hub:
        await place(hub, "old", "Wang Xiaoyu")
        number = hub.board.orders[OrderId("old")].number
        letter = i.KeepLetter("orders", "not an order", b'{"name": "Li Lei"}', 18, "0" * 64)
        await hub.submit(letter, by="cloud", key="letter")
        await close(hub, clock, "old")
        clock.advance((KEEP + 1) * DAY)
        await place(hub, "new", "Zhao Min")
        await close(hub, clock, "new")
        await place(hub, "open", "Sun Li")
        assert on_disk(path, "Wang Xiaoyu")
        assert hub.board.counters.dead_letters == 1
        assert await prune_once(hub, KEEP) == 1
        assert await hub.journal.facts(subject=number) == []
        assert not on_disk(path, "Wang Xiaoyu")
        assert not on_disk(path, "TGkgTGVp"), "the letter's text, as it is kept"
        assert on_disk(path, "Zhao Min")
        assert on_disk(path, "Sun Li")
        assert hub.board.counters.dead_letters == 0
        assert await prune_once(hub, KEEP) == 0
        before = hub.board.counters.seq
    async with a_hub(path, clock, layout=a_layout(cloud=False)) as hub:
        assert hub.board.counters.seq == before
        assert list(dict(hub.board.orders.items())) == ["open"]


async def test_what_is_open_or_unsent_is_kept_however_old_it_is(tmp_path: Path) -> None:
    path, clock = tmp_path / "journal.db", ManualClock()
    async with a_hub(path, clock) as hub:
        await hub.submit(placed("wedding", a_cake(), scheduled=True, due=MORNING + 200 * DAY), by="cloud", key="e1")
        await place(hub, "untold", "Wang Xiaoyu")
        await close(hub, clock, "untold")
        clock.advance((KEEP + 1) * DAY)
        await try_again(hub, clock)
        assert await prune_once(hub, KEEP) == 0
        assert len(await hub.journal.facts(subject=hub.board.orders[OrderId("wedding")].number)) >= 2
        await hub.submit(i.ReceiptUpdates(hub.board.counters.updates), by="cloud")
        assert await prune_once(hub, KEEP) == 1
        assert not on_disk(path, "Wang Xiaoyu")


async def test_of_everything_else_that_is_old_only_the_newest_fact_stays(tmp_path: Path) -> None:
    path, clock = tmp_path / "journal.db", ManualClock()
    async with a_hub(path, clock) as hub:
        for page in range(5):
            await hub.submit(i.TurnPage(OVEN, 1), by="api", key=f"page {page}")
        keys = [(bytes([first] + [rest] * 15), 1, MORNING) for first in range(256) for rest in (0x00, 0xFF)]
        await hub.journal.run(lambda db: db.executemany("INSERT INTO known VALUES (?, ?, ?)", keys))
        clock.advance((KEEP + 1) * DAY)
        await try_again(hub, clock)
        newest = (await hub.journal.facts())[-1].seq
        await prune_once(hub, KEEP)
        assert [row.seq for row in await hub.journal.facts()] == [newest]
        assert await hub.journal.run(lambda db: db.execute("SELECT count(*) FROM known").fetchone()) == (0,)


async def test_an_event_that_comes_again_after_its_key_was_pruned_changes_nothing(tmp_path: Path) -> None:
    path, clock = tmp_path / "journal.db", ManualClock()
    async with a_hub(path, clock) as hub:
        order = placed("wedding", a_cake(), scheduled=True, due=MORNING + 200 * DAY)
        await hub.submit(order, by="cloud", key="e1")
        clock.advance((KEEP + 1) * DAY)
        await prune_once(hub, KEEP)
        before = hub.board.orders[OrderId("wedding")]
        await hub.submit(order, by="cloud", key="e1")
        after = hub.board.orders[OrderId("wedding")]
        assert (after.state, after.marks, after.items) == (before.state, before.marks, before.items)
        assert OVEN not in after.slots
