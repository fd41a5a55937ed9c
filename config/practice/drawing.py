"""Drawings for paper: rows of a screen and a keypad as SVG, in the colours and with the words of the screen."""

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from textual.strip import Strip

from display.cells import shown
from display.keypad_picture import key_name, lay_out, what_it_does
from display.palette import SURFACE, WHITE
from edge.info import Keypad
from edge.words import Say

CELL, ROW = 10, 20  # of a terminal's cell
KEY_WIDTH, KEY_HEIGHT, KEY_GAP = 116, 72, 10
LETTER = 15  # the size of the words on a key
NARROWEST = 9


def draw_rows(strips: Iterable[Strip]) -> Iterator[str]:
    """The rows of a screen, a cell being CELL x ROW."""
    for y, strip in enumerate(strips):
        x = 0
        for segment in strip:
            yield from _draw_segment(segment, x, y * ROW)
            x += segment.cell_length * CELL


def _draw_segment(segment: Segment, x: int, y: int) -> Iterator[str]:
    style = segment.style
    ground, color = (style.bgcolor, style.color) if style else (None, None)
    width = segment.cell_length * CELL
    yield f'<rect class="cells" x="{x}" y="{y}" width="{width}" height="{ROW}" fill="{_hex(ground, SURFACE)}"/>'
    look = f'fill="{_hex(color, WHITE)}"'
    if style and style.bold:
        look += ' font-weight="700"'
    if style and style.strike:
        look += ' text-decoration="line-through"'
    for blank, letters in groupby(segment.text, key=lambda letter: " " if letter == " " else cell_len(letter)):
        run = "".join(letters)
        length = cell_len(run) * CELL
        if blank != " ":
            yield (
                f'<text x="{x}" y="{y + ROW - 5}" textLength="{length}" lengthAdjust="spacingAndGlyphs" {look}>'
                f"{escape(run)}</text>"
            )
        x += length


def _hex(color: Color | None, otherwise: str) -> str:
    return otherwise if color is None else color.get_truecolor().hex


def draw_keys(keypad: Keypad, say: Say) -> str:
    """A keypad's keys as they lie, each with what it does."""
    rows = lay_out(keypad)
    keys = [
        _draw_key(key_name(key), what_it_does(keypad.keys[key], say), x, y)
        for y, row in enumerate(rows)
        for x, key in enumerate(row)
        if key is not None
    ]
    columns = max((x + 1 for row in rows for x, key in enumerate(row) if key is not None), default=1)
    width, height = columns * (KEY_WIDTH + KEY_GAP) + KEY_GAP, len(rows) * (KEY_HEIGHT + KEY_GAP) + KEY_GAP
    body = f'<rect class="pad" width="{width}" height="{height}" rx="14"/>'
    return f'<svg class="keys" viewBox="0 0 {width} {height}" role="img">{body}{"".join(keys)}</svg>'


def _draw_key(name: str, does: str, column: int, row: int) -> str:
    x, y = KEY_GAP + column * (KEY_WIDTH + KEY_GAP), KEY_GAP + row * (KEY_HEIGHT + KEY_GAP)
    middle, does = x + KEY_WIDTH / 2, shown(does)
    size = max(NARROWEST, min(LETTER, 1.9 * (KEY_WIDTH - 8) / max(1, cell_len(does))))
    return (
        f'<rect class="key" x="{x}" y="{y}" width="{KEY_WIDTH}" height="{KEY_HEIGHT}" rx="8"/>'
        f'<text class="name" x="{middle:g}" y="{y + 36}">{escape(shown(name))}</text>'
        f'<text x="{middle:g}" y="{y + 60}" font-size="{size:.3g}">{escape(does)}</text>'
    )
