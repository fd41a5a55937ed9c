"""The palette: every text can be read, and no two colours that mean different things look alike to anybody."""

from collections.abc import Callable
from itertools import combinations, permutations

import pytest
from rich.style import Style

from display import palette
from display.age import Age
from display.console import GROUNDS
from display.face import BANDS
from display.palette import (
    BLACK,
    BLUE,
    CYAN,
    FAINT,
    GREEN,
    MAGENTA,
    MARKS,
    READABLE,
    RED,
    SHADE,
    SURFACE,
    WHITE,
    YELLOW,
    contrast,
    ink,
)
from tests.unit.display.sight import EYES, VGA, distance, in_256, in_full

COLOURS = {name: value for name, value in vars(palette).items() if name.isupper() and str(value).startswith("#")}
MEANING = {"WHITE": WHITE, "GREEN": GREEN, "YELLOW": YELLOW, "RED": RED, "BLUE": BLUE, "MAGENTA": MAGENTA, "CYAN": CYAN}
APART = 0.075  # nearly four times what can just be seen; red and green were 0.047 apart before somebody looked
TERMINALS = pytest.mark.parametrize("terminal", [in_full, in_256])
Terminal = Callable[[str], str]


def hexes(style: Style) -> tuple[str, str]:
    """Text and ground of a style."""
    assert style.color
    assert style.bgcolor
    return style.color.get_truecolor().hex, style.bgcolor.get_truecolor().hex


WRITTEN = [
    *BANDS.values(),
    *MARKS.values(),
    *((text, ground) for text in (WHITE, FAINT, RED, YELLOW, CYAN) for ground in (BLACK, SURFACE)),
    *((text, SHADE) for text in (WHITE, FAINT)),
    *((BLACK, ground) for ground in (FAINT, YELLOW, CYAN)),
]


@TERMINALS
@pytest.mark.parametrize(("text", "ground"), WRITTEN)
def test_what_the_display_writes_can_be_read_and_keeps_its_colour(text: str, ground: str, terminal: Terminal) -> None:
    assert hexes(ink(text, ground)) == (text, ground)
    assert contrast(terminal(text), terminal(ground)) >= READABLE


def test_whatever_is_written_on_whatever_ground_can_be_read() -> None:
    for text, ground in permutations(COLOURS.values(), 2):
        assert contrast(*hexes(ink(text, ground))) >= READABLE, (text, ground)


def test_a_text_that_could_not_be_read_is_black_or_white_and_a_block_stays_a_block() -> None:
    assert hexes(ink(WHITE, YELLOW)) == (BLACK, YELLOW)
    assert hexes(ink(SHADE, BLACK)) == (WHITE, BLACK)
    assert hexes(ink(SHADE, SHADE)) == (SHADE, SHADE)


@TERMINALS
@pytest.mark.parametrize("eyes", EYES)
def test_no_two_meanings_look_alike_to_anybody(eyes: str, terminal: Terminal) -> None:
    for (one, first), (other, second) in combinations([*MEANING.items(), ("SHADE", SHADE)], 2):
        assert distance(terminal(first), terminal(second), eyes) >= APART, (one, other)


@pytest.mark.parametrize("eyes", EYES)
def test_on_the_linux_console_the_four_ages_do_not_look_alike_either(eyes: str) -> None:
    """All eight cannot: to some eyes VGA's cyan is its white. Marks have their words."""
    grounds = {age: VGA[GROUNDS[ground]] for age, (_, ground) in BANDS.items()}
    for one, other in combinations(Age, 2):
        assert distance(grounds[one], grounds[other], eyes) >= 0.07, (one, other)


@TERMINALS
def test_a_big_number_stands_out_from_its_band(terminal: Terminal) -> None:
    for text, ground in BANDS.values():
        stroke = WHITE if text == WHITE else SHADE
        assert contrast(terminal(stroke), terminal(ground)) >= 3, "what WCAG asks of large signs"


@TERMINALS
def test_what_needs_somebody_is_brighter_than_what_goes_well(terminal: Terminal) -> None:
    calm, bright = (GREEN, BLUE), (YELLOW, RED, MAGENTA, CYAN, WHITE)
    ground = terminal(BLACK)
    assert max(contrast(terminal(c), ground) for c in calm) < min(contrast(terminal(c), ground) for c in bright)
