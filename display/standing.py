"""Standing: where an order and its items are, in plain words; each order is put into words once a minute."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from rich.cells import cell_len
from rich.style import Style

from display.age import Pace, Reading, pace_of, read
from display.amounts import PIECES, named
from display.cells import Piece, cut, shown, wrap
from display.manner import Manner
from display.palette import BLACK, MAGENTA
from display.view import Entry, Scene
from edge.orders import Moment, OrderId, OrderState, StationId
from edge.views import CardItem, Whole
from edge.words import Say

MINUTE = 60
AT_ONCE = 32  # orders whose minutes are written anew in one second: due times are whole minutes, and all turn at once
SHORT_NAME = 24  # cells of an item that speaks for its order


# --- an order's items -------------------------------------------------------------------------------------------------


def is_made(item: CardItem) -> bool:
    """Whether nothing is left to be done for it."""
    return item.moment is Moment.FINISHED


def pieces_of(items: Iterable[CardItem]) -> int:
    """How many units there are; what is weighed is one."""
    return sum(max(1, int(item.quantity)) if item.unit in PIECES else 1 for item in items)


def briefly(whole: Whole) -> str:
    """The items in short, an item's parts summed again."""
    summed: dict[tuple[str, str, str], Decimal] = {}
    for item in whole.items:
        key = item.item, item.name, item.unit
        summed[key] = summed.get(key, Decimal(0)) + item.quantity
    return " + ".join(named(name, quantity, unit) for (_, name, unit), quantity in summed.items())


def progress(whole: Whole) -> tuple[int, int]:
    """How many units are made, of how many."""
    return pieces_of(item for item in whole.items if is_made(item)), pieces_of(whole.items)


def missing(whole: Whole) -> tuple[str, ...]:
    """The stages at which something of it still is, each once, the way it stands in the order."""
    return tuple(dict.fromkeys(shown(item.stage_name) for item in whole.items if not is_made(item)))


def allergens(whole: Whole) -> tuple[str, ...]:
    """What somebody may not stand, each once."""
    return tuple(dict.fromkeys(shown(each) for item in whole.items for each in item.bakery.allergens))


def stands(item: CardItem, manner: Manner, now: float) -> str:
    """Where an item is, and since when."""
    if is_made(item):
        return manner.say("made")
    stage = shown(item.stage_name)
    if item.moment is Moment.WAITING:
        return manner.say("waits for {stage}").format(stage=stage)
    return manner.say("{stage} since {span}").format(stage=stage, span=since(item.since, manner, now))


