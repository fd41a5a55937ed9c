"""Hands: what keypads and scanners do alike: wait for their port, hear, ask the hub, and say what is wrong."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from devices.frames import Frames
from devices.hid import Presses
from devices.port import listen, open_port, why
from devices.settings import Listened
from edge.hub import NotCommitted
from edge.intents import FromKeypad, Refused
from edge.store import StoreHub
from edge.views import Device, DeviceKind, DeviceState
from edge.words import Say
from edge.worker import Worker

log = logging.getLogger(__name__)

FIRST_RETRY, LAST_RETRY = 0.1, 2.0  # seconds between attempts to open the port
SAID = 10.0  # seconds for which screens say why a press had no effect
MOST = 100  # asked at once: no hand is so quick, but a scanner at the wrong speed is
REST = 1.0  # seconds between two lines of the log about what had no effect


class Hand(ABC):
    """One device; `run` it beside the others. What it heard is the business of its kind."""

    kind: ClassVar[DeviceKind]
    typed: ClassVar[type[Presses]] = Presses  # how a keyboard is read

    def __init__(self, settings: Listened, hub: StoreHub, *, say: Say) -> None:
        self._listened = settings
        self._hub = hub
        self._say = say
        self._asking: set[asyncio.Task[None]] = set()
        self._state: DeviceState = "missing"
        self._forgetting: asyncio.TimerHandle | None = None  # of a press that had no effect
        self._logged = -REST  # when the log last had a line of one

    @abstractmethod
    def heard(self, what: bytes) -> None:
        """A key was pressed, or a code was read."""

    @property
    def name(self) -> str:
        """What the log calls it."""
        return f"{self.kind} {self._listened.id}"

    async def run(self) -> None:
        """Listen until cancelled; a missing port is opened as soon as it is there."""
        with Worker(self.name) as worker:
            await self._run(worker)

    async def _run(self, worker: Worker) -> None:
        loop, device, pause = asyncio.get_running_loop(), self._listened, FIRST_RETRY
        plug_in = partial(open_port, device.place, device.baud, device.speaks)
        while True:
            try:
                port = await worker.open(plug_in, lambda port: port.close())
                self._show("ok")
                since = loop.time()
                await listen(port, self._ears())
            except OSError as error:
                log.debug("%s: %s", self.name, error)
                self._show("missing", why(error, device.place, self._say))
                pause = min(pause * 2, LAST_RETRY)
            else:
                log.warning("%s was unplugged", self.name)
                self._show("missing", self._say("unplugged"))
                # One that comes and goes at once must not keep the hub busy.
                pause = FIRST_RETRY if loop.time() - since > LAST_RETRY else min(pause * 2, LAST_RETRY)
            await asyncio.sleep(pause)

    def _ears(self) -> Callable[[bytes], None]:
        """What takes the bytes from one plugging in to the next pulling out."""
        frames = self.typed() if self._listened.speaks == "hid" else Frames(self._listened.speaks)

        def hear(data: bytes) -> None:
            for what in frames.feed(data):
                self.heard(what)

        return hear

    def ask(self, intent: FromKeypad) -> None:
        """Ask the hub, and go on listening; why it did nothing is shown for a while."""
        if len(self._asking) >= MOST:
            return
        task = asyncio.create_task(self._ask(intent))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, intent: FromKeypad) -> None:
        try:
            await self._hub.submit(intent, by=f"{self.kind}:{self._listened.id}")
        except (Refused, NotCommitted) as error:
            now = asyncio.get_running_loop().time()
            if now - self._logged >= REST:
                self._logged = now
                log.warning("%s: %s", self.name, error.reason)
            reason = error.said(self._say) if isinstance(error, Refused) else error.reason
        else:
            reason = ""
        if self._state == "ok":  # an answer must not hide that it was pulled out meanwhile
            self._show("ok", reason)
            if reason:
                self._forgetting = asyncio.get_running_loop().call_later(SAID, self._show, "ok")

    def _show(self, state: DeviceState, reason: str = "") -> None:
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._state = state
        self._hub.vitals.device(Device(self._listened.id, self.kind, state, reason))
