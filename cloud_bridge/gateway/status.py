"""How a gateway is, as it tells who asks: what the doctor reads, and any other program may."""

from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.orders import Tally
from cloud_bridge.gateway.page import Seen, alarms_of
from edge.orders import Record
from edge.words import Say


class Status(Record, frozen=True):
    """`GET /api/status`; what is at its default is left out. Notices and refusals are counted since the start."""

    accounts: dict[str, Tally]  # by CHANNEL/ID
    answered: dict[str, int]  # requests of an account that proved themselves
    refused: dict[str, int]  # and that did not
    ways: tuple[str, ...]
    sent: dict[str, int]  # notices by way, those to a channel by its account
    failed: dict[str, int]  # for good
    nobody: dict[str, int] = {}  # the customer has no address for this way, or allows no more
    letters: int = 0  # what was not understood
    alarms: tuple[str, ...] = ()  # what a person has to look at, in the language of the page


def status_of(board: Board, seen: Seen, now: float, say: Say) -> Status:
    """How it is now."""
    return Status(
        accounts={key: board.accounts.get(key) or Tally() for key in board.plan.accounts},
        answered=seen.answered,
        refused=seen.refused,
        ways=seen.ways,
        sent=seen.sent,
        failed=seen.failed,
        nobody=seen.nobody,
        letters=board.counters.letters,
        alarms=tuple(alarms_of(board, seen, now, say)),
    )
