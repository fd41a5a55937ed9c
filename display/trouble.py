"""Trouble: what is wrong with what to do about it; a number prints a ticket again, or says that somebody was phoned."""

from collections.abc import Iterator
from typing import ClassVar

from textual import events, work

from display.cells import Piece, cut, shown_id, wrap
from display.faults import COLORS, Detail, Fault, Kind, faults, well, what_to_do
from display.feed_client import FeedClient, Unanswered
from display.manner import Manner
from display.palette import BLACK, CYAN, FAINT, GREEN, RED, WHITE
from display.view import Entry, Listing, Scene, Target, Verb
from edge.info import Letters
from edge.intents import Refused

AGAIN = 5.0  # seconds after which a question that nobody answered is asked again
ROWS = 3  # that one text may take


class Trouble(Listing):
    """Everything that is wrong; the letters behind the counts are asked for when it is opened and when they change."""

    verb: ClassVar[Verb] = "reprint"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._letters: Letters | None = None
        self._untold = ""  # why they are not known
        self._asked: tuple[str, int, int] | None = None  # the journal and the counts for which they were asked
        self._again = 0.0

    def on_show(self, _: events.Show) -> None:
        """It is opened: what was read before may be another's."""
        self._asked = None
        if self.scene is not None:
            self._ask(self.scene)

    def show(self, scene: Scene) -> None:
        """Show this from now on."""
        super().show(scene)
        if self.is_on_screen:
            self._ask(scene)

    def title(self, scene: Scene) -> str:
        """What the numbers do."""
        return scene.trouble or scene.manner.say("trouble")

    def entries(self, scene: Scene, width: int) -> list[Entry]:
        """What is wrong, the worst first; then what was looked at and is well."""
        return list(self._entries_of(scene, width))

    def _entries_of(self, scene: Scene, width: int) -> Iterator[Entry]:
        manner = scene.manner
        wrong = faults(scene.board, manner, scene.trouble, self._letters)
        for at, fault in enumerate(wrong):
            yield _heading(fault, at, manner, width)
            for detail in fault.details:
                yield _detail(detail, fault.kind, manner, width)
            if fault.kind in {Kind.LETTERS, Kind.GAPS} and self._untold and not fault.details:
                yield Entry(f"untold {fault.kind}", [[(self._untold, manner.ink(FAINT, BLACK))]], alone=True)
        fine = well(scene.board, manner, wrong)
        if not wrong:
            good = (manner.say("ALL IS WELL"), manner.ink(WHITE, GREEN, bold=True))
            yield Entry("well", [[good]], band=(WHITE, GREEN))
        elif fine:
            yield Entry("well", [[(manner.say("what is well"), manner.ink(FAINT, BLACK))]])
        for words in fine:
            yield Entry(f"well {words}", [[(f"  {cut(words, width - 2)}", manner.ink(FAINT, BLACK))]], alone=True)

    def _ask(self, scene: Scene) -> None:
        status = scene.board.status
        counts = scene.board.journal, status.dead_letters, status.gaps
        if scene.feed is None or scene.trouble or counts == self._asked or scene.now < self._again:
            return
        self._asked, self._again = counts, 0.0
        if not (status.dead_letters or status.gaps):
            self._letters, self._untold = None, ""
            return
        self._fetch(scene.feed, scene.manner)

    @work(group="letters", exclusive=True)
    async def _fetch(self, feed: FeedClient, manner: Manner) -> None:
        try:
            self._letters = await feed.look_up("/api/letters", Letters)
        except (Refused, Unanswered):
            self._asked = None
            self._again = self.scene.now + AGAIN if self.scene else 0.0
            self._untold = manner.say("the hub does not tell them now; it is asked again")
        else:
            self._untold = ""
        if self.scene is not None:
            super().show(self.scene)


def _heading(fault: Fault, at: int, manner: Manner, width: int) -> Entry:
    band = (WHITE, RED) if COLORS[fault.kind] == RED else (BLACK, COLORS[fault.kind])
    first, *others = _rows(fault.said, width) or [""]
    todo = wrap(manner.say("do: {what}").format(what=what_to_do(fault.kind, manner.say)), width)
    rows: list[list[Piece]] = [[(first, manner.ink(*band, bold=True))]]
    rows += [[(line, manner.ink(WHITE, BLACK, bold=True))] for line in others]
    rows += [[(line, manner.ink(CYAN, BLACK))] for line in todo]
    return Entry(f"fault {fault.kind} {at}", rows, band=band)


def _detail(detail: Detail, kind: Kind, manner: Manner, width: int) -> Entry:
    asked = detail.paper or detail.untold
    style, faint = manner.ink(WHITE, BLACK, bold=asked is not None), manner.ink(FAINT, BLACK)
    rows: list[list[Piece]] = [[(line, style)] for line in _rows(detail.said, width)]
    rows += [[(f"  {line}", faint)] for line in _rows(detail.more, width - 2)]
    target = Target(shown_id(asked), order=asked.order, paper=detail.paper, untold=detail.untold) if asked else None
    return Entry(f"{kind} {detail.key}", rows or [[("?", faint)]], target, alone=True)


def _rows(text: str, width: int) -> list[str]:
    """The text in a few rows; dots where some of it is missing."""
    rows = wrap(text, width)
    return rows if len(rows) <= ROWS else [*rows[: ROWS - 1], cut(rows[ROWS - 1], width - 2) + ".."]
