"""A display in a process of its own that is asked how long its loop was busy and stood still, and what it holds."""

import asyncio
import gc
import os
import sys
import time
from asyncio.events import Handle
from typing import Literal

import msgspec
import psutil

from display.app import KitchenDisplay, until_quit
from display.feed_client import FeedClient
from tests.bench.ordinary import OrdinaryDisplay

PULSE = 0.001  # seconds between two heartbeats
Which = Literal["ours", "ordinary"]
Question = Literal["watch", "tell", "rest", "settle"]


class Told(msgspec.Struct):
    """What a display spent since it was asked last, in seconds, and the memory it holds, in bytes."""

    busy: float = 0.0  # its loop was at work, of its thread's CPU
    stall: float = 0.0  # the longest for which a heartbeat was late
    stall_cpu: float = 0.0  # the most its thread worked between two heartbeats: what of it was not the machine's
    resident: int = 0


class Watch:
    """Times every callback of the loop; its heart beats from `watch` to `rest` only, because that costs CPU."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._told = Told()
        self._heart: asyncio.Task[None] | None = None
        asyncio.get_running_loop().add_reader(descriptor, self._asked)
        run = Handle._run

        def timed(handle: Handle) -> None:
            began = time.thread_time()
            run(handle)
            self._told.busy += time.thread_time() - began

        Handle._run = timed  # type: ignore[method-assign]

    def _asked(self) -> None:
        question = os.read(self._descriptor, 100).decode().strip()
        match question:
            case "watch":
                self._heart = asyncio.create_task(self._beat())
            case "rest" if self._heart is not None:
                self._heart.cancel()
            case "settle":
                gc.collect()
        self._told.resident = psutil.Process().memory_info().rss
        told, self._told = self._told, Told()
        os.write(self._descriptor, msgspec.json.encode(told) + b"\n")

    async def _beat(self) -> None:
        while True:
            wall, cpu = time.perf_counter(), time.thread_time()
            await asyncio.sleep(PULSE)
            self._told.stall = max(self._told.stall, time.perf_counter() - wall - PULSE)
            self._told.stall_cpu = max(self._told.stall_cpu, time.thread_time() - cpu)


async def run(which: Which, url: str, descriptor: int) -> None:
    """Show the feed on this terminal until ended."""
    watch = Watch(descriptor)
    feed = FeedClient(url)
    if which == "ours":
        await until_quit(KitchenDisplay(feed, language="zh"))
    else:
        await OrdinaryDisplay(feed).run_async()
    del watch


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3])))  # type: ignore[arg-type]
