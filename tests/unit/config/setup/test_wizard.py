"""The wizard as an installer meets it: from an empty directory to a running hub, back and forth, and interrupted."""

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from config.assembly import Store
from config.checks import WrongSettings
from config.settings import StoreFile, load_store
from config.setup.keypads import KeypadStep
from config.setup.printers import PrinterStep
from config.setup.step import Choices
from config.setup.steps import BoardStep, CloudStep, WriteStep
from config.setup.wizard import STEPS, Wizard, draft_of
from config.setup.writing import write_store
from devices.twin.keypad import VirtualKeypad
from devices.twin.printer import VirtualPrinter
from tests.brokers import Broker, free_port
from tests.cloud import until

HERE = ["127.0.0.1"]


def names(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


class Installer:
    """Presses keys, and counts them."""

    def __init__(self, pilot: Pilot[bool], wizard: Wizard) -> None:
        self.pilot, self.wizard, self.pressed = pilot, wizard, 0

    async def press(self, *keys: str) -> None:
        self.pressed += len(keys)
        await self.pilot.press(*keys)

    async def write(self, text: str) -> None:
        await self.press(*(("minus" if one == "-" else one) for one in text))

    async def until_step(self, step: type) -> None:
        await until(lambda: bool(self.wizard.query("Step")) and type(self.wizard.step) is step)
        await self.pilot.pause()

    @property
    def listed(self) -> str:
        choices = self.wizard.query_one(Choices)
        return "\n".join(str(choices.get_option_at_index(at).prompt) for at in range(choices.option_count))

    @property
    def screen(self) -> str:
        return "\n".join(str(one.content) for one in self.wizard.query(Static))


@asynccontextmanager
async def an_installer(file: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Installer]:
    draft = draft_of(file)
    draft.dev, draft.interfaces = file.parent / "dev", HERE
    wizard = Wizard(draft)
    async with wizard.run_test(size=size) as pilot:
        await pilot.pause()
        yield Installer(pilot, wizard)


@pytest.fixture
async def printer() -> AsyncIterator[VirtualPrinter]:
    printer = VirtualPrinter()
    await printer.start()
    yield printer
    await printer.stop()


def assert_is_the_bakery(settings: StoreFile, broker: Broker, printer: VirtualPrinter) -> None:
    assert (settings.store.id, settings.store.language) == ("hz-1", "zh")
    assert settings.cloud is not None
    assert settings.cloud.url == broker.url
    assert [one.connection for one in settings.printers] == [printer.connection]
    assert settings.keypads[0].keys == {"a": "bump 1", "b": "bump 2", "c": "bump 3"}
    assert settings.keypads[0].ignore == ("A", "B", "C")


async def assert_runs(file: Path) -> None:
    store = Store(load_store(file))
    await store.start()
    try:
        host, port = store.feed.address
        async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}/healthz") as answer:
            assert answer.status == 200
        await until(lambda: {one.state for one in store.hub.vitals.devices.values()} == {"ok"})
        await until(lambda: store.hub.vitals.cloud == "connected")
    finally:
        await store.stop()


async def test_from_an_empty_directory_to_a_running_hub(
    tmp_path: Path, broker: Broker, printer: VirtualPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "dev/serial/by-id").mkdir(parents=True)
    file = tmp_path / "store.toml"
    file.write_text(f'[feed]\nlisten = "127.0.0.1:{free_port()}"\n')  # this machine may have another hub
    with VirtualKeypad(tmp_path / "dev/serial/by-id/pad") as keypad:
        async with an_installer(file) as installer:
            await installer.press("enter")  # Chinese
            await installer.write("hz-1")
            await installer.press("enter", "enter")
            await installer.until_step(CloudStep)
            await installer.write(broker.url)
            if broker.protocol != "5":
                installer.wizard.draft.section("cloud")["protocol"] = broker.protocol
            await installer.press("enter", "enter", "enter", "enter")
            await until(lambda: installer.wizard.at == 3)
            await installer.pilot.pause()
            await installer.press("enter")  # a bread shop
            await installer.until_step(PrinterStep)
            await installer.write(f"127.0.0.1:{printer.port}")
            await installer.press("enter")
            await installer.press("t")
            await printer.printed()
            await installer.press("enter")
            await installer.until_step(KeypadStep)
            await installer.press("l")
            await until(lambda: installer.wizard.step.lesson == 0)
            for count, key in enumerate("abc", 1):
                keypad.press(key)
                keypad.press(key.upper())  # when it is let go
                await until(lambda count=count: installer.wizard.step.lesson == count)
            await installer.press("enter", "enter")
            await installer.until_step(BoardStep)
            await installer.press("enter")
            await installer.until_step(WriteStep)
            await installer.press("enter")
            await until(lambda: installer.wizard.return_value is True)
        assert installer.pressed <= 60
        assert_is_the_bakery(load_store(file), broker, printer)
        await assert_runs(file)


