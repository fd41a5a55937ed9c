"""The ready broker of a chain: each store has its own road, over TLS, and none can see or touch another's."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest

from cloud_bridge.messages import topics_of
from tests.brokers import Broker
from tests.certificates import Authority
from tests.cloud import Cloud, order_event, until
from tests.flow.bakery import STORE, Bakery
from tests.flow.chain import ADD, CLOUD_PASSWORD, REMOVE, ChainBroker, Guest
from tests.flow.test_command import ovenbell

OTHER = "hz-0013"
OURS, THEIRS = topics_of(STORE), topics_of(OTHER)
GOOD, NOT_AUTHORIZED = 0x00, 0x87


@pytest.fixture
def chain(tmp_path: Path, mosquitto: Callable[..., Broker]) -> Iterator[ChainBroker]:
    """A chain of two stores, whose passwords are their names."""
    del mosquitto  # it says what to do where the machine has none
    (tmp_path / "broker").mkdir()
    broker = ChainBroker(tmp_path / "broker")
    for store in (STORE, OTHER):
        broker.follow(ADD, store, store)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def cloud(chain: ChainBroker) -> Iterator[Cloud]:
    with closing(Cloud(chain, STORE, password=CLOUD_PASSWORD, ca_file=chain.ca_file)) as cloud:
        yield cloud


def bakery_at(
    broker: ChainBroker, directory: Path, account: str = f'username = "{STORE}"', **environment: str
) -> Bakery:
    """A bakery that knows the chain's authority, and its own account."""
    bakery = Bakery(directory, broker.url, **environment)
    plain = bakery.settings
    cloud = f'[cloud]\nca_file = "{broker.ca_file}"\n{account}'
    bakery.settings = lambda: plain().replace("[cloud]", cloud)  # type: ignore[method-assign]
    return bakery


async def test_a_store_of_the_chain_takes_orders_and_its_doctor_is_content(
    chain: ChainBroker, cloud: Cloud, tmp_path: Path
) -> None:
    password = {"OVENBELL_CLOUD_PASSWORD": STORE}
    async with bakery_at(chain, tmp_path, **password) as bakery:
        await until(lambda: cloud.told("backfill") and cloud.presence.get("state") == "online")
        cloud.send(order_event(1))
        await until(lambda: cloud.told(kind="order.accepted"))
        doctor = await asyncio.to_thread(ovenbell, "doctor", "--config", str(tmp_path / "store.toml"), **password)
        assert doctor.returncode == 0, doctor.stdout
        assert "warning" not in doctor.stdout
        assert cloud.presence["state"] == "online"
        assert await bakery.stop() == 0
    await until(lambda: cloud.presence["state"] == "offline")


async def test_a_store_reads_nothing_of_another_by_whatever_name_it_asks(chain: ChainBroker) -> None:
    with Guest(chain, "cloud", CLOUD_PASSWORD) as cloud, Guest(chain, STORE) as us, Guest(chain, OTHER) as spy:
        us.publish(OURS.presence, b"kept", retain=True)
        spy.subscribe(*OURS, "#", "+/+/+/+", "ovenbell/#", "ovenbell/v1/#", "ovenbell/v1/+/orders", f"+/+/{STORE}/+")
        spy.subscribe(f"$share/us/{OURS.orders}", "$share/us/#", "$SYS/#", f"ovenbell/v1/{STORE}/#")
        for topic in (OURS.orders, OURS.receipts):
            assert cloud.publish(topic) == GOOD
        for topic in (OURS.stages, OURS.backfill, OURS.presence):
            assert us.publish(topic) == GOOD
        assert cloud.publish(THEIRS.orders, b"the last") == GOOD
        await until(lambda: (THEIRS.orders, b"the last") in spy.heard)
        assert {topic for topic, _ in spy.heard} == {THEIRS.orders}


async def test_a_store_writes_nothing_of_another(chain: ChainBroker) -> None:
    with Guest(chain, "cloud", CLOUD_PASSWORD) as cloud, Guest(chain, STORE) as us, Guest(chain, OTHER) as vandal:
        cloud.subscribe("ovenbell/v1/#")
        us.subscribe(*OURS)
        for topic, retain in product(OURS, (False, True)):
            assert vandal.publish(topic, b"forged", retain=retain) == NOT_AUTHORIZED
        for topic in (
            "ovenbell/v1",
            "ovenbell/v1//orders",
            f"ovenbell/v1/{OTHER}",
            "ovenbell/v2/x",
            "$SYS/broker",
            "a",
        ):
            assert vandal.publish(topic, b"forged") == NOT_AUTHORIZED
        for number, will in enumerate((OURS.presence, THEIRS.presence)):
            Guest(chain, OTHER, client_id=f"dying-{number}", will=will).die()
        await until(lambda: cloud.heard)
        assert cloud.publish(OURS.orders, b"the last") == GOOD
        await until(lambda: us.heard)
        assert (cloud.heard, us.heard) == ([(THEIRS.presence, b"will")], [(OURS.orders, b"the last")])


