"""Who is to live on a machine: a store, or a gateway; what each needs there, and what is not there yet."""

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from config.checks import read_toml
from config.failed import extra
from config.install import GATEWAY, STORE, UNITS, Part, below
from config.settings import StoreFile, absent, check_store
from devices.settings import File, parse_connection
from edge.settings import is_loopback, listen_address, url_of

if TYPE_CHECKING:
    from cloud_bridge.gateway import CloudFile

HERE = Path(__file__).parent
STATE = Path("/var/lib/ovenbell")
WANTED = UNITS / "multi-user.target.wants"
HUB, DISPLAY, CLOUD = "ovenbell-hub.service", "ovenbell-display.service", "ovenbell-gateway.service"
# The paths that the unit files name, to be put right.
PROGRAM, STORE_FILE, CLOUD_FILE = "/opt/ovenbell/bin/ovenbell", "/etc/ovenbell/store.toml", "/etc/ovenbell/cloud.toml"
CLOUD_SECRETS = Path("/etc/ovenbell/gateway-secrets")  # the environment of its service


@dataclass(frozen=True)
class Tenant:
    """A store or a gateway, as the machine sees it that is to run it."""

    record: Path
    parts: tuple[Part, ...]
    commands: tuple[tuple[str, ...], ...]  # what makes the machine take in what was written
    paths: tuple[Path, ...]  # what its services must see
    absent: tuple[str, ...]


def tenant_of(config: Path, program: Sequence[str], root: Path, *, display: bool) -> Tenant:
    """Whose settings these are: those of a gateway have a `[broker]`; raises WrongSettings."""
    inside = below(root, config) if config.is_absolute() else config
    tree = read_toml(inside)
    if "broker" not in tree:
        settings = check_store(tree, inside, here=False)  # the hub may have its token from elsewhere than we
        return store_tenant(settings, config, program, root, display=display)
    with extra("gateway"):
        from config.cloud import check_cloud  # noqa: PLC0415 - a store needs none of it
    return gateway_tenant(check_cloud(tree, inside, here=False), config, program, root)


# --- a store --------------------------------------------------------------------------------------------------------


def store_tenant(
    settings: StoreFile, config: Path, program: Sequence[str], root: Path = Path("/"), *, display: bool
) -> Tenant:
    """Everything a store's machine needs."""
    folders = _store_folders(settings)
    return Tenant(
        STORE,
        tuple(_store_parts(settings, config, program, folders, display=display)),
        _commands(
            "ovenbell",
            ("udevadm", "control", "--reload"),
            ("udevadm", "trigger", "--subsystem-match=usbmisc", "--subsystem-match=tty", "--subsystem-match=input"),
            services=(HUB, DISPLAY) if display else (HUB,),
        ),
        (config, Path(program[0]), *folders, *(settings.secrets | settings.certificates).values()),
        tuple(absent(settings, root)),
    )


def _store_parts(
    settings: StoreFile, config: Path, program: Sequence[str], folders: Sequence[Path], *, display: bool
) -> Iterator[Part]:
    command = shlex.join(program)
    yield from _service(HUB, f"hub --config {STORE_FILE}", f"{command} hub --config {config}", folders)
    if display:
        url = url_of(*listen_address(settings.feed.listen))
        shown = f"{command} display --hub {url} --language {settings.store.language}"
        if settings.feed.token_file:  # below it becomes readable for the display's user, who is the hub's
            shown += f" --token-file {settings.feed.token_file}"
        yield from _service(DISPLAY, "display --language zh", shown)
        yield Part(Path("/etc/ovenbell/foot.ini"), _text("foot.ini"))
    yield from _ground("ovenbell", folders, settings.secrets.values())
    yield Part(Path("/etc/udev/rules.d/70-ovenbell.rules"), _text("ovenbell.rules"))


def _store_folders(settings: StoreFile) -> list[Path]:
    """Where the hub writes beside its state directory."""
    ways = [parse_connection(printer.connection) for printer in settings.printers]
    files = [way.path for way in ways if isinstance(way, File)]
    journal = [Path(settings.journal.path)] if settings.journal.path else []
    return _outside(file.parent for file in (*journal, *files))


