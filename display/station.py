"""A station on the screen: its heading, its numbered cards, and what is on its way there."""

from collections.abc import Iterator
from math import ceil, log
from typing import NamedTuple

from textual import events
from textual.geometry import NULL_OFFSET, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.widget import Widget

from display.age import Age, Pace, just_recalled, pace, read, seconds_left, urgent
from display.card import CardPlace
from display.cells import KeptContainer, Line, shown, shown_id
from display.manner import Manner
from display.palette import BLACK, CYAN, FAINT, RED, SHADE, WHITE, YELLOW, ink
from display.statusline import paused
from display.view import Scene
from edge.orders import OrderId, StationId
from edge.views import Card, Pressed, StationView

SIZES = ((24, 4), (20, 3))  # the smallest cards that can be read: well, and where there is no other way
SHAPE = 3.0  # of a card that reads best: three times as many cells wide as high
COMING = 12  # of those on their way, how many are named at most
ROOMY = 40  # from this height on there is an empty row below the cards
MANY = 4  # times a page: from there on the paces of cards that have left are forgotten
AT_ONCE = 6  # cards drawn in one frame: on a Pi a few milliseconds each
FRAME = 1 / 60  # seconds
AROUND = 2  # rows of a station that are not cards: its heading, and what is coming
AIRY = 8  # from this height on there is an empty row between cards


class Grid(NamedTuple):
    """How the places of a page are laid out."""

    columns: int
    rows: int
    height: int  # of a card
    gap: int  # between rows

    @property
    def places(self) -> int:
        """How many cards there is room for."""
        return self.columns * self.rows


