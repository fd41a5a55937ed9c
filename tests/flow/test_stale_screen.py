"""No screen shows an old board as live: the hub is killed, frozen or cut off, and every view says so within 3 s."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest

from display.feed_client import PAUSES, SILENCE
from display.views import VIEWS
from tests.brokers import free_port
from tests.cloud import TODAY
from tests.flow.bakery import Bakery
from tests.unit.display.screens import display

WITHIN = 3.0  # seconds
BEAT = 0.02  # seconds
BREAD = {
    "id": "o-1", "displayId": "A001", "type": "TAKEOUT", "orderTiming": "INSTANT", "createdAt": TODAY,
    "items": [{"id": "1", "name": "Rye bread", "externalCode": "bread-rye", "unit": "UN", "quantity": 1}],
}  # fmt: skip


class Cable:
    """Between hub and display; once it is pulled nothing arrives and nobody is told."""

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self.pulled = False
        self._hub = port
        self._pumps: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _join(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        there, forth = await asyncio.open_connection("127.0.0.1", self._hub)
        for source, sink in ((here, forth), (there, back)):
            self._pumps.add(asyncio.create_task(self._pump(source, sink)))

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65_536):
                if not self.pulled:
                    sink.write(data)
                    await sink.drain()
        if not self.pulled:
            sink.close()


class Lag:
    """For how long in all a busy machine has kept this process from running."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            before = clock()
            await asyncio.sleep(BEAT)
            self._seconds += max(0.0, clock() - before - BEAT)

    def stop(self) -> float:
        """Seconds."""
        self._task.cancel()
        return self._seconds


@pytest.mark.parametrize("damage", ["killed", "frozen", "cut off"])
async def test_every_view_says_within_three_seconds_that_it_is_old(tmp_path: Path, damage: str) -> None:
    broker = f"mqtt://127.0.0.1:{free_port()}"  # nobody is there: a store does not need its cloud
    async with Bakery(tmp_path, broker) as bakery, Cable(int(bakery.url.rsplit(":", 1)[1])) as cable:
        assert (await bakery.ask(type="place", data=BREAD))[0] == 200
        url = f"http://127.0.0.1:{cable.port}"
        async with display(url, size=(160, 50), client={"silence": SILENCE, "pauses": PAUSES}, language="en") as screen:
            await screen.shows("A001", "next:")
            clock, lag = asyncio.get_running_loop().time, Lag()
            before = clock()
            if damage == "killed":
                await bakery.kill()
            elif damage == "frozen":
                assert bakery.process is not None
                bakery.process.send_signal(signal.SIGSTOP)
            else:
                cable.pulled = True
            await screen.shows("CUT OFF")
            assert clock() - before - lag.stop() < WITHIN
            for view in VIEWS:
                screen.app.action_look_at(view.name)
                await screen.shows("CUT OFF", "what is shown is old: do not work from it")
                assert "CUT OFF" in screen.lines[0], "above the view too"
                assert "next:" not in screen.text.replace("number: next step", "")
            screen.app.action_look_at("board")  # it was hidden when its cards were drawn last
            await screen.settled()
            assert "not live: do not press" in screen.text
            assert "next:" not in screen.text.replace("number: next step", "")


@pytest.mark.parametrize("damage", ["killed", "frozen"])
async def test_a_board_behind_another_view_is_old_with_its_hub_and_live_again_with_it(
    tmp_path: Path, damage: str
) -> None:
    broker = f"mqtt://127.0.0.1:{free_port()}"
    async with Bakery(tmp_path, broker) as bakery:
        assert (await bakery.ask(type="place", data=BREAD))[0] == 200
        timing = {"silence": SILENCE, "pauses": PAUSES}
        async with display(bakery.url, size=(160, 50), client=timing, language="en") as screen:
            await screen.shows("A001", "next:")
            await screen.press("f4")
            await screen.hides("next: start")
            if damage == "killed":
                await bakery.kill()
            else:
                assert bakery.process is not None
                bakery.process.send_signal(signal.SIGSTOP)
            await screen.shows("CUT OFF")
            await screen.press("f2")
            await screen.settled()
            assert screen.says("not live: do not press")
            assert not screen.says("next: start")
            if damage == "frozen":
                assert bakery.process is not None
                await screen.press("f4")
                bakery.process.send_signal(signal.SIGCONT)
                await screen.hides("CUT OFF")
                await screen.press("f2")
                await screen.settled()
                assert screen.says("next: start")
                assert not screen.says("do not press")
