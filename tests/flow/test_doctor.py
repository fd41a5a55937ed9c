"""Broken stores: for each the doctor names what is broken and how to mend it, and of the rest that it is well."""

import asyncio
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cloud_bridge import Reparsed, reparse
from config.doctor.line import Line, Verdict
from config.doctor.rounds import examine
from config.settings import load_store
from devices.twin.keypad import VirtualKeypad
from devices.twin.printer import VirtualPrinter
from edge.board import Board
from edge.clock import SystemClock
from edge.journal import Journal, JournalUnusable
from edge.store import store_hub
from tests.brokers import Broker, free_port
from tests.certificates import Authority
from tests.cloud import PATIENCE
from tests.flow.bakery import STORE, bakery_of, device_state

Mosquitto = Callable[..., Broker]
LATE = 4_000_000_000.0  # seconds since 1970


class IllStore:
    """A store without a hub, whose parts can be broken one by one."""

    def __init__(self, directory: Path, printer: VirtualPrinter, keypad: VirtualKeypad) -> None:
        self.directory, self.printer, self.keypad = directory, printer, keypad
        self.file = directory / "store.toml"
        self.journal = directory / "journal.db"
        self.listen = f"127.0.0.1:{free_port()}"
        self.cloud = ""

    def write(self) -> None:
        self.file.write_text(
            f"""
[store]
id = "{STORE}"
{self.cloud}
[journal]
path = "{self.journal}"
[feed]
listen = "{self.listen}"
[[printers]]
id = "kitchen"
connection = "{self.printer.connection}"
[[keypads]]
id = "pad"
station = "kitchen"
port = "{self.keypad.port}"
[keypads.keys]
"1" = "bump 1"
"""
        )

    async def broken(self) -> list[Line]:
        """What the doctor finds that is not well, but that no hub runs."""
        self.write()
        lines = [line async for line in examine(load_store(self.file))]
        assert len({line.part for line in lines}) >= 5
        return [line for line in lines if line.verdict is not Verdict.OK and "not running" not in line.found]

    async def only_trouble(self, part: str, verdict: Verdict = Verdict.FAILURE) -> str:
        """The one thing that is wrong."""
        (line,) = await self.broken()
        assert (line.part, line.verdict) == (part, verdict)
        return line.found


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[IllStore]:
    printer = VirtualPrinter()
    await printer.start()
    with VirtualKeypad(tmp_path / "pad") as keypad:
        yield IllStore(tmp_path, printer, keypad)
    await printer.stop()


def on_mqtt(url: str, **more: str) -> str:
    return "\n".join([f'[cloud]\nurl = "{url}"', *(f'{name} = "{value}"' for name, value in more.items())])


async def a_journal(path: Path, tables: Iterable[str] = ("counters",)) -> None:
    journal = Journal(path, tables)
    await journal.open()
    await journal.close()


async def test_a_store_that_is_well_has_nothing_to_mend(store: IllStore) -> None:
    assert await store.broken() == []


async def test_a_journal_that_cannot_be_written(store: IllStore) -> None:
    (store.directory / "disk").write_text("a file where the folder should be")
    store.journal = store.directory / "disk" / "journal.db"
    assert "cannot be written: give its folder to the user of the hub" in await store.only_trouble("journal")


async def test_a_journal_that_is_none(store: IllStore) -> None:
    store.journal.write_bytes(b"crumbs" * 1000)
    assert "is damaged: file is not a database; when the hub starts it sets it aside" in await store.only_trouble(
        "journal"
    )


async def test_a_journal_that_is_damaged(store: IllStore) -> None:
    await a_journal(store.journal)
    with sqlite3.connect(store.journal) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_schema SET rootpage = 999 WHERE name = 'known'")
    connection.close()
    assert "when the hub starts it sets it aside whole" in await store.only_trouble("journal")


NO_FILE = "is not a file: correct journal.path"
OTHERS = "cannot be used as the journal: "
SET_ASIDE = "when the hub starts it sets it aside whole"


