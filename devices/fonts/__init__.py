"""The bundled font, as receipt printers have it: ASCII in 12 x 24 dots and GBK in 24 x 24. It needs no system font."""

import gzip
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from PIL import Image

FILE = Path(__file__).with_name("gbk24.gz")
HALF = 12  # dots of one column
HEIGHT = 24
MISSING = "□"  # drawn for a character the font does not have

_ASCII = range(0x20, 0x7F)
_LEADS = range(0x81, 0xFF)
_TRAILS = tuple(trail for trail in range(0x40, 0xFF) if trail != 0x7F)  # noqa: PLR2004 - GBK leaves DEL out
_HALF_CELL = 2 * HEIGHT  # bytes; a cell is stored in upright strips 8 dots wide, which packs a third smaller than rows
_WIDE_CELL = 3 * HEIGHT


def characters() -> list[str]:
    """Every character in the order of its bitmap; empty where GBK has none."""
    codes = [bytes((lead, trail)) for lead in _LEADS for trail in _TRAILS]
    return [*map(chr, _ASCII), *(_assigned(code.decode("gb18030", "ignore")) for code in codes)]


def columns(character: str) -> int:
    """Columns on paper: what GBK writes in two bytes is two wide, whatever Unicode says."""
    return 1 if character.isascii() else 2


def has(character: str) -> bool:
    """Whether the font has dots for a character; else it draws MISSING."""
    code = character.encode("gb18030", "ignore")
    return code[0] in _ASCII if len(code) == 1 else len(code) == 2 and bool(_assigned(character))  # noqa: PLR2004 - as GBK has it


@lru_cache(maxsize=4096)
def glyph(character: str) -> Image.Image:
    """The character as black dots: HEIGHT high, one or two columns wide."""
    code = character.encode("gb18030")
    if len(code) == 1 and code[0] in _ASCII:
        start, size = (code[0] - _ASCII.start) * _HALF_CELL, _HALF_CELL
    elif len(code) == 2:  # noqa: PLR2004 - as GBK has it
        place = (code[0] - _LEADS.start) * len(_TRAILS) + _TRAILS.index(code[1])
        start, size = len(_ASCII) * _HALF_CELL + place * _WIDE_CELL, _WIDE_CELL
    else:
        return glyph(MISSING)
    cell = _cells()[start : start + size]
    strips = [cell[at : at + HEIGHT] for at in range(0, size, HEIGHT)]
    rows = bytes(byte for row in zip(*strips, strict=True) for byte in row)
    return Image.frombytes("1", (HALF * columns(character), HEIGHT), rows)


@cache
def _cells() -> bytes:
    return gzip.decompress(FILE.read_bytes())


def _assigned(text: str) -> str:
    return text if len(text) == 1 and unicodedata.category(text) not in {"Co", "Cn"} else ""
