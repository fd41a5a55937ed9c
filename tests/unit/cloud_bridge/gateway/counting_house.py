"""The rules of the cloud's end without a hub: asked one by one, with a clock turned by hand."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Raw

from cloud_bridge.gateway import facts as f
from cloud_bridge.gateway import intents as i
from cloud_bridge.gateway.apply import apply
from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.decide import decide
from cloud_bridge.gateway.intents import Intent
from cloud_bridge.gateway.orders import Notice, Sending, order_id
from cloud_bridge.gateway.plan import AccountPlan, Message, Plan, StorePlan
from cloud_bridge.gateway.rules import RULES
from cloud_bridge.messages import EventType
from edge.facts import Fact
from edge.intents import Refused
from edge.orders import OrderId

STORE = "hz-0012"
ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 22, 12, tzinfo=ZONE).timestamp()
OVEN = Message("item.started", {"en": "{item} is in the oven."}, stage="baking")
FROSTED = Message("item.finished", {"en": "{item} is frosted."}, stage="frosting")
READY = Message("order.ready", {"en": "{order} is ready at {store}."})
REFUSED = Message("order.refused", {"en": "{order} cannot be made."})
ACCOUNT = AccountPlan("generic", "shop", STORE, ways=("first", "second"))


def a_plan(**about: Any) -> Plan:
    """One store, one account, two ways."""
    store = StorePlan(STORE, "Wheatfield", timezone="Asia/Shanghai")
    rest = {"accounts": {ACCOUNT.key: ACCOUNT}, "messages": (OVEN, FROSTED, READY, REFUSED)}
    return Plan(**({"stores": {STORE: store}} | rest | about))


class CountingHouse:
    """Everything that happened at the cloud's end, and what is owed."""

    def __init__(self, plan: Plan | None = None, now: float = NOON) -> None:
        self.board, self.now = Board(plan or a_plan()), now
        self.facts: list[f.Happened] = []
        self.sequence = 0

    def ask(self, *intents: Intent) -> list[f.Happened]:
        """Decide intents one after the other; what happened. Raises Refused."""
        before = len(self.facts)
        for intent in intents:
            draft = self.board.draft()
            draft.archive = {}
            for what in decide(draft, intent, self.now):
                apply(draft, Fact(draft.counters.seq + 1, self.now, "test", None, what))
                self.facts.append(what)
            draft.merge()
        return self.facts[before:]

    def take(self, number: int = 1, kind: EventType = EventType.PLACED, **about: Any) -> OrderId:
        """A channel's word on an order."""
        order = order_id("generic", "shop", str(number))
        reply = {"reply": "sealed"} if kind is EventType.PLACED else {}
        content = {"content": "c", "display_id": f"A{number:03}"} if kind is EventType.PLACED else {}
        take = {"at": self.now, "data": Raw(b"{}")} | reply | content | about
        self.ask(i.Take(order, "generic", "shop", str(number), f"{kind}-{len(self.facts)}", kind, **take))
        return order

    def hear(self, kind: str, order: OrderId | None = None, at: float | None = None, **told: Any) -> list[f.Happened]:
        """A store's event."""
        self.sequence += 1
        at = self.now if at is None else at
        return self.ask(i.Hear(STORE, "journal", self.sequence, kind, at, order, told))

    def start(self, order: OrderId, item: str = "1", **told: Any) -> list[f.Happened]:
        """A cake goes into the oven."""
        return self.hear("item.started", order, stage="baking", item=item, name=f"Cake {item}", **told)

    def frost(self, order: OrderId, item: str = "1") -> list[f.Happened]:
        """A cake is frosted."""
        return self.hear("item.finished", order, stage="frosting", item=item, name=f"Cake {item}")

    def ready(self, order: OrderId) -> list[f.Happened]:
        """It is ready."""
        return self.hear("order.ready", order)

    def recall(self, order: OrderId, moment: str = "started", stage: str = "baking", **told: Any) -> list[f.Happened]:
        """A press is taken back."""
        return self.hear("item.recalled", order, moment=moment, stage=stage, item=told.pop("item", "1"), **told)

    def send(self, notice: Notice) -> bool:
        """Whether it may leave now."""
        try:
            self.ask(i.Send(notice.id, f"customer-{notice.origin}"))
        except Refused:
            return False
        row = self.board.notices.get(notice.id)
        return row is not None and row.state is Sending.SENDING

    def end(self) -> None:
        """SIGKILL, and what is asked at the next start."""
        self.ask(*RULES.waking(self.board))

    @property
    def owed(self) -> list[Notice]:
        """The notices, oldest first."""
        return sorted(self.board.notices.values(), key=lambda notice: int(notice.id))

    @property
    def words(self) -> list[str]:
        """What they say."""
        return [notice.words for notice in self.owed]

    @property
    def untold(self) -> list[f.NoticeFailed]:
        """What failed for good."""
        return [fact for fact in self.facts if isinstance(fact, f.NoticeFailed)]
