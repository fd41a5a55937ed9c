"""A virtual printer on a serial line: the far end of a pty, which the hub opens as it would open a port."""

import asyncio
import os
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from devices.twin.printer import Call, VirtualPrinter


class SerialPrinter(VirtualPrinter):
    """A printer under a path that stays the same over unplugging; hanging up is unplugging and plugging in again."""

    def __init__(self, link: Path, columns: int = 48) -> None:
        super().__init__(columns)
        self.link = link
        self._unplug: Callable[[], None] | None = None

    @property
    def connection(self) -> str:
        """What store.toml calls it."""
        return f"serial:{self.link}"

    async def start(self) -> None:
        """Switch it on and plug it in."""
        self._plug_in()

    async def stop(self) -> None:
        """Unplug it: what it has not printed is lost."""
        if self._unplug is not None:
            self._unplug()

    def _plug_in(self) -> None:
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        call = Call(self)

        def unplug() -> None:
            self._unplug = None
            self.link.unlink(missing_ok=True)
            line.pause_reading()
            os.close(ours)
            os.close(theirs)
            call.connection_lost(None)

        def hang_up() -> None:
            unplug()
            self._plug_in()

        line = _Line(ours, call, hang_up)
        self._unplug = unplug
        call.connection_made(line)
        self.link.symlink_to(os.ttyname(theirs))


class _Line(asyncio.Transport):
    """The printer's end of the line."""

    def __init__(self, descriptor: int, call: Call, hang_up: Callable[[], None]) -> None:
        super().__init__()
        self._descriptor, self._call, self._hang_up = descriptor, call, hang_up
        self._loop = asyncio.get_running_loop()
        self.resume_reading()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Answer; nobody may listen, and the line may be full."""
        with suppress(OSError):
            os.write(self._descriptor, data)

    def close(self) -> None:
        """Hang up."""
        self.abort()

    def abort(self) -> None:
        """Hang up, at once but not amid what is being done."""
        self.pause_reading()
        self._loop.call_soon(self._end)

    def pause_reading(self) -> None:
        """Read nothing."""
        self._loop.remove_reader(self._descriptor)

    def resume_reading(self) -> None:
        """Read what comes."""
        self._loop.add_reader(self._descriptor, self._read)

    def _end(self) -> None:
        if self._call in self._call.printer.calls:
            self._hang_up()

    def _read(self) -> None:
        with suppress(OSError):
            self._call.data_received(os.read(self._descriptor, 4096))
