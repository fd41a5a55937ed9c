"""Learning: what a keypad sends, so that a person presses a key and chooses what it does. Only listens."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial

from devices.frames import ETX, LINE_ENDS, STX, Frames
from devices.hid import Presses
from devices.keys import write_key
from devices.port import listen, open_port
from devices.settings import Framing, is_input
from edge.worker import Worker

REST = 0.1  # seconds without a byte after which what a press sent is complete


async def keys(port: str, baud: int = 9600, framing: Framing | None = None) -> AsyncGenerator[str, None]:
    """Each key that is pressed, as store.toml writes it, until the port is gone; raises OSError where it cannot open.

    Without a framing the first press shows it.
    """
    async with aclosing(spoken(port, baud, framing)) as heard:
        async for key, _ in heard:
            yield key


async def spoken(
    port: str, baud: int = 9600, framing: Framing | None = None, opened: Callable[[], None] = lambda: None
) -> AsyncGenerator[tuple[str, Framing], None]:
    """The same, with the framing that it was understood by; `opened` is called once presses are heard."""
    framing = framing or ("hid" if is_input(port) else None)
    frames: Frames | Presses | None = None
    async with aclosing(bursts(port, baud, framing or "byte", opened)) as presses:
        async for burst in presses:
            framing = framing or guess(burst)
            frames = frames or (Presses() if framing == "hid" else Frames(framing))
            for key in frames.feed(burst):
                yield write_key(key, framing), framing


async def bursts(port: str, baud: int, framing: Framing, opened: Callable[[], None]) -> AsyncGenerator[bytes, None]:
    """What is heard, cut where nothing comes for a moment."""
    with Worker(port) as worker:
        opened_port = await worker.open(partial(open_port, port, baud, framing), lambda opened: opened.close())
    pieces: asyncio.Queue[bytes] = asyncio.Queue()
    listening = asyncio.create_task(listen(opened_port, pieces.put_nowait))
    opened()
    listening.add_done_callback(lambda _: pieces.put_nowait(b""))
    try:
        while burst := await pieces.get():
            piece = burst
            while piece:
                try:
                    async with asyncio.timeout(REST):
                        piece = await pieces.get()
                except TimeoutError:
                    break
                burst += piece
            yield burst
            if not piece:
                return
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)  # the port is free again


def guess(burst: bytes) -> Framing:
    """How a keypad tells its keys apart, from what one press sent."""
    if burst[:1] == bytes([STX]) and ETX in burst:
        return "stx-etx"
    return "line" if len(burst) > 1 and burst[-1] in LINE_ENDS else "byte"
