"""How soon a screen says that its hub is gone, and how soon a hub and a gateway are, once they are told to end."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from aiohttp import web

from display.feed_client import PAUSES, SILENCE
from tests.bench.figures import Aim, Line, Section
from tests.brokers import Broker
from tests.cloud import TODAY, until
from tests.flow.bakery import Bakery
from tests.flow.ending import ENDINGS, Cable, Ending, end
from tests.gateways import BareStore, RunningGateway, StandIn, order, settings_of
from tests.televisions import a_television
from tests.unit.display.screens import display

ROUNDS, FEW_ROUNDS = 5, 1
SAID, ENDED = 3.0, 5.0  # seconds: the promise of every screen; SIGTERM in CONTRACT.md, section 1
BREAD = {
    "id": "o-1", "displayId": "A001", "type": "TAKEOUT", "createdAt": TODAY,
    "items": [{"id": "1", "name": "Rye bread", "externalCode": "bread-rye", "unit": "UN", "quantity": 1}],
}  # fmt: skip
IMPORTS = "import asyncio, signal, config.command, config.assembly, config.service"
HALF = b"POST /channels/generic/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
BARE = f"{IMPORTS}\nprint('ready', flush=True)\nsignal.sigwait([signal.SIGTERM])"
MADE = "document.querySelector('#making li') !== null"
RED = "document.body.className === 'cut'"


def measure(*, quick: bool) -> Iterator[Section]:
    """The slowest of all rounds: a promise in seconds holds each time."""
    rounds = FEW_ROUNDS if quick else ROUNDS
    lines = []
    for name, screen in (("kitchen display", _display), ("page of ready orders", _page)):
        for how in ENDINGS:
            slowest = max(asyncio.run(screen(how)) for _ in range(rounds))
            lines.append(Line(f"{name}, hub {how}", _seconds(slowest), None, Aim(slowest, "<=", SAID, "s")))
    limit = Line("limit: the silence after which a hub is taken for gone", _seconds(SILENCE))
    yield Section("From a hub's end to the screen that says so", (*lines, limit), f"the slowest of {rounds}")
    lines = []
    bare = max(asyncio.run(_bare()) for _ in range(rounds))
    for name, process in (
        ("hub", partial(_hub, ill=False)),
        ("hub: broker frozen, printer takes nothing", partial(_hub, ill=True)),
        ("gateway's stop alone: broker frozen, way mute, half a webhook", _gateway),
    ):
        slowest = max(asyncio.run(process()) for _ in range(rounds))
        lines.append(Line(name, _seconds(slowest), slowest / bare, Aim(slowest, "<=", ENDED, "s")))
    limit = Line("limit: a process with the hub's imports that waits for the signal", _seconds(bare))
    yield Section("From SIGTERM to the end of the process", (*lines, limit), f"the slowest of {rounds}")


@asynccontextmanager
async def _bakery(url: str = "") -> AsyncIterator[Bakery]:
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text:
        async with Bakery(Path(text), url) as bakery:
            assert (await bakery.ask(type="place", data=BREAD))[0] == 200
            yield bakery


async def _display(how: Ending) -> float:
    client = {"silence": SILENCE, "pauses": PAUSES}
    async with (
        _bakery() as bakery,
        Cable(bakery) as cable,
        display(cable.url, client=client, language="en") as screen,
    ):
        await screen.shows("A001")
        began = time.perf_counter()
        await end(how, bakery, cable)
        await screen.shows("CUT OFF")
        return time.perf_counter() - began


async def _page(how: Ending) -> float:
    async with _bakery() as bakery, Cable(bakery) as cable, a_television() as television:
        await television.show(f"{cable.url}/pickup")
        await television.until(MADE)
        began = time.perf_counter()
        await end(how, bakery, cable)
        await television.until(RED)
        return time.perf_counter() - began


async def _hub(*, ill: bool) -> float:
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text:
        broker = Broker(Path(text)).start()
        try:
            async with _bakery(broker.url) as bakery:
                await bakery.until_board(lambda board: board["status"]["cloud"] == "connected")
                if not ill:
                    return await _stopped(bakery)
                bakery.printer.stuck = True
                calls = bakery.printer.calls_taken
                assert (await bakery.ask(type="place", data=BREAD | {"id": "o-2", "displayId": "A002"}))[0] == 200
                await until(lambda: bakery.printer.calls_taken > calls)
                with broker.frozen():
                    return await _stopped(bakery)
        finally:
            broker.stop()


async def _stopped(bakery: Bakery) -> float:
    began = time.perf_counter()
    assert await bakery.stop() == 0
    return time.perf_counter() - began


async def _gateway() -> float:
    never = asyncio.Event()

    async def answer(_request: web.Request, _body: bytes) -> web.Response:
        await never.wait()
        return web.Response()

    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text:
        broker = Broker(Path(text)).start()
        try:
            async with StandIn(answer) as mute:
                gateway = RunningGateway(settings_of(broker, Path(text), stand_in=mute.url), Path(text) / "gateway.db")
                async with gateway:
                    with BareStore(broker) as store:
                        await gateway.tell("placed", order(1))
                        await until(lambda: store.orders)
                        store.tell("order.ready", store.orders[0]["subject"])
                        await until(lambda: mute.requests)
                    _, half = await asyncio.open_connection(*gateway.gateway.address)
                    half.write(HALF)
                    await until(lambda: gateway.gateway.intake.reading)
                    began = time.perf_counter()
                    with broker.frozen():
                        await gateway.stop()
                        took = time.perf_counter() - began
                    half.close()
                    never.set()
                    await gateway.start()  # as it is stopped once more when it is left
                    return took
        finally:
            broker.stop()


async def _bare() -> float:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", BARE, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline()
    began = time.perf_counter()
    process.terminate()
    await process.wait()
    return time.perf_counter() - began


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s"
