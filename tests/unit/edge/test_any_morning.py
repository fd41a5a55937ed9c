"""Whatever is asked of a store, in any order and company: numbers hold, and the journal is the board."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import facts as f
from edge import intents as i
from edge.apply import _EFFECTS, apply
from edge.board import Board, station_of, stations_of
from edge.cards import show_board, show_order, show_status
from edge.facts import Fact
from edge.intents import Intent
from edge.layout import Layout, PrintRule, Stage
from edge.orders import PART, Item, Moment, OrderId, OrderState, StageId, StationId, origin_of
from edge.updates import Update, UpdateId, UpdateKind
from edge.vitals import Vitals
from tests.builders import A_FACT, HOUR, MINUTE, a_layout
from tests.unit.edge.kitchen import Kitchen
from tests.unit.edge.mornings import Batch, Touch, by_hand, mornings, unchanged

LAYOUTS = (
    a_layout(),
    a_layout(grace=0, printing=(PrintRule("all", (), "arrived"), PrintRule("door", (), "ready"))),
    a_layout(stages=tuple(Stage(StageId(name), presses=2) for name in ("baking", "boxing", "making")), grace=60),
    a_layout(stations=(), stages=(), cloud=False, close_after=HOUR),
)
NO_STATUS = show_status(Board(LAYOUTS[0]), Vitals(), "")
layouts = st.sampled_from(LAYOUTS)


def rows(board: Board) -> dict[str, Any]:
    """Everything a board knows, the numbers that are free too."""
    tables = {name: dict(getattr(board, name).items()) for name in Board.TABLES if name not in {"free", "top"}}
    free = {(s, at): board.lowest_free(s, at) for s in board.layout.stations for at in (0.0, float("inf"))}
    return tables | {"counters": board.counters, "free": free}


def each(kitchen: Kitchen, morning: Sequence[Batch]) -> Iterator[Intent]:
    """A morning's intents one by one, each to be asked before the next is; the clock asks for what is due."""
    for batch in morning:
        for wish in (*kitchen.pass_time(batch.after), *batch.wishes):
            yield wish.on(kitchen.board) if isinstance(wish, Touch) else wish


def live(kitchen: Kitchen, morning: Sequence[Batch]) -> list[tuple[float, list[Intent]]]:
    """Let a morning pass, one intent at a time; what was really asked, batch by batch."""
    asked: list[tuple[float, list[Intent]]] = []
    for batch in morning:
        asked.append((batch.after, []))
        for intent in each(kitchen, [batch]):
            kitchen.batch([intent])
            asked[-1][1].append(intent)
    return asked


@given(layouts, mornings(), st.integers(2, 9))
@settings(max_examples=120)
def test_a_batch_gives_the_same_board_as_one_by_one(layout: Layout, morning: list[Batch], size: int) -> None:
    single, batched = Kitchen(layout), Kitchen(layout)
    for after, intents in live(single, morning):
        batched.clock.advance(after)
        for first in range(0, len(intents), size):
            batched.batch(intents[first : first + size])
    assert batched.facts == single.facts
    assert rows(batched.board) == rows(single.board)


@given(layouts, mornings())
@settings(max_examples=100)
def test_nothing_is_ever_timed_from_the_future_however_the_clock_is_set(layout: Layout, morning: list[Batch]) -> None:
    kitchen = Kitchen(layout)
    for intent in each(kitchen, morning):
        kitchen.batch([intent])
        now = kitchen.clock.now()
        orders = kitchen.board.orders.values()
        assert all(item.since <= now and order.arrived <= now for order in orders for item in order.items)


def test_whatever_can_happen_has_an_effect() -> None:
    def leaves(kind: type[f.Happened]) -> set[type[f.Happened]]:
        return set().union(*map(leaves, kind.__subclasses__())) or {kind}

    assert leaves(f.Happened) == set(_EFFECTS)


@given(layouts, mornings())
@settings(max_examples=100)
def test_the_journalled_facts_rebuild_the_board(layout: Layout, morning: list[Batch]) -> None:
    kitchen = Kitchen(layout)
    live(kitchen, morning)
    board = Board(layout).draft()
    for fact in kitchen.facts:
        what = msgspec.json.decode(msgspec.json.encode(fact.what), type=A_FACT)
        apply(board, Fact(fact.seq, fact.at, fact.by, fact.intent, what))
    board.merge()
    assert rows(board) | {"closed": {}} == rows(kitchen.board)


