"""A place for a card: one of a fixed pool of line-API widgets that orders are put on and taken off."""

from textual import events
from textual.strip import Strip

from display.age import Pace, Reading, pace, read
from display.cells import Painted, row
from display.face import Face, Manner
from display.palette import BLACK, SHADE, ink
from edge.views import Card


class CardPlace(Painted):
    """Shows the card that stands under a number, or that the number is free."""

    def __init__(self) -> None:
        super().__init__()
        self.card: Card | None = None
        self.position = 0
        self._manner: Manner | None = None
        self._now = 0.0
        self._pace: Pace | None = None
        self._reading: Reading | None = None
        self._face: Face | None = None
        self._body: list[Strip] = []

    def show(self, card: Card | None, position: int, manner: Manner, now: float) -> None:
        """Show a card under its number; of one that is shown already only clocks are looked at."""
        same = card is self.card and position == self.position and manner is self._manner
        self.card, self.position, self._manner, self._now = card, position, manner, now
        if not same:
            self._draw()
        elif self._face is not None and self._pace is not None:
            reading = read(self._pace, now)
            if reading != self._reading:
                self._reading = reading
                self._compose_rows()

    def on_resize(self, _: events.Resize) -> None:
        """Draw anew for the new size."""
        self._draw()

    def _draw(self) -> None:
        width, height = self.size
        self._face = None
        if not width or not height or self._manner is None:
            return
        if self.card is None:
            faint = ink(SHADE, BLACK)
            free = row(width, faint, (f" {self.position or ''} ", ink(SHADE, bold=True)))
            self.paint((free, *[row(width, faint)] * (height - 1)))
            return
        self._pace = pace(self.card)
        self._reading = read(self._pace, self._now)
        self._face = Face(
            card=self.card, position=self.position, width=width, height=height, manner=self._manner, now=self._now
        )
        self._body = self._face.body()
        self._compose_rows()

    def _compose_rows(self) -> None:
        if self._face and self._reading:
            self.paint((*self._face.head(self._reading), *self._body, self._face.foot(self._reading)))
