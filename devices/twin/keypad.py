"""A virtual keypad: the far end of a pty, which the hub opens as it would open a serial port."""

import os
import tty
from pathlib import Path
from typing import Self


class VirtualKeypad:
    """A keypad that is plugged in from the start; `link` is a path that stays the same over unplugging."""

    def __init__(self, link: Path | None = None) -> None:
        self._link = link
        self._ends: tuple[int, int] | None = None
        self.replug()

    @property
    def port(self) -> str:
        """What store.toml calls it."""
        if self._link is not None:
            return str(self._link)
        assert self._ends is not None, "it is unplugged and has no link"
        return os.ttyname(self._ends[1])

    def press(self, key: str | bytes) -> None:
        """Send what a key sends."""
        assert self._ends is not None, "it is unplugged"
        os.write(self._ends[0], key.encode() if isinstance(key, str) else key)

    def unplug(self) -> None:
        """Vanish as a USB adapter does."""
        if self._ends is None:
            return
        if self._link is not None:
            self._link.unlink(missing_ok=True)
        for end in self._ends:
            os.close(end)
        self._ends = None

    def replug(self) -> None:
        """Appear, under the same link, as another device."""
        assert self._ends is None, "it is plugged in"
        self._ends = os.openpty()
        tty.setraw(self._ends[1])
        if self._link is not None:
            self._link.symlink_to(os.ttyname(self._ends[1]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()
