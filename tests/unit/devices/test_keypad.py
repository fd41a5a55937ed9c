"""A keypad with flour on its keys: every true press counts once, nothing else does."""

import asyncio
import logging
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from devices import hand
from devices.frames import LONGEST, Frames
from devices.keypad import Keypad
from devices.port import Port
from devices.settings import KeypadSettings
from devices.twin.keypad import VirtualKeypad
from edge.intents import Refused
from edge.orders import Moment
from edge.words import speak
from tests.builders import OVEN, a_bread
from tests.cloud import until
from tests.unit.devices.conftest import Bakery

KEYS = {"1": "bump 1", "2": "bump 2", "R": "recall", "N": "page next", "P": "reprint", "A": "acknowledge"}


@pytest.fixture
def buttons(tmp_path: Path) -> Iterator[VirtualKeypad]:
    with VirtualKeypad(tmp_path / "oven-pad") as keypad:
        yield keypad


async def plugged_in(bakery: Bakery, buttons: VirtualKeypad, **rest: object) -> None:
    """The hub listens to the keypad."""
    settings = KeypadSettings(**{"id": "oven-pad", "station": OVEN, "port": buttons.port, "keys": KEYS} | rest)  # type: ignore[arg-type]
    bakery.run(Keypad(settings, bakery.hub, say=speak("en")).run())
    await until(lambda: state(bakery) == "ok")


def state(bakery: Bakery) -> str:
    device = bakery.hub.vitals.devices.get("keypad:oven-pad")
    return device.state if device else ""


def stands(bakery: Bakery, order: str = "o1") -> tuple[int, Moment]:
    item = next(item for row in bakery.hub.board.orders.values() if row.id == order for item in row.items)
    return item.place, item.moment


async def stands_at(bakery: Bakery, moment: Moment, order: str = "o1") -> None:
    await until(lambda: stands(bakery, order) == (0, moment))


async def test_a_press_starts_the_card_and_the_next_one_finishes_it(bakery: Bakery, buttons: VirtualKeypad) -> None:
    await bakery.order("o1", a_bread())
    await plugged_in(bakery, buttons)
    buttons.press("1")
    await stands_at(bakery, Moment.STARTED)
    bakery.clock.advance(1)
    buttons.press("1")
    await until(lambda: stands(bakery)[0] == 1)


async def test_who_pressed_is_in_the_journal(bakery: Bakery, buttons: VirtualKeypad) -> None:
    by: list[str] = []
    await bakery.order("o1", a_bread())
    bakery.hub.follow(lambda commit: by.extend(fact.by for fact in commit.facts))
    await plugged_in(bakery, buttons)
    buttons.press("1")
    await until(lambda: "keypad:oven-pad" in by)


async def test_a_bouncing_contact_is_one_press(bakery: Bakery, buttons: VirtualKeypad) -> None:
    await bakery.order("o1", a_bread())
    await plugged_in(bakery, buttons)
    buttons.press("111")
    bakery.clock.advance(0.03)
    buttons.press("1")
    await stands_at(bakery, Moment.STARTED)
    bakery.clock.advance(0.2)
    buttons.press("R")
    await stands_at(bakery, Moment.WAITING)


async def test_two_keys_pressed_together_both_count(bakery: Bakery, buttons: VirtualKeypad) -> None:
    await bakery.order("o1", a_bread())
    await bakery.order("o2", a_bread())
    await plugged_in(bakery, buttons)
    buttons.press("12")
    await until(lambda: stands(bakery, "o1") == stands(bakery, "o2") == (0, Moment.STARTED))


async def test_a_key_nobody_mapped_is_named_once_and_stops_nothing(
    bakery: Bakery, buttons: VirtualKeypad, caplog: pytest.LogCaptureFixture
) -> None:
    await bakery.order("o1", a_bread())
    await plugged_in(bakery, buttons)
    with caplog.at_level(logging.WARNING, "devices"):
        buttons.press(b"zz\x00z1")
        await stands_at(bakery, Moment.STARTED)
    assert caplog.messages == [
        "keypad oven-pad: key z has no action",
        "keypad oven-pad: key 0x00 has no action",
    ]


