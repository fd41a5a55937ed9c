"""Discovery: which printers and keypads there are. It listens and looks at names; it writes to nothing it finds."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge.text import plain

PRINTERS = "_pdl-datastream._tcp.local."  # what speaks on port 9100
PATIENCE = 3.0  # seconds for the network to answer
RESOLVING = 1000  # milliseconds for the address of a printer that has said its name
DEVICES, SYSTEM = Path("/dev"), Path("/sys")


class NoNetworkSearch(Exception):
    """The part that hears printers announce themselves is not installed, or cannot listen."""


@dataclass(frozen=True)
class FoundPrinter:
    """A printer: what store.toml calls it, and what it calls itself."""

    connection: str
    name: str


@dataclass(frozen=True)
class FoundPort:
    """Something keys may come from, by a name that stays when it is plugged in again."""

    port: str
    name: str


def usb_printers(dev: Path = DEVICES, sys: Path = SYSTEM) -> list[FoundPrinter]:
    """The printers that the kernel shows."""
    return [FoundPrinter(f"usb:{path}", _usb_name(path, sys)) for path in sorted((dev / "usb").glob("lp*"))]


def _usb_name(path: Path, sys: Path) -> str:
    """What a printer says of itself by IEEE 1284."""
    said = ""
    with suppress(OSError):
        said = (sys / "class" / "usbmisc" / path.name / "device" / "ieee1284_id").read_text(errors="replace")
    fields = dict(part.split(":", 1) for part in said.strip().split(";") if ":" in part)
    maker = fields.get("MFG") or fields.get("MANUFACTURER", "")
    model = fields.get("MDL") or fields.get("MODEL", "")
    return plain(f"{maker} {model}".strip() or path.name)


def serial_ports(dev: Path = DEVICES) -> list[FoundPort]:
    """The adapters that serial keypads may hang on."""
    return _ports(dev / "serial")


def keyboards(dev: Path = DEVICES) -> list[FoundPort]:
    """The USB keyboards: bump bars, number pads and scanners among them."""
    return _ports(dev / "input", "-event-kbd")


def _ports(folder: Path, kind: str = "") -> list[FoundPort]:
    """What is plugged in, by what it is; by where it is plugged in where two cannot be told apart.

    As CH340 adapters and bump bars without a serial number: udev gives their common name to the one that came last.
    """
    by_id, by_path = _links(folder / "by-id", kind), _links(folder / "by-path", kind)
    nameless = any("usb" in link.name for end, link in by_path.items() if end not in by_id)
    chosen = {**by_id, **by_path} if nameless else {**by_path, **by_id}
    return [FoundPort(str(link), by_id.get(end, link).name) for end, link in sorted(chosen.items())]


def _links(folder: Path, kind: str) -> dict[Path, Path]:
    """The links of a folder by what they stand for."""
    if not folder.is_dir():
        return {}
    return {link.resolve(): link for link in sorted(folder.glob(f"*{kind}"), reverse=True)}


async def network_printers(patience: float = PATIENCE, interfaces: list[str] | None = None) -> list[FoundPrinter]:
    """The printers that announce themselves by mDNS; raises NoNetworkSearch."""
    try:
        from zeroconf import InterfaceChoice, IPVersion  # noqa: PLC0415 - an extra
        from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf  # noqa: PLC0415
    except ImportError as error:
        raise NoNetworkSearch("pip install 'ovenbell[setup]'") from error
    names: set[str] = set()

    def heard(*, name: str, **_: object) -> None:
        names.add(name)

    try:
        ear = AsyncZeroconf(interfaces=interfaces or InterfaceChoice.All, ip_version=IPVersion.V4Only)
    except OSError as error:
        raise NoNetworkSearch(error.strerror or str(error)) from error
    try:
        browser = AsyncServiceBrowser(ear.zeroconf, PRINTERS, handlers=[heard])
        await asyncio.sleep(patience)
        await browser.async_cancel()
        infos = [AsyncServiceInfo(PRINTERS, name) for name in sorted(names)]
        await asyncio.gather(*(info.async_request(ear.zeroconf, RESOLVING) for info in infos))
        return [
            FoundPrinter(f"tcp://{address}:{info.port}", plain(info.name.removesuffix(f".{PRINTERS}")))
            for info in infos
            for address in info.parsed_addresses()[:1]
        ]
    finally:
        await ear.async_close()
