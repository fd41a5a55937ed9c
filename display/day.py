"""All-day: what must be made, summed over orders; a number moves a product's whole batch on."""

from collections.abc import Iterator
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.style import Style

from display.amounts import number
from display.cells import Piece, cut, shown, wrap
from display.manner import Manner
from display.needs import Choice, Lot, Need, Variant, amounts, choices, needs, written
from display.palette import BLACK, CYAN, FAINT, MAGENTA, RED, SHADE, WHITE, YELLOW
from display.view import Entry, Listing, Scene, Target, Verb
from edge.orders import Moment, StationId
from edge.views import Halted

COUNT = 9  # cells of an amount
STAGE = 26  # cells of a stage and its moment, at most
BESIDE = 30  # cells from which on variants stand beside their lot, else below it
DIGITS = 7  # cells of a variant's amount


class AllDay(Listing):
    """What one station must make, or all of them together."""

    verb: ClassVar[Verb] = "batch"
    column: ClassVar[int] = 76

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._whose: StationId | None = None  # none: all of them
        self._summed: tuple[tuple[Any, ...], list[Entry]] = ((), [])

    @property
    def several(self) -> bool:
        """Whether there are several stations to choose from."""
        return self.scene is not None and len(self.scene.board.stations) > 1

    def show(self, scene: Scene) -> None:
        """Show this from now on; a display of one station begins with its needs."""
        if self.scene is None and len(scene.stations) == 1:
            self._whose = scene.stations[0]
        super().show(scene)

    def next_station(self) -> None:
        """Sum up the next station; after the last, all of them."""
        if self.scene is None:
            return
        known = [None, *(view.id for view in self.scene.board.stations)]
        self._whose = known[(known.index(self._whose) + 1) % len(known)] if self._whose in known else None
        self.show(self.scene)

    def title(self, scene: Scene) -> str:
        """Whose needs they are."""
        say = scene.manner.say
        names = {view.id: shown(view.name) for view in scene.board.stations}
        whose = say("all stations") if self._whose is None else names.get(self._whose, shown(self._whose))
        return scene.trouble or say("all-day: {station}").format(station=whose)

    def entries(self, scene: Scene, width: int) -> list[Entry]:
        """A heading for each product, its lots below it; then what customers chose, and what is sold out."""
        board, manner = scene.board, scene.manner
        today = board.now.astimezone(manner.zone).date()
        known = (board.orders, board.unavailable, board.stations, scene.info, manner, width, self._whose, today)
        before, entries = self._summed
        if len(before) != len(known) or any(a is not b and a != b for a, b in zip(before, known, strict=True)):
            entries = list(self._entries_of(scene, width))
            self._summed = known, entries
        return entries

    def _entries_of(self, scene: Scene, width: int) -> Iterator[Entry]:
        board, manner = scene.board, scene.manner
        found = needs(board, manner, scene.info.products if scene.info else (), self._whose)
        names = {view.id: shown(view.name) for view in board.stations}
        for need in found:
            yield _heading(need, manner)
            for lot in need.lots:
                station = "" if self._whose else names.get(lot.station, shown(lot.station))
                yield _lot(need, lot, scene, station, width)
        if not found:
            nothing = manner.say("nothing to make")
            yield Entry("nothing", [[(nothing, manner.ink(FAINT, BLACK))]])
        if chosen := choices(found):
            yield _title("choices", manner.say("what was chosen, over all products"), manner)
            for (kind, words), much in chosen.items():
                text = _chosen(Choice(kind, words), manner)
                count = f"{number(much):>{COUNT - 1}} "
                style = manner.ink(WHITE, BLACK)
                pieces = [(count, manner.ink(WHITE, BLACK, bold=True)), (text, style)]
                yield Entry(f"choice {kind} {words}", [pieces], alone=True)
        listed = {need.product for need in found}
        gone = [each for each in board.unavailable if each.code not in listed]
        if gone:
            yield _title("gone", manner.say("sold out"), manner)
            for each in gone:
                name = shown(each.name or each.code)
                why = f"  {shown(each.reason)}" if each.reason else ""
                yield Entry(
                    f"gone {each.code}",
                    [[(name, manner.ink(WHITE, BLACK)), (why, manner.ink(FAINT, BLACK))]],
                    right=(f" {_since(each, scene)} ", manner.ink(FAINT, BLACK)),
                    alone=True,
                )


