"""ESC/POS: strips of paper as the bytes a printer understands, and what its answers mean."""

import importlib
import json
import logging
import os
import pickle
import platform
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from PIL import Image, ImageChops

from devices import fonts
from devices.paper import Code, Cut, Gap, Line, Picture, Strip, draw_strip
from devices.settings import CODE_PAGES, Encoding

Answer = Literal["status", "printed", "named"]
ASK_STATUS = b"\x10\x04\x02"  # DLE EOT 2: answered at once, whatever the printer is doing
ASK_PRINTED = b"\x1dr\x01"  # GS r 1: answered when everything before it is on paper
BLOCK, BLOCK_END = 0x37, 0x00  # the first and last byte of an answer of more than one
# ESC B n t: n times, t x 50 ms each, by the manuals of Gprinter and Xprinter, whose way others copy. A printer without
# a buzzer passes it over: both numbers are bytes that print nothing.
BUZZ = b"\x1bB\x03\x02"
AUTOMATIC_STATUS = 4  # bytes of a status that some printers send whenever something changes
# Bytes that a printer obeys at once wherever they stand, even inside a picture.
_OBEYED = (b"\x10\x04", b"\x10\x05", b"\x10\x14")
_PLAIN_PUNCTUATION = str.maketrans("‘’“”–—·×", "''\"\"--.x") | {ord("…"): "..."}


