"""What makes a hub a store's, or the cloud's: its state, and the rules over it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, Protocol, Self, TypeVar

import msgspec

from edge.facts import Fact


class State(Protocol):
    """What the hub needs of a board."""

    archive: Any  # rows that are no longer on the board, for the intents of the batch

    @property
    def STORED(self) -> Mapping[str, type[Any]]:  # noqa: N802 - a constant of the board
        """The tables that survive a restart, with the type of their rows."""

    def draft(self) -> Self:
        """The same board with room for changes."""

    def merge(self) -> None:
        """Make this draft's changes true."""

    def restore(self, name: str, rows: dict[Any, Any]) -> None:
        """Take a table's rows from the journal."""

    def resume(self, seq: int) -> None:
        """The last fact has this sequence, whatever the rows say."""

    def index(self) -> None:
        """Make what is derived from the rows."""

    def stored_changes(self) -> dict[str, Mapping[Any, Any]]:
        """The changed rows of the tables that survive a restart."""


S = TypeVar("S", bound=State)
I = TypeVar("I")  # noqa: E741 - intents
W = TypeVar("W")


class Rules(msgspec.Struct, Generic[S, I, W], frozen=True):
    """All that a hub asks of them; none does I/O or reads a clock."""

    decide: Callable[[S, I, float], Iterator[W]]
    apply: Callable[[S, Fact[W]], int | None]  # gives back the number under which the fact's history is found
    last_seq: Callable[[S], int]  # the sequence of the last fact on a draft
    archived: str  # the table of rows that are no longer on the board
    asks_about: Callable[[I], str | None]  # the key of such a row that an intent may be about
    timers: Callable[[S], Iterable[tuple[float, I]]]  # what the clock must ask of a draft's changes, or of a board
    waking: Callable[[S], Iterable[I]]  # what must be asked first of a board that was read from the journal
    carried: Callable[[str], I]  # the intent that sets in order what was carried over from another journal
    stepped: Callable[[float, float], I]  # the intent that says that the wall clock was set, in a run begun then
    again: Callable[[S, I], I | None]  # what an intent that is known already still asks
    spoilt: Callable[[I, str], I]  # the intent that keeps one which the rules could not digest
