"""The order form: a conversation with somebody on the phone, typed as it goes, and an order for the hub at its end."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from unicodedata import normalize
from uuid import uuid4

from textual import events, on, work
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker

from display.cells import Line as Label
from display.cells import shown, shown_id
from display.due import Unclear
from display.entry.draft import Draft, wire
from display.entry.questions import (
    BY_DIGIT,
    MANY,
    MARKED,
    Ask,
    Choice,
    Doubt,
    Shop,
    Standing,
    answered,
    choices,
    complete,
    counted,
    marked,
    said_before,
    when,
)
from display.entry.sheet import Foot, FootLines, Offers, OrderSheet, Press, Tapped, Tone, hint
from display.feed_client import FeedClient, Unanswered
from display.manner import Manner
from display.overlay import Overlay
from display.palette import BLACK, CYAN, SURFACE, WHITE, ink
from display.statusline import cut_off
from edge.intents import Refused
from edge.text import plain

BY = "display:entry"
LONGEST = 500  # characters of one answer
FEED = 1.0  # seconds in which the feed brings what was placed
LOOK = 0.02
READ = 0.4  # seconds in which nobody has read a doubt: who confirms sooner holds the key, or typed ahead
HELD = 0.08  # seconds between two presses of a key that is held, or that bounces: it must not place an order


@dataclass(frozen=True)
class Remark:
    """What is said of an answer, for as long as that stands there."""

    standing: Standing
    typed: str
    words: str = ""
    about: str = ""  # the doubt that the same answer once more would settle
    since: float = 0.0
    leaving: bool = False  # Escape was pressed, and there is something to lose


class Answer(Input):
    """Where is typed; keys that mean something to the form never reach it, in the order in which they were pressed."""

    def __init__(self, taken: Callable[[events.Key], bool]) -> None:
        super().__init__(select_on_focus=False, max_length=LONGEST, compact=True)
        self.cursor_blink = False
        self._taken = taken

    async def _on_key(self, event: events.Key) -> None:
        if self._taken(event):
            event.stop()
            event.prevent_default()
        else:
            await super()._on_key(event)

    def _on_paste(self, event: events.Paste) -> None:
        self.insert_text_at_cursor(plain(event.text, LONGEST).strip())  # also of several lines, as a chat has them
        event.stop()
        event.prevent_default()


class OrderEntry(Overlay[str]):
    """Asks for an order and places it; ends with what can be said of that, nothing where it was left.

    Until the hub has answered, everything that was typed stays where it is.
    """

    DEFAULT_CSS = f"""
    OrderEntry {{ align: center middle; background: {BLACK} 60%; }}
    OrderEntry > Vertical {{ width: 100%; max-width: 112; height: 100%; max-height: 44; background: {BLACK}; }}
    OrderEntry OrderSheet {{ width: 1fr; height: 45%; min-height: 9; }}
    OrderEntry Line {{ width: 15; height: 1; }}
    OrderEntry Horizontal {{ width: 1fr; height: 1; margin: 1 0; }}
    OrderEntry Answer {{ width: 1fr; height: 1; background: {SURFACE}; color: {WHITE}; }}
    OrderEntry Offers {{ width: 1fr; height: 1fr; }}
    OrderEntry FootLines {{ width: 1fr; height: 3; }}
    """
    AUTO_FOCUS: ClassVar[str | None] = "Answer"

    def __init__(self, feed: FeedClient, manner: Manner) -> None:
        super().__init__()
        self._feed = feed
        self._manner = manner
        self._order = str(uuid4())
        self._standing = Standing()
        self._before: list[tuple[Standing, str]] = []  # the questions before, each with what was typed
        self._selected: tuple[str, int] | None = None  # by the arrow keys, of what is offered for a text
        self._sure: frozenset[str] = frozenset()
        self._remark: Remark | None = None
        self._data: dict[str, Any] = {}  # the order as it was sent
        self._sending: Worker[None] | None = None
        self._entered = 0.0  # when Enter was pressed last
        self._unknown = False  # an answer of the hub got lost: the order may be there already
        self._sheet, self._offers, self._foot = OrderSheet(), Offers(), FootLines()
        self._label = Label()
        self._answer = Answer(self._take)

    def compose(self) -> Iterator[Widget]:
        """The order, the question, what can be chosen, the foot."""
        with Vertical():
            yield self._sheet
            with Horizontal():
                yield self._label
                yield self._answer
            yield self._offers
            yield self._foot

    def on_mount(self) -> None:
        """Go with the hub's clock."""
        self.set_interval(1.0, self._show)
        self._show()

    # --- what is shown ----------------------------------------------------------------------------------------------

    @property
    def _shop(self) -> Shop:
        """What the hub says at this moment, on its own clock."""
        feed, board = self._feed, self._feed.board
        seconds = feed.clock.now()
        if board is not None:
            seconds = board.now.timestamp() + max(0.0, feed.clock.monotonic() - feed.heard)
        return Shop(
            datetime.fromtimestamp(seconds, UTC).astimezone(self._manner.zone),
            self._manner,
            feed.info.products if feed.info else (),
            frozenset(halted.code for halted in board.unavailable) if board else frozenset(),
            board is not None and board.paused is not None,
            self._sure,
        )

    @property
    def _typed(self) -> str:
        return self._answer.value

    def _choices(self, shop: Shop) -> tuple[list[Choice], int | None]:
        """What is offered, and which of it Enter takes."""
        offered = choices(self._standing, self._typed, shop)
        if self._selected is not None and self._selected[0] == self._typed and offered:
            return offered, min(self._selected[1], len(offered) - 1)
        likeliest = bool(offered and self._typed.strip()) and self._standing.ask not in MARKED
        return offered, 0 if likeliest else None

    def _chosen(self, shop: Shop) -> Choice | None:
        offered, selected = self._choices(shop)
        return None if selected is None else offered[selected]

    def _show(self) -> None:
        shop, say = self._shop, self._manner.say
        self._sheet.show(self._standing, shop, cut_off(self._feed, self._manner))
        label = f" {say(self._standing.ask.value)}: "
        self._label.show(ink(CYAN), (label, ink(CYAN, bold=True)))
        self._offers.show(*self._choices(shop))
        words, tone = self._said()
        enter = say("place the order") if self._standing.ask is Ask.CHANNEL or self._unknown else say("next")
        keys: tuple[tuple[Press, str, str], ...] = (
            ("enter", "Enter", enter),
            ("back", "Shift+Tab", say("back")),
            ("place", "Ctrl+S", say("place the order")),
            ("close", "Esc", say("close")),
        )
        self._foot.show(Foot(words, tone, self._summary(self._standing.draft, shop), keys))

    def _said(self) -> tuple[str, Tone]:
        say = self._manner.say
        if self._sending is not None:
            return say("the hub is asked to take it .."), "hint"
        remark = self._remark
        if remark is not None and (remark.standing, remark.typed) == (self._standing, self._typed):
            return remark.words, "doubt" if remark.leaving else "trouble"
        if self._unknown:
            return say("no answer from the hub: Enter asks again, and it is placed once only"), "doubt"
        if not self._feed.live:
            return say("what is typed stays here until the hub is back"), "doubt"
        return hint(self._standing.ask, say), "hint"

    def _summary(self, draft: Draft, shop: Shop) -> str:
        if not draft.lines:
            return self._manner.say("nothing yet")
        parts = (", ".join(map(counted, draft.lines)), when(draft.due, shop), draft.name, draft.phone)
        return "  |  ".join(part for part in parts if part)

    # --- what is pressed --------------------------------------------------------------------------------------------

    def _take(self, event: events.Key) -> bool:
        """Whether a key was the form's."""
        press = _PRESSES.get(event.key)
        if press is not None:
            self._press(press)
            return True
        if self._sending is not None or self._unknown:  # what is on its way stays as it is
            return True
        if event.key in {"up", "down"}:
            self._select(1 if event.key == "down" else -1)
            return True
        digit = normalize("NFKC", event.character or "")
        if self._standing.ask in BY_DIGIT and not self._typed and digit.isdecimal():
            return self._digit(int(digit))
        return False

    def _press(self, press: Press) -> None:
        if self._sending is not None or self.left:
            return
        if press == "close":
            self._close()
        elif self._unknown and press != "back":
            self._send()
        elif press == "place":
            self._settle(self._place)
        elif press == "enter":
            self._enter()
        elif self._before and not self._unknown:
            self._return(*self._before.pop())
        self._show()

    def _enter(self) -> None:
        now = self._feed.clock.monotonic()
        held, self._entered = now - self._entered < HELD, now
        if self._standing.ask is not Ask.CHANNEL:
            self._settle(self._go_on)
        elif not held:
            self._settle(self._place)

    def _select(self, step: int) -> None:
        offered, selected = self._choices(self._shop)
        if offered:
            at = (-1 if step > 0 else 0) if selected is None else selected
            self._selected = self._typed, (at + step) % len(offered)
            self._show()

    def _digit(self, digit: int) -> bool:
        offered, _ = self._choices(self._shop)
        choice = next((one for one in offered if one.number == digit), None)
        if choice is None or len(offered) > MANY:
            return False
        self._choose(choice)
        return True

    def _choose(self, choice: Choice) -> None:
        """A choice by its digit or by a finger."""
        if self._standing.ask in MARKED:
            self._standing = marked(self._standing, choice)
        else:
            self._settle(lambda: self._go_on(choice))
        self._show()

    def _close(self) -> None:
        say = self._manner.say
        remark, at = self._remark, (self._standing, self._typed)
        asked = remark is not None and remark.leaving and (remark.standing, remark.typed) == at
        if asked or not (self._standing != Standing() or self._typed.strip()):
            self.leave("")
        elif self._unknown:
            words = say("perhaps it is placed: look at the board; Esc again closes this form")
            self._remark = Remark(*at, words, leaving=True)
        else:
            self._remark = Remark(*at, say("Esc again throws away what was typed"), leaving=True)

    @on(Input.Changed)
    def _on_changed(self) -> None:
        self._show()

    @on(Tapped)
    def _on_tapped(self, event: Tapped) -> None:
        event.stop()
        if self._sending is not None:
            return
        match event.what:
            case "enter" | "back" | "place" | "close" as press:
                self._press(press)
            case _ if self._unknown:
                pass
            case Choice() as choice:
                self._choose(choice)
            case Ask() as ask if self._standing.making is None:
                self._move(Standing(self._standing.draft, ask))
            case int(number) if self._standing.making is None:
                self._move(Standing(self._standing.draft))
                self._write(f"-{number}")  # Enter takes it out
        self._show()

    # --- the conversation -------------------------------------------------------------------------------------------

    def _settle(self, step: Callable[[], None]) -> None:
        """Take a step; where it is doubtful, the same step once more takes it all the same."""
        now, remark = self._feed.clock.monotonic(), self._remark
        asked = remark.about if remark is not None and now - remark.since >= READ else ""
        at, self._remark = (self._standing, self._typed), None
        try:
            try:
                step()
            except Doubt as doubt:
                if doubt.about != asked:
                    raise
                self._sure |= {asked}
                step()
        except Unclear as unclear:
            self._remark = Remark(*at, self._manner.say(str(unclear)))
        except Doubt as doubt:
            self._remark = Remark(*at, str(doubt), doubt.about, now)

    def _go_on(self, choice: Choice | None = None) -> None:
        shop = self._shop
        self._move(answered(self._standing, self._typed, choice or self._chosen(shop), shop))

    def _move(self, standing: Standing) -> None:
        self._before.append((self._standing, self._typed))
        self._return(standing, said_before(standing))

    def _return(self, standing: Standing, typed: str) -> None:
        self._standing, self._selected = standing, None
        self._write(typed)

    def _write(self, text: str) -> None:
        self._answer.value = text
        self._answer.cursor_position = len(text)

    def _place(self) -> None:
        shop = self._shop
        draft = complete(self._standing, self._typed, self._chosen(shop), shop)
        if self._standing != Standing(draft, Ask.CHANNEL):
            self._move(Standing(draft, Ask.CHANNEL))
        self._data = wire(draft, self._order, shop.now)
        self._send()

    def _send(self) -> None:
        self._sending = self._ask_hub()

    @work
    async def _ask_hub(self) -> None:
        say = self._manner.say
        try:
            await self._feed.place(self._data, BY)
        except Unanswered:
            self._unknown = True
        except Refused as refused:
            self._unknown = self._unknown and not self._feed.live
            if not self._unknown:
                words = say("not placed: {reason}").format(reason=say(refused.reason or "?"))
                self._remark = Remark(self._standing, self._typed, words)
        else:
            summary = self._summary(self._standing.draft, self._shop)
            self.leave(say("placed: {order}").format(order=shown(f"{await self._number()} {summary}".strip())))
            return
        finally:
            self._sending = None
        self._show()

    async def _number(self) -> str:
        """The display id that the hub gave, once its feed brings the order; empty where that takes too long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FEED):
                while True:
                    for whole in self._feed.board.orders if self._feed.board else ():
                        if whole.order == self._order:
                            return shown_id(whole)
                    await asyncio.sleep(LOOK)  # the feed tells the screen beneath, not this one
        return ""


_PRESSES: dict[str, Press] = {
    "enter": "enter",
    "tab": "enter",
    "shift+tab": "back",
    "pageup": "back",
    "ctrl+s": "place",
    "escape": "close",
}