@pytest.mark.parametrize(
    ("make", "said", "hub"),
    [
        (Path.mkdir, NO_FILE, "ends"),
        (os.mkfifo, NO_FILE, "ends"),
        (lambda path: path.symlink_to("/dev/zero"), NO_FILE, "ends"),
        (lambda path: path.symlink_to(path), OTHERS, "ends"),
        (lambda path: of_another(path, "INSERT INTO facts VALUES ('zz', 'yy')"), OTHERS, "ends"),
        (lambda path: of_another(path, "INSERT INTO counters VALUES (5)"), OTHERS, "ends"),
        (lambda path: with_row(path, "facts VALUES (1, 'noon', 'test', NULL, NULL, 'Baked', '{}')"), SET_ASIDE, "anew"),
        (lambda path: with_row(path, "facts VALUES (1, NULL, 'test', NULL, NULL, 'Baked', '{}')"), SET_ASIDE, "anew"),
        (lambda path: with_row(path, "counters VALUES ('store', 5)"), SET_ASIDE, "anew"),
        (lambda path: with_row(path, "orders VALUES ('a', x'05ff')"), SET_ASIDE, "anew"),
        (Path.touch, "", "goes on"),
    ],
)
async def test_what_the_doctor_says_of_a_strange_journal_the_hub_does(
    store: IllStore, make: Callable[[Path], object], said: str, hub: str
) -> None:
    await asyncio.to_thread(make, store.journal)
    found = await store.broken()
    assert ([line.part for line in found], said in "".join(line.found for line in found)) == (
        ["journal"] * bool(said),
        True,
    )
    settings = load_store(store.file)
    own = store_hub(settings.layout, settings.journal_path, SystemClock())
    if hub == "ends":
        with pytest.raises(JournalUnusable):
            await own.start()
    else:
        await own.start()
    await own.stop()
    assert any("aside" in one.name for one in store.directory.iterdir()) is (hub == "anew")


def of_another(path: Path, row: str) -> None:
    """A database of another program that happens to have tables of the same name."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"CREATE TABLE facts (seq, at); CREATE TABLE counters (body); {row};")


def with_row(path: Path, row: str) -> None:
    """A journal in which one row is not what was written."""
    asyncio.run(a_journal(path, Board.STORED))
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"INSERT INTO {row};")


async def test_a_clock_before_the_journal(store: IllStore) -> None:
    await a_journal(store.journal)
    with sqlite3.connect(store.journal) as connection:
        connection.execute("INSERT INTO facts VALUES (1, ?, 'test', NULL, NULL, 'Baked', '{}')", (LATE,))
    connection.close()
    assert await store.only_trouble("clock") == "it is before the newest entry of the journal: set it"


async def test_a_broker_that_is_away(store: IllStore) -> None:
    store.cloud = on_mqtt(f"mqtt://127.0.0.1:{free_port()}")
    assert "127.0.0.1" in await store.only_trouble("cloud")


async def test_a_broker_that_refuses_the_login(store: IllStore, mosquitto: Mosquitto) -> None:
    (store.directory / "nobody").touch(mode=0o600)
    broker = mosquitto("allow_anonymous false", f"password_file {store.directory / 'nobody'}")
    secret = store.directory / "secret"
    secret.write_text("poppy")
    secret.chmod(0o600)
    store.cloud = on_mqtt(broker.url, username="hz", password_file=str(secret))
    found = await store.only_trouble("cloud")
    assert "cloud.username" in found
    assert "poppy" not in found


async def test_a_password_that_is_not_there(store: IllStore, mosquitto: Mosquitto) -> None:
    store.cloud = on_mqtt(mosquitto().url, username="hz", password_file=str(store.directory / "gone"))
    assert f"{store.directory}/gone" in await store.only_trouble("cloud")


async def test_a_broker_whose_certificate_another_authority_signed(store: IllStore, mosquitto: Mosquitto) -> None:
    certificate = Authority(store.directory).issue("broker")
    port = free_port()
    mosquitto(f"listener {port} 127.0.0.1", f"certfile {certificate.cert_file}", f"keyfile {certificate.key_file}")
    strangers = Authority(store.directory, "strangers").ca_file
    store.cloud = on_mqtt(f"mqtts://localhost:{port}", ca_file=strangers)
    assert "is not trusted" in await store.only_trouble("cloud")


async def test_topics_that_the_store_may_not_read(store: IllStore) -> None:
    server = await asyncio.start_server(closed_doors, "127.0.0.1", 0)
    async with server:
        store.cloud = on_mqtt(f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert f"does not let us read ovenbell/v1/{STORE}/orders" in await store.only_trouble("cloud")


async def closed_doors(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A broker that lets everybody in and nobody read; mosquitto would not say so."""
    while header := await reader.read(1):
        body = await reader.readexactly((await reader.readexactly(1))[0])
        if header[0] >> 4 == 1:  # CONNECT
            writer.write(b"\x20\x03\x00\x00\x00")
        elif header[0] >> 4 == 8:  # SUBSCRIBE: a packet id, no properties, then topics with their options
            refused, at = b"", 3
            while at < len(body):
                at += 3 + int.from_bytes(body[at : at + 2])
                refused += b"\x87"
            writer.write(bytes([0x90, 3 + len(refused)]) + body[:2] + b"\x00" + refused)
    writer.close()


async def test_a_printer_that_refuses(store: IllStore) -> None:
    await store.printer.stop()
    assert "check power, cable and address" in await store.only_trouble("printer kitchen")


async def test_a_printer_that_hangs_up(store: IllStore) -> None:
    store.printer.refuse = True
    assert "check power, cable and address" in await store.only_trouble("printer kitchen")


async def test_a_printer_that_says_nothing(store: IllStore) -> None:
    store.printer.mute = True
    assert 'set confirm = "none"' in await store.only_trouble("printer kitchen", Verdict.WARNING)


