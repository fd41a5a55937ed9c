"""What every view is: a widget that shows a scene, and numbers that stand for what can be acted on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import is_
from typing import ClassVar, Literal

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from display.cells import Painted, Piece, row
from display.feed_client import FeedClient
from display.manner import Manner
from display.numerals import ROWS, numeral
from display.palette import BLACK, FAINT, SHADE, WHITE, ink
from edge.info import StoreInfo
from edge.intents import TurnPage
from edge.orders import OrderId, StationId
from edge.views import BoardView, Card, CardItem, Paper, Untold, Whole

BADGE = 5  # cells for a number before its entry
LARGE = (100, 40)  # from this size on a view may have numbers five rows high
BLOCK = 14  # cells for such a number
HIGHEST = 99  # that has room in a block
REST = 5.0  # seconds a number rests before it stands for something else, so that a second press hits nobody
Verb = Literal[
    "bump", "units", "recall", "acknowledge", "reprint", "collect", "hold", "release", "prioritise", "reschedule",
    "refuse", "remake", "unavailable", "batch", "look",
]  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """Everything a view may show: the board, the store, and why the board is not live, empty while it is."""

    board: BoardView
    manner: Manner
    info: StoreInfo | None = None
    trouble: str = ""
    stations: tuple[StationId, ...] = ()  # those this display was asked to show; empty: all
    feed: FeedClient | None = None  # for what a view must ask of the hub

    @property
    def now(self) -> float:
        """The hub's clock, in seconds since 1970."""
        return self.board.now.timestamp()

    def whole(self, order: OrderId | None) -> Whole | None:
        """An order with all its items, wherever it stands."""
        return next((whole for whole in self.board.orders if whole.order == order), None)


@dataclass(frozen=True)
class Target:
    """What a number stands for, with what a verb may need of it."""

    name: str  # for people: a display id, or a product
    order: OrderId | None = None
    station: StationId | None = None
    slot: int | None = None
    card: Card | None = None
    items: tuple[CardItem, ...] = ()
    locked: tuple[CardItem, ...] = ()  # those of the items that wait until their allergens are acknowledged
    paper: Paper | None = None
    untold: Untold | None = None


class View(Painted):
    """Shows a scene; `verb` is what a number alone asks for, `verbs` what else can be asked of its targets.

    The shell gives the focus to a view that can have it, whose own bindings then come before the shell's.
    """

    DEFAULT_CSS = "View { width: 1fr; height: 1fr; }"
    verb: ClassVar[Verb] = "look"
    verbs: ClassVar[tuple[Verb, ...]] = ()

    class Tapped(Message):
        """A finger, or a mouse, chose a number."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    @property
    def station(self) -> StationId | None:
        """The station that the digits go to, none where a number needs no station."""
        return None

    @property
    def several(self) -> bool:
        """Whether there are several stations to choose from."""
        return False

    @property
    def highest(self) -> int:
        """The highest number that can be typed."""
        return max(self.targets(), default=0)

    def show(self, scene: Scene) -> None:
        """Show this from now on."""

    def targets(self) -> dict[int, Target]:
        """What the numbers on the screen stand for."""
        return {}

    def target(self, number: int, verb: Verb) -> Target | None:  # noqa: ARG002 - for those who override it
        """What a number stands for to a verb."""
        return self.targets().get(number)

    def turn(self, to: Literal["next", "previous"]) -> TurnPage | None:  # noqa: ARG002 - for those who override it
        """Show another page of it; what to ask of the hub where the page is the hub's."""
        return None

    def next_station(self) -> None:
        """The digits go to another station."""


