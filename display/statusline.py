"""The status line: whether what is shown can be trusted, always in sight, in plain words."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual.strip import Strip

from display.cells import Painted, Piece, row, shown, shown_id
from display.feed_client import FeedClient, Link
from display.manner import Manner
from display.palette import BLACK, FAINT, RED, WHITE, YELLOW, ink
from edge.views import BoardView, Device, Entry, Halted, Status
from edge.words import Say

WIDE = 150  # from this width on one row is enough
MINUTE = 60
FULL = ("full", "no space")  # how SQLite and the machine say that a disk is

TROUBLE, WATCH = ink(WHITE, RED, bold=True), ink(BLACK, YELLOW, bold=True)
CALM, CALM_BOLD, PLAIN = ink(WHITE), ink(WHITE, bold=True), ink(FAINT)
RANKS = (TROUBLE, WATCH, CALM, PLAIN)  # what is well comes last: on a small screen it has no room


class StatusLine(Painted):
    """What the hub says of cloud, paper, messages, journal and devices; or that the hub itself is cut off."""

    DEFAULT_CSS = "StatusLine { dock: bottom; height: 2; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[BoardView | None, Manner, str] | None = None

    def show(self, board: BoardView | None, manner: Manner, trouble: str) -> None:
        """Show a board's status; `trouble` is why the board is not live."""
        self._shown = board, manner, trouble
        self.styles.height = 1 if self.size.width >= WIDE else 2
        self.redraw()

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """What is well comes last: on a small screen it has no room."""
        if self._shown is None:
            return (row(width, ink()),) * height
        board, manner, trouble = self._shown
        if trouble:
            said = [trouble, manner.say("what is shown is old: do not work from it")]
            rows = said if height > 1 else [": ".join(said)]
            return tuple(row(width, TROUBLE, (" " + text, TROUBLE)) for text in rows)
        if board is None:
            return (row(width, ink()),) * height
        now = manner.clock(board.now, board.now.timestamp()), CALM_BOLD
        practice = [(manner.say("PRACTICE"), WATCH)] if board.status.practice else []
        parts = [now, *practice, *sorted(self._parts(board, manner), key=lambda part: RANKS.index(part[1]))]
        lines, left = _set(parts, width, height)
        more: Piece | None = None
        if _worrying(left):
            words = manner.say("+{count}: press !")
            lines, left = _set(parts, width, height, cell_len(words))
            more = f" {words.format(count=_worrying(left))} ", TROUBLE
        return (*(row(width, ink(), *line) for line in lines[:-1]), row(width, ink(), *lines[-1], right=more))

    def _parts(self, board: BoardView, manner: Manner) -> Iterator[Piece]:
        say, status = manner.say, board.status
        yield from _alarms(status, say)
        yield self._cloud(board, manner)
        if board.paused is not None:
            yield paused(board.paused, board, manner), WATCH
        for count, words in (
            (status.unprinted, say("unprinted {count}")),
            (status.unconfirmed, say("perhaps printed {count}")),
            (status.dead_letters, say("not understood {count}")),
            (status.gaps, say("gaps {count}")),
        ):
            yield words.format(count=count), WATCH if count else PLAIN
        for device in status.devices:
            if device.state in {"missing", "fault"} or (device.state == "ok" and device.reason):
                yield f"{device_name(device, say)} {_ill(device, say)}", WATCH
            elif device.state == "unknown" and device.kind == "printer":
                yield f"{device_name(device, say)}: {say('sent, unconfirmed')}", CALM
        if status.cloud_reason:
            yield shown(status.cloud_reason, 120), WATCH
        for orders, words in ((board.ready, say("ready {count}")), (board.held, say("held {count}"))):
            yield words.format(count=len(orders)), CALM if orders else PLAIN
        if board.unavailable:
            names = " ".join(shown(product.name or product.code) for product in board.unavailable)
            yield say("sold out: {names}").format(names=names), WATCH
        yield from _named(board.untold, say("not told: {names}"))
        yield from _named(board.lapsed, say("too old, not made: {names}"))

    def _cloud(self, board: BoardView, manner: Manner) -> Piece:
        say, status = manner.say, board.status
        if status.cloud == "none":
            return say("no cloud"), PLAIN
        heard = say("never heard")
        if status.last_heard is not None:
            heard = say("heard {span} ago").format(span=lasted((board.now - status.last_heard).total_seconds(), manner))
        if status.cloud == "away":
            return say("CLOUD AWAY") + ", " + heard, TROUBLE
        return say("cloud connected") + ", " + heard, CALM


