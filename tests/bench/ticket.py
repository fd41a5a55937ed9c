"""Tickets: what setting one costs in time and bytes, and how soon after the commit its first byte is at the printer."""

import asyncio
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import tzinfo
from pathlib import Path
from typing import Self

from escpos.printer import Dummy
from msgspec.structs import replace

from config.assembly import zone_of
from config.ticket_preview import sample_order, settings_of
from devices import escpos
from devices.paper import Line as TextLine
from devices.paper import draw
from devices.printer import Printer
from devices.settings import Encoding, PrinterSettings
from devices.sheet import Setting
from devices.ticket import compose, ticket_bytes
from edge.clock import SystemClock
from edge.intents import Place
from edge.layout import PhoneShown, PrintRule
from edge.orders import OrderId
from edge.store import StoreHub, store_hub
from edge.tickets import Job, JobId
from edge.words import speak
from tests.bench.figures import Aim, Line, Section, middle, percentile
from tests.bench.receivers import open_rows
from tests.builders import a_layout, a_stamp

ROUNDS, FEW_ROUNDS = 5, 2
SETTINGS_OF_ONE, FEW_SETTINGS = 200, 20  # of each kind in a round
ORDERS, FEW_ORDERS = 60, 10  # in a round
PATIENCE = 20.0
QUIET = 0.02  # seconds without a caller: the spooler has looked after its printer and rests
BEGIN = b"\x1b@"  # of a ticket


def measure(*, quick: bool) -> Iterator[Section]:
    """Setting a ticket, then bringing it."""
    rounds = FEW_ROUNDS if quick else ROUNDS
    yield _setting(rounds, FEW_SETTINGS if quick else SETTINGS_OF_ONE)
    yield asyncio.run(_bringing(rounds, FEW_ORDERS if quick else ORDERS))


def _setting(rounds: int, count: int) -> Section:
    order = sample_order("zh")
    job = Job(JobId("1"), "kitchen", "kitchen", order.id, tuple(item.id for item in order.items), at=order.created)
    lines: list[Line] = []
    sizes: dict[Encoding, int] = {}
    for encoding in ("gb18030", "raster"):
        setting = _set_in(encoding)
        strips = compose(job, order, setting)
        texts = [strip.text for strip in strips if isinstance(strip, TextLine)]
        floors: dict[Encoding, Callable[[], object]] = {
            "gb18030": lambda texts=texts: _by_hand(texts),
            "raster": lambda strips=strips: draw(strips, 48).tobytes(),
        }
        ours = [_each(lambda setting=setting: ticket_bytes(job, order, setting), count) for _ in range(rounds)]
        bare = [_each(floors[encoding], count) for _ in range(rounds)]
        mine, floor = middle(ours), middle(bare)
        sizes[encoding] = len(ticket_bytes(job, order, setting))
        aim = Aim(mine / floor, "<=", 3)
        name = {"gb18030": "python-escpos: its lines, in one size", "raster": "floor: its dots, only drawn"}[encoding]
        most = Aim(mine * 1000, "<=", {"gb18030": 5, "raster": 50}[encoding], "ms")
        lines += [Line(f"Ovenbell, {encoding}: time", _ms(mine), None, most), Line(name, _ms(floor), mine / floor, aim)]
    lines += [Line(f"Ovenbell, {encoding}: bytes", f"{size:,}") for encoding, size in sizes.items()]
    text = sum(len(text.encode("gb18030")) for text in texts)
    lines.append(Line("floor: its text", f"{text:,}", sizes["gb18030"] / text, Aim(sizes["gb18030"] / text, "<=", 6)))
    note = f"medians of {rounds} rounds of {count}"
    return Section("A cake's ticket, 80 mm, composed and encoded", tuple(lines), note)


async def _bringing(rounds: int, count: int) -> Section:
    ours, bare, honest = [], [], []
    run = asyncio.get_running_loop().run_in_executor
    with (
        tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text,
        Counterpart() as printer,
        ThreadPoolExecutor(1) as bench,
    ):
        rows = await run(bench, lambda: open_rows(Path(text, "floor.db"), slow=False))
        async with _kitchen(Path(text), printer.port) as (hub, committed):
            await printer.rests()
            for number in range(rounds * count):
                order = replace(sample_order("zh"), id=OrderId(f"o{number}"))
                await hub.submit(Place(order, a_stamp(f"e{number}")), by="cloud")
                ours.append(await printer.began() - committed[-1])
                await _printed(hub)
                await printer.rests()
                bare.append(await run(bench, _call, printer))
                await printer.rests()
                honest.append(await run(bench, _honest_call, printer, rows))
                await printer.rests()
    lines = []
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        mine, floor, same = (percentile(times, share) for times in (ours, bare, honest))
        lines += [
            Line(f"Ovenbell, {name}", _ms(mine)),
            Line(f"floor: connect and send, {name}", _ms(floor), mine / floor),
            Line(
                f"floor: the same with a status and a commit before it, {name}",
                _ms(same),
                mine / same,
                Aim(mine / same, "<=", 4) if name == "p50" else None,
            ),
        ]
    return Section(
        "From the commit of an order to the first byte of its ticket at the printer, TCP",
        tuple(lines),
        f"{rounds * count} orders, each beside its floors; the printer answers at once",
    )


