"""Bump bars and number pads are keyboards: keys by name, for nobody else, and no crash whatever is broken."""

import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices import hid
from devices.hid import EVENT, EVIOCGRAB, Presses, name_of, open_input, parse_name
from devices.keypad import Keypad
from devices.settings import KeypadSettings
from edge.orders import Moment
from edge.words import speak
from tests.builders import OVEN, a_bread
from tests.cloud import until
from tests.unit.devices.conftest import Bakery
from tests.unit.devices.hands import Keyboard

KEYS = {"1": "bump 1", "KEY_ENTER": "recall", "KEY_F1": "pause", "0xd4": "resume"}


@pytest.fixture
def bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    """A pipe cannot be grabbed."""
    monkeypatch.setattr(hid, "grab", lambda _port: None)
    with Keyboard(tmp_path / "bar-event-kbd") as keyboard:
        yield keyboard


async def plugged_in(bakery: Bakery, port: str, state: str = "ok", **rest: object) -> None:
    parts: dict[str, object] = {"id": "bar", "station": OVEN, "port": port, "framing": "hid", "keys": KEYS}
    bakery.run(Keypad(KeypadSettings(**parts | rest), bakery.hub, say=speak("en")).run())  # type: ignore[arg-type]
    await until(lambda: said(bakery)[0] == state)


def said(bakery: Bakery) -> tuple[str, str]:
    device = bakery.hub.vitals.devices.get("keypad:bar")
    return (device.state, device.reason) if device else ("", "")


async def stands_at(bakery: Bakery, moment: Moment) -> None:
    await until(lambda: next(iter(bakery.hub.board.orders.values())).items[0].moment is moment)


async def test_a_key_is_one_press_however_long_it_is_held(bakery: Bakery, bar: Keyboard) -> None:
    await bakery.order("o1", a_bread())
    await plugged_in(bakery, bar.port)
    bar.press("1")
    await stands_at(bakery, Moment.STARTED)
    bakery.clock.advance(1)
    bar.send((2, 2), (2, 2), (2, 0))
    bar.press("ENTER")
    await stands_at(bakery, Moment.WAITING)


async def test_a_digit_is_a_digit_on_the_number_pad_too(bakery: Bakery, bar: Keyboard) -> None:
    await bakery.order("o1", a_bread())
    await plugged_in(bakery, bar.port)
    bar.send((79, 1), (79, 0))
    await stands_at(bakery, Moment.STARTED)


async def test_a_key_without_a_name_has_its_code(bakery: Bakery, bar: Keyboard) -> None:
    await plugged_in(bakery, bar.port)
    bar.press("F1")
    await until(lambda: bakery.hub.board.halts)
    bar.send((0xD4, 1))
    await until(lambda: not bakery.hub.board.halts)


async def test_a_bump_bar_works_again_after_it_was_unplugged(bakery: Bakery, bar: Keyboard) -> None:
    await bakery.order("o1", a_bread())
    await plugged_in(bakery, bar.port)
    bar.write(EVENT.pack(0, 0, 1, 2, 1)[:-3])
    bar.unplug()
    await until(lambda: said(bakery)[0] == "missing")
    bar.replug()
    await until(lambda: said(bakery)[0] == "ok")
    bar.press("1")
    await stands_at(bakery, Moment.STARTED)


async def test_what_is_to_be_ignored_is_not_even_named(
    bakery: Bakery, bar: Keyboard, caplog: pytest.LogCaptureFixture
) -> None:
    await bakery.order("o1", a_bread())
    await plugged_in(bakery, bar.port, ignore=("KEY_NUMLOCK",))
    with caplog.at_level(logging.WARNING, "devices"):
        bar.press("NUMLOCK", "LEFTSHIFT", "NUMLOCK", "1")
        await stands_at(bakery, Moment.STARTED)
    assert caplog.messages == ["keypad bar: key KEY_LEFTSHIFT has no action"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "{path} may not be opened: add the hub's user to the groups dialout, lp, input"),
        (errno.EBUSY, "another program uses {path}"),
        (errno.ENODEV, "not there: plug it in, or correct the port in store.toml"),
    ],
)
async def test_why_a_bump_bar_does_not_work_is_on_the_screen_with_the_mend(
    bakery: Bakery, bar: Keyboard, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def grab(_port: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(hid, "grab", grab)
    await plugged_in(bakery, bar.port, "missing")
    assert said(bakery) == ("missing", words.format(path=bar.port))


async def test_a_file_that_is_no_keyboard_is_said_to_be_none(bakery: Bakery, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    await plugged_in(bakery, str(tmp_path / "file"), "missing")
    assert said(bakery)[1].endswith("file is no such device: correct the port in store.toml")


def test_a_folder_that_is_no_keyboard_is_let_go_of_again(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(IsADirectoryError):
        open_input(str(tmp_path))
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_bump_bar_is_taken_for_the_hub_alone(bar: Keyboard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    asked: list[tuple[int, int]] = []
    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "ioctl", lambda _descriptor, what, on: asked.append((what, on)))
        open_input(bar.port).close()
    assert asked == [(EVIOCGRAB, 1)]
    with pytest.raises(OSError, match=r"."):
        open_input(bar.port)


def test_events_may_come_in_pieces() -> None:
    presses, events = Presses(), b"".join(EVENT.pack(0, 0, 1, code, value) for code in (2, 28, 57) for value in (1, 0))
    assert [key for byte in events for key in presses.feed(bytes([byte]))] == [b"1", b"KEY_ENTER", b"KEY_SPACE"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        *(("1", b"1"), ("KEY_1", b"1"), ("KEY_KP1", b"1"), ("q", b"Q"), ("Q", b"Q"), ("KEY_Q", b"Q"), ("-", b"-")),
        *(("KEY_ENTER", b"KEY_ENTER"), ("KEY_KPENTER", b"KEY_KPENTER"), ("KEY_F12", b"KEY_F12")),
        *(("0x02", b"1"), ("0x1c", b"KEY_ENTER"), ("0xd4", b"0xd4"), ("0x1d0", b"0x1d0")),
    ],
)
def test_a_key_is_named_by_what_stands_on_it_or_by_its_code(text: str, key: bytes) -> None:
    assert parse_name(text) == key


@pytest.mark.parametrize("text", ["", "KEY_", "KEY_DANCE", "10", "0x", "0xzz", "ENTER", "é"])
def test_a_name_that_no_key_has_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected one character, a name as KEY_ENTER or KEY_F1, .* not '.*'$"):
        parse_name(text)


def test_codes_are_those_of_the_kernel() -> None:
    """As linux/input-event-codes.h has them: the ends of every row, and what stands alone."""
    codes = {2: "1", 11: "0", 12: "-", 13: "=", 16: "Q", 25: "P", 26: "[", 27: "]", 30: "A", 38: "L", 39: ";", 40: "'"}
    codes |= {41: "`", 43: "\\", 44: "Z", 50: "M", 51: ",", 52: ".", 53: "/", 55: "*", 71: "7", 73: "9", 74: "-"}
    codes |= {75: "4", 78: "+", 79: "1", 81: "3", 82: "0", 83: ".", 98: "/", 117: "="}
    codes |= {1: "KEY_ESC", 14: "KEY_BACKSPACE", 59: "KEY_F1", 68: "KEY_F10", 69: "KEY_NUMLOCK", 87: "KEY_F11"}
    codes |= {88: "KEY_F12", 96: "KEY_KPENTER", 102: "KEY_HOME", 111: "KEY_DELETE", 183: "KEY_F13", 194: "KEY_F24"}
    assert {code: name_of(code).decode() for code in codes} == codes
