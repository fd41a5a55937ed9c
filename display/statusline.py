"""The status line: whether what is shown can be trusted, always in sight, in plain words."""

from collections.abc import Iterator

from rich.cells import cell_len
from textual.strip import Strip

from display.cells import Painted, Piece, row, shown
from display.feed_client import FeedClient, Link
from display.manner import Manner
from display.palette import BLACK, FAINT, RED, WHITE, YELLOW, ink
from edge.views import BoardView

WIDE = 150  # from this width on one row is enough
MINUTE = 60


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
            red = ink(WHITE, RED, bold=True)
            said = [trouble, manner.say("what is shown is old: do not work from it")]
            rows = said if height > 1 else [": ".join(said)]
            return tuple(row(width, red, (" " + text, red)) for text in rows)
        lines: list[list[Piece]] = [[]]
        parts = sorted(self._parts(board, manner), key=lambda part: part[1] is ink(FAINT)) if board else []
        for text, style in parts:
            piece = f" {text} ", style
            if sum(cell_len(said) for said, _ in (*lines[-1], piece)) > width and len(lines) < height:
                lines.append([])
            lines[-1] += [piece, (" ", ink())]
        lines += [[]] * (height - len(lines))
        return tuple(row(width, ink(), *line) for line in lines)

    def _parts(self, board: BoardView, manner: Manner) -> Iterator[Piece]:
        say, status, now = manner.say, board.status, board.now.timestamp()
        plain, watch, trouble = ink(FAINT), ink(BLACK, YELLOW, bold=True), ink(WHITE, RED, bold=True)
        yield manner.clock(board.now, now), ink(WHITE, bold=True)
        for words in halted(board, manner):
            yield words, watch
        if status.journal != "ok":
            yield say("NOTHING IS BEING SAVED: {reason}").format(reason=shown(status.journal)), trouble
        if status.clock != "ok":
            yield say("THE CLOCK IS NOT SET: release held orders by hand"), trouble
        yield self._cloud(board, manner)
        for count, words in (
            (status.unprinted, say("unprinted {count}")),
            (status.unconfirmed, say("perhaps printed {count}")),
            (status.dead_letters, say("not understood {count}")),
            (status.gaps, say("gaps {count}")),
        ):
            yield words.format(count=count), watch if count else plain
        for device in status.devices:
            if device.state in {"missing", "fault"}:
                kind = say("printer") if device.kind == "printer" else say("keypad")
                state = say("missing") if device.state == "missing" else say("faulty")
                reason = f" ({shown(device.reason)})" if device.reason else ""
                yield f"{kind} {shown(device.id)} {state}{reason}", watch
        if status.cloud_reason:
            yield shown(status.cloud_reason, 120), watch
        for orders, words in ((board.ready, say("ready {count}")), (board.held, say("held {count}"))):
            yield words.format(count=len(orders)), ink(WHITE) if orders else plain
        if board.lapsed:
            names = " ".join(shown(order.display_id) for order in board.lapsed)
            yield say("too old, not made: {names}").format(names=names), watch

    def _cloud(self, board: BoardView, manner: Manner) -> Piece:
        say, status = manner.say, board.status
        if status.cloud == "none":
            return say("no cloud"), ink(FAINT)
        heard = say("never heard")
        if status.last_heard is not None:
            heard = say("heard {span} ago").format(span=lasted((board.now - status.last_heard).total_seconds(), manner))
        if status.cloud == "away":
            return say("CLOUD AWAY") + ", " + heard, ink(WHITE, RED, bold=True)
        return say("cloud connected") + ", " + heard, ink(WHITE)


def halted(board: BoardView, manner: Manner) -> Iterator[str]:
    """What must be known of everything that is shown: it is practice, the store is paused."""
    if board.status.practice:
        yield manner.say("PRACTICE: nothing here is real")
    if board.paused is not None:
        since = manner.clock(board.paused.since, board.now.timestamp())
        reason = f" ({shown(board.paused.reason)})" if board.paused.reason else ""
        yield manner.say("PAUSED since {time}").format(time=since) + reason


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
        case Link.REFUSED:
            words = say("CUT OFF: the hub refuses this display ({reason})").format(reason=shown(feed.reason))
        case Link.CUT:
            words = say("CUT OFF from the hub") if since else say("NO HUB YET: trying again and again")
    return f"{words} {since}".rstrip()
