"""The kitchen display: an app that shows the hub's board and turns keys into intents."""

import asyncio
import signal
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget

from display.cells import Line, shown
from display.feed_client import FeedClient, Unanswered
from display.help import Help
from display.keys import KEYS, Typing
from display.manner import Manner
from display.palette import BLACK, CYAN, FAINT, RED, THEME, WHITE, ink
from display.station import StationBoard
from display.statusline import StatusLine, cut_off
from edge.clock import machine_zone
from edge.intents import Acknowledge, Asked, Bump, Recall, Refused, Reprint, TurnPage
from edge.orders import Moment, StationId
from edge.text import plain
from edge.views import StationView
from edge.words import Language, speak

View = Literal["board"]

SECOND_DIGIT = 0.6  # seconds in which a second digit may follow
TWICE = 0.6  # seconds in which the same press again is a held key or a bounce
CHOOSING = 6.0  # seconds after which a recall that was not finished is forgotten
SAID = 8.0  # seconds for which an answer stays


class KitchenDisplay(App[None]):
    """The boards of one station or of several side by side, and whether they are true."""

    ENABLE_COMMAND_PALETTE = False
    CSS = f"""
    Screen {{ background: {BLACK}; layout: vertical; }}
    #screen {{ width: 1fr; height: 1fr; }}
    #stations {{ width: 1fr; height: 1fr; }}
    StationBoard {{ margin-right: 1; }}
    StationBoard:last-child {{ margin-right: 0; }}
    #notice {{ width: 1fr; height: 1; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key.keys, key.action, show=False, priority="tab" in key.keys) for key in KEYS)
    ]

    def __init__(
        self,
        feed: FeedClient,
        *,
        stations: Sequence[str] = (),
        language: Language = "en",
        zone: tzinfo | None = None,
        press: Callable[[StationId, int], None] | None = None,
        side: Widget | None = None,
    ) -> None:
        """`press` is given the numbers instead of the hub; `side` stands beside the board, with a width of its own."""
        super().__init__()
        self.feed = feed
        self.say = speak(language)
        self._wanted = tuple(StationId(station) for station in stations)
        zone = zone or machine_zone()
        self._manners = {live: Manner(self.say, zone, live) for live in (True, False)}
        self._press = press
        self._side = side
        self._boards: list[StationBoard] = []
        self._chosen = 0
        self._typing = Typing()
        self._recalling = False
        self._patience: Timer | None = None
        self._last_press: tuple[object, float] = (None, 0.0)
        self._notice = Line(id="notice")
        self._status = StatusLine()
        self._stations = Horizontal(id="stations")

    def _fatal_error(self) -> None:
        # Textual's own would show what stands in every frame, the token and customers' numbers among it.
        self.panic(Text("\n".join(plain(line) for line in traceback.format_exc().splitlines())))

    def compose(self) -> Iterator[Widget]:
        """The stations with what stands beside them, then what was said last, then the status line."""
        with Horizontal(id="screen"):
            with Vertical():
                yield self._stations
                yield self._notice
                yield self._status
            if self._side is not None:
                yield self._side

    def on_mount(self) -> None:
        """Follow the feed for as long as the display runs."""
        self.register_theme(THEME)
        self.theme = THEME.name
        self._settle()
        self.run_worker(self.feed.follow(self._show), exit_on_error=True)
        self.set_interval(1.0, self._beat)

    # --- what is shown ----------------------------------------------------------------------------------------------

    @property
    def manner(self) -> Manner:
        """How cards speak at this moment."""
        return self._manners[self.feed.live]

    def _beat(self) -> None:
        if not self.feed.live:
            self._show()  # a live feed brings its own ticks

    def _show(self) -> None:
        board = self.feed.board
        trouble = cut_off(self.feed, self.manner)
        self._status.show(board, self.manner, trouble)
        if board is None:
            return
        known = {view.id: view for view in board.stations}
        views = [known.get(station, _unknown(station)) for station in self._wanted or known]
        self._arrange(views)
        now = board.now.timestamp()
        several = len(views) > 1
        for index, (station, view) in enumerate(zip(self._boards, views, strict=True)):
            why = trouble or ("" if view.id in known else self.say("the hub has no such station"))
            station.show(view, self.manner, now, why, chosen=several and index == self._chosen)

    def _arrange(self, views: list[StationView]) -> None:
        """Put up the boards once; again only where the hub came back with other stations."""
        if [(board.station, board.slots) for board in self._boards] == [(view.id, view.slots) for view in views]:
            return
        self._boards = [StationBoard(view.id, view.slots) for view in views]
        self._chosen = 0
        self._stations.remove_children()
        self._stations.mount(*self._boards)
        self.call_after_refresh(self._show)

    # --- what is said -----------------------------------------------------------------------------------------------

    def _tell(
        self, text: str, seconds: float, then: Callable[[], None], color: str = WHITE, ground: str = BLACK
    ) -> None:
        """Say something in the notice line; after a while something follows, unless another thing is said before."""
        if self._patience is not None:
            self._patience.stop()
        self._patience = self.set_timer(seconds, then) if seconds else None
        style = ink(color, ground, bold=True)
        self._notice.show(ink(color, ground), (f" {text}", style))

    def _settle(self) -> None:
        """Nothing is being typed or said: the keys are named."""
        self._typing = Typing()
        self._recalling = False
        hint = self.say(
            "number: next step   r recall   a acknowledge   p reprint   PgUp PgDn page   Tab station   ? help"
        )
        self._tell(hint, 0, self._settle, FAINT)

    def _complain(self, text: str) -> None:
        self._settle()
        self._tell(shown(text), SAID, self._settle, WHITE, RED)

    # --- what is pressed --------------------------------------------------------------------------------------------

    @property
    def _board(self) -> StationBoard | None:
        return self._boards[self._chosen] if self._boards else None

    def action_digit(self, digit: str) -> None:
        """A digit of a card's number."""
        if self._board is not None:
            number = self._typing.digit(digit, self._board.slots)
            if number is None:
                self._tell(f"{self._typing.typed}_", SECOND_DIGIT, self.action_enter, CYAN)
            else:
                self._hit(self._board, number)

    def action_enter(self) -> None:
        """What was typed is all of it."""
        number = self._typing.settle()
        if self._board is None:
            return
        if number is not None:
            self._hit(self._board, number)
        elif self._recalling:
            self._ask(Recall(station=self._board.station), self.say("last press taken back"))

    def action_recall(self) -> None:
        """The next number is recalled; the key again recalls the station's last press."""
        if self._recalling:
            self.action_enter()
        else:
            self._recalling = True
            self._tell(self.say("recall: which number? r again: the last press"), CHOOSING, self._settle, CYAN)

    def action_leave(self) -> None:
        """Take back what is typed."""
        self._settle()

    def action_acknowledge(self) -> None:
        """The oldest card with a mark has been seen."""
        if self._board is not None:
            self._ask(Acknowledge(station=self._board.station), self.say("acknowledged"))

    def action_reprint(self) -> None:
        """The station's latest ticket is printed again."""
        if self._board is not None:
            self._ask(Reprint(station=self._board.station), self.say("printing again"))

    def action_page(self, to: Literal["next", "previous"]) -> None:
        """Turn the station's page, on every screen and for its keypads."""
        if self._board is not None:
            self._ask(TurnPage(self._board.station, to), "")

    def action_station(self) -> None:
        """The digits go to the next station."""
        self._settle()
        self._chosen = (self._chosen + 1) % max(1, len(self._boards))
        self._show()

    def action_help(self) -> None:
        """Show the help overlay."""
        self.push_screen(Help(self.manner))

    def _hit(self, board: StationBoard, number: int) -> None:
        """A number was pressed: recall it where that was asked for, else move its card on."""
        card = board.card(number)
        recalling = self._recalling
        press = (board.station, number, recalling)
        now = self.feed.clock.monotonic()
        twice = press == self._last_press[0] and now - self._last_press[1] < TWICE
        self._last_press = press, now
        if twice:
            return
        assert board.view is not None
        slot = (board.view.page - 1) * board.slots + number
        if recalling:
            order = card.order if card else None
            words = self.say("{number}: last press taken back").format(number=number)
            self._ask(Recall(station=board.station, slot=slot, order=order), words)
        elif card is None:
            self._complain(self.say("{number} is free: nothing done").format(number=number))
        elif self._press is not None:
            self._settle()
            self._press(board.station, number)
        else:
            step = card.next
            started = step is not None and step.moment is Moment.STARTED
            words = (
                self.say("{number} {order}: {stage} started")
                if started
                else self.say("{number} {order}: {stage} finished")
            )
            said = words.format(number=number, order=shown(card.display_id), stage=shown(step.name) if step else "")
            self._ask(Bump(station=board.station, slot=slot, order=card.order), said)

    def _ask(self, intent: Asked, done: str) -> None:
        self._settle()
        self.run_worker(self._answer(intent, done), group="presses")

    async def _answer(self, intent: Asked, done: str) -> None:
        station = getattr(intent, "station", "")
        try:
            await self.feed.press(intent, by=f"display:{station}")
        except Refused as refused:
            self._complain(self.say("not done: {reason}").format(reason=self.say(refused.reason or "?")))
        except Unanswered:
            self._complain(self.say("no answer from the hub: look at the card before pressing again"))
        else:
            if done:
                self._tell(done, SAID, self._settle, CYAN)


def _unknown(station: StationId) -> StationView:
    return StationView(id=station, name=station, page=1, slots=1)


def run_display(
    hub_url: str, stations: Iterable[str] = (), view: View = "board", language: Language = "en", token: str = ""
) -> bool:
    """Run one screen in this terminal until it is quit; false where it failed."""
    assert view == "board"
    display = KitchenDisplay(FeedClient(hub_url, token), stations=tuple(stations), language=language)
    asyncio.run(_until_quit(display))
    return not display.return_code


async def _until_quit(display: KitchenDisplay) -> None:
    """Leave the terminal as it was, however the screen is ended."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, display.exit)
    await display.run_async()
