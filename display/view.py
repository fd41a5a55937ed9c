"""What every view is: a widget that shows a scene, and numbers that stand for what can be acted on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from textual import events
from textual.message import Message
from textual.strip import Strip

from display.cells import Painted, Piece, row
from display.feed_client import FeedClient
from display.manner import Manner
from display.palette import BLACK, FAINT, SHADE, WHITE, ink
from edge.info import StoreInfo
from edge.intents import Asked, TurnPage
from edge.orders import OrderId, StationId
from edge.views import BoardView, Card, CardItem, Paper, Whole

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
    paper: Paper | None = None


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

    class Asks(Message):
        """The view itself asks something of the hub; `done` is said where it was done."""

        def __init__(self, intent: Asked, done: str) -> None:
            super().__init__()
            self.intent, self.done = intent, done

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
        self._resting = {number: until for number, until in self._resting.items() if until > now}
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


@dataclass(frozen=True)
class _Placed:
    entry: Entry
    number: int | None
    top: int


@dataclass
class _Pages:
    at: int = 0
    pages: list[list[_Placed]] = field(default_factory=lambda: [[]])


class Listing(View):
    """A view that is a list of numbered entries, on as many pages as it takes; override `entries`."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.scene: Scene | None = None
        self._numbers = Numbers()
        self._entries: list[tuple[Entry, int | None]] = []
        self._laid = _Pages()

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
        for placed in self._laid.pages[self._laid.at]:
            if placed.number and 0 <= event.y - 1 - placed.top < len(placed.entry.rows):
                self.post_message(self.Tapped(placed.number))

    def _list(self) -> None:
        if self.scene is None or not self.size:
            return
        entries = self.entries(self.scene, max(10, self.size.width - 6))
        given = self._numbers.give((entry.key for entry in entries if entry.target), self.scene.now)
        self._entries = [(entry, given.get(entry.key)) for entry in entries]
        pages: list[list[_Placed]] = [[]]
        top, room = 0, max(1, self.size.height - 1)
        for entry, number in self._entries:
            if top and top + len(entry.rows) > room:
                pages.append([])
                top = 0
            pages[-1].append(_Placed(entry, number, top))
            top += len(entry.rows)
        self._laid = _Pages(min(self._laid.at, len(pages) - 1), pages)

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """The title, then the entries of the page."""
        if self.scene is None:
            return (row(width, ink()),) * height
        head = ink(WHITE, SHADE, bold=True)
        manner, laid = self.scene.manner, self._laid
        page = manner.say("page {page}/{pages}").format(page=laid.at + 1, pages=len(laid.pages))
        strips = [
            row(
                width, head, (f" {self.title(self.scene)}", head), right=(f" {page} ", head) if laid.pages[1:] else None
            )
        ]
        for placed in laid.pages[laid.at]:
            entry, fill = placed.entry, manner.ink(WHITE, placed.entry.ground)
            for index, pieces in enumerate(entry.rows):
                badge = f"{placed.number:>4} " if placed.number and not index else "     "
                style = manner.ink(WHITE, entry.ground, bold=True) if placed.number else manner.ink(FAINT, entry.ground)
                strips.append(row(width, fill, (badge, style), *pieces, right=None if index else entry.right))
        strips = strips[:height]
        return (*strips, *[row(width, ink())] * (height - len(strips)))
