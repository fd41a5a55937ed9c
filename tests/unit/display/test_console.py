"""The Linux console: eight grounds and sixteen inks, each chosen, and all of it can be read."""

import pytest
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as Ground

from display.console import GROUNDS, EightColours
from display.face import BANDS
from display.palette import BLACK, RED, SHADE, SURFACE, WHITE, contrast, ink
from tests.unit.display.screens import Screen, display
from tests.unit.display.sight import VGA
from tests.unit.display.stand_in import a_board, standing_in
from tests.unit.display.tray import every_kind

LEGIBLE = 4.0  # black on VGA's brown; all else is 4.5 or more


@pytest.fixture(autouse=True)
def console(terminal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Pi's own screen, even where somebody's shell says that it has all colours."""
    del terminal
    monkeypatch.setenv("TERM", "linux")


def drawn(*pieces: tuple[str, Style]) -> list[tuple[int | None, int | None, bool]]:
    """Ink, ground and boldness of each piece of a row."""
    segments = EightColours().apply([Segment(*piece) for piece in pieces], Ground.parse(BLACK))
    styles = [segment.style or Style() for segment in segments]
    return [(s.color and s.color.number, s.bgcolor and s.bgcolor.number, bool(s.bold)) for s in styles]


def check(screen: Screen) -> set[int]:
    """Every row is of the console's colours and can be read; gives the grounds."""
    grounds = set()
    for strip in screen.app.screen._compositor.render_strips():
        for text, style, _ in strip:
            assert style is not None
            assert style.color is not None
            assert style.bgcolor is not None
            assert style.color.type is style.bgcolor.type is ColorType.STANDARD
            color, ground = style.color.number, style.bgcolor.number
            assert color is not None
            assert ground is not None
            assert ground < 8
            assert color != 8, "too dark to read"
            assert color or not style.bold, "bold black is bright black there"
            assert not any((style.italic, style.strike, style.dim, style.underline))
            block = color == ground and len(set(text)) == 1
            assert block or not text.strip() or contrast(VGA[color], VGA[ground]) >= LEGIBLE, (text, style)
            grounds.add(ground)
    return grounds


@pytest.mark.parametrize("size", [(80, 24), (128, 48), (240, 67)])
async def test_a_whole_board_is_drawn_in_the_console_s_colours(size: tuple[int, int]) -> None:
    async with standing_in(a_board(*every_kind(), slots=9)) as hub, display(hub.url, size=size) as screen:
        await screen.shows("8 cards")
        assert check(screen) == set(range(8))
        await screen.press("question_mark")
        while len(screen.app.screen_stack) > 1:  # its pages
            check(screen)
            await screen.press("space")
        await screen.press("9")
        await screen.shows("9 is free")
        check(screen)


async def test_a_board_that_is_cut_off_has_no_colours_but_trouble_s(unused_tcp_port: int) -> None:
    async with display(f"http://127.0.0.1:{unused_tcp_port}", size=(80, 24)) as screen:
        await screen.shows("NO HUB YET")
        assert check(screen) == {0, GROUNDS[RED]}


async def test_other_terminals_keep_the_full_palette(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    async with standing_in(a_board(*every_kind(), slots=9)) as hub, display(hub.url) as screen:
        await screen.shows("8 cards")
        assert SURFACE in screen.grounds()


def test_big_numbers_are_drawn_in_the_ink_of_their_band() -> None:
    for color, ground in BANDS.values():
        stroke = WHITE if color == WHITE else SHADE
        (text, band, _), (block, under, _) = drawn((" ", ink(color, ground)), ("3", ink(stroke, stroke)))
        assert block == under != band
        assert block == (0 if text == 0 else 7)


def test_a_blend_is_drawn_as_what_it_is_nearest_to() -> None:
    assert drawn(("x", Style.parse("#f0f0f0 on #171b21"))) == [(15, 0, False)]
    assert drawn(("x", Style.parse("bold #f0f0f0 on #f05555"))) == [(15, 1, True)]


@pytest.mark.parametrize("term", ["xterm", "screen", "vt220"])
async def test_so_is_every_terminal_that_is_not_known_to_have_more(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("COLORTERM")
    async with standing_in(a_board(*every_kind(), slots=9)) as hub, display(hub.url) as screen:
        await screen.shows("8 cards")
        check(screen)
