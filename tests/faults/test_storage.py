"""The witnesses of the storage's faults, tested: what is wrong, they see."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

import edge.apply
from cloud_bridge.reader import Reader, Understood
from edge.facts import ClockStepped
from edge.intents import KeepLetter
from tests.faults import bad_messages, clock_jump, power_cut
from tests.faults.disk import Disk, Write, left_by
from tests.faults.fault import Case


class LyingDisk(Disk):
    """Says that it has synced, and has not."""

    def note(self, write: Write) -> None:
        super().note(Write(write.file, "written") if write.what == "synced" else write)


@contextmanager
def a_lying_disk() -> Iterator[Disk]:
    disk = LyingDisk()
    try:
        yield disk
    finally:
        disk.remove()


async def test_a_disk_that_lies_about_its_syncs_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power_cut, "a_disk", a_lying_disk)
    assert (await power_cut.cut_power(Case(1, 5, tmp_path))).lost


async def test_timers_that_move_with_the_clock_are_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(edge.apply._EFFECTS, ClockStepped, edge.apply._nothing)
    assert (await clock_jump.jump(Case(1, 4, tmp_path))).disordered


async def test_a_message_that_leaves_nothing_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = Reader.read

    def read(*what: Any) -> Understood | None:
        understood = reading(*what)
        return None if understood and isinstance(understood.intent, KeepLetter) else understood

    monkeypatch.setattr(Reader, "read", read)
    assert (await bad_messages.read_them(Case(1, 50, tmp_path))).lost


def test_what_was_synced_survives_a_power_cut_and_nothing_else_is_certain() -> None:
    kept = Write("f", "written", 0, b"a" * 1024)
    unsure = Write("f", "written", 1024, b"b" * 1024)
    writes = [Write("f", "made"), kept, Write("f", "synced"), unsure]
    left = [left_by(writes, Random(seed))["f"] for seed in range(40)]
    assert {content[:1024] for content in left} == {kept.data}
    assert {1024, 2048} <= {len(content) for content in left}
    assert any(0 < content[1024:].count(b"b") < 1024 for content in left), "a torn write"


def test_what_a_failed_sync_left_behind_is_never_certain() -> None:
    write = Write("f", "written", 0, b"a" * 512)
    writes = [Write("f", "made"), Write("f", "synced"), write, Write("f", "unsynced"), Write("f", "synced")]
    assert {left_by(writes, Random(seed))["f"] for seed in range(20)} == {b"", write.data}
