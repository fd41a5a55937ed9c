"""What becomes of tickets whose printer cannot print: another prints them, or people are asked about them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices.twin.printer import VirtualPrinter
from edge.intents import Reprint
from edge.layout import PrintRule
from edge.tickets import JobState
from tests.builders import HOUR, MORNING, OVEN
from tests.cloud import until
from tests.unit.devices.conftest import STEADY, Bakery


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Bakery]:
    """A bakery with two printers, of which one prints tickets of its own."""
    rules = (PrintRule("kitchen", (OVEN,)), PrintRule("counter", (), "ready"))
    bakery = await Bakery(tmp_path / "journal.db", rules).open()
    yield bakery
    await bakery.close()


@pytest.fixture
async def counter() -> AsyncIterator[VirtualPrinter]:
    """The other printer, switched on."""
    printer = VirtualPrinter()
    await printer.start()
    yield printer
    await printer.stop()


def switch_on(bakery: Bakery, kitchen: VirtualPrinter, counter: VirtualPrinter) -> None:
    """The spoolers of two printers of which each is the other's backup."""
    bakery.run(bakery.printer(kitchen.connection, backup="counter", patience=STEADY).run())
    bakery.run(bakery.printer(counter.connection, name="counter", backup="kitchen", patience=STEADY).run())


async def is_(bakery: Bakery, printer: str, state: str) -> None:
    """Wait until a printer is known to be well, or not."""
    devices = bakery.hub.vitals.devices
    await until(lambda: (one := devices.get(f"printer:{printer}")) and one.state == state)


async def test_the_backup_prints_for_a_printer_that_has_been_unready_for_a_minute(
    store: Bakery, paper: VirtualPrinter, counter: VirtualPrinter
) -> None:
    paper.paper_out = True
    switch_on(store, paper, counter)
    await is_(store, "counter", "ok")
    await store.order("o1")
    await store.reports_end_with("unsent")
    store.clock.advance(59)
    calls = paper.calls_taken
    await until(lambda: paper.calls_taken > calls + 2)
    assert counter.tickets == []
    store.clock.advance(2)
    await store.reports_end_with("printed")
    [ticket] = counter.tickets
    assert ticket.lines[0].text.strip() == "for kitchen"
    assert ticket.lines[0].inverse
    assert "REPRINT" not in ticket.text
    await store.order("o2")
    await counter.printed(2)
    paper.paper_out = False
    await is_(store, "kitchen", "ok")
    await store.order("o3")
    [ticket] = await paper.printed(1)
    assert "O3" in ticket.text
    assert "for kitchen" not in ticket.text
    assert ["O2" in ticket.text for ticket in counter.tickets] == [False, True]


async def test_a_ticket_goes_round_between_no_two_printers_that_cannot_print(
    store: Bakery, paper: VirtualPrinter, counter: VirtualPrinter
) -> None:
    paper.paper_out = counter.cover_open = True
    switch_on(store, paper, counter)
    for printer in ("kitchen", "counter"):
        await is_(store, printer, "fault")
    await store.order()
    for _ in range(3):
        store.clock.advance(100)
        calls = paper.calls_taken, counter.calls_taken
        await until(lambda calls=calls: paper.calls_taken > calls[0] + 2 and counter.calls_taken > calls[1] + 2)
    assert store.states == ["unsent"]


async def test_a_ticket_at_a_backup_that_fails_too_goes_home_once_its_own_printer_is_well(
    store: Bakery, paper: VirtualPrinter, counter: VirtualPrinter
) -> None:
    paper.paper_out = True
    switch_on(store, paper, counter)
    await is_(store, "counter", "ok")
    counter.cover_open = True  # not noticed yet
    await store.order()
    await store.reports_end_with("unsent")
    store.hub.vitals.device(store.hub.vitals.devices["printer:counter"])
    store.clock.advance(61)
    await until(lambda: "moved" in store.states or store.hub.vitals.devices["printer:counter"].state == "fault")
    paper.paper_out = False
    await is_(store, "kitchen", "ok")
    store.clock.advance(61)
    await store.reports_end_with("printed")
    assert len(paper.tickets) == 1
    assert "for kitchen" not in paper.tickets[0].text
    assert counter.tickets == []


