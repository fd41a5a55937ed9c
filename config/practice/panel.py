"""The lesson beside the board: what to press, what is to be seen then, and that nothing here is real."""

from rich.style import Style
from textual.strip import Strip

from config.practice.lesson import Lesson, Said
from display.cells import Painted, Piece, cut, row, shown, wrap
from display.keypad_picture import draw_keypad
from display.palette import BLACK, CYAN, FAINT, GREEN, SURFACE, WHITE, YELLOW, ink
from edge.words import Say

GROUND = ink(WHITE, SURFACE)
PLAIN = ink(FAINT, SURFACE)
STRONG = ink(WHITE, SURFACE, bold=True)
KEY = ink(BLACK, CYAN, bold=True)
LOUD = ink(BLACK, YELLOW, bold=True)
WELL = ink(WHITE, GREEN, bold=True)
LEGIBLE = 38  # cells from which on the words of a keypad's picture can be read

Row = tuple[Piece, ...]


class LessonPanel(Painted):
    """Says one step at a time; the lesson is somebody else's."""

    DEFAULT_CSS = "LessonPanel { width: 32%; min-width: 30; max-width: 48; height: 1fr; margin-left: 1; }"

    def __init__(self, lesson: Lesson, say: Say) -> None:
        super().__init__()
        self._lesson, self._say = lesson, say

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """The step; then how to leave; the keypad's picture where there is room for all of it."""
        said, foot = self._said(width), self._foot(width)
        picture = self._picture(width)
        room = height - len(said) - len(foot)
        middle = [(), *picture] if len(picture) < room else []
        rows = [*said, *middle]
        rows = [*rows[: height - len(foot)], *[()] * (height - len(foot) - len(rows)), *foot]
        return tuple(_painted(width, pieces) for pieces in rows[:height])

    def _said(self, width: int) -> list[Row]:
        say, lesson = self._say, self._lesson
        count, all_ = min(lesson.at + 1, len(lesson.steps)), len(lesson.steps)
        where = f"{say('first lesson')} {count}/{all_}" if lesson.step else say("the lesson is over")
        rows: list[Row] = [((f" {say('PRACTICE')} ", LOUD), (f" {where}", STRONG)), ()]
        if lesson.praise:
            rows += _banded(f"{say('Well done.')} {self._put(lesson.praise)}", width, WELL)
            rows.append(())
        for said in lesson.asks():
            rows += self._keyed(said, width)
        rows += self._where(width)
        if lesson.note:
            rows += [(), *_banded(self._put(lesson.note), width, LOUD)]
        return rows

    def _keyed(self, said: Said, width: int) -> list[Row]:
        """What to do, its keys standing out."""
        key = shown(str(said.about.get("key", "")))
        return [_standing_out(f" {line}", key, STRONG) for line in wrap(self._put(said), width - 2)]

    def _where(self, width: int) -> list[Row]:
        """On the keypad, and what does the same on a keyboard."""
        say, lesson = self._say, self._lesson
        touch, keypad = lesson.touch, lesson.keys.keypad
        if touch is None:
            return []
        keyboard = say("on the keyboard: {key}").format(key=touch.keyboard)
        pad = say("on the keypad {keypad}: {key}").format(keypad=keypad.id if keypad else "", key=touch.keypad)
        texts = [pad, keyboard] if touch.keypad else [keyboard]
        return [((f" {line}", PLAIN),) for text in texts for line in wrap(shown(text), width - 2)]

    def _picture(self, width: int) -> list[Row]:
        keypad = self._lesson.keys.picture
        if keypad is None or width < LEGIBLE or self._lesson.step is None:
            return []
        drawn = draw_keypad(keypad, self._say, width - 2)
        key = f"[{touch.keypad}]" if (touch := self._lesson.touch) and touch.keypad else ""
        return [_standing_out(f" {line}", key, PLAIN) for line in drawn]

    def _foot(self, width: int) -> list[Row]:
        say = self._say
        skip = say("Esc: leave this step out")
        texts = [*([skip] if self._lesson.step else []), say("q: end the practice")]
        return [((" " + cut(text, width - 1), PLAIN),) for text in texts]

    def _put(self, said: Said) -> str:
        return shown(self._say(said.words).format(**said.about))


def _banded(text: str, width: int, style: Style) -> list[Row]:
    return [((f" {line}", style),) for line in wrap(text, width - 2)]


def _standing_out(line: str, key: str, style: Style) -> Row:
    before, found, after = line.partition(key) if key else (line, "", "")
    return (before, style), (found, KEY), (after, style)


def _painted(width: int, pieces: Row) -> Strip:
    """A row; a band goes on to its end."""
    banded = pieces and pieces[-1][1] in {LOUD, WELL} and len(pieces) == 1
    return row(width, pieces[-1][1] if banded else GROUND, *pieces)
