"""Paper: what a ticket consists of, whoever prints it, and how it looks in dots."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import qrcode
from PIL import Image, ImageChops

from devices import fonts

Align = Literal["left", "center"]
FEED = 30  # dots from one line of text to the next, unless it is taller
_NEVER_FIRST = frozenset(",.:;!?%)]}」』】》〉”’、。,.:;!?)]}%…·")
_NEVER_LAST = frozenset("([{「『【《〈“‘([{")


@dataclass(frozen=True, slots=True)
class Line:
    """Text in one look, on one line."""

    text: str
    wide: int = 1  # times the normal size
    high: int = 1
    bold: bool = False
    inverse: bool = False
    align: Align = "left"
    drawn: bool = False  # as dots, because the printer lacks a character of it


@dataclass(frozen=True, slots=True)
class Gap:
    """White, in dots."""

    dots: int


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code in the middle of the paper; `size` is the dots of one module."""

    text: str
    size: int = 5


@dataclass(frozen=True, slots=True)
class Picture:
    """Dots as they are."""

    width: int
    rows: bytes  # each padded to whole bytes; a set bit is black


@dataclass(frozen=True, slots=True)
class Cut:
    """The paper is cut here, and more follows."""


Strip = Line | Gap | Code | Picture | Cut


def wrap(text: str, room: int, width: Callable[[str], int]) -> list[str]:
    """The text in lines of at most `room` columns: between words where it can be, else between characters."""
    lines = []
    rest = text.strip()
    while rest:
        fits = 1
        used = width(rest[0])
        while fits < len(rest) and (used := used + width(rest[fits])) <= room:
            fits += 1
        if fits < len(rest):
            fits = next((at for at in range(fits, 0, -1) if _breaks(rest[at - 1], rest[at])), fits)
        lines.append(rest[:fits].rstrip())
        rest = rest[fits:].lstrip()
    return lines


def draw(strips: Iterable[Strip], columns: int) -> Image.Image:
    """The paper as the printer's dots: mode 1, a set dot is black."""
    images = [draw_strip(strip, columns) for strip in strips]
    sheet = Image.new("1", (columns * fonts.HALF, sum(image.height for image in images) or 1))
    top = 0
    for image in images:
        sheet.paste(image, (0, top))
        top += image.height
    return sheet


def draw_strip(strip: Strip, columns: int) -> Image.Image:
    """One strip over the whole width of the paper."""
    match strip:
        case Line():
            inked, height = _draw_text(strip), max(FEED, fonts.HEIGHT * strip.high)
        case Gap(dots):
            return Image.new("1", (columns * fonts.HALF, dots))
        case Cut():
            return Image.new("1", (columns * fonts.HALF, FEED))
        case Code(text, size):
            inked = _draw_code(text, size)
            height = inked.height
        case Picture(width, rows):
            inked = Image.frombytes("1", (width, len(rows) // ((width + 7) // 8)), rows)
            height = inked.height
    paper = Image.new("1", (columns * fonts.HALF, height))
    centred = isinstance(strip, Code) or (isinstance(strip, Line) and strip.align == "center")
    paper.paste(inked, ((paper.width - inked.width) // 2 if centred else 0, 0))
    return paper


def _draw_text(line: Line) -> Image.Image:
    glyphs = [fonts.glyph(character) for character in line.text]
    inked = Image.new("1", (sum(glyph.width for glyph in glyphs) or 1, fonts.HEIGHT))
    left = 0
    for glyph in glyphs:
        inked.paste(glyph, (left, 0))
        left += glyph.width
    inked = inked.resize((inked.width * line.wide, inked.height * line.high), Image.Resampling.NEAREST)
    if line.bold:  # printed twice, a dot apart, as printers do it
        inked = ImageChops.logical_or(inked, ImageChops.offset(inked, 1, 0))
    return ImageChops.invert(inked) if line.inverse else inked


@lru_cache(maxsize=4)  # on each label of an order it is the same
def _draw_code(text: str, size: int) -> Image.Image:
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
    code.add_data(text)
    modules = code.get_matrix()
    dots = Image.new("1", (len(modules), len(modules)))
    dots.putdata([255 * module for row in modules for module in row])
    return dots.resize((dots.width * size, dots.height * size), Image.Resampling.NEAREST)


def _breaks(before: str, after: str) -> bool:
    if " " in {before, after}:
        return True
    apart = not (before.isascii() and after.isascii())
    return apart and before not in _NEVER_LAST and after not in _NEVER_FIRST
