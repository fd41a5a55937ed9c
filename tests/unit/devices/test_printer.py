"""What a spooler may say of a ticket, whatever the printer does."""

import asyncio
import os
import threading
import tty
from pathlib import Path
from typing import Any

import pytest

from devices.escpos import ASK_PRINTED, ASK_STATUS
from devices.ticket import ticket_bytes
from devices.twin.printer import VirtualPrinter
from devices.twin.reader import Reader, Ticket
from edge.intents import Cancel, Change, ReportTicket, Reprint
from edge.layout import PrintRule
from edge.orders import OrderId
from edge.tickets import JobState
from tests.builders import MORNING, OVEN, a_bread, a_cake, a_stamp, an_order
from tests.cloud import PATIENCE, until
from tests.unit.devices.conftest import Bakery

CUT = b"\x1dV\x01"


async def test_a_ticket_is_printed_when_the_printer_says_so(bakery: Bakery, paper: VirtualPrinter) -> None:
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order("a17", a_cake(), a_bread("2"), note="小心轻放")
    [ticket] = await paper.printed(1)
    await bakery.reports_end_with("printed")
    assert bakery.states == ["sending", "printed"]
    assert "A17" in ticket.text
    assert "小心轻放" in ticket.text
    assert ticket.cut
    assert paper.unknown == []
    assert bakery.hub.vitals.devices["printer:kitchen"].state == "ok"


async def test_sending_is_on_disk_before_the_first_byte_of_a_ticket_leaves(
    bakery: Bakery, paper: VirtualPrinter
) -> None:
    seen: list[JobState] = []

    def look(data: bytes) -> None:
        if data != ASK_STATUS:
            seen.append(bakery.job().state)

    paper.overhear = look
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    await bakery.reports_end_with("printed")
    assert seen
    assert set(seen) == {JobState.SENDING}


async def test_tickets_come_in_the_order_they_were_asked_for(bakery: Bakery, paper: VirtualPrinter) -> None:
    for number in range(1, 13):
        await bakery.order(f"o{number}")
    bakery.run(bakery.printer(paper.connection).run())
    tickets = await paper.printed(12)
    numbers = [next(line.text for line in ticket.lines if line.wide > 2) for ticket in tickets]
    assert numbers == [f"O{number}" for number in range(1, 13)]


async def test_a_printer_that_is_switched_off_gets_its_ticket_when_it_is_back(bakery: Bakery) -> None:
    paper = VirtualPrinter()
    await paper.start()
    await paper.stop()
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    assert await bakery.reports_end_with("unsent") == "the printer cannot be reached"
    assert bakery.hub.vitals.devices["printer:kitchen"].state == "missing"
    await paper.start()
    await bakery.reports_end_with("printed")
    assert len(paper.tickets) == 1
    await paper.stop()


async def test_a_printer_that_stays_away_does_not_fill_the_journal(bakery: Bakery) -> None:
    paper = VirtualPrinter()
    await paper.start()
    paper.refuse = True
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    await until(lambda: paper.calls_taken >= 5)
    assert bakery.states == ["unsent"]
    await paper.stop()


async def test_nothing_is_sent_to_a_printer_without_paper(bakery: Bakery, paper: VirtualPrinter) -> None:
    paper.paper_out = True
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    assert await bakery.reports_end_with("unsent") == "the paper is out"
    assert bakery.hub.vitals.devices["printer:kitchen"].state == "fault"
    paper.paper_out = False
    await bakery.reports_end_with("printed")
    assert len(paper.tickets) == 1
    assert "REPRINT" not in paper.tickets[0].text


async def test_nothing_is_sent_to_a_printer_with_an_open_cover(bakery: Bakery, paper: VirtualPrinter) -> None:
    paper.cover_open = True
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    assert await bakery.reports_end_with("unsent") == "the cover is open"
    assert paper.tickets == []


async def test_paper_that_runs_out_during_a_ticket_leaves_it_unconfirmed(bakery: Bakery, paper: VirtualPrinter) -> None:
    def run_out(data: bytes) -> None:
        paper.paper_out = data != ASK_STATUS or paper.paper_out

    paper.overhear = run_out
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    assert await bakery.reports_end_with("unconfirmed") == "the paper is out"
    assert paper.tickets == []


