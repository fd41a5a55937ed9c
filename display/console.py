"""The Linux console and other terminals of eight colours: what each colour of the palette is there, chosen by hand.

It has eight grounds and sixteen inks. Bright black is too dark to read, and bold makes bright black of black ink;
italic, strike and dim come out as other colours. The nearest of sixteen would make half of a card dark grey on black.
"""

import os
from collections.abc import Mapping
from functools import lru_cache

from rich.color import Color as Ink
from rich.color import ColorType
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from display.palette import BLACK, BLUE, CYAN, FAINT, GREEN, MAGENTA, RED, SHADE, SURFACE, WHITE, YELLOW

NO_CHINESE = (
    "the Linux console cannot draw Chinese: run this display in cage and foot (ovenbell-display.service), "
    "or with --language en"
)
GROUNDS = {
    BLACK: 0,
    SURFACE: 0,
    SHADE: 0,
    RED: 1,
    GREEN: 2,
    YELLOW: 3,
    BLUE: 4,
    MAGENTA: 5,
    CYAN: 6,
    WHITE: 7,
    FAINT: 7,
}
# On black text has its colour; on all others it is black or bright white, whichever can be read.
INKS = {
    BLACK: 7,
    SURFACE: 7,
    SHADE: 7,
    FAINT: 7,
    WHITE: 15,
    RED: 9,
    GREEN: 10,
    YELLOW: 11,
    BLUE: 12,
    MAGENTA: 13,
    CYAN: 14,
}
LIGHT = {2, 3, 6, 7}  # grounds for black ink
TEXT = Ink.parse(WHITE)
PLAIN = Style(italic=False, strike=False, dim=False, underline=False, blink=False, reverse=False)


def is_linux_console(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the screen is the kernel's own, which cannot draw Chinese."""
    return environ.get("TERM") == "linux"


def has_eight_colours(console: Console) -> bool:
    """Whether a terminal has only these, or somebody asked for them with TEXTUAL_COLOR_SYSTEM=standard."""
    return is_linux_console() or (console.color_system == "standard" and "TERM" in os.environ)


class EightColours(LineFilter):
    """Draws every row with the console's colours; the strokes of a big number are drawn in the ink of its band."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same text in other colours."""
        behind = background.rich_color
        band = 0
        drawn = []
        for text, style, control in segments:
            before = style or Style()
            color, under = before.color or TEXT, before.bgcolor or behind
            if before.reverse:
                color, under = under, color
            if color == under:
                stroke = 0 if band in LIGHT else 7
                new = _style(stroke, stroke, bold=False)
            else:
                band = _ground(under)
                ink = 0 if band in LIGHT else _ink(color) if not band else 15
                new = _style(ink, band, bold=bool(before.bold) and ink > 0)
            drawn.append(Segment(text, before + new, control))
        return drawn


@lru_cache(maxsize=512)
def _ground(color: Ink) -> int:
    return GROUNDS[_nearest(color)]


@lru_cache(maxsize=512)
def _ink(color: Ink) -> int:
    return INKS[_nearest(color)]


def _nearest(color: Ink) -> str:
    """The palette's own colour, or the one that is nearest to a blend of two."""
    parts = color.get_truecolor()
    return min(
        GROUNDS, key=lambda own: sum((a - b) ** 2 for a, b in zip(Ink.parse(own).get_truecolor(), parts, strict=True))
    )


@lru_cache(maxsize=256)
def _style(ink: int, ground: int, *, bold: bool) -> Style:
    color, under = (Ink(str(number), ColorType.STANDARD, number=number) for number in (ink, ground))
    return PLAIN + Style(color=color, bgcolor=under, bold=bold)
