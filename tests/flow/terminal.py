"""A terminal for the display: what it is sent, and what of that is more than text."""

import asyncio
import os
import pty
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from unicodedata import category

from tests.cloud import PATIENCE

# What a terminal obeys: control sequences, strings (title, clipboard, device control), and two-character escapes.
_OBEYED = re.compile(
    r"\x1b\[(?P<csi>[?>=<]?[0-9;:]*[ -/]*[@-~])|\x1b\](?P<osc>\d*)[^\x07\x1b]*(\x07|\x1b\\)"
    r"|\x1b(?P<string>[PX^_])[^\x1b]*\x1b\\|\x1b(?P<other>.)",
    re.DOTALL,
)
_VARYING = re.compile(r"^\d[\d;:]*(?=[mHGdABCDJKX])|^(?=[mHJK])")  # colours, places and counts


class Shown(NamedTuple):
    """What a display left on a terminal."""

    command_line: bytes
    said: bytes
    status: int | None = None  # none: it was still running

    @property
    def text(self) -> str:
        """What was sent; without the last sequence, which may have been cut in two."""
        return self.said[: self.said.rfind(b"\x1b")].decode(errors="replace")

    @property
    def obeyed(self) -> set[str]:
        """The kinds of everything in it that is not text; colours and places without their numbers."""
        kinds = {_kind(found) for found in _OBEYED.finditer(self.text)}
        return kinds | {repr(character) for character in _OBEYED.sub("", self.text) if category(character)[0] == "C"}


def _kind(found: re.Match[str]) -> str:
    parts = {name: part for name, part in found.groupdict().items() if part is not None}
    return "".join(f"{name} {_VARYING.sub('', part)}" for name, part in parts.items())


def command_line(process: asyncio.subprocess.Process | None) -> bytes:
    """What `ps` shows."""
    assert process is not None
    return Path(f"/proc/{process.pid}/cmdline").read_bytes()


async def watch(
    url: str, *until: str, language: str | None = "zh", token_file: Path | None = None, **environment: str
) -> Shown:
    """Run a display in a terminal of its own until it has shown something; without that, until it ends by itself."""
    here, there = pty.openpty()
    words = ["-m", "config.command", "display", "--hub", url, *(["--language", language] if language else [])]
    words += ["--token-file", str(token_file)] if token_file else []
    size = {"TERM": "xterm-256color", "COLUMNS": "150", "LINES": "50"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *words), stdin=there, stdout=there, stderr=there, env=os.environ | size | environment
    )
    os.close(there)
    line, said = command_line(process), b""
    try:
        async with asyncio.timeout(PATIENCE):
            with suppress(OSError):  # the other end is closed
                while not until or not all(words.encode() in said for words in until):
                    said += await asyncio.to_thread(os.read, here, 65_536)
            return Shown(line, said, process.returncode if until else await process.wait())
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        os.close(here)
