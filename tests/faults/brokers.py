"""Brokers for faults: mosquitto, which keeps its port while it is dead."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.brokers import MOSQUITTO, Broker


@asynccontextmanager
async def a_broker(directory: Path, *lines: str) -> AsyncIterator[Broker]:
    """A mosquitto that keeps its port when it is killed and started again."""
    broker = Broker(directory, *lines).start()
    try:
        yield broker
    finally:
        broker.stop()


def no_mosquitto() -> str:
    """The reason where this machine has none."""
    return "" if MOSQUITTO else "mosquitto is not on this machine"