@given(layouts, mornings(), mornings())
@settings(max_examples=100)
def test_a_store_that_was_started_again_goes_on_as_if_nothing_had_been(
    layout: Layout, before: list[Batch], afterwards: list[Batch]
) -> None:
    steady, restarted = Kitchen(layout), Kitchen(layout)
    for kitchen in (steady, restarted):
        live(kitchen, before)
    restarted.restart()
    assert rows(restarted.board) == rows(steady.board)
    for kitchen in (steady, restarted):
        live(kitchen, afterwards)
    assert restarted.facts == steady.facts
    assert rows(restarted.board) == rows(steady.board)


@given(layouts, mornings())
@settings(max_examples=150)
def test_numbers_are_unique_and_stable_and_rest_before_they_are_given_again(
    layout: Layout, morning: list[Batch]
) -> None:
    kitchen = Kitchen(layout)
    taken: dict[tuple[StationId, int], OrderId] = {}
    freed: dict[tuple[StationId, int], tuple[OrderId, float]] = {}
    seen = 0
    for intent in each(kitchen, morning):
        kitchen.batch([intent])
        for fact in kitchen.facts[seen:]:
            match fact.what:
                case f.ClockStepped(seconds):
                    freed = {slot: (order, until + seconds) for slot, (order, until) in freed.items()}
                case f.SlotTaken(order, station, number):
                    assert (station, number) not in taken, "two orders under one number"
                    assert (station, order) not in {(s, o) for (s, _), o in taken.items()}, "two numbers"
                    who, until = freed.get((station, number), (order, 0.0))
                    assert fact.at >= until or (who == order and not fact.what.fresh), "it did not rest"
                    taken[station, number] = order
                case f.SlotFreed(order, station, number, until):
                    assert taken.pop((station, number)) == order
                    assert until >= fact.at + layout.rest
                    freed[station, number] = (order, until)
                case _:
                    pass
        seen = len(kitchen.facts)
        board = kitchen.board
        assert taken == {(s, n): order.id for order in board.orders.values() for s, n in order.slots.items()}
        assert taken == dict(board.slots.items())


@given(layouts, mornings())
@settings(max_examples=100)
def test_no_open_order_is_invisible_and_no_other_takes_a_number(layout: Layout, morning: list[Batch]) -> None:
    kitchen = Kitchen(layout)
    for intent in each(kitchen, morning):
        kitchen.batch([intent])
        for order in kitchen.board.orders.values():
            assert set(order.slots) == set(stations_of(layout, order))
            to_see = bool(order.removed) or any(item.made and item.changed for item in order.items)
            match order.state:
                case OrderState.OPEN:
                    assert order.slots
                case OrderState.HELD | OrderState.READY:
                    assert bool(order.slots) == to_see
                case OrderState.COLLECTED | OrderState.LAPSED:
                    assert not order.slots
            assert {mark.station for mark in order.marks} <= set(order.slots)
            assert order.made or order.state is not OrderState.READY
            assert not order.made or order.state is not OrderState.OPEN


@given(layouts, mornings())
@settings(max_examples=150)
def test_updates_leave_in_order_per_order_and_one_taken_back_in_time_never_leaves(
    layout: Layout, morning: list[Batch]
) -> None:
    kitchen = Kitchen(layout)
    withdrawn: set[UpdateId] = set()
    left: dict[int, Update] = {}
    for intent in each(kitchen, morning):
        waiting = {row.id: row for row in kitchen.board.outbox.values() if row.sequence is None}
        before = len(kitchen.facts)
        kitchen.batch([intent])
        for what in (fact.what for fact in kitchen.facts[before:]):
            if isinstance(what, f.MoveRecalled):
                order_now = kitchen.board.known(what.order)
                if order_now and any(item.wasted for item in order_now.items):
                    continue  # of what was begun anew, the part that was not stays told
                items = {origin_of(taken.item) for taken in what.items}
                mine = [row for row in waiting.values() if (row.order, row.move) == (what.order, what.move)]
                taken_back = {row.id for row in mine if row.item in items}
                assert taken_back.isdisjoint(row.id for row in kitchen.board.outbox.values())
                withdrawn |= taken_back
        left |= {row.sequence: row for row in kitchen.told() if row.sequence is not None}
        for order in kitchen.board.orders.values():
            graced = [kitchen.board.outbox[UpdateId(update)] for update in order.graced]
            assert all(row.sequence is None and row.order == order.id for row in graced)
            assert [row.leaves for row in graced] == sorted(row.leaves for row in graced)
    assert withdrawn.isdisjoint(row.id for row in left.values())
    assert sorted(left) == list(range(1, kitchen.board.counters.updates + 1)) or kitchen.board.counters.receipted
    told: dict[OrderId | None, list[int]] = defaultdict(list)
    for _, row in sorted(left.items()):
        told[row.order].append(int(row.id.split(".")[0]))
    assert all(ids == sorted(ids) for ids in told.values())


