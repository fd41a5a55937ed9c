"""The help overlay: the keypads as pictures, the keys beside them, and what colours and words mean."""

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from display.age import Age
from display.cells import Painted, Piece, row, shown, wrap
from display.face import BANDS
from display.keypad_picture import draw_keypad
from display.keys import KEYS
from display.manner import Manner
from display.overlay import Overlay
from display.palette import BLACK, CYAN, FAINT, MAGENTA, SURFACE, WHITE, YELLOW, ink
from display.view import Scene

GAP = 4  # cells between columns
MARGIN = 2  # cells beside them
FRAME = 2  # rows below them
AROUND = FRAME + 3  # rows that columns leave free: whether the board is true stays in sight
WORDS = 40  # cells of what a key or a word means, where columns stand side by side
ROOMY = 62  # where they do not, or where there is room enough
SIDE_BY_SIDE = range(112, 216)  # cells of a screen
WIDEST = 72  # cells of a keypad's picture
GROUND = ink(WHITE, SURFACE)
STRONG = ink(WHITE, SURFACE, bold=True)

Lines = list[list[Piece]]


class Help(Overlay[None]):
    """Stands over the board; a key turns its pages and closes it after the last. The board goes on beneath."""

    DEFAULT_CSS = f"Help {{ align: center middle; background: {BLACK} 60%; }}"

    def __init__(self, manner: Manner, scene: Scene | None = None) -> None:
        super().__init__()
        self._manner, self._scene = manner, scene
        self._page = HelpPage()
        self._at = 0

    def compose(self) -> Iterator[Widget]:
        """Nothing but the page."""
        yield self._page

    def on_mount(self) -> None:
        """Begin with the first page."""
        self._show()

    def on_resize(self, _: events.Resize) -> None:
        """Another size has room for other pages."""
        self._show()

    def on_key(self, event: events.Key) -> None:
        """Any key turns the page, after the last page closes it, and does nothing else; Esc closes it at once."""
        event.stop()
        event.prevent_default()
        self._turn(close=event.key == "escape")

    def on_click(self) -> None:
        """A finger does what a key does."""
        self._turn()

    def _turn(self, *, close: bool = False) -> None:
        self._at += 1
        if close or not self._show():
            self.leave()

    def _show(self) -> bool:
        """Show the page; false where there is none."""
        say, manner = self._manner.say, self._manner
        words = WORDS if self.size.width in SIDE_BY_SIDE else ROOMY
        blocks = (
            *(_keypads(self._scene) if self._scene else ()),
            _meant(_keys(manner), say("keyboard"), words),
            _meant(_meanings(manner), say("colours and words"), words),
        )
        laid = pages(blocks, self.size.width - 2 * MARGIN, max(1, self.size.height - AROUND))
        if self._at >= len(laid):
            return False
        page = say("page {page}/{pages}").format(page=self._at + 1, pages=len(laid))
        last = self._at + 1 == len(laid)
        then = say("any key: back") if last else say("any key: next page   Esc: back")
        self._page.show(laid[self._at], then, page if laid[1:] else "")
        return True


