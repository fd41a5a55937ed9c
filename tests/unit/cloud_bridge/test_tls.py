"""TLS on the road: the broker is who it says it is, or hears nothing; the store may have to prove itself too."""

import asyncio
import ssl
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cloud_bridge import CloudSettings, probe
from cloud_bridge.settings import tls_context
from edge.words import speak
from tests.brokers import Broker, free_port
from tests.certificates import Authority, Certificate
from tests.cloud import until
from tests.unit.cloud_bridge.conftest import STORE


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tls_broker(mosquitto: Any) -> Any:
    """Starts a broker with a certificate; its address."""

    def start(certificate: Certificate, *lines: str) -> str:
        port = free_port()
        files = f"certfile {certificate.cert_file}", f"keyfile {certificate.key_file}"
        broker: Broker = mosquitto(f"listener {port} 127.0.0.1", *files, *lines)
        assert broker.process is not None
        return f"mqtts://localhost:{port}"

    return start


async def refused(opened: Any, url: str, **settings: Any) -> str:
    """Why a store does not go online, in one line, and the doctor with it."""
    store = await opened(None, url=url, protocol="5", **settings)
    await until(lambda: store.hub.vitals.cloud_reason not in {"", "connecting"})
    reason: str = store.hub.vitals.cloud_reason
    (finding,) = await probe(store.settings, store=STORE, say=speak("en"))
    assert (finding.ok, finding.line) == (False, reason)
    assert len(reason.splitlines()) == 1
    return reason


async def test_a_broker_of_the_own_authority_is_trusted(tls_broker: Any, opened: Any, ours: Authority) -> None:
    url = tls_broker(ours.issue("broker"))
    store = await opened(None, url=url, protocol="5", ca_file=ours.ca_file)
    await store.online()
    (finding,) = await probe(store.settings, store=STORE, say=speak("en"))
    assert finding.ok


@pytest.mark.parametrize(
    ("certificate", "because"),
    [({"host": "broker.example"}, "not valid for 'localhost'"), ({"expired": True}, "certificate has expired")],
)
async def test_a_broker_with_a_wrong_certificate_is_refused(
    tls_broker: Any, opened: Any, ours: Authority, certificate: dict[str, Any], because: str
) -> None:
    url = tls_broker(ours.issue("broker", **certificate))
    reason = await refused(opened, url, ca_file=ours.ca_file)
    assert reason.startswith(f"the certificate of {url} is not trusted: ")
    assert because in reason


async def test_a_broker_of_an_unknown_authority_is_refused(
    tls_broker: Any, opened: Any, ours: Authority, tmp_path: Path
) -> None:
    url = tls_broker(ours.issue("broker"))
    strangers = Authority(tmp_path, "strangers").ca_file
    for journal, trusted in (("j1", {}), ("j2", {"ca_file": strangers})):  # those of the system, and another
        assert "is not trusted: " in await refused(opened, url, journal=journal, **trusted)


async def test_a_broker_that_asks_for_a_certificate_takes_ours_and_says_clearly_that_it_wants_one(
    tls_broker: Any, opened: Any, ours: Authority, tmp_path: Path
) -> None:
    url = tls_broker(ours.issue("broker"), "require_certificate true", f"cafile {ours.ca_file}")
    mine, forged = ours.issue(STORE), Authority(tmp_path, "forgers").issue(STORE)
    without = await refused(opened, url, ca_file=ours.ca_file)
    assert without == f"{url} wants a client certificate: set cloud.cert_file and cloud.key_file"
    strange = await refused(opened, url, ca_file=ours.ca_file, journal="j2", **forged._asdict())
    assert strange == f"{url} does not take the certificate of cloud.cert_file"
    store = await opened(None, "j3", url=url, protocol="5", ca_file=ours.ca_file, **mine._asdict())
    await store.online()


async def test_tls_spoken_to_a_broker_without_it_and_the_other_way_round_is_one_line(
    tls_broker: Any, opened: Any, ours: Authority, mosquitto: Any
) -> None:
    assert "cannot be reached" in await refused(opened, f"mqtts://localhost:{mosquitto().port}", ca_file=ours.ca_file)
    url = tls_broker(ours.issue("broker"))
    assert await refused(opened, url.replace("mqtts", "mqtt"), journal="j2")


def test_no_setting_turns_verification_off(ours: Authority) -> None:
    mine = ours.issue(STORE)
    for files in ({}, {"ca_file": ours.ca_file}, mine._asdict(), {"ca_file": ours.ca_file, **mine._asdict()}):
        context = tls_context(CloudSettings(url="mqtts://broker.example", **files))
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    # Whoever adds a setting thinks of this test.
    assert {field.name for field in msgspec.structs.fields(CloudSettings)} == {
        *("url", "username", "password_file", "ca_file", "cert_file", "key_file"),
        *("client_id", "protocol", "receipts", "grace_seconds"),
    }


@pytest.mark.parametrize("file", ["ca_file", "cert_file", "key_file"])
async def test_a_file_that_is_no_certificate_is_named(opened: Any, ours: Authority, tmp_path: Path, file: str) -> None:
    flour = tmp_path / "flour.pem"
    flour.write_text("flour")
    mine = ours.issue(STORE)._asdict() | {"ca_file": ours.ca_file} | {file: str(flour)}
    assert str(flour) in await refused(opened, "mqtts://localhost:1", **mine)


async def test_a_key_that_asks_for_a_passphrase_is_named_and_nobody_waits_for_one(
    opened: Any, ours: Authority, tmp_path: Path
) -> None:
    mine = ours.issue(STORE)
    locked = tmp_path / "locked.key"
    lock = ["openssl", "ec", "-aes256", "-passout", "pass:flour", "-in", mine.key_file, "-out", str(locked)]
    await asyncio.to_thread(subprocess.run, lock, check=True, capture_output=True)
    files = {"cert_file": mine.cert_file, "key_file": str(locked), "ca_file": ours.ca_file}
    assert str(locked) in await refused(opened, "mqtts://localhost:1", **files)
