"""A running gateway with one store and one shop's own program."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.brokers import Broker
from tests.gateways import BareStore, RunningGateway, SetClock, StandIn, settings_of


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    """Who receives what customers are told."""
    async with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def clock() -> SetClock:
    """The gateway's."""
    return SetClock()


@pytest.fixture
async def gateway(broker: Broker, tmp_path: Path, stand_in: StandIn, clock: SetClock) -> AsyncIterator[RunningGateway]:
    """A gateway that tells customers by webhook."""
    settings = settings_of(broker, tmp_path, stand_in=stand_in.url)
    async with RunningGateway(settings, tmp_path / "gateway.db", clock) as gateway:
        yield gateway


@pytest.fixture
def store(broker: Broker) -> Iterator[BareStore]:
    """The store, connected."""
    with BareStore(broker) as store:
        yield store