@pytest.mark.parametrize(("switch", "said"), [("paper_out", "paper"), ("cover_open", "cover")])
async def test_a_printer_that_cannot_print(store: IllStore, switch: str, said: str) -> None:
    setattr(store.printer, switch, True)
    assert said in await store.only_trouble("printer kitchen")
    assert store.printer.tickets == []


async def test_a_keypad_that_is_missing(store: IllStore) -> None:
    store.keypad.unplug()
    assert "plug it in, or correct the port" in await store.only_trouble("keypad pad")


async def test_a_port_that_another_program_has(store: IllStore) -> None:
    async def hello(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n<h1>It works!</h1>")
        writer.close()

    server = await asyncio.start_server(hello, "127.0.0.1", 0)
    async with server:
        store.listen = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        assert "end what listens there, or set feed.listen" in await store.only_trouble("hub")


async def test_a_port_that_a_silent_program_has(store: IllStore) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        store.listen = f"127.0.0.1:{silent.getsockname()[1]}"
        assert "end what listens there, or set feed.listen" in await store.only_trouble("hub")


async def test_while_a_hub_runs_the_doctor_takes_its_word_and_opens_no_device_itself(
    broker: Broker, tmp_path: Path
) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        for device in ("kitchen", "counter", "oven-pad", "decorating-pad"):
            await bakery.until_board(lambda board, device=device: device_state(board, device) == "ok")
        settings = load_store(tmp_path / "store.toml")
        bakery.keypads["oven"].unplug()
        await bakery.until_board(lambda board: device_state(board, "oven-pad") == "missing")
        elsewhere = replace(  # where the doctor himself would find nobody
            settings,
            printers=tuple(replace(one, connection="tcp://127.0.0.1:1") for one in settings.printers),
            keypads=(
                *(replace(one, port="/dev/none") for one in settings.keypads),
                replace(settings.keypads[0], id="new"),
            ),
        )
        found = {line.part: line async for line in examine(elsewhere)}
    verdicts = {part: str(line.verdict) for part, line in found.items() if part.startswith(("printer", "keypad"))}
    assert verdicts == {
        "printer kitchen": "ok",
        "printer counter": "ok",
        "keypad oven-pad": "failure",
        "keypad decorating-pad": "ok",
        "keypad new": "warning",
    }
    assert found["keypad oven-pad"].found == "已拔出"


async def test_a_hub_that_wants_another_token_is_said_and_its_devices_are_left_alone(
    broker: Broker, tmp_path: Path
) -> None:
    async with bakery_of(broker, tmp_path, OVENBELL_FEED_TOKEN="poppy"):
        lines = [line async for line in examine(load_store(tmp_path / "store.toml"))]
    ill = {line.part: line for line in lines if line.verdict is not Verdict.OK}
    assert (ill["hub"].verdict, ill["printer kitchen"].verdict) == (Verdict.FAILURE, Verdict.WARNING)
    assert "令牌" in ill["hub"].found


async def test_a_doctor_who_watches_sees_the_mending_and_ends_with_the_last_word(store: IllStore) -> None:
    store.write()
    settings = store.file.read_text()
    store.file.write_text(settings.replace('"bump 1"', '"jump"'))
    watching = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "config.command", "doctor", "--watch", "--config", str(store.file)),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert watching.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while b"keypads[0].keys.1" not in await watching.stdout.readline():
            pass
        store.file.write_text(settings)
        while b"keypad pad" not in await watching.stdout.readline():
            pass
        watching.send_signal(signal.SIGINT)
        assert await watching.wait() == 0


async def test_a_doctor_whom_a_name_server_keeps_waiting_can_be_ended(store: IllStore) -> None:
    store.write()
    store.file.write_text(store.file.read_text().replace(store.printer.connection, "tcp://printer.example:9100"))
    waits = "import socket, threading; socket.getaddrinfo = lambda *_, **__: threading.Event().wait()"
    looking = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"{waits}; from config.command import main; main()"),
        *("doctor", "--config", str(store.file)),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert looking.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while b" cloud: " not in await looking.stdout.readline():
            pass
        looking.send_signal(signal.SIGINT)
        assert await looking.wait() == 130


async def test_a_dead_letter_that_is_damaged_itself_is_still_one_and_stops_nobody(store: IllStore) -> None:
    store.write()
    letters = (
        "facts VALUES (1, 1.0, 'x', NULL, NULL, 'DeadLetterKept', 5), (2, 1.0, 'x', NULL, NULL, 'LetterRead', '?')"
    )
    await asyncio.to_thread(with_row, store.journal, letters)
    settings = load_store(store.file)
    hub = store_hub(settings.layout, settings.journal_path, SystemClock())
    await hub.start()
    assert await reparse(hub, settings.store.id) == Reparsed(0, 1)
    await hub.stop()
