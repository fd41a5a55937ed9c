"""`ovenbell gateway` as people and systemd meet it, and the commands that keep its journal."""

import asyncio
import base64
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest

from tests.brokers import Broker, free_port
from tests.cloud import PATIENCE, until
from tests.flow.test_command import ovenbell
from tests.gateways import SECRET, STORE, BareStore, order, signed

TOKEN = {"OVENBELL_GATEWAY_TOKEN": "flour"}


def settings_of(broker: Broker, folder: Path, port: int) -> Path:
    """A cloud.toml with one store and one account."""
    (folder / "secret").write_text(SECRET)
    file = folder / "cloud.toml"
    file.write_text(f"""
[broker]
url = "{broker.url}"
protocol = "{broker.protocol}"
[gateway]
listen = "127.0.0.1:{port}"
[journal]
path = "{folder}/journal.db"
[[stores]]
id = "{STORE}"
[[accounts]]
channel = "generic"
id = "shop"
store = "{STORE}"
secret_files = {{ secret = "{folder}/secret" }}
""")
    return file


@asynccontextmanager
async def running(settings: Path, **environment: str) -> AsyncIterator[Process]:
    """A gateway as a process, ready."""
    words = ("-m", "config.command", "gateway", "--config", str(settings))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=PIPE, stderr=PIPE, env=os.environ | environment
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = (await process.stdout.readline()).decode()
        assert line.startswith("ovenbell gateway gateway: 1 accounts at http"), line
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            async with asyncio.timeout(PATIENCE):
                await process.wait()


async def tell(port: int, body: bytes, event: str) -> int:
    url = f"http://127.0.0.1:{port}/channels/generic/shop"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=signed(body, event)) as answer:
        return answer.status


def placed(number: int) -> bytes:
    return json.dumps({"type": "order.placed", "data": order(number)}).encode()


async def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(lambda: ovenbell(*words, **environment))


async def test_a_gateway_says_when_it_is_ready_takes_orders_and_ends(broker: Broker, tmp_path: Path) -> None:
    port = free_port()
    settings = settings_of(broker, tmp_path, port)
    with (
        tempfile.TemporaryDirectory() as short,  # a socket's name has room for a hundred letters
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd,
        BareStore(broker) as store,
    ):
        systemd.bind(f"{short}/notify")
        watched = {"NOTIFY_SOCKET": f"{short}/notify", "WATCHDOG_USEC": "30000000"}
        async with running(settings, **watched) as process:
            systemd.settimeout(PATIENCE)
            assert systemd.recv(100) == b"READY=1"
            assert systemd.recv(100) == b"WATCHDOG=1"
            assert await tell(port, placed(1), "a") == 200
            await until(lambda: store.orders)
            second = await run("gateway", "--config", str(settings))
            assert (second.returncode, len(second.stderr.splitlines())) == (1, 1), second.stderr
            process.terminate()
            async with asyncio.timeout(PATIENCE):
                assert await process.wait() == 0
            assert systemd.recv(100) == b"STOPPING=1"


async def test_dead_letters_are_read_once_more_beside_a_gateway_and_without_one(broker: Broker, tmp_path: Path) -> None:
    """As after a mend: what was not understood can be now."""
    port = free_port()
    settings, journal = settings_of(broker, tmp_path, port), tmp_path / "journal.db"
    with BareStore(broker) as store:
        async with running(settings, **TOKEN):
            for number in (1, 2):
                assert await tell(port, placed(number).replace(b"order.placed", b"order.baked"), str(number)) == 200
            refused = await run("reparse", "--config", str(settings), OVENBELL_GATEWAY_TOKEN="sugar")
            assert (refused.returncode, "a token is required" in refused.stderr) == (1, True)
            await asyncio.to_thread(_mend, journal)
            said = await run("reparse", "--config", str(settings), **TOKEN)
            assert "1 understood now, 1 still not" in said.stdout, said
            await until(lambda: len(store.orders) == 1)
        await asyncio.to_thread(_mend, journal)
        assert "1 understood now, 0 still not" in (await run("reparse", "--config", str(settings))).stdout
        async with running(settings):
            await until(lambda: len(store.orders) == 2)


