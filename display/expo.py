"""Expo: whole orders with every item's stage, for the one who puts orders together."""

from typing import ClassVar

from rich.cells import cell_len

from display.age import Reading
from display.amounts import counted, named
from display.cells import Piece, cut, shown, shown_id, wrap
from display.face import BANDS
from display.palette import BLACK, CYAN, FAINT, SHADE, WHITE, YELLOW
from display.standing import (
    Ledger,
    age_word,
    danger,
    is_made,
    left,
    missing,
    progress,
    source,
    spread,
    stands,
    where,
)
from display.view import Entry, Listing, Scene, Target, Verb
from edge.orders import OrderState
from edge.views import CardItem, Whole

TIGHT = 40  # below this height an order has three rows
MOST = 12  # lines of an order; more are counted
NOTE = WISHES = 2  # rows


def in_order(wholes: tuple[Whole, ...]) -> list[Whole]:
    """What is open before what is ready; what goes first, then what is due first, then what came first."""
    listed = (whole for whole in wholes if whole.state in {OrderState.OPEN, OrderState.READY})
    return sorted(
        listed,
        key=lambda whole: (
            whole.state is OrderState.READY,
            -whole.priority,
            whole.due.timestamp() if whole.due else float("inf"),
            whole.created,
            whole.order,
        ),
    )


class Expo(Listing):
    """Every open order with what it still waits for, then those that wait for their customers."""

    verb: ClassVar[Verb] = "look"
    verbs: ClassVar[tuple[Verb, ...]] = ("look", "prioritise", "hold", "reschedule", "refuse", "remake", "collect")
    column: ClassVar[int] = 62
    blocks: ClassVar[bool] = True

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._ledger = Ledger()
        self._sorted: tuple[tuple[Whole, ...], list[Whole]] = ((), [])

    def title(self, scene: Scene) -> str:
        """How many orders there are, and how many of them are late."""
        say, wholes = scene.manner.say, self._sorted[1]
        still = [whole for whole in wholes if whole.state is OrderState.OPEN]
        late = sum(whole.due is not None and whole.due < scene.board.now for whole in still)
        words = say("expo: {count} being made, {ready} ready").format(count=len(still), ready=len(wholes) - len(still))
        return f"{words}   {say('LATE')} {late}" if late else words

    def entries(self, scene: Scene, width: int) -> list[Entry]:
        """The orders."""
        if self._sorted[0] is not scene.board.orders:
            self._sorted = scene.board.orders, in_order(scene.board.orders)
        tight = self.size.height < TIGHT

        def write(whole: Whole, reading: Reading) -> Entry:
            return _Sheet(whole, reading, scene, width).entry(tight=tight)

        given = width, tight, tuple(station.name for station in scene.board.stations)
        return self._ledger.write(self._sorted[1], scene, given, write)


