"""The palette: eight colours that a Linux console has too, each with a word, so that colour is never the only sign."""

from functools import lru_cache

from rich.color import Color
from rich.style import Style
from textual.theme import Theme

from edge.orders import Word

# What needs somebody is bright, what goes well is dark: a calm board is a good morning.
BLACK = "#10141a"  # the ground
WHITE = "#e8e8e8"  # text, and NEW
GREEN = "#0c782a"  # ON TIME
YELLOW = "#f0b429"  # SOON, and what somebody should look after
RED = "#d64541"  # LATE, CANCELLED, CUT OFF, trouble
BLUE = "#2340a8"  # EARLY: leave it
MAGENTA = "#b65fc4"  # ALLERGENS
CYAN = "#4fc3d0"  # CHANGED, RECALLED, and what is written on a cake

# Shades of the ground and of the text: a console draws them as black, white and dark grey.
SURFACE = "#1d232c"
FAINT = "#98a2b0"
SHADE = "#3a4350"

MARKS = {
    Word.CANCELLED: (WHITE, RED),
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
    """The style of some cells; the same arguments give the same object, so that its escape codes are made once."""
    return Style(color=Color.parse(color), bgcolor=Color.parse(ground), bold=bold or None, strike=strike or None)
