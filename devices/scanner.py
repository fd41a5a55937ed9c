"""A scanner: the code on a ticket is its order; a scan is the order's next press at a station, or collects it."""

from typing import ClassVar

from devices.hand import Hand
from devices.hid import Presses, Typed
from devices.settings import ScannerSettings
from edge.intents import Bump, Collect
from edge.orders import OrderId
from edge.store import StoreHub
from edge.views import DeviceKind
from edge.words import Say

AGAIN = 2.0  # seconds in which the same code is the same scan: scanners read on while a ticket lies before them


class Scanner(Hand):
    """One `[[scanners]]`."""

    kind: ClassVar[DeviceKind] = "scanner"
    typed: ClassVar[type[Presses]] = Typed

    def __init__(self, settings: ScannerSettings, hub: StoreHub, *, say: Say) -> None:
        super().__init__(settings, hub, say=say)
        self._station = settings.station
        self._last = (OrderId(""), 0.0)

    def heard(self, what: bytes) -> None:
        """A code was read."""
        order, now = OrderId(what.decode(errors="replace").strip()), self._hub.clock.monotonic()
        same = order == self._last[0] and now - self._last[1] < AGAIN
        self._last = order, now
        if order and not same:
            self.ask(Bump(station=self._station, order=order) if self._station else Collect(order))
