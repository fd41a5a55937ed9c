"""The steps of the first lesson, as data: what to do, how it is known to be done, what is to be seen then."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from config.practice.keys import Keys, Touch
from edge import facts as f
from edge.board import Board, words_at
from edge.layout import Layout
from edge.orders import Item, Moment, Order, OrderId, OrderState, StationId, Word
from edge.press import furthest_behind, locked

Bring = Literal["order", "begin", "allergens", "text", "tomorrow", "change", "cancel", "many", "ready"]

SMALL_PAGE = 6  # cards: more would be brought only to have a second page


class Case(NamedTuple):
    """An order that a step can be done with, and its number on the station's page, 0 where it has none."""

    order: Order
    number: int = 0


@dataclass(frozen=True)
class Step:
    """One thing to do; its words are message ids of the catalogue, with {key}, {order} and the like in them."""

    name: str
    do: str
    see: str
    touch: Callable[[Keys, int], Touch]
    cases: Callable[[Board, StationId], list[Case]]  # those it can be done with now, the best first
    done: Callable[[f.Happened, OrderId, StationId], bool]  # whether somebody has done it with such an order
    brings: Bring | None = None  # what must come where there is no case
    can: Callable[[Layout, StationId], bool] = lambda _layout, _station: True
    also: Callable[[Layout], str] = lambda _layout: ""
    waits: str = "One moment: it is on its way."


# --- what there is to do it with ------------------------------------------------------------------------------------


def _cards(board: Board, station: StationId) -> list[Case]:
    """The cards of a station; those of the page that is shown first."""
    slots, page = board.layout.stations[station].slots, board.station(station).page
    cards = [(slot, order) for slot, order in board.cards(station) if order.state is not OrderState.CANCELLED]
    cards.sort(key=lambda card: (page_of(card[0], slots) != page, card[0]))
    return [Case(order, (slot - 1) % slots + 1) for slot, order in cards]


def page_of(slot: int, slots: int) -> int:
    """The page a slot is on."""
    return (slot - 1) // slots + 1


def pages_of(board: Board, station: StationId) -> int:
    """How many pages the cards of a station take."""
    return page_of(max((slot for slot, _ in board.cards(station)), default=1), board.layout.stations[station].slots)


def moved_next(board: Board, station: StationId, order: Order) -> tuple[Item, ...]:
    """What the next press on a card moves; nothing of one that is locked."""
    group = furthest_behind(board.layout, order, station)
    return () if order.state is not OrderState.OPEN or locked(board.layout, order, station, group) else group


def _movable(board: Board, station: StationId) -> list[Case]:
    return [case for case in _cards(board, station) if moved_next(board, station, case.order)]


def _waiting(board: Board, station: StationId) -> list[Case]:
    cases = _movable(board, station)
    return [case for case in cases if moved_next(board, station, case.order)[0].moment is Moment.WAITING]


def _begun_first(board: Board, station: StationId) -> list[Case]:
    waiting = _waiting(board, station)
    return [*(case for case in _movable(board, station) if case not in waiting), *waiting]


def _pressed_or_movable(board: Board, station: StationId) -> list[Case]:
    """What can be pressed by mistake; where the mistake has left the station, what it was."""
    pressed = (board.orders.get(press.order) for press in reversed(board.station(station).moves))
    return _movable(board, station) or [Case(order) for order in pressed if order]


def _marked(word: Word) -> Callable[[Board, StationId], list[Case]]:
    def marked(board: Board, station: StationId) -> list[Case]:
        return [case for case in _cards(board, station) if word in words_at(board.layout, case.order, station)]

    return marked


def _called_off(board: Board, station: StationId) -> list[Case]:
    slots = board.layout.stations[station].slots
    cards = board.cards(station)
    return [Case(order, (slot - 1) % slots + 1) for slot, order in cards if order.state is OrderState.CANCELLED]


def _elsewhere(board: Board, station: StationId) -> list[Case]:
    slots, page = board.layout.stations[station].slots, board.station(station).page
    return [Case(order) for slot, order in board.cards(station) if page_of(slot, slots) != page]


def _on_paper(board: Board, station: StationId) -> list[Case]:
    """The order of the station's latest ticket, where it has come out."""
    printers = {rule.printer for rule in board.layout.printing if station in rule.stations}
    jobs = [job for job in board.jobs.values() if job.printer in printers]
    latest = max(jobs, key=lambda job: (job.at, int(job.id)), default=None)
    order = board.orders.get(latest.order) if latest and not latest.waiting else None
    return [Case(order)] if order else []


