"""Puts the store's services on a machine, or into the image of one, and takes back exactly that."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from config.failed import Failed
from config.settings import StoreFile
from config.setup.writing import write_whole
from devices.settings import File, parse_connection
from edge.files import read_file
from edge.settings import listen_address, url_of

HERE = Path(__file__).parent
STATE = Path("/var/lib/ovenbell")
RECORD = Path("/etc/ovenbell/installed")  # what was written: lines as sha256sum has them
UNSEEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - what a service does not see
HUB, DISPLAY = "ovenbell-hub.service", "ovenbell-display.service"
UNITS = Path("/etc/systemd/system")
WANTED = UNITS / "multi-user.target.wants"
# The paths that the unit files name, to be put right.
PROGRAM, CONFIG = "/opt/ovenbell/bin/ovenbell", "/etc/ovenbell/store.toml"
LINE = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<path>/.+)")
Known = dict[Path, set[str]]  # the digests of what was written; two of a file that is just being written


@dataclass(frozen=True)
class Part:
    """One file, or one link to another file."""

    path: Path
    text: str = ""
    link: Path | None = None

    @property
    def digest(self) -> str:
        """What it is known by."""
        return sha256((str(self.link) if self.link else self.text).encode()).hexdigest()


def parts_of(settings: StoreFile, config: Path, program: Sequence[str], *, display: bool) -> Iterator[Part]:
    """Everything a store's machine needs."""
    command = shlex.join(program)
    folders, secrets = _folders(settings), settings.secrets.values()
    hub = _text(HUB).replace(f"{PROGRAM} hub --config {CONFIG}", f"{command} hub --config {config}")
    if folders:
        hub = hub.replace("\nStateDirectory=", f"\nReadWritePaths={' '.join(map(str, folders))}\nStateDirectory=")
    yield Part(UNITS / HUB, hub)
    yield Part(WANTED / HUB, link=UNITS / HUB)
    if display:
        url = url_of(*listen_address(settings.feed.listen))
        shown = f"{command} display --hub {url} --language {settings.store.language}"
        if settings.feed.token_file:  # below it becomes readable for the display's user, who is the hub's
            shown += f" --token-file {settings.feed.token_file}"
        yield Part(UNITS / DISPLAY, _text(DISPLAY).replace(f"{PROGRAM} display --language zh", shown))
        yield Part(WANTED / DISPLAY, link=UNITS / DISPLAY)
        yield Part(Path("/etc/ovenbell/foot.ini"), _text("foot.ini"))
    yield Part(Path("/etc/sysusers.d/ovenbell.conf"), _text("ovenbell-sysusers.conf"))
    mine = [f"d {folder} :0750 :ovenbell :ovenbell\n" for folder in folders]
    mine += [f"z {secret} 0640 root ovenbell\n" for secret in secrets]
    yield Part(Path("/etc/tmpfiles.d/ovenbell.conf"), _text("ovenbell-tmpfiles.conf") + "".join(mine))
    yield Part(Path("/etc/udev/rules.d/70-ovenbell.rules"), _text("ovenbell.rules"))
    yield Part(Path("/etc/systemd/journald.conf.d/ovenbell.conf"), _text("ovenbell-journald.conf"))


def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _folders(settings: StoreFile) -> list[Path]:
    """Where the hub writes beside its state directory."""
    ways = [parse_connection(printer.connection) for printer in settings.printers]
    files = [way.path for way in ways if isinstance(way, File)]
    journal = [Path(settings.journal.path)] if settings.journal.path else []
    folders = {file.parent for file in (*journal, *files)} - {Path("/dev")}
    return sorted(folder for folder in folders if not folder.is_relative_to(STATE))


def commands(*, display: bool) -> list[list[str]]:
    """What makes the machine take in what was written."""
    return [
        ["systemd-sysusers", "/etc/sysusers.d/ovenbell.conf"],
        ["systemd-tmpfiles", "--create", "/etc/tmpfiles.d/ovenbell.conf"],
        ["udevadm", "control", "--reload"],
        ["udevadm", "trigger", "--subsystem-match=usbmisc", "--subsystem-match=tty", "--subsystem-match=input"],
        ["systemctl", "daemon-reload"],
        ["systemctl", "restart", "systemd-journald", HUB, *([DISPLAY] if display else [])],
    ]