def _story(item: Item) -> list[tuple[StageId, Moment]]:
    """What somebody who followed an item must have been told by now."""
    done = [(stage, moment) for stage in item.route[: item.place] for moment in (Moment.STARTED, Moment.FINISHED)]
    return done + ([(item.route[item.place], Moment.STARTED)] if item.moment is Moment.STARTED else [])


def _through(route: Sequence[StageId], stage: Any, moment: Any) -> list[tuple[StageId, Moment]]:
    """The moments of a route up to one of them."""
    place = route.index(stage) if stage in route else -1
    done = [(one, each) for one in route[: place + 1] for each in (Moment.STARTED, Moment.FINISHED)]
    return done[:-1] if moment is Moment.STARTED else done


@given(layouts.filter(lambda layout: layout.cloud), mornings(unchanged, by_hand))
@settings(max_examples=150)
def test_who_follows_the_updates_knows_where_every_item_stands(layout: Layout, morning: list[Batch]) -> None:
    kitchen = Kitchen(layout)
    live(kitchen, morning)
    live(kitchen, [Batch(2 * MINUTE, ())])
    through, ready = _heard(kitchen)
    for order in kitchen.board.orders.values():
        stands: Counter[tuple[Any, ...]] = Counter()
        for item in order.items:
            for moment in _story(item):
                stands[item.origin, *moment] += item.quantity
        assert +Counter({key[1:]: count for key, count in through.items() if key[0] == order.id}) == stands
        if order.state in {OrderState.OPEN, OrderState.READY}:
            assert (order.id in ready) == (order.state is OrderState.READY)


def _heard(kitchen: Kitchen) -> tuple[Counter[tuple[Any, ...]], set[Any]]:
    """How much of an item has gone through a moment of a stage, and which orders are ready, as the cloud heard it."""
    routes = {(order.id, item.origin): item.route for order in kitchen.board.orders.values() for item in order.items}
    through: Counter[tuple[Any, ...]] = Counter()
    ready: set[Any] = set()
    for row in kitchen.told():
        quantity = row.quantity or Decimal(0)
        match row.kind:
            case UpdateKind.STARTED:
                through[row.order, row.item, row.stage, Moment.STARTED] += quantity
            case UpdateKind.FINISHED:
                through[row.order, row.item, row.stage, Moment.FINISHED] += quantity
                assert (
                    through[row.order, row.item, row.stage, Moment.FINISHED]
                    <= through[row.order, row.item, row.stage, Moment.STARTED]
                )
            case UpdateKind.RECALLED if row.remade:
                for moment in _through(routes.get((row.order, row.item), ()), row.stage, row.moment):
                    through[row.order, row.item, *moment] -= quantity
                ready -= {row.order} if row.unready else set()
            case UpdateKind.RECALLED:
                through[row.order, row.item, row.stage, row.moment] -= quantity
                assert through[row.order, row.item, row.stage, row.moment] >= 0
                assert not row.unready or row.order in ready
                ready -= {row.order} if row.unready else set()
            case UpdateKind.READY:
                assert row.order not in ready
                ready.add(row.order)
            case _:
                pass
    return through, ready


@given(layouts.filter(lambda layout: layout.cloud), mornings())
@settings(max_examples=150)
def test_who_follows_the_updates_knows_which_orders_are_ready_whatever_becomes_of_them(
    layout: Layout, morning: list[Batch]
) -> None:
    kitchen = Kitchen(layout)
    told: dict[int, Update] = {}
    for intent in each(kitchen, [*morning, Batch(2 * MINUTE, ())]):
        kitchen.batch([intent])
        told |= {row.sequence: row for row in kitchen.told() if row.sequence is not None}  # until they are receipted
    ready: set[OrderId | None] = set()
    for _, row in sorted(told.items()):
        if row.kind is UpdateKind.READY:
            assert row.order not in ready
            ready.add(row.order)
        elif row.unready:
            ready.discard(row.order)
    for order in kitchen.board.orders.values():
        if order.state in {OrderState.OPEN, OrderState.HELD, OrderState.READY}:
            assert (order.id in ready) == (order.state is OrderState.READY)


@given(layouts, mornings())
@settings(max_examples=60)
def test_a_store_whose_settings_stay_has_nothing_to_bring_into_line(layout: Layout, morning: list[Batch]) -> None:
    kitchen = Kitchen(layout)
    live(kitchen, morning)
    for order in kitchen.board.orders.values():
        assert kitchen.ask(i.Reseat(order.id)) == []


