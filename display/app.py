"""The kitchen display: an app that shows the hub's board in one view after another, and turns keys into intents."""

import asyncio
import gc
import signal
import traceback
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.timer import Timer
from textual.widget import Widget

from display.cells import KeptContainer, Line, shown
from display.console import NO_CHINESE, EightColours, has_eight_colours, is_linux_console
from display.feed_client import FeedClient, Unanswered
from display.help import Help
from display.keys import KEYS, Typing
from display.look import Look
from display.manner import Manner
from display.notice import Hint, Notice
from display.overlay import Overlay
from display.palette import BLACK, CYAN, RED, THEME, WHITE, YELLOW, ink
from display.sound import Alarm, Player, causes
from display.statusline import StatusLine, cut_off, halted
from display.verbs import ALONE, AT_ONCE, DEED, Errand, Left, Talk, alone, errand, pause, stock
from display.view import Scene, Target, Verb, View
from display.views import FORMS, VIEWS
from edge.clock import machine_zone
from edge.info import StoreInfo
from edge.intents import Refused
from edge.orders import StationId
from edge.text import plain
from edge.words import Language, Say, speak

FRAME, INSTANT = 1 / 60, 1 / 1000  # seconds: the longest and the shortest rest after something was shown
SECOND_DIGIT = 0.6  # seconds in which a second digit may follow
TWICE = 0.6  # seconds in which the same press again is a held key or a bounce
CHOOSING = 6.0  # seconds after which a verb whose number does not come is forgotten
NAMED = 4  # verbs that the hint line names before all else: a narrow screen has no room for more
SETTLED = 2.0  # seconds from the first board until everything that stays is there
SAID = 8.0  # seconds for which an answer stays


