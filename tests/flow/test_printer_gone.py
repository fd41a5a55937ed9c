"""A printer leaves store.toml while tickets are owed: they go home, or people are told; none is lost in silence."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.assembly import Store
from config.settings import check_store
from devices.twin.printer import VirtualPrinter
from edge.clock import SystemClock
from edge.intents import Change, MoveTicket, Refused, ReportTicket, Reprint
from edge.layout import PrintRule
from edge.store import store_hub
from edge.tickets import Job, JobState
from tests.brokers import free_port
from tests.builders import a_cake, a_layout, a_stamp, an_order, placed_today
from tests.cloud import until

GONE = "store.toml 中已没有打印机 kitchen"


@asynccontextmanager
async def a_store(folder: Path, **printers: str) -> AsyncIterator[Store]:
    """A store with these printers."""
    tree = {
        "store": {"id": "hz-0012", "language": "zh"},
        "journal": {"path": str(folder / "journal.db")},
        "feed": {"listen": f"127.0.0.1:{free_port()}"},
        "printers": [
            {"id": name, "connection": connection, "print_on": "ready"} for name, connection in printers.items()
        ],
    }
    store = Store(check_store(tree, folder / "store.toml"))
    await store.start()
    try:
        yield store
    finally:
        await store.stop()


def the_job(store: Store) -> Job:
    return next(iter(store.hub.board.jobs.values()))


@pytest.fixture
async def paper() -> AsyncIterator[VirtualPrinter]:
    printer = VirtualPrinter()
    await printer.start()
    yield printer
    await printer.stop()


async def an_evening(folder: Path, *happened: str) -> None:
    """A ticket of the kitchen's, moved to the backup or half printed there when the power went."""
    layout = a_layout(printing=(PrintRule("kitchen", ()), PrintRule("counter", (), "ready")))
    hub = store_hub(layout, folder / "journal.db", SystemClock())
    await hub.start()
    await hub.submit(placed_today("o1", a_cake()), by="cloud")
    (job,) = hub.board.jobs.values()
    for what in happened:
        intent = MoveTicket(job.id, "counter") if what == "moved" else ReportTicket(job.id, "sending")
        await hub.submit(intent, by="printer:counter")
    await hub.stop()


async def test_a_ticket_moved_to_a_backup_that_is_no_more_goes_home(tmp_path: Path, paper: VirtualPrinter) -> None:
    await an_evening(tmp_path, "moved")
    async with a_store(tmp_path, kitchen=paper.connection) as store:
        [ticket] = await paper.printed(1)
        assert "O1" in ticket.text
        await until(lambda: the_job(store).state is JobState.PRINTED)


async def test_a_ticket_that_was_being_sent_to_a_printer_that_is_no_more_is_unconfirmed(
    tmp_path: Path, paper: VirtualPrinter
) -> None:
    await an_evening(tmp_path, "moved", "sending")
    async with a_store(tmp_path, kitchen=paper.connection) as store:
        await until(lambda: the_job(store).state is JobState.UNCONFIRMED)
        await store.hub.submit(Reprint(job=the_job(store).id), by="display:oven")
        [ticket] = await paper.printed(1)
        assert "#2" in ticket.text


async def test_a_ticket_whose_own_printer_is_no_more_is_on_the_screen(tmp_path: Path, paper: VirtualPrinter) -> None:
    await an_evening(tmp_path)
    async with a_store(tmp_path, counter=paper.connection) as store:
        await until(lambda: the_job(store).stale)
        assert (the_job(store).state, the_job(store).reason) == (JobState.UNSENT, GONE)
        with pytest.raises(Refused, match="printer kitchen is no longer"):
            await store.hub.submit(Reprint(job=the_job(store).id), by="display:oven")
    assert paper.tickets == []


async def test_a_change_of_what_stands_on_its_paper_is_on_the_screen(tmp_path: Path, paper: VirtualPrinter) -> None:
    await an_evening(tmp_path, "sending")
    async with a_store(tmp_path, counter=paper.connection) as store:
        changed = an_order("o1", a_cake(note="no nuts"))
        await store.hub.submit(Change(changed, a_stamp("e2", time=changed.created + 60)), by="cloud")
        await until(lambda: list(store.hub.board.jobs.values())[-1].stale)
        slip = list(store.hub.board.jobs.values())[-1]
        assert (slip.kind, slip.state, slip.reason) == ("change", JobState.UNSENT, GONE)
