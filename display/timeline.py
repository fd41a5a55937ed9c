"""Timeline: today and the next days by hour: what is due, what is released when, and how much it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from rich.cells import cell_len, set_cell_size

from display.age import Reading
from display.cells import Piece, cut, shown, shown_id
from display.face import BANDS
from display.manner import Manner
from display.palette import BLACK, BLUE, CYAN, FAINT, RED, WHITE, YELLOW
from display.standing import MINUTE, Ledger, age_word, briefly, is_made, missing, pieces_of
from display.view import Entry, Listing, Scene, Target, Verb
from edge.orders import OrderState
from edge.views import Whole
from edge.words import Say

LOAD = 22  # cells of an hour's orders and units
LONGEST_BAR = 24  # cells of the fullest hour
SHORT = 6  # cells of most numbers
NAME = 12  # cells of an order's number and of a customer
NAMED = 6  # releases of an hour; more are counted


@dataclass
class Hour:
    """What is due in one hour, and what is released in it."""

    begins: datetime  # in the store's zone
    due: list[Whole] = field(default_factory=list)
    released: list[Whole] = field(default_factory=list)

    @property
    def units(self) -> int:
        """How much is still to be made for it."""
        return units(self.due)


@dataclass
class Plan:
    """Every order that is still to be made: by who must act, then by time."""

    lapsed: list[Whole] = field(default_factory=list)
    by_hand: list[Whole] = field(default_factory=list)  # held, without a release
    late: list[Whole] = field(default_factory=list)
    undated: list[Whole] = field(default_factory=list)
    hours: list[Hour] = field(default_factory=list)

    @property
    def orders(self) -> list[Whole]:
        """All of them, the way they are listed."""
        dated = (whole for hour in self.hours for whole in hour.due)
        return [*self.late, *self.lapsed, *self.by_hand, *self.undated, *dated]


def units(wholes: Iterable[Whole]) -> int:
    """How many units are still to be made."""
    return sum(pieces_of(item for item in whole.items if not is_made(item)) for whole in wholes)


def plan(wholes: Sequence[Whole], manner: Manner, now: float) -> Plan:
    """The plan at an instant."""
    made = Plan()
    hours: dict[datetime, Hour] = {}

    def hour(moment: datetime) -> Hour:
        begins = moment.astimezone(manner.zone).replace(minute=0, second=0, microsecond=0)
        return hours.setdefault(begins, Hour(begins))

    for whole in sorted(wholes, key=_by_due):
        if whole.state is OrderState.LAPSED:
            made.lapsed.append(whole)
            continue
        if whole.state not in {OrderState.HELD, OrderState.OPEN}:
            continue
        held = whole.state is OrderState.HELD
        if held and whole.release is None:
            made.by_hand.append(whole)
        elif whole.due is None:
            made.undated.append(whole)
        elif whole.due.timestamp() < now:
            made.late.append(whole)
        else:
            hour(whole.due).due.append(whole)
        if held and whole.release is not None:
            hour(max(whole.release, datetime.fromtimestamp(now, UTC))).released.append(whole)
    made.hours = [hours[begins] for begins in sorted(hours)]
    for one in made.hours:
        one.released.sort(key=lambda whole: (whole.release or whole.created, whole.order))
    return made


def _by_due(whole: Whole) -> tuple[float, int, datetime, str]:
    return (whole.due.timestamp() if whole.due else float("inf"), -whole.priority, whole.created, whole.order)


def bar(amount: int, most: int) -> str:
    """An amount as a row of marks, so long that the greatest fills it and that any is seen."""
    return "#" * max(1, round(LONGEST_BAR * amount / most)) if amount and most else ""


def day_name(day: date, today: date, say: Say) -> str:
    """A day as people call it."""
    names = (say("Mon"), say("Tue"), say("Wed"), say("Thu"), say("Fri"), say("Sat"), say("Sun"))
    name = f"{names[day.weekday()]} {day:%m-%d}"
    if day == today:
        return f"{say('today')} {name}"
    return f"{say('tomorrow')} {name}" if day == today + timedelta(days=1) else name


class Timeline(Listing):
    """What the ovens are asked for, hour by hour."""

    verb: ClassVar[Verb] = "release"
    verbs: ClassVar[tuple[Verb, ...]] = ("release", "hold", "prioritise", "reschedule", "refuse", "look")
    column: ClassVar[int] = 78

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._ledger = Ledger()
        self._planned: tuple[tuple[object, ...], Plan, dict[str, Entry]] = ((), Plan(), {})

    def title(self, scene: Scene) -> str:
        """What is to be made in all."""
        say, planned = scene.manner.say, self._planned[1]
        words = say("timeline: {count} orders, {units} units to make").format(
            count=len(planned.orders) - len(planned.lapsed), units=units(planned.orders)
        )
        late = f"  {say('LATE')} {len(planned.late)}" if planned.late else ""
        hand = f"  {say('BY HAND')} {len(planned.by_hand)}" if planned.by_hand else ""
        return words + late + hand

    def entries(self, scene: Scene, width: int) -> list[Entry]:
        """First what waits for somebody, then what is late, then hour by hour."""
        manner, now = scene.manner, scene.now
        read_from = scene.board.orders, int(now // MINUTE), manner, width
        known = self._planned[0]
        if not known or known[0] is not read_from[0] or known[1:] != read_from[1:]:
            planned = plan(scene.board.orders, manner, now)
            self._planned = read_from, planned, _headings(planned, manner, now, width)
        _, planned, headings = self._planned

        def write(whole: Whole, reading: Reading) -> Entry:
            return _line(whole, reading, manner, now)

        lines = {entry.key: entry for entry in self._ledger.write(planned.orders, scene, width, write)}
        entries: list[Entry] = []
        for key, heading in headings.items():
            entries += [heading, *(lines[whole.order] for whole in _under(key, planned))]
        return entries or [Entry("nothing", [[(manner.say("nothing is planned"), manner.ink(FAINT, BLACK))]])]


def _under(key: str, planned: Plan) -> list[Whole]:
    match key:
        case "lapsed":
            return planned.lapsed
        case "by hand":
            return planned.by_hand
        case "late":
            return planned.late
        case "undated":
            return planned.undated
        case _:
            return next((hour.due for hour in planned.hours if hour.begins.isoformat() == key), [])


def _headings(planned: Plan, manner: Manner, now: float, width: int) -> dict[str, Entry]:
    """What stands above each group, by the group."""
    say = manner.say
    red, yellow, plain = (WHITE, RED), (BLACK, YELLOW), (BLACK, WHITE)
    groups = (
        ("late", planned.late, say("LATE"), red),
        ("lapsed", planned.lapsed, say("came too late, not made: release or refuse"), yellow),
        ("by hand", planned.by_hand, say("held by hand: wait for somebody to release them"), yellow),
        ("undated", planned.undated, say("no due time"), plain),
    )
    headings = {
        key: Entry(key, [[(f" {words} ", manner.ink(*colors, bold=True))]])
        for key, wholes, words, colors in groups
        if wholes
    }
    most = max((hour.units for hour in planned.hours), default=0)
    today = datetime.fromtimestamp(now, UTC).astimezone(manner.zone).date()
    day: date | None = None
    for hour in planned.hours:
        rows: list[list[Piece]] = []
        if hour.begins.date() != day:
            day = hour.begins.date()
            rows.append(_of_day(day, planned, today, manner))
        rows += _of_hour(hour, most, manner, width)
        key = hour.begins.isoformat()
        headings[key] = Entry(key, rows)
    return headings


def _of_day(day: date, planned: Plan, today: date, manner: Manner) -> list[Piece]:
    wholes = [whole for hour in planned.hours if hour.begins.date() == day for whole in hour.due]
    say = manner.say
    load = say("orders {count}, units {units}").format(count=len(wholes), units=units(wholes))
    return [(f" {day_name(day, today, say)}: {load} ", manner.ink(BLACK, CYAN, bold=True))]


def _of_hour(hour: Hour, most: int, manner: Manner, width: int) -> list[list[Piece]]:
    say, strong, faint = manner.say, manner.ink(WHITE, BLACK, bold=True), manner.ink(FAINT, BLACK)
    time = f"{hour.begins:%H:%M}  "
    rows: list[list[Piece]] = []
    if hour.due:
        load = say("orders {count}, units {units}").format(count=len(hour.due), units=hour.units)
        filled = set_cell_size(load, max(LOAD, cell_len(load) + 1))
        rows.append([(time, strong), (filled, strong), (bar(hour.units, most), manner.ink(CYAN, BLACK))])
    if hour.released:
        named = [f"{starts(whole, manner)} {shown_id(whole)}" for whole in hour.released[:NAMED]]
        named += [f"+{len(hour.released) - NAMED}"] if hour.released[NAMED:] else []
        text = say("starts by itself: {names}").format(names=say(", ").join(named))
        rows.append([(" " * len(time) if rows else time, strong), (cut(text, width - len(time)), faint)])
    return rows


def starts(whole: Whole, manner: Manner) -> str:
    """The time of day of a release."""
    return f"{whole.release.astimezone(manner.zone):%H:%M}" if whole.release else ""


def _column(text: str, width: int) -> str:
    """Text as wide as a column, or wider where it is longer."""
    said = cut(shown(text), NAME)
    return set_cell_size(said, max(width, cell_len(said))) + " "


def _line(whole: Whole, reading: Reading, manner: Manner, now: float) -> Entry:
    """One order in one row."""
    say, plain = manner.say, manner.ink(WHITE, BLACK)
    strong, faint = manner.ink(WHITE, BLACK, bold=True), manner.ink(FAINT, BLACK)
    day = whole.due.astimezone(manner.zone).date() if whole.due else None
    match whole.state:
        case OrderState.LAPSED:
            word, colors = say("TOO OLD"), (BLACK, YELLOW)
        case OrderState.HELD if whole.release is not None:
            release = whole.release.astimezone(manner.zone)
            time = f"{release:%H:%M}" if release.date() == day else f"{release:%m-%d %H:%M}"
            word, colors = say("release {time}").format(time=time), (WHITE, BLUE)
        case OrderState.HELD:
            word, colors = say("BY HAND"), (BLACK, YELLOW)
        case _:
            word, colors = age_word(reading, manner), BANDS[reading.age]
    due = "--:--"
    if whole.due:  # under the heading of its day its time is enough
        dated = whole.due.timestamp() < now or (whole.state is OrderState.HELD and whole.release is None)
        due = manner.clock(whole.due, now if dated else whole.due.timestamp())
    pieces: list[Piece] = [(f"{due} ", strong), (_column(shown_id(whole), SHORT), strong)]
    pieces.append((_column(whole.customer, SHORT + 2), faint))
    if whole.priority:
        pieces += [(f" {say('FIRST')} ", manner.ink(BLACK, YELLOW, bold=True)), (" ", plain)]
    if whole.state is OrderState.OPEN and (stages := missing(whole)):
        pieces.append((f"{say(', ').join(stages)}: ", manner.ink(CYAN, BLACK)))
    pieces.append((briefly(whole), plain))
    target = Target(shown_id(whole), order=whole.order, items=whole.items)
    return Entry(whole.order, [pieces], target, right=(f" {word} ", manner.ink(*colors, bold=True)))
