"""Find: an order by its display id, a name or the phone's last four digits, also when it has left the board."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from display.cells import Line, shown
from display.feed_client import FeedClient, Unanswered
from display.manner import Manner
from display.overlay import Overlay
from display.palette import BLACK, CYAN, FAINT, RED, WHITE, ink
from edge.intents import Refused
from edge.orders import OrderId
from edge.views import View

LONGEST = 60  # characters of what is looked for


class FoundItem(View, frozen=True):
    """One line of an order that was found."""

    name: str
    quantity: Decimal = Decimal(1)
    unit: str = ""


class Found(View, frozen=True):
    """An order as a search answers it."""

    order: OrderId
    display_id: str
    state: str
    customer: str = ""
    phone: str = ""
    channel: str = ""
    due: datetime | None = None
    release: datetime | None = None
    items: tuple[FoundItem, ...] = ()
    last: str = ""  # what became of it: ready, collected, cancelled, refused or lapsed
    at: datetime | None = None  # and when


class FoundOrders(View, frozen=True):
    """What a search answers."""

    orders: tuple[Found, ...] = ()


@dataclass(frozen=True)
class Search:
    """What was looked for, and what there is of it."""

    wanted: str
    found: tuple[Found, ...]


class Find(Overlay[Search]):
    """A field to type into; Enter asks the hub, Esc leaves."""

    CSS = f"""
    Find {{ align: center top; background: {BLACK} 40%; }}
    Find > Vertical {{ width: 64; max-width: 100%; height: 3; margin-top: 1; background: {BLACK}; }}
    Find Line {{ height: 1; }}
    Find Input {{ border: none; height: 1; padding: 0 1; background: {WHITE}; color: {BLACK}; }}
    Find Input:focus {{ border: none; background-tint: {WHITE} 0%; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, feed: FeedClient, manner: Manner) -> None:
        super().__init__()
        self._feed = feed
        self._manner = manner
        self._head, self._foot = Line(), Line()

    def compose(self) -> ComposeResult:
        """What may be typed, the field, and what came of it."""
        with Vertical():
            yield self._head
            yield Input(max_length=LONGEST, select_on_focus=False)
            yield self._foot

    def on_mount(self) -> None:
        """Say what may be typed."""
        say = self._manner.say
        head = ink(BLACK, CYAN, bold=True)
        self._head.show(head, (" " + say("find: order number, name, or the phone's last four digits"), head))
        self._tell(say("Enter finds   Esc leaves"))

    def action_leave(self) -> None:
        """Nobody is looked for."""
        self.leave()

    def _tell(self, text: str, color: str = FAINT, ground: str = BLACK) -> None:
        style = ink(color, ground)
        self._foot.show(style, (f" {text}", style))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Ask the hub."""
        wanted = event.value.strip()
        if wanted and not self.left:
            self._look(wanted)

    @work(exclusive=True)
    async def _look(self, wanted: str) -> None:
        say = self._manner.say
        self._tell(say("asking the hub"))
        try:
            answer = await self._feed.look_up("/api/orders", FoundOrders, find=wanted)
        except Refused as refused:
            self._tell(say("not found: {reason}").format(reason=shown(say(refused.reason or "?"))), WHITE, RED)
        except Unanswered:
            self._tell(say("no answer from the hub: try again"), WHITE, RED)
        else:
            if answer.orders:
                self.leave(Search(wanted, answer.orders))
            else:
                self._tell(say("nobody and nothing of that name"), WHITE, RED)