def _mend(journal: Path) -> None:
    """Make one kept webhook one that is understood."""
    with closing(sqlite3.connect(journal)) as connection:
        rows = connection.execute("SELECT seq, body FROM facts WHERE kind = 'WebhookKept'").fetchall()
        for seq, body in rows:
            kept = json.loads(body)
            payload = base64.b64decode(kept["webhook"]["body"])
            if b"order.baked" in payload:
                kept["webhook"]["body"] = base64.b64encode(payload.replace(b"order.baked", b"order.placed")).decode()
                connection.execute("UPDATE facts SET body = ? WHERE seq = ?", (json.dumps(kept), seq))
                break
        connection.commit()


async def test_another_machine_goes_on_from_a_backup_of_a_gateway_that_ran(broker: Broker, tmp_path: Path) -> None:
    port = free_port()
    settings, copied = settings_of(broker, tmp_path, port), tmp_path / "usb" / "gateway.backup"
    with BareStore(broker) as store:
        async with running(settings):
            assert await tell(port, placed(1), "a") == 200
            await until(lambda: store.orders)
            said = await run("backup", "--config", str(settings), str(copied))
            assert (said.returncode, "with the key of its seal" in said.stdout) == (0, True), said
        assert copied.stat().st_mode & 0o777 == 0o600
        key = (tmp_path / "seal.key").read_text()
        (tmp_path / "seal.key").write_text(other := base64.b64encode(b"k" * 32).decode())
        settings.unlink()
        restored = await run("restore", "--config", str(settings), str(copied))
        assert restored.returncode == 0, restored.stderr
        assert "1 orders on the board" in restored.stdout
        assert (tmp_path / "seal.key").read_text().split() == [other, key.strip()]
        assert (tmp_path / "seal.key").stat().st_mode & 0o077 == 0
        async with running(settings):
            assert await tell(port, placed(1), "a") == 200
            assert await tell(port, placed(2), "b") == 200
            await until(lambda: len(store.orders) == 2)
        assert [event["sequence"] for event in store.orders] == ["1", "2"]


async def test_a_key_that_its_owner_keeps_apart_is_in_no_backup(broker: Broker, tmp_path: Path) -> None:
    settings, apart = settings_of(broker, tmp_path, free_port()), tmp_path / "apart" / "seal.key"
    settings.write_text(settings.read_text().replace("[journal]", f'key_file = "{apart}"\n[journal]'))
    async with running(settings):
        pass
    key = apart.read_text().strip().encode()
    for environment, named in (({}, str(apart)), ({"OVENBELL_GATEWAY_KEY": key.decode()}, "OVENBELL_GATEWAY_KEY")):
        copied = tmp_path / f"{len(environment)}.backup"
        said = await run("backup", "--config", str(settings), str(copied), **environment)
        assert f"the key of its seal is not in it: keep a copy of {named}" in said.stdout, said
        assert key not in await asyncio.to_thread(copied.read_bytes)


def test_wrong_settings_are_status_2_and_a_line_each(tmp_path: Path) -> None:
    file = tmp_path / "cloud.toml"
    file.write_text('[broker]\nurl = "http://h"\n[[stores]]\nid = 5\n')
    for command in ("gateway", "reparse", "backup"):
        ended = ovenbell(command, "--config", str(file))
        assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 2), ended.stderr
        assert all(line.startswith(f"{file}: ") for line in ended.stderr.splitlines())


def test_the_schema_of_a_cloud_toml_names_its_sections() -> None:
    tree = json.loads(ovenbell("schema", "cloud").stdout)
    assert {"broker", "gateway", "stores", "accounts", "ways", "messages"} <= set(
        tree["$defs"]["CloudFile"]["properties"]
    )


@pytest.mark.parametrize("words", [("gateway", "--config"), ("backup", "--config")])
def test_without_what_a_gateway_needs_more_it_says_how_to_get_it(tmp_path: Path, words: tuple[str, ...]) -> None:
    file = tmp_path / "cloud.toml"
    file.write_text('[broker]\nurl = "mqtt://localhost"\n')
    program = "import sys; sys.modules['cryptography'] = None; from config.command import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program, *words, str(file)], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1), ended.stderr
    assert "pip install 'ovenbell[gateway]'" in ended.stderr


def test_a_store_loads_nothing_of_a_gateway() -> None:
    names = "{'cryptography', 'apprise', 'cloud_bridge.gateway'}"
    program = f"import sys, config.command, config.assembly, config.keeping; print(sorted({names} & set(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
