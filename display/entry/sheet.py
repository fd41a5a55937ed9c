"""What the form shows: the order so far, what can be chosen, and what Enter does; each as rows of cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.message import Message
from textual.strip import Strip

from display.cells import Painted, Piece, cut, row, shown
from display.entry.draft import Line
from display.entry.questions import OF_ORDER, Ask, Choice, Shop, Standing, counted, when
from display.palette import BLACK, CYAN, FAINT, RED, SHADE, SURFACE, WHITE, YELLOW, ink
from edge.words import Say

LABEL = 12  # cells
Press = Literal["enter", "back", "place", "close"]
Tone = Literal["hint", "doubt", "trouble"]


class Tapped(Message):
    """A finger chose something: a line of the order, one of its questions, a choice, or a key."""

    def __init__(self, what: int | Ask | Choice | Press) -> None:
        super().__init__()
        self.what = what


class OrderSheet(Painted):
    """The order so far: its lines, then when it is wanted and by whom."""

    def __init__(self) -> None:
        super().__init__()
        self._standing, self._trouble = Standing(), ""
        self._shop: Shop | None = None

    def show(self, standing: Standing, shop: Shop, trouble: str) -> None:
        """Show this from now on; `trouble` is why the hub cannot be reached."""
        self._standing, self._shop, self._trouble = standing, shop, trouble
        self.redraw()

    @property
    def _lines(self) -> list[tuple[int, Line]]:
        making = self._standing.making
        return list(enumerate((*self._standing.draft.lines, *([making] if making else ())), 1))

    def _room(self, height: int) -> tuple[int, list[tuple[int, Line]]]:
        """How many lines have no room, and those that have: the last ones."""
        lines, room = self._lines, height - 1 - len(OF_ORDER)
        if len(lines) <= room:
            return 0, lines
        return len(lines) - room + 1, lines[len(lines) - room + 1 :]

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """Heading, lines, and what is known of the whole order."""
        if self._shop is None:
            return (row(width, ink()),) * height
        say, plain = self._shop.manner.say, ink(WHITE, SURFACE)
        strips = [self._heading(width, self._shop)]
        hidden, lines = self._room(height)
        if hidden:
            strips.append(row(width, plain, (f"  +{hidden}", ink(FAINT, SURFACE))))
        strips += [self._line(width, number, line, self._shop) for number, line in lines]
        if not lines:
            strips.append(row(width, plain, ("     " + say("nothing yet"), ink(FAINT, SURFACE))))
        strips += [row(width, plain)] * (height - len(strips) - len(OF_ORDER))
        return (*strips, *(self._known(width, ask, self._shop) for ask in OF_ORDER))

    def _heading(self, width: int, shop: Shop) -> Strip:
        if self._trouble:
            red = ink(WHITE, RED, bold=True)
            return row(width, red, (f" {self._trouble}", red))
        head = ink(BLACK, CYAN, bold=True)
        return row(width, head, (" " + shop.manner.say("NEW ORDER"), head), right=(f"{shop.now:%H:%M} ", head))

    def _line(self, width: int, number: int, line: Line, shop: Shop) -> Strip:
        asked = self._standing.making is not None and number == len(self._lines)
        say, faint = shop.manner.say, ink(FAINT, SURFACE)
        pieces: list[Piece] = [
            (f"{number:>4} ", faint),
            (shown(counted(line)), ink(CYAN if asked else WHITE, SURFACE, bold=True)),
        ]
        if line.product.code in shop.unavailable:
            pieces += [(" ", faint), (f" {say('SOLD OUT')} ", ink(WHITE, RED, bold=True))]
        said = [*line.choices, f'"{line.cake_text}"' if line.cake_text else ""]
        said += [say("{count} candles").format(count=line.candles) if line.candles is not None else "", line.note]
        pieces.append(("".join(f"  {shown(one)}" for one in said if one), ink(CYAN, SURFACE)))
        return row(width, ink(WHITE, SURFACE), *pieces)

    def _known(self, width: int, ask: Ask, shop: Shop) -> Strip:
        draft, say = self._standing.draft, shop.manner.say
        answers = {
            Ask.DUE: when(draft.due, shop),
            Ask.NAME: draft.name,
            Ask.PHONE: draft.phone,
            Ask.CHANNEL: say(draft.came_by),
        }
        asked = ask is self._standing.ask
        early = ask is Ask.DUE and draft.too_early(shop.now)
        label = ink(BLACK, CYAN, bold=True) if asked else ink(FAINT, SURFACE)
        value = ink(WHITE, RED, bold=True) if early else ink(WHITE, SURFACE, bold=True)
        pieces: list[Piece] = [(_padded(f"{'>' if asked else ' '}{say(ask.value)}"), label), (" ", ink(WHITE, SURFACE))]
        pieces.append((shown(answers[ask]), value))
        if early:
            words = say("TOO EARLY: {time} at the earliest").format(time=when(draft.earliest(shop.now), shop))
            pieces.append((f"  {words}", value))
        return row(width, ink(WHITE, SURFACE), *pieces)

    def on_click(self, event: events.Click) -> None:
        """A finger on a line, or on one of the questions."""
        height = self.size.height
        hidden, lines = self._room(height)
        at, first = event.y - 1 - bool(hidden), height - len(OF_ORDER)
        if event.y >= first:
            self.post_message(Tapped(OF_ORDER[event.y - first]))
        elif 0 <= at < len(lines) and lines[at][0] <= len(self._standing.draft.lines):
            self.post_message(Tapped(lines[at][0]))


class Offers(Painted):
    """What can be chosen; one of it may be selected, and is what Enter takes."""

    def __init__(self) -> None:
        super().__init__()
        self._choices: Sequence[Choice] = ()
        self._selected: int | None = None

    def show(self, choices: Sequence[Choice], selected: int | None) -> None:
        """Show this from now on."""
        self._choices, self._selected = choices, selected
        self.redraw()

    @property
    def _top(self) -> int:
        """The first choice that is shown: the selected one is always in sight."""
        return max(0, (self._selected or 0) - self.size.height + 1)

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """A row for each choice."""
        strips = [
            self._row(width, choice, at == self._selected)
            for at, choice in enumerate(self._choices[self._top :][:height], self._top)
        ]
        left = len(self._choices) - self._top - height
        if left > 0:
            strips[-1] = row(width, ink(), (f"   +{left + 1}", ink(FAINT)))
        return (*strips, *[row(width, ink())] * (height - len(strips)))

    @staticmethod
    def _row(width: int, choice: Choice, selected: bool) -> Strip:
        color, ground = (BLACK, CYAN) if selected else (WHITE, BLACK)
        mark = "[x] " if choice.marked else ""
        number = f"{'>' if selected else ' '}{'' if choice.number is None else choice.number:>3} "
        remark = (f" {shown(choice.remark)} ", ink(WHITE, RED, bold=True) if choice.trouble else ink(color, ground))
        name = (mark + shown(choice.words), ink(color, ground, bold=selected or choice.marked))
        return row(width, ink(color, ground), (number, ink(color, ground, bold=True)), name, right=remark)

    def on_click(self, event: events.Click) -> None:
        """A finger on a choice."""
        at = self._top + event.y
        if at < len(self._choices):
            self.post_message(Tapped(self._choices[at]))


@dataclass(frozen=True)
class Foot:
    """What the last rows say."""

    words: str
    tone: Tone
    summary: str
    keys: tuple[tuple[Press, str, str], ...]  # what it does, the key, and what that does in words


class FootLines(Painted):
    """What there is to say, the order in one line, and the keys, which fingers can press too."""

    def __init__(self) -> None:
        super().__init__()
        self._foot = Foot("", "hint", "", ())

    def show(self, foot: Foot) -> None:
        """Show this from now on."""
        self._foot = foot
        self.redraw()

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """Three rows."""
        styles = {
            "hint": ink(FAINT),
            "doubt": ink(BLACK, YELLOW, bold=True),
            "trouble": ink(WHITE, RED, bold=True),
        }
        style, strong = styles[self._foot.tone], ink(WHITE, SHADE, bold=True)
        said = row(width, style, (f" {shown(self._foot.words)}", style))
        summary = row(width, strong, (f" {shown(self._foot.summary)}", strong))
        pieces: list[Piece] = []
        for _, key, words in self._foot.keys:
            pieces += [(f" {key} ", ink(BLACK, WHITE, bold=True)), (f" {words} ", ink(WHITE))]
        return (said, summary, row(width, ink(), *pieces))[:height]

    def on_click(self, event: events.Click) -> None:
        """A finger on a key."""
        left = 0
        for press, key, words in self._foot.keys:
            left += cell_len(key) + cell_len(words) + 4
            if event.y == 2 and event.x < left:  # noqa: PLR2004 - the third row
                self.post_message(Tapped(press))
                return


def hint(ask: Ask, say: Say) -> str:
    """How a question is answered."""
    match ask:
        case Ask.ITEM:
            return say("3 bag   bag 3   3 7   bag, sliced   -2 takes line 2 out   Enter alone: that is all")
        case Ask.SIZE | Ask.FLAVOUR:
            return say("its digit chooses")
        case Ask.OPTIONS:
            return say("digits mark and unmark; Enter goes on")
        case Ask.CAKE_TEXT:
            return say("what is written on the cake; Enter alone: nothing")
        case Ask.CANDLES:
            return say("how many; Enter alone: none")
        case Ask.DUE:
            return say("14:30   +45   tomorrow 9   fri 10:30   12-24 16:00   Enter alone: now")
        case Ask.CHANNEL:
            return say("its digit chooses; Enter places the order")
    return say("Enter alone: not said")


def _padded(text: str) -> str:
    return set_cell_size(cut(text, LABEL), LABEL)
