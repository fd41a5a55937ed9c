"""Counter: what is ready to be collected, what is nearly ready, and what somebody asks after."""

from functools import lru_cache
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType

from display.age import Reading
from display.amounts import named
from display.cells import Piece, cut, shown, shown_id, wrap
from display.face import BANDS
from display.find import Find, Found, Search
from display.manner import Manner
from display.palette import BLACK, CYAN, FAINT, GREEN, SHADE, WHITE, YELLOW
from display.standing import (
    Ledger,
    age_word,
    briefly,
    danger,
    left,
    missing,
    progress,
    since,
    source,
    whole_stands,
)
from display.view import Entry, Listing, Scene, Target, Verb
from edge.orders import OrderState
from edge.views import BoardView, Whole

FORGOTTEN = 60  # minutes after which somebody should call the customer
ROWS = 2  # of items in short
LAST = 4  # digits of a phone, where the settings show no more
LONGEST_PHONE = 20
LEAST, CHIP = 6, 16  # cells of a name, and what a word at the end of its row takes
GAP = "   "


def waiting(board: BoardView) -> list[Whole]:
    """What is ready, the longest ready first."""
    ready = (whole for whole in board.orders if whole.state is OrderState.READY)
    return sorted(ready, key=lambda whole: (whole.since, whole.order))


def nearly(board: BoardView) -> list[Whole]:
    """What is on its last stations, what is due first before the rest."""
    travelling = {coming.order for station in board.stations for coming in station.coming}
    last = (whole for whole in board.orders if whole.state is OrderState.OPEN and whole.order not in travelling)
    return sorted(last, key=lambda one: (one.due.timestamp() if one.due else float("inf"), one.created, one.order))


class Counter(Listing):
    """Who is to get what; after a search only what was found, until Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", show=False),
        Binding("escape", "back", show=False),
    ]
    can_focus = True

    verb: ClassVar[Verb] = "collect"
    verbs: ClassVar[tuple[Verb, ...]] = ("collect", "look", "prioritise", "hold", "release", "reschedule", "refuse")
    column: ClassVar[int] = 62
    blocks: ClassVar[bool] = True

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.search: Search | None = None
        self._board: tuple[tuple[Whole, ...], list[Whole], list[Whole]] = ((), [], [])
        self._ready, self._nearly, self._asked = Ledger(), Ledger(), Ledger()

    def action_find(self) -> None:
        """Ask what is looked for."""
        if self.scene is not None and self.scene.feed is not None:
            self.app.push_screen(Find(self.scene.feed, self.scene.manner), self.found)

    def found(self, search: Search | None) -> None:
        """Show what a search found; none leaves what is shown alone."""
        if search is not None:
            self._look_at(search)

    def action_back(self) -> None:
        """Back from what was found to what is ready."""
        self._look_at(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nothing was looked for, Esc is the shell's."""
        del parameters
        return action != "back" or self.search is not None

    def on_click(self, event: events.Click) -> None:
        """A finger on the title finds, and goes back from what was found; on a row, `Listing` knows."""
        if not event.y:
            self._look_at(None) if self.search else self.action_find()

    def _look_at(self, search: Search | None) -> None:
        self.search = search
        self._laid.at = 0
        if self.scene is not None:
            self.show(self.scene)

    def title(self, scene: Scene) -> str:
        """How many wait, or what was looked for."""
        say = scene.manner.say
        if self.search is not None:
            words = say('found for "{wanted}": {count}   Esc back')
            return words.format(wanted=shown(self.search.wanted), count=len(self.search.found))
        return say("counter: {ready} ready, {nearly} nearly ready   / find").format(
            ready=len(self._board[1]), nearly=len(self._board[2])
        )

    def entries(self, scene: Scene, width: int) -> list[Entry]:
        """What was found; or what is ready, and below it what is nearly ready."""
        if self._board[0] is not scene.board.orders:
            self._board = scene.board.orders, waiting(scene.board), nearly(scene.board)
        manner, now, say = scene.manner, scene.now, scene.manner.say

        def slip(whole: Whole, reading: Reading) -> Entry:
            return _Slip(whole, reading, manner, now, width).entry()

        if self.search is not None:
            return self._answers(self.search, scene, width)
        entries = self._ready.write(self._board[1], scene, width, slip)
        if not entries:
            entries = [_heading("ready", say("nothing is ready"), manner, width)]
        if self._board[2]:
            entries.append(_heading("nearly", say("nearly ready"), manner, width))
            entries += self._nearly.write(self._board[2], scene, width, slip)
        return entries

    def _answers(self, search: Search, scene: Scene, width: int) -> list[Entry]:
        """What was found as it stands at this moment; what has left the board as it stood when it was looked for."""
        here = {whole.order: whole for whole in scene.board.orders}

        def slip(whole: Whole, reading: Reading) -> Entry:
            return _Slip(whole, reading, scene.manner, scene.now, width).entry(asked=True)

        live = [here[one.order] for one in search.found if one.order in here]
        slips: dict[str, Entry] = {entry.key: entry for entry in self._asked.write(live, scene, width, slip)}
        return [slips.get(one.order) or _gone(one, scene.manner, scene.now, width) for one in search.found]


