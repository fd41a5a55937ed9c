"""Whatever bakers press and take back, and whatever ways and machines do: what customers are promised holds."""

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cloud_bridge.gateway import intents as i
from cloud_bridge.gateway.orders import Notice, OrderId, Sending
from cloud_bridge.messages import EventType
from tests.unit.cloud_bridge.gateway.counting_house import CountingHouse

ORDERS = st.sampled_from([0, 0, 0, 1])
ITEMS = st.just("1")
STAGES = {"item.started": "baking", "item.finished": "frosting"}


def about(notice: Notice) -> tuple[OrderId, str]:
    """What a notice says of which order; ready is ready, however often it was taken back."""
    assert notice.order is not None
    return notice.order, notice.on if notice.on == "order.ready" else notice.key


class Telling(RuleBasedStateMachine):
    """A store that tells and takes back, and a courier that is lucky or not; what is true is kept beside the rules."""

    @initialize()
    def open(self) -> None:
        """Two orders."""
        self.house = CountingHouse()
        self.orders = [self.house.take(number) for number in (1, 2)]
        self.true: set[tuple[OrderId, str]] = set()  # what is so just now
        self.over: set[OrderId] = set()
        self.ever_ready: set[OrderId] = set()
        self.arrived: Counter[tuple[OrderId, str]] = Counter()  # for certain
        self.perhaps: Counter[tuple[OrderId, str]] = Counter()  # for certain or not

    # --- the store and the channel ---

    @rule(number=ORDERS, item=ITEMS, kind=st.sampled_from(sorted(STAGES)))
    def press(self, number: int, item: str, kind: str) -> None:
        """A cake comes one step further."""
        order = self.orders[number]
        self.house.hear(kind, order, stage=STAGES[kind], item=item, name="Cake")
        self.true.add((order, f"{kind}/{STAGES[kind]}/{item}"))

    @rule(number=ORDERS)
    def finish(self, number: int) -> None:
        """All of it is ready."""
        self.house.ready(self.orders[number])
        self.true.add((self.orders[number], "order.ready"))

    @rule(number=ORDERS, item=ITEMS, kind=st.sampled_from(sorted(STAGES)), unready=st.booleans())
    def recall(self, number: int, item: str, kind: str, unready: bool) -> None:
        """A press is taken back, and with it ready."""
        order = self.orders[number]
        told: dict[str, Any] = {"ready": False} if unready else {}
        self.house.recall(order, kind.removeprefix("item."), STAGES[kind], item=item, **told)
        self.true.discard((order, f"{kind}/{STAGES[kind]}/{item}"))
        if unready:
            self.undo_ready(order)

    @rule(number=ORDERS)
    def change(self, number: int) -> None:
        """More is ordered than what is ready."""
        self.house.hear("order.accepted", self.orders[number], event="e", ready=False)
        self.undo_ready(self.orders[number])

    def undo_ready(self, order: OrderId) -> None:
        """Whoever was told before has to be told again."""
        ready = (order, "order.ready")
        if ready in self.true:
            self.true.discard(ready)
            self.arrived.pop(ready, None)

    @rule(number=ORDERS, kind=st.sampled_from([EventType.CANCELLED, EventType.COLLECTED]))
    def end(self, number: int, kind: EventType) -> None:
        """The channel says that the order is over."""
        if self.orders[number] not in self.over:
            self.house.take(number + 1, kind)
        self.over.add(self.orders[number])

    # --- the courier ---

    @rule(which=st.integers(0, 9))
    def send(self, which: int) -> None:
        """One of those that may go leaves; all that leaves is true."""
        queued = [notice for notice in self.house.owed if notice.state is Sending.QUEUED]
        if not queued:
            return
        notice = queued[which % len(queued)]
        if self.house.send(notice):
            what = about(notice)
            assert what in self.true, f"{notice.words} is not so"
            assert notice.order not in self.over
            assert notice.on == "order.ready" or not self.perhaps[what], "said twice"

    @property
    def leaving(self) -> list[Notice]:
        """On their way."""
        return [notice for notice in self.house.owed if notice.state is Sending.SENDING]

    @precondition(lambda self: self.leaving)
    @rule(outcome=st.sampled_from(["sent", "later", "unsure", "never"]))
    def answer(self, outcome: str) -> None:
        """What a way answers, or does not."""
        notice = self.leaving[0]
        key = about(notice)
        match outcome:
            case "sent":
                self.arrived[key] += 1
                self.perhaps[key] += 1
                self.house.ask(i.Sent(notice.id))
            case "later":
                self.house.ask(i.PutOff(notice.id, 10.0, "away"))
            case "unsure":
                self.perhaps[key] += 1
                self.house.ask(i.PutOff(notice.id, 10.0, "no answer", unsure=True))
            case "never":
                self.house.ask(i.GiveUp(notice.id, "HTTP 410"))

    @rule()
    def kill(self) -> None:
        """The gateway is killed and starts again: nobody knows of what was leaving."""
        for notice in self.leaving:
            self.perhaps[about(notice)] += 1
        self.house.end()

    @rule(seconds=st.sampled_from([1.0, 60.0, 1800.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.house.now += seconds

    # --- what holds ---

    @invariant()
    def nothing_is_lost_in_the_books(self) -> None:
        """An order names its notices, each once."""
        board = self.house.board
        named = [one for order in board.orders.values() for one in order.notices]
        assert sorted(named) == sorted(notice.id for notice in board.notices.values())
        for order in board.orders.values():
            assert len(set(order.told)) == len(order.told)

    def teardown(self) -> None:
        """In the end every way works: who was not told that it is ready will be, or the store knows."""
        if not hasattr(self, "house"):
            return
        for notice in self.leaving:
            self.arrived[about(notice)] += 1
            self.house.ask(i.Sent(notice.id))
        for notice in self.house.owed:
            if self.house.send(notice):
                assert about(notice) in self.true
                self.arrived[about(notice)] += 1
                self.house.ask(i.Sent(notice.id))
        failed = {failed.event.order for failed in self.house.untold if failed.event}
        for order in self.orders:
            ready = (order, "order.ready")
            if ready in self.true and order not in self.over:
                assert self.arrived[ready] or order in failed, "ready, and nobody was told"


TestAnyTelling = Telling.TestCase
TestAnyTelling.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