def encode(strips: Iterable[Strip], *, columns: int, encoding: Encoding, buzzer: bool = False) -> bytes:
    """The whole ticket: ends with a cut and, after it, the question whether it was printed."""
    printer = _dialect()()
    send: Callable[[bytes], None] = printer._raw  # noqa: SLF001 - the library's own way to send a command it has no name for
    send(b"\x1b@\x1da\x00")  # as after power-on, and no status unasked
    if encoding in CODE_PAGES:
        send(
            b"\x1c.\x1bt" + bytes([CODE_PAGES[encoding]])
        )  # Chinese printers are in their two-byte mode from the start
    if buzzer:
        send(BUZZ)
    for strip in strips:
        match strip:
            case Line() if strip.drawn or encoding == "raster":
                send(_raster(draw_strip(strip, columns)))
            case Line(text, wide, high, bold, inverse, align):
                printer.set(align=align, bold=bold, invert=inverse, custom_size=True, width=wide, height=high)
                send(_text(text, encoding) + b"\n")
            case Gap(dots):
                send(b"\x1bJ" + bytes([dots]))
            case Code(text, size):
                printer.set(align="center")
                printer.qr(text, native=True, size=size, ec=1)
            case Picture(width, rows):
                send(_raster(Image.frombytes("1", (width, len(rows) // ((width + 7) // 8)), rows)))
            case Cut():
                printer.cut("PART")
    printer.cut("PART")
    send(ASK_PRINTED)
    output: bytes = printer.output
    return output


def ask_by_name(name: str) -> bytes:
    """GS ( H, function 48: answered with this name (4 digits) when everything before it is on paper; Epson's own.

    A printer that does not know it may take it for letters: without a line feed, and gone at the next `ESC @`.
    """
    return b"\x1d(H\x06\x00\x30\x30" + name.encode()


def mend(torn: int) -> bytes:
    """What ends a ticket of so many bytes wherever it broke off, lest the next is taken for the rest of its picture.

    NULs fill whatever command is open; else a printer passes them over.
    """
    return bytes(torn) + b"\n\x1bd\x06\x1dV\x01"


def named(name: str) -> bytes:
    """The answer to ASK_BY_NAME: no other ticket's looks like it."""
    return bytes([BLOCK, 0x22]) + name.encode() + bytes([BLOCK_END])


def legible(text: str, encoding: Encoding) -> str:
    """The text in characters the printer has; what it lacks is shown as a box or a question mark, never left out."""
    if text.isascii():
        return text
    if encoding in CODE_PAGES:
        text = text.translate(_PLAIN_PUNCTUATION)
    return "".join(character if _has(character, encoding) else _instead(character, encoding) for character in text)


def better_drawn(text: str, encoding: Encoding) -> bool:
    """Whether the bundled font has a character of the text that the printer lacks."""
    if text.isascii():
        return False
    if encoding in CODE_PAGES:
        text = text.translate(_PLAIN_PUNCTUATION)
    return any(not _has(character, encoding) and fonts.has(character) for character in text)


def width(text: str, encoding: Encoding) -> int:
    """Columns of a legible text: as many as it has bytes, by how printers are made; drawn, what the font takes."""
    if encoding == "raster":
        return sum(map(fonts.columns, text))
    return len(text.encode(_codec(encoding), "replace"))


def answers(byte: int) -> Answer | None:
    """Which question a byte answers, ASK_STATUS or ASK_PRINTED: bits 0, 1, 4 and 7 tell."""
    if byte & 0x93 == 0x12:  # noqa: PLR2004 - the bits
        return "status"
    return "printed" if byte & 0x90 == 0 else None


def opens_automatic_status(byte: int) -> bool:
    """Whether a byte begins a status that nobody asked for: AUTOMATIC_STATUS bytes, the others look like answers."""
    return byte & 0x93 == 0x10  # noqa: PLR2004 - the bits


def trouble(status: int) -> str:
    """What the answer to ASK_STATUS says is in the way; empty where nothing is."""
    if status & 0x04:
        return "the cover is open"
    if status & 0x20:
        return "the paper is out"
    return "the printer reports an error" if status & 0x40 else ""


def ran_out(answer: int) -> bool:
    """Whether the answer to ASK_PRINTED says that there is no paper."""
    return bool(answer & 0x0C)


_LOADING = threading.Lock()  # several spoolers start at once, and the import below turns the environment


def load() -> None:
    """Import python-escpos now: half a second on a small machine, better not on the loop's thread."""
    _dialect()


def _dialect() -> Any:
    """The library's printer that only collects bytes."""
    with _LOADING:
        return _imported()


@cache
def _imported() -> Any:
    """The same, where nobody else is importing it.

    On import, 3.1 parses its profiles as YAML, which is slow, leaves a temporary directory behind and sets up logging.
    So it finds them parsed, in a directory that goes away again, and the logging is put back.
    """
    profiles = Path(next(iter(find_spec("escpos").submodule_search_locations)), "capabilities.json")  # type: ignore[union-attr, arg-type]
    handlers, home = logging.root.handlers[:], tempfile.tempdir
    with tempfile.TemporaryDirectory() as directory:
        parsed = Path(directory, f"{platform.python_version()}.capabilities.pickle")
        parsed.write_bytes(pickle.dumps(json.loads(profiles.read_bytes())))
        os.environ["ESCPOS_CAPABILITIES_PICKLE_DIR"] = tempfile.tempdir = directory
        try:
            return importlib.import_module("escpos.printer").Dummy
        finally:
            tempfile.tempdir = home
            del os.environ["ESCPOS_CAPABILITIES_PICKLE_DIR"]
            logging.root.handlers[:] = handlers


def _text(text: str, encoding: Encoding) -> bytes:
    encoded = text.encode(_codec(encoding), "replace")
    return encoded if text.isascii() or encoding in CODE_PAGES else b"\x1c&" + encoded + b"\x1c."


def _raster(image: Image.Image) -> bytes:
    shifted = (ImageChops.offset(image, dots, 0).tobytes() for dots in range(image.width))
    rows = next(rows for rows in shifted if not any(command in rows for command in _OBEYED))
    size = ((image.width + 7) // 8).to_bytes(2, "little") + image.height.to_bytes(2, "little")
    return b"\x1dv0\x00" + size + rows


def _codec(encoding: Encoding) -> str:
    return encoding if encoding in CODE_PAGES else "gb18030"


@lru_cache(maxsize=4096)
def _has(character: str, encoding: Encoding) -> bool:
    if encoding in CODE_PAGES:
        return bool(character.encode(encoding, "ignore"))
    if encoding == "raster":
        return fonts.has(character)
    return len(character.encode("gb18030")) <= 2  # noqa: PLR2004 - few printers draw GB18030's four-byte codes


def _instead(character: str, encoding: Encoding) -> str:
    """The letter without its accent, if that is all the printer lacks."""
    parts = unicodedata.normalize("NFD", character)
    base, accents = parts[0], parts[1:]
    if unicodedata.combining(base):
        return ""
    if accents and all(map(unicodedata.combining, accents)) and _has(base, encoding):
        return base
    return "?" if encoding in CODE_PAGES else fonts.MISSING
