"""The bookkeeper: reads a journal's file with plain SQLite, and holds it against what was asked and answered."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from edge.apply import apply
from edge.board import Board
from edge.facts import Fact
from edge.journal import digest
from tests.builders import A_FACT, a_layout
from tests.faults.fault import Tally
from tests.faults.life import Asked

LAYOUT = a_layout()
# What a fact's body says that depends on its number in the journal, on the moment it was written, or on which of two
# orders that were due together came first.
PASSING = {"move", "until", "updates", "job", "number", "revision", "graced", "jobs", "moves", "since", "arrived"}
PASSING |= {"closes", "at", "through", "seconds", "id", "leaves", "sequence", "slots"}


class Seen(msgspec.Struct, frozen=True):
    """A journal as the witness reads it, without any of the hub's code."""

    facts: list[tuple[Any, ...]]  # as they lie in the file
    known: set[bytes]
    tables: dict[str, dict[str, Any]]
    id: str

    @property
    def counters(self) -> dict[str, int]:
        """How far it has got."""
        return self.tables["counters"].get("store", {})


def look(path: Path) -> Seen:
    """Read a journal."""
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return Seen(
            file.execute("SELECT seq, at, by, intent, subject, kind, body FROM facts ORDER BY seq").fetchall(),
            {row[0] for row in file.execute("SELECT digest FROM known")},
            {
                name: {key: msgspec.json.decode(body) for key, body in file.execute(f"SELECT key, body FROM {name}")}
                for name in Board.STORED
            },
            str(file.execute("SELECT value FROM about WHERE name = 'journal'").fetchone()[0]),
        )


def judge(whole_life: Seen, found: Seen, answered: Iterable[Asked], when: str) -> Tally:
    """What was answered is there, once; nothing is half there; what is there is how the whole life began."""
    notes: list[str] = []
    lost = doubled = disordered = 0
    whole = Counter(row[3] for row in whole_life.facts if row[3] is not None)
    there = Counter(row[3] for row in found.facts if row[3] is not None)
    for one in answered:
        if one.key in whole and (there[one.key] < whole[one.key] or digest(str(one.key)) not in found.known):
            lost += 1
            notes.append(f"lost: {one.key!r} {type(one.intent).__name__}")
        if isinstance(one.outcome, int) and one.key in whole and one.outcome > len(found.facts):
            lost += 1
            notes.append(f"lost: the answer {one.outcome} of {one.key!r}")
    for key, facts in there.items():
        if facts > whole[key]:
            doubled += 1
            notes.append(f"doubled: {key!r}")
        if 0 < facts < whole[key]:
            disordered += 1
            notes.append(f"half there: {key!r}")
    if [row[:1] + row[3:] for row in found.facts] != [
        row[:1] + row[3:] for row in whole_life.facts[: len(found.facts)]
    ]:
        disordered += 1
        notes.append("the facts are not the beginning of what happened")
    disordered += _inner(found, notes)
    return Tally(lost=lost, doubled=doubled, disordered=disordered, notes=_of(when, notes))


def whole(found: Seen, when: str) -> Tally:
    """The facts make the tables, and the updates are numbered without a gap."""
    notes: list[str] = []
    return Tally(disordered=_inner(found, notes), notes=_of(when, notes))


def _inner(found: Seen, notes: list[str]) -> int:
    wrong = 0
    board = _board(found)
    for name in Board.STORED:
        made = {"store": board.counters} if name == "counters" else dict(getattr(board, name).items())
        if found.facts and msgspec.to_builtins(made) != _typed(name, found.tables[name]):
            wrong += 1
            notes.append(f"the facts do not make the table {name}")
    numbered = sorted(row["sequence"] for row in found.tables["outbox"].values() if "sequence" in row)
    counters = found.counters
    if numbered != list(range(counters.get("receipted", 0) + 1, counters.get("updates", 0) + 1)):
        wrong += 1
        notes.append(f"the outbox has {numbered} of {counters}")
    return wrong


def _board(seen: Seen, *, leave_out: str = "") -> Board:
    """The board that the facts make."""
    board = Board(LAYOUT).draft()
    for seq, at, by, intent, _, kind, body in seen.facts:
        if kind != leave_out:
            apply(board, Fact(seq, at, by, intent, msgspec.json.decode(body, type=A_FACT)))
    return board


def _typed(name: str, rows: dict[str, Any]) -> Any:
    return msgspec.to_builtins({key: msgspec.convert(row, Board.STORED[name]) for key, row in rows.items()})


def compare(whole_life: Seen, end: Seen, when: str) -> Tally:
    """However it was disturbed, the store comes to the same end."""
    notes: list[str] = []
    lost = doubled = disordered = 0
    ours, theirs = _stories(end), _stories(whole_life)
    for subject in ours | theirs:
        told, wanted = ours.get(subject, []), theirs.get(subject, [])
        if told == wanted:
            continue
        more, less = Counter(told) - Counter(wanted), Counter(wanted) - Counter(told)
        lost += bool(less)
        doubled += bool(more)
        disordered += not (more or less)
        notes.append(f"{subject}: never {_short(less)}, too often {_short(more)}")
    return Tally(lost=lost, doubled=doubled, disordered=disordered, notes=_of(when, notes))


def _stories(seen: Seen) -> dict[str, list[str]]:
    """What happened to each order and what is told of it, without numbers and times, which may differ."""
    stories: dict[str, list[str]] = defaultdict(list)
    for _, _, _, intent, _, kind, body in seen.facts:
        if kind in {"ClockStepped", "UpdateSent"}:
            continue  # what the one does not change, and what the other lets out, is looked at below
        what = msgspec.json.decode(body)
        order = what.get("order", "")
        order = order["id"] if isinstance(order, dict) else order
        stories[order].append(f"{intent!r} {kind} {_lasting(what)}")
    told = _board(seen, leave_out="UpdatesReceipted").outbox.values()  # all that was ever told
    for update in sorted(told, key=lambda update: update.sequence or 0):
        stories[f"told of {update.order}"].append(f"{update.kind} {_lasting(msgspec.to_builtins(update))}")
    return stories


def _lasting(value: Any) -> Any:
    match value:
        case dict():
            return {key: _lasting(one) for key, one in sorted(value.items()) if key not in PASSING}
        case list():
            return [_lasting(one) for one in value]
        case float():
            return 0.0  # a time without a name
    return value


def _short(stories: Counter[str]) -> list[str]:
    return [story[:120] for story in stories][:2]


def _of(when: str, notes: list[str]) -> tuple[str, ...]:
    return tuple(f"{when}: {note}" for note in notes)