class KitchenDisplay(App[None]):
    """One view of the board at a time, what was said last, and whether it is true."""

    ENABLE_COMMAND_PALETTE = False
    CSS = f"""
    Screen {{ background: {BLACK}; layout: vertical; }}
    #screen {{ layout: horizontal; }}
    #banner {{ width: 1fr; height: 1; display: none; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key.keys, key.action, show=False, priority=key.keys == "tab") for key in KEYS)
    ]

    def __init__(
        self,
        feed: FeedClient,
        *,
        stations: Sequence[str] = (),
        view: str = "board",
        language: Language | None = None,
        zone: tzinfo | None = None,
        press: Callable[[StationId, int], None] | None = None,
        side: Widget | None = None,
        player: str = "",
        silent: bool = False,
    ) -> None:
        """`press` is given the board's numbers instead of the hub; `side` stands beside the view, as wide as it is."""
        super().__init__()
        self._console = [EightColours()] if has_eight_colours(self.console) else []
        self.feed = feed
        self._wanted = tuple(StationId(station) for station in stations)
        self._news = self._resting = False  # something is not shown yet; something was shown just now
        self._language, self._zone = language, zone
        self._manners: dict[bool, Manner] = {}
        self._introduced: StoreInfo | None = None
        self._speak_as(None)
        self._press = press
        self._side = side
        self._alarm = None if silent else Alarm()
        self._player = Player(player, self._no_player)
        self._views: dict[str, View] = {}
        self._showing = view
        self._typing = Typing()
        self._verb: Verb | None = None  # what the next number is for
        self._patience: Timer | None = None
        self._last_press: tuple[object, float] = (None, 0.0)
        self._banner = Line(id="banner")
        self._place = KeptContainer(id="view")
        self._notice = Notice()
        self._status = StatusLine()

    def _fatal_error(self) -> None:
        # Textual's own would show what stands in every frame, the token and customers' numbers among it.
        self.panic(Text("\n".join(plain(line) for line in traceback.format_exc().splitlines())))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """On a terminal of eight colours all rows are drawn with those."""
        return [*super().get_line_filters(), *self._console]

    def compose(self) -> Iterator[Widget]:
        """The view with what stands beside it, then what was said last, then the status line."""
        with KeptContainer(id="screen"):
            with KeptContainer():
                yield self._banner
                yield self._place
                yield self._notice
                yield self._status
            if self._side is not None:
                yield self._side

    def on_mount(self) -> None:
        """Follow the feed for as long as the display runs."""
        if not self._place.is_attached:  # it is ended before it has begun
            return
        self.register_theme(THEME)
        self.theme = THEME.name
        self.action_look_at(self._showing)
        self.run_worker(self.feed.follow(self._told), exit_on_error=True)
        self.set_interval(1.0, self._beat)

    # --- what is shown ----------------------------------------------------------------------------------------------

    @property
    def manner(self) -> Manner:
        """How everything speaks at this moment."""
        return self._manners[self.feed.live]

    @property
    def say(self) -> Say:
        """The words of the display's language."""
        return self.manner.say

    @property
    def view(self) -> View:
        """What is shown now."""
        return self._views[self._showing]

    @property
    def scene(self) -> Scene | None:
        """All that can be shown, none before the hub has said a word."""
        board = self.feed.board
        if board is None:
            return None
        trouble = cut_off(self.feed, self.manner)
        return Scene(board, self.manner, self.feed.info, trouble, self._wanted, self.feed)

    def _speak_as(self, info: StoreInfo | None) -> None:
        """Language and clock are the store's where nobody chose others."""
        self._introduced = info
        language = self._language or (info.language if info else "en")
        if language == "zh" and is_linux_console():
            self.exit(return_code=1, message=f"ovenbell: {NO_CHINESE}")
        say = speak(language)
        zone = self._zone or _zone(info.timezone if info else "")
        self._manners = {live: Manner(say, zone, live) for live in (True, False)}

    def _beat(self) -> None:
        if not self.feed.live:
            self._show()  # a live feed brings its own ticks

    def _told(self) -> None:
        """The feed has something new: shown at once, or with all that comes within as long as showing the last took."""
        self._news = True
        if not self._resting:
            self._show_news()

    def _show_news(self) -> None:
        self._resting = self._news
        if self._news and self.screen_stack:  # none is left where it is ending
            self._news = False
            began = self.feed.clock.monotonic()
            self._show()
            took = self.feed.clock.monotonic() - began
            self.set_timer(min(max(took, INSTANT), FRAME), self._show_news)

    def _show(self) -> None:
        if not self.screen_stack:  # it is being left
            return
        if self.feed.info is not self._introduced:
            self._speak_as(self.feed.info)
            self._settle()
        self._status.show(self.feed.board, self.manner, cut_off(self.feed, self.manner))
        scene = self.scene
        if scene is not None:
            self._warn(scene)
            self.view.show(scene)
            over = self.screen_stack[-1:]  # none where the display is being quit
            if over and isinstance(over[0], Look):
                over[0].show(scene)
            if self._patience is None and not self._typing.typed and self._verb is None:
                self._notice.hint([*self._hints()])
            self._sound(scene)

    def _sound(self, scene: Scene) -> None:
        """Call for somebody; what is not live calls for nobody, because nothing is known of it."""
        if self._alarm is None or scene.trouble:
            return
        kinds = self._alarm.due(causes(scene.board, self._wanted), self.feed.clock.monotonic())
        if kinds:
            self.bell()
            self._player.play(kinds)

    def _no_player(self, reason: str) -> None:
        self._complain(self.say("no sound but the bell: {reason}").format(reason=reason))

    async def on_unmount(self) -> None:
        """Leave nothing playing."""
        await self._player.close()

    def _warn(self, scene: Scene) -> None:
        """What must be known of any view stands above it: that it is old, paused, or practice."""
        words = [scene.trouble, *halted(scene.board, scene.manner)]
        said = "   ".join(word for word in words if word)
        style = ink(WHITE, RED, bold=True) if scene.trouble else ink(BLACK, YELLOW, bold=True)
        self._banner.display = bool(said)
        self._banner.show(style, (f" {said}", style))

    def action_look_at(self, name: str) -> None:
        """Show another view."""
        if name not in self._views:
            view: View = next(one for one in VIEWS if one.name == name).load()()
            self._views[name] = view
            self._place.mount(view)
        for other, view in self._views.items():
            view.display = other == name
        self._showing = name
        self.set_focus(self.view if self.view.can_focus else None)
        self._settle()
        self._show()

    def action_fill_in(self, name: str) -> None:
        """Show a form; what came of it is said."""
        if self.scene is None:
            return
        self._settle()
        form: Overlay[str] = next(one for one in FORMS if one.name == name).load()(self.feed, self.manner)
        self.push_screen(form, lambda done: self._tell(done, SAID, self._settle, CYAN) if done else None)

    # --- what is said -----------------------------------------------------------------------------------------------

    def _tell(
        self, text: str, seconds: float, then: Callable[[], None], color: str = WHITE, ground: str = BLACK
    ) -> None:
        """Say something in the notice line; after a while something follows, unless another thing is said before."""
        self._wait(seconds, then)
        self._notice.tell(text, ink(color, ground), ink(color, ground, bold=True))

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        if self._patience is not None:
            self._patience.stop()
        self._patience = self.set_timer(seconds, then) if seconds else None

    def _settle(self) -> None:
        """Nothing is being typed or said: the keys are named."""
        self._typing = Typing()
        self._verb = None
        self._wait(0, self._settle)
        self._notice.hint([*self._hints()])

    def _hints(self) -> Iterator[Hint]:
        say, view = self.say, self.view
        own = say(DEED[view.verb].label)
        verbs = [
            Hint(DEED[verb].key, say(DEED[verb].label), f"verb('{verb}')")
            for verb in view.verbs
            if DEED[verb].key and verb != view.verb
        ]
        yield Hint(say("number"), say(": {what}").format(what=own))
        yield from verbs[:NAMED]
        yield Hint("?", say("help"), "help")
        if view.several:
            yield Hint("Tab", say("station"), "station")
        yield Hint("PgUp", "", "page('previous')")
        yield Hint("PgDn", say("page"), "page('next')")
        for one in (*VIEWS, *FORMS):
            if one.name != self._showing:
                action = "look_at" if one in VIEWS else "fill_in"
                yield Hint(one.label, say(one.name), f"{action}('{one.name}')")
        yield from verbs[NAMED:]

    def _complain(self, text: str) -> None:
        self._settle()
        self._tell(shown(text), SAID, self._settle, WHITE, RED)

    # --- what is pressed --------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Over a question Tab is the question's."""
        del parameters
        return not (action == "station" and self.screen.is_modal)

    def action_digit(self, digit: str) -> None:
        """A digit of a number."""
        number = self._typing.digit(digit, self.view.highest)
        if number is None:
            self._tell(f"{self._typing.typed}_", SECOND_DIGIT, self.action_enter, CYAN)
        else:
            self._hit(number)

    def action_enter(self) -> None:
        """What was typed is all of it."""
        number = self._typing.settle()
        if number is not None:
            self._hit(number)
        elif self._verb in ALONE:
            self._alone(self._verb)

    def action_verb(self, verb: Verb) -> None:
        """The next number is for this; or at once, where it means something for a whole station."""
        if verb in AT_ONCE and self.view.station is not None:
            self._alone(verb)
        else:
            self.action_choose(verb)

    def action_choose(self, verb: Verb) -> None:
        """The next number is for this; the key again is the station's own."""
        if verb not in {self.view.verb, *self.view.verbs}:
            self._complain(self.say("{verb}: not in this view").format(verb=self.say(DEED[verb].label)))
        elif self._verb == verb:
            self._alone(verb)
        else:
            self._typing = Typing()
            self._verb = verb
            words = self.say("{verb}: which number?").format(verb=self.say(DEED[verb].label))
            if verb == "recall" and self.view.station:
                words = self.say("recall: which number? r again: the last press")
            self._tell(words, CHOOSING, self._settle, CYAN)

    def _alone(self, verb: Verb) -> None:
        station = self.view.station
        self._settle()
        if verb in ALONE and station is not None:
            self._ask(alone(verb, station, self.say))

    def action_leave(self) -> None:
        """Take back what is typed."""
        self._settle()

    def action_page(self, to: Literal["next", "previous"]) -> None:
        """Turn the page: a station's on every screen and for its keypads."""
        turning = self.view.turn(to)
        if turning is not None:
            self._ask(Errand(turning, ""))

    def action_station(self) -> None:
        """The digits go to the next station."""
        self._settle()
        self.view.next_station()

    def action_help(self) -> None:
        """Show the help overlay."""
        self.push_screen(Help(self.manner, self.scene))

    def action_silence(self) -> None:
        """What is heard was understood: late, printer and cloud are silent here until something new arises."""
        if self._alarm is not None:
            self._alarm.silence()
        self._tell(self.say("silent until something new arises"), SAID, self._settle, CYAN)

    def action_pause(self) -> None:
        """The store takes no more orders for a while, or takes them again."""
        self._find_out(pause)

    def action_stock(self) -> None:
        """A product is sold out, or there again."""
        self._find_out(stock)

    def on_view_tapped(self, event: View.Tapped) -> None:
        """A finger is a number."""
        self._typing = Typing()
        self._hit(event.number)

    async def on_notice_tapped(self, event: Notice.Tapped) -> None:
        """A finger on the name of a key is the key."""
        await self.run_action(event.action)

    def _hit(self, number: int) -> None:
        """A number was pressed: do with it what was asked for, else what its view does."""
        verb = self._verb or self.view.verb
        target = self.view.target(number, verb)
        press = (self._showing, self.view.station, number, verb)
        now = self.feed.clock.monotonic()
        twice = press == self._last_press[0] and now - self._last_press[1] < TWICE
        self._last_press = press, now
        if twice:
            return
        if target is None:
            self._complain(self.say("{number} is free: nothing done").format(number=number))
        elif verb == "look":
            self._look(target)
        elif verb == "bump" and self._press is not None and target.station is not None:
            self._settle()
            self._press(target.station, number)
        else:
            self._find_out(lambda talk: errand(verb, number, target, talk))

    def _look(self, target: Target) -> None:
        self._settle()
        if self.scene is not None:
            self.push_screen(Look(self.scene, target))

    def _find_out(self, what: Callable[[Talk], Awaitable[Errand]]) -> None:
        """Ask what must be asked, then ask the hub."""
        self._settle()
        scene = self.scene
        if scene is not None:
            self.run_worker(self._run(what(Talk(scene, self.push_screen_wait))), group="presses")

    async def _run(self, finding: Awaitable[Errand]) -> None:
        try:
            found = await finding
        except Left:
            return
        except Refused as refused:
            self._complain(refused.said(self.say))
        else:
            await self._answer(found)

    def _ask(self, found: Errand) -> None:
        self._settle()
        self.run_worker(self._answer(found), group="presses")

    async def _answer(self, found: Errand) -> None:
        try:
            await self.feed.press(found.intent, by=f"display:{getattr(found.intent, 'station', None) or self._showing}")
        except Refused as refused:
            self._complain(self.say("not done: {reason}").format(reason=self.say(refused.reason or "?")))
        except Unanswered:
            self._complain(self.say("no answer from the hub: look at the card before pressing again"))
        else:
            if found.done:
                self._tell(found.done, SAID, self._settle, CYAN)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else machine_zone()
    except (OSError, ValueError):  # a machine without this zone's rules
        return machine_zone()


def run_display(
    hub_url: str,
    *,
    stations: Iterable[str] = (),
    view: str = "board",
    language: Language | None = None,
    token: str = "",
    player: str = "",
    silent: bool = False,
) -> bool:
    """Run one screen in this terminal until it is quit; false where it failed."""
    display = KitchenDisplay(
        FeedClient(hub_url, token),
        stations=tuple(stations), view=view, language=language, player=player, silent=silent,
    )  # fmt: skip
    asyncio.run(until_quit(display))
    return not display.return_code


async def until_quit(display: KitchenDisplay) -> None:
    """Run a screen as its process's only one; leave the terminal as it was, however it is ended."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, display.exit)
    settling = asyncio.create_task(_settle(display))
    await display.run_async()
    settling.cancel()


async def _settle(display: KitchenDisplay) -> None:
    """What stands by now stays: looking through all of it for garbage would stop the screen for 50 to 100 ms."""
    while not display.feed.live:  # noqa: ASYNC110 - it tells its app, and may have no hub for hours
        await asyncio.sleep(SETTLED)
    await asyncio.sleep(SETTLED)
    gc.collect()
    gc.freeze()