class _Sheet:
    """One order as expo reads it."""

    def __init__(self, whole: Whole, reading: Reading, scene: Scene, width: int) -> None:
        self.whole, self.reading, self.width = whole, reading, width
        self.manner = manner = scene.manner
        self.now, self.say = scene.now, manner.say
        self.ready = whole.state is OrderState.READY
        self.stations = {station.id: station.name for station in scene.board.stations}
        self.plain, self.faint = manner.ink(WHITE, BLACK), manner.ink(FAINT, BLACK)

    def entry(self, *, tight: bool) -> Entry:
        """The order under its number."""
        whole = self.whole
        band = (WHITE, SHADE) if self.ready else BANDS[self.reading.age]
        word = self.say("READY") if self.ready and self.manner.live else age_word(self.reading, self.manner)
        rows = [self._head(band), *(self._in_short() if tight else self._in_full())]
        target = Target(shown_id(whole), order=whole.order, items=whole.items)
        return Entry(whole.order, rows, target, right=(f" {word} ", self.manner.ink(*band, bold=True)), band=band)

    def _head(self, band: tuple[str, str]) -> list[Piece]:
        strong, plain = self.manner.ink(*band, bold=True), self.manner.ink(*band)
        due = self.manner.clock(self.whole.due, self.now) if self.whole.due else self.say("no due time")
        time = due if self.ready else f"{due} {left(self.reading, self.manner)}".rstrip()
        first = [(f" {self.say('FIRST')} ", self.manner.ink(BLACK, YELLOW, bold=True)), ("  ", plain)]
        pieces = [(cut(shown_id(self.whole), self.width // 3), strong), ("  ", plain)]
        return [*pieces, *(first if self.whole.priority else []), (time, plain)]

    def _in_full(self) -> list[list[Piece]]:
        rows = [self._waits(), [(self._source(), self.faint)]]
        rows += danger(self.whole, self.manner, self.width) + self._items()
        if self.whole.note:
            lines = wrap(self.say("note: {text}").format(text=shown(self.whole.note)), self.width - 1)
            rows += [[(line, self.manner.ink(YELLOW, BLACK))] for line in lines[:NOTE]]
        return [*rows, []]

    def _in_short(self) -> list[list[Piece]]:
        """In two rows, in three where its items stand at several places."""
        items = self.whole.items
        said = [f"{self._name(item)}: {self._stands(item)}" for item in items if not is_made(item)]
        made = " + ".join(self._name(item) for item in items if is_made(item))
        if made:
            said.append(self.say("made: {names}").format(names=made) if said else made)
        lines = wrap("; ".join(said), self.width - 1)
        lines = lines if len(lines) <= NOTE else [lines[0], cut(" ".join(lines[1:]), self.width - 1)]
        style = self.faint if self.ready else self.plain
        rows = [self._waits((f"  {self._source()}", self.faint)), *danger(self.whole, self.manner, self.width)]
        return [*rows, *([(line, style)] for line in lines)]

    def _waits(self, *more: Piece) -> list[Piece]:
        """What it still waits for, and how much of it is made."""
        if self.ready:
            text = self.say("ready since {time}").format(time=self.manner.clock(self.whole.since, self.now))
            return [(text, self.manner.ink(WHITE, BLACK, bold=True)), *more]
        stages = self.say(", ").join(missing(self.whole))
        text = self.say("waits for: {stages}").format(stages=stages) if stages else ""
        made, of = progress(self.whole)
        share = self.say("{made} of {all} made").format(made=made, all=of)
        waits = text, self.manner.ink(CYAN, BLACK, bold=True)
        return spread(self.width - 1, self.plain, waits, *more, right=(f" {share}", self.plain))

    def _source(self) -> str:
        return f"{source(self.whole, self.say)} {shown(self.whole.customer)}".strip()

    @staticmethod
    def _name(item: CardItem) -> str:
        return named(item.name, item.quantity, item.unit)

    def _stands(self, item: CardItem) -> str:
        place = where(item, self.stations)
        words = stands(item, self.manner, self.now)
        return self.say("{words}, {station}").format(words=words, station=place) if place else words

    def _wishes(self, item: CardItem) -> str:
        """What to check before it goes into its box: the writing and the candles first."""
        cake = item.bakery
        said = [self.say('on it: "{text}"').format(text=shown(cake.cake_text))] if cake.cake_text else []
        said += [self.say("{count} candles").format(count=cake.candles)] if cake.candles else []
        said += [self.say("note: {text}").format(text=shown(item.note))] if item.note else []
        traits = (cake.size, cake.flavour, cake.filling, cake.frosting, *(option.name for option in item.options))
        return self.say(", ").join((*said, *(shown(trait) for trait in traits if trait)))

    def _items(self) -> list[list[Piece]]:
        """Each item; of very many, what is not made yet goes before what is."""
        items = sorted(self.whole.items, key=is_made) if len(self.whole.items) > MOST else self.whole.items
        rows = []
        for item in items[:MOST]:
            words = self._stands(item)
            if cell_len(self._name(item)) + cell_len(words) > self.width - 4:  # the stage says more than the station
                words = cut(stands(item, self.manner, self.now), self.width // 2)
            count = f"{counted(item.quantity, item.unit):>2} "
            style = self.faint if is_made(item) else self.plain
            pieces: list[Piece] = [(count, style), (f"{shown(item.name)} ", style)]
            if item.wasted:
                pieces.append((f" {self.say('REMADE')} ", self.manner.ink(BLACK, CYAN, bold=True)))
            rows.append(spread(self.width - 1, self.plain, *pieces, right=(words, style)))
            wishes = wrap(self._wishes(item), self.width - 4)
            rows += [[("   ", self.plain), (line, self.manner.ink(CYAN, BLACK))] for line in wishes[:WISHES]]
        if len(items) > MOST:
            rows.append([(f" +{len(items) - MOST}", self.manner.ink(WHITE, BLACK, bold=True))])
        return rows