def since(moment: datetime, manner: Manner, now: float) -> str:
    """The time that has passed, never negative."""
    return manner.span(max(0, int((now - moment.timestamp()) // MINUTE)))


def where(item: CardItem, stations: dict[StationId, str]) -> str:
    """The station that an item is at; none once it is made."""
    return "" if is_made(item) or not item.station else shown(stations.get(item.station, item.station))


# --- an order ---------------------------------------------------------------------------------------------------------


def whole_stands(whole: Whole, manner: Manner, now: float) -> str:
    """Where an order is, for somebody who asks about it at the counter."""
    say, clock = manner.say, manner.clock
    due = clock(whole.due, now) if whole.due else ""
    match whole.state:
        case OrderState.HELD if whole.release is not None:
            words = say("held until {time}").format(time=clock(whole.release, now))
        case OrderState.HELD:
            words = say("held by hand")
        case OrderState.READY:
            return say("ready since {time}").format(time=clock(whole.since, now))
        case OrderState.LAPSED:
            words = say("came too late, not made")
        case _:
            words = _at_work(whole, manner, now)
    return say("{words}, due {time}").format(words=words, time=due) if due else words


def _at_work(whole: Whole, manner: Manner, now: float) -> str:
    """The item that is furthest behind speaks for its order."""
    left = [item for item in whole.items if not is_made(item)]
    if not left:
        return manner.say("made")
    last = min(left, key=lambda item: (item.moment is not Moment.WAITING, item.since))
    made, of = progress(whole)
    words = stands(last, manner, now)
    if len(whole.items) == 1:
        return words
    return manner.say("{words}: {name}, {made} of {all} made").format(
        words=words, name=cut(shown(last.name), SHORT_NAME), made=made, all=of
    )


def kind(whole: Whole, say: Say) -> str:
    """How the customer gets it."""
    match whole.type:
        case "DELIVERY":
            return say("Delivery")
        case "TAKEOUT":
            return say("Pick-up")
        case "INDOOR":
            return say("Eat in")
        case other:
            return shown(other)


def channel(name: str, say: Say) -> str:
    """Where the order came from."""
    return shown(say(name)) if name else ""


def source(whole: Whole, say: Say) -> str:
    """Where an order came from, and how the customer gets it."""
    return f"{channel(whole.channel, say)} {kind(whole, say)}".strip()


def danger(whole: Whole, manner: Manner, width: int) -> list[list[Piece]]:
    """Rows that name the allergens, whatever else has no room."""
    named = allergens(whole)
    if not named:
        return []
    text = f" {manner.say('ALLERGENS')} {manner.say(', ').join(named)} "
    return [[(line, manner.ink(BLACK, MAGENTA, bold=True))] for line in wrap(text, width - 1)]


def left(reading: Reading, manner: Manner) -> str:
    """The time to an order's due time, or since."""
    say = manner.say
    if not manner.live or (reading.left is None and reading.overdue is None):
        return ""
    if reading.overdue:
        return say("{span} late").format(span=manner.span(reading.overdue))
    return say("in {span}").format(span=manner.span(reading.left)) if reading.left else say("due now")


def age_word(reading: Reading, manner: Manner) -> str:
    """The word for an order's age; of a board that is not live nothing is known."""
    return manner.say(reading.age.value) if manner.live else manner.say("OLD")


def spread(width: int, fill: Style, *pieces: Piece, right: Piece) -> list[Piece]:
    """Pieces from the left and one at the right end of so many cells."""
    room = max(0, width - cell_len(right[0]))
    fitting: list[Piece] = []
    for text, style in pieces:
        short = cut(text, room)
        room -= cell_len(short)
        fitting.append((short, style))
    return [*fitting, (" " * room, fill), right]


# --- many orders, each second -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Page:
    """What was written about an order, and all that it was written from."""

    whole: Whole
    pace: Pace
    running: tuple[float, ...]  # since when
    clocks: tuple[object, ...]  # in whole minutes
    read_from: tuple[object, ...]
    entry: Entry


class Ledger:
    """Keeps what was written about each order until the order, or the minute of one of its clocks, is another.

    Where the minutes of very many orders turn at once, those further down the list follow within seconds.
    """

    def __init__(self) -> None:
        self._pages: dict[OrderId, _Page] = {}

    def write(
        self, wholes: Sequence[Whole], scene: Scene, given: object, write: Callable[[Whole, Reading], Entry]
    ) -> list[Entry]:
        """An entry for each; `given` is all that `write` looks at beside order, clocks and manner."""
        before, self._pages = self._pages, {}
        now, manner = scene.now, scene.manner
        turned = 0
        today = datetime.fromtimestamp(now, UTC).astimezone(manner.zone).date()
        for whole in wholes:
            page = before.get(whole.order)
            same = page is not None and page.whole is whole
            pace = page.pace if page and same else pace_of(whole)
            running = page.running if page and same else _running(whole)
            reading = read(pace, now)
            minutes = tuple(int((now - start) // MINUTE) for start in running)
            clocks, read_from = (reading, minutes), (today, manner, given)
            if not page or not same or page.read_from != read_from:
                page = _Page(whole, pace, running, clocks, read_from, write(whole, reading))
            elif page.clocks != clocks and turned < AT_ONCE:
                turned += 1
                page = _Page(whole, pace, running, clocks, read_from, write(whole, reading))
            self._pages[whole.order] = page
        return [page.entry for page in self._pages.values()]


def _running(whole: Whole) -> tuple[float, ...]:
    return tuple(item.since.timestamp() for item in whole.items if item.moment is Moment.STARTED)