async def test_a_ticket_waits_for_the_roll_to_be_changed(bakery: Bakery, paper: VirtualPrinter) -> None:
    def run_out(data: bytes) -> None:
        if data != ASK_STATUS:
            paper.paper_out = True
            asyncio.get_running_loop().call_later(0.02, setattr, paper, "paper_out", False)

    paper.overhear = run_out
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    await bakery.reports_end_with("printed")


async def test_a_ticket_without_confirmation_is_never_called_printed(bakery: Bakery, paper: VirtualPrinter) -> None:
    paper.mute = True
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    assert await bakery.reports_end_with("unconfirmed") == "sent, unconfirmed"
    assert len(paper.tickets) == 1
    assert bakery.hub.vitals.devices["printer:kitchen"].state == "unknown"


async def test_a_printer_set_to_confirm_none_is_not_asked_and_not_waited_for(
    bakery: Bakery, paper: VirtualPrinter
) -> None:
    heard: list[bytes] = []
    paper.overhear = heard.append
    bakery.run(bakery.printer(paper.connection, confirm="none").run())
    await bakery.order()
    assert await bakery.reports_end_with("unconfirmed") == "sent, unconfirmed"
    [ticket] = await paper.printed(1)
    assert ticket.cut
    assert ASK_STATUS not in b"".join(heard)


async def test_a_printer_that_hangs_up_early_leaves_the_ticket_unconfirmed(
    bakery: Bakery, paper: VirtualPrinter
) -> None:
    paper.close_early = True
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    assert await bakery.reports_end_with("unconfirmed") == "the printer hung up before it confirmed"
    assert len(paper.tickets) == 1


async def test_a_connection_that_is_reset_in_mid_ticket_is_unconfirmed_and_not_tried_again(
    bakery: Bakery, paper: VirtualPrinter
) -> None:
    paper.reset_after = 200
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    await bakery.reports_end_with("unconfirmed")
    assert bakery.states == ["sending", "unconfirmed"]
    paper.reset_after = None
    await bakery.order("o2")
    await bakery.reports_end_with("printed")
    assert bakery.jobs_are(JobState.UNCONFIRMED, JobState.PRINTED)


async def test_a_printer_that_stops_taking_bytes_in_mid_ticket_leaves_it_unconfirmed(bakery: Bakery) -> None:
    printer, port = os.openpty()
    bakery.run(bakery.printer(f"serial:{os.ttyname(port)}?baud=19200", encoding="raster").run())
    await bakery.order()
    assert await bakery.reports_end_with("unconfirmed") == "the connection broke while the ticket was being sent"
    os.close(printer)
    os.close(port)


async def test_a_serial_printer_confirms_as_any_other(bakery: Bakery) -> None:
    printer, port = os.openpty()
    tty.setraw(printer)
    said: list[bytes] = []
    fallen: list[Ticket] = []
    reader = Reader(48, lambda answer: os.write(printer, answer), fallen.append, said)

    def work() -> None:
        data = os.read(printer, 4096)
        if data == ASK_STATUS:
            os.write(printer, b"\x12")
        reader.feed(data)

    asyncio.get_running_loop().add_reader(printer, work)
    bakery.run(bakery.printer(f"serial:{os.ttyname(port)}").run())
    await bakery.order()
    await bakery.reports_end_with("printed")
    assert len(fallen) == 1
    asyncio.get_running_loop().remove_reader(printer)
    os.close(printer)
    os.close(port)


async def test_the_late_answer_of_a_serial_printer_confirms_no_other_ticket(bakery: Bakery) -> None:
    printer, port = os.openpty()
    tty.setraw(printer)
    heard = bytearray()

    def work() -> None:
        tickets = heard.count(CUT)
        data = os.read(printer, 4096)
        heard.extend(data)
        if data == ASK_STATUS:
            os.write(printer, b"\x12")
        if tickets == 1 and heard.count(CUT) == 2:
            os.write(printer, b"\x00")  # the first ticket's; then the paper jams

    asyncio.get_running_loop().add_reader(printer, work)
    bakery.run(bakery.printer(f"serial:{os.ttyname(port)}").run())
    await bakery.order("o1")
    await bakery.order("o2")
    await until(lambda: bakery.jobs_are(JobState.UNCONFIRMED, JobState.UNCONFIRMED))
    asyncio.get_running_loop().remove_reader(printer)
    os.close(printer)
    os.close(port)