async def test_a_store_that_is_there_is_what_the_wizard_begins_with(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    file.write_text(
        '[store]\nid = "hz-1"  # by the lake\nlanguage = "en"\n[[stations]]\nid = "oven"\nstages = ["baking"]\n'
        '[[printers]]\nid = "mine"\nconnection = "file:/dev/null"\nstations = ["oven"]\n'
        '[[printers]]\nid = "labels"\nconnection = "file:/dev/null"\nprint_on = "labels"\n'
        '[[keypads]]\nid = "pad"\nstation = "oven"\nport = "/dev/gone"\n[keypads.keys]\n"1" = "bump 1"\n'
    )
    before = tomllib.loads(file.read_text())
    async with an_installer(file) as installer:
        for at in range(len(STEPS)):
            await until(lambda at=at: installer.wizard.at == at)
            await installer.pilot.pause()
            await installer.press(*(["end"] if at == 1 else []), *(["enter"] * (2 if at == 1 else 1)))
        await until(lambda: installer.wizard.return_value is True)
    assert tomllib.loads(file.read_text()) == before
    assert "# by the lake" in file.read_text()


async def test_a_store_with_nothing_plugged_in_is_made_by_enter_alone(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    async with an_installer(file) as installer:
        await installer.press("enter")
        await installer.write("hz-1")
        await installer.press("enter", "enter")
        for at in range(2, len(STEPS)):
            await until(lambda at=at: installer.wizard.at == at)
            await installer.pilot.pause()
            await installer.press("enter")
        await until(lambda: installer.wizard.return_value is True)
    assert load_store(file).keypads == ()


async def test_every_step_can_be_left_as_it_is_and_come_back_to(tmp_path: Path) -> None:
    async with an_installer(tmp_path / "store.toml") as installer:
        for at in range(1, len(STEPS)):
            await installer.press("ctrl+n")
            await until(lambda at=at: installer.wizard.at == at)
        await installer.press("ctrl+n")  # the last one would have nothing left to do
        assert installer.wizard.at == len(STEPS) - 1
        await installer.press("enter")
        await until(lambda: "store.id: required" in installer.screen)
        for at in reversed(range(len(STEPS) - 1)):
            await installer.press("escape")
            await until(lambda at=at: installer.wizard.at == at)
        await installer.press("escape")
        await until(lambda: installer.wizard.return_value is False)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "text", ["store = 3", "[[stations]]\nid = 5\nstages = ['a']", "[printers]", "[store]\nidd = 'a'"]
)
def test_a_file_that_is_not_like_a_store_toml_is_not_opened(tmp_path: Path, text: str) -> None:
    file = tmp_path / "store.toml"
    file.write_text(text)
    with pytest.raises(WrongSettings, match=r"store.toml: (store|stations|printers)"):
        draft_of(file)


@pytest.mark.parametrize("step", [0, 3, 7])
async def test_whoever_ends_it_anywhere_leaves_the_old_file_whole(tmp_path: Path, step: int) -> None:
    file = tmp_path / "store.toml"
    file.write_text('[store]\nid = "old"\nlanguage = "zh"\n')
    async with an_installer(file) as installer:
        await installer.press("enter")
        await installer.until_step(STEPS[1])
        await installer.write("er")
        for at in range(1, step):
            await until(lambda at=at: installer.wizard.at == at)
            await installer.press("ctrl+n")
        await installer.press("ctrl+c")
        await until(lambda: installer.wizard.return_value is False)
    assert (file.read_text(), names(tmp_path)) == ('[store]\nid = "old"\nlanguage = "zh"\n', [file.name])


async def test_a_broker_that_does_not_let_the_store_in_is_said_and_can_be_kept(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    file.write_text('[store]\nid = "a"\nlanguage = "en"\n')
    url = f"mqtt://127.0.0.1:{free_port()}"
    async with an_installer(file) as installer:
        await installer.press("ctrl+n", "ctrl+n")
        await installer.until_step(CloudStep)
        await installer.write(url)
        await installer.press("enter", "tab", *"poppy", "enter", "enter")
        await until(lambda: "Enter once more: keep it as it is" in installer.screen)
        assert url in installer.screen
        assert "poppy" not in installer.screen
        assert not installer.wizard.draft.secret_file.exists()
        await installer.press("enter")
        await until(lambda: installer.wizard.at == 3)
        for at in range(3, len(STEPS) - 1):
            await until(lambda at=at: installer.wizard.at == at)
            await installer.press("ctrl+n")
        await installer.until_step(WriteStep)
        await installer.press("enter")
        await until(lambda: installer.wizard.return_value is True)
    secret = tmp_path / "cloud-password"
    assert (secret.read_text(), secret.stat().st_mode & 0o777) == ("poppy\n", 0o600)
    assert "poppy" not in file.read_text()
    cloud = load_store(file).cloud
    assert cloud is not None
    assert cloud.password_file == str(secret)


async def test_every_found_printer_prints_its_number_and_is_given_work_in_the_order_of_ticking(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    file.write_text('[store]\nid = "a"\nlanguage = "en"\n')
    async with an_installer(file) as installer:
        printers = [VirtualPrinter(), VirtualPrinter()]
        for at in range(4):
            await until(lambda at=at: installer.wizard.at == at)
            await installer.press("ctrl+n")
        await installer.until_step(PrinterStep)
        for printer in printers:
            await printer.start()
            await installer.pilot.pause()
            installer.wizard.step.query_one("#address").focus()
            await installer.write(f"127.0.0.1:{printer.port}")
            await installer.press("enter")
        await installer.press("t")
        for number, printer in enumerate(printers, 1):
            (page,) = await printer.printed()
            assert str(number) in page.text
        await until(lambda: installer.screen.count("printed") == 2)
        await installer.press("home", "space", "space", "e", "b")  # the first is ticked after the second
        await until(lambda: "kitchen  48 else counter" in installer.listed)
        await installer.press("enter")
        await installer.until_step(KeypadStep)
        for printer in printers:
            await printer.stop()
    rows = installer.wizard.draft.tree["printers"]
    assert [
        (row["id"], row["connection"], row.get("print_on"), row.get("encoding"), row["backup"]) for row in rows
    ] == [
        ("kitchen", printers[1].connection, None, None, "counter"),
        ("counter", printers[0].connection, "ready", "raster", "kitchen"),
    ]


async def test_a_printer_that_is_left_out_stands_in_for_nobody(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    printer = '[[printers]]\nid = "{}"\nconnection = "file:/dev/{}"\nbackup = "{}"\n'
    three = (("k", "null", "c"), ("c", "zero", "l"), ("l", "full", "k"))
    file.write_text('[store]\nid = "a"\n' + "".join(printer.format(*one) for one in three))
    draft = draft_of(file)
    step = PrinterStep(draft)
    step.ticked.remove("file:/dev/zero")
    assert await step.take() == ""
    assert [(row["id"], row.get("backup")) for row in draft.tree["printers"]] == [("k", None), ("l", "k")]


async def test_a_lesson_that_is_left_in_the_middle_keeps_what_was_learnt(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    file.write_text('[store]\nid = "a"\nlanguage = "en"\n')
    (tmp_path / "dev/serial/by-id").mkdir(parents=True)
    with VirtualKeypad(tmp_path / "dev/serial/by-id/pad") as keypad:
        async with an_installer(file) as installer:
            for at in range(5):
                await until(lambda at=at: installer.wizard.at == at)
                await installer.press("ctrl+n")
            await installer.until_step(KeypadStep)
            await installer.press("l")
            await until(lambda: "Press the key for: bump 1" in installer.screen)
            await installer.press("n")
            await until(lambda: "Press the key for: bump 2" in installer.screen)
            keypad.press(b"\x02F1\x03")
            await until(lambda: "Press the key for: bump 3" in installer.screen)
            keypad.press(b"\x02F1\x03")
            await until(lambda: "0x4631 is bump 2 already" in installer.screen)
            keypad.unplug()
            await until(lambda: installer.wizard.step.lesson is None)
            await installer.press("enter")
            await installer.until_step(BoardStep)
            (row,) = installer.wizard.draft.tree["keypads"]
            assert (row["id"], row["keys"], row["framing"]) == ("kitchen-pad", {"0x4631": "bump 2"}, "stx-etx")
            assert "ignore" not in row


async def test_twins_under_one_name_are_learnt_each_where_it_is_plugged_in(tmp_path: Path) -> None:
    file = tmp_path / "store.toml"
    with VirtualKeypad(tmp_path / "left") as left, VirtualKeypad(tmp_path / "right") as right:
        twins = [
            {"id": one.name, "station": "kitchen", "port": str(tmp_path / "by-id"), "path": str(one), "keys": {}}
            for one in (Path(left.port), Path(right.port))
        ]
        write_store(file, {"store": {"id": "a", "language": "en"}, "keypads": twins})
        async with an_installer(file) as installer:
            for at in range(5):
                await until(lambda at=at: installer.wizard.at == at)
                await installer.press("ctrl+n")
            await installer.until_step(KeypadStep)
            await installer.press("end", "l")
            await until(lambda: "Press the key for: bump 1" in installer.screen)
            right.press("x")
            await until(lambda: "Press the key for: bump 2" in installer.screen)
            await installer.press("enter")
            await until(lambda: "Its keys are learnt." in installer.screen)
            assert str(installer.wizard.query_one("#trouble", Static).content) == ""
            await installer.press("enter")
            await installer.until_step(BoardStep)
            rows = installer.wizard.draft.tree["keypads"]
    assert [(row["id"], row["keys"]) for row in rows] == [("left", {}), ("right", {"x": "bump 1"})]
    assert {row["port"] for row in rows} == {str(tmp_path / "by-id")}
