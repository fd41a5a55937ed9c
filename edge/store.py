"""The store's hub: the generic hub with the store's board and rules."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from edge import intents as i
from edge.apply import apply
from edge.board import Board, stations_of
from edge.clock import Clock
from edge.decide import decide
from edge.facts import ClockStepped, EventRepeated, Happened, JournalBegun
from edge.hub import Hub
from edge.intents import Intent
from edge.journal import Journal
from edge.layout import Layout
from edge.orders import OrderState
from edge.rules import Rules
from edge.updates import UpdateId

StoreHub = Hub[Board, Intent, Happened]


def timers(draft: Board) -> Iterator[tuple[float, Intent]]:
    """What the clock must ask because of the orders a draft changes; of a board that is none, because of all."""
    for order in draft.orders.changes.values() if draft.is_draft else draft.orders.values():
        if order is None:
            continue
        if order.state is OrderState.HELD and order.release is not None:
            yield order.release, i.ReleaseDue(order.id, order.release)
        if order.closes is not None:
            yield order.closes, i.CloseDue(order.id, order.closes)
        if order.graced and (update := draft.outbox.get(UpdateId(order.graced[0]))):
            yield update.leaves, i.SendDue(order.id, update.leaves)


def _waking(board: Board) -> Iterator[Intent]:
    """What a store that starts must ask: its stations may have been edited while it was off."""
    for order in board.orders.values():
        if set(order.slots) != set(stations_of(board.layout, order)):
            yield i.Reseat(order.id)


def _asks_about(intent: Intent) -> str | None:
    match intent:
        case i.Place(order=order) | i.Change(order=order):
            return order.id
        case i.Cancel(order=order_id) | i.Gone(order=order_id) | i.ReportUntold(order=order_id):
            return order_id
    return None


def _again(draft: Board, intent: Intent) -> Intent | None:
    """An event that is known has no second effect, but its number may still be missing."""
    stamp = getattr(intent, "stamp", None)
    return i.Note(EventRepeated(stamp)) if stamp is not None and draft.counters.heard.misses(stamp) else None


def _spoilt(intent: Intent, reason: str) -> Intent:
    payload = msgspec.json.encode({type(intent).__name__: intent})
    sha256 = hashlib.sha256(payload).hexdigest()
    stamp = getattr(intent, "stamp", None)
    event = stamp.id if stamp else None
    return i.KeepLetter("orders", f"internal: {reason}", payload, len(payload), sha256, event, stamp)


RULES: Rules[Board, Intent, Happened] = Rules(
    decide=decide,
    apply=apply,
    last_seq=lambda draft: draft.counters.seq,
    archived="closed",
    asks_about=_asks_about,
    timers=timers,
    waking=_waking,
    carried=lambda before: i.Note(JournalBegun(before)),
    stepped=lambda seconds, begun: i.Note(ClockStepped(seconds, begun)),
    again=_again,
    spoilt=_spoilt,
)


def store_hub(layout: Layout, journal: Path | Journal, clock: Clock) -> StoreHub:
    """A hub for a store; `start` it before use."""
    if isinstance(journal, Path):
        journal = Journal(journal, Board.STORED)
    return Hub(Board(layout), RULES, journal, clock)
