"""Any morning on a disk that fails now and then: nothing half done, lost or twice, and a restart finds all of it."""

import asyncio
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import facts as f
from edge.apply import apply
from edge.board import Board
from edge.facts import Fact
from edge.hub import NotCommitted
from edge.intents import FromCloud, Intent, Refused
from edge.journal import Row
from edge.store import StoreHub
from tests.builders import A_FACT, ManualClock, a_layout
from tests.unit.edge.disks import Disk, a_hub, come_to_rest, nudge
from tests.unit.edge.mornings import Batch, Touch, mornings

LAYOUT = a_layout()
Answers = dict[str, int | BaseException]


def rows(board: Board) -> dict[str, Any]:
    """What of a board survives a restart."""
    kept = {name: dict(getattr(board, name).items()) for name in Board.STORED if name not in {"counters", "closed"}}
    free = {(s, at): board.lowest_free(s, at) for s in LAYOUT.stations for at in (0.0, float("inf"))}
    return kept | {"counters": board.counters, "free": free}


def rebuilt(journalled: list[Row]) -> Board:
    """The board that the journal's facts make."""
    board = Board(LAYOUT).draft()
    for row in journalled:
        apply(board, Fact(row.seq, row.at, row.by, row.intent, msgspec.json.decode(row.body, type=A_FACT)))
    board.merge()
    return board


async def live(hub: StoreHub, clock: ManualClock, morning: list[Batch], done: Counter[str]) -> Answers:
    """Let a morning pass: the cloud offers, everybody else asks and is answered."""
    answers: Answers = {}
    number = 0
    for batch in morning:
        clock.advance(batch.after)
        hub.ring()
        asked: dict[str, asyncio.Task[int]] = {}
        for wish in batch.wishes:
            number += 1
            intent: Intent = wish.on(hub.board) if isinstance(wish, Touch) else wish
            if isinstance(intent, FromCloud):
                key = f"offered-{number}"
                hub.offer(intent, by="cloud", key=key, done=lambda key=key: done.update([key]))  # type: ignore[misc]
                done[key] += 0
            else:
                key = f"asked-{number}"
                asked[key] = asyncio.create_task(hub.submit(intent, by="api", key=key))
        await nudge(hub)
        answers |= dict(zip(asked, await asyncio.gather(*asked.values(), return_exceptions=True), strict=True))
    return answers


async def check(path: Path, morning: list[Batch], plan: list[bool]) -> None:
    """One morning on one disk."""
    disk, clock, done = Disk(), ManualClock(), Counter[str]()
    seen: list[Fact[f.Happened]] = []
    async with a_hub(path, clock, layout=LAYOUT, disk=disk) as hub:
        disk.plan = plan
        hub.follow(lambda commit: seen.extend(commit.facts))
        answers = await live(hub, clock, morning, done)
        disk.plan = ()
        await come_to_rest(hub, clock)
        journalled = await hub.journal.facts()
        before = rows(hub.board)
        assert rows(rebuilt(journalled)) == before
    assert [row.seq for row in journalled] == [fact.seq for fact in seen] == list(range(1, len(seen) + 1))
    assert set(done.values()) <= {1}
    for key, answer in answers.items():
        seqs = [row.seq for row in journalled if row.intent == key]
        assert isinstance(answer, int | Refused | NotCommitted)
        assert not seqs or seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert not seqs or seqs[-1] == answer
    async with a_hub(path, clock, layout=LAYOUT) as hub:
        assert rows(hub.board) == before


@given(mornings(), st.lists(st.booleans(), max_size=40))
@settings(max_examples=60)
def test_whatever_the_disk_does_the_journal_is_the_board_and_every_intent_counts_once(
    morning: list[Batch], plan: list[bool]
) -> None:
    with TemporaryDirectory() as directory:
        asyncio.run(check(Path(directory) / "journal.db", morning, plan))
