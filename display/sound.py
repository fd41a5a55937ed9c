"""Sound: what calls for somebody, again and again until it is acknowledged; by the terminal's bell and a player."""

import asyncio
import os
import shlex
import signal
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import StrEnum

from display.age import late
from edge.orders import StationId, Word
from edge.tickets import JobState
from edge.views import BoardView, StationView

AGAIN = 15.0  # seconds after which a kind that nobody has acknowledged is heard again
ON_ITS_WAY = 60.0  # seconds in which a ticket that was not printed yet is no trouble
LONGEST = 10.0  # seconds a sound may last


class Kind(StrEnum):
    """What a sound says, the most pressing first."""

    CANCELLED = "cancelled"
    CHANGED = "changed"
    LATE = "late"
    PRINTER = "printer"
    CLOUD = "cloud"
    NEW = "new"


MARKS = {
    Kind.CANCELLED: frozenset({Word.CANCELLED}),
    Kind.CHANGED: frozenset({Word.CHANGED}),
    Kind.NEW: frozenset({Word.NEW, Word.ALLERGEN}),
}
SILENCED = (Kind.LATE, Kind.PRINTER, Kind.CLOUD)  # by a key on one display; the others end with their marks

Causes = Mapping[Kind, frozenset[str]]


def causes(board: BoardView, stations: Collection[StationId]) -> Causes:
    """What calls for somebody at these stations, none meaning all of them, and why."""
    shown = [view for view in board.stations if not stations or view.id in stations]
    found = {kind: frozenset(_marked(shown, words)) for kind, words in MARKS.items()}
    found[Kind.LATE] = frozenset(_late(shown, board.now))
    found[Kind.PRINTER] = frozenset(_paper(board))
    status = board.status
    found[Kind.CLOUD] = frozenset(
        {status.cloud_reason or status.cloud} if status.cloud == "away" or status.cloud_reason else ()
    )
    return {kind: found[kind] for kind in Kind}


def _marked(stations: Sequence[StationView], words: frozenset[Word]) -> Iterator[str]:
    return (f"{view.id} {card.order}" for view in stations for card in view.cards if words & {*card.marks})


def _late(stations: Sequence[StationView], now: datetime) -> Iterator[str]:
    cards = (card for view in stations for card in view.cards if card.next is not None)
    return (card.order for card in cards if late(card, now))


def _paper(board: BoardView) -> Iterator[str]:
    for paper in board.papers:
        waits = paper.state in {JobState.QUEUED, JobState.SENDING}
        if not waits or (board.now - paper.at).total_seconds() > ON_ITS_WAY:
            yield f"job {paper.job}"
    for device in board.status.devices:
        if device.kind == "printer" and device.state in {"missing", "fault"}:
            yield f"printer {device.id} {device.reason}"


class Alarm:
    """Remembers what was heard when and what was silenced, and says what is to be heard now."""

    def __init__(self) -> None:
        self._silenced: dict[Kind, frozenset[str]] = {}
        self._heard: dict[Kind, tuple[frozenset[str], float]] = {}
        self._last: Causes = {}

    def due(self, found: Causes, at: float) -> list[Kind]:
        """What is to be heard now: what is new of its kind at once, what nobody acknowledged after a while again."""
        self._last = found
        kinds = []
        for kind, every in found.items():
            self._silenced[kind] = self._silenced.get(kind, frozenset()) & every
            calling = every - self._silenced[kind]
            before, heard_at = self._heard.get(kind, (frozenset(), 0.0))
            if not calling:
                self._heard.pop(kind, None)
            elif calling - before or at - heard_at >= AGAIN:
                kinds.append(kind)
                self._heard[kind] = calling, at
            else:
                self._heard[kind] = calling, heard_at
        return kinds

    def silence(self) -> None:
        """What was seen is heard no more here, until something new of its kind arises."""
        for kind in SILENCED:
            self._silenced[kind] = self._last.get(kind, frozenset())


class Player:
    """A command that plays a sound, `{kind}` in it naming which; one at a time, the others wait their turn."""

    def __init__(self, command: str, complain: Callable[[str], None]) -> None:
        """`complain` is told once why it cannot be started; raises ValueError where the command has an open quote."""
        self._words = shlex.split(command)
        self._complain = complain
        self._failed = False
        self._waiting: list[Kind] = []
        self._playing: asyncio.Task[None] | None = None

    def play(self, kinds: Sequence[Kind]) -> None:
        """Play these, after what is being played."""
        self._waiting += [kind for kind in kinds if kind not in self._waiting]
        if self._words and self._waiting and not self._failed and (self._playing is None or self._playing.done()):
            self._playing = asyncio.create_task(self._play())

    async def close(self) -> None:
        """Fall silent."""
        if self._playing is not None:
            self._playing.cancel()
            await asyncio.wait([self._playing])

    async def _play(self) -> None:
        while self._waiting and not self._failed:
            await self._once(self._waiting.pop(0))

    async def _once(self, kind: Kind) -> None:
        nowhere = asyncio.subprocess.DEVNULL
        words = [word.replace("{kind}", kind) for word in self._words]
        try:
            process = await asyncio.create_subprocess_exec(
                *words, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
            )
        except (OSError, ValueError) as error:
            self._failed = True
            self._complain(f"{words[0]}: {getattr(error, 'strerror', None) or error}")
            return
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), LONGEST)
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # and whatever it has started
                await process.wait()
