"""A keypad: each of its keys is what a baker asks of a station; a bump bar or number pad is one too."""

import logging
from typing import ClassVar

from devices.hand import Hand
from devices.keys import parse_action, parse_key, write_key
from devices.settings import KeypadSettings
from edge.store import StoreHub
from edge.views import DeviceKind
from edge.words import Say

log = logging.getLogger(__name__)

BOUNCE = 0.05  # seconds: a worn contact closes again within 20 ms and is read a little late; a finger not within 80
NOISE = bytes(0xFF << low & 0xFF for low in range(9))  # a spike on an idle cable: low for so many bits, then high again
MANY = 100  # keys without an action are named in the log once each, so many at most


class Keypad(Hand):
    """One `[[keypads]]`."""

    kind: ClassVar[DeviceKind] = "keypad"

    def __init__(self, settings: KeypadSettings, hub: StoreHub, *, say: Say) -> None:
        super().__init__(settings, hub, say=say)
        speaks = settings.speaks
        self._speaks = speaks
        self._actions = {
            parse_key(key, speaks): parse_action(action, settings.station) for key, action in settings.keys.items()
        }
        self._named = {parse_key(key, speaks) for key in settings.ignore}  # that the log need not name (again)
        self._most = len(self._named) + MANY
        self._pressed: dict[bytes, float] = {}  # when a key was last heard

    def heard(self, what: bytes) -> None:
        """A key was pressed, or its contact bounces, or it is none that does something."""
        what = self._behind_noise(what)
        intent = self._actions.get(what)
        if intent is None:
            if what not in self._named and len(self._named) < self._most:
                self._named.add(what)
                log.warning("%s: key %s has no action", self.name, write_key(what, self._speaks))
            return
        now = self._hub.clock.monotonic()
        bounced = now - self._pressed.get(what, -BOUNCE) < BOUNCE
        self._pressed[what] = now
        if not bounced:
            self.ask(intent)

    def _behind_noise(self, what: bytes) -> bytes:
        """The key at the end of a line that noise is glued to, unless it may be the rest of a longer one."""
        if self._speaks != "line" or what in self._actions:
            return what
        key = what.lstrip(NOISE)
        codes = self._actions.keys() | self._named
        return what if any(code != key and code.endswith(key) for code in codes) else key
