"""The link on real brokers: what it brings, when it acknowledges, how it comes back, and what the cloud sees of it."""

import asyncio
import errno
import json
import logging
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from cloud_bridge import CloudSettings, probe
from cloud_bridge.connection import Life
from edge.heard import Range
from edge.words import speak
from tests.brokers import Broker, free_port
from tests.cloud import EXAMPLE, PATIENCE, ended_event, order_event, until
from tests.unit.cloud_bridge.conftest import STORE

# Takes orders at a broker and is killed when its journal has just committed them, before the broker is told.
DYING_STORE = """
import asyncio, os, signal, sys
from pathlib import Path
from cloud_bridge import CloudSettings, Link
from edge.clock import SystemClock
from edge.layout import lay_out
from edge.store import store_hub
from edge.words import speak

async def main(url, journal):
    hub = store_hub(lay_out(), Path(journal), SystemClock())
    await hub.start()
    commit = hub.journal.commit
    async def last_commit(*batch):
        await commit(*batch)
        os.kill(os.getpid(), signal.SIGKILL)
    hub.journal.commit = last_commit
    await Link(hub, CloudSettings(url=url), store="hz-0012", say=speak("en")).start()
    await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_an_order_arrives_and_the_cloud_is_told_that_it_was_accepted(
    broker: Broker, opened: Any, cloud_of: Any
) -> None:
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    cloud.send(order_event(1))
    await until(lambda: store.has("o-1") and cloud.told(kind="order.accepted"))
    (accepted,) = cloud.told(kind="order.accepted")
    assert accepted["data"]["event"] == "e-1"
    assert accepted["source"] == f"/stores/{STORE}/{store.hub.journal.id}"
    assert store.hub.vitals.cloud == "connected"
    assert store.hub.vitals.last_heard is not None


async def test_mqtt_3_1_1_carries_the_same(mosquitto: Any, opened: Any, cloud_of: Any) -> None:
    broker = mosquitto()
    cloud = cloud_of(broker)
    store = await (await opened(broker, protocol="3.1.1")).online()
    cloud.send(order_event(1))
    await until(lambda: cloud.told(kind="order.accepted"))
    await store.stop()
    cloud.send(order_event(2))
    store = await (await opened(broker, protocol="3.1.1")).online()
    await until(lambda: store.has("o-1", "o-2"))


async def test_every_connect_asks_the_cloud_for_what_was_missed(broker: Broker, opened: Any, cloud_of: Any) -> None:
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    await until(lambda: len(cloud.told("backfill")) == 1)
    await store.cut()
    await until(lambda: len(cloud.told("backfill")) == 2)
    first, second = cloud.told("backfill")
    assert [event["type"] for event in (first, second)] == ["ovenbell.backfill.requested"] * 2
    assert [event["sequence"] for event in (first, second)] == ["1", "2"]
    assert first["data"] == {}, "nothing was ever seen"
    assert first["id"] != second["id"]


async def test_what_is_missing_is_asked_for_and_once_it_has_come_no_more(
    broker: Broker, opened: Any, cloud_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud_bridge.link.GAP_MAY_CLOSE", 0.01)
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    cloud.send(*(order_event(number) for number in (1, 2, 5)))
    await until(lambda: len(cloud.told("backfill")) == 3)
    _, first, second = cloud.told("backfill")
    assert first["data"]["after"] == second["data"]["after"] == "2"
    assert first["data"]["since"] == json.loads(EXAMPLE)["time"]
    assert store.has("o-5"), "nothing waits for a gap"
    assert store.hub.board.counters.heard.gaps == (Range(3, 4),)
    cloud.send(order_event(3), order_event(4), order_event(5))
    await until(lambda: not store.hub.board.counters.heard.above)
    asked = len(cloud.told("backfill"))
    await store.cut()
    await until(lambda: len(cloud.told("backfill")) == asked + 1)
    assert cloud.told("backfill")[-1]["data"]["after"] == "5"
    assert len(await store.placed()) == 5


async def test_what_the_cloud_cannot_send_again_is_no_longer_missed(broker: Broker, opened: Any, cloud_of: Any) -> None:
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    cloud.send(order_event(9))
    await until(lambda: store.hub.board.counters.heard.gaps == (Range(1, 8),))
    skipped = order_event(0, id="skip", type="ovenbell.sequence.skipped", subject=None, sequence=None)
    cloud.send(skipped | {"data": {"from": "1", "through": "8"}})
    await until(lambda: store.hub.board.counters.heard.through == 9)


async def test_connections_are_counted_in_the_life_of_the_journal(broker: Broker, opened: Any, cloud_of: Any) -> None:
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    await store.cut()
    await until(lambda: cloud.presence["epoch"] == 2 and store.link.epoch == 2)
    await store.stop()
    store = await (await opened(broker)).online()
    await until(lambda: cloud.presence["epoch"] == 3)
    assert store.link.epoch == cloud.presence["epoch"] == 3


async def test_a_broker_that_forgets_its_limit_is_not_read_beyond_it(
    mosquitto: Any, opened: Any, cloud_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud_bridge.connection.PATIENT_FOR", 50)
    broker = mosquitto("max_queued_messages 0")
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    with monkeypatch.context() as full:
        full.setattr(store.hub.journal, "_commit", _full_disk)
        cloud.send(*(order_event(number) for number in range(1, 301)))
        await until(lambda: store.hub.trouble and store.hub.backlog >= 50)
        assert store.hub.backlog < 150, "what one read brings may be more than the limit"
    await until(lambda: store.has(*(f"o-{number}" for number in range(1, 301))))


def _full_disk(_pack: Any) -> None:
    raise OSError(errno.ENOSPC, "no space left")


async def test_the_store_starts_while_its_broker_is_away_and_finds_it_later(
    broker: Broker, opened: Any, cloud_of: Any
) -> None:
    broker.stop()
    store = await opened(broker)
    await until(lambda: "cannot be reached" in store.hub.vitals.cloud_reason)
    assert store.hub.vitals.cloud == "away"
    broker.start()
    await store.online()
    cloud_of(broker).send(order_event(1))
    await until(lambda: store.has("o-1"))
    broker.kill()
    await until(lambda: store.hub.vitals.cloud == "away")
    broker.start()
    await until(lambda: store.hub.vitals.cloud == "connected")


async def test_orders_of_a_closed_store_wait_at_the_broker(mosquitto: Any, opened: Any, cloud_of: Any) -> None:
    broker = mosquitto()
    await (await (await opened(broker)).online()).stop()
    cloud = cloud_of(broker)
    cloud.send(*(order_event(number) for number in range(300)))
    store = await opened(broker)
    await until(lambda: store.has(*(f"o-{number}" for number in range(300))))


async def test_a_store_killed_between_commit_and_acknowledgement_loses_and_doubles_nothing(
    mosquitto: Any, opened: Any, cloud_of: Any, tmp_path: Path
) -> None:
    broker = mosquitto()
    await (await (await opened(broker)).online()).stop()
    cloud = cloud_of(broker)
    cloud.send(*(order_event(number) for number in range(500)))
    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", DYING_STORE, broker.url, str(tmp_path / "journal.db")], check=False
    )
    assert killed.returncode == -signal.SIGKILL
    store = await opened(broker)
    assert await store.placed(), "it was killed after its commit"
    await until(lambda: store.has(*(f"o-{number}" for number in range(500))))
    assert len(await store.placed()) == 500


async def test_a_late_acknowledgement_never_reaches_a_session_that_came_after(
    mosquitto: Any, opened: Any, cloud_of: Any
) -> None:
    broker = mosquitto()
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    held: list[tuple[str, int, Any]] = []
    store.hub.offer = lambda intent, *, done, **_: held.append((intent.order.id, done.args[0], done))
    cloud.send(*(order_event(number) for number in range(5)))
    await until(lambda: len(held) == 5)
    cloud.close()
    broker.kill()  # and with it the session
    await until(lambda: store.hub.vitals.cloud == "away")
    broker.start()
    await store.online(2)
    cloud = cloud_of(broker)
    cloud.send(*(order_event(number) for number in range(5, 10)))
    await until(lambda: len(held) == 10)
    late, fresh = held[:5], held[5:]
    assert {mid for _, mid, _ in late} & {mid for _, mid, _ in fresh}, "the broker uses packet ids again"
    for _, _, acknowledge in late:
        acknowledge()
    await store.cut()
    await until(lambda: len(held) == 15)
    assert {order for order, _, _ in held[10:]} == {order for order, _, _ in fresh}, "not one was acknowledged"


async def test_a_mistake_in_a_callback_does_not_end_the_link(
    broker: Broker, opened: Any, cloud_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()

    def mistaken(*_: Any, **__: Any) -> None:
        raise KeyError("a mistake")

    with monkeypatch.context() as patched:
        patched.setattr("cloud_bridge.connection.read_presence", mistaken)  # on the network thread
        patched.setattr(store.link, "published", mistaken)  # on the loop's
        cloud.send(b"{}", topic="presence")
        patched.setattr("cloud_bridge.reader._stamp", mistaken)
        cloud.send(order_event(1))
        await until(lambda: store.hub.board.counters.dead_letters == 1)
    cloud.send(order_event(2))
    await until(lambda: store.has("o-2"))
    assert store.link.epoch == 1


async def test_what_cannot_be_understood_is_kept_acknowledged_and_answered(
    mosquitto: Any, opened: Any, cloud_of: Any
) -> None:
    broker = mosquitto()
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    cloud.send(b"\xff not json", b"x" * 10_000_000, order_event(1) | {"data": {"id": "o-1"}}, order_event(2))
    await until(lambda: store.has("o-2") and len(cloud.told(kind="order.rejected")) == 3)
    assert [event["data"].get("event") for event in cloud.told(kind="order.rejected")] == [None, None, "e-1"]
    await store.cut()
    cloud.send(order_event(3))
    await until(lambda: store.has("o-3"))
    assert store.hub.board.counters.dead_letters == 3


async def test_the_same_event_has_one_effect_however_often_it_comes(broker: Broker, opened: Any, cloud_of: Any) -> None:
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    cloud.send(*[order_event(1)] * 5, ended_event(1, "cancelled"), order_event(2))
    await until(lambda: store.has("o-2") and len(cloud.told(kind="order.accepted")) >= 3)
    assert len(await store.placed()) == 2


async def test_presence_says_online_and_when_the_store_closes_offline(
    broker: Broker, opened: Any, cloud_of: Any
) -> None:
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    await until(lambda: cloud.presence.get("state") == "online")
    assert cloud.presence["epoch"] == 1
    assert cloud.presence["journal"] == store.hub.journal.id
    async with asyncio.timeout(PATIENCE):
        await store.link.stop()
    await until(lambda: cloud.presence["state"] == "offline")


async def test_a_cut_cable_is_told_by_the_will_and_each_connection_is_counted(
    mosquitto: Any, opened: Any, cloud_of: Any
) -> None:
    broker = mosquitto()
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    await until(lambda: cloud.presence)
    await store.cut()
    await until(lambda: cloud.presence["epoch"] == 2)
    states = [(message["state"], message["epoch"]) for message in cloud.told("presence")]
    assert ("offline", 1) in states
    assert states[-1] == ("online", 2)


async def test_a_presence_that_says_offline_is_mended(broker: Broker, opened: Any, cloud_of: Any) -> None:
    cloud = cloud_of(broker)
    await (await opened(broker)).online()
    await until(lambda: cloud.presence.get("state") == "online")
    somebody_elses_will = json.dumps(cloud.presence | {"state": "offline", "epoch": 7}).encode()
    for wrong in (somebody_elses_will, b'{"state": "offline"}', b""):
        said = len(cloud.told("presence")) + bool(wrong)
        cloud.send(wrong, topic="presence", retain=True)
        await until(lambda said=said: len(cloud.told("presence")) > said)
        assert (cloud.presence["state"], cloud.presence["epoch"]) == ("online", 1)


async def test_a_store_whose_name_was_taken_over_comes_back_and_is_online(
    mosquitto: Any, opened: Any, cloud_of: Any
) -> None:
    broker = mosquitto()
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    other = Client(CallbackAPIVersion.VERSION2, STORE, protocol=MQTTProtocolVersion.MQTTv5)
    other.connect("127.0.0.1", broker.port)
    other.loop_start()
    await store.online(2)
    other.disconnect()
    other.loop_stop()
    await until(lambda: cloud.presence.get("state") == "online" and cloud.presence["epoch"] >= 2)


async def test_a_connection_that_cannot_even_be_made_is_logged_and_tried_again(
    broker: Broker, opened: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = await (await opened(broker)).online()

    tries: list[int] = []

    def no_socket() -> None:
        tries.append(store.link.epoch)
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr("cloud_bridge.connection.socket.socketpair", no_socket)
        store.connection.abandon()
        await until(lambda: len(tries) >= 3)
        assert "Too many open files" in store.hub.vitals.cloud_reason
    await store.online(2)
    said = [record.exc_info for record in caplog.records if record.levelno == logging.ERROR]
    assert len(said) == len(tries) >= 2
    assert all(said)
    assert store.hub.vitals.cloud == "connected"


async def test_a_road_that_never_holds_for_long_is_tried_more_and_more_rarely(broker: Broker, opened: Any) -> None:
    store = await (await opened(broker)).online()
    for cuts in (1, 2, 3):
        await store.cut()
        assert store.backoff.tries == cuts


async def test_once_a_connection_has_held_the_next_wait_is_short_again(
    broker: Broker, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = await (await opened(broker)).online()
    await store.cut()
    await store.cut()
    monkeypatch.setattr("cloud_bridge.link.STEADY", 0.0)
    await store.cut()
    assert store.backoff.tries == 1


async def test_a_try_that_took_long_and_was_never_let_in_is_no_connection_that_held(
    broker: Broker, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud_bridge.link.STEADY", 0.0)
    broker.stop()
    store = await opened(broker)
    await until(lambda: store.backoff.tries >= 3)


async def test_a_link_that_is_half_open_is_noticed(
    mosquitto: Any, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud_bridge.connection.KEEPALIVE", 1)
    broker = mosquitto()
    store = await (await opened(broker)).online()
    with broker.frozen():
        await until(lambda: store.hub.vitals.cloud == "away")
    await until(lambda: store.hub.vitals.cloud == "connected")


async def test_a_store_closes_though_its_broker_answers_nothing(mosquitto: Any, opened: Any) -> None:
    broker = mosquitto()
    store = await (await opened(broker)).online()
    with broker.frozen():
        async with asyncio.timeout(PATIENCE):
            await store.link.stop()


async def test_a_store_closes_though_nobody_ever_answered(broker: Broker, opened: Any) -> None:
    async with await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0) as mute:
        port = mute.sockets[0].getsockname()[1]
        store = await opened(broker, url=f"mqtt://127.0.0.1:{port}")
        await until(lambda: store.link.connection is not None)
        async with asyncio.timeout(PATIENCE):
            await store.link.stop()


@pytest.mark.parametrize("file", ["password_file", "ca_file"])
async def test_a_missing_file_is_named(broker: Broker, opened: Any, file: str) -> None:
    address = {"url": f"mqtts://127.0.0.1:{broker.port}", "username": STORE, file: "/missing/file"}
    store = await opened(broker, **address)
    await until(lambda: "/missing/file" in store.hub.vitals.cloud_reason)


@pytest.mark.parametrize(("content", "said"), [(b"caf\xe9", "is not UTF-8"), (b"\n", "is empty"), (b"", "is empty")])
async def test_a_password_file_without_a_password_is_named(
    opened: Any, tmp_path: Path, content: bytes, said: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(content)
    store = await opened(None, url="mqtt://127.0.0.1:1", username=STORE, password_file=str(secret))
    await until(lambda: f"{secret} {said}" in store.hub.vitals.cloud_reason)
    (finding,) = await probe(store.settings, store=STORE, say=speak("en"))
    assert (finding.ok, finding.line) == (False, store.hub.vitals.cloud_reason)


async def test_a_broker_that_lets_nobody_in_is_named_and_the_password_never(
    mosquitto: Any, opened: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    accounts, secret = tmp_path / "accounts", tmp_path / "secret"
    accounts.touch()
    command = ["mosquitto_passwd", "-b", str(accounts), STORE, "flour-and-water"]
    await asyncio.to_thread(subprocess.run, command, check=True)
    broker = mosquitto("allow_anonymous false", f"password_file {accounts}")
    secret.write_text("flour-and-salt\n")
    store = await opened(broker, username=STORE, password_file=str(secret))
    await until(lambda: "refuses" in store.hub.vitals.cloud_reason)
    secret.write_text("flour-and-water\n")
    await store.online()
    assert "flour" not in caplog.text
    assert "flour" not in repr(store.settings)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A directory with an authority of our own, and a broker's certificate from it."""
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    for name in ("ours", "strangers"):
        files = ["-keyout", str(tmp_path / f"{name}.key"), "-out", str(tmp_path / f"{name}.pem")]
        subprocess.run([*make, *files, *names], check=True, capture_output=True)
    return tmp_path


