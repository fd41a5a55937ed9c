"""A serial keypad: turns its keys into what a baker asks of a station, and comes back after unplugging."""

import asyncio
import logging
import os
import termios
from contextlib import suppress

import serial

from devices.settings import Framing, KeypadSettings, parse_action, parse_key
from edge.hub import NotCommitted
from edge.intents import Asked, Refused
from edge.store import StoreHub
from edge.views import Device, DeviceState
from edge.words import Say

log = logging.getLogger(__name__)

BOUNCE = 0.03  # seconds: a worn contact closes again within 20 ms, a finger not within 80
FIRST_RETRY, LAST_RETRY = 0.1, 2.0  # seconds between attempts to open the port
MANY = 100  # keys without an action are named in the log once each, so many at most
SAID = 10.0  # seconds for which screens say why a press had no effect
LONGEST_KEY = 32  # bytes; more without an end is noise
STX, ETX, LINE_ENDS = 0x02, 0x03, b"\r\n"


class Frames:
    """Cuts what a keypad sends into keys."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._ends = LINE_ENDS if framing == "line" else bytes([ETX])
        self._key = bytearray()
        self._inside = framing == "line"  # a line begins by itself, a frame with STX

    def feed(self, data: bytes) -> list[bytes]:
        """The keys that are complete with these bytes."""
        if self._framing == "byte":
            return [bytes([byte]) for byte in data]
        keys = []
        for byte in data:
            if byte in self._ends:
                if self._inside and self._key:
                    keys.append(bytes(self._key))
                self._begin(inside=self._framing == "line")
            elif byte == STX and self._framing == "stx-etx":
                self._begin(inside=True)
            elif self._inside:
                self._key.append(byte)
                if len(self._key) > LONGEST_KEY:
                    self._begin(inside=False)
        return keys

    def _begin(self, *, inside: bool) -> None:
        self._key.clear()
        self._inside = inside


class Keypad:
    """One keypad; `run` it beside the others."""

    def __init__(self, settings: KeypadSettings, hub: StoreHub, *, say: Say) -> None:
        self._settings = settings
        self._hub = hub
        self._say = say
        self._actions: dict[bytes, Asked] = {
            parse_key(key, settings.framing): parse_action(action, settings.station)
            for key, action in settings.keys.items()
        }
        self._strange: set[bytes] = set()  # keys without an action that the log has named
        self._pressed: dict[bytes, float] = {}  # when a key was last heard
        self._asking: set[asyncio.Task[None]] = set()
        self._forgetting: asyncio.TimerHandle | None = None  # of a press that had no effect

    async def run(self) -> None:
        """Listen until cancelled; a missing port is opened as soon as it is there."""
        pause = FIRST_RETRY
        while True:
            try:
                port = await asyncio.to_thread(
                    serial.Serial, self._settings.port, self._settings.baud, timeout=0, exclusive=True
                )
            except (OSError, ValueError, termios.error) as error:  # termios.error is no OSError
                self._show("missing", self._say("the keypad is not there"))
                log.debug("keypad %s: %s", self._settings.id, error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LAST_RETRY)
                continue
            pause = FIRST_RETRY
            self._show("ok")
            try:
                await self._listen(port.fileno())
            finally:
                with suppress(OSError, termios.error):
                    port.close()
            log.warning("keypad %s was unplugged", self._settings.id)

    async def _listen(self, descriptor: int) -> None:
        """Take presses the moment they come, until the keypad is gone."""
        loop, gone = asyncio.get_running_loop(), asyncio.Event()
        frames = Frames(self._settings.framing)

        def read() -> None:
            try:
                data = os.read(descriptor, 1024)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                loop.remove_reader(descriptor)
                gone.set()
            for key in frames.feed(data):
                self._press(key)

        loop.add_reader(descriptor, read)
        try:
            await gone.wait()
        finally:
            loop.remove_reader(descriptor)

    def _press(self, key: bytes) -> None:
        intent = self._actions.get(key)
        if intent is None:
            if key not in self._strange and len(self._strange) < MANY:
                self._strange.add(key)
                log.warning("keypad %s: key 0x%s has no action", self._settings.id, key.hex())
            return
        now = self._hub.clock.monotonic()
        bounced = now - self._pressed.get(key, -BOUNCE) < BOUNCE
        self._pressed[key] = now
        if not bounced:
            task = asyncio.create_task(self._ask(intent))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, intent: Asked) -> None:
        try:
            await self._hub.submit(intent, by=f"keypad:{self._settings.id}")
        except (Refused, NotCommitted) as error:
            log.warning("keypad %s: %s", self._settings.id, error.reason)
            self._show("ok", error.said(self._say) if isinstance(error, Refused) else error.reason)
            self._forgetting = asyncio.get_running_loop().call_later(SAID, self._show, "ok")
        else:
            self._show("ok")

    def _show(self, state: DeviceState, reason: str = "") -> None:
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._hub.vitals.device(Device(self._settings.id, "keypad", state, reason))