async def test_a_ticket_after_a_lost_answer_is_printed_when_the_printer_says_so(
    bakery: Bakery, paper: VirtualPrinter
) -> None:
    paper.close_early = True
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order("o1")
    await bakery.reports_end_with("unconfirmed")
    paper.close_early = False
    await bakery.order("o2")
    await bakery.reports_end_with("printed")
    assert bakery.jobs_are(JobState.UNCONFIRMED, JobState.PRINTED)


async def test_after_a_restart_a_late_answer_confirms_no_other_ticket(tmp_path: Path) -> None:
    before = await Bakery(tmp_path / "journal.db").open()
    await before.order("o1")
    await before.hub.submit(ReportTicket(before.job().id, "sending"), by="printer:kitchen")
    await before.close()
    paper = VirtualPrinter()
    await paper.start()
    questions = 0

    def count(data: bytes) -> None:
        nonlocal questions
        questions += data == ASK_PRINTED

    paper.overhear = count
    bakery = await Bakery(tmp_path / "journal.db").open()
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order("o2")
    await bakery.reports_end_with("printed")
    await bakery.close()
    await paper.stop()
    assert questions == 2


async def test_a_status_nobody_asked_for_is_not_taken_for_an_answer(bakery: Bakery, paper: VirtualPrinter) -> None:
    paper.chatter = b"\x10\x00\x00\x00\x11\x13"
    paper.close_early = True
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    await bakery.reports_end_with("unconfirmed")


@pytest.mark.parametrize(("names", "asked"), [(True, 3), (False, 1)])
async def test_what_was_printed_is_asked_by_name_of_printers_that_answer_so(
    bakery: Bakery, paper: VirtualPrinter, *, names: bool, asked: int
) -> None:
    heard: list[bytes] = []
    paper.names, paper.overhear = names, heard.append
    bakery.run(bakery.printer(paper.connection).run())
    for number in range(1, 4):
        await bakery.order(f"o{number}")
        await until(lambda number=number: bakery.jobs_are(*(JobState.PRINTED,) * number))
    said = b"".join(heard)
    assert said.count(b"\x1d(H\x06\x0000") == asked
    assert said.count(ASK_PRINTED) == 3
    assert paper.unknown == []


async def test_a_reprint_says_so_on_paper(bakery: Bakery, paper: VirtualPrinter) -> None:
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    await bakery.reports_end_with("printed")
    await bakery.hub.submit(Reprint(station=OVEN), by="keypad")
    first, second = await paper.printed(2)
    assert "REPRINT" not in first.text
    assert "REPRINT #2" in second.text


async def test_the_waiting_ticket_of_an_order_cancelled_meanwhile_is_not_printed(
    bakery: Bakery, paper: VirtualPrinter
) -> None:
    await bakery.order("o1")
    await bakery.hub.submit(Cancel(order=OrderId("o1"), stamp=a_stamp("cancelled", time=MORNING + 1)), by="cloud")
    await bakery.order("o2")
    bakery.run(bakery.printer(paper.connection).run())
    [ticket] = await paper.printed(1)
    assert "O2" in ticket.text


async def test_an_order_cancelled_after_its_ticket_prints_a_slip(bakery: Bakery, paper: VirtualPrinter) -> None:
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order("o1")
    await bakery.reports_end_with("printed")
    await bakery.hub.submit(Cancel(order=OrderId("o1"), stamp=a_stamp("cancelled", time=MORNING + 1)), by="cloud")
    _, slip = await paper.printed(2)
    assert (slip.lines[0].text.strip(), slip.lines[0].inverse) == ("CANCELLED", True)
    assert "Strawberry cake" in slip.text


async def test_a_change_while_a_ticket_is_on_its_way_is_on_paper_one_way_or_the_other(
    bakery: Bakery, paper: VirtualPrinter
) -> None:
    changed: list[asyncio.Future[int]] = []

    def change(data: bytes) -> None:
        if data == ASK_STATUS and not changed:  # the printer is asked how it is: nothing was sent
            new = Change(an_order("o1", a_cake(note="less sugar")), a_stamp("e2", time=MORNING + 1))
            changed.append(asyncio.ensure_future(bakery.hub.submit(new, by="cloud")))

    await bakery.order("o1")
    paper.overhear = change
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.reports_end_with("printed")
    await changed[0]
    said = "".join(ticket.text for ticket in await paper.printed(len(bakery.hub.board.jobs)))
    assert "less sugar" in said