# --- a gateway ------------------------------------------------------------------------------------------------------


def gateway_tenant(settings: "CloudFile", config: Path, program: Sequence[str], root: Path = Path("/")) -> Tenant:
    """Everything a gateway's machine needs; a store may live there, too."""
    folders = _outside([Path(settings.journal.path).parent] if settings.journal.path else [])
    command = f"{shlex.join(program)} gateway --config {config}"
    parts = (
        *_service(CLOUD, f"gateway --config {CLOUD_FILE}", command, folders),
        *_ground("ovenbell-gateway", folders, settings.secrets.values()),
    )
    return Tenant(
        GATEWAY,
        parts,
        _commands("ovenbell-gateway", services=(CLOUD,)),
        (config, Path(program[0]), *folders, *(settings.secrets | settings.certificates).values()),
        tuple(_absent_of_gateway(settings, root)),
    )


def _absent_of_gateway(settings: "CloudFile", root: Path) -> Iterator[str]:
    """What the machine must have before the gateway starts, and what is not below a root."""
    from cloud_bridge.gateway.settings import TOKEN_VARIABLE, without_file  # noqa: PLC0415 - a store needs none of it

    def is_there(file: Path) -> bool:
        return os.access(below(root, file) if file.is_absolute() else file, os.F_OK)

    for field, file in (settings.secrets | settings.certificates).items():
        if not is_there(file):
            yield f"{field}: {file} is not here: the machine needs it before its gateway starts"
    if is_there(CLOUD_SECRETS):
        return
    for place, variable in without_file(settings):
        yield f"{place}: required, or {variable} in {CLOUD_SECRETS}"
    if not (is_loopback(listen_address(settings.gateway.listen)[0]) or settings.gateway.token_file):
        yield f"gateway.listen: beyond loopback it needs {TOKEN_VARIABLE} in {CLOUD_SECRETS}, or token_file"


# --- what they have in common ---------------------------------------------------------------------------------------


def _service(unit: str, told: str, command: str, folders: Sequence[Path] = ()) -> Iterator[Part]:
    """A unit with the right paths, and that it starts with the machine."""
    text = _text(unit).replace(f"{PROGRAM} {told}", command)
    if folders:
        text = text.replace("\nStateDirectory=", f"\nReadWritePaths={' '.join(map(str, folders))}\nStateDirectory=")
    yield Part(UNITS / unit, text)
    yield Part(WANTED / unit, link=UNITS / unit)


def _ground(name: str, folders: Iterable[Path], secrets: Iterable[Path]) -> Iterator[Part]:
    """The user of the services, what it may write and read, and what the machine's log may take; under its own name.

    A store and a gateway on one machine have the same user and the same limits: what is said twice counts once.
    """
    mine = [f"d {folder} :0750 :ovenbell :ovenbell\n" for folder in folders]
    mine += [f"z {secret} 0640 root ovenbell\n" for secret in secrets]
    texts = {
        "/etc/sysusers.d": _text("ovenbell-sysusers.conf"),
        "/etc/tmpfiles.d": _text("ovenbell-tmpfiles.conf") + "".join(mine),
        "/etc/systemd/journald.conf.d": _text("ovenbell-journald.conf"),
    }
    yield from (Part(Path(folder) / f"{name}.conf", text) for folder, text in texts.items())


def _commands(name: str, *more: tuple[str, ...], services: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    return (
        ("systemd-sysusers", f"/etc/sysusers.d/{name}.conf"),
        ("systemd-tmpfiles", "--create", f"/etc/tmpfiles.d/{name}.conf"),
        *more,
        ("systemctl", "daemon-reload"),
        ("systemctl", "restart", "systemd-journald", *services),
    )


def _outside(folders: Iterable[Path]) -> list[Path]:
    """Those that are not in the state directory."""
    return sorted({folder for folder in folders if not folder.is_relative_to(STATE)} - {Path("/dev")})


def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
