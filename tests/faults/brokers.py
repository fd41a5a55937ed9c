"""Brokers for faults: mosquitto on a port that no outgoing connection can take while it is dead."""

import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.brokers import MOSQUITTO, Broker

STEADY = range(10_000, 30_000)  # below the ports that the kernel gives to outgoing connections


@asynccontextmanager
async def a_broker(directory: Path, *lines: str) -> AsyncIterator[Broker]:
    """A mosquitto that keeps its port when it is killed and started again."""
    broker = Broker(directory, *lines)
    broker.port = steady_port()
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def no_mosquitto() -> str:
    """The reason where this machine has none."""
    return "" if MOSQUITTO else "mosquitto is not on this machine"


def steady_port() -> int:
    """A port that nobody listens on and nobody is given by chance."""
    while True:
        port = random.SystemRandom().choice(STEADY)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