async def test_a_ticket_that_was_being_sent_when_the_hub_died_is_unconfirmed(tmp_path: Path) -> None:
    before = await Bakery(tmp_path / "journal.db").open()
    await before.order()
    await before.hub.submit(ReportTicket(before.job().id, "sending"), by="printer:kitchen")
    await before.close()
    paper = VirtualPrinter()
    await paper.start()
    bakery = await Bakery(tmp_path / "journal.db").open()
    bakery.run(bakery.printer(paper.connection).run())
    reason = await bakery.reports_end_with("unconfirmed")
    assert reason == "the hub was stopped while the ticket was being sent"
    await bakery.close()
    await paper.stop()
    assert paper.tickets == []


async def test_a_dead_printer_delays_no_other(tmp_path: Path, paper: VirtualPrinter) -> None:
    bakery = await Bakery(tmp_path / "journal.db", (PrintRule("dead", ()), PrintRule("kitchen", ()))).open()
    dead = VirtualPrinter()
    await dead.start()
    dead.deaf = dead.mute = True
    bakery.run(bakery.printer(dead.connection, name="dead").run())
    bakery.run(bakery.printer(paper.connection).run())
    for number in range(5):
        await bakery.order(f"o{number}")
    await paper.printed(5)
    assert dead.tickets == []
    await bakery.close()
    await dead.stop()


async def test_tickets_are_appended_to_a_file(bakery: Bakery, tmp_path: Path) -> None:
    file = tmp_path / "tickets.bin"
    bakery.run(bakery.printer(f"file:{file}").run())
    await bakery.order("o1")
    await bakery.order("o2")
    await until(lambda: bakery.jobs_are(JobState.UNCONFIRMED, JobState.UNCONFIRMED))
    assert file.read_bytes().count(b"\x1dV\x01") == 2


async def test_a_file_that_cannot_be_written_is_a_missing_printer(bakery: Bakery, tmp_path: Path) -> None:
    bakery.run(bakery.printer(f"file:{tmp_path}/nowhere/tickets.bin").run())
    await bakery.order()
    assert await bakery.reports_end_with("unsent") == "the printer cannot be reached"


async def test_one_ticket_that_cannot_be_set_does_not_keep_back_the_others(
    bakery: Bakery, paper: VirtualPrinter
) -> None:
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order("o1", due=1e15)
    await bakery.order("o2")
    await paper.printed(1)
    await until(lambda: bakery.jobs_are(JobState.UNCONFIRMED, JobState.PRINTED))
    assert bakery.job().reason == "the ticket could not be set"


async def test_a_display_id_has_no_power_over_the_log(
    bakery: Bakery, paper: VirtualPrinter, caplog: pytest.LogCaptureFixture
) -> None:
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order("o1", due=1e15, display_id="A1\x1b[2J\n\u202eB")
    await bakery.reports_end_with("unconfirmed")
    assert caplog.messages == [f"ticket {bakery.job().id} of order A1[2J B"]


async def test_the_kitchen_works_on_while_a_ticket_is_drawn(
    bakery: Bakery, paper: VirtualPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, pressed, worked = asyncio.get_running_loop(), threading.Event(), []

    def draw(*job: Any, **rest: Any) -> bytes:
        loop.call_soon_threadsafe(pressed.set)
        worked.append(pressed.wait(PATIENCE))
        return ticket_bytes(*job, **rest)

    monkeypatch.setattr("devices.printer.ticket_bytes", draw)
    bakery.run(bakery.printer(paper.connection).run())
    await bakery.order()
    await bakery.reports_end_with("printed")
    assert worked == [True]


async def test_a_printer_with_nothing_to_do_is_looked_after(bakery: Bakery, paper: VirtualPrinter) -> None:
    bakery.run(bakery.printer(paper.connection).run())
    devices = bakery.hub.vitals.devices
    await until(lambda: "printer:kitchen" in devices and devices["printer:kitchen"].state == "ok")
    paper.cover_open = True
    await until(lambda: devices["printer:kitchen"].state == "fault")
    assert devices["printer:kitchen"].reason == "the cover is open"
