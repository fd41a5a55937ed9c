"""Broken gateways: for each the doctor names what is broken and how to mend it, and of the rest that it is well."""

import asyncio
import json
from pathlib import Path

import pytest

from cloud_bridge.gateway.seal import KEY_VARIABLE
from config.doctor.line import Line, Verdict
from config.doctor.rounds import examined
from tests.brokers import Broker, free_port
from tests.cloud import until
from tests.flow.test_command import ovenbell
from tests.flow.test_doctor import closed_doors
from tests.flow.test_gateway_command import running, settings_of, tell
from tests.gateways import SECRET, BareStore, connected, order

HOOK = """
[[ways]]
id = "hook"
kind = "webhook"
options = {{ url = "http://127.0.0.1:1" }}
secret_files = {{ secret = "{}/secret" }}
"""


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (KEY_VARIABLE, "OVENBELL_GATEWAY_TOKEN", "OVENBELL_CHANNEL_GENERIC_SHOP_SECRET"):
        monkeypatch.delenv(name, raising=False)


def a_gateway(broker: Broker, folder: Path, more: str = "") -> Path:
    """The settings of a gateway that is well, whose files nobody else may read."""
    settings = settings_of(broker, folder, free_port())
    (folder / "secret").chmod(0o600)
    settings.write_text(settings.read_text() + more)
    return settings


async def said(settings: Path) -> dict[str, Line]:
    """What the doctor says, by what it looked at."""
    return {line.part: line async for line in examined(settings)}


async def trouble(settings: Path) -> dict[str, Line]:
    """What is not well, but that no gateway runs."""
    lines = await said(settings)
    assert len(lines) >= 4
    return {
        part: line for part, line in lines.items() if line.verdict is not Verdict.OK and "not running" not in line.found
    }


async def test_a_gateway_that_is_well_has_nothing_to_mend(broker: Broker, tmp_path: Path) -> None:
    settings = a_gateway(broker, tmp_path, HOOK.format(tmp_path))
    settings.write_text(settings.read_text().replace('id = "shop"\n', 'id = "shop"\nways = ["hook"]\n'))
    assert await trouble(settings) == {}
    found = {part: line.found for part, line in (await said(settings)).items()}
    assert found["gateway"] == "not running: start it with ovenbell gateway --config FILE"
    assert found["broker"] == f"{broker.url} lets us in"
    assert found["account generic/shop"].startswith("secrets are there; the channel calls http://127.0.0.1:")
    assert found["way hook"] == "its secrets are there"
    assert "will be made when the gateway starts" in found["seal"]


async def test_what_an_account_a_way_and_the_owner_lack_is_named(broker: Broker, tmp_path: Path) -> None:
    settings = a_gateway(broker, tmp_path, HOOK.format(tmp_path / "elsewhere"))
    (tmp_path / "secret").write_text("")
    (tmp_path / "journal.db").touch()
    lines = await trouble(settings)
    assert lines["account generic/shop"].found.endswith("secret is empty")
    assert "secret_files.secret: cannot be read: No such file" in lines["way hook"].found
    assert "is gone: of the orders in the journal nobody can be told" in lines["seal"].found
    assert {lines[part].verdict for part in ("account generic/shop", "way hook", "seal")} == {Verdict.FAILURE}
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "secret").chmod(0o644)
    settings.write_text(settings.read_text().replace(f"{tmp_path}/elsewhere", str(tmp_path)))
    lines = await trouble(settings)
    assert "owned by the user of the gateway" in lines["secrets"].found
    assert lines["way hook"].found == "no account and no message names it: nobody is told this way"


async def test_a_broker_that_does_not_let_the_gateway_read_what_stores_say(broker: Broker, tmp_path: Path) -> None:
    settings = a_gateway(broker, tmp_path)
    server = await asyncio.start_server(closed_doors, "127.0.0.1", 0)
    async with server:
        strict = f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        settings.write_text(settings.read_text().replace(broker.url, strict))
        lines = await trouble(settings)
    assert lines["broker"] == Line(Verdict.FAILURE, "broker", "the broker does not let us read ovenbell/v1/+/stages")


async def test_a_gateway_that_runs_tells_how_its_accounts_and_ways_are(broker: Broker, tmp_path: Path) -> None:
    """Its secrets are where only it sees them."""
    settings = a_gateway(broker, tmp_path, HOOK.format(tmp_path))
    port = int(settings.read_text().partition('listen = "127.0.0.1:')[2].partition('"')[0])
    body = json.dumps({"type": "order.placed", "data": order(1)}).encode()
    with BareStore(broker) as store:
        store.presence("online")
        async with running(settings):
            await connected(f"http://127.0.0.1:{port}")
            (tmp_path / "secret").rename(tmp_path / "moved")
            found = await said(settings)
            assert found["gateway"].found == f"running and committing at 127.0.0.1:{port}"
            assert found["account generic/shop"].found.startswith("no order yet: enter http://127.0.0.1:")
            assert await tell(port, body, "a") == 200
            await until(lambda: store.orders)
            assert (await said(settings))["account generic/shop"].found == "1 orders, the last 0 min ago"
            assert await tell(port, body.replace(b"order.placed", b"order.baked"), "b") == 200
            found = await said(settings)
            for _ in range(50):
                if found["account generic/shop"].verdict is Verdict.WARNING:
                    break
                found = await said(settings)
            assert "after an update: ovenbell reparse" in found["account generic/shop"].found
            assert found["gateway"].found.startswith("1 requests or messages were not understood")
            settings.write_text(settings.read_text().replace('id = "hook"', 'id = "bell"'))
            assert "it must be started again" in (await said(settings))["way bell"].found


async def test_who_has_another_token_is_told_so(broker: Broker, tmp_path: Path) -> None:
    settings = a_gateway(broker, tmp_path)
    async with running(settings, OVENBELL_GATEWAY_TOKEN="flour"):
        line = (await said(settings))["gateway"]
        assert (line.verdict, "run the doctor with that of the gateway" in line.found) == (Verdict.FAILURE, True)


async def test_a_gateway_that_shows_nothing_without_a_token_is_well(broker: Broker, tmp_path: Path) -> None:
    """As cloud.example.toml has it: with the address at which the channels call, and no token yet."""
    settings = a_gateway(broker, tmp_path)
    settings.write_text(settings.read_text().replace("[journal]", 'url = "https://orders.example"\n[journal]'))
    async with running(settings):
        found = await said(settings)
    assert found["gateway"].verdict is Verdict.WARNING
    assert found["gateway"].found.endswith("set OVENBELL_GATEWAY_TOKEN or gateway.token_file to see its page")
    assert "https://orders.example/channels/generic/shop" in found["account generic/shop"].found
    assert Verdict.FAILURE not in {line.verdict for line in found.values()}


def test_the_command_s_status_says_whether_anything_failed(broker: Broker, tmp_path: Path) -> None:
    settings = a_gateway(broker, tmp_path)
    well = ovenbell("doctor", "--config", str(settings))
    assert (well.returncode, well.stdout.splitlines()[0]) == (0, "ok       settings: read and consistent"), well
    (tmp_path / "secret").unlink()
    ill = ovenbell("doctor", "--config", str(settings))
    assert (ill.returncode, "failure  account generic/shop: " in ill.stdout) == (1, True), ill
    settings.write_text("[broker]\nurl = 5\n")
    assert ovenbell("doctor", "--config", str(settings)).returncode == 2
