"""The verbs: what can be asked of a number, by which key, and the intent that comes of it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec.structs import replace

from display.age import moved_next
from display.amounts import named
from display.amounts import number as written
from display.asking import Choice, Entered, Reason
from display.cells import shown
from display.due import Unclear, read_due
from display.needs import amounts
from display.needs import written as summed
from display.overlay import Overlay
from display.view import Scene, Target, Verb
from edge import intents as i
from edge.asking import RescheduleBody
from edge.intents import Asked, Refused
from edge.orders import ItemId, Moment, OrderId, OrderState, StationId
from edge.views import CardItem, Halted
from edge.words import Say


@dataclass(frozen=True)
class Deed:
    """A verb with its key, its name in the hint line, and its line in the help; both are message ids."""

    verb: Verb
    key: str  # empty where only a view's own numbers mean it
    label: str
    words: str


DEEDS = (
    Deed("bump", "", "next step", ""),
    Deed("recall", "r", "recall", "recall: then a number, or r again for the station's last press"),
    Deed("acknowledge", "a", "acknowledge", "acknowledge: the oldest card with a mark; A: then a number"),
    Deed("reprint", "p", "reprint", "reprint: the station's latest ticket; P: then a number"),
    Deed("units", "u", "units", "units: then a number, and how many go on"),
    Deed("hold", "h", "hold", "hold: then a number; it waits until it is released"),
    Deed("release", "l", "release", "release: then a number; it goes to its stations now"),
    Deed("prioritise", "f", "first", "first: then a number; again: no longer first"),
    Deed("reschedule", "t", "time", "time: then a number, and the new due time"),
    Deed("refuse", "x", "refuse", "refuse: then a number, and why the store does not make it"),
    Deed("remake", "m", "remake", "remake: then a number, and what is spoilt"),
    Deed("collect", "c", "collect", "collect: then a number; the customer has it"),
    Deed("unavailable", "", "sold out", ""),
    Deed("batch", "", "whole batch", ""),
    Deed("look", "v", "look", "look: then a number; the order with its history"),
)
DEED = {deed.verb: deed for deed in DEEDS}
ALONE: frozenset[Verb] = frozenset({"recall", "acknowledge", "reprint"})  # mean something without a number
AT_ONCE: frozenset[Verb] = frozenset({"acknowledge", "reprint"})  # where the view has a station

REFUSALS = ("too many orders", "sold out", "too late for today", "cannot be made as ordered")
SPOILT = ("dropped", "burnt", "wrong product", "damaged", "quality")
PAUSES = ("too many orders", "a machine is broken", "too few hands", "closing early")
LACKS = ("sold out", "an ingredient is missing", "a machine is broken")


class Errand(NamedTuple):
    """What is asked of the hub, and what is said when it was done."""

    intent: Asked | RescheduleBody
    done: str


class Left(Exception):
    """Somebody left a question with Escape: nothing is asked of the hub."""


Put = Callable[[Overlay[Any]], Awaitable[Any]]


@dataclass(frozen=True)
class Talk:
    """What it takes to find out what somebody means: the scene, and a way to put questions."""

    scene: Scene
    put: Put

    @property
    def say(self) -> Say:
        """The words of the display."""
        return self.scene.manner.say

    async def choose(self, title: str, options: list[str]) -> int:
        """One of several; raises Left."""
        return int(await self._answer(Choice(self.scene.manner, title, options)))

    async def sure(self, title: str) -> None:
        """Yes; raises Left."""
        if await self.choose(title, [self.say("yes"), self.say("no")]):
            raise Left

    async def reason(self, title: str, common: tuple[str, ...]) -> str:
        """A common reason or a typed one; raises Left."""
        return str(await self._answer(Reason(self.scene.manner, title, [self.say(reason) for reason in common])))

    async def units(self, title: str, most: Decimal) -> Decimal | None:
        """How many; none is all. Raises Left."""
        if most <= 1:
            return None
        everything = self.say("all {count}").format(count=written(most))

        def read(text: str) -> Decimal | None:
            return most if not text else _quantity(text, most)

        def says(quantity: Decimal) -> str:
            return everything if quantity == most else written(quantity)

        answer = await self._answer(Entered(self.scene.manner, title, read, says))
        return None if answer == most else Decimal(answer)

    async def time(self, title: str) -> datetime:
        """A time of today or another day; raises Left."""
        manner = self.scene.manner
        now = self.scene.board.now.astimezone(manner.zone)

        def read(text: str) -> datetime | None:
            with suppress(Unclear):  # while it is typed it is not clear yet
                return read_due(text, now)
            return None

        def says(due: datetime) -> str:
            return f"{due:%m-%d %H:%M}" if due.year == now.year else f"{due:%Y-%m-%d %H:%M}"

        hint = self.say("14:30   +45   tomorrow 9   fri 10:30   12-24 16:00")
        answer: datetime = await self._answer(Entered(manner, title, read, says, hint))
        return answer

    async def _answer(self, question: Overlay[Any]) -> Any:
        answer = await self.put(question)
        if answer is None:
            raise Left
        return answer


def alone(verb: Verb, station: StationId, say: Say) -> Errand:
    """What a verb without a number asks of a station."""
    match verb:
        case "acknowledge":
            return Errand(i.Acknowledge(station=station), say("acknowledged"))
        case "reprint":
            return Errand(i.Reprint(station=station), say("printing again"))
        case _:
            return Errand(i.Recall(station=station), say("last press taken back"))


async def errand(verb: Verb, number: int, target: Target, talk: Talk) -> Errand:
    """What a verb asks for a target, once everything it needs has been asked for; raises Left and Refused."""
    match verb:
        case "bump" | "units" | "recall" | "acknowledge" | "reprint":
            return await _at_a_card(verb, number, target, talk)
        case "unavailable":
            return await _sold_out(_product(target), target.name, talk)
        case "batch":
            return await _batch(target, talk)
        case _:
            if target.order is None:
                raise Refused("{number} is no order", number=number)
            return await _of_an_order(verb, target.order, target, talk)


async def _at_a_card(verb: Verb, number: int, target: Target, talk: Talk) -> Errand:
    say, name = talk.say, shown(target.name)
    at: dict[str, Any] = {"station": target.station, "slot": target.slot, "order": target.order}
    match verb:
        case "recall":
            return Errand(i.Recall(**at), say("{number}: last press taken back").format(number=number))
        case "acknowledge":
            return Errand(i.Acknowledge(**at), say("{order}: acknowledged").format(order=name))
        case "reprint" if target.untold is not None:
            return Errand(i.Acknowledge(order=target.order), say("{order}: the customer was phoned").format(order=name))
        case "reprint":
            job = target.paper.job if target.paper else None
            intent = i.Reprint(job=job) if job else i.Reprint(**at)
            return Errand(intent, say("{order}: printing again").format(order=name))
        case "units":
            return await _units(target, at, talk)
    step = target.card.next if target.card else None
    started = step is not None and step.moment is Moment.STARTED
    words = say("{number} {order}: {stage} started") if started else say("{number} {order}: {stage} finished")
    expected: dict[str, Any] = {"stage": step.stage, "moment": step.moment} if step else {}
    return Errand(
        i.Bump(**at, **expected), words.format(number=number, order=name, stage=shown(step.name) if step else "")
    )


async def _units(target: Target, at: dict[str, Any], talk: Talk) -> Errand:
    say, card = talk.say, target.card
    movable = moved_next(card) if card else target.items
    if not movable:
        raise Refused("{order} has nothing to move here", order=target.name)
    item = await _one(say("{order}: which item goes on?"), target, movable, talk)
    title = say("{item}: how many go on?").format(item=shown(item.name))
    quantity = await talk.units(title, item.quantity)
    moved = named(item.name, quantity or item.quantity, item.unit)
    words = say("{order}: {items} go on").format(order=shown(target.name), items=moved)
    return Errand(i.Bump(**at, item=item.item, quantity=quantity), words)


async def _of_an_order(verb: Verb, order: OrderId, target: Target, talk: Talk) -> Errand:
    say, name = talk.say, shown(target.name)
    match verb:
        case "hold":
            return Errand(i.Hold(order), say("{order} is held").format(order=name))
        case "release":
            return Errand(i.Release(order), say("{order} is released").format(order=name))
        case "prioritise":
            return _prioritise(order, target, talk)
        case "reschedule":
            due = await talk.time(say("{order}: for when?").format(order=name))
            when = talk.scene.manner.clock(due, talk.scene.now)
            return Errand(RescheduleBody(order, due), say("{order} is for {time} now").format(order=name, time=when))
        case "refuse":
            reason = await talk.reason(say("{order}: why does the store not make it?").format(order=name), REFUSALS)
            await talk.sure(say("Refuse {order}: {reason}? The customer is told.").format(order=name, reason=reason))
            return Errand(i.Refuse(order, reason), say("{order} is refused").format(order=name))
        case "remake":
            return await _remake(order, target, talk)
        case "collect":
            return await _collect(order, target, talk)
    raise Refused("{number} is no order", number=target.name)


def _prioritise(order: OrderId, target: Target, talk: Talk) -> Errand:
    whole = talk.scene.whole(order)
    before = target.card.priority if target.card else whole.priority if whole else 0
    words = talk.say("{order} is no longer first") if before else talk.say("{order} is first now")
    return Errand(i.Prioritise(order, 0 if before else 1), words.format(order=shown(target.name)))


async def _remake(order: OrderId, target: Target, talk: Talk) -> Errand:
    say, name = talk.say, shown(target.name)
    whole = talk.scene.whole(order)
    items = target.items or (whole.items if whole else target.card.items if target.card else ())
    if not items:
        raise Refused("{order} has nothing to make again", order=target.name)
    item = await _one(say("{order}: what is spoilt?"), target, items, talk)
    quantity = await talk.units(say("{item}: how many are spoilt?").format(item=shown(item.name)), item.quantity)
    lost = named(item.name, quantity or item.quantity, item.unit)
    reason = await talk.reason(say("{items}: what happened?").format(items=lost), SPOILT)
    await talk.sure(say("Make {items} of {order} again from the beginning?").format(items=lost, order=name))
    words = say("{order}: {items} made again").format(order=name, items=lost)
    return Errand(i.Remake(order, item.item, reason, quantity), words)


async def _collect(order: OrderId, target: Target, talk: Talk) -> Errand:
    say, name = talk.say, shown(target.name)
    done = say("{order} is collected").format(order=name)
    whole = talk.scene.whole(order)
    ready = any(one.order == order for one in talk.scene.board.ready)
    if ready or (whole is not None and whole.state is OrderState.READY):
        return Errand(i.Collect(order), done)
    if whole is None:  # the hub knows what became of it
        return Errand(i.Collect(order), done)
    await talk.sure(say("{order} is not ready. Has the customer got it all the same?").format(order=name))
    return Errand(i.Collect(order, force=True), done)


async def _batch(target: Target, talk: Talk) -> Errand:
    lots = list({(item.station, item.stage, item.moment): item for item in target.items}.values())
    if not lots:
        raise Refused("{order} has nothing to move here", order=target.name)
    at = 0
    if lots[1:]:
        title = talk.say("{order}: which batch?").format(order=shown(target.name))
        at = await talk.choose(title, [f"{shown(lot.stage_name)} {talk.say(lot.moment.value)}" for lot in lots])
    lot = lots[at]
    place = lot.station, lot.stage, lot.moment
    here = [item for item in target.items if (item.station, item.stage, item.moment) == place]
    left = [item for item in here if any(item is one for one in target.locked)]
    moved = [item for item in here if not any(item is one for one in left)]
    said = _batched(lot.moment, partly=bool(left), say=talk.say).format(
        order=shown(target.name), stage=shown(lot.stage_name), moved=summed(amounts(moved)), left=summed(amounts(left))
    )
    return Errand(i.Batch(lot.station, lot.code or lot.name, lot.stage, lot.moment), said)


def _batched(moment: Moment, *, partly: bool, say: Say) -> str:
    if moment is Moment.WAITING:
        behind = say("{order}: {stage} started for {moved}, {left} stay behind: acknowledge their allergens")
        return behind if partly else say("{order}: {stage} started for all")
    behind = say("{order}: {stage} finished for {moved}, {left} stay behind: acknowledge their allergens")
    return behind if partly else say("{order}: {stage} finished for all")


async def _one(title: str, target: Target, items: tuple[CardItem, ...], talk: Talk) -> CardItem:
    """One of a card's items, its parts taken together."""
    parts: dict[ItemId, list[CardItem]] = {}
    for item in items:
        parts.setdefault(item.item, []).append(item)
    if not parts:
        raise Refused("{order} has nothing to move here", order=target.name)
    wholes = [_together(part) for part in parts.values()]
    if not wholes[1:]:
        return wholes[0]
    names = [named(item.name, item.quantity, item.unit) for item in wholes]
    return wholes[await talk.choose(title.format(order=shown(target.name)), names)]