class Numbers:
    """Gives each listed thing the lowest free number for as long as it is listed."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}
        self._resting: dict[int, float] = {}

    def give(self, keys: Iterable[str], now: float) -> dict[str, int]:
        """The numbers of what is listed now; `now` is in seconds."""
        listed = dict.fromkeys(keys)
        for key in [key for key in self._given if key not in listed]:
            self._resting[self._given.pop(key)] = now + REST
        # Until later than a rest from now: the clock was set back.
        self._resting = {number: until for number, until in self._resting.items() if now < until <= now + REST}
        taken = {*self._given.values(), *self._resting}
        number = 1
        for key in listed:
            if key not in self._given:
                while number in taken:
                    number += 1
                taken.add(number)
                self._given[key] = number
        return {key: self._given[key] for key in listed}


@dataclass(frozen=True)
class Entry:
    """One thing in a list: a key that stays its own, what it stands for, and its rows; without a target a heading."""

    key: str
    rows: Sequence[Sequence[Piece]]
    target: Target | None = None
    right: Piece | None = None  # at the end of the first row
    ground: str = BLACK
    band: tuple[str, str] | None = None  # the first row's colour and ground, where they differ
    alone: bool = False  # without a target, and no heading all the same


@dataclass(frozen=True)
class _Placed:
    entry: Entry
    number: int | None
    column: int
    top: int


@dataclass
class _Pages:
    at: int = 0
    pages: list[list[_Placed]] = field(default_factory=lambda: [[]])


class Listing(View):
    """A view that is a list of numbered entries, in columns, on as many pages as it takes; override `entries`."""

    column: ClassVar[int] = 0  # the fewest cells of a column; 0 where there is only one
    blocks: ClassVar[bool] = False  # whether numbers are five rows high where there is room

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.scene: Scene | None = None
        self._numbers = Numbers()
        self._entries: list[tuple[Entry, int | None]] = []
        self._laid = _Pages()
        self._laid_for = Size(0, 0)
        self._made: dict[str, tuple[Entry, int | None, int, Manner, list[Strip]]] = {}
        self._joined: list[tuple[list[Strip], Strip]] = []

    def entries(self, scene: Scene, width: int) -> list[Entry]:  # noqa: ARG002 - for those who override it
        """What is listed, for so many cells beside the number."""
        return []

    def title(self, scene: Scene) -> str:
        """What stands above the list."""
        return scene.trouble

    def show(self, scene: Scene) -> None:
        """Show this from now on."""
        self.scene = scene
        self._list()
        self.redraw()

    def on_resize(self, _: events.Resize) -> None:
        """Another size has room for other entries."""
        self._list()
        self.redraw()

    def targets(self) -> dict[int, Target]:
        """What the numbers stand for, also of those on other pages."""
        return {number: entry.target for entry, number in self._entries if number and entry.target}

    def turn(self, to: Literal["next", "previous"]) -> None:
        """Show another page; after the last comes the first."""
        count = len(self._laid.pages)
        self._laid.at = (self._laid.at + (1 if to == "next" else -1)) % count
        self.redraw()

    def on_click(self, event: events.Click) -> None:
        """A finger chooses an entry by any of its rows."""
        column = event.x // (self._cells + 1)
        for placed in self._laid.pages[self._laid.at]:
            there = placed.column == column and 0 <= event.y - 1 - placed.top < self._height(placed.entry)
            if placed.number and there:
                self.post_message(self.Tapped(placed.number))

    @property
    def large(self) -> bool:
        """Whether the numbers are to be read from three metres."""
        return self.blocks and self.size.width >= LARGE[0] and self.size.height >= LARGE[1]

    @property
    def _columns(self) -> int:
        return max(1, (self.size.width + 1) // (self.column + 1)) if self.column else 1

    @property
    def _cells(self) -> int:
        """The cells of a column."""
        return (self.size.width + 1) // self._columns - 1

    def _list(self) -> None:
        if self.scene is None or not self.size:
            return
        self._laid_for = self.size
        entries = self.entries(self.scene, max(10, self._cells - (BLOCK if self.large else BADGE) - 1))
        given = self._numbers.give((entry.key for entry in entries if entry.target), self.scene.now)
        self._entries = [(entry, given.get(entry.key)) for entry in entries]
        pages: list[list[_Placed]] = [[]]
        column, top, room = 0, 0, max(1, self.size.height - 1)
        for at, (entry, number) in enumerate(self._entries):
            heading = (
                entry.target is None and not entry.alone and at + 1 < len(self._entries)
            )  # stands with what it is the heading of
            height = self._height(entry)
            needed = height + (self._height(self._entries[at + 1][0]) if heading else 0)
            if top and top + needed > room:
                column, top = column + 1, 0
                if column == self._columns:
                    pages.append([])
                    column = 0
            pages[-1].append(_Placed(entry, number, column, top))
            top += height
        self._laid = _Pages(min(self._laid.at, len(pages) - 1), pages)

    def _height(self, entry: Entry) -> int:
        return max(len(entry.rows), ROWS + 1 if self.large and entry.target and entry.band else 0)

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """The title, then the entries of the page."""
        if self.scene is None:
            return (row(width, ink()),) * height
        if self._laid_for != (width, height):  # a resize event can get lost
            self._list()
        head = ink(WHITE, SHADE, bold=True)
        manner, laid = self.scene.manner, self._laid
        page = manner.say("page {page}/{pages}").format(page=laid.at + 1, pages=len(laid.pages))
        title = row(
            width, head, (f" {self.title(self.scene)}", head), right=(f" {page} ", head) if laid.pages[1:] else None
        )
        cells, below = self._cells, max(0, height - 1)
        columns: list[list[Strip]] = [[] for _ in range(self._columns)]
        made = self._made
        self._made = {}
        for placed in laid.pages[laid.at]:
            known = made.get(placed.entry.key)
            if known is None or known[0] is not placed.entry or known[1:4] != (placed.number, cells, manner):
                known = placed.entry, placed.number, cells, manner, self._rows(placed, cells, manner)
            self._made[placed.entry.key] = known
            columns[placed.column] += known[4]
        blank = row(cells, ink())
        columns = [(column + [blank] * (below - len(column)))[:below] for column in columns]
        return (title, *self._join(width, columns))[:height]

    def _join(self, width: int, columns: list[list[Strip]]) -> list[Strip]:
        """The columns beside one another; a row whose parts are those of before is the row of before."""
        if len(columns) == 1:
            return columns[0]
        gap = Segment(" ", ink())
        before, self._joined = self._joined, []
        for y, parts in enumerate(zip(*columns, strict=True)):
            if y < len(before) and before[y][1].cell_length == width and all(map(is_, before[y][0], parts)):
                self._joined.append(before[y])
                continue
            segments = [segment for part in parts for segment in (*part, gap)][:-1]
            rest = width - sum(segment.cell_length for segment in segments)
            filled = [*segments, Segment(" " * rest, ink())] if rest else segments
            self._joined.append((list(parts), Strip(filled, width).simplify()))
        return [strip for _, strip in self._joined]

    def _rows(self, placed: _Placed, cells: int, manner: Manner) -> list[Strip]:
        entry, number, fill = placed.entry, placed.number, manner.ink(WHITE, placed.entry.ground)
        block = _block(number, entry.band, manner) if self.large and number and entry.band else None
        lead = " " * (BLOCK if self.large else BADGE)
        strips = []
        for index in range(self._height(entry)):
            pieces = entry.rows[index] if index < len(entry.rows) else ()
            ground = manner.ink(*entry.band) if entry.band and not index else fill
            badge: list[Piece] = [(lead, fill)]
            if block is not None:
                badge = block[index] if index < ROWS else badge
            elif not index:
                badge = _badge(entry, number, lead, manner)
            strips.append(row(cells, ground, *badge, *pieces, right=None if index else entry.right))
        return strips


def _badge(entry: Entry, number: int | None, lead: str, manner: Manner) -> list[Piece]:
    """A number as it is written, on the colours of its row turned round where these have a meaning."""
    text = f"{number or '':>{len(lead) - 1}} "
    if entry.band is None:
        return [(text, manner.ink(WHITE, entry.ground, bold=True))]
    color, ground = entry.band
    return [(text, manner.ink(ground, color, bold=True)), (" ", manner.ink(color, ground))]


def _block(number: int, band: tuple[str, str], manner: Manner) -> list[list[Piece]] | None:
    """A number five rows high on its colour, so that both are seen from far; none where it has no room."""
    if number > HIGHEST:
        return None
    stroke = FAINT if not manner.live else WHITE if band[0] == WHITE else SHADE
    ground = manner.ink(*band)
    rows = []
    for pieces in numeral(number, ink(stroke, stroke), ground):
        free = BLOCK - 2 - sum(cell_len(text) for text, _ in pieces)
        rows.append([(" ", ground), *pieces, (" " * free, ground), (" ", manner.ink(WHITE, BLACK))])
    return rows
