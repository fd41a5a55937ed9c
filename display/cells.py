"""Rows of cells: text made harmless, and cut and wrapped by the room it takes on a screen."""

import re

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from edge.text import plain

Piece = tuple[str, Style]

# Terminals do not agree on the width of these, and one cell too many pushes over the neighbouring card:
# variation selectors, enclosing marks, regional indicators, skin tones.
_DISPUTED = re.compile("[\ufe00-\ufe0f\u20d0-\u20ff\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")


# What stays together in a row: a word with its spaces, or a Chinese character with the punctuation after it.
_UNBROKEN = re.compile(r"[\u2e80-\uffef][、。，,！!？?：:；;」』）)】]*\s*|[^\s\u2e80-\uffef]+\s*|\s+")


def shown(text: str, limit: int = 500) -> str:
    """A customer's or a device's text as a screen may carry it."""
    return _DISPUTED.sub("", plain(text, limit)).replace("…", "..")


def cut(text: str, width: int) -> str:
    """The text within so many cells, with two dots where some of it is missing."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 2) + ".." if width > 4 else set_cell_size(text, max(0, width))  # noqa: PLR2004 - below that the dots say less than the text


def wrap(text: str, width: int) -> list[str]:
    """The text in rows of so many cells, broken at spaces and between Chinese characters."""
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
    return Strip([*segments, *last], width)


def chipped(strip: Strip, chip: Piece) -> Strip:
    """A row with a chip over its right end."""
    end = Strip([Segment(*chip)])
    return Strip.join([strip.crop(0, strip.cell_length - end.cell_length), end])


class Painted(Widget):
    """A widget that holds its rows as strips and repaints only the cells that differ."""

    strips: tuple[Strip, ...] = ()

    def paint(self, strips: tuple[Strip, ...]) -> None:
        """Show these rows from now on."""
        old, self.strips = self.strips, strips
        if len(old) != len(strips):
            self.refresh()
            return
        changed = [
            Region(left, y, right - left, 1)
            for y, (before, after) in enumerate(zip(old, strips, strict=True))
            if before is not after
            for left, right in [_difference(before, after)]
            if left < right
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """One row, as Textual asks for it."""
        return self.strips[y] if y < len(self.strips) else Strip.blank(self.size.width, self.rich_style)


def _difference(before: Strip, after: Strip) -> tuple[int, int]:
    """The first cell that differs, and the first after which none does."""
    if before.cell_length != after.cell_length:
        return 0, after.cell_length
    old, new = list(before), list(after)
    left = right = 0
    while old and new and old[0] == new[0]:
        left += new[0].cell_length
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        right += new[-1].cell_length
        del old[-1], new[-1]
    return left, after.cell_length - right if new else left
