"""What the installer's machine has: printers that announce themselves, printers and keypads on its USB."""

import builtins
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from zeroconf import IPVersion
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from devices.discovery import (
    PRINTERS,
    FoundPort,
    FoundPrinter,
    NoNetworkSearch,
    keyboards,
    network_printers,
    serial_ports,
    usb_printers,
)

HERE = ["127.0.0.1"]


@pytest.fixture
async def network() -> AsyncIterator[AsyncZeroconf]:
    mouth = AsyncZeroconf(interfaces=HERE, ip_version=IPVersion.V4Only)
    yield mouth
    await mouth.async_close()


def plug(dev: Path, folder: str, name: str, end: str) -> None:
    """A link as udev makes it."""
    (dev / end).touch()
    link = dev / folder / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(dev / end)


async def test_a_printer_that_announces_itself_is_found_with_its_address(
    network: AsyncZeroconf, tmp_path: Path
) -> None:
    name = f"Front {tmp_path.parent.name}{tmp_path.name}"[:60]
    printer = AsyncServiceInfo(
        PRINTERS, f"{name}.{PRINTERS}", addresses=[socket.inet_aton("127.0.0.7")], port=9100, server="front.local."
    )
    await (await network.async_register_service(printer))
    found = await network_printers(patience=1.0, interfaces=HERE)
    assert FoundPrinter("tcp://127.0.0.7:9100", name) in found


async def test_without_the_part_that_hears_printers_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bring = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("zeroconf"):
            raise ImportError(name)
        return bring(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NoNetworkSearch, match=r"pip install 'ovenbell\[setup\]'"):
        await network_printers()


def test_a_usb_printer_is_called_what_it_says_of_itself(tmp_path: Path) -> None:
    dev, sys = tmp_path / "dev", tmp_path / "sys"
    for number in (0, 1):
        (dev / "usb").mkdir(parents=True, exist_ok=True)
        (dev / "usb" / f"lp{number}").touch()
    device = sys / "class" / "usbmisc" / "lp0" / "device"
    device.mkdir(parents=True)
    (device / "ieee1284_id").write_text("MFG:EPSON;CMD:ESC/POS;MDL:TM-T20III\x1b;CLS:PRINTER;\n")
    assert usb_printers(dev, sys) == [
        FoundPrinter(f"usb:{dev}/usb/lp0", "EPSON TM-T20III"),
        FoundPrinter(f"usb:{dev}/usb/lp1", "lp1"),
    ]


def test_a_keypad_is_found_by_what_it_is(tmp_path: Path) -> None:
    plug(tmp_path, "serial/by-id", "usb-FTDI_A1-if00-port0", "ttyUSB0")
    plug(tmp_path, "serial/by-path", "pci-usb-0:1:1.0-port0", "ttyUSB0")
    assert serial_ports(tmp_path) == [
        FoundPort(f"{tmp_path}/serial/by-id/usb-FTDI_A1-if00-port0", "usb-FTDI_A1-if00-port0")
    ]


@pytest.mark.parametrize(
    ("find", "folder", "name", "socket"),
    [
        (serial_ports, "serial", "usb-1a86_USB_Serial-if00-port0", "pci-usb-0:{}:1.0-port0"),
        (keyboards, "input", "usb-Bump_Bar-event-kbd", "pci-usb-0:{}:1.0-event-kbd"),
    ],
)
def test_two_keypads_that_cannot_be_told_apart_are_found_by_where_they_are_plugged_in(
    tmp_path: Path, find: Callable[[Path], list[FoundPort]], folder: str, name: str, socket: str
) -> None:
    for number in (0, 1):
        plug(tmp_path, f"{folder}/by-id", name, f"device{number}")
        plug(tmp_path, f"{folder}/by-path", socket.format(number), f"device{number}")
    assert [one.port for one in find(tmp_path)] == [
        f"{tmp_path}/{folder}/by-path/{socket.format(number)}" for number in (0, 1)
    ]


def test_a_built_in_keyboard_without_a_name_leaves_the_bump_bar_its_own(tmp_path: Path) -> None:
    plug(tmp_path, "input/by-path", "platform-i8042-serio-0-event-kbd", "event0")
    plug(tmp_path, "input/by-id", "usb-Bar-event-kbd", "event3")
    plug(tmp_path, "input/by-path", "pci-usb-0:1-event-kbd", "event3")
    plug(tmp_path, "input/by-path", "pci-usb-0:2-event-mouse", "event4")
    assert f"{tmp_path}/input/by-id/usb-Bar-event-kbd" in [one.port for one in keyboards(tmp_path)]


def test_of_input_devices_only_keyboards_are_found_and_a_bare_machine_has_nothing(tmp_path: Path) -> None:
    assert (serial_ports(tmp_path), keyboards(tmp_path), usb_printers(tmp_path)) == ([], [], [])
    plug(tmp_path, "input/by-id", "usb-Bar-event-kbd", "event3")
    plug(tmp_path, "input/by-path", "pci-usb-0:1-event-kbd", "event3")
    plug(tmp_path, "input/by-id", "usb-Mouse-event-mouse", "event4")
    plug(tmp_path, "input/by-path", "pci-usb-0:2-event-kbd", "event5")
    assert [one.name for one in keyboards(tmp_path)] == ["usb-Bar-event-kbd", "pci-usb-0:2-event-kbd"]
