"""Vitals: what the adapters know about the outside world right now, for the status line of every screen."""

from edge.views import CloudState, Device


class Vitals:
    """Kept by the adapters, read by the feed; nothing in it is journalled."""

    def __init__(self) -> None:
        self.cloud: CloudState = "none"
        self.cloud_reason = ""  # why the cloud is away, for people
        self.practice = False  # nothing here is real
        self.last_heard: float | None = None
        self.devices: dict[str, Device] = {}

    def heard(self, at: float) -> None:
        """The cloud said something."""
        self.last_heard = at

    def shift(self, seconds: float) -> None:
        """The clock was set."""
        if self.last_heard is not None:
            self.last_heard += seconds

    def device(self, device: Device) -> None:
        """What an adapter found out about its device; replaces what it said before."""
        self.devices[f"{device.kind}:{device.id}"] = device
