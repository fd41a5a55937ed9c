"""A worker: a thread of its own for what may block, as a disk or a port; it does one thing after the other."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Worker:
    """An executor of one thread takes half as long again to hand work over and back, and a press waits for both."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._asked: SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._closed = False

    async def run(self, work: Callable[[], T]) -> T:
        """What the work gives back or raises; RuntimeError once closed."""
        return await self.ask(work)

    def ask(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """The same, for one who need not wait: it is done in any case."""
        if self._closed:
            raise RuntimeError(f"the thread of {self._name} has ended")
        if self._thread.ident is None:
            self._thread.start()
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._asked.put((work, done))
        return done

    async def open(self, make: Callable[[], T], close: Callable[[T], object]) -> T:
        """What is made, where it is still waited for when it is its turn; what comes too late is closed again."""
        wanted = True

        def work() -> T:
            if not wanted:
                raise TimeoutError
            made = make()
            if not wanted:
                close(made)
                raise TimeoutError
            return made

        def let_go(done: asyncio.Future[T]) -> None:
            if done.exception() is None:
                close(done.result())

        done = self.ask(work)
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            wanted = False
            done.add_done_callback(let_go)
            raise

    def close(self, *, wait: bool = True) -> None:
        """End the thread once it has done what was asked."""
        self._closed = True
        self._asked.put(None)
        if wait and self._thread.ident is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End; what blocks is left to itself."""
        self.close(wait=False)

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
