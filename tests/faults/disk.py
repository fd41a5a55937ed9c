"""A disk under SQLite that remembers every write or fails on demand, and what a power cut could leave of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Literal

import apsw
import msgspec

from tests.faults.connection import Connection

SECTOR = 512
What = Literal["made", "written", "cut", "synced", "unsynced", "removed"]
_numbers = count()


def well(_write: "Write") -> None:
    """Nothing fails."""


class Write(msgspec.Struct, frozen=True, gc=False):
    """One thing that SQLite asked of the disk."""

    file: str
    what: What
    offset: int = 0  # of a cut: the new length; of a removal: whether the directory was synced
    data: bytes = b""


class Disk:
    """What Journal connects to: real files, and between them and SQLite a place to remember and to fail."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.fails: Callable[[Write], Exception | None] = well
        self._name = f"disk-{next(_numbers)}"
        self._system = _System(self, self._name)

    def connect(self, path: Path) -> Any:
        """A connection whose files lie on this disk."""
        return Connection(path, self._name)

    def remove(self) -> None:
        """Take the disk out, once nothing is open on it."""
        self._system.unregister()

    def note(self, write: Write) -> None:
        """Remember it, or fail."""
        if error := self.fails(write):
            if write.what == "synced":
                self.writes.append(msgspec.structs.replace(write, what="unsynced"))
            raise error
        self.writes.append(write)


@contextmanager
def a_disk() -> Iterator[Disk]:
    """A disk for as long as the block lasts."""
    disk = Disk()
    try:
        yield disk
    finally:
        disk.remove()


class _System(apsw.VFS):
    def __init__(self, disk: Disk, name: str) -> None:
        self._disk = disk
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> "_File":  # noqa: N802 - SQLite's name
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        file = Path(path).name if path else ""
        if file and not Path(path).exists():
            self._disk.note(Write(file, "made"))
        return _File(self._disk, file, name, flags)

    def xDelete(self, path: str, syncs: bool) -> None:  # noqa: N802
        self._disk.note(Write(Path(path).name, "removed", int(syncs)))
        super().xDelete(path, syncs)


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, file: str, name: Any, flags: list[int]) -> None:
        self._disk, self._file = disk, file
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._note(Write(self._file, "written", offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, length: int) -> None:  # noqa: N802
        self._note(Write(self._file, "cut", length))
        super().xTruncate(length)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._note(Write(self._file, "synced"))
        super().xSync(flags)

    def _note(self, write: Write) -> None:
        if self._file:  # a temporary file without a name is nobody's journal
            self._disk.note(write)


# --- the power cut --------------------------------------------------------------------------------------------------


def left_by(writes: Sequence[Write], dice: Random) -> dict[str, bytes]:
    """The files that a power cut after these writes could leave.

    What was synced is there. Of what came later each write is kept, lost, or torn at a sector, for itself; so is what a
    failed sync left behind, even if a later one succeeds: the system has forgotten by then that it is not on the disk.
    That a file was made or removed is certain once any file was synced after it, as on a journalling file system.
    """
    certain_ones = _certain(writes)
    keep = dice.choice((0.0, 0.5, 0.5, 0.5, 0.9, 1.0))
    files: dict[str, bytearray] = {}
    for number, write in enumerate(writes):
        certain = number in certain_ones
        if certain or dice.random() < keep:
            _do(files, write, None if certain or dice.random() < keep else dice)
    return {name: bytes(content) for name, content in files.items()}


def _certain(writes: Sequence[Write]) -> set[int]:
    certain: set[int] = set()
    waiting: dict[str, list[int]] = {"": []}  # by file; without a name: what was made and removed
    for number, write in enumerate(writes):
        match write.what:
            case "synced":
                certain.update(waiting.pop(write.file, ()), waiting[""])
                waiting[""].clear()
            case "unsynced":
                waiting.pop(write.file, None)
            case "removed" if write.offset:
                certain.add(number)
            case "made" | "removed":
                waiting[""].append(number)
            case _:
                waiting.setdefault(write.file, []).append(number)
    return certain


def _do(files: dict[str, bytearray], write: Write, torn: Random | None) -> None:
    content = files.get(write.file)
    if write.what == "removed":
        files.pop(write.file, None)
        return
    if content is None:
        content = files[write.file] = bytearray()
    if write.what == "cut":
        del content[write.offset :]
    elif write.what == "written":
        for start, piece in _sectors(write):
            if torn is None or torn.random() < 0.5:
                content.extend(bytes(max(0, start + len(piece) - len(content))))
                content[start : start + len(piece)] = piece


def _sectors(write: Write) -> Iterator[tuple[int, bytes]]:
    start, end = write.offset, write.offset + len(write.data)
    while start < end:
        until = min(end, (start // SECTOR + 1) * SECTOR)
        yield start, write.data[start - write.offset : until - write.offset]
        start = until
