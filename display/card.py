"""A place for a card: one of a fixed pool of line-API widgets that orders are put on and taken off."""

from dataclasses import replace

from textual.message import Message
from textual.strip import Strip

from display.age import Reading, seconds_left
from display.cells import Painted, row, shown, shown_id, wrap
from display.face import Face
from display.manner import Manner
from display.palette import BLACK, CYAN, FAINT, ink
from edge.orders import Moment
from edge.views import Card, Pressed


class CardPlace(Painted):
    """Shows the card that stands under a number, or that the number is free."""

    class Tapped(Message):
        """A finger chose the place."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def __init__(self) -> None:
        super().__init__()
        self._key: tuple[Card | None, int, Manner | None, Pressed | None] = (None, 0, None, None)
        self._clocks: tuple[Reading | None, int, bool] = (None, 0, False)
        self._now = 0.0
        self._face: Face | None = None
        self._body: list[Strip] = []
        self._head: list[Strip] = []
        self._headed: tuple[Reading, float] | None = None  # the clocks that the head tells, and their minute

    def show(
        self,
        card: Card | None,
        position: int,
        manner: Manner,
        now: float,
        reading: Reading | None = None,
        *,
        press: Pressed | None = None,
        first: bool = False,
    ) -> bool:
        """Show a card under its number, or the press that freed it; true where the place must be drawn anew for it."""
        if press == self._key[3]:
            press = self._key[3]  # the last presses come anew with every change of a station
        key = (card, position, manner, press)
        same = all(new is old for new, old in zip(key, self._key, strict=True))
        if not same:
            if any(new is not old for new, old in zip(key[:3], self._key[:3], strict=True)):
                self._face = None  # a press alone is told at the foot
            self._key = key
        self._now = now
        clocks = reading, seconds_left(press, now) if press else 0, first
        if clocks != self._clocks:
            self._clocks = clocks
            if same:
                self.redraw()
        return not same

    def on_click(self) -> None:
        """A finger is the number."""
        if self._key[1]:
            self.post_message(self.Tapped(self._key[1]))

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """The card's face, or an empty place with its number."""
        card, position, manner, _ = self._key
        reading, left, first = self._clocks
        if card is None or manner is None or reading is None:
            return self._empty(width, height)
        if self._face is None or (self._face.width, self._face.height) != (width, height):
            self._face = Face(card=card, position=position, width=width, height=height, manner=manner, now=self._now)
            self._body = self._face.body()
            self._headed = None
        if self._headed != (headed := (reading, self._now // 60)):
            self._face = replace(self._face, now=self._now)  # a card may stand over midnight, and its date with it
            self._head, self._headed = self._face.head(reading), headed
        return (*self._head, *self._body, self._face.foot(reading, left, first=first))

    def _empty(self, width: int, height: int) -> tuple[Strip, ...]:
        """A free number; for some seconds also what was pressed there, and how to take it back."""
        _, position, manner, press = self._key
        left = self._clocks[1]
        number = (f" {position or ''} ", ink(FAINT))
        if press is None or manner is None or not left:
            return (row(width, ink(), number), *[row(width, ink())] * (height - 1))
        say, cyan = manner.say, ink(CYAN, BLACK, bold=True)
        started = press.moment is Moment.STARTED
        what = (say("{order}: {stage} started") if started else say("{order}: {stage} finished")).format(
            order=shown_id(press), stage=shown(press.name)
        )
        lines = [*wrap(what, width - 2), *wrap(say("r {number} takes it back").format(number=position), width - 2)]
        rows = [row(width, ink(), (f" {line}", ink(CYAN))) for line in lines]
        seconds = (say("{seconds} s").format(seconds=left) + " ", cyan)
        strips = [row(width, ink(), number, right=seconds), *rows, *[row(width, ink())] * height]
        return tuple(strips[:height])
