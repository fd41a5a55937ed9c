"""The gateway's hub: the generic hub with the board and the rules of the cloud's end."""

from collections.abc import Iterator

from cloud_bridge.gateway import intents as i
from cloud_bridge.gateway.apply import apply
from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.decide import decide
from cloud_bridge.gateway.facts import ClockStepped, Happened, JournalBegun, LetterRead, WebhookRead
from cloud_bridge.gateway.intents import Intent
from cloud_bridge.gateway.orders import Sending, account_key
from cloud_bridge.gateway.plan import Plan
from edge.clock import Clock
from edge.hub import Hub
from edge.journal import Journal
from edge.rules import Rules

INTERNAL = "internal: "  # so begins the reason of a letter that the rules could not digest
CloudHub = Hub[Board, Intent, Happened]


def _waking(board: Board) -> Iterator[Intent]:
    """What must be asked at start: the settings may name more stores now, and a notice may have been leaving."""
    for order in board.orders.values():
        if order.kept:
            yield i.Route(order.id)
    yield i.CheckShops()
    for notice in board.notices.values():
        if notice.state is Sending.SENDING:
            yield i.PutOff(notice.id, 0.0, "the gateway ended while it was leaving", unsure=True)


def _asks_about(intent: Intent) -> str | None:
    match intent:
        case i.Take(order=order) | i.Hear(order=order):
            return order
    return None


def _again(draft: Board, intent: Intent) -> Intent | None:
    """An event that is known has no second effect, but what brought it is read, too."""
    match intent:
        case i.Take(webhook=webhook, letter=letter) | i.Allow(webhook=webhook, letter=letter):
            if letter:
                return i.Note(LetterRead(letter, _account(intent)))
            if str(webhook) in draft.webhooks:
                return i.Note(WebhookRead(webhook))
    return None


def _account(intent: i.Take | i.Allow) -> str:
    return account_key(intent.channel, intent.account) if isinstance(intent, i.Take) else intent.account


def _spoilt(intent: Intent, reason: str) -> Intent:
    match intent:
        case i.Take(channel=channel, account=account, webhook=webhook):
            return i.Unread(f"{INTERNAL}{reason}", account_key(channel, account), webhook)
        case i.Hear(topic=topic, payload=payload):
            return i.Unread(f"{INTERNAL}{reason}", topic=topic, payload=payload)
    return i.Unread(f"{INTERNAL}{reason}", topic=type(intent).__name__)


RULES: Rules[Board, Intent, Happened] = Rules(
    decide=decide,
    apply=apply,
    last_seq=lambda draft: draft.counters.seq,
    archived=Board.ARCHIVED,
    asks_about=_asks_about,
    timers=lambda _draft: (),  # see sweep.py
    waking=_waking,
    carried=lambda before: i.Note(JournalBegun(before)),
    stepped=lambda seconds, begun: i.Note(ClockStepped(seconds, begun)),
    again=_again,
    spoilt=_spoilt,
)


def cloud_hub(plan: Plan, journal: Journal, clock: Clock) -> CloudHub:
    """A hub for the cloud's end; `start` it before use."""
    return Hub(Board(plan), RULES, journal, clock)
