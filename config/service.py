"""The daemon's manners: tell systemd when it is ready and that it lives, end on SIGTERM."""

import asyncio
import os
import signal
import socket
from contextlib import suppress


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
