"""Makes both files of the font anew: `python -m tests.tools.make_font NotoSansCJK-Regular.ttc` (fonts-noto-cjk)."""

import gzip
import sys
import unicodedata
from collections.abc import Mapping
from itertools import chain

from PIL import Image, ImageDraw, ImageFont

from devices import fonts

SIMPLIFIED_MONO = 7  # the face of the collection whose Latin is exactly half as wide as its Chinese
SIZE = 23  # leaves a dot of air between neighbours
BASELINE = 20
# Chinese of names and places, and what people put into a cake's text beside it: hearts, stars, notes.
RARE = (range(0x2600, 0x27C0), range(0x3400, 0x4DC0), range(0x9FA6, 0xA000), range(0x20000, 0x323B0))
NOBODY = "\uffff"
INK = 110  # darker than this grey is a dot: most strokes come out two dots wide, which thermal paper holds


def main(collection: str) -> None:
    """Draw every character and write them where the font is read from."""
    # Lines and frames must touch their neighbours, so they alone are drawn at full size.
    faces = {size: ImageFont.truetype(collection, size, index=SIMPLIFIED_MONO) for size in (SIZE, fonts.HEIGHT)}
    cells = b"".join(_cell(character, faces) for character in fonts.characters())
    fonts.FILE.write_bytes(gzip.compress(cells, mtime=0))
    rare = "".join(character for character in map(chr, chain(*RARE)) if _is_rare(character, faces[SIZE]))
    head = rare.encode()
    cells = b"".join(_cell(character, faces) for character in rare)
    fonts.RARE_FILE.write_bytes(gzip.compress(len(head).to_bytes(4, "big") + head + cells, mtime=0))


def _is_rare(character: str, face: ImageFont.FreeTypeFont) -> bool:
    """Whether a character is beyond GBK and the face has it."""
    if len(character.encode("gb18030")) <= 2 or unicodedata.category(character)[0] in "CMZ":
        return False
    return bytes(face.getmask(character)) != bytes(face.getmask(NOBODY))


def _cell(character: str, faces: Mapping[int, ImageFont.FreeTypeFont]) -> bytes:
    wide = 8 * 3 if not character or fonts.columns(character) > 1 else 8 * 2
    cell = Image.new("L", (wide, fonts.HEIGHT))
    if character:
        frame = unicodedata.name(character, "").startswith("BOX DRAWINGS")
        face = faces[fonts.HEIGHT if frame else SIZE]
        left = (fonts.HALF * fonts.columns(character) - face.getlength(character)) // 2
        ImageDraw.Draw(cell).text((left, BASELINE), character, font=face, fill=255, anchor="ls")
    dots = cell.point(lambda grey: 255 * (grey > INK)).convert("1")
    return b"".join(dots.crop((x, 0, x + 8, fonts.HEIGHT)).tobytes() for x in range(0, wide, 8))


if __name__ == "__main__":
    main(sys.argv[1])