def lay(width: int, height: int, count: int) -> Grid:
    """The grid in which so many cards read best; one with fewer places where they would get too small."""
    height -= height >= ROOMY
    for least_width, least_height in SIZES:
        best: tuple[float, Grid] | None = None
        for columns in range(1, min(count, (width + 1) // (least_width + 1)) + 1):
            rows = ceil(count / columns)
            gap = 1 if (height - rows + 1) // rows >= AIRY else 0
            card_width, card_height = (width - columns + 1) // columns, (height - gap * (rows - 1)) // rows
            if card_height >= least_height:
                worse = abs(log(card_width / card_height / SHAPE)) + (columns * rows - count) / count
                if best is None or worse < best[0]:
                    best = worse, Grid(columns, rows, card_height, gap)
        if best:
            return best[1]
    rows = max(1, height // least_height)
    return Grid(max(1, (width + 1) // (least_width + 1)), rows, max(least_height, height // rows), 0)


def reads_well(width: int, height: int, slots: int) -> bool:
    """Whether a station of this size shows all its numbers, each with room for allergens beside items."""
    grid = lay(width, height - AROUND, slots)
    card = (width - grid.columns + 1) // grid.columns, grid.height
    return grid.places >= slots and card[0] >= SIZES[0][0] and card[1] >= SIZES[0][1]


class Page(Layout):
    """Places in rows and columns; those that have no room are not shown."""

    name = "page"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """Where each place is."""
        del parent, greedy
        grid = lay(*size, len(children))
        width = (size.width - grid.columns + 1) // grid.columns
        return [
            WidgetPlacement(
                Region(
                    index % grid.columns * (width + 1),
                    index // grid.columns * (grid.height + grid.gap),
                    width,
                    grid.height,
                ),
                NULL_OFFSET,
                Spacing(),
                place,
            )
            for index, place in enumerate(children[: grid.places])
        ]


class Places(KeptContainer):
    """The fixed pool, laid out as a page."""

    layout = Page()

    class Laid(Message):
        """The page has another size, and perhaps room for other cards."""

    def on_resize(self, _: events.Resize) -> None:
        """Only from now on its size is known."""
        self.post_message(self.Laid())


class StationBoard(KeptContainer):
    """One station's page, with a fixed pool of places for its cards."""

    DEFAULT_CSS = """
    StationBoard > Line { width: 1fr; height: 1; }
    """

    class Tapped(Message):
        """A finger chose a number of the station."""

        def __init__(self, station: StationId, number: int) -> None:
            super().__init__()
            self.station, self.number = station, number

    def __init__(self, station: StationId, slots: int) -> None:
        super().__init__()
        self.station = station
        self.slots = slots
        self.view: StationView | None = None
        self._heading = Line()
        self._coming = Line()
        self._places = tuple(CardPlace() for _ in range(slots))
        self._page = Places(*self._places)
        self._shown: tuple[Scene, str, str, str] | None = None
        self._paces: dict[OrderId, tuple[Card, Pace]] = {}
        self._undrawn: dict[CardPlace, None] = {}
        self._drawing = False
        self._laid = Size(0, 0)  # of the page when it was last seen

    def compose(self) -> Iterator[Widget]:
        """A heading, the cards, and what is coming."""
        yield self._heading
        yield self._page
        yield self._coming

    def on_places_laid(self, event: Places.Laid) -> None:
        """Another size may have room for other cards."""
        event.stop()
        self._draw()

    def show(self, view: StationView, scene: Scene, trouble: str, chosen: str = "", warning: str = "") -> None:
        """Show a station as it is now; `trouble` is said in red in its heading, `chosen` that it gets the digits."""
        self.view = view
        self._shown = scene, trouble, chosen, warning
        self._draw()

    def slot(self, position: int) -> int:
        """The slot under a number of the page that is shown."""
        return position if self.view is None else (self.view.page - 1) * self.view.slots + position

    def pressed(self, slot: int) -> Pressed | None:
        """The last press in a slot that can be taken back."""
        presses = self.view.presses if self.view else ()
        return next((press for press in presses if press.slot == slot), None)

    def on_card_place_tapped(self, event: CardPlace.Tapped) -> None:
        """A finger on a card is its number."""
        self.post_message(self.Tapped(self.station, event.position))

    def card(self, position: int) -> Card | None:
        """The card under a number of the page that is shown."""
        slot = self.slot(position)
        return next((card for card in self.view.cards if card.slot == slot), None) if self.view else None

    def late(self, view: StationView, now: float) -> int:
        """How many of its cards are late."""
        return sum(read(self._pace(card), now).age is Age.LATE for card in view.cards)

    def _draw(self) -> None:
        if self.view is None or self._shown is None:
            return
        scene = self._shown[0]
        view, now = self.view, scene.now
        readings = {card.order: read(self._pace(card), now) for card in view.cards}
        top = (view.page - 1) * view.slots + 1
        here = {card.slot - top + 1: card for card in view.cards if 0 <= card.slot - top < view.slots}
        self._laid = self._page.size or self._laid
        room = lay(*self._laid, self.slots).places if self._laid else self.slots
        positions = list(range(1, self.slots + 1)) if self.slots <= room else sorted(here)[:room]
        positions += [0] * (self.slots - len(positions))
        undo = self._undo(view, now) if scene.manner.live else {}
        first = urgent((here[position], readings[here[position].order]) for position in positions if position in here)
        anew: list[CardPlace] = []
        for place, position in zip(self._places, positions, strict=True):
            card = here.get(position)
            press = undo.get(self.slot(position))
            if place.show(
                card, position, scene.manner, now, readings[card.order] if card else None,
                press=press if card is None or (press and press.order == card.order) else None,
                first=card is not None and card is first,
            ):  # fmt: skip
                anew.append(place)
        self._redraw(anew)
        unseen = here.keys() - {*positions}
        unseen_late = sum(readings[here[position].order].age is Age.LATE for position in unseen)
        orders = {card.order for card in here.values()}
        late = sum(reading.age is Age.LATE for order, reading in readings.items() if order not in orders)
        counts = len(unseen), unseen_late, len(view.cards) - len(here), late
        self._head(view, counts)
        self._foot(view, scene.manner, now)

    def _redraw(self, places: list[CardPlace]) -> None:
        """Draw some now, and the rest a few in each frame: neither a press nor a tick waits for a flood of orders."""
        for place in places[:AT_ONCE]:
            self._undrawn.pop(place, None)
            place.redraw()
        self._undrawn |= dict.fromkeys(places[AT_ONCE:])
        if self._undrawn and not self._drawing:
            self._drawing = True
            self.set_timer(FRAME, self._redraw_more)

    def _redraw_more(self) -> None:
        self._drawing = False
        self._redraw([*self._undrawn])

    def _pace(self, card: Card) -> Pace:
        """A card's pace, made once a card."""
        known = self._paces.get(card.order)
        if known is None or known[0] is not card:
            if len(self._paces) > MANY * max(self.slots, 1):
                self._paces.clear()
            known = self._paces[card.order] = card, pace(card)
        return known[1]

    @staticmethod
    def _undo(view: StationView, now: float) -> dict[int, Pressed]:
        """By slot, the last press there that nobody outside has heard of yet."""
        fresh = (press for press in reversed(view.presses) if seconds_left(press, now))
        return {press.slot: press for press in fresh}

    def _head(self, view: StationView, counts: tuple[int, int, int, int]) -> None:
        """`counts` are the cards hidden here and the late ones among these, then the same of other pages."""
        if self._shown is None:
            return
        scene, trouble, chosen, warning = self._shown
        say = scene.manner.say
        color, ground = (WHITE, RED) if trouble else (BLACK, WHITE) if chosen else (WHITE, SHADE)
        fill, strong = ink(color, ground), ink(color, ground, bold=True)
        hidden, hidden_late, elsewhere, late = counts
        pieces = []
        if hidden:
            no_room = say("{count} HIDDEN, {late} late") if hidden_late and not trouble else say("{count} HIDDEN")
            said = no_room.format(count=hidden, late=hidden_late)
            pieces.append((f" {said} ", ink(WHITE, RED, bold=True)))
        pieces.append((f" {shown(view.name)}  ", strong))
        if warning and not trouble:
            pieces += [(f" {warning} ", ink(WHITE, RED, bold=True)), ("  ", fill)]
        if scene.board.status.practice:
            pieces += [(" " + say("PRACTICE") + " ", ink(BLACK, YELLOW, bold=True)), ("  ", fill)]
        if trouble:
            pieces.append((trouble, strong))
        else:
            if view.recalled and just_recalled(view.recalled, scene.now):
                back = say("taken back: {order} {stage}").format(
                    order=shown_id(view.recalled), stage=shown(view.recalled.name)
                )
                pieces += [(f" {back} ", ink(BLACK, CYAN, bold=True)), ("  ", fill)]
            if scene.board.paused:
                since = paused(scene.board.paused, scene.board, scene.manner)
                pieces += [(f" {since} ", ink(BLACK, YELLOW, bold=True)), ("  ", fill)]
            if elsewhere:
                said = say("{count} on other pages, {late} late") if late else say("{count} on other pages")
                style = ink(WHITE, RED, bold=True) if late else ink(BLACK, YELLOW, bold=True)
                pieces += [(" " + said.format(count=elsewhere, late=late) + " ", style), ("  ", fill)]
            pages = max(view.page, *(ceil(card.slot / view.slots) for card in view.cards), 1)
            pieces.append((say("page {page}/{pages}").format(page=view.page, pages=pages) + "  ", fill))
            pieces.append((say("{count} cards").format(count=len(view.cards)), fill))
            if hidden:
                pieces.append(("  " + say("screen too small"), fill))
        keys = (f" {chosen} ", ink(WHITE, BLACK, bold=True)) if chosen else None
        self._heading.show(fill, *pieces, right=keys)

    def _foot(self, view: StationView, manner: Manner, now: float) -> None:
        faint, strong = ink(FAINT), ink(FAINT, bold=True)
        coming = manner.say("{count} coming:").format(count=len(view.coming))
        pieces = [(" " + (coming if view.coming else manner.say("nothing on its way")), faint)]
        for entry in view.coming[:COMING]:
            due = manner.clock(entry.due, now) + " " if entry.due else ""
            pieces.append((f"  {due}{shown_id(entry)} ", strong))
            pieces.append((", ".join(shown(name) for name in entry.names), faint))
        self._coming.show(faint, *pieces)