async def test_tls_is_always_verified(mosquitto: Any, opened: Any, certificates: Path) -> None:
    port = free_port()
    files = f"certfile {certificates}/ours.pem", f"keyfile {certificates}/ours.key"
    broker = mosquitto(f"listener {port} 127.0.0.1", *files)
    url = f"mqtts://localhost:{port}"
    strict = await opened(broker, url=url, ca_file=str(certificates / "strangers.pem"))
    await until(lambda: "not trusted" in strict.hub.vitals.cloud_reason)
    await strict.stop()
    await (await opened(broker, url=url, ca_file=str(certificates / "ours.pem"))).online()


async def test_many_orders_in_one_record_of_tls_all_arrive(
    broker: Broker, opened: Any, cloud_of: Any, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud_bridge.connection.KEEPALIVE", int(10 * PATIENCE))
    cloud = cloud_of(broker)
    async with packing_proxy(broker, certificates) as port:
        url = f"mqtts://localhost:{port}"
        store = await (await opened(broker, url=url, ca_file=str(certificates / "ours.pem"))).online()
        await until(lambda: cloud.presence)
        heard: list[str] = []  # and no answer, which would bring new bytes that hide a link that has stopped reading
        store.hub.offer = lambda intent, **_: heard.append(intent.order.id)
        cloud.send(*(order_event(number) for number in range(15)))
        await until(lambda: len(heard) == 15)
        await store.stop()


@pytest.mark.parametrize("tls", [False, True])
async def test_what_several_threads_send_at_once_comes_whole(
    mosquitto: Any, opened: Any, cloud_of: Any, certificates: Path, tls: bool
) -> None:
    port, files = free_port(), (f"certfile {certificates}/ours.pem", f"keyfile {certificates}/ours.key")
    broker = mosquitto(f"listener {port} 127.0.0.1", *files)
    wishes = {"url": f"mqtts://localhost:{port}", "ca_file": str(certificates / "ours.pem")} if tls else {}
    store = await (await opened(broker, **wishes)).online()
    cloud = cloud_of(broker)

    def send(who: int) -> None:
        for number in range(20):
            loaf = {"type": "loaf", "who": who, "number": number, "crumbs": "x" * 300_000}
            store.connection.publish(f"{cloud.root}/loaves", json.dumps(loaf).encode())

    threads = [asyncio.to_thread(send, who) for who in range(2)]
    cloud.send(*(order_event(number) for number in range(50)))
    await asyncio.gather(*threads)
    await until(lambda: len(cloud.told("loaves")) == 40 and len(cloud.told(kind="order.accepted")) == 50)
    for who in range(2):
        assert [loaf["number"] for loaf in cloud.told("loaves") if loaf["who"] == who] == list(range(20))
    assert store.link.epoch == 1


@asynccontextmanager
async def packing_proxy(broker: Broker, certificates: Path) -> AsyncIterator[int]:
    """Speaks TLS before a broker, and puts what the broker sends one by one into as few records as it can."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "ours.pem", certificates / "ours.key")

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gathering: float) -> None:
        with closing(writer), suppress(ConnectionError):
            while first := await reader.read(1):
                await asyncio.sleep(gathering)
                writer.write(first + await reader.read(16_000))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", broker.port, limit=16_000)
        await asyncio.gather(carry(reader, outer, 0), carry(inner, writer, 0.1))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_the_doctor_looks_without_disturbing_the_store(broker: Broker, opened: Any, cloud_of: Any) -> None:
    cloud = cloud_of(broker)
    store = await (await opened(broker)).online()
    await until(lambda: cloud.presence)
    (finding,) = await probe(store.settings, store=STORE, say=speak("en"))
    assert finding == (True, f"{broker.url} lets us in")
    assert (store.link.epoch, store.connection.life) == (1, Life.ONLINE)
    assert [message["state"] for message in cloud.told("presence")] == ["online"]


async def test_the_doctor_names_a_broker_that_is_away() -> None:
    settings = CloudSettings(url=f"mqtt://127.0.0.1:{free_port()}")
    (finding,) = await probe(settings, store=STORE, say=speak("en"))
    assert not finding.ok
    assert "cannot be reached" in finding.line
