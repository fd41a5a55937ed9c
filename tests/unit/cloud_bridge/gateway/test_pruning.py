"""What is too old leaves the journal, and whoever asks for it hears that it will never come."""

from pathlib import Path

from cloud_bridge.gateway.pruning import prune_once
from tests.brokers import Broker
from tests.cloud import until
from tests.gateways import BareStore, RunningGateway, order, settings_of


async def test_a_store_that_asks_for_what_was_pruned_hears_that_it_is_gone(
    gateway: RunningGateway, store: BareStore
) -> None:
    for number in range(1, 4):
        await gateway.tell("placed", order(number))
    await until(lambda: len(store.orders) == 3)
    hub = gateway.gateway.hub
    await until(lambda: not len(hub.board.outbox))
    await prune_once(hub, -1)  # everything up to tomorrow, but the newest fact
    store.orders.clear()
    store.ask(after=1)
    await until(lambda: store.told("sequence.skipped"))
    [skipped] = store.told("sequence.skipped")
    assert skipped["data"] == {"from": "2", "through": "3"}


async def test_names_are_gone_from_the_file_after_pruning(broker: Broker, tmp_path: Path) -> None:
    journal = tmp_path / "gateway.db"
    async with RunningGateway(settings_of(broker, tmp_path), journal) as gateway:
        await gateway.tell("placed", order(1, customer={"name": "Zebediah Quux"}))
        await gateway.tell("placed", {"id": "shop-2", "displayId": "Zebediah Quux"})
        await until(lambda: gateway.gateway.hub.board.counters.letters == 1)
        await until(lambda: not len(gateway.gateway.hub.board.outbox))
        assert b"Zebediah" in _bytes(tmp_path)
        await prune_once(gateway.gateway.hub, -1)
        assert gateway.gateway.hub.board.counters.letters == 0
    assert b"Zebediah" not in _bytes(tmp_path)


def _bytes(directory: Path) -> bytes:
    return b"".join(file.read_bytes() for file in directory.glob("gateway.db*"))
