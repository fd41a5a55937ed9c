"""Reads ESC/POS as a printer does: what Ovenbell sends, in every spelling; anything else is kept as unknown."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PIL import Image

from devices import fonts
from devices.paper import FEED, Code, Cut, Gap, Line, Picture, Strip, draw
from devices.settings import CODE_PAGES

PAPER, INK, MARGIN = (251, 249, 243), (28, 26, 24), 24  # colours, and dots of white around a drawn ticket
PAGES = {number: name for name, number in CODE_PAGES.items()}
OPENINGS = b"\x10\x1b\x1c\x1d"  # DLE, ESC, FS, GS: the first byte of a command
NEW_LINE = 0x0A
FIRST_LETTER = 0x20
ARGUMENTS = {  # in bytes; the other commands have one, or say how much follows
    b"\x1b@": 0,
    b"\x1c&": 0,
    b"\x1c.": 0,
    b"\x1b2": 0,
    b"\x1bB": 2,
    b"\x1b$": 2,
    b"\x1b\\": 2,
    b"\x1cS": 2,
    b"\x1dL": 2,
    b"\x1dW": 2,
}
FEED_AND_CUT = (0x41, 0x42)  # `GS V` is longer by how far
DIGITS = {0x30: 0, 0x31: 1}  # these commands take a digit for its number
TAKE_DIGITS = (b"\x1bE", b"\x1dB", b"\x1ba", b"\x1dV", b"\x1dr")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What came out of the printer up to a cut, or up to where the connection was lost."""

    strips: tuple[Strip, ...]
    columns: int
    cut: bool
    buzzed: bool = False

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines of text, with how they look."""
        return tuple(strip for strip in self.strips if isinstance(strip, Line))

    @property
    def text(self) -> str:
        """The ticket for a terminal; a QR code as what it says."""
        return "\n".join(self._row(strip) for strip in self.strips if isinstance(strip, Line | Code | Cut))

    def picture(self) -> Image.Image:
        """The ticket as it looks."""
        dots = draw(self.strips, self.columns)
        sheet = Image.new("RGB", (dots.width + 2 * MARGIN, dots.height + 2 * MARGIN), PAPER)
        sheet.paste(INK, (MARGIN, MARGIN), dots)
        return sheet

    def _row(self, strip: Line | Code | Cut) -> str:
        if isinstance(strip, Cut):
            return "- " * (self.columns // 2)
        if isinstance(strip, Code):
            return f"[QR {strip.text}]".center(self.columns).rstrip()
        margin = self.columns - sum(map(fonts.columns, strip.text)) if strip.align == "center" else 0
        rule = set(strip.text) == {"─"}  # a dash is two columns wide on paper only
        return " " * (margin // 2) + strip.text * (2 if rule else 1)


class Reader:
    """A printer's head: feed it bytes; it answers, and lets tickets fall."""

    def __init__(
        self, columns: int, answer: Callable[[bytes], object], fall: Callable[[Ticket], None], unknown: list[bytes]
    ) -> None:
        self.unknown = unknown
        self._columns = columns
        self._answer = answer
        self._fall = fall
        self._rest = b""  # the beginning of a command whose end has not come yet
        self._strips: list[Strip] = []
        self._look = Line("")
        self._page = PAGES[0]
        self._chinese = False
        self._double = False  # letters beyond ASCII on the line at hand are two columns wide
        self._letters = b""  # of the line at hand, not decoded yet
        self._row, self._indent = "", 0  # the line at hand
        self._buzzed = False
        self._code_text, self._code_size = "", 3

    def feed(self, data: bytes) -> None:
        """Obey everything that is complete."""
        data, at = self._rest + data, 0
        while at < len(data):
            length = self._length(data, at)
            if length is None or at + length > len(data):
                break
            self._take(data[at : at + length])
            at += length
        self._rest = data[at:]

    def tear(self) -> None:
        """The connection is lost: what is on paper stays there, uncut."""
        self._end_line()
        if self._strips:
            self._drop(cut=False)
        self._rest = b""
        self._reset()

    def _length(self, data: bytes, at: int) -> int | None:
        """The length of the command or run of letters there; none while too little of it has come."""
        if data[at] not in OPENINGS:
            end = at + 1
            while data[at] >= FIRST_LETTER and end < len(data) and data[end] >= FIRST_LETTER:
                end += 1
            return end - at
        command, head = data[at : at + 2], data[at : at + 8]
        if len(command) == 1:
            return None
        if command == b"\x1dV" and len(head) > 2 and head[2] in FEED_AND_CUT:  # noqa: PLR2004 - the first argument
            return 4
        if command[1:] == b"(":
            return 5 + int.from_bytes(head[3:5], "little") if len(head) >= 5 else None  # noqa: PLR2004 - two of length
        if command == b"\x1dv":
            sizes = int.from_bytes(head[4:6], "little") * int.from_bytes(head[6:8], "little")
            return 8 + sizes if len(head) == 8 else None  # noqa: PLR2004 - bytes a row and rows
        return 2 + ARGUMENTS.get(command, 1)

    def _take(self, data: bytes) -> None:
        if data[0] >= FIRST_LETTER:
            self._letters += data
        elif data[0] == NEW_LINE:
            self._end_line(even_empty=True)
        else:
            self._obey(data)

    def _obey(self, data: bytes) -> None:  # noqa: C901, PLR0912 - one case a command
        self._end_letters()
        argument = data[2] if len(data) > 2 else 0  # noqa: PLR2004 - the first
        if data[:2] in TAKE_DIGITS:
            argument = DIGITS.get(argument, argument)
        match data[:2], argument:
            case b"\x1b@", _:
                self._reset()
            case b"\x1bE", 0 | 1:
                self._look = replace(self._look, bold=argument == 1)
            case b"\x1dB", 0 | 1:
                self._look = replace(self._look, inverse=argument == 1)
            case b"\x1ba", 0 | 1:
                self._look = replace(self._look, align="center" if argument else "left")
            case b"\x1d!", size:
                self._look = replace(self._look, wide=(size >> 4) + 1, high=(size & 0x0F) + 1)
            case b"\x1bt", page if page in PAGES:
                self._page = PAGES[page]
            case b"\x1c&" | b"\x1c.", _:
                self._chinese = data == b"\x1c&"
                self._double |= self._chinese
            case b"\x1bJ", dots:
                self._strips.append(Gap(dots))
            case b"\x1bd", lines:
                self._strips.append(Gap(lines * FEED))
            case b"\x1d(", 0x48 if data[3:7] == b"\x06\x000" + b"0":
                self._answer(b'7"' + data[7:] + b"\x00")
            case b"\x1d(", 0x6B:
                self._code(data[5:])
            case b"\x1dv", 0x30:
                self._strips.append(Picture(int.from_bytes(data[4:6], "little") * 8, data[8:]))
            case b"\x1bB", times if times:
                self._buzzed = True
            case b"\x1b$" | b"\x1b\\", _:
                self._move(int.from_bytes(data[2:], "little") // fonts.HALF, onward=data[1] != 0x24)  # noqa: PLR2004 - $
            case b"\x1dV", 0 | 1 | 0x41 | 0x42:
                self._drop(cut=True)
            case b"\x1dr", 1:
                self._answer(b"\x00")
            case (b"\x10\x04", 1 | 2 | 3 | 4) | (b"\x1da", 0):
                pass  # answered when it came; no status unasked
            case b"\x00", _:
                pass  # means nothing
            case _:
                self.unknown.append(data)

    def _drop(self, *, cut: bool) -> None:
        self._fall(Ticket(tuple(self._strips), self._columns, cut, self._buzzed))
        self._strips, self._buzzed = [], False

    def _move(self, column: int, *, onward: bool) -> None:
        """White up to a column of the line at hand, in normal size."""
        if self._row:
            at = self._indent + sum(map(self._width, self._row))
            self._row += " " * (column if onward else column - at)
        else:
            self._indent = column + self._indent * onward

    def _code(self, data: bytes) -> None:
        match data[:2], data[2:]:
            case b"1C", size:
                self._code_size = size[0]
            case b"1P", text:
                self._code_text = text[1:].decode()
            case b"1Q", _:
                self._strips.append(Code(self._code_text, self._code_size))
            case b"1A" | b"1E", _:
                pass  # model and error correction: always the same
            case _:
                self.unknown.append(b"\x1d(k" + data)

    def _end_letters(self) -> None:
        self._row += self._letters.decode("gb18030" if self._chinese else self._page, "replace")
        self._letters = b""

    def _end_line(self, *, even_empty: bool = False) -> None:
        self._end_letters()
        row, room = " " * (self._indent // self._look.wide), self._columns - self._indent
        for character in self._row:
            room -= self._width(character) * self._look.wide
            if room < 0:
                self._strips.append(replace(self._look, text=row))
                row, room = "", self._columns - self._width(character) * self._look.wide
            row += character
        if row or even_empty:
            self._strips.append(replace(self._look, text=row))
        self._row, self._indent, self._double = "", 0, False

    def _width(self, character: str) -> int:
        return fonts.columns(character) if self._double else 1

    def _reset(self) -> None:
        self._look, self._page, self._chinese = Line(""), PAGES[0], False
        self._letters, self._row, self._indent = b"", "", 0
