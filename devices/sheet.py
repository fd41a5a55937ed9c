"""Sheets: paper in the making; what is written on one is made plain, legible and wrapped."""

from dataclasses import dataclass, field
from datetime import tzinfo

from devices import escpos
from devices.paper import Align, Code, Cut, Gap, Line, Strip, wrap
from devices.settings import CODE_PAGES, Encoding
from edge.layout import PhoneShown
from edge.text import plain
from edge.words import Say

ROOMY = 42  # columns from which what must be read from afar is printed in double width too
WEB = ("https://", "http://")
LONGEST_CODE = 200  # bytes; a longer text would not fit on the narrow paper as a QR code


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How a printer's tickets are set."""

    columns: int
    encoding: Encoding
    phone: PhoneShown
    say: Say
    timezone: tzinfo
    practice: bool = False  # nothing on its tickets is real
    buzzer: bool = False  # the printer makes itself heard


@dataclass
class Sheet:
    """Paper in the making; a text with characters the printer lacks but the font has is drawn, line by line."""

    setting: Setting
    strips: list[Strip] = field(default_factory=list)

    @property
    def say(self) -> Say:
        """The words of the store's language."""
        return self.setting.say

    @property
    def large(self) -> int:
        """How wide what must be read from afar is printed."""
        return 2 if self.setting.columns >= ROOMY else 1

    def text(
        self,
        text: str,
        *,
        head: str = "",
        wide: int = 1,
        high: int = 1,
        bold: bool = False,
        inverse: bool = False,
        center: bool = False,
        drawn: bool = False,
    ) -> None:
        """Write a text, its lines hanging below each other behind `head`; a head that is too wide stands alone."""
        head, text = plain(head), plain(text)
        encoding = self._encoding(head + text, drawn=drawn)
        head, text = (escpos.legible(part, encoding) for part in (head, text))
        room, head_width = self.setting.columns // wide, escpos.width(head, encoding)
        if head_width > room // 2:
            self.text(head, wide=wide, high=high, bold=bold, inverse=inverse, drawn=drawn)
            head, head_width = "", 0
        margin = " " if inverse else ""
        align: Align = "center" if center else "left"
        for line in wrap(text, room - head_width - 2 * len(margin), lambda part: escpos.width(part, encoding)):
            shown = head + margin + line + margin
            self.strips.append(Line(shown, wide, high, bold, inverse, align, encoding != self.setting.encoding))
            head = " " * head_width

    def pair(self, left: str, right: str) -> None:
        """Write two texts at the two edges, below each other where one line has no room for both."""
        left, right = plain(left), plain(right)
        encoding = self._encoding(left + right)
        left, right = (escpos.legible(text, encoding) for text in (left, right))
        space = self.setting.columns - escpos.width(left, encoding) - escpos.width(right, encoding)
        if left and right and space > 0:
            self.strips.append(Line(left + " " * space + right, drawn=encoding != self.setting.encoding))
        else:
            self.text(left)
            self.text(right)

    def rule(self) -> None:
        """A line across the paper."""
        self.gap(6)
        double = self.setting.encoding not in CODE_PAGES  # only there it is sure to be drawn without breaks
        text = "─" * (self.setting.columns // 2) if double else "-" * self.setting.columns
        self.strips.append(Line(text))

    def gap(self, dots: int) -> None:
        """A little air."""
        self.strips.append(Gap(dots))

    def cut(self) -> None:
        """Another paper begins."""
        self.strips.append(Cut())

    def code(self, text: str) -> bool:
        """A QR code to scan; false where the text is too long for one."""
        text = plain(text)
        fits = 0 < len(text.encode()) <= LONGEST_CODE
        if fits:
            self.gap(12)
            self.strips.append(Code(text))
        return fits

    def picture(self, address: str) -> None:
        """The address of a picture, to scan; to type where no code has room for it or no phone should follow it."""
        if not (address.startswith(WEB) and self.code(address)):
            self.text(address)
        self.gap(12)

    def width(self, text: str) -> int:
        """Columns that a text takes in normal size."""
        encoding = self._encoding(plain(text))
        return escpos.width(escpos.legible(plain(text), encoding), encoding)

    def _encoding(self, text: str, *, drawn: bool = False) -> Encoding:
        """How a text comes onto the paper: in the printer's own characters, unless only the font has them all."""
        own = self.setting.encoding
        return "raster" if drawn or escpos.better_drawn(text, own) else own