class _Slip:
    """One order as the counter reads it."""

    def __init__(self, whole: Whole, reading: Reading, manner: Manner, now: float, width: int) -> None:
        self.whole, self.reading, self.manner, self.now, self.width = whole, reading, manner, now, width
        self.say = manner.say

    def entry(self, *, asked: bool = False) -> Entry:
        """The order under its number; where somebody asks after it, where it stands in a whole sentence."""
        whole, manner, say = self.whole, self.manner, self.say
        ready = whole.state is OrderState.READY
        waited = int((self.now - max(whole.since, whole.due or whole.since).timestamp()) // 60)
        band, chip = (WHITE, SHADE), BANDS[self.reading.age]
        word = age_word(self.reading, manner)
        if ready and manner.live:
            forgotten = waited >= FORGOTTEN
            band = (BLACK, YELLOW) if forgotten else (WHITE, GREEN)
            word, chip = say("NOT COLLECTED") if forgotten else say("READY"), band
        elif whole.state is not OrderState.OPEN and manner.live:
            word, chip = say(whole.state.value), band
        rows = [self._head(band), self._sentence() if asked else self._time(ready=ready)]
        rows += danger(whole, manner, self.width) + self._items()
        target = Target(shown_id(whole), order=whole.order, items=whole.items)
        return Entry(whole.order, rows, target, right=(f" {word} ", manner.ink(*chip, bold=True)), band=band)

    def _head(self, band: tuple[str, str]) -> list[Piece]:
        """What the customer will say: the order's number, the name, the phone."""
        strong = self.manner.ink(*band, bold=True)
        return _named(shown_id(self.whole), self.whole.customer, self.whole.phone, strong, self.width)

    def _time(self, *, ready: bool) -> list[Piece]:
        say, manner = self.say, self.manner
        if ready:
            span = f" ({since(self.whole.since, manner, self.now)})" if manner.live else ""
            said = say("ready since {time}").format(time=manner.clock(self.whole.since, self.now)) + span
        else:
            due = manner.clock(self.whole.due, self.now) if self.whole.due else say("no due time")
            made, of = progress(self.whole)
            waits = say("waits for: {stages}").format(stages=say(", ").join(missing(self.whole)))
            share = say("{made} of {all} made").format(made=made, all=of)
            said = "  ".join((f"{due} {left(self.reading, manner)}".rstrip(), waits, share))
        return self._sourced(said, WHITE)

    def _sentence(self) -> list[Piece]:
        return self._sourced(whole_stands(self.whole, self.manner, self.now), CYAN)

    def _sourced(self, said: str, color: str) -> list[Piece]:
        """Words, and where the order came from if there is room for it."""
        came = f"  {source(self.whole, self.say)}"
        pieces = [(cut(said, self.width - 1), self.manner.ink(color, BLACK, bold=True))]
        fits = cell_len(said) + cell_len(came) < self.width
        return [*pieces, (came, self.manner.ink(FAINT, BLACK))] if fits else pieces

    def _items(self) -> list[list[Piece]]:
        return _in_rows(briefly(self.whole), self.manner, self.width)


def _named(name: str, customer: str, phone: str, strong: Style, width: int) -> list[Piece]:
    tail = shown(phone if len(phone) != LAST or not phone.isdecimal() else f"..{phone}", LONGEST_PHONE)
    name = cut(name, width // 3)
    who = cut(shown(customer), max(LEAST, width - CHIP - cell_len(name) - cell_len(tail) - 2 * len(GAP)))
    return [(name, strong), *((GAP + text, strong) for text in (who, tail) if text)]


def _in_rows(text: str, manner: Manner, width: int) -> list[list[Piece]]:
    lines = wrap(text, width - 1)
    if len(lines) > ROWS:
        lines = [*lines[: ROWS - 1], cut(" ".join(lines[ROWS - 1 :]), width - 1)]
    return [[(line, manner.ink(WHITE, BLACK))] for line in lines]


@lru_cache(maxsize=32)
def _heading(key: str, text: str, manner: Manner, width: int) -> Entry:
    return Entry(f"heading {key}", [[], [(cut(text, width), manner.ink(FAINT, BLACK, bold=True))]])


def _gone(found: Found, manner: Manner, now: float, width: int) -> Entry:
    """An order that has left the board, or will never be made."""
    band = (WHITE, SHADE)
    strong = manner.ink(*band, bold=True)
    names = " + ".join(named(item.name, item.quantity, item.unit) for item in found.items)
    rows = [
        _named(shown_id(found), found.customer, found.phone, strong, width),
        [(became(found, manner, now), manner.ink(CYAN, BLACK, bold=True))],
        *_in_rows(names, manner, width),
    ]
    target = Target(shown_id(found), order=found.order)
    return Entry(found.order, rows, target, right=(f" {manner.say(found.state)} ", strong), band=band)


def became(found: Found, manner: Manner, now: float) -> str:
    """What became of an order, and when."""
    say = manner.say
    time = manner.clock(found.at, now) if found.at else ""
    match found.last or found.state:
        case "collected":
            return say("collected {time}").format(time=time).rstrip()
        case "refused":
            return say("refused {time}").format(time=time).rstrip()
        case "cancelled":
            return say("cancelled {time}").format(time=time).rstrip()
        case "ready":
            return say("was ready {time}, nobody said that it was collected").format(time=time)
        case "lapsed":
            return say("came too late, not made")
        case _:
            return say("closed")