def program() -> list[str]:
    """How this ovenbell is called."""
    script = Path(sys.executable).with_name("ovenbell")
    return [str(script)] if script.exists() else [sys.executable, "-m", "config.command"]


def call(command: Sequence[str]) -> None:
    """Run one of them; raises Failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - named above
    except FileNotFoundError as error:
        raise Failed(f"{command[0]} is not here: this machine has no systemd") from error
    if done.returncode:
        raise Failed(f"{shlex.join(command)}: {done.stderr.strip() or done.stdout.strip()}")


def check(settings: StoreFile, config: Path, program: Sequence[str]) -> None:
    """Raise Failed where the service could not work."""
    named = (settings.secrets | settings.certificates).values()
    for path in (config, Path(program[0]), *_folders(settings), *named):
        if not path.is_absolute():
            raise Failed(f"{path}: a service needs the whole path, beginning with /")
        if any(path.is_relative_to(unseen) for unseen in UNSEEN):
            raise Failed(f"{path} is where no service sees it: move it, as to /etc/ovenbell or /opt/ovenbell")
        if set(str(path)) & set("\n%\"' "):
            raise Failed(
                f"{path}: a name with %, quotes, spaces or a line end cannot stand in a unit: call it otherwise"
            )


def put(parts: Sequence[Part], root: Path) -> Iterator[str]:
    """Write them below a root; what was changed by hand since is kept, and said."""
    known = _recorded(root)
    for part in parts:
        there, now, ours = below(root, part.path), _digest(below(root, part.path)), known.get(part.path, set())
        if now not in {None, part.digest, *ours}:
            yield f"{part.path} was changed by hand and is kept: remove it to have it written"
            continue
        if now != part.digest:
            known[part.path] = ours | {part.digest}  # cut off here, the old one and the new one are both ours
            _record(root, known)
            there.parent.mkdir(parents=True, exist_ok=True)
            if part.link:
                there.unlink(missing_ok=True)
                there.symlink_to(part.link)
            else:
                write_whole(there, part.text.encode())
            yield str(part.path)
        if ours != {part.digest}:
            known[part.path] = {part.digest}
            _record(root, known)
    stale = [path for path in known if path not in {part.path for part in parts}]  # of an earlier version
    yield from _take(root, known, stale)


def take(root: Path) -> Iterator[str]:
    """Take back what was written below a root; journal and settings stay, and what was changed by hand."""
    known = _recorded(root)
    if not known:
        raise Failed(f"nothing is installed: there is no {below(root, RECORD)}")
    yield from _take(root, known, list(known))
    below(root, RECORD).unlink()


def written(root: Path) -> list[Path]:
    """What was written below a root."""
    return list(_recorded(root))


def farewell(root: Path) -> tuple[list[list[str]], list[list[str]]]:
    """What ends the services before their files are removed, and what makes the machine forget them."""
    units = [path.name for path in written(root) if path.parent == UNITS]
    reload = [["systemctl", "daemon-reload"], ["udevadm", "control", "--reload"]]
    return [["systemctl", "stop", *units]] if units else [], reload


def _take(root: Path, known: Known, paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        digests, there = known.pop(path), below(root, path)
        now = _digest(there)
        if now in digests:
            there.unlink()
            yield f"{path} removed"
        elif now is not None:
            yield f"{path} was changed by hand and is kept"
        _record(root, known)


def below(root: Path, path: Path) -> Path:
    """Where a path of the machine is in an image of it."""
    return root / path.relative_to("/")


def _digest(path: Path) -> str | None:
    """What is there: a file's, or where a link points; none where nothing is."""
    if path.is_symlink():
        return sha256(str(path.readlink()).encode()).hexdigest()
    return sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _recorded(root: Path) -> Known:
    file = below(root, RECORD)
    known: Known = {}
    try:
        lines = read_file(file).decode(errors="replace").splitlines()
    except FileNotFoundError:
        lines = []
    for number, line in enumerate(lines, 1):
        entry = LINE.fullmatch(line)
        if entry is None:
            raise Failed(f"{file}: line {number} is damaged: remove the file, and ovenbell install makes it anew")
        known.setdefault(Path(entry["path"]), set()).add(entry["digest"])
    return known


def _record(root: Path, known: Known) -> None:
    file = below(root, RECORD)
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = (f"{digest}  {path}\n" for path, digests in known.items() for digest in sorted(digests))
    write_whole(file, "".join(lines).encode())
