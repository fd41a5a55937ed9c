"""A look at one order: what is in it, where it stands now, and all that had happened to it when it was opened."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rich.style import Style
from textual import work

from display.amounts import counted
from display.asking import Question, Row
from display.cells import shown, wrap
from display.feed_client import Unanswered
from display.manner import Manner
from display.palette import CYAN, FAINT, RED, SURFACE, WHITE, YELLOW, ink
from display.view import Scene, Target
from edge.intents import Refused
from edge.views import CardItem, Whole

HAPPENED = {
    "OrderPlaced": "arrived",
    "OrderChanged": "changed",
    "OrderCancelled": "cancelled",
    "OrderRefused": "refused",
    "OrderHeld": "held",
    "OrderReleased": "released",
    "OrderRescheduled": "rescheduled",
    "OrderPrioritised": "put first",
    "OrderReady": "ready",
    "OrderUnready": "not ready after all",
    "OrderCollected": "collected",
    "ItemStarted": "started",
    "ItemFinished": "finished",
    "ItemRemade": "made again",
    "MoveRecalled": "taken back",
    "Acknowledged": "acknowledged",
    "CustomerUntold": "customer not told",
    "CustomerPhoned": "customer phoned",
    "TicketPrinted": "printed",
    "TicketUnsent": "not printed",
    "TicketMoved": "printed elsewhere",
    "TicketUnconfirmed": "perhaps printed",
}  # the others are the hub's own
AROUND = 5  # rows that are not the order's: title, end, notice and status


class Look(Question[bool]):
    """Stands over the view until it is left, as true as that; what happened is read from the hub."""

    def __init__(self, scene: Scene, target: Target) -> None:
        super().__init__(scene.manner, shown(target.name))
        self._scene = scene
        self._target = target
        self._history: list[str] = []
        self._page = 0

    def on_mount(self) -> None:
        """Show what is known, and ask the hub for the rest."""
        super().on_mount()
        self._read()

    def show(self, scene: Scene) -> None:
        """Show the order as it is in this scene."""
        self._scene, self.manner = scene, scene.manner
        self.lay()

    @work
    async def _read(self) -> None:
        feed, order = self._scene.feed, self._target.order
        if feed is None or order is None:
            return
        try:
            answer = await feed.look_up(f"/api/orders/{order}", dict[str, Any])
        except Refused as refused:
            self._history = [refused.said(self.manner.say)]
        except Unanswered:
            self._history = [self.manner.say("no answer from the hub")]
        else:
            self._history = [*told(answer.get("history", ()), self._scene)]
        self.lay()

    def chooses(self, key: str, character: str | None) -> bool:
        """Pages turn; any other key leaves."""
        del character
        if key in {"pagedown", "right", "down"}:
            self._page += 1
        elif key in {"pageup", "left", "up"}:
            self._page = max(0, self._page - 1)
        else:
            self.leave()
        return True

    def body(self, width: int) -> list[Row]:
        """The page that is looked at."""
        room = max(3, self.app.size.height - AROUND)
        rows = [*self._rows(width - 2)]
        pages = -(-len(rows) // room)
        self._page = min(self._page, max(0, pages - 1))
        page = rows[self._page * room : (self._page + 1) * room]
        if pages > 1:
            said = self.manner.say("page {page}/{pages}").format(page=self._page + 1, pages=pages)
            page.append(Row(((f" PgUp PgDn {said}", ink(FAINT, SURFACE)),), ("pagedown",)))
        return page

    def _rows(self, width: int) -> Iterator[Row]:
        if self._scene.trouble:
            yield from _lines(self._scene.trouble, width, ink(WHITE, RED, bold=True))
        whole = self._scene.whole(self._target.order)
        card = self._target.card
        for line in _about(whole, self._scene) if whole else ():
            yield from _lines(line, width, ink(WHITE, SURFACE, bold=True))
        for item in whole.items if whole else card.items if card else self._target.items:
            yield from _lines(_item(item, self.manner), width, ink(WHITE, SURFACE))
            for line in _details(item, self.manner):
                yield from _lines(line, width, ink(CYAN, SURFACE), indent=4)
        note = whole.note if whole else card.note if card else ""
        if note:
            yield from _lines(self.manner.say("note: {text}").format(text=shown(note)), width, ink(YELLOW, SURFACE))
        for line in self._history:
            yield from _lines(line, width, ink(FAINT, SURFACE))


def told(history: list[dict[str, Any]], scene: Scene) -> Iterator[str]:
    """What happened to an order, in words; the same for several items at once is said once."""
    manner, last = scene.manner, ""
    for fact in history:
        words = HAPPENED.get(str(fact.get("fact")))
        if words is None:
            continue
        at = manner.clock(datetime.fromisoformat(str(fact["at"])), scene.now)
        stage = shown(str(fact.get("stage", "")))
        line = f"{at}  {stage} {manner.say(words)}  {shown(str(fact.get('by', '')))}".replace("   ", "  ")
        if line != last:
            yield line
        last = line


def _about(whole: Whole, scene: Scene) -> Iterator[str]:
    manner = scene.manner
    state = manner.say(whole.state.value)
    due = manner.clock(whole.due, scene.now) if whole.due else manner.say("no due time")
    yield f"{state}   {due}"
    channel = manner.say(shown(whole.channel)) if whole.channel else ""
    who = "   ".join(part for part in (channel, shown(whole.customer), shown(whole.phone)) if part)
    if who:
        yield who


def _item(item: CardItem, manner: Manner) -> str:
    moment = manner.say(item.moment.value)
    return f"{counted(item.quantity, item.unit):>3} {shown(item.name)}  ({shown(item.stage_name)} {moment})"


def _details(item: CardItem, manner: Manner) -> Iterator[str]:
    cake = item.bakery
    traits = [shown(trait) for trait in (cake.size, cake.flavour, cake.filling, cake.frosting) if trait]
    traits += [shown(option.name) for option in item.options]
    if traits:
        yield ", ".join(traits)
    if cake.cake_text:
        yield manner.say('on it: "{text}"').format(text=shown(cake.cake_text))
    if cake.allergens:
        yield manner.say("ALLERGENS") + " " + ", ".join(shown(one) for one in cake.allergens)
    if item.note:
        yield manner.say("note: {text}").format(text=shown(item.note))


def _lines(text: str, width: int, style: Style, indent: int = 1) -> Iterator[Row]:
    for line in wrap(text, width - indent):
        yield Row(((" " * indent + line, style),))
