"""Learning: press a key, and its name as store.toml writes it is heard; nothing is ever sent to the port."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from devices import hid, learning
from devices import port as port_module
from devices.keys import parse_key
from devices.learning import guess, keys, spoken
from devices.port import Port
from devices.settings import Framing
from devices.twin.keypad import VirtualKeypad
from tests.unit.devices.hands import Keyboard


@pytest.fixture
def pad(tmp_path: Path) -> Iterator[VirtualKeypad]:
    with VirtualKeypad(tmp_path / "pad") as pad:
        yield pad


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once the port is listened to: what was pressed before is not heard."""
    opened = asyncio.Event()

    async def listen(port: Port, heard: Callable[[bytes], None]) -> None:
        opened.set()
        await port_module.listen(port, heard)

    monkeypatch.setattr(learning, "REST", 0.02)
    monkeypatch.setattr(learning, "listen", listen)
    return opened


@pytest.mark.parametrize(
    ("burst", "framing"),
    [
        *((b"1", "byte"), (b"\x1b", "byte"), (b"1\xb1", "byte"), (b"\r", "byte")),
        *((b"1\r", "line"), (b"F1\r\n", "line"), (b"A\n", "line")),
        *((b"\x02A1\x03", "stx-etx"), (b"\x02A1\x03\r\n", "stx-etx")),
    ],
)
def test_one_press_shows_how_a_keypad_tells_its_keys_apart(burst: bytes, framing: Framing) -> None:
    assert guess(burst) == framing


@pytest.mark.parametrize(
    ("sent", "names", "framing"),
    [
        ([b"1", b"\x1b", b" "], ["1", "0x1b", "0x20"], "byte"),
        ([b"7\r", b"F1\r", b"A\r"], ["7", "0x4631", "A"], "line"),
        ([b"\x02A1\x03", b"\x022\x03"], ["0x4131", "2"], "stx-etx"),
    ],
)
async def test_keys_are_named_as_the_settings_write_them(
    pad: VirtualKeypad, opened: asyncio.Event, sent: list[bytes], names: list[str], framing: Framing
) -> None:
    async with aclosing(spoken(pad.port)) as heard:
        for burst, name in zip(sent, names, strict=True):
            key = asyncio.create_task(anext(heard))
            await opened.wait()
            pad.press(burst)
            assert await key == (name, framing)
            assert parse_key(name, framing) in burst


async def test_a_framing_that_is_known_is_not_guessed(pad: VirtualKeypad, opened: asyncio.Event) -> None:
    async with aclosing(keys(pad.port, 9600, "line")) as heard:
        key = asyncio.create_task(anext(heard))
        await opened.wait()
        pad.press(b"1")
        pad.press(b"2\r")
        assert await key == "0x3132"


async def test_the_keys_of_a_bump_bar_have_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hid, "grab", lambda _port: None)
    with Keyboard(tmp_path / "bar") as bar:
        bar.press("1", "ENTER", "F5")
        async with aclosing(keys(bar.port, framing="hid")) as heard:
            assert [await anext(heard) for _ in range(3)] == ["1", "KEY_ENTER", "KEY_F5"]


async def test_listening_ends_with_the_port(pad: VirtualKeypad, opened: asyncio.Event) -> None:
    heard = keys(pad.port)
    key = asyncio.create_task(anext(heard))
    await opened.wait()
    pad.press("1")
    assert await key == "1"
    pad.unplug()
    with pytest.raises(StopAsyncIteration):
        await anext(heard)


async def test_a_port_that_is_not_there_is_an_error_of_the_machine(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        await anext(keys(str(tmp_path / "none")))


async def test_the_port_is_free_again_afterwards(pad: VirtualKeypad, opened: asyncio.Event) -> None:
    for _ in range(2):
        opened.clear()
        async with aclosing(keys(pad.port)) as heard:
            key = asyncio.create_task(anext(heard))
            await opened.wait()
            pad.press("1")
            assert await key == "1"
