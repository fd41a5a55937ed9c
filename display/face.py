"""The face of a card: what it says about an order, in rows for the room it has."""

from dataclasses import dataclass
from enum import IntEnum

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from display.age import Age, Reading, moved_next
from display.amounts import number, unit_of
from display.cells import Piece, chipped, cut, row, shown, shown_id, wrap
from display.manner import Manner
from display.numerals import ROWS, numeral
from display.palette import BLACK, BLUE, CYAN, FAINT, GREEN, MAGENTA, MARKS, RED, SHADE, WHITE, YELLOW, ink
from edge.changes import label
from edge.orders import Moment, OrderState
from edge.views import Card, CardItem, RemovedItem
from edge.words import Say

BANDS = {
    Age.EARLY: (WHITE, BLUE),
    Age.ON_TIME: (WHITE, GREEN),
    Age.SOON: (BLACK, YELLOW),
    Age.LATE: (BLACK, RED),
}
BIG = (28, 11)  # from this size on the number is five rows high
AIRY = 16  # from this height on the number has air around it
TALL = 4  # from this height on the head has two rows
INDENT = 4


class Rank(IntEnum):
    """How much a line is needed: the higher its rank, the sooner it goes where there is no room."""

    AIR = -1  # is only there where there is room
    STOP = 0
    DANGER = 1
    ITEM = 2
    CHANGE = 3
    CAKE_TEXT = 4
    NOTE = 5
    TRAIT = 6


Line = tuple[Rank, Strip]


def _count(item: CardItem | RemovedItem) -> str:
    return f"{number(item.quantity):>2}{unit_of(item.unit)}"


