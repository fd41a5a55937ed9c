"""How a command runs that stays: until it is told to stop, or cannot go on; then it ends at once."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn, Protocol

from config.commands.options import FAILED
from config.failed import Failed
from edge.text import plain

GOODBYE = 4.5  # seconds a daemon takes to stop at most: systemd and the contract give it five


class Heart(Protocol):
    """The hub of what runs."""

    failed: asyncio.Event
    trouble: str


class Part(Protocol):
    """A store or a gateway."""

    @property
    def hub(self) -> Heart:
        """Without it nothing can go on."""

    async def stop(self) -> None:
        """Stop everything."""


def stop_at_once(*signals: signal.Signals) -> None:
    """Until somebody listens for these signals there is nothing to finish."""
    for number in signals:
        signal.signal(number, lambda *_: leave(0))


def leave(status: int) -> NoReturn:
    """End now: a thread may hang for half a minute in looking up a printer's name or closing its port."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)


def run_daemon(running: Coroutine[Any, Any, None]) -> NoReturn:
    """Run to the end, and leave."""
    from config.service import collect_seldom, start_log  # noqa: PLC0415 - a screen needs none of it

    start_log()
    collect_seldom(10_000)
    try:
        asyncio.new_event_loop().run_until_complete(running)
    except Failed as failed:
        print(f"ovenbell: {plain(str(failed))}", file=sys.stderr)
        leave(FAILED)
    leave(0)


async def live(part: Part, stopped: asyncio.Event, said: str) -> None:
    """Say that it runs, wait until it is to end, and stop it; raises Failed."""
    from config.service import keep_alive, notify  # noqa: PLC0415 - a screen needs none of it

    print(said, flush=True)
    notify("READY=1")
    alive = asyncio.create_task(keep_alive())
    ends = [asyncio.create_task(event.wait()) for event in (stopped, part.hub.failed)]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    alive.cancel()
    notify("STOPPING=1")
    try:
        async with asyncio.timeout(GOODBYE):
            await part.stop()
    except TimeoutError as error:
        raise Failed("a part did not stop in time and was left behind") from error
    if part.hub.failed.is_set():
        raise Failed(f"the hub has failed: {part.hub.trouble}; start it again")
