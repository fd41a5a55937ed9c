"""A thread of its own: one thing after the other, and who asked is told how it went."""

import asyncio
import threading

import pytest

from edge.worker import Worker
from tests.cloud import PATIENCE


async def test_things_are_done_in_turn_on_one_thread_that_ends() -> None:
    threads, writer, done = set(threading.enumerate()), Worker("journal"), list[tuple[int, int]]()
    await asyncio.gather(*(writer.run(lambda n=n: done.append((n, threading.get_ident()))) for n in range(50)))
    writer.close()
    assert [n for n, _ in done] == list(range(50))
    assert len({thread for _, thread in done} - {threading.get_ident()}) == 1
    assert set(threading.enumerate()) == threads


async def test_who_asked_is_told_what_failed_and_the_next_one_is_served() -> None:
    writer = Worker("journal")
    with pytest.raises(ZeroDivisionError):
        await writer.run(lambda: 1 // 0)
    assert await writer.run(lambda: 7) == 7
    writer.close()


async def test_what_nobody_waits_for_any_more_is_done_all_the_same() -> None:
    writer, begun, go_on, done = Worker("journal"), threading.Event(), threading.Event(), list[str]()

    def slow() -> None:
        begun.set()
        go_on.wait(PATIENCE)
        done.append("slow")

    asked = asyncio.create_task(writer.run(slow))
    await asyncio.to_thread(begun.wait, 10)
    asked.cancel()
    go_on.set()
    assert await writer.run(done.copy) == ["slow"]
    writer.close()


async def test_who_asks_after_the_end_is_told() -> None:
    writer = Worker("journal")
    writer.close()
    with pytest.raises(RuntimeError, match="ended"):
        await writer.run(lambda: 1)


async def test_what_is_opened_too_late_is_closed_and_what_nobody_wants_any_more_is_not_opened() -> None:
    begun, go_on, closed, opened = threading.Event(), threading.Event(), list[str](), list[str]()

    def slow() -> str:
        begun.set()
        go_on.wait(PATIENCE)
        return "first"

    def second() -> str:
        opened.append("second")
        return "second"

    with Worker("a printer") as worker:
        asked = [asyncio.create_task(worker.open(make, closed.append)) for make in (slow, second)]
        await asyncio.to_thread(begun.wait, 10)
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        go_on.set()
        assert await worker.run(lambda: (closed.copy(), opened.copy())) == (["first"], [])


async def test_one_that_blocks_is_not_waited_for_in_the_end() -> None:
    go_on, done = threading.Event(), list[str]()
    with Worker("a printer") as worker:
        worker.ask(lambda: go_on.wait(PATIENCE))
        last = worker.ask(lambda: done.append("closed"))
    assert done == []
    go_on.set()
    await last
    assert done == ["closed"]
