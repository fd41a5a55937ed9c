"""A place for a card: one of a fixed pool of line-API widgets that orders are put on and taken off."""

from textual.message import Message
from textual.strip import Strip

from display.age import Pace, Reading, pace, read
from display.cells import Painted, row
from display.face import Face
from display.manner import Manner
from display.palette import BLACK, SHADE, ink
from edge.views import Card


class CardPlace(Painted):
    """Shows the card that stands under a number, or that the number is free."""

    class Tapped(Message):
        """A finger chose the place."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def __init__(self) -> None:
        super().__init__()
        self._key: tuple[Card | None, int, Manner | None] = (None, 0, None)
        self._now = 0.0
        self._pace: Pace | None = None
        self._reading: Reading | None = None
        self._face: Face | None = None
        self._body: list[Strip] = []

    def show(self, card: Card | None, position: int, manner: Manner, now: float) -> None:
        """Show a card under its number; of one that is shown already only the clocks are looked at."""
        key = (card, position, manner)
        same = all(new is old for new, old in zip(key, self._key, strict=True))
        if not same:
            self._key, self._face = key, None
            self._pace = pace(card) if card else None
        self._now = now
        reading = read(self._pace, now) if self._pace else None
        if not same or reading != self._reading:
            self._reading = reading
            self.redraw()

    def on_click(self) -> None:
        """A finger is the number."""
        if self._key[1]:
            self.post_message(self.Tapped(self._key[1]))

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """The card's face, or an empty place with its number."""
        card, position, manner = self._key
        if card is None or manner is None or self._reading is None:
            empty = row(width, ink(SHADE, BLACK))
            return (row(width, ink(SHADE), (f" {position or ''} ", ink(SHADE, bold=True))), *[empty] * (height - 1))
        if self._face is None or (self._face.width, self._face.height) != (width, height):
            self._face = Face(card=card, position=position, width=width, height=height, manner=manner, now=self._now)
            self._body = self._face.body()
        return (*self._face.head(self._reading), *self._body, self._face.foot(self._reading))