def _title(key: str, words: str, manner: Manner) -> Entry:
    return Entry(key, [[(words, manner.ink(WHITE, SHADE, bold=True))]], band=(WHITE, SHADE))


def _heading(need: Need, manner: Manner) -> Entry:
    say, strong = manner.say, manner.ink(WHITE, SHADE, bold=True)
    pieces: list[Piece] = [(shown(need.name), strong)]
    chips = [
        (say("SOLD OUT") if need.sold_out else "", manner.ink(WHITE, RED, bold=True)),
        (say("wasted {count}").format(count=written(need.wasted)) if need.wasted else "", _watch(manner)),
    ]
    for words, style in chips:
        if words:
            pieces += [(" ", strong), (f" {words} ", style)]
    sums = [
        say("to make {count}").format(count=written(need.open)) if need.lots else "",
        say("later today {count}").format(count=written(need.later)) if need.later else "",
    ]
    right = "   ".join(text for text in sums if text)
    return Entry(
        f"product {need.product}", [pieces], right=(f" {right} ", strong) if right else None, band=(WHITE, SHADE)
    )


def _lot(need: Need, lot: Lot, scene: Scene, station: str, width: int) -> Entry:
    manner, ground = scene.manner, scene.manner.ink(WHITE, BLACK)
    started = lot.moment is Moment.STARTED
    words = manner.say("{stage} started") if started else manner.say("{stage} waiting")
    style = manner.ink(WHITE if started else YELLOW, BLACK, bold=True)
    due = manner.say("first at {time}").format(time=manner.clock(lot.due, scene.now)) if lot.due else ""
    right = "  ".join(text for text in (due, station) if text)
    narrow = min(STAGE, width // 3)
    stage = cut(words.format(stage=shown(lot.stage_name)), narrow)
    count = written(lot.amounts)
    first: list[Piece] = [(f"{count:>{COUNT - 1}} ", manner.ink(WHITE, BLACK, bold=True)), (stage, style)]
    taken = max(COUNT, cell_len(count) + 1) + narrow + 1
    room = width - taken - cell_len(right) - 2
    beside = room >= BESIDE
    lines = _variants(lot, manner, room if beside else width - COUNT - 1)
    rows: list[list[Piece]] = [first]
    if beside and lines:
        rows[0].append((" " * (narrow - cell_len(stage) + 1), ground))
        rows[0] += lines.pop(0)
    indent = (" " * (taken if beside else COUNT), ground)
    rows += [[indent, *line] for line in lines]
    if lot.locked:
        count = written(amounts(lot.locked))
        words = manner.say("{count} stay behind: acknowledge their allergens").format(count=count)
        rows.append([(" " * COUNT, ground), (f" {words} ", manner.ink(BLACK, MAGENTA, bold=True))])
    key = repr((need.product, lot.station, lot.stage, lot.moment.value))
    target = Target(shown(need.name), station=lot.station, items=lot.items, locked=lot.locked)
    return Entry(key, rows, target, right=(f" {right} ", manner.ink(FAINT, BLACK)) if right else None)


def _variants(lot: Lot, manner: Manner, width: int) -> list[list[Piece]]:
    """A row or more for each way it is to be made; none where all of it is plain."""
    by_variant = lot.variants()
    if set(by_variant) == {()}:
        return []
    count, words = manner.ink(CYAN, BLACK, bold=True), manner.ink(WHITE, BLACK)
    lines: list[list[Piece]] = []
    for variant, sums in by_variant.items():
        text, much = _way(variant, manner), written(sums)
        indent = max(DIGITS, cell_len(much) + 1)
        first, *others = wrap(text, width - indent) or [""]
        lines.append([(f"{much:>{DIGITS - 1}} ", count), (first, words)])
        lines += [[(" " * indent + other, words)] for other in others]
    return lines


def _way(variant: Variant, manner: Manner) -> str:
    return manner.say(", ").join(_chosen(choice, manner) for choice in variant) or manner.say("plain")


def _chosen(choice: Choice, manner: Manner) -> str:
    if choice.kind == "candles":
        count = number(choice.times)
        return manner.say("{count} candles").format(count=count) if choice.times != 1 else manner.say("candles")
    times = f" x{number(choice.times)}" if choice.times != 1 else ""
    return shown(choice.words) + times


def _since(halted: Halted, scene: Scene) -> str:
    return scene.manner.say("since {time}").format(time=scene.manner.clock(halted.since, scene.now))


def _watch(manner: Manner) -> Style:
    return manner.ink(BLACK, YELLOW, bold=True)
