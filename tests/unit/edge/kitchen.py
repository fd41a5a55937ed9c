"""A kitchen without a hub: the rules alone, asked one by one or in batches, with a clock turned by hand."""

from collections.abc import Iterable

import msgspec

from edge import facts as f
from edge import intents as i
from edge.apply import apply
from edge.board import Board, words_at
from edge.cards import show_order
from edge.decide import decide
from edge.facts import Fact
from edge.intents import Intent, Refused
from edge.layout import Layout
from edge.orders import Item, Order, OrderId, StationId
from edge.store import timers
from edge.tickets import Job
from edge.updates import Update, UpdateKind
from edge.views import Card
from tests.builders import ManualClock, a_layout, placed


class Kitchen:
    """The board of one store, everything that happened on it, and what its clock still has to ask."""

    def __init__(self, layout: Layout | None = None, clock: ManualClock | None = None) -> None:
        self.board = Board(layout or a_layout())
        self.clock = clock or ManualClock()
        self.latest = self.board  # the draft of the last batch: what it changed
        self.facts: list[Fact[f.Happened]] = []
        self.closed: dict[OrderId, Order] = {}
        self.timers: list[tuple[float, Intent]] = []
        self._stored: dict[str, dict[str, bytes | None]] = {name: {} for name in Board.STORED}

    # --- asking -----------------------------------------------------------------------------------------------------

    def ask(self, *intents: Intent) -> list[f.Happened]:
        """Decide intents in one batch; what happened. Raises Refused, and then nothing of that intent happened."""
        before = len(self.facts)
        for reason in self.batch(intents):
            if reason:
                raise Refused(reason)
        return [fact.what for fact in self.facts[before:]]

    def batch(self, intents: Iterable[Intent]) -> list[str]:
        """Decide intents as the hub does, a refused one is set aside alone; why each was refused, empty where not."""
        draft = self.board.draft()
        draft.archive = self.closed
        reasons = []
        for intent in intents:
            before = len(self.facts)
            if isinstance(intent, i.Note) and isinstance(intent.what, f.ClockStepped):
                self.clock.step(intent.what.seconds)
            try:
                for what in decide(draft, intent, self.clock.now()):
                    fact: Fact[f.Happened] = Fact(draft.counters.seq + 1, self.clock.now(), "test", None, what)
                    apply(draft, fact)
                    self.facts.append(fact)
                reasons.append("")
            except Refused as refused:
                assert len(self.facts) == before, "a refused intent left a fact"
                reasons.append(refused.reason)
        for table, changes in draft.stored_changes().items():
            for key, row in changes.items():
                self._stored[table][key] = None if row is None else msgspec.json.encode(row)
        draft.merge()
        self.latest = draft
        self.closed |= {order_id: order for order_id, order in draft.closed.changes.items() if order is not None}
        self.timers += timers(draft)
        return reasons

    def pass_time(self, seconds: float) -> list[Intent]:
        """Let time pass; what the clock has to ask now, once each."""
        self.clock.advance(seconds)
        due = sorted((alarm for alarm in self.timers if alarm[0] <= self.clock.now()), key=lambda alarm: alarm[0])
        self.timers = [alarm for alarm in self.timers if alarm[0] > self.clock.now()]
        return list(dict.fromkeys(intent for _, intent in due))

    def later(self, seconds: float) -> list[f.Happened]:
        """Let time pass, and let the clock ask for what came due meanwhile."""
        happened: list[f.Happened] = []
        while due := self.pass_time(seconds):
            happened += self.ask(*due)
            seconds = 0
        return happened

    def restart(self) -> None:
        """Forget the board and read it from its stored rows, as a hub does that starts."""
        board = Board(self.board.layout)
        for name, row_type in Board.STORED.items():
            if name != "closed":
                stored = self._stored[name].items()
                board.restore(name, {key: msgspec.json.decode(row, type=row_type) for key, row in stored if row})
        board.index()
        self.board = board

    def place(self, *orders: str, items: tuple[Item, ...] = ()) -> None:
        """The cloud places orders of the same items."""
        for name in orders:
            self.ask(placed(name, *items))

    def bump(self, station: StationId, slot: int | None = None, **more: str) -> list[f.Happened]:
        """Somebody presses a card."""
        return self.ask(i.Bump(station=station, slot=slot, **more))  # type: ignore[arg-type]

    # --- looking ----------------------------------------------------------------------------------------------------

    def order(self, name: str = "o1") -> Order:
        """An order on the board."""
        return self.board.orders[OrderId(name)]

    def item(self, number: str = "1", order: str = "o1") -> Item:
        """An item of an order on the board."""
        return next(item for item in self.order(order).items if item.id == number)

    def stands(self, number: str = "1", order: str = "o1") -> str:
        """The stage and moment an item is at, `made` at the end of its route."""
        item = self.item(number, order)
        return "made" if item.made else f"{item.stage} {item.moment}"

    def cards(self, station: StationId) -> dict[int, str]:
        """The orders at a station, by number."""
        return {number: str(order.id) for number, order in self.board.cards(station)}

    def card(self, station: StationId, order: str = "o1") -> Card:
        """A card as screens show it."""
        return show_order(self.board, self.order(order)).cards[station]

    def words(self, station: StationId, order: str = "o1") -> set[str]:
        """The words marked on a card."""
        return {str(word) for word in words_at(self.board.layout, self.order(order), station)}

    def jobs(self, printer: str) -> list[Job]:
        """A printer's tickets, oldest first."""
        return sorted((job for job in self.board.jobs.values() if job.printer == printer), key=lambda job: int(job.id))

    def told(self) -> list[Update]:
        """The updates that have their sequence, in its order."""
        rows = [row for row in self.board.outbox.values() if row.sequence is not None]
        return sorted(rows, key=lambda row: row.sequence or 0)

    def heard(self, *kinds: UpdateKind) -> list[str]:
        """What the cloud is told of items and readiness, as `kind item stage`."""
        wanted = kinds or tuple(kind for kind in UpdateKind if kind is not UpdateKind.ACCEPTED)
        return [
            " ".join(filter(None, (row.kind.split(".")[1], row.item, row.stage)))
            for row in self.told()
            if row.kind in wanted
        ]

    def history(self) -> list[str]:
        """The kinds of fact that happened."""
        return [type(fact.what).__name__ for fact in self.facts]


def kinds(happened: Iterable[f.Happened]) -> list[str]:
    """The kinds of some facts."""
    return [type(what).__name__ for what in happened]


def printed(kitchen: Kitchen, printer: str) -> None:
    """A printer has confirmed all that it owed."""
    for job in kitchen.jobs(printer):
        if job.pending:
            kitchen.ask(i.ReportTicket(job.id, "sending"), i.ReportTicket(job.id, "printed"))
