"""Rows of cells: text made harmless, and cut and wrapped by the room it takes on a screen."""

import re
from typing import Protocol, Self

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.containers import Container
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from edge.orders import OrderId
from edge.text import plain

Piece = tuple[str, Style]

SHORT_ID = 8  # cells of an order's own id, in place of a name
DOTS = 4  # in fewer cells, dots would say less than the text

# Terminals do not agree on the width of these, and one cell too many pushes over the neighbouring card:
# variation selectors, enclosing marks, regional indicators, skin tones; and what Unicode 16 made wide.
_DISPUTED = re.compile(
    "[\ufe00-\ufe0f\u20d0-\u20ff\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff"
    "\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\ud7b0-\ud7ff\U0001d300-\U0001d37f]"
)


# What stays together in a row: a word with its spaces, or a Chinese character with the punctuation after it.
_UNBROKEN = re.compile(r"[\u2e80-\uffef][、。，,！!？?：:；;」』）)】]*\s*|[^\s\u2e80-\uffef]+\s*|\s+")


def shown(text: str, limit: int = 500) -> str:
    """A customer's or a device's text as a screen may carry it."""
    return _DISPUTED.sub("", plain(text, limit)).replace("…", "..")


class _Ordered(Protocol):
    @property
    def order(self) -> OrderId | None: ...

    @property
    def display_id(self) -> str: ...


def shown_id(thing: _Ordered) -> str:
    """What an order is called on a screen: its display id; where nothing of that can be seen, its own id in short."""
    said = shown(thing.display_id)
    return said if said.strip() else cut(shown(thing.order or "").strip() or "?", SHORT_ID)


def cut(text: str, width: int) -> str:
    """The text within so many cells, with two dots where some of it is missing."""
    if cell_len(text) <= width:
        return text
    if width <= DOTS:
        return set_cell_size(text, max(0, width))
    return set_cell_size(text, width - 2).rstrip() + ".."


def wrap(text: str, width: int) -> list[str]:
    """The text in rows of so many cells, but at least two, broken at spaces and between Chinese characters."""
    width = max(2, width)
    rows = [""]
    for part in _UNBROKEN.findall(text):
        if cell_len(rows[-1] + part.rstrip()) <= width:
            rows[-1] += part
        else:
            rows += chop_cells(part, width)
    return [row.rstrip() for row in rows if row.strip()]


def row(width: int, fill: Style, *pieces: Piece, right: Piece | None = None) -> Strip:
    """A row of exactly so many cells: pieces from the left, at most one at the right end, never one over the other."""
    last = [Segment(cut(right[0], width), right[1])] if right else []
    room = width - sum(segment.cell_length for segment in last)
    segments = []
    for text, style in pieces:
        fitting = cut(text, room)
        if fitting:
            segments.append(Segment(fitting, style))
            room -= cell_len(fitting)
    if room:
        segments.append(Segment(" " * room, fill))
    return Strip([*segments, *last], width).simplify()  # each style it keeps costs the terminal 40 bytes


def chipped(strip: Strip, chip: Piece) -> Strip:
    """A row with a chip over its right end."""
    end = Strip([Segment(*chip)])
    return Strip.join([strip.crop(0, strip.cell_length - end.cell_length), end])


class Kept(Widget):
    """A widget that keeps its rows with their styles: Textual asks all for theirs when one of them has changed."""

    _rendered: tuple[Region, Size, list[Strip]] | None = None

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Something of it has changed."""
        self._rendered = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """All rows, as they were made when last something of it changed."""
        if self._rendered is None or self._rendered[:2] != (crop, self.outer_size):
            self._rendered = crop, self.outer_size, super().render_lines(crop)
        return self._rendered[2]


class KeptContainer(Container, Kept):
    """A container behind what it holds; `Container` comes first, because Textual looks for styles in the first."""


class Painted(Kept):
    """A widget made of strips that repaints only the rows that differ."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._strips: tuple[Strip, ...] = ()
        self._drawn = Size(0, 0)

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:  # noqa: ARG002 - for those who override it
        """All rows for a size: a widget says its own, until then there is nothing."""
        return ()

    def redraw(self) -> None:
        """What it shows has changed."""
        old, size = self._strips, self.size
        if not size or size != self._drawn:
            if size or self._drawn:  # to refresh what is hidden already would have Textual draw all that is near
                self.refresh()
            self._drawn = Size(0, 0)  # hidden, it has no size: it is drawn anew when it is seen again, in any size
            return
        self._strips = self.draw(*size)
        rows = zip(old, self._strips, strict=True)
        changed = [Region(0, y, _last(before, after), 1) for y, (before, after) in enumerate(rows) if before != after]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """One row, as Textual asks for it; drawn here for a new size, because a resize event can get lost."""
        if self._drawn != self.size:
            self._drawn = self.size
            self._strips = self.draw(*self.size)
        return self._strips[y]


class Line(Painted):
    """One row of text."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._fill = Style()
        self._pieces: tuple[Piece, ...] = ()
        self._right: Piece | None = None

    def show(self, fill: Style, *pieces: Piece, right: Piece | None = None) -> None:
        """Show these pieces from now on."""
        same = (fill, pieces, right) == (self._fill, self._pieces, self._right)
        self._fill, self._pieces, self._right = fill, pieces, right
        if not same or self._drawn != self.size:
            self.redraw()

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """The row, and nothing below it."""
        return (row(width, self._fill, *self._pieces, right=self._right), *[Strip.blank(width)] * (height - 1))


def _last(before: Strip, after: Strip) -> int:
    """The cell after which nothing differs; Textual sends a row from its left end in any case."""
    same = 0
    for old, new in zip(reversed(before), reversed(after), strict=False):
        if old != new:
            break
        same += new.cell_length
    return after.cell_length - same
