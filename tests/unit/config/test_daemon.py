"""A daemon is gone within the five seconds that systemd and the contract give it, whatever hangs."""

import asyncio

import pytest

from cloud_bridge import link
from cloud_bridge.gateway import courier, road
from config.commands import daemon
from config.failed import Failed
from edge import feed

CONTRACT = 5.0  # seconds


class Hanging:
    """A part that does not stop, with its own heart."""

    trouble = ""

    def __init__(self) -> None:
        self.failed = asyncio.Event()

    @property
    def hub(self) -> "Hanging":
        return self

    async def stop(self) -> None:
        await asyncio.Event().wait()


async def test_a_part_that_does_not_stop_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "GOODBYE", 0.01)
    stopped = asyncio.Event()
    stopped.set()
    with pytest.raises(Failed, match="left behind"):
        await daemon.live(Hanging(), stopped, "ready")


def test_every_goodbye_is_over_before_the_daemon_s_and_that_before_the_contract_s() -> None:
    for part in (link, courier, road, feed):
        assert part.GOODBYE < daemon.GOODBYE - 1
    assert daemon.GOODBYE < CONTRACT
