"""The bundled font, as receipt printers have it: ASCII in 12 x 24 dots and GBK in 24 x 24. It needs no system font.

Beside it the rarer characters, above all of names, that GB18030 writes in four bytes and few printers have.
"""

import gzip
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from PIL import Image

FILE, RARE_FILE = (Path(__file__).with_name(name) for name in ("gbk24.gz", "rare24.gz"))
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
    match len(code):
        case 1:
            return code[0] in _ASCII
        case 2:
            return bool(_assigned(character))
    return character in rare()


@lru_cache(maxsize=4096)
def glyph(character: str) -> Image.Image:
    """The character as black dots: HEIGHT high, one or two columns wide."""
    cell = _cell(character)
    strips = [cell[at : at + HEIGHT] for at in range(0, len(cell), HEIGHT)]
    rows = bytes(byte for row in zip(*strips, strict=True) for byte in row)
    return Image.frombytes("1", (HALF * columns(character), HEIGHT), rows)


def _cell(character: str) -> bytes:
    code = character.encode("gb18030", "replace")
    if len(code) == 1 and code[0] in _ASCII:
        start, size = (code[0] - _ASCII.start) * _HALF_CELL, _HALF_CELL
    elif len(code) == 2:  # noqa: PLR2004 - as GBK has it
        place = (code[0] - _LEADS.start) * len(_TRAILS) + _TRAILS.index(code[1])
        start, size = len(_ASCII) * _HALF_CELL + place * _WIDE_CELL, _WIDE_CELL
    else:
        return rare().get(character) or _cell(MISSING)
    return _cells()[start : start + size]


@cache
def rare() -> dict[str, bytes]:
    """The cells of the rarer characters: read when the first of them is wanted, which in most stores is never."""
    packed = gzip.decompress(RARE_FILE.read_bytes())
    length = int.from_bytes(packed[:4], "big")
    characters, cells = packed[4 : 4 + length].decode(), packed[4 + length :]
    return {one: cells[at * _WIDE_CELL : (at + 1) * _WIDE_CELL] for at, one in enumerate(characters)}


@cache
def _cells() -> bytes:
    return gzip.decompress(FILE.read_bytes())


def _assigned(text: str) -> str:
    return text if len(text) == 1 and unicodedata.category(text) not in {"Co", "Cn"} else ""
