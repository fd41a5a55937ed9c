"""The notice line: what was said last, or else the keys, each of which a finger may choose."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from display.cells import Painted, Piece, row
from display.palette import BLACK, FAINT, WHITE, ink


class Hint(NamedTuple):
    """A key with what it does, and the shell's action behind it; without an action it is only told."""

    key: str
    words: str
    action: str = ""


class Notice(Painted):
    """One row: text, or hints."""

    DEFAULT_CSS = "Notice { width: 1fr; height: 1; }"

    class Tapped(Message):
        """A finger chose a hint."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self) -> None:
        super().__init__()
        self._text: Piece | None = None
        self._fill = ink()
        self._hints: Sequence[Hint] = ()

    def tell(self, text: str, fill: Style, style: Style) -> None:
        """Say something."""
        self._text, self._fill = (f" {text}", style), fill
        self.redraw()

    def hint(self, hints: Sequence[Hint]) -> None:
        """Name the keys."""
        if self._text is None and hints == self._hints:
            return
        self._text, self._fill, self._hints = None, ink(), hints
        self.redraw()

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """The row."""
        pieces = [self._text] if self._text else self._named()
        return (row(width, self._fill, *pieces), *[row(width, ink())] * (height - 1))

    def on_click(self, event: events.Click) -> None:
        """A finger chooses the hint under it."""
        if self._text is not None:
            self.post_message(self.Tapped("leave"))
            return
        end = 1
        for hint in self._hints:
            end += cell_len(_said(hint))
            if event.x < end:
                if hint.action:
                    self.post_message(self.Tapped(hint.action))
                return

    def _named(self) -> list[Piece]:
        key, words = ink(WHITE, BLACK, bold=True), ink(FAINT)
        pieces: list[Piece] = [(" ", words)]
        for hint in self._hints:
            pieces += [(hint.key, key), (_said(hint)[len(hint.key) :], words)]
        return pieces


def _said(hint: Hint) -> str:
    if not hint.words:
        return f"{hint.key} "
    return f"{hint.key}{hint.words}   " if hint.words.startswith((":", "：")) else f"{hint.key} {hint.words}   "