class HelpPage(Painted):
    """One page of the help: columns, and below them what the next key does."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: Sequence[Lines] = ()
        self._foot = ("", "")

    def show(self, columns: Sequence[Lines], then: str, page: str) -> None:
        """Show these columns from now on."""
        self._columns, self._foot = columns, (then, page)
        self.styles.width = max(_across(columns) + 2 * MARGIN, cell_len(then) + cell_len(page) + 3 * MARGIN)
        self.styles.height = max(map(len, columns)) + FRAME
        self.redraw()

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """The columns, an empty row, and the foot."""
        margin: Piece = (" " * MARGIN, GROUND)
        strips = []
        for y in range(height - FRAME):
            pieces = [margin]
            for column in self._columns:
                line = column[y] if y < len(column) else []
                gap = GAP if column is not self._columns[-1] else 0
                pieces += [*line, (" " * (_width(column) + gap - _width([line])), GROUND)]
            strips.append(row(width, GROUND, *pieces))
        then, page = self._foot
        faint = ink(FAINT, SURFACE)
        strips += [row(width, GROUND), row(width, GROUND, margin, (then, faint), right=(f"{page}{margin[0]}", faint))]
        return tuple(strips[:height])


def pages(blocks: Iterable[Lines], width: int, height: int) -> list[list[Lines]]:
    """Blocks set into pages of columns: beside the others where there is room, else below one, else on another page."""
    laid: list[list[Lines]] = [[]]
    for block in blocks:
        page = laid[-1]
        if page and not _beside([*page, block], width, height):
            below = [at for at, column in enumerate(page) if _beside(_stacked(page, at, block), width, height)]
            if below:
                laid[-1] = _stacked(page, below[0], block)
                continue
        for start in range(0, len(block), height):
            part = block[start : start + height]
            if laid[-1] and not _beside([*laid[-1], part], width, height):
                laid.append([])
            laid[-1].append(part)
    return laid


def _stacked(page: list[Lines], at: int, block: Lines) -> list[Lines]:
    return [*page[:at], [*page[at], [], *block], *page[at + 1 :]]


def _beside(page: list[Lines], width: int, height: int) -> bool:
    return _across(page) <= width and max(map(len, page)) <= height


def _across(page: Sequence[Lines]) -> int:
    return sum(map(_width, page)) + GAP * (len(page) - 1)


def _width(lines: Sequence[Sequence[Piece]]) -> int:
    return max((sum(cell_len(text) for text, _ in line) for line in lines), default=0)


def _keypads(scene: Scene) -> Iterator[Lines]:
    """The keypads of the stations that this display was asked to show."""
    say, names = scene.manner.say, {view.id: view.name for view in scene.board.stations}
    for keypad in scene.info.keypads if scene.info else ():
        if keypad.keys and (not scene.stations or keypad.station in scene.stations):
            station = shown(names.get(keypad.station, keypad.station))
            title = say("keypad {keypad} at {station}").format(keypad=shown(keypad.id), station=station)
            yield [[(title, STRONG)], *([(line, GROUND)] for line in draw_keypad(keypad, say, WIDEST))]


def _meant(rows: Iterable[tuple[str, str, Style]], title: str, width: int) -> Lines:
    rows = list(rows)
    column = max(cell_len(label) for label, _, _ in rows) + 1
    lines: Lines = [[(title, STRONG)]]
    for label, words, style in rows:
        first, *others = wrap(words, width) or [""]
        lines.append([(label, style), (" " * (column - cell_len(label)), GROUND), (first, GROUND)])
        lines += [[(" " * column + other, GROUND)] for other in others]
    return lines


def _keys(manner: Manner) -> list[tuple[str, str, Style]]:
    say = manner.say
    numbers = ("1 2 3 ..", say("number on a card: do what its last line says"), STRONG)
    return [numbers, *((key.label, say(key.words), STRONG) for key in KEYS if key.label)]


def _meanings(manner: Manner) -> list[tuple[str, str, Style]]:
    say, look = manner.say, manner.ink
    ages = {
        Age.ON_TIME: say("nothing is urgent"),
        Age.SOON: say("the due time, or the stage's longest time, is near"),
        Age.LATE: say("past the due time, or longer at its stage than it may be"),
        Age.EARLY: say("not long enough at its stage yet: leave it"),
    }
    return [
        *((f" {say(age.value)} ", words, look(*BANDS[age], bold=True)) for age, words in ages.items()),
        (f" {say('NEW')} {say('CHANGED')} ", say("nobody has acknowledged it yet"), look(BLACK, CYAN, bold=True)),
        (f" {say('ALLERGENS')} ", say("of all items on the card"), look(BLACK, MAGENTA, bold=True)),
        (" ! ", say("has allergens, and no room to name them"), look(BLACK, MAGENTA, bold=True)),
        (f" {say('FIRST')} ", say("before all others"), look(BLACK, YELLOW, bold=True)),
        (" +3 ", say("so many lines have no room here: read them on the ticket"), look(BLACK, WHITE)),
    ]
