"""Puts the services of a store or a gateway on a machine, or into the image of one, and takes back exactly that."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from config.failed import Failed
from config.setup.writing import write_whole
from edge.files import read_file

# What was written for a store, for a gateway: lines as sha256sum has them.
RECORDS = STORE, GATEWAY = Path("/etc/ovenbell/installed"), Path("/etc/ovenbell/installed-gateway")
UNSEEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - what a service does not see
UNITS = Path("/etc/systemd/system")
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


def check(paths: Iterable[Path]) -> None:
    """Raise Failed where a service could not work with what its settings name."""
    for path in paths:
        if not path.is_absolute():
            raise Failed(f"{path}: a service needs the whole path, beginning with /")
        if any(path.is_relative_to(unseen) for unseen in UNSEEN):
            raise Failed(f"{path} is where no service sees it: move it, as to /etc/ovenbell or /opt/ovenbell")
        if set(str(path)) & set("\n%\"' "):
            raise Failed(
                f"{path}: a name with %, quotes, spaces or a line end cannot stand in a unit: call it otherwise"
            )


def put(parts: Sequence[Part], root: Path, record: Path = STORE) -> Iterator[str]:
    """Write them below a root; what was changed by hand since is kept, and said."""
    file = below(root, record)
    known = _recorded(file)
    for part in parts:
        there, now, ours = below(root, part.path), _digest(below(root, part.path)), known.get(part.path, set())
        if now not in {None, part.digest, *ours}:
            yield f"{part.path} was changed by hand and is kept: remove it to have it written"
            continue
        if now != part.digest:
            known[part.path] = ours | {part.digest}  # cut off here, the old one and the new one are both ours
            _record(file, known)
            there.parent.mkdir(parents=True, exist_ok=True)
            if part.link:
                there.unlink(missing_ok=True)
                there.symlink_to(part.link)
            else:
                write_whole(there, part.text.encode())
            yield str(part.path)
        if ours != {part.digest}:
            known[part.path] = {part.digest}
            _record(file, known)
    stale = [path for path in known if path not in {part.path for part in parts}]  # of an earlier version
    yield from _take(root, file, known, stale)


def take(root: Path) -> Iterator[str]:
    """Take back all that was written below a root; journals and settings stay, and what was changed by hand."""
    files = [file for record in RECORDS if (file := below(root, record)).exists()]
    if not files:
        raise Failed(f"nothing is installed: there is no {below(root, STORE)}")
    for file in files:
        known = _recorded(file)
        yield from _take(root, file, known, list(known))
        file.unlink()


def written(root: Path) -> list[Path]:
    """What was written below a root."""
    return [path for record in RECORDS for path in _recorded(below(root, record))]


def farewell(root: Path) -> tuple[list[list[str]], list[list[str]]]:
    """What ends the services before their files are removed, and what makes the machine forget them."""
    units = [path.name for path in written(root) if path.parent == UNITS]
    reload = [["systemctl", "daemon-reload"], ["udevadm", "control", "--reload"]]
    return [["systemctl", "stop", *units]] if units else [], reload


def _take(root: Path, file: Path, known: Known, paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        digests, there = known.pop(path), below(root, path)
        now = _digest(there)
        if now in digests:
            there.unlink()
            yield f"{path} removed"
        elif now is not None:
            yield f"{path} was changed by hand and is kept"
        _record(file, known)


def below(root: Path, path: Path) -> Path:
    """Where a path of the machine is in an image of it."""
    return root / path.relative_to("/")


def _digest(path: Path) -> str | None:
    """What is there: a file's, or where a link points; none where nothing is."""
    if path.is_symlink():
        return sha256(str(path.readlink()).encode()).hexdigest()
    return sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _recorded(file: Path) -> Known:
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


def _record(file: Path, known: Known) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = (f"{digest}  {path}\n" for path, digests in known.items() for digest in sorted(digests))
    write_whole(file, "".join(lines).encode())
