"""Hands for tests: a serial pair made by socat, and a keyboard as a pipe that carries the kernel's own events."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Self

import pytest

from devices.hid import EVENT, NAMED, TYPED

SOCAT = shutil.which("socat")
SHIFT, ENTER = 42, 28


def require_socat() -> None:
    """CI has it; a machine without it tests with ptys alone."""
    if SOCAT is None and os.environ.get("CI") == "true":
        pytest.fail("CI has socat, but it is not there")
    if SOCAT is None:
        pytest.skip("socat is not on this machine")


class SerialPair:
    """Two serial ports joined by socat: one is the hub's, at the other the keypad speaks."""

    def __init__(self, link: Path) -> None:
        self._link, self._far = link, link.with_name(f"{link.name}-far")
        self._process: subprocess.Popen[bytes] | None = None
        self._end = -1
        self.replug()

    @property
    def port(self) -> str:
        return str(self._link)

    def press(self, key: str | bytes) -> None:
        os.write(self._end, key.encode() if isinstance(key, str) else key)

    def unplug(self) -> None:
        """Both ends vanish."""
        if self._process is None:
            return
        os.close(self._end)
        self._process.terminate()
        self._process.wait()
        self._process = None

    def replug(self) -> None:
        assert SOCAT is not None
        ends = (f"pty,raw,echo=0,link={one}" for one in (self._far, self._link))
        command = [SOCAT, "-d", "-d", *ends]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE)
        assert self._process.stderr is not None
        for line in self._process.stderr:  # it says so when both ends are there
            if b"starting data transfer loop" in line:
                break
        self._process.stderr.close()
        self._end = os.open(self._far, os.O_RDWR | os.O_NOCTTY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()


class Keyboard:
    """What the kernel would write to /dev/input, through a pipe under the same kind of name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._end: int | None = None
        self.replug()

    @property
    def port(self) -> str:
        return str(self._path)

    def press(self, *names: str) -> None:
        """Press keys and let them go, with what the kernel says between."""
        codes = {name: code for code, name in NAMED.items()} | {pair[0].upper(): code for code, pair in TYPED.items()}
        for name in names:
            self.send((codes[name], 1), (codes[name], 2), (codes[name], 0))

    def scan(self, text: str) -> None:
        """Type as a scanner does, with Enter at the end."""
        typed = {pair[shift]: (code, shift) for code, pair in reversed(TYPED.items()) for shift in (0, 1)}
        for character in text:
            code, shift = typed[character]
            keys = [(code, 1), (code, 0)]
            self.send(*([(SHIFT, 1), *keys, (SHIFT, 0)] if shift else keys))
        self.send((ENTER, 1), (ENTER, 0))

    def send(self, *events: tuple[int, int]) -> None:
        """Codes and values, each with its scan code before and its report after."""
        for code, value in events:
            self.write(EVENT.pack(0, 0, 4, 4, 458_792) + EVENT.pack(0, 0, 1, code, value) + EVENT.pack(0, 0, 0, 0, 0))

    def write(self, data: bytes) -> None:
        assert self._end is not None, "it is unplugged"
        os.write(self._end, data)

    def unplug(self) -> None:
        if self._end is not None:
            self._path.unlink()
            os.close(self._end)
            self._end = None

    def replug(self) -> None:
        os.mkfifo(self._path)
        self._end = os.open(self._path, os.O_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()
