"""Numerals five rows high: a slot's number, readable from three metres."""

from rich.style import Style

from display.cells import Piece

ROWS = 5

# Strokes are two cells wide because a cell is about twice as high as wide.
_SHAPES = (
    ("#####", "## ##", "## ##", "## ##", "#####"),
    (" ## ", "### ", " ## ", " ## ", "####"),
    ("#####", "   ##", "#####", "##   ", "#####"),
    ("#####", "   ##", " ####", "   ##", "#####"),
    ("## ##", "## ##", "#####", "   ##", "   ##"),
    ("#####", "##   ", "#####", "   ##", "#####"),
    ("#####", "##   ", "#####", "## ##", "#####"),
    ("#####", "   ##", "   ##", "   ##", "   ##"),
    ("#####", "## ##", "#####", "## ##", "#####"),
    ("#####", "## ##", "#####", "   ##", "#####"),
)


def numeral(number: int, block: Style, ground: Style) -> list[list[Piece]]:
    """The number in rows of pieces; each stroke is made of its own digit, so that it also reads without colours."""
    rows: list[list[Piece]] = [[] for _ in range(ROWS)]
    for place, digit in enumerate(str(number)):
        for y, shape in enumerate(_SHAPES[int(digit)]):
            if place:
                rows[y].append((" ", ground))
            run = ""
            for cell in [*shape, ""]:
                if run and cell != run[-1]:
                    rows[y].append((run.replace("#", digit), block if run[0] == "#" else ground))
                    run = ""
                run += cell
    return rows
