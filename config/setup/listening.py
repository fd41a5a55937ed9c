"""Listening to a keypad nobody knows yet: which key was pressed, and how it sends it. Nothing is written to it."""

import asyncio
import os
import termios
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import NamedTuple

import serial

from devices.keypad import ETX, LINE_ENDS, STX, Frames
from devices.settings import Framing

PAUSE = 0.06  # seconds of silence that end what one key sends


class Heard(NamedTuple):
    """A key, as store.toml writes it, and the framing it came in."""

    key: str
    framing: Framing


async def keys_of_port(port: str, opened: Callable[[], None], baud: int = 9600) -> AsyncGenerator[Heard, None]:
    """The keys that are pressed once it is open, until the keypad is gone; raises OSError where it cannot be."""
    try:
        line = await asyncio.to_thread(serial.Serial, port, baud, timeout=0, exclusive=True)
    except (ValueError, termios.error) as error:  # termios.error is no OSError
        raise OSError(str(error)) from error
    loop, came = asyncio.get_running_loop(), asyncio.Event()
    data, gone = bytearray(), asyncio.Event()

    def read() -> None:
        try:
            some = os.read(line.fileno(), 1024)
        except BlockingIOError:
            return
        except OSError:
            some = b""
        if not some:
            loop.remove_reader(line.fileno())
            gone.set()
        data.extend(some)
        came.set()

    loop.add_reader(line.fileno(), read)
    try:
        opened()
        while not gone.is_set():
            await came.wait()
            while came.is_set():
                came.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(PAUSE):
                        await came.wait()
            said, framing = bytes(data), framing_of(bytes(data))
            data.clear()
            for key in Frames(framing).feed(said)[:1]:
                yield Heard(written(key), framing)
    finally:
        loop.remove_reader(line.fileno())
        with suppress(OSError, termios.error):
            line.close()


def framing_of(said: bytes) -> Framing:
    """In what a key came."""
    if said[:1] == bytes([STX]) and bytes([ETX]) in said:
        return "stx-etx"
    return "line" if len(said) > 1 and said[-1] in LINE_ENDS else "byte"


def written(key: bytes) -> str:
    """A key as store.toml writes it."""
    text = key.decode("ascii", "replace")
    return text if len(text) == 1 and text.isprintable() and text.isascii() and text != " " else f"0x{key.hex()}"
