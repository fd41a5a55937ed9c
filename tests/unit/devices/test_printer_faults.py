"""Printers that break, over TCP, a serial line and USB: what is called printed is on paper, else people are told."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devices.escpos import ASK_PRINTED, ASK_STATUS
from devices.twin.printer import VirtualPrinter
from devices.twin.serial import SerialPrinter
from edge.layout import PrintRule
from edge.tickets import JobState
from tests.builders import a_cake
from tests.cloud import until
from tests.unit.devices.conftest import QUICK, STEADY, Bakery

CUT = b"\x1dV\x01"
WELL, LOW = b"\x10\x00\x00\x00", b"\x14\x00\x00\x0f"  # a status unasked: all is well, and the paper is near its end
SENT = "sent, unconfirmed"


@pytest.fixture(params=["tcp", "serial"])
async def printer(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VirtualPrinter]:
    """A printer that is switched on, over each way that can be heard."""
    one = VirtualPrinter() if request.param == "tcp" else SerialPrinter(tmp_path / "tty")
    await one.start()
    yield one
    await one.stop()


async def unsent(bakery: Bakery, reason: str) -> None:
    """Wait until a ticket is owed because of this."""
    await until(lambda: bakery.reports and bakery.reports[-1][1:] == ("unsent", reason))


async def unconfirmed(bakery: Bakery, reason: str) -> None:
    """Wait until a ticket is in doubt; the board and its count say so."""
    assert await bakery.reports_end_with("unconfirmed") == reason
    assert bakery.job().state is JobState.UNCONFIRMED


async def test_a_printer_that_is_away_gets_its_ticket_when_it_is_back(bakery: Bakery, printer: VirtualPrinter) -> None:
    await printer.stop()
    bakery.run(bakery.printer(printer.connection, patience=STEADY).run())
    await bakery.order()
    await unsent(bakery, "the printer cannot be reached")
    assert bakery.hub.vitals.devices["printer:kitchen"].state == "missing"
    await printer.start()
    await bakery.reports_end_with("printed")
    assert ["REPRINT" in ticket.text for ticket in printer.tickets] == [False]


@pytest.mark.parametrize(("switch", "reason"), [("paper_out", "the paper is out"), ("cover_open", "the cover is open")])
async def test_a_printer_that_cannot_print_gets_no_byte_of_a_ticket(
    bakery: Bakery, printer: VirtualPrinter, switch: str, reason: str
) -> None:
    heard: list[bytes] = []
    printer.overhear = heard.append
    setattr(printer, switch, True)
    bakery.run(bakery.printer(printer.connection, patience=STEADY).run())
    await bakery.order()
    await unsent(bakery, reason)
    assert set(heard) == {ASK_STATUS}
    setattr(printer, switch, False)
    await bakery.reports_end_with("printed")
    assert len(printer.tickets) == 1


@pytest.mark.parametrize(("switch", "reason"), [("paper_out", "the paper is out"), ("cover_open", "the cover is open")])
async def test_what_stops_a_printer_amid_a_ticket_leaves_it_in_doubt_and_it_is_not_sent_again(
    bakery: Bakery, printer: VirtualPrinter, switch: str, reason: str
) -> None:
    def stop(data: bytes) -> None:
        if CUT in data:
            setattr(printer, switch, True)

    printer.overhear = stop
    bakery.run(bakery.printer(printer.connection, patience=replace(QUICK, status=3)).run())
    await bakery.order()
    await unconfirmed(bakery, reason)
    printer.overhear = bytes
    setattr(printer, switch, False)
    await bakery.order("o2")
    await until(lambda: bakery.jobs_are(JobState.UNCONFIRMED, JobState.PRINTED))
    texts = [ticket.text for ticket in printer.tickets]
    assert [sum(name in text for text in texts) for name in ("O1", "O2")] == [1, 1]


async def test_paper_that_ends_behind_a_ticket_keeps_back_the_next(bakery: Bakery, printer: VirtualPrinter) -> None:
    bakery.run(bakery.printer(printer.connection, patience=STEADY).run())
    await bakery.order("o1")
    await bakery.reports_end_with("printed")
    printer.paper_out = True
    await bakery.order("o2")
    await unsent(bakery, "the paper is out")
    assert bakery.jobs_are(JobState.PRINTED, JobState.UNSENT)


async def test_a_buffer_that_is_stuck_leaves_a_ticket_in_doubt_and_it_comes_out_once(
    bakery: Bakery, printer: VirtualPrinter
) -> None:
    printer.stuck = True
    bakery.run(bakery.printer(printer.connection).run())
    await bakery.order("o1")
    await unconfirmed(bakery, SENT)
    printer.stuck = False
    await bakery.order("o2")
    await until(lambda: bakery.jobs_are(JobState.UNCONFIRMED, JobState.PRINTED))
    assert ["O1" in ticket.text for ticket in printer.tickets] == [True, False]


async def test_a_printer_that_takes_a_byte_a_second_prints_its_ticket_in_one_piece(
    bakery: Bakery, printer: VirtualPrinter
) -> None:
    printer.pace = 1.0
    bakery.run(bakery.printer(printer.connection).run())
    await bakery.order("o1")
    await unconfirmed(bakery, SENT)
    printer.pace = 0.0
    [ticket] = await printer.printed(1)
    assert ticket.cut
    assert "Strawberry cake" in ticket.text


@pytest.mark.parametrize("lie", [b"\xff", b"\x12", b'7"9999\x00', b'7"', b"OK\r\n", WELL, b"\x0c"])
async def test_a_wrong_answer_confirms_nothing(bakery: Bakery, printer: VirtualPrinter, lie: bytes) -> None:
    printer.lie = lie
    bakery.run(bakery.printer(printer.connection).run())
    await bakery.order()
    await bakery.reports_end_with("unconfirmed")
    assert len(printer.tickets) == 1


@pytest.mark.parametrize("fidget", [WELL, LOW, WELL + LOW])
async def test_a_printer_that_tells_its_status_unasked_is_heard_all_the_same(
    bakery: Bakery, printer: VirtualPrinter, fidget: bytes
) -> None:
    printer.fidget = printer.chatter = fidget
    bakery.run(bakery.printer(printer.connection, patience=STEADY).run())
    for name in ("o1", "o2"):
        await bakery.order(name)
    await until(lambda: bakery.jobs_are(JobState.PRINTED, JobState.PRINTED))
    printer.close_early = True
    await bakery.order("o3")
    await bakery.reports_end_with("unconfirmed")


async def test_a_printer_unplugged_amid_a_ticket_leaves_it_in_doubt(bakery: Bakery, printer: VirtualPrinter) -> None:
    printer.reset_after = 200
    bakery.run(bakery.printer(printer.connection, patience=STEADY).run())
    await bakery.order("o1")
    await bakery.reports_end_with("unconfirmed")
    printer.reset_after = None
    await bakery.order("o2")
    await until(lambda: bakery.jobs_are(JobState.UNCONFIRMED, JobState.PRINTED))


async def test_a_printer_that_never_says_anything_prints_and_is_never_called_printed(
    bakery: Bakery, printer: VirtualPrinter
) -> None:
    printer.mute = True
    bakery.run(bakery.printer(printer.connection).run())
    for name in ("o1", "o2"):
        await bakery.order(name)
    await until(lambda: bakery.jobs_are(JobState.UNCONFIRMED, JobState.UNCONFIRMED))
    assert [job.reason for job in bakery.hub.board.jobs.values()] == [SENT, SENT]
    assert len(printer.tickets) == 2
    device = bakery.hub.vitals.devices["printer:kitchen"]
    assert (device.state, device.reason) == ("unknown", "it confirms nothing: tickets are sent, unconfirmed")


async def test_a_printer_that_only_confirms_is_well_once_it_did_until_it_stays_silent(
    bakery: Bakery, printer: VirtualPrinter
) -> None:
    printer.silent = True
    bakery.run(bakery.printer(printer.connection).run())

    def state() -> str:
        return bakery.hub.vitals.devices["printer:kitchen"].state

    await until(lambda: "printer:kitchen" in bakery.hub.vitals.devices)
    assert state() == "unknown"
    await bakery.order("o1")
    await until(lambda: bakery.jobs_are(JobState.PRINTED) and state() == "ok")
    printer.mute = True
    await bakery.order("o2")
    await until(lambda: bakery.jobs_are(JobState.PRINTED, JobState.UNCONFIRMED) and state() == "unknown")


async def test_a_printer_is_asked_nothing_between_the_first_byte_of_a_ticket_and_its_confirmation(
    bakery: Bakery, printer: VirtualPrinter
) -> None:
    heard: list[bytes] = []
    printer.overhear = heard.append
    await bakery.order()
    bakery.run(bakery.printer(printer.connection, patience=STEADY).run())
    await bakery.reports_end_with("printed")
    said = b"".join(heard)
    begun, confirmed = said.index(b"\x1b@"), said.index(ASK_PRINTED)
    assert ASK_STATUS in said[:begun]
    assert ASK_STATUS not in said[begun:confirmed]


async def test_all_of_a_long_ticket_arrives_though_nobody_reads_what_the_printer_says(
    bakery: Bakery, paper: VirtualPrinter
) -> None:
    paper.chatter = b"\x12" * 1000
    heard = bytearray()
    paper.overhear = heard.extend
    bakery.run(bakery.printer(paper.connection, confirm="none", encoding="raster").run())
    await bakery.order("o1", *(a_cake(str(number)) for number in range(20)))
    await unconfirmed(bakery, SENT)
    await paper.printed(1)
    assert len(heard) > 65_000
    assert heard.endswith(CUT + ASK_PRINTED)


async def test_a_ticket_that_broke_off_takes_nothing_of_the_next(tmp_path: Path, paper: VirtualPrinter) -> None:
    bakery = await Bakery(tmp_path / "journal.db", (PrintRule("kitchen", ()), PrintRule("other", ()))).open()
    torn = SerialPrinter(tmp_path / "tty")
    torn.deaf = True
    await torn.start()
    bakery.run(bakery.printer(torn.connection, encoding="raster").run())
    await bakery.order("o1")
    await unconfirmed(bakery, "the connection broke while the ticket was being sent")
    torn.deaf = False
    for call in torn.calls:
        call.transport.resume_reading()
    bakery.run(bakery.printer(paper.connection, name="other", encoding="raster", patience=STEADY).run())
    await bakery.order("o2")
    await until(lambda: [job.state for job in bakery.hub.board.jobs.values()].count(JobState.PRINTED) == 3)
    assert torn.tickets[-1].strips == paper.tickets[-1].strips
    assert torn.unknown == []
    await bakery.close()
    await torn.stop()


async def test_a_usb_printer_answers_and_may_be_unplugged(bakery: Bakery, tmp_path: Path) -> None:
    printer = SerialPrinter(tmp_path / "lp0")
    bakery.run(bakery.printer(f"usb:{printer.link}", patience=STEADY).run())
    await bakery.order("o1")
    await unsent(bakery, "the printer cannot be reached")
    for name in ("o1", "o2"):
        await printer.start()
        if name == "o2":
            await bakery.order(name)
        await until(lambda name=name: bakery.jobs_are(*(JobState.PRINTED,) * int(name[1])))
        await printer.stop()
    await until(lambda: bakery.hub.vitals.devices["printer:kitchen"].state == "missing")
    assert len(printer.tickets) == 2


@pytest.mark.parametrize("flow", ["none", "rtscts", "xonxoff"])
async def test_a_serial_printer_prints_with_every_flow_control(bakery: Bakery, tmp_path: Path, flow: str) -> None:
    printer = SerialPrinter(tmp_path / "tty")
    await printer.start()
    bakery.run(bakery.printer(f"{printer.connection}?baud=19200&flow={flow}", patience=STEADY).run())
    await bakery.order()
    await bakery.reports_end_with("printed")
    await printer.stop()


BROKEN: dict[str, dict[str, Any]] = {
    "away": {"refuse": True},
    "deaf": {"deaf": True},
    "mute": {"mute": True},
    "stuck": {"stuck": True},
    "slow": {"pace": 1.0},
    "empty": {"paper_out": True},
}
ENDLESS = replace(QUICK, connect=600, status=600, stall=600, paper=600)  # whoever waits for one of them waits for ever


async def test_printers_that_are_dead_slow_or_mute_delay_nothing_but_themselves(
    tmp_path: Path, paper: VirtualPrinter
) -> None:
    names = (*BROKEN, "kitchen")
    bakery = await Bakery(tmp_path / "journal.db", tuple(PrintRule(name, ()) for name in names)).open()
    broken = {name: VirtualPrinter() for name in BROKEN}
    for name, printer in broken.items():
        for switch, value in BROKEN[name].items():
            setattr(printer, switch, value)
        await printer.start()
        bakery.run(bakery.printer(printer.connection, name=name, patience=ENDLESS).run())
    await until(lambda: all(printer.calls_taken for printer in broken.values()))
    bakery.run(bakery.printer(paper.connection).run())
    for number in range(5):
        await bakery.order(f"o{number}")
    await paper.printed(5)
    jobs = [job for job in bakery.hub.board.jobs.values() if job.printer != "kitchen"]
    assert JobState.PRINTED not in {job.state for job in jobs}
    await bakery.close()
    for printer in broken.values():
        await printer.stop()