async def test_each_reads_and_writes_in_its_direction_only(chain: ChainBroker) -> None:
    with Guest(chain, "cloud", CLOUD_PASSWORD) as cloud, Guest(chain, STORE) as us:
        us.subscribe(*OURS)
        cloud.subscribe(*OURS)
        codes = {topic: (us.publish(topic, b"ours"), cloud.publish(topic, b"cloud's")) for topic in OURS}
        up, down = (GOOD, NOT_AUTHORIZED), (NOT_AUTHORIZED, GOOD)
        assert [*codes.values()] == [down, up, up, down, up]
        await until(lambda: len(us.heard) == len(cloud.heard) == 3)
        assert sorted(us.heard) == [(OURS.orders, b"cloud's"), (OURS.presence, b"ours"), (OURS.receipts, b"cloud's")]
        assert {payload for _, payload in cloud.heard} == {b"ours"}


async def test_nobody_gets_in_without_an_account_nor_under_a_name_that_is_a_wildcard(chain: ChainBroker) -> None:
    for user, password in ((STORE, "guess"), ("nobody", "nobody"), ("", ""), ("cloud", STORE)):
        with Guest(chain, user, password, client_id="stranger") as stranger:
            assert stranger.refused, user
    chain.follow(ADD, "joker", "+")
    chain.reload()
    with Guest(chain, "cloud", CLOUD_PASSWORD) as cloud, Guest(chain, STORE) as us, Guest(chain, "+", "joker") as joker:
        if not joker.refused:
            joker.subscribe("#")
            assert joker.publish(OURS.stages) == NOT_AUTHORIZED
        us.subscribe(OURS.orders)
        cloud.publish(OURS.orders, b"cake")
        await until(lambda: us.heard)
        cloud.publish(OURS.orders, b"bread")
        await until(lambda: len(us.heard) == 2)
        assert joker.heard == []


async def test_a_store_that_comes_under_anothers_client_id_does_not_get_its_queue(chain: ChainBroker) -> None:
    with Guest(chain, STORE, session=3600) as us:
        us.subscribe(OURS.orders)
    with Guest(chain, "cloud", CLOUD_PASSWORD) as cloud, Guest(chain, OTHER, client_id="quiet") as them:
        cloud.publish(OURS.orders, b"cake")
        with Guest(chain, OTHER, client_id=STORE, session=3600) as thief:
            for guest in (thief, them):
                guest.subscribe(THEIRS.orders)
            cloud.publish(OURS.orders, b"bread")
            cloud.publish(THEIRS.orders, b"the last")
            await until(lambda: thief.heard and them.heard)
            assert thief.heard == [(THEIRS.orders, b"the last")]


async def test_a_store_that_was_closed_overnight_finds_all_its_orders_though_the_broker_restarted(
    chain: ChainBroker,
) -> None:
    with Guest(chain, STORE, session=3600) as us:
        us.subscribe(OURS.orders)
    with Guest(chain, "cloud", CLOUD_PASSWORD) as cloud:
        for number in range(1500):  # more than mosquitto keeps by itself
            cloud.publish(OURS.orders, b"%d" % number)
    chain.stop()
    chain.start()
    with Guest(chain, STORE, session=3600) as us:
        await until(lambda: len(us.heard) >= 1500)
        assert [int(payload) for _, payload in us.heard] == [*range(1500)]


async def test_a_message_too_large_for_the_hub_reaches_it_and_one_without_reason_does_not(
    chain: ChainBroker, cloud: Cloud, tmp_path: Path
) -> None:
    async with bakery_at(chain, tmp_path, OVENBELL_CLOUD_PASSWORD=STORE):
        await until(lambda: cloud.presence)
        cloud.send(b"x" * 300_000)
        await until(lambda: cloud.told(kind="order.rejected"))
        assert "256 KiB" in cloud.told(kind="order.rejected")[0]["data"]["reason"]
        with Guest(chain, "cloud", CLOUD_PASSWORD) as guest:
            assert 256 * 1024 < guest.largest < 2_000_000
            guest.push(OURS.orders, b"x" * 2_000_000)
            await until(guest.gone.is_set)
        cloud.send(order_event(1))
        await until(lambda: cloud.told(kind="order.accepted"))
        assert len(cloud.told(kind="order.rejected")) == 1


async def test_a_rotated_password_is_taken_from_its_file_without_a_restart(
    chain: ChainBroker, cloud: Cloud, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(STORE)
    secret.chmod(0o600)
    account = f'username = "{STORE}"\npassword_file = "{secret}"'
    async with bakery_at(chain, tmp_path, account) as bakery:
        await until(lambda: cloud.presence.get("state") == "online")
        chain.follow(ADD, "sourdough")
        chain.reload()
        await bakery.until_board(lambda board: board["status"]["cloud"] == "away")
        secret.write_text("sourdough\n")
        await bakery.until_board(lambda board: board["status"]["cloud"] == "connected")
        chain.follow(REMOVE)
        chain.reload()
        await bakery.until_board(lambda board: board["status"]["cloud"] == "away")


async def test_a_chain_may_give_its_stores_certificates_instead_of_passwords(
    tmp_path: Path, mosquitto: Callable[..., Broker]
) -> None:
    del mosquitto
    (tmp_path / "broker").mkdir()
    stores = Authority(tmp_path, "stores")
    broker = ChainBroker(tmp_path / "broker", stores_ca=stores.ca_file)
    broker.start()
    try:
        ours = stores.issue(STORE)
        account = f'cert_file = "{ours.cert_file}"\nkey_file = "{ours.key_file}"'
        async with bakery_at(broker, tmp_path, account) as bakery:
            await bakery.until_board(lambda board: board["status"]["cloud"] == "connected")
    finally:
        broker.stop()