async def test_an_empty_slot_is_a_clear_line_and_stops_nothing(bakery: Bakery, buttons: VirtualKeypad) -> None:
    await plugged_in(bakery, buttons)
    buttons.press("2")
    await until(lambda: bakery.hub.vitals.devices["keypad:oven-pad"].reason)
    assert state(bakery) == "ok"
    await bakery.order("o1", a_bread())
    buttons.press("1")
    await stands_at(bakery, Moment.STARTED)
    await until(lambda: not bakery.hub.vitals.devices["keypad:oven-pad"].reason)


async def test_why_a_press_had_no_effect_is_said_in_the_stores_language_and_only_for_a_while(
    bakery: Bakery, buttons: VirtualKeypad, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons: list[str] = []
    settings = KeypadSettings(id="oven-pad", station=OVEN, port=buttons.port, keys=KEYS)
    monkeypatch.setattr(hand, "SAID", 0.05)
    monkeypatch.setattr(bakery.hub.vitals, "device", lambda device: reasons.append(device.reason))
    bakery.run(Keypad(settings, bakery.hub, say=speak("zh")).run())
    await until(lambda: reasons)
    buttons.press("2")
    await until(lambda: reasons[1:] == ["Oven的 2 号是空的", ""])


async def test_a_keypad_works_again_after_it_was_unplugged(bakery: Bakery, buttons: VirtualKeypad) -> None:
    await bakery.order("o1", a_bread())
    await plugged_in(bakery, buttons)
    for moment, key in ((Moment.STARTED, "1"), (Moment.WAITING, "R"), (Moment.STARTED, "1")):
        buttons.unplug()
        await until(lambda: state(bakery) == "missing")
        buttons.replug()
        await until(lambda: state(bakery) == "ok")
        bakery.clock.advance(1)
        buttons.press(key)
        await stands_at(bakery, moment)


async def test_a_keypad_may_be_plugged_in_after_the_hub_has_started(bakery: Bakery, buttons: VirtualKeypad) -> None:
    buttons.unplug()
    settings = KeypadSettings(id="oven-pad", station=OVEN, port=buttons.port, keys=KEYS)
    bakery.run(Keypad(settings, bakery.hub, say=speak("en")).run())
    await until(lambda: state(bakery) == "missing")
    buttons.replug()
    await until(lambda: state(bakery) == "ok")


async def test_a_port_belongs_to_one_keypad(bakery: Bakery, buttons: VirtualKeypad) -> None:
    await plugged_in(bakery, buttons)
    second = KeypadSettings(id="second", station=OVEN, port=buttons.port, keys=KEYS)
    bakery.run(Keypad(second, bakery.hub, say=speak("en")).run())
    await until(lambda: "keypad:second" in bakery.hub.vitals.devices)
    device = bakery.hub.vitals.devices["keypad:second"]
    assert (device.state, device.reason) == ("missing", f"another program uses {buttons.port}")


async def test_two_adapters_under_one_name_are_told_apart_by_their_sockets(
    bakery: Bakery, buttons: VirtualKeypad, tmp_path: Path
) -> None:
    await bakery.order("o1", a_bread())
    with VirtualKeypad(tmp_path / "other") as other:
        await plugged_in(bakery, buttons, port=other.port, path=buttons.port)
        other.press("1")
        buttons.press("N1")
        await stands_at(bakery, Moment.STARTED)
        buttons.unplug()  # and never is the other one taken for it
        await until(lambda: state(bakery) == "missing")
        other.press("1")
        buttons.replug()
        await until(lambda: state(bakery) == "ok")
    assert stands(bakery) == (0, Moment.STARTED)


async def test_what_a_key_sends_when_it_is_let_go_is_ignored(
    bakery: Bakery, buttons: VirtualKeypad, caplog: pytest.LogCaptureFixture
) -> None:
    await bakery.order("o1", a_bread())
    await plugged_in(bakery, buttons, ignore=("0xb1", "0xb2"))
    with caplog.at_level(logging.WARNING, "devices"):
        buttons.press(b"\xb2\xb11\xb1")
        await stands_at(bakery, Moment.STARTED)
    assert caplog.messages == []


async def test_an_answer_does_not_hide_that_the_keypad_was_pulled_out(
    bakery: Bakery, buttons: VirtualKeypad, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer, answered = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def submit(*_: object, **__: object) -> None:
        asked.set()
        await answer.wait()
        answered.set()
        raise Refused("no")

    monkeypatch.setattr(bakery.hub, "submit", submit)
    await plugged_in(bakery, buttons)
    buttons.press("1")
    await asked.wait()
    buttons.unplug()
    await until(lambda: state(bakery) == "missing")
    answer.set()
    await answered.wait()
    await asyncio.sleep(0)
    assert state(bakery) == "missing"


async def test_a_port_that_comes_and_goes_at_once_does_not_keep_the_hub_busy(
    bakery: Bakery, buttons: VirtualKeypad, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[float] = []

    async def gone(port: Port, _heard: object) -> None:
        opened.append(time.monotonic())
        port.close()

    monkeypatch.setattr(hand, "FIRST_RETRY", 0.02)
    monkeypatch.setattr(hand, "listen", gone)
    settings = KeypadSettings(id="oven-pad", station=OVEN, port=buttons.port, keys=KEYS)
    bakery.run(Keypad(settings, bakery.hub, say=speak("en")).run())
    await until(lambda: len(opened) == 5)
    assert opened[-1] - opened[0] >= 0.08


@pytest.mark.parametrize(
    "error", [termios.error(5, "x"), serial.SerialException("x"), OSError(5, "x"), ValueError("x")]
)
async def test_however_a_port_fails_to_open_it_is_a_word_on_the_screen(
    bakery: Bakery, buttons: VirtualKeypad, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(serial, "Serial", fails)
        settings = KeypadSettings(id="oven-pad", station=OVEN, port=buttons.port, keys=KEYS)
        bakery.run(Keypad(settings, bakery.hub, say=speak("en")).run())
        await until(lambda: state(bakery) == "missing")
    await until(lambda: state(bakery) == "ok")


async def test_keys_may_come_as_lines(bakery: Bakery, buttons: VirtualKeypad) -> None:
    await bakery.order("o1", a_bread())
    await plugged_in(bakery, buttons, framing="line", keys={"0x3131": "bump 1"})
    buttons.press("1")
    buttons.press("1\r\n")
    await stands_at(bakery, Moment.STARTED)


async def test_a_press_glued_to_noise_counts_where_it_can_be_no_other(
    bakery: Bakery, buttons: VirtualKeypad, caplog: pytest.LogCaptureFixture
) -> None:
    for order in ("o1", "o2", "o3"):
        await bakery.order(order, a_bread())
    keys = {"1": "bump 1", "0x3231": "bump 2", "3": "bump 3"}
    await plugged_in(bakery, buttons, framing="line", keys=keys, ignore=["0x5533"])
    buttons.press(b"\xff1\r")  # perhaps the half of 21
    buttons.press(b"\x003\r")  # perhaps 3 was let go
    buttons.press(b"\xf0\x0021\r")
    await stands_at(bakery, Moment.STARTED, "o2")
    buttons.press(b"x21\r")  # perhaps another key
    buttons.press(b"\xff21\r")  # or that one
    await until(lambda: len([line for line in caplog.messages if "has no action" in line]) == 4)
    assert [stands(bakery, order)[1] for order in ("o1", "o3")] == [Moment.WAITING, Moment.WAITING]
    assert stands(bakery, "o2") == (0, Moment.STARTED)


def test_lines_end_with_either_end_and_empty_ones_are_no_keys() -> None:
    frames = Frames("line")
    assert frames.feed(b"1\r\n\r2") == [b"1"]
    assert frames.feed(b"\n") == [b"2"]


def test_frames_are_what_stands_between_stx_and_etx() -> None:
    frames = Frames("stx-etx")
    assert frames.feed(b"noise\x02A1\x03more\x03\x02B") == [b"A1"]
    assert frames.feed(b"\x02C\x03") == [b"C"]


def test_noise_without_an_end_is_forgotten() -> None:
    frames = Frames("line")
    assert frames.feed(b"x" * (LONGEST + 1) + b"y\r1\r") == [b"1"]