@given(layouts, mornings())
@settings(max_examples=100)
def test_what_a_change_did_is_shown_until_it_is_acknowledged_at_its_station(
    layout: Layout, morning: list[Batch]
) -> None:
    kitchen = Kitchen(layout)
    for intent in each(kitchen, morning):
        before = dict(kitchen.board.orders.items())
        happened = len(kitchen.facts)
        kitchen.batch([intent])
        facts = [fact.what for fact in kitchen.facts[happened:]]
        seen = {(what.order, what.station) for what in facts if isinstance(what, f.Acknowledged)}
        for order in kitchen.board.orders.values():
            old = before.get(order.id)
            cards = show_order(kitchen.board, order).cards
            shown = {(station, gone.item, gone.begun) for station, card in cards.items() for gone in card.removed}
            assert shown == {(station_of(layout, gone), gone.id, gone.begun) for gone in order.removed if order.slots}
            if old is None or order.state in {OrderState.COLLECTED, OrderState.CANCELLED, OrderState.HELD}:
                continue
            for gone in old.removed:
                seen_there = (order.id, station_of(layout, gone)) in seen
                assert seen_there or any(still.id == gone.id for still in order.removed)
            for what in facts:
                if isinstance(what, f.OrderChanged) and what.order.id == order.id:
                    assert {gone.id for gone in order.removed} >= set(what.removed) or old.state is OrderState.HELD


@given(layouts, mornings())
@settings(max_examples=100)
def test_no_paper_of_a_store_is_untrue_without_another_that_says_so(layout: Layout, morning: list[Batch]) -> None:
    kitchen = Kitchen(layout)
    for intent in each(kitchen, morning):
        papers = [job for job in kitchen.board.jobs.values() if job.on_paper and job.kind in {"kitchen", "packing"}]
        happened = len(kitchen.facts)
        kitchen.batch([intent])
        facts = [fact.what for fact in kitchen.facts[happened:]]
        slips = [what for what in facts if isinstance(what, f.TicketQueued) and what.kind in {"change", "cancel"}]
        for what in facts:
            match what:
                case f.OrderCancelled(order_id) | f.OrderRefused(order_id):
                    to_tell = {job.printer for job in papers if job.order == order_id}
                    assert {slip.printer for slip in slips} == to_tell
                case f.OrderChanged(order, _, removed, altered):
                    untrue = {*removed, *altered}
                    to_tell = {
                        job.printer
                        for job in papers
                        if job.order == order.id and untrue & set(map(origin_of, job.items))
                    }
                    assert {slip.printer for slip in slips} >= to_tell
                case _:
                    pass
        assert all(what.items for what in facts if isinstance(what, f.TicketQueued) and what.kind != "change")
        waiting = [(job.order, job.printer) for job in kitchen.board.jobs.values() if job.slip and job.pending]
        assert len(waiting) == len(set(waiting))


@given(layouts, mornings())
@settings(max_examples=150)
def test_however_an_item_is_divided_all_of_it_is_somewhere_and_outside_it_is_one(
    layout: Layout, morning: list[Batch]
) -> None:
    kitchen = Kitchen(layout)
    for intent in each(kitchen, morning):
        kitchen.batch([intent])
        for order in kitchen.board.orders.values():
            latest = (
                next(
                    what.order.items
                    for fact in reversed(kitchen.facts)
                    if isinstance(what := fact.what, f.OrderPlaced | f.OrderChanged) and what.order.id == order.id
                )
                if order.items
                else ()
            )
            wanted: Counter[str] = Counter()
            for item in latest:
                wanted[item.origin] += item.quantity
            there: Counter[str] = Counter()
            for item in order.items:
                there[item.origin] += item.quantity
            assert there == wanted
            assert len({item.id for item in order.items}) == len(order.items)
            assert all(item.quantity > 0 for item in order.items)
        assert all(PART not in (row.item or "") for row in kitchen.board.outbox.values())
        board = show_board(kitchen.board, "j", kitchen.clock.now(), NO_STATUS)
        assert PART not in msgspec.json.encode(board).decode()
        assert "\\u001f" not in msgspec.json.encode(board).decode()


@given(layouts, mornings())
@settings(max_examples=60)
def test_a_refused_intent_leaves_nothing_behind(layout: Layout, morning: list[Batch]) -> None:
    kitchen = Kitchen(layout)
    for intent in each(kitchen, morning):
        before, facts = rows(kitchen.board), len(kitchen.facts)
        if kitchen.batch([intent]) != [""]:
            assert rows(kitchen.board) == before
            assert len(kitchen.facts) == facts
