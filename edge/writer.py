"""The journal's thread: does one thing after the other, away from the loop."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


class Writer:
    """An executor of one thread takes half as long again to hand work over and back, and a press waits for both."""

    def __init__(self) -> None:
        self._asked: SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._closed = False

    async def run(self, work: Callable[[], T]) -> T:
        """What the work gives back or raises; RuntimeError once closed."""
        if self._closed:
            raise RuntimeError("the journal's thread has ended")
        if self._thread.ident is None:
            self._thread.start()
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._asked.put((work, done))
        return await done

    def close(self) -> None:
        """Wait for what was asked, and end the thread."""
        self._closed = True
        self._asked.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            work, done = asked
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - it is raised where the work was asked for
                settle: Callable[[Any], None] = done.set_exception
                result = error
            else:
                settle = done.set_result
            with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                done.get_loop().call_soon_threadsafe(_settle, done, settle, result)


def _settle(done: asyncio.Future[Any], settle: Callable[[Any], None], result: object) -> None:
    if not done.done():  # who asked was not cancelled
        settle(result)