def _together(parts: list[CardItem]) -> CardItem:
    return replace(parts[0], quantity=sum((part.quantity for part in parts), Decimal(0)))


def _product(target: Target) -> str:
    return next((item.code for item in target.items if item.code), target.name)


async def _sold_out(code: str, name: str, talk: Talk) -> Errand:
    reason = await talk.reason(talk.say("{product}: why is there none?").format(product=shown(name)), LACKS)
    said = talk.say("{product} is sold out").format(product=shown(name))
    return Errand(i.Unavailable(code, reason), said)


async def stock(talk: Talk) -> Errand:
    """A product that is sold out is there again, or another is sold out; raises Left."""
    say, board = talk.say, talk.scene.board
    gone: dict[str, Halted] = {halted.code: halted for halted in board.unavailable}
    names = {product.code: product.name for product in (talk.scene.info.products if talk.scene.info else ())}
    for whole in board.orders:
        names |= {item.code: item.name for item in whole.items if item.code and item.code not in names}
    for station in board.stations:
        for card in station.cards:
            names |= {item.code: item.name for item in card.items if item.code and item.code not in names}
    codes = [*gone, *(code for code in names if code not in gone)]
    if not codes:
        raise Refused("no product has a code: name them in store.toml")
    back = say("{product}: can be ordered again")
    options = [
        back.format(product=shown(gone[code].name or code)) if code in gone else shown(names[code]) for code in codes
    ]
    code = codes[await talk.choose(say("Which product is sold out, or there again?"), options)]
    if code in gone:
        return Errand(i.Available(code), back.format(product=shown(gone[code].name or code)))
    return await _sold_out(code, names[code], talk)


async def pause(talk: Talk) -> Errand:
    """The store takes no more orders for a while, or takes them again; raises Left."""
    say = talk.say
    if talk.scene.board.paused is not None:
        await talk.sure(say("Take orders again?"))
        return Errand(i.Resume(), say("the store takes orders again"))
    reason = await talk.reason(say("PAUSE: why does the store take no more orders?"), PAUSES)
    await talk.sure(say("Pause the store: {reason}? The cloud is told.").format(reason=reason))
    return Errand(i.Pause(reason), say("the store is paused"))


def _quantity(text: str, most: Decimal) -> Decimal | None:
    try:
        quantity = Decimal(text)
    except ArithmeticError:
        return None
    return quantity if quantity.is_finite() and 0 < quantity <= most else None