def _ready(board: Board, _station: StationId) -> list[Case]:
    return [Case(order) for order in board.orders.values() if order.state is OrderState.READY]


# --- what was done --------------------------------------------------------------------------------------------------


def _started(what: f.Happened, order: OrderId, station: StationId) -> bool:
    return isinstance(what, f.ItemStarted) and not what.implied and (what.order, what.station) == (order, station)


def _finished(what: f.Happened, order: OrderId, station: StationId) -> bool:
    return isinstance(what, f.ItemFinished) and (what.order, what.station) == (order, station)


def _taken_back(what: f.Happened, _order: OrderId, station: StationId) -> bool:
    return isinstance(what, f.MoveRecalled) and what.station == station


def _acknowledged(what: f.Happened, order: OrderId, station: StationId) -> bool:
    return isinstance(what, f.Acknowledged) and (what.order, what.station) == (order, station)


def _turned(what: f.Happened, _order: OrderId, station: StationId) -> bool:
    return isinstance(what, f.PageTurned) and what.station == station


def _printed_again(what: f.Happened, _order: OrderId, _station: StationId) -> bool:
    return isinstance(what, f.TicketQueued) and what.attempt > 1


def _collected(what: f.Happened, order: OrderId, _station: StationId) -> bool:
    return isinstance(what, f.OrderCollected) and what.order == order


# --- the lesson -----------------------------------------------------------------------------------------------------


def _tells_two_moments(layout: Layout, station: StationId) -> bool:
    first = {layout.stage(route.stages[0]) for route in layout.routes}
    return any(stage.presses > 1 and layout.station_of(stage.id) == station for stage in first)


STEPS = (
    Step(
        "start",
        "{order} has the number {number}. Press {key}: its next step, {stage}, is started.",
        "The last line of the card says what the next press will do.",
        lambda keys, number: keys.bump(number),
        _waiting,
        _started,
        "begin",
        _tells_two_moments,
    ),
    Step(
        "finish",
        "{order} has the number {number}. Press {key} when {stage} is done.",
        "It has gone on by itself: to the next stage here, or to the next station.",
        lambda keys, number: keys.bump(number),
        _begun_first,
        _finished,
        "order",
    ),
    Step(
        "recall",
        "Press any number, as if by mistake. Then take it back: {key}.",
        "The card stands where it stood, marked RECALLED.",
        lambda keys, _number: keys.recall(),
        _pressed_or_movable,
        _taken_back,
        "order",
        also=lambda layout: "Within {seconds} s nobody outside hears of it." if layout.grace >= 1 else "",
    ),
    Step(
        "allergens",
        "{order} has ALLERGENS: read which, then acknowledge: {key}.",
        "The mark is gone: everybody sees that you have read it.",
        lambda keys, number: keys.acknowledge(number),
        _marked(Word.ALLERGEN),
        _acknowledged,
        "allergens",
        also=lambda layout: "Before that its number does nothing." if layout.confirm_allergens else "",
    ),
    Step(
        "change",
        "The customer has changed {order}: read what is ALTERED, then acknowledge: {key}.",
        "The mark is gone. Where paper was out already, a slip has followed it.",
        lambda keys, number: keys.acknowledge(number),
        _marked(Word.CHANGED),
        _acknowledged,
        "change",
    ),
    Step(
        "cancel",
        "{order} is CANCELLED: stop making it, then acknowledge: {key}.",
        "The card is gone, and its number rests for a few seconds.",
        lambda keys, number: keys.acknowledge(number),
        _called_off,
        _acknowledged,
        "cancel",
    ),
    Step(
        "page",
        "There are more cards than one page shows. Turn the page: {key}.",
        "Every screen and keypad of the station has turned with it.",
        lambda keys, _number: keys.turn(2),
        _elsewhere,
        _turned,
        "many",
        lambda layout, station: layout.stations[station].slots <= SMALL_PAGE,
    ),
    Step(
        "reprint",
        "A ticket is lost. Print the latest once more: {key}.",
        "The paper says REPRINT, so that nothing is made twice.",
        lambda keys, _number: keys.reprint(),
        _on_paper,
        _printed_again,
        can=lambda layout, station: any(station in rule.stations for rule in layout.printing),
        waits="A ticket must come out first: look after the printer, or skip this.",
    ),
    Step(
        "collect",
        "{order} is ready, and the customer is here. {key} shows the counter: type the number in front of {order}.",
        "The order is done. F2 shows the board again.",
        lambda keys, _number: keys.counter(),
        _ready,
        _collected,
        "ready",
    ),
)
