"""The owner's page: what came in, what went out, and what a person has to look at; read-only, without a script."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple

from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.orders import Alarm, Store, Tally
from edge.words import Say

REFRESH = 5  # seconds
MOST = 200  # rows of a table, and alarms; a chain's stores that are well need not all be read
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
STYLE = """
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
  color: #1c1a18; background: #fbf9f3 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% } th { text-align: left; font-weight: 600 }
td, th { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ddd6c8; vertical-align: top }
.alarm { background: #8c1d18; color: #fff; padding: .5rem .75rem; margin: .25rem 0 } .bad { color: #8c1d18 }
.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
"""


class Letter(NamedTuple):
    """What could not be understood."""

    at: float
    source: str
    reason: str


class Seen(NamedTuple):
    """What the page shows beside the board."""

    broker: str  # empty while there is one, else why there is none
    journal: str  # empty while it can be written
    refused: dict[str, int]  # requests that did not prove themselves, by account
    sent: dict[str, int]  # notices by way, those to a channel by its account
    failed: dict[str, int]  # for good
    forbidden: dict[str, str]  # topics that the broker does not let us write to
    letters: tuple[Letter, ...] = ()
    answered: dict[str, int] = {}  # requests that proved themselves, by account
    ways: tuple[str, ...] = ()  # that there are
    nobody: dict[str, int] = {}  # notices for which a way had nobody to tell


def show_page(board: Board, seen: Seen, now: float, say: Say, title: str) -> str:
    """The page as HTML; every text from outside is escaped."""
    parts = [
        *(f'<p class="alarm">{escape(line)}</p>' for line in alarms_of(board, seen, now, say)),
        _table(
            say("Channels"),
            (
                say("account"),
                say("orders"),
                say("last order"),
                say("failures"),
                say("last failure"),
                say("wrong signatures"),
            ),
            [_account(key, board, seen, now, say) for key in board.plan.accounts],
            say,
        ),
        _table(
            say("Stores"),
            (
                say("store"),
                say("state"),
                say("not accepted yet"),
                say("fell behind"),
                say("to be sent"),
                say("last heard"),
                say("version"),
            ),
            _stores(board, now, say),
            say,
        ),
        _table(
            say("Notices"),
            (
                say("way"),
                say("sent since the start"),
                say("failed since the start"),
                say("nobody to tell"),
                say("waiting"),
            ),
            _notices(board, seen),
            say,
        ),
        _table(
            say("Not understood"),
            (say("when"), say("from"), say("why")),
            [(ago(one.at, now, say), escape(one.source), escape(one.reason)) for one in seen.letters],
            say,
        ),
    ]
    return (
        f'<!doctype html><html lang="{escape(say("en"))}"><head><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="{REFRESH}"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f"{''.join(parts)}</body></html>"
    )


def alarms_of(board: Board, seen: Seen, now: float, say: Say) -> Iterator[str]:
    """What a person has to look at, a line each."""
    if seen.journal:
        yield say("The journal cannot be written: {reason}").format(reason=seen.journal)
    if seen.broker:
        yield say("The broker is away: {reason}").format(reason=seen.broker)
    for topic, code in sorted(seen.forbidden.items()):
        yield say("The broker does not let us write to {topic}: {code}").format(topic=topic, code=code)
    for alarm in _foremost(board.alarms.values()):
        yield _say_alarm(alarm, board, now, say)
    if len(board.alarms) > MOST:
        yield say("and {count} more to look at").format(count=len(board.alarms) - MOST)


def _foremost(alarms: Iterable[Alarm]) -> list[Alarm]:
    """The oldest first; where they are too many, the oldest of each kind, so that none hides another kind."""
    kinds: Counter[str] = Counter()
    turns: list[tuple[int, Alarm]] = []
    for alarm in sorted(alarms, key=lambda one: one.since):
        turns.append((kinds[alarm.kind], alarm))
        kinds[alarm.kind] += 1
    turns.sort(key=lambda one: one[0])
    return sorted((alarm for _, alarm in turns[:MOST]), key=lambda one: one.since)


def _say_alarm(alarm: Alarm, board: Board, now: float, say: Say) -> str:
    since = ago(alarm.since, now, say)
    match alarm.kind:
        case "unrouted":
            words = say("{about}: orders for shop “{text}”, which has no store in the settings, since {since}")
        case "away":
            words = say("{about} is away and {waiting} events wait for it, since {since}")
        case "untold":
            words = say("{about} could not be told what a store takes: {text}, since {since}")
        case "letters":
            words = say("{about} sent what could not be read: {text}, since {since}")
        case "unasked":
            words = say("{about} does not tell the orders that it named: {text}, since {since}")
        case "silent":
            words = say("{about} is there but does not accept its orders: {waiting} events, since {since}")
        case _:
            words = say("{about} did not understand an order: {text}, since {since}")
    waiting = board.store(alarm.about).unanswered
    return words.format(about=alarm.about, text=alarm.text, waiting=waiting, since=since)


def _account(key: str, board: Board, seen: Seen, now: float, say: Say) -> tuple[str, ...]:
    row = board.accounts.get(key) or Tally()
    failure = f"{ago(row.last_failure, now, say)}: {row.reason}" if row.last_failure else "–"
    return (
        escape(key),
        f"{row.orders:,}",
        ago(row.last_order, now, say),
        f"{row.failures:,}",
        escape(failure),
        f"{seen.refused.get(key, 0):,}",
    )


def _stores(board: Board, now: float, say: Say) -> list[tuple[str, ...]]:
    """Those that are away or behind first."""
    rows = [board.stores.get(store) or Store(store, 0) for store in board.plan.stores]
    owed: dict[str, int] = {}
    for event in board.outbox.values():
        owed[event.store] = owed.get(event.store, 0) + 1
    rows.sort(key=lambda row: (row.online and not row.unanswered, row.online, -row.unanswered, row.id))
    return [
        (
            escape(_name(row, board)),
            _state(row, now, say),
            f"{row.unanswered:,}",
            ago(row.fell_behind, now, say),
            f"{owed.get(row.id, 0):,}",
            ago(row.last, now, say),
            escape(row.version),
        )
        for row in rows
    ]


def _name(row: Store, board: Board) -> str:
    name = board.plan.stores[row.id].name
    return f"{row.id} {name}".strip()


def _state(row: Store, now: float, say: Say) -> str:
    if not row.number:
        return escape(say("never seen"))
    words = say("online, since {since}") if row.online else say("away, since {since}")
    shown = escape(words.format(since=ago(row.since, now, say)))
    return shown if row.online else f'<span class="bad">{shown}</span>'


def _notices(board: Board, seen: Seen) -> list[tuple[str, ...]]:
    waiting: dict[str, int] = {}
    for notice in board.notices.values():
        waiting[notice.way] = waiting.get(notice.way, 0) + 1
    figures = (seen.sent, seen.failed, seen.nobody, waiting)
    return [(escape(way), *(f"{figure.get(way, 0):,}" for figure in figures)) for way in sorted(set().union(*figures))]


def _table(title: str, heads: Iterable[str], rows: list[tuple[str, ...]], say: Say) -> str:
    if not rows:
        return f"<h2>{escape(title)}</h2><p>{escape(say('none'))}</p>"
    head = "".join(_cell(escape(one), "th", like) for one, like in zip(heads, rows[0], strict=True))
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows[:MOST])
    more = say("and {count} more that are well").format(count=len(rows) - MOST) if len(rows) > MOST else ""
    return f"<h2>{escape(title)}</h2><table><tr>{head}</tr>{body}</table><p>{escape(more)}</p>"


def _cell(text: str, tag: str = "td", like: str = "") -> str:
    """A number stands to the right, and so does the head of its column."""
    number = (like or text).replace(",", "").isdecimal()
    return f'<{tag} class="number">{text}</{tag}>' if number else f"<{tag}>{text}</{tag}>"


def ago(at: float, now: float, say: Say) -> str:
    """A time as a person reads it; the day only where it is another one."""
    if not at:
        return "–"
    minutes = max(0, int((now - at) // 60))
    if minutes < 60:  # noqa: PLR2004 - an hour
        return say("{minutes} min ago").format(minutes=minutes)
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
