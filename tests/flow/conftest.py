"""What whole stores are tested with: the cloud at their broker."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from tests.brokers import Broker
from tests.cloud import Cloud
from tests.flow.bakery import STORE

pytest.register_assert_rewrite("tests.flow.providers")  # what a provider refuses is said with both sides


@pytest.fixture
def cloud_of() -> Iterator[Callable[[Broker], Cloud]]:
    """The cloud of the store, at a broker."""
    with ExitStack() as clouds:
        yield lambda broker: clouds.enter_context(closing(Cloud(broker, STORE)))


@pytest.fixture
def cloud(broker: Broker, cloud_of: Callable[[Broker], Cloud]) -> Cloud:
    """The cloud of the store, at the broker as the machine has one."""
    return cloud_of(broker)
