"""The command as people and systemd meet it: exit statuses, one line where something is wrong, and the demo."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from devices.twin.keypad import VirtualKeypad
from tests.brokers import Broker
from tests.cloud import PATIENCE
from tests.flow.bakery import bakery_of

CONTRACT = Path(__file__).parents[2] / "config" / "example.toml"  # section 3 of the contract, as it stands there
MISTAKES = """
[store]
name = 5
colour = "blue"
[cloud]
url = "http://broker.example"
[stages.baking]
presses = 3
[[stations]]
id = "oven"
stages = ["baking"]
[[stations]]
id = "oven"
stages = ["baking"]
slots = 0
[[printers]]
id = "kitchen"
connection = "lpt1"
stations = ["nowhere"]
backup = "nobody"
[[keypads]]
id = "pad"
station = "nowhere"
port = "/dev/ttyUSB0"
[keypads.keys]
"1" = "jump"
"long" = "bump 1"
"""


def ovenbell(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "config.command", *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=os.environ | environment,
        check=False,
    )


def test_the_contract_s_example_settings_load_as_they_stand() -> None:
    from config.settings import load_store  # noqa: PLC0415 - the command above loads it in its own process

    settings = load_store(CONTRACT)
    assert settings.store.name == "麦田烘焙 西湖店"
    assert [station.id for station in settings.layout.stations.values()] == ["oven", "decorating", "kitchen"]
    assert settings.layout.stage("cooling").name == "冷却"  # type: ignore[arg-type]


def test_all_mistakes_are_reported_in_one_go_with_file_and_field(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    file.write_text(MISTAKES)
    ended = ovenbell("hub", "--config", str(file))
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    lines = [line.removeprefix(f"{file}: ") for line in ended.stderr.splitlines()]
    assert all(line.startswith(f"{file}: ") for line in ended.stderr.splitlines())
    for field in (
        "store.id",
        "store.name",
        "store.colour",
        "cloud.url",
        "stages.baking.presses",
        "stations[1].slots",
        "printers[0].connection",
        "printers[0].stations",
        "printers[0].backup",
        "keypads[0].station",
        "keypads[0].keys.1",
        "keypads[0].keys.long",
    ):
        assert sum(line.startswith(f"{field}: ") for line in lines) == 1, field


@pytest.mark.parametrize(
    ("text", "said"),
    [("[store", "is not TOML"), ("", "store: required"), (None, "No such file")],
)
def test_a_file_that_is_no_settings_file_is_one_line(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "store.toml"
    if text is not None:
        file.write_text(text)
    ended = ovenbell("doctor", "--config", str(file))
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert said in ended.stderr


def test_beyond_loopback_a_token_is_required(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    file.write_text('[store]\nid = "a"\n[feed]\nlisten = "0.0.0.0:8377"\n')
    ended = ovenbell("hub", "--config", str(file), OVENBELL_FEED_TOKEN="")
    assert ended.returncode == 2
    assert "feed.listen" in ended.stderr


def test_a_token_that_a_display_cannot_read_is_one_line(tmp_path: Path) -> None:
    ended = ovenbell("display", "--token-file", str(tmp_path / "token"), OVENBELL_FEED_TOKEN="")
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
    assert f"{tmp_path}/token: cannot be read" in ended.stderr


def test_wrong_usage_is_status_2() -> None:
    assert ovenbell("hub").returncode == 2
    assert ovenbell("bake").returncode == 2
    assert ovenbell("display", "--hub", "nonsense").returncode == 2


@pytest.mark.parametrize(("of", "has"), [("store", "StoreSettings"), ("messages", "ovenbell.order.placed")])
def test_schemas_are_json_schema(of: str, has: str) -> None:
    ended = ovenbell("schema", of)
    assert ended.returncode == 0
    assert json.loads(ended.stdout)
    assert has in ended.stdout


async def test_systemd_hears_that_the_hub_is_ready_and_a_second_hub_is_told_why_not(
    broker: Broker, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)
        async with bakery_of(broker, tmp_path, NOTIFY_SOCKET=str(tmp_path / "notify")) as bakery:
            assert await asyncio.to_thread(systemd.recv, 100) == b"READY=1"
            other = tmp_path / "other.toml"
            other.write_text(
                f'[store]\nid = "b"\n[journal]\npath = "{tmp_path}/b.db"\n[feed]\nlisten = "{bakery.url[7:]}"\n'
            )
            ended = await asyncio.to_thread(ovenbell, "hub", "--config", str(other))
            assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
            assert "another hub" in ended.stderr
            assert await bakery.stop() == 0
            assert await asyncio.to_thread(systemd.recv, 100) == b"STOPPING=1"


async def test_systemd_hears_that_the_hub_lives_as_often_as_it_wants(broker: Broker, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(PATIENCE)
        told = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
        async with bakery_of(broker, tmp_path, **told) as bakery:
            heard = [await asyncio.to_thread(systemd.recv, 100) for _ in range(4)]
            assert heard == [b"READY=1", *[b"WATCHDOG=1"] * 3]
            assert await bakery.stop() == 0


async def test_the_doctor_names_what_is_missing_and_passes_what_is_well(broker: Broker, tmp_path: Path) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        settings = str(tmp_path / "store.toml")
        well = await asyncio.to_thread(ovenbell, "doctor", "--config", settings)
        assert well.returncode == 0, well.stdout
        assert {line.split()[0] for line in well.stdout.splitlines()} == {"ok"}
        for part in ("settings", "hub", "journal", "cloud", "printer kitchen", "keypad oven-pad"):
            assert f" {part}: " in well.stdout
        assert (await bakery.get("/api/board"))["status"]["cloud"] == "connected"  # it disturbed nothing
        bakery.keypads["oven"].unplug()
        await bakery.printer.stop()
        broker.stop()
        await bakery.stop()
        ill = await asyncio.to_thread(ovenbell, "doctor", "--config", settings)
        assert ill.returncode == 1
        verdicts = {line.split(":")[0].split(maxsplit=1)[1]: line.split()[0] for line in ill.stdout.splitlines()}
        assert verdicts["hub"] == "warning"
        assert verdicts["cloud"] == verdicts["printer kitchen"] == verdicts["keypad oven-pad"] == "failure"
        assert verdicts["journal"] == verdicts["keypad decorating-pad"] == "ok"


def test_the_doctor_warns_of_secrets_that_anybody_may_read(tmp_path: Path) -> None:
    file, token, password = (tmp_path / name for name in ("store.toml", "token", "password"))
    file.write_text(
        f'[store]\nid = "a"\n[feed]\ntoken_file = "{token}"\n'
        f'[cloud]\nurl = "mqtt://127.0.0.1:1"\npassword_file = "{password}"\n[journal]\npath = "{tmp_path}/j.db"\n'
    )
    for secret, mode in ((token, 0o644), (password, 0o600)):
        secret.write_text("poppy")
        secret.chmod(mode)
    said = ovenbell("doctor", "--config", str(file)).stdout
    assert [line for line in said.splitlines() if " secrets: " in line] == [
        f"warning  secrets: {token} may be read by everybody on this machine: chmod 600, owned by the user of the hub"
    ]
    assert "poppy" not in said


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_demo_without_a_terminal_plays_a_morning_and_sums_it_up(language: str) -> None:
    ended = ovenbell("demo", "--seconds", "16", "--language", language)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "without gaps" in ended.stdout
    assert ended.stderr == ""
    for who in ("generic", "gateway", "hub", "customer", "keypad", "printer"):
        assert any(f" s  {who}" in line for line in ended.stdout.splitlines()), who


def test_a_ticket_is_shown_in_the_terminal_and_as_a_picture(tmp_path: Path) -> None:
    shown = ovenbell("ticket", "--preview", "--config", str(CONTRACT), "--kind", "label", "--columns", "32")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "第1盒/共3盒" in shown.stdout
    picture = tmp_path / "ticket.png"
    assert ovenbell("ticket", "--language", "en", "--encoding", "raster", "--output", str(picture)).returncode == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--encoding", "latin"), 2, "expected one of gb18030, raster"),
        (("--output", "ticket.jpg"), 2, "expected a .png file"),
        (("--order", str(CONTRACT)), 1, "example.toml"),
    ],
)
def test_a_ticket_that_cannot_be_shown_is_one_line(words: tuple[str, ...], status: int, said: str) -> None:
    ended = ovenbell("ticket", *words)
    assert ended.returncode == status
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_keys_tells_what_each_key_sends_as_lines_for_the_settings(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "config.command", "keys", "--port", str(tmp_path / "pad")]
    with VirtualKeypad(tmp_path / "pad") as pad:
        process = await asyncio.create_subprocess_exec(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [(await process.stdout.readline()).decode()]
        for key in (b"7", b"\x1b"):
            line = asyncio.create_task(process.stdout.readline())
            while not line.done():  # what is pressed before the port is open is not heard; twice is as once
                pad.press(key)
                await asyncio.wait([line], timeout=0.3)
            lines.append(line.result().decode())
            while key == b"7" and not lines[-1].startswith('"'):
                lines.append((await process.stdout.readline()).decode())
        pad.unplug()
        assert await process.wait() == 1
        assert await process.stderr.read() == f"ovenbell: {pad._link}: unplugged\n".encode()
    written = tomllib.loads("".join(lines[1:]))
    assert written == {
        "port": str(tmp_path / "pad"),
        "baud": 9600,
        "framing": "byte",
        "keypads": {"keys": {"7": "bump 1", "0x1b": "bump 2"}},
    }


def test_keys_of_a_port_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = ovenbell("keys", "--port", str(tmp_path / "none"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.endswith("none: not there: plug it in, or correct the port in store.toml\n")
