"""The board as most people would write it: a `Static` for each ticket, mounted as it comes, updated every second."""

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual.app import App
from textual.containers import Grid
from textual.widget import Widget
from textual.widgets import Static

from display.age import Age, pace, read
from display.cells import shown
from display.face import number
from display.feed_client import FeedClient
from edge.orders import Moment, OrderId
from edge.views import Card

COLORS = {
    Age.EARLY: "white on blue",
    Age.ON_TIME: "white on green",
    Age.SOON: "black on yellow",
    Age.LATE: "white on red",
}


class Ticket(Static):
    """One order."""

    def show(self, card: Card, now: float) -> None:
        """What a small card of ours says: number, display id, age, due time; items; the next press."""
        reading = read(pace(card), now)
        left = reading.overdue if reading.left is None else reading.left
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f" {card.slot} {shown(card.display_id)} {reading.age} {left or 0} min\n", COLORS[reading.age])
        names = ", ".join(f"{number(item.quantity)} {shown(item.name)}" for item in card.items)
        allergens = " ".join(shown(each) for item in card.items for each in item.bakery.allergens)
        text.append(f"{names} {allergens}\n")
        if card.next is not None:
            verb = "start" if card.next.moment is Moment.STARTED else "finish"
            text.append(f" next: {verb} {shown(card.next.name)}", "bold white on black")
        self.update(text)


class OrdinaryDisplay(App[None]):
    """Shows the same feed; the client is ours, so that only the screen differs."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { overflow: hidden; }
    Grid { grid-size: 10; grid-gutter: 0 1; grid-rows: 3; height: 1fr; overflow: hidden; }
    Ticket { height: 3; }
    #status { dock: bottom; height: 1; }
    """
    BINDINGS: ClassVar = []

    def __init__(self, feed: FeedClient) -> None:
        super().__init__()
        self._feed = feed
        self._tickets: dict[OrderId, Ticket] = {}
        self._grid = Grid()
        self._status = Static(id="status")

    def compose(self) -> Iterator[Widget]:
        """The tickets, and the time."""
        yield self._grid
        yield self._status

    def on_mount(self) -> None:
        """Follow the feed."""
        self.run_worker(self._feed.follow(self._show))

    def _show(self) -> None:
        board = self._feed.board
        if board is None:
            return
        cards = {card.order: card for station in board.stations for card in station.cards}
        for order in self._tickets.keys() - cards:
            self._tickets.pop(order).remove()
        new = {order: Ticket() for order in cards if order not in self._tickets}
        self._tickets |= new
        self._grid.mount_all(new.values())
        now = board.now.timestamp()
        for order, card in cards.items():
            self._tickets[order].show(card, now)
        self._status.update(f"{board.now:%H:%M:%S}  {len(cards)} cards")
