"""What the doctor finds of the store itself: its hub, its secrets."""

import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from cloud_bridge.settings import BrokerSettings
from config.doctor.devices import Told
from config.doctor.line import WARNING, Line
from config.doctor.running import Place, examine_running
from config.settings import StoreFile
from edge.settings import feed_token, is_loopback
from edge.views import Status
from edge.words import Say


class _Board(msgspec.Struct):
    """Of the board, how the hub finds its devices."""

    status: Status


async def examine_hub(settings: StoreFile, say: Say) -> tuple[Line, Told | None]:
    """Whether a hub runs, and what it says of its devices; none where no hub runs."""
    place = Place("hub", settings.feed.listen, "feed.listen", "/api/board", _Board)
    line, runs, board = await examine_running(place, lambda: feed_token(settings.feed), say)
    devices = board.status.devices if board else ()
    return line, {(device.kind, device.id): device for device in devices} if runs else None


def examine_secrets(
    broker: BrokerSettings | None, secrets: Iterable[Path], say: Say, who: str = "hub"
) -> Iterator[Line]:
    """What others could listen to or read: a road without TLS to another machine, a secret in an open file."""
    if broker is not None and not broker.address.tls and not is_loopback(broker.address.host):
        found = say("orders and password go to {address} in the clear: use mqtts://").format(address=broker.address)
        yield Line(WARNING, "cloud" if who == "hub" else "broker", found)
    for path in secrets:
        with suppress(OSError):  # said by the part that needs it
            if path.stat().st_mode & stat.S_IROTH:
                found = say(
                    "{path} may be read by everybody on this machine: chmod 600, owned by the user of the {who}"
                )
                yield Line(WARNING, "secrets", found.format(path=path, who=say(who)))
