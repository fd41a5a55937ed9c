"""A port that is only listened to: opened, never written to, and heard until it is gone."""

import asyncio
import errno
import os
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import serial

from devices.hid import open_input
from devices.settings import Framing
from edge.words import Say

AWAY = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO}
TAKEN = {errno.EBUSY, errno.EAGAIN}


class Port(Protocol):
    """What a serial port and an input device have in common."""

    def fileno(self) -> int:
        """What the loop waits for."""

    def close(self) -> None:
        """Let go of it."""


def open_port(place: str, baud: int, framing: Framing) -> Port:
    """Open it for oneself alone; may take a while; raises OSError and nothing else."""
    if framing == "hid":
        return open_input(place)
    try:
        return serial.Serial(place, baud, timeout=0, exclusive=True)
    except (ValueError, termios.error) as error:  # termios.error is no OSError
        raise OSError(errno.EINVAL, str(error)) from error


def why(error: OSError, place: str, say: Say) -> str:
    """Why a port could not be opened, and the mend."""
    if error.errno in {errno.EACCES, errno.EPERM}:
        return say("{path} may not be opened: add the hub's user to the groups dialout, lp, input").format(path=place)
    if error.errno in TAKEN:
        return say("another program uses {path}").format(path=place)
    if error.errno in AWAY:
        return say("not there: plug it in, or correct the port in store.toml")
    return say("{path} is no such device: correct the port in store.toml").format(path=place)


async def listen(port: Port, heard: Callable[[bytes], None]) -> None:
    """Hand on what comes the moment it comes, until the port is gone; closes it."""
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    descriptor = port.fileno()

    def read() -> None:
        try:
            data = os.read(descriptor, 4096)
        except BlockingIOError:
            return
        except OSError:  # pulled out
            data = b""
        if data:
            heard(data)
        else:
            loop.remove_reader(descriptor)
            gone.set()

    try:
        loop.add_reader(descriptor, read)
        await gone.wait()
    finally:
        loop.remove_reader(descriptor)
        with suppress(OSError, termios.error):
            port.close()
