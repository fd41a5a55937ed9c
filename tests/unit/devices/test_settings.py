"""What the short texts of store.toml mean, and what is said of those that mean nothing."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from devices.keys import ACTIONS, parse_action, parse_key
from devices.settings import (
    CODE_PAGES,
    Connection,
    Encoding,
    File,
    Framing,
    PrinterSettings,
    Serial,
    Tcp,
    Usb,
    parse_connection,
)
from edge.intents import (
    Acknowledge,
    Available,
    Batch,
    Bump,
    Collect,
    FromKeypad,
    Hold,
    OnCard,
    Pause,
    Prioritise,
    Recall,
    Refuse,
    ReleaseNext,
    Remake,
    Reprint,
    Resume,
    TurnPage,
    Unavailable,
)
from edge.orders import ItemId, Moment, OrderId, StageId
from tests.builders import OVEN

HOUSE = Path(__file__).parents[3]
NONE = OrderId("")  # the rules find it under the number


@pytest.mark.parametrize(
    ("text", "connection"),
    [
        ("tcp://192.168.1.50:9100", Tcp("192.168.1.50", 9100)),
        ("tcp://printer.local", Tcp("printer.local", 9100)),
        ("tcp://[::1]:9101", Tcp("::1", 9101)),
        ("usb:/dev/usb/lp0", Usb(Path("/dev/usb/lp0"))),
        ("serial:/dev/ttyUSB0?baud=19200", Serial(Path("/dev/ttyUSB0"), 19200)),
        ("serial:/dev/ttyUSB0", Serial(Path("/dev/ttyUSB0"), 9600)),
        ("serial:/dev/ttyS0?flow=xonxoff", Serial(Path("/dev/ttyS0"), 9600, "xonxoff")),
        ("serial:/dev/ttyS0?baud=38400&flow=rtscts", Serial(Path("/dev/ttyS0"), 38400, "rtscts")),
        ("usb:///dev/usb/lp0", Usb(Path("/dev/usb/lp0"))),
        ("file:tickets.bin", File(Path("tickets.bin"))),
        ("FILE:tickets.bin", File(Path("tickets.bin"))),
        ("file:/var/tmp/a ticket?.bin", File(Path("/var/tmp/a ticket?.bin"))),
    ],
)
def test_every_way_to_a_printer_is_understood(text: str, connection: Connection) -> None:
    assert parse_connection(text) == connection


@pytest.mark.parametrize(
    "text",
    [
        *("", "192.168.1.50", "usb:lp0", "file:"),
        *("tcp://", "tcp://host:99999", "tcp://[::1", "tcp://host:0", "tcp://host?x=1", "tcp://host:9100#x"),
        *("tcp://a host:9100", "tcp://me:word@host", "tcp://..", f"tcp://{'a' * 64}.local"),
        *("usb://dev/usb/lp0", "usb:/dev/usb/lp0?baud=9600", "usb:/dev/usb/lp0#1", "serial://dev/ttyUSB0"),
        *("serial:/dev/ttyS0?flow=dsrdtr", "serial:/dev/ttyS0?parity=odd", "serial:/dev/ttyS0?baud", "serial:ttyS0"),
        *("serial:/dev/ttyS0?baud=x", "serial:/dev/ttyS0?baud=49", "serial:/dev/ttyS0?baud=4000001"),
    ],
)
def test_a_way_that_leads_nowhere_is_answered_with_the_ways_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected tcp://HOST:PORT, usb:.* not '.*'$"):
        parse_connection(text)


def test_keys_are_a_character_or_the_hex_of_their_bytes() -> None:
    assert parse_key("1", "byte") == b"1"
    assert parse_key("0x1b", "byte") == b"\x1b"
    assert parse_key("0x1B4f50", "line") == b"\x1bOP"


@pytest.mark.parametrize("text", ["", "10", "é", "0x", "0x1", "0xzz", "0x0a0b"])
def test_a_key_that_no_byte_keypad_can_send_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        parse_key(text, "byte")


@pytest.mark.parametrize(
    ("text", "framing"),
    [("0x310d", "line"), ("0x0a", "line"), ("0x023103", "stx-etx"), ("0x3103", "stx-etx"), (f"0x{'31' * 257}", "line"),
     ("0x10000", "hid"), ("0x_1", "hid"), ("0x-1", "hid")],
)  # fmt: skip
def test_a_key_that_is_never_heard_is_refused(text: str, framing: Framing) -> None:
    with pytest.raises(ValueError, match=r"^expected "):
        parse_key(text, framing)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("bump 1", Bump(station=OVEN, position=1)),
        ("bump 3 x5", Bump(station=OVEN, position=3, quantity=Decimal(5))),
        ("recall", Recall(station=OVEN)),
        ("recall 2", Recall(station=OVEN, position=2)),
        ("acknowledge", Acknowledge(station=OVEN)),
        ("acknowledge 3", Acknowledge(station=OVEN, position=3)),
        ("reprint", Reprint(station=OVEN)),
        ("reprint 12", Reprint(station=OVEN, position=12)),
        ("page next", TurnPage(station=OVEN, to="next")),
        ("page previous", TurnPage(station=OVEN, to="previous")),
        ("page 2", TurnPage(station=OVEN, to=2)),
        ("pause", Pause()),
        ("resume", Resume()),
        ("unavailable bread-rye", Unavailable("bread-rye")),
        ("available bread-rye", Available("bread-rye")),
        ("collect 2", OnCard(OVEN, 2, Collect(NONE))),
        ("hold 2", OnCard(OVEN, 2, Hold(NONE))),
        ("release", ReleaseNext()),
        ("prioritise 2", OnCard(OVEN, 2, Prioritise(NONE))),
        ("refuse 2 no more  eggs", OnCard(OVEN, 2, Refuse(NONE, "no more eggs"))),
        ("remake 2", OnCard(OVEN, 2, Remake(NONE, ItemId("")))),
        ("remake 2 x3", OnCard(OVEN, 2, Remake(NONE, ItemId(""), quantity=Decimal(3)))),
        ("batch 2", OnCard(OVEN, 2, Batch(OVEN, "", StageId(""), Moment.WAITING))),
    ],
)
def test_a_key_can_ask_whatever_a_baker_needs(text: str, intent: FromKeypad) -> None:
    assert parse_action(text, OVEN) == intent


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bump",
        "bump 0",
        "bump one",
        "bump 1 2",
        "bump 1 x0",
        "bump 1 x",
        "page",
        "page up",
        "recall ²",
        "dance",
        "collect",
        "hold one",
        "refuse 2",
        "release 2",
        "remake 1 5",
        "batch",
    ],
)
def test_an_action_nobody_knows_is_answered_with_the_actions_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected bump N, .*recall, .* not '.*'$"):
        parse_action(text, OVEN)


@pytest.mark.parametrize("action", ACTIONS)
def test_what_a_key_can_do_is_what_the_readme_says(action: str) -> None:
    examples = {"N": "3", "xUNITS": "x5", "REASON": "sold out", "CODE": "bun"}
    assert parse_action(" ".join(examples.get(word, word) for word in action.split()), OVEN)
    assert f"`{action}`" in (HOUSE / "devices" / "README.md").read_text(encoding="utf-8")


def test_a_reason_longer_than_a_line_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^expected bump N"):
        parse_action("refuse 1 " + "x" * 500, OVEN)


def test_a_printer_needs_only_a_name_and_a_way() -> None:
    settings = msgspec.convert({"id": "kitchen", "connection": "tcp://192.168.1.50:9100"}, PrinterSettings)
    assert settings == PrinterSettings(id="kitchen", connection="tcp://192.168.1.50:9100")
    assert (settings.print_on, settings.encoding, settings.columns, settings.confirm) == (
        "released",
        "gb18030",
        48,
        "auto",
    )


def test_every_code_page_can_be_chosen() -> None:
    assert {*CODE_PAGES} | {"gb18030", "raster"} == {*Encoding.__args__}  # type: ignore[attr-defined]
