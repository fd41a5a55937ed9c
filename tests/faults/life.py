"""A store's life by chance: rounds of what the cloud, the hands and the couriers ask, and how a hub is asked them."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random
from typing import Any

import msgspec

from cloud_bridge.reader import event_key
from edge import intents as i
from edge.board import Board
from edge.hub import NotCommitted
from edge.intents import Intent, Refused
from edge.orders import Item, Order, OrderId, OrderState, StationId
from edge.store import StoreHub
from tests.builders import HOUR, MINUTE, MORNING, ManualClock, a_bread, a_bun, a_cake, a_stamp, an_order

FIRST_DAY = MORNING + 60 * 24 * HOUR  # later than any build of the hub, whose clock is believed from then on
NOWHERE = i.TurnPage(StationId("nowhere"), 1)


class Asked(msgspec.Struct):
    """One thing that was asked, and when the one who asked was answered."""

    intent: Intent
    key: str | None
    at: float  # on the store's clock
    offered: bool
    answered: int | None = None  # what `moment` said then; none while it waits
    outcome: int | str | None = None  # the sequence, or why it was refused


class Round(msgspec.Struct, frozen=True):
    """Time goes by, then all of this is asked at once: all of it by the cloud, or all of it by people and couriers."""

    after: float
    asked: tuple[Asked, ...]


class Life:
    """Makes up rounds that fit the board as it is."""

    def __init__(self, seed: int, *, by_the_clock: bool = True) -> None:
        self._dice = Random(seed)
        self._by_the_clock = by_the_clock  # whether it would be another life at another time or with other numbers
        self._events = 0
        self._orders = 0
        self._asks = 0
        self._sent: list[Asked] = []
        self.placed: list[OrderId] = []
        self.presses = 0

    def round(self, board: Board, now: float) -> Round:
        """What comes next."""
        dice = self._dice
        after = dice.choice((0.0, 0.0, 0.25, 1.0, 2.0, 6.0, MINUTE))  # sums of these are exact
        if len(self.placed) < 3 or dice.random() < 0.5:
            asked = [self._event(board, now + after) for _ in range(dice.choice((1, 1, 2, 4)))]
            self._sent += asked
        else:
            # One of each order: what was refused and asked again after a cut would find the other one done.
            presses = (self._press(board) for _ in range(dice.choice((1, 1, 2))))
            each = {getattr(intent, "order", ""): intent for intent in presses}
            asked = [Asked(intent, self._key(), now + after, offered=False) for intent in each.values()]
            self.presses += sum(isinstance(one.intent, i.AtStation) for one in asked)
        return Round(after, tuple(asked))

    def _key(self) -> str:
        self._asks += 1
        return f"api\n{self._asks}"

    def _event(self, board: Board, now: float) -> Asked:
        dice = self._dice
        if self._sent and dice.random() < 0.1:
            again = dice.choice(self._sent)
            return Asked(again.intent, again.key, now, offered=True)
        self._events += 1
        stamp = a_stamp(f"e-{self._events}", time=now, sequence=self._events)
        key = event_key(stamp.source, stamp.id)
        kind = dice.choices(("place", "change", "cancel", "gone", "letter"), (10, 4, 2, 2, 1))[0]
        known = [order.id for order in board.orders.values() if order.stamp]
        intent: Intent
        match kind:
            case "change" if known:
                intent = i.Change(self._order(dice.choice(known), now), stamp)
            case "cancel" if known:
                intent = i.Cancel(dice.choice(known), stamp, "the customer called")
            case "gone" if known:
                intent = i.Gone(dice.choice(known), stamp)
            case "letter":
                payload = b"{" + str(self._events).encode()
                digest = hashlib.sha256(payload).hexdigest()
                intent, key = i.KeepLetter("orders", "not JSON", payload, len(payload), digest), f"letter\n{digest}"
            case _:
                self._orders += 1
                self.placed.append(OrderId(f"o-{self._orders}"))
                intent = i.Place(self._order(self.placed[-1], now), stamp)
        return Asked(intent, key, now, offered=True)

    def _order(self, name: str, now: float) -> Order:
        dice = self._dice
        makers: tuple[Callable[..., Item], ...] = (a_bun, a_bread, a_cake)
        note = "x" * dice.choice((0, 10, 300, 5_000))
        items = (dice.choice(makers)(str(n + 1), note=note) for n in range(dice.choice((1, 1, 2, 3))))
        later = self._by_the_clock and dice.random() < 0.33
        when: dict[str, Any] = {"scheduled": True, "due": now + 3 * HOUR + 4 * MINUTE} if later else {}
        return an_order(name, *items, created=now, note=f"note {dice.random()}", **when)

    def _press(self, board: Board) -> Intent:
        """Something that can be done, named so that it means the same whenever it is asked again."""
        dice = self._dice
        cards = [(station, order.id) for order in board.orders.values() for station in order.slots]
        orders = [order.id for order in board.orders.values()]
        jobs = list(board.jobs.values())
        kind = dice.choices(
            ("bump", "recall", "acknowledge", "collect", "hold", "release", "receipt", "ticket"),
            (20, 4, 3, 2, 1, 1, 4, 4),
        )[0]
        order = dice.choice(orders) if orders else OrderId("nothing")
        station, carded = dice.choice(cards) if cards else (StationId("oven"), order)
        match kind:
            case "recall":
                return i.Recall(order=order)
            case "acknowledge":
                return i.Acknowledge(station=station, order=carded)
            case "collect":
                ready = [one.id for one in board.orders.values() if one.state is OrderState.READY]
                return i.Collect(dice.choice(ready) if ready else order)
            case "hold":
                return i.Hold(order)
            case "release":
                return i.Release(order)
            case "receipt":
                return i.ReceiptUpdates(dice.randint(0, board.counters.updates))
            case "ticket" if jobs and self._by_the_clock:
                return i.ReportTicket(dice.choice(jobs).id, dice.choice(("sending", "printed", "unconfirmed")))
        return i.Bump(station=station, order=carded)


async def play(hub: StoreHub, clock: ManualClock, one: Round, moment: Callable[[], int] = lambda: 0) -> None:
    """Let time pass and ask everything of a round; returns once all of it is answered."""
    clock.advance(one.after)
    await settle(hub)
    await ask(hub, one.asked, moment)


async def ask(hub: StoreHub, asked: tuple[Asked, ...], moment: Callable[[], int] = lambda: 0) -> None:
    """Ask, and note when each is answered and how."""
    if not asked:
        return
    if not asked[0].offered:
        await asyncio.gather(*(_submit(hub, one, moment) for one in asked))
        return
    left = len(asked)
    all_done = asyncio.Event()

    def done(one: Asked) -> None:
        nonlocal left
        one.answered, left = moment(), left - 1
        if not left:
            all_done.set()

    for one in asked:
        hub.offer(one.intent, by="cloud", key=one.key, done=lambda one=one: done(one))  # type: ignore[misc]
    await all_done.wait()


async def _submit(hub: StoreHub, one: Asked, moment: Callable[[], int]) -> None:
    try:
        one.outcome = await hub.submit(one.intent, by="api", key=one.key)
    except Refused as refused:
        one.outcome = refused.reason
    one.answered = moment()


async def settle(hub: StoreHub) -> None:
    """Let everything happen that is due by now."""
    before = -1
    while hub.backlog or before != hub.board.counters.seq:
        before = hub.board.counters.seq
        hub.ring()
        with suppress(Refused, NotCommitted):
            await hub.submit(NOWHERE, by="witness")


def again(asked: tuple[Asked, ...]) -> tuple[Asked, ...]:
    """The same, not answered yet."""
    return tuple(Asked(one.intent, one.key, one.at, one.offered) for one in asked)


def all_asked(rounds: list[Round]) -> Iterator[Asked]:
    """Everything, in the order it was asked."""
    for one in rounds:
        yield from one.asked
