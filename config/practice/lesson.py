"""The lesson: which step it is at, with which order, and what it says to what people really do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from config.practice.keys import Keys, Touch
from config.practice.steps import STEPS, Bring, Case, Step, moved_next, page_of
from edge import facts as f
from edge.board import Board
from edge.facts import Fact, Happened
from edge.orders import Order, OrderId, StageId, StationId

PERSONS = ("keypad:", "display:", "api")  # who presses; the rest is the cloud, the clock, a printer or practice itself
NOBODY = OrderId("")
NOTHING: Mapping[str, object] = {}


class Said(NamedTuple):
    """Something to say: a message id, and what stands in it."""

    words: str
    about: Mapping[str, object] = NOTHING


@dataclass
class Lesson:
    """Goes on when the thing that it asks for has happened, on whatever screen or keypad."""

    board: Board
    keys: Keys
    bring: Callable[[Bring], None]  # is called when there is nothing to do the step with
    at: int = 0
    case: Case | None = None
    praise: Said | None = None  # for the step before
    note: Said | None = None  # about the last press, where it was another one
    skipped: set[str] = field(default_factory=set)
    steps: tuple[Step, ...] = field(init=False)
    _began: bool = False

    def __post_init__(self) -> None:
        layout = self.board.layout
        self.steps = tuple(step for step in STEPS if step.can(layout, self.station))

    @property
    def station(self) -> StationId:
        """Where it is taught."""
        return self.keys.station

    @property
    def step(self) -> Step | None:
        """What is to be done; none once all of it was."""
        return self.steps[self.at] if self.at < len(self.steps) else None

    @property
    def touch(self) -> Touch | None:
        """The key to press; first of all that of the page where the card is."""
        if self.step is None or self.case is None:
            return None
        page = self._page(self.case.order)
        if self.case.number and page != self.board.station(self.station).page:
            return self.keys.turn(page)
        return self.step.touch(self.keys, self.case.number)

    def begin(self) -> None:
        """Look at the board for the first time."""
        self._look()

    def take(self, facts: Iterable[Fact[Happened]]) -> None:
        """What was committed, by whomever."""
        for fact in facts:
            if self.step is not None and fact.by.startswith(PERSONS):
                order = self.case.order.id if self.case else NOBODY
                if self.step.done(fact.what, order, self.station):
                    self._go_on(Said(self.step.see))
                    break
                self.note = self._about(fact.what) or self.note
        self._look()

    def skip(self) -> None:
        """The step is left out."""
        if self.step is not None:
            self.skipped.add(self.step.name)
            self._go_on(None)
            self._look()

    def asks(self) -> list[Said]:
        """What the step says."""
        if self.step is None:
            return [Said("That was all. Orders go on coming: practise for as long as you like.")]
        touch = self.touch
        if self.case is None or touch is None:
            return [Said(self.step.waits)]
        order, number = self.case
        if touch != self.step.touch(self.keys, number):
            return [Said("{order} is on another page. Turn the page: {key}.", self._names(order.id, touch))]
        about = {**self._names(order.id, touch), "number": number, "stage": self._stage()}
        also = self.step.also(self.board.layout)
        more = [Said(also, {"seconds": round(self.board.layout.grace)})] if also else []
        return [Said(self.step.do, about), *more]

    # --- where it is ------------------------------------------------------------------------------------------------

    def _go_on(self, praise: Said | None) -> None:
        self.at, self.praise, self.note, self._began = self.at + 1, praise, None, False

    def _look(self) -> None:
        """Stay with the order at hand where the step can be done with it, else take another, else have one brought."""
        if self.step is None:
            self.case = None
            return
        cases = self.step.cases(self.board, self.station)
        mine = self.case.order.id if self.case else None
        had = self.case is not None or not self._began
        self.case = next((case for case in cases if case.order.id == mine), cases[0] if cases else None)
        self._began = True
        if self.case is None and had and self.step.brings:
            self.bring(self.step.brings)

    def _page(self, order: Order) -> int:
        return page_of(order.slots.get(self.station, 1), self.board.layout.stations[self.station].slots)

    def _stage(self) -> str:
        """What the next press on the card is about."""
        moved = self.case and moved_next(self.board, self.station, self.case.order)
        stage = moved[0].stage if moved else None
        return "" if stage is None else self._called(stage)

    def _called(self, stage_id: StageId) -> str:
        return self.board.layout.stage(stage_id).name or stage_id

    def _names(self, order_id: OrderId, touch: Touch) -> dict[str, object]:
        order = self.board.known(order_id)
        return {"order": order.display_id if order else order_id, "key": f"[{touch.key}]"}

    # --- another press than the one it asks for ---------------------------------------------------------------------

    def _about(self, what: Happened) -> Said | None:
        """What to say to a press that the step did not ask for."""
        assert self.step is not None
        match what:
            case f.ItemStarted(implied=True):
                return None
            case f.ItemStarted() | f.ItemFinished():
                return self._about_move(what)
            case f.MoveRecalled():
                return Said("Taken back: {order} stands where it stood.", self._names(what.order, self.keys.recall()))
            case f.Acknowledged():
                names = self._names(what.order, self.keys.acknowledge(0))
                if self.step.done(what, what.order, self.station):
                    return Said("{key} begins with the oldest mark: that was {order}. Press it again.", names)
                return Said("That acknowledged {order}: no harm done.", names)
            case f.PageTurned():
                return Said("That turned the page: {key} turns it on.", {"key": f"[{self.keys.turn(1).key}]"})
            case f.TicketQueued(attempt=attempt) if attempt > 1:
                return Said("That printed a ticket once more: no harm done.")
        return None

    def _about_move(self, what: f.ItemStarted | f.ItemFinished) -> Said | None:
        layout, recall = self.board.layout, self.keys.recall()
        names = {**self._names(what.order, recall), "stage": self._called(what.stage)}
        if what.station != self.station:
            names |= {"station": layout.stations[what.station].name, "here": layout.stations[self.station].name}
            return Said("That was {order} at {station}: this lesson is at {here}.", names)
        if self.step is not None and self.step.name == "recall":
            return Said("That was the mis-press: {order}, {stage}. Now take it back: {key}.", names)
        presses = self.board.station(self.station).moves
        slot = next((press.slot for press in reversed(presses) if press.order == what.order), 1)
        number = (slot - 1) % layout.stations[self.station].slots + 1
        if self.case and self.case.order.id == what.order and self.touch == self.keys.bump(number):
            return None  # one press before the one that counts
        return Said("That was {number}, {order}. Take it back: {key}.", {**names, "number": number})