def _named(entries: Sequence[Entry], words: str) -> Iterator[Piece]:
    if names := " ".join(dict.fromkeys(map(shown_id, entries))):
        yield words.format(names=names), WATCH


def _alarms(status: Status, say: Say) -> Iterator[Piece]:
    if status.journal != "ok":
        yield saving(status, say), TROUBLE
    if status.clock != "ok":
        yield say("THE CLOCK IS NOT SET: release held orders by hand"), TROUBLE


def _set(parts: list[Piece], width: int, height: int, spare: int = 0) -> tuple[list[list[Piece]], list[Piece]]:
    """Parts in the rows where they have room, and those that have none; `spare` cells of the last row stay free."""
    lines: list[list[Piece]] = [[] for _ in range(height)]
    rooms = [width] * (height - 1) + [width - spare]
    left = []
    for text, style in parts:
        cells = cell_len(text) + 2
        at = next((at for at, room in enumerate(rooms) if cells <= room or not lines[at]), None)
        if at is None:
            left.append((text, style))
        else:
            lines[at] += [(f" {text} ", style), (" ", ink())]
            rooms[at] -= cells + 1
    return lines, left


def _worrying(parts: list[Piece]) -> int:
    return sum(style in {TROUBLE, WATCH} for _, style in parts)


def device_name(device: Device, say: Say) -> str:
    """Which device it is."""
    names = {"printer": say("printer"), "keypad": say("keypad"), "scanner": say("scanner")}
    return f"{names[device.kind]} {shown(device.id)}"


def _ill(device: Device, say: Say) -> str:
    reason = shown(device.reason, 80)
    if device.state == "ok":
        return say("not done: {reason}").format(reason=reason)
    state = say("missing") if device.state == "missing" else say("faulty")
    return f"{state} ({reason})" if reason else state


def saving(status: Status, say: Say) -> str:
    """Why nothing is saved, in words where the machine's are known."""
    full = any(word in status.journal.lower() for word in FULL)
    reason = say("the disk is full") if full else shown(status.journal, 120)
    return say("NOTHING IS BEING SAVED: {reason}").format(reason=reason)


def halted(board: BoardView, manner: Manner) -> Iterator[str]:
    """What must be known of everything that is shown: it is practice, the store is paused."""
    if board.status.practice:
        yield manner.say("PRACTICE: nothing here is real")
    if board.paused is not None:
        yield paused(board.paused, board, manner)


def paused(halt: Halted, board: BoardView, manner: Manner) -> str:
    """Since when the store takes no orders, and why."""
    since = manner.clock(halt.since, board.now.timestamp())
    reason = f" ({shown(halt.reason)})" if halt.reason else ""
    return manner.say("PAUSED since {time}").format(time=since) + reason


def lasted(seconds: float, manner: Manner) -> str:
    """A time span that is of interest by the second while it is short."""
    if seconds < MINUTE:
        return manner.say("{seconds} s").format(seconds=max(0, int(seconds)))
    return manner.span(int(seconds // MINUTE))


def cut_off(feed: FeedClient, manner: Manner) -> str:
    """Why and since when the board is not live, in words; empty while it is."""
    say = manner.say
    since = ""
    if feed.board is not None:
        at = feed.board.now.astimezone(manner.zone)
        span = lasted(feed.clock.monotonic() - feed.heard, manner)
        since = say("since {time} ({span})").format(time=f"{at:%H:%M:%S}", span=span)
    match feed.link:
        case Link.LIVE:
            return ""
        case Link.CONNECTING:
            words = say("CONNECTING to the hub")
        case Link.SILENT:
            words = say("CUT OFF: the hub is silent")
        case Link.REFUSED if feed.reason.startswith("401"):
            words = say("CUT OFF: the hub wants a token: OVENBELL_FEED_TOKEN or --token-file")
        case Link.REFUSED:
            words = say("CUT OFF: the hub refuses this display ({reason})").format(reason=shown(feed.reason))
        case Link.CUT:
            words = say("CUT OFF from the hub") if since else say("NO HUB YET: trying again and again")
    return f"{words} {since}".rstrip()
