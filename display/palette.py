"""The palette: eight colours that a Linux console has too, each with a word, so that colour is never the only sign."""

from functools import lru_cache

from rich.color import Color
from rich.style import Style
from textual.theme import Theme

from edge.orders import Word

# What needs somebody is bright, what goes well is dark: a calm board is a good morning, and eyes that mix up red and
# green still see which is which. Measured for all eyes in tests/unit/display/test_palette.py.
BLACK = "#10141a"  # the ground
WHITE = "#e8e8e8"  # text, and NEW
GREEN = "#247222"  # ON TIME
YELLOW = "#f0b429"  # SOON, and what somebody should look after
RED = "#fe5f60"  # LATE, CANCELLED, CUT OFF, trouble
BLUE = "#2632ad"  # EARLY: leave it
MAGENTA = "#d355f2"  # ALLERGENS
CYAN = "#6bb9c4"  # CHANGED, RECALLED, and what is written on a cake

# Shades of the ground and of the text: a console draws them as black and white.
SURFACE = "#20242a"
FAINT = "#a6aeb8"
SHADE = "#353a42"

READABLE = 4.5  # the contrast that WCAG 2.2 asks of text

MARKS = {
    Word.CANCELLED: (BLACK, RED),
    Word.ALLERGEN: (BLACK, MAGENTA),
    Word.CHANGED: (BLACK, CYAN),
    Word.RECALLED: (BLACK, CYAN),
    Word.NEW: (BLACK, WHITE),
}

THEME = Theme(
    name="ovenbell",
    primary=CYAN,
    secondary=BLUE,
    warning=YELLOW,
    error=RED,
    success=GREEN,
    accent=MAGENTA,
    foreground=WHITE,
    background=BLACK,
    surface=SURFACE,
    panel=SURFACE,
)


@lru_cache(maxsize=256)
def ink(color: str = WHITE, ground: str = BLACK, *, bold: bool = False, strike: bool = False) -> Style:
    """The style of some cells; text that could not be read on its ground is black or white.

    The same arguments give the same object, so that its escape codes are made once.
    """
    if color != ground and contrast(color, ground) < READABLE:
        color = max(BLACK, WHITE, key=lambda text: contrast(text, ground))
    return Style(color=Color.parse(color), bgcolor=Color.parse(ground), bold=bold or None, strike=strike or None)


def contrast(color: str, other: str) -> float:
    """The contrast of two colours by WCAG 2.2: 1 is none, 21 is black on white."""
    darker, lighter = sorted(_luminance(each) for each in (color, other))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    shares = (part / 255 for part in Color.parse(color).get_truecolor())
    linear = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)  # noqa: PLR2004 - sRGB's
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