async def test_tickets_that_waited_over_night_are_offered_and_not_flooded_out(
    store: Bakery, paper: VirtualPrinter
) -> None:
    paper.paper_out = True
    store.run(store.printer(paper.connection, patience=STEADY).run())
    for number in range(1, 6):
        await store.order(f"o{number}")
    await store.reports_end_with("unsent")
    store.clock.advance(9 * HOUR)
    await until(lambda: store.hub.board.jobs and all(job.stale for job in store.hub.board.jobs.values()))
    paper.paper_out = False
    await store.order("o6")
    [ticket] = await paper.printed(1)
    assert "O6" in ticket.text
    await until(lambda: store.jobs_are(*(JobState.UNSENT,) * 5, JobState.PRINTED))
    assert store.job().reason == "too old: print it again if it is still wanted"
    await store.hub.submit(Reprint(job=store.job(2).id), by="display:oven")
    _, ticket = await paper.printed(2)
    assert "O3" in ticket.text
    assert "REPRINT" not in ticket.text


async def test_a_ticket_that_waited_through_a_night_with_the_hub_off_is_offered(
    tmp_path: Path, paper: VirtualPrinter
) -> None:
    evening = await Bakery(tmp_path / "journal.db").open()
    await evening.order()
    await evening.close()
    morning = Bakery(tmp_path / "journal.db")
    morning.clock.advance(9 * HOUR)
    await morning.open()
    morning.run(morning.printer(paper.connection, patience=STEADY).run())
    assert await morning.reports_end_with("unsent") == "too old: print it again if it is still wanted"
    await morning.close()
    assert paper.tickets == []


BUILD_DATE = 0.0  # or 1970: where a Pi without a battery clock begins
TOO_OLD = "too old: print it again if it is still wanted"


async def a_morning_without_a_clock(folder: Path, paper: VirtualPrinter) -> Bakery:
    """A ticket waits from last night; another is asked for before the network tells the time."""
    evening = await Bakery(folder / "journal.db").open()
    await evening.order("o1")
    await evening.close()
    morning = await Bakery(folder / "journal.db", boots_at=BUILD_DATE).open()
    morning.clock.advance(1)
    await morning.order("o2")
    morning.run(morning.printer(paper.connection, patience=STEADY).run())
    await morning.reports_end_with("printed")
    return morning


async def test_last_nights_ticket_is_offered_once_the_network_tells_the_time(
    tmp_path: Path, paper: VirtualPrinter
) -> None:
    morning = await a_morning_without_a_clock(tmp_path, paper)
    morning.clock.step(MORNING + 9 * HOUR - morning.clock.now())
    assert await morning.reports_end_with("unsent") == TOO_OLD
    await until(lambda: morning.jobs_are(JobState.UNSENT, JobState.PRINTED))
    assert morning.job(1).at > MORNING + 8 * HOUR
    await morning.close()
    assert ["O2" in ticket.text for ticket in paper.tickets] == [True]


async def test_after_a_short_power_cut_the_ticket_is_printed_once_the_network_tells_the_time(
    tmp_path: Path, paper: VirtualPrinter
) -> None:
    morning = await a_morning_without_a_clock(tmp_path, paper)
    morning.clock.step(MORNING + 60 - morning.clock.now())
    await until(lambda: morning.jobs_are(JobState.PRINTED, JobState.PRINTED))
    await morning.close()


async def test_a_ticket_of_which_nobody_knows_how_old_it_is_is_offered_after_two_minutes(
    tmp_path: Path, paper: VirtualPrinter
) -> None:
    morning = await a_morning_without_a_clock(tmp_path, paper)
    morning.clock.advance(121)
    reason = await morning.reports_end_with("unsent")
    assert reason == "nobody knows how old it is: print it again if it is still wanted"
    await morning.hub.submit(Reprint(job=morning.job().id), by="display:oven")
    await until(lambda: morning.jobs_are(JobState.PRINTED, JobState.PRINTED))
    await morning.close()
    assert len(paper.tickets) == 2


async def test_minutes_after_which_a_ticket_is_stale_are_a_setting(store: Bakery, paper: VirtualPrinter) -> None:
    await store.order("o1")
    store.clock.advance(9 * HOUR)
    store.run(store.printer(paper.connection, stale_minutes=600, patience=STEADY).run())
    await store.reports_end_with("printed")
    assert len(paper.tickets) == 1