class Counterpart:
    """A printer of the barest kind, in a thread: answers what is asked, and knows when a ticket began."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._began: asyncio.Queue[float] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._open = False
        self._last = time.monotonic()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()

    async def began(self) -> float:
        """When the first byte of the next ticket was there."""
        async with asyncio.timeout(PATIENCE):
            return await self._began.get()

    async def rests(self) -> None:
        """Wait until nobody has called for a while."""
        async with asyncio.timeout(PATIENCE):
            while self._open or time.monotonic() - self._last < QUIET:  # noqa: ASYNC110 - it is another thread
                await asyncio.sleep(QUIET / 4)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                call, _ = self._server.accept()
                self._open = True
                with call, suppress(OSError):
                    self._answer(call)
                self._last, self._open = time.monotonic(), False

    def _answer(self, call: socket.socket) -> None:
        ticket, heard = False, b""
        while new := call.recv(65536):
            now, heard = time.perf_counter(), heard[-2:] + new  # what is looked for may come in two pieces
            if BEGIN in heard and not ticket:
                ticket = True
                self._loop.call_soon_threadsafe(self._began.put_nowait, now)
            if escpos.ASK_STATUS in heard:
                call.send(b"\x12")
                heard = b""
            if escpos.ASK_PRINTED in heard:
                call.send(b"\x00")
                heard = b""


@asynccontextmanager
async def _kitchen(directory: Path, port: int) -> AsyncIterator[tuple[StoreHub, list[float]]]:
    """A hub with a journal and a spooler, and when its commits were."""
    layout = a_layout(printing=(PrintRule("kitchen", ()),))
    hub = store_hub(layout, directory / "journal.db", SystemClock())
    committed: list[float] = []
    await hub.start()
    hub.follow(lambda commit: committed.append(time.perf_counter()) if _queues(commit) else None)
    settings = PrinterSettings(id="kitchen", connection=f"tcp://127.0.0.1:{port}")
    spooler = asyncio.create_task(Printer(settings, hub, say=speak("zh"), timezone=_zone()).run())
    try:
        yield hub, committed
    finally:
        spooler.cancel()
        await asyncio.gather(spooler, return_exceptions=True)
        await hub.stop()


def _queues(commit: object) -> bool:
    return any(type(fact.what).__name__ == "TicketQueued" for fact in commit.facts)  # type: ignore[attr-defined]


async def _printed(hub: StoreHub) -> None:
    async with asyncio.timeout(PATIENCE):
        while any(job.waiting for job in hub.board.jobs.values()):  # noqa: ASYNC110 - spoolers tell nobody else
            await asyncio.sleep(0.002)


def _call(printer: Counterpart) -> float:
    """A ticket's first byte over a bare socket."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", printer.port)) as call:
        call.sendall(BEGIN)
        call.shutdown(socket.SHUT_WR)
        call.recv(1)
    return _heard(printer) - began


def _honest_call(printer: Counterpart, rows: sqlite3.Connection) -> float:
    """The same by the steps that an honest spooler takes."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", printer.port)) as call:
        call.sendall(escpos.ASK_STATUS)
        call.recv(1)
        rows.execute("BEGIN IMMEDIATE")
        rows.execute("INSERT INTO messages VALUES (NULL, ?)", (b"x" * 100,))
        rows.execute("COMMIT")
        call.sendall(BEGIN)
        call.shutdown(socket.SHUT_WR)
        call.recv(1)
    return _heard(printer) - began


def _heard(printer: Counterpart) -> float:
    return asyncio.run_coroutine_threadsafe(printer.began(), printer._loop).result(PATIENCE)


def _set_in(encoding: Encoding) -> Setting:
    return Setting(columns=48, encoding=encoding, phone=PhoneShown.LAST4, say=speak("zh"), timezone=_zone())


def _zone() -> tzinfo:
    store, _ = settings_of(None, "zh")
    return zone_of(store)


def _by_hand(texts: list[str]) -> bytes:
    """As a script would do it."""
    printer = Dummy()
    for text in texts:
        printer.textln(text)
    printer.cut()
    return bytes(printer.output)


def _each(work: Callable[[], object], count: int) -> float:
    """Seconds that one takes."""
    began = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - began) / count


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
