"""The daemon's manners: tell systemd when it is ready and that it lives, end on SIGTERM, keep an orderly log."""

import asyncio
import gc
import logging
import os
import signal
import socket
from contextlib import suppress
from typing import Any

from edge.text import plain


def notify(state: str) -> None:
    """Tell systemd a state such as READY=1, where it asked to be told (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagram:
        datagram.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        datagram.sendall(state.encode())


def stop_signal() -> asyncio.Event:
    """Set by SIGTERM, SIGINT or SIGHUP from now on."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stopped.set)
    return stopped


async def keep_alive() -> None:
    """Tell systemd that the loop still turns, three times in what it waits for (sd_watchdog_enabled(3))."""
    within = os.environ.get("WATCHDOG_USEC", "")
    if within.isdecimal() and os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()):
        while True:
            notify("WATCHDOG=1")
            await asyncio.sleep(int(within) / 3_000_000)


def start_log() -> None:
    """Log to standard error, for the journal of systemd."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the mistakes of port scanners are not the hub's
    handler = logging.StreamHandler()
    handler.setFormatter(LogLine("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


class LogLine(logging.Formatter):
    """One line for each event, whatever a customer's name pretends to be; a traceback stands indented below it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The event in its line."""
        return plain(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """The traceback, no line of which begins like an event."""
        return "\n".join(f"    {plain(line)}" for line in super().formatException(ei).splitlines())


def collect_seldom(new: int) -> None:
    """Look for cycles once so many objects are new; what is there now stays, and is not looked through again.

    Orders are frozen and hold no cycles, nor do requests that are taken: collecting thousands of them for nothing would
    stall the loop, and took a fifth of the gateway's time in a channel's flood.
    """
    gc.freeze()
    gc.set_threshold(new, 20, 100)