@dataclass(frozen=True, kw_only=True)
class Face:
    """One card under its number, for one size; `now` gives the day that `today` is."""

    card: Card
    position: int
    width: int
    height: int
    manner: Manner
    now: float

    @property
    def big(self) -> bool:
        """Whether the number is five rows high."""
        return self.width >= BIG[0] and self.height >= BIG[1]

    @property
    def airy(self) -> bool:
        """Whether the number has an empty row above and below it."""
        return self.big and self.height >= AIRY

    @property
    def ground(self) -> Style:
        """The style of what is empty."""
        return self.manner.ink(WHITE)

    @property
    def cancelled(self) -> bool:
        """Whether the card is there only to be acknowledged."""
        return self.card.state is OrderState.CANCELLED

    @property
    def say(self) -> Say:
        """The words of the card's language."""
        return self.manner.say

    def head(self, reading: Reading) -> list[Strip]:
        """The band in the colour of the card's age: number, display id, due time, age."""
        color, ground = (WHITE, SHADE) if self.cancelled else BANDS[reading.age]
        band = self.manner.ink(color, ground)
        bold = self.manner.ink(color, ground, bold=True)
        name = (shown_id(self.card), bold)
        if self.big:
            stroke = FAINT if not self.manner.live else WHITE if color == WHITE else SHADE  # never the ground's black
            block = ink(stroke, stroke)
            texts = [
                name,
                (self._due(reading), band),
                (self._age(reading), bold),
                (self._stage(reading), band),
                (self._from(), band),
            ]
            chips = [self._head_chip, None, None, None, None]
            strips = [
                row(self.width, band, (" ", band), *blocks, ("  ", band), text, right=chip)
                for blocks, text, chip in zip(numeral(self.position, block, band), texts, chips, strict=True)
            ]
            air = [row(self.width, band)] if self.airy else []
            return [*air, *strips, *air]
        badge = (f" {self.position} ", self.manner.ink(ground, color, bold=True))
        gap = (" ", bold)
        if self.height < TALL:
            word, chip = self._age(reading), self._head_chip
            room = self.width - sum(cell_len(text) for text, _ in (badge, gap, name, gap))
            choices = ((f"{word} {self._brief(reading)}", chip), (word, chip), (word, None))
            fitting = (each for each in choices if cell_len(each[0]) + cell_len(each[1][0] if each[1] else "") <= room)
            word, chip = next(fitting, choices[-1])
            return [row(self.width, bold, badge, gap, name, gap, (word, bold), right=chip)]
        second = [gap, (self._age(reading), bold), (" " + self._due(reading), band)]
        return [row(self.width, band, badge, gap, name, right=self._head_chip), row(self.width, band, *second)]

    def body(self) -> list[Strip]:
        """What is to be made; where not all of it fits, the least needed lines go, and how many went is said."""
        room = self.height - self._head_rows - 1
        lines = self._lines()
        kept = list(lines)
        while len(kept) > room and (worst := max(rank for rank, _ in kept)) > Rank.ITEM:
            del kept[max(at for at, (rank, _) in enumerate(kept) if rank == worst)]
        if len(kept) > room or room == 1 < len(lines):
            dangers = [line for line in kept if line[0] < Rank.ITEM][: room - 1]
            kept = dangers + self._names(above={rank for rank, _ in dangers})
        elif len(kept) + (names := sum(rank is Rank.ITEM for rank, _ in kept)) <= room:
            blank = Rank.AIR, row(self.width, self.ground)
            kept = [each for line in kept for each in ([blank, line] if line[0] is Rank.ITEM else [line])]
            lines += [blank] * names
        strips = [strip for _, strip in kept[:room]]
        missing = len(lines) - len(strips)
        if missing > 0 and strips:
            chip = f" +{missing} "
            free = (y for y in reversed(range(len(strips))) if not strips[y].crop(self.width - len(chip)).text.strip())
            y = next(free, len(strips) - 1)
            strips[y] = chipped(strips[y], (chip, self.manner.ink(BLACK, FAINT)))
        return strips + [row(self.width, self.ground)] * (room - len(strips))

    def foot(self, reading: Reading, undo: int = 0, *, first: bool = False) -> Strip:
        """What the next press will do; `undo` seconds are left to take the last back, `first` leads the eye here."""
        if not self.manner.live:
            return row(self.width, self.ground, (" " + self.say("not live: do not press"), self.ground))
        if self.card.next is None:
            cancelled, changed = self.say("cancelled: acknowledge"), self.say("changed: acknowledge")
            words = cancelled if self.cancelled else changed if self.card.marks else ""
            return row(self.width, self.ground, (" " + words, self.manner.ink(RED, bold=True)))
        starts = self.card.next.moment is Moment.STARTED
        words = self.say("next: start {stage}") if starts else self.say("next: finish {stage}")
        text = (">> " if first else " ") + words.format(stage=shown(self.card.next.name))
        strong = self.manner.ink(BLACK, WHITE, bold=True) if first else self.manner.ink(WHITE, SHADE, bold=True)
        if self.card.locked:
            text = (">> " if first else " ") + self.say("acknowledge allergens")
            strong = self.manner.ink(BLACK, MAGENTA, bold=True)
        return row(self.width, strong, (text, strong), right=self._clock(text, reading, undo))

    def _clock(self, text: str, reading: Reading, undo: int) -> Piece | None:
        """What runs down beside the next step: the time to take the last one back, or until it may be done."""
        if undo:
            style = self.manner.ink(BLACK, CYAN, bold=True)
            span = self.say("{seconds} s").format(seconds=undo)
            said = self.say("r {number}: back, {span}").format(number=self.position, span=span)
        elif reading.too_early:
            style = self.manner.ink(WHITE, BLUE)
            span = self.manner.span(reading.too_early)
            said = self.say("{span} too early").format(span=span)
        else:
            return None
        fitting = [words for words in (f" {said} ", f" {span} ") if cell_len(text) + cell_len(words) < self.width]
        return (fitting[0], style) if fitting else (f" {span} ", style) if undo else None

    @property
    def _head_rows(self) -> int:
        if self.big:
            return ROWS + 2 if self.airy else ROWS
        return 2 if self.height >= TALL else 1

    def _from(self) -> str:
        channel = shown(self.card.channel)
        return f"{self.say(channel) if channel else ''} {shown(self.card.customer)}".strip()

    def _age(self, reading: Reading) -> str:
        if not self.manner.live:
            return self.say("OLD")
        return self.say("CANCELLED") if self.cancelled else self.say(reading.age.value)

    def _left(self, reading: Reading) -> str:
        if not self.manner.live:
            return ""
        if reading.overdue is not None:
            late = self.manner.span(reading.overdue)
            return self.say("{span} late").format(span=late) if reading.overdue else self.say("due now")
        if reading.left is None:
            return ""
        return (
            self.say("in {span}").format(span=self.manner.span(reading.left)) if reading.left else self.say("due now")
        )

    def _brief(self, reading: Reading) -> str:
        """The minutes behind the word for the age, where it is the due time that it speaks of."""
        if not self.manner.live or self.cancelled:
            return ""
        if reading.age is Age.LATE:
            return self.manner.span(reading.overdue) if reading.overdue else ""
        if reading.age is Age.EARLY or reading.left is None:
            return ""
        return self.manner.span(reading.left)

    def _due(self, reading: Reading) -> str:
        if self.card.due is None:
            return self.say("no due time")
        return f"{self.manner.clock(self.card.due, self.now)} {self._left(reading)}".rstrip()

    def _stage(self, reading: Reading) -> str:
        moved = moved_next(self.card)
        if not moved or not self.manner.live:
            return ""
        item = moved[0]
        if item.moment is Moment.WAITING:
            return self.say("waiting {span}").format(span=self.manner.span(reading.worked))
        limits = "-".join(str(minutes) for minutes in (item.min_minutes, item.max_minutes) if minutes)
        worked = f"{reading.worked}/{limits}" if limits else str(reading.worked)
        return self.say("{stage} {minutes} min").format(stage=shown(item.stage_name), minutes=worked)

    @property
    def _chips(self) -> list[Piece]:
        chips = [
            (f" {self.say(word.value.upper())} ", self.manner.ink(*colors, bold=True))
            for word, colors in MARKS.items()
            if word in self.card.marks
        ]
        if self.card.priority:
            chips.append((" " + self.say("FIRST") + " ", self.manner.ink(BLACK, YELLOW, bold=True)))
        return chips

    @property
    def _head_chip(self) -> Piece | None:
        """The most important mark stands in the head where the display id leaves room for it."""
        if not self._chips:
            return None
        first = self._chips[0]
        number = (
            sum(cell_len(text) for text, _ in numeral(self.position, self.ground, self.ground)[0]) if self.big else 1
        )
        taken = 4 + number + cell_len(shown_id(self.card)) + cell_len(first[0])
        return first if taken <= self.width or self.height < TALL else None

    def _lines(self) -> list[Line]:
        lines = [*self._dangers(), *self._marks()]
        moved = moved_next(self.card)
        for item in self.card.items:
            lines += self._name(item, moved=any(item is one for one in moved))
            lines += self._details(item)
        for gone in self.card.removed:
            lines += [] if gone.begun else self._removed(gone)
        if self.card.note:
            lines += self._note(self.card.note, 1)
        return lines

    def _marks(self) -> list[Line]:
        chips = [chip for chip in self._chips if chip != self._head_chip]
        if not chips:
            return []
        spaced = [piece for chip in chips for piece in ((" ", self.ground), chip)]
        return [(Rank.DANGER, row(self.width, self.ground, *spaced))]

    def _dangers(self) -> list[Line]:
        lines = [line for gone in self.card.removed if gone.begun for line in self._stop(gone)]
        allergens = dict.fromkeys(allergen for item in self.card.items for allergen in item.bakery.allergens)
        if allergens:
            style = self.manner.ink(BLACK, MAGENTA, bold=True)
            text = self.say("ALLERGENS") + " " + ", ".join(shown(allergen) for allergen in allergens)
            rows = wrap(text, self.width - 2)
            lines += [(Rank.DANGER, row(self.width, style, (" " + line, style))) for line in rows]
        if self.card.dropped:
            style = self.manner.ink(YELLOW)
            text = f" {self.say('NOT UNDERSTOOD')} " + ", ".join(shown(path) for path in self.card.dropped)
            lines.append((Rank.DANGER, row(self.width, self.ground, (text, style))))
        return lines

    def _name(self, item: CardItem, *, moved: bool) -> list[Line]:
        color = WHITE if moved or self.cancelled else FAINT
        style = self.manner.ink(color, bold=moved, strike=self.cancelled)
        stage = (
            None
            if moved or self.cancelled
            else (f" {cut(shown(item.stage_name), self.width // 2)} ", self.manner.ink(FAINT))
        )
        if item.change == "added":
            stage = self._chip(self.say("ADDED"))
        elif item.change:
            stage = self._chip(self.say("ALTERED"))
        elif item.wasted:
            stage = (f" {self._remade(item)} ", self.manner.ink(BLACK, YELLOW, bold=True))
        return self._counted(item, self.manner.ink(color, bold=moved), style, stage)

    def _remade(self, item: CardItem) -> str:
        return self.say("REMADE") + (f" {number(item.wasted)}" if item.wasted != 1 else "")

    def _removed(self, item: RemovedItem) -> list[Line]:
        faint, struck = self.manner.ink(FAINT), self.manner.ink(FAINT, strike=True)
        return self._counted(item, faint, struck, self._chip(self.say("REMOVED")))

    def _stop(self, item: RemovedItem, *chips: Piece) -> list[Line]:
        """A removed item that somebody is at shouts."""
        loud = self.manner.ink(WHITE, RED, bold=True)
        room = self.width - 2 - sum(cell_len(text) for text, _ in chips)
        rows = wrap(f"{self.say('STOP')} {_count(item).strip()} {shown(item.name)}", room)
        return [(Rank.STOP, row(self.width, loud, *chips, (" " + line, loud))) for line in rows]

    def _counted(self, item: CardItem | RemovedItem, plain: Style, style: Style, right: Piece | None) -> list[Line]:
        count = f" {_count(item)}"
        indent = cell_len(count) + 1
        first, *others = wrap(shown(item.name), self.width - indent - (cell_len(right[0]) if right else 1)) or ["?"]
        gap = (" ", self.ground)
        return [
            (Rank.ITEM, row(self.width, self.ground, (count, plain), gap, (first, style), right=right)),
            *((Rank.NOTE, row(self.width, self.ground, (" " * indent, self.ground), (o, style))) for o in others),
        ]

    def _chip(self, word: str) -> Piece:
        return (f" {word} ", self.manner.ink(BLACK, CYAN, bold=True))

    def _details(self, item: CardItem) -> list[Line]:
        cake = item.bakery
        fields = self.say(", ").join(shown(self.say(label(field))) for field in item.changed)
        changed = self.say("changed: {fields}").format(fields=fields) if fields else ""
        if item.change and item.wasted:  # the chip has no room for it
            changed = f"{self._remade(item)} {changed}".rstrip()
        traits = [shown(trait) for trait in (cake.size, cake.flavour, cake.filling, cake.frosting) if trait]
        for option in item.options:
            times = f" x{number(option.quantity)}" if option.quantity != 1 else ""
            traits.append(shown(option.name) + times)
        if cake.candles:
            traits.append(self.say("{count} candles").format(count=cake.candles))
        lines = self._written(changed, INDENT, self.manner.ink(CYAN, bold=True), Rank.CHANGE)
        lines += self._written(", ".join(traits), INDENT, self.manner.ink(WHITE), Rank.TRAIT)
        if item.note:
            lines += self._note(item.note, INDENT)
        if cake.cake_text:
            text = self.say('on it: "{text}"').format(text=shown(cake.cake_text))
            lines += self._written(text, INDENT, self.manner.ink(CYAN, bold=True), Rank.CAKE_TEXT)
        return lines

    def _note(self, note: str, indent: int) -> list[Line]:
        text = self.say("note: {text}").format(text=shown(note))
        return self._written(text, indent, self.manner.ink(YELLOW), Rank.NOTE)

    def _written(self, text: str, indent: int, style: Style, rank: Rank) -> list[Line]:
        rows = wrap(text, self.width - indent - 1)
        return [(rank, row(self.width, self.ground, (" " * indent, self.ground), (line, style))) for line in rows]

    def _names(self, *, above: set[Rank]) -> list[Line]:
        """All names in a row or two, with what the lines above them do not say any more."""
        chips: list[Piece] = []
        if Rank.DANGER not in above and any(item.bakery.allergens for item in self.card.items):
            chips = [(" ! ", self.manner.ink(BLACK, MAGENTA, bold=True))]
        stopped = [item for item in self.card.removed if item.begun]
        if stopped and Rank.STOP not in above:
            return [line for item in stopped for line in self._stop(item, *chips)]
        names = [
            f"{_count(item).strip()} {shown(item.name)}" + (f" {self._remade(item)}" if item.wasted else "")
            for item in self.card.items
        ]
        gone = [f"{_count(item).strip()} {shown(item.name)}" for item in self.card.removed if not item.begun]
        if gone:
            names.append(self.say("REMOVED") + " " + " + ".join(gone))
        style = self.manner.ink(WHITE, bold=True, strike=self.cancelled)
        room = self.width - 2 - sum(cell_len(text) for text, _ in chips)
        rows = wrap(" + ".join(names), room)
        return [(Rank.ITEM, row(self.width, self.ground, *chips, (" " + line, style))) for line in rows]
