"""The cloud's numbered events: what is missing is known, whatever comes in whatever order, and nothing waits for it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import intents as i
from edge.facts import BackfillRequested, EventRepeated, GapClosed, GapOpened
from edge.heard import MOST_RANGES, Heard, Range
from edge.intents import Intent
from edge.orders import OrderId
from edge.store import store_hub
from tests.builders import MORNING, ManualClock, a_layout, a_stamp, an_order, placed
from tests.unit.edge.kitchen import Kitchen

GATEWAY = "/gateway"


def event(number: int, source: str = GATEWAY) -> i.Place:
    """The cloud's event of that number places an order."""
    name = f"o{number}-{source.strip('/')}"
    return placed(name, stamp=a_stamp(f"e-{name}", sequence=number, source=source))


def skip(first: int, last: int) -> i.Skip:
    return i.Skip(a_stamp("skip", source=GATEWAY), Range(first, last))


def gaps(kitchen: Kitchen) -> list[tuple[int, int]]:
    return [(gap.first, gap.last) for gap in kitchen.board.counters.heard.gaps]


def test_an_event_that_jumps_ahead_opens_a_gap_and_is_made_at_once() -> None:
    kitchen = Kitchen()
    kitchen.ask(event(1))
    happened = kitchen.ask(event(4))
    assert happened[-1] == GapOpened(Range(2, 3))
    assert kitchen.order("o4-gateway").slots
    assert gaps(kitchen) == [(2, 3)]


def test_the_first_event_of_a_store_is_number_one() -> None:
    kitchen = Kitchen()
    assert kitchen.ask(event(3))[-1] == GapOpened(Range(1, 2))


def test_a_gap_closes_when_the_last_of_its_events_has_come() -> None:
    kitchen = Kitchen()
    kitchen.ask(event(1), event(4))
    assert gaps(kitchen) == [(2, 3)]
    assert GapClosed not in map(type, kitchen.ask(event(3)))
    assert kitchen.ask(event(2))[-1] == GapClosed(4)
    assert gaps(kitchen) == []


def test_what_the_cloud_says_it_skips_is_not_missing() -> None:
    kitchen = Kitchen()
    kitchen.ask(event(1), event(9), skip(2, 4))
    assert gaps(kitchen) == [(5, 8)]
    kitchen.ask(skip(5, 30))
    assert gaps(kitchen) == []
    assert kitchen.board.counters.heard.through == 30


def test_a_channel_that_goes_on_where_the_sequence_stands_belongs_to_it() -> None:
    kitchen = Kitchen()
    kitchen.ask(event(1, "/meituan"), event(2, "/eleme"), event(3, "/meituan"), event(6, "/eleme"))
    assert gaps(kitchen) == [(4, 5)]


@pytest.mark.parametrize("number", [1, 2, 99])
def test_events_of_another_source_are_simply_events(number: int) -> None:
    kitchen = Kitchen()
    kitchen.ask(event(1), event(2))
    kitchen.ask(event(number, "/somebody"))
    assert gaps(kitchen) == []
    assert kitchen.board.counters.heard.through == 2


def test_an_event_without_a_number_is_simply_an_event() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1"), placed("o2"))
    assert kitchen.board.counters.heard == Heard(since=MORNING)


def test_a_number_heard_in_a_dead_letter_is_not_missing() -> None:
    kitchen = Kitchen()
    stamp = a_stamp("e2", sequence=2, source=GATEWAY)
    kitchen.ask(event(1), i.KeepLetter("orders", "not an order", b"", 0, "", stamp=stamp), event(3))
    assert gaps(kitchen) == []


def test_every_connection_asks_for_what_is_missing_and_later_only_a_gap_does() -> None:
    kitchen = Kitchen()
    assert kitchen.ask(i.RequestBackfill(1)) == [BackfillRequested(1, 1)]
    kitchen.ask(event(1))
    assert kitchen.ask(i.RequestBackfill(1)) == []
    kitchen.ask(event(3))
    assert kitchen.ask(i.RequestBackfill(1)) == [BackfillRequested(2, 1, 1, MORNING)]
    kitchen.ask(event(2))
    assert kitchen.ask(i.RequestBackfill(2)) == [BackfillRequested(3, 2, 3, MORNING)]


def test_an_event_dated_in_the_future_does_not_hide_what_is_sent_before_it() -> None:
    kitchen = Kitchen()
    kitchen.ask(i.Place(an_order("o1"), a_stamp("e1", time=MORNING + 1e6)))
    assert kitchen.board.counters.heard.since == MORNING


def test_what_is_known_of_the_sequence_survives_a_restart() -> None:
    kitchen = Kitchen()
    kitchen.ask(event(1), event(5), i.RequestBackfill(7))
    before = kitchen.board.counters
    kitchen.restart()
    assert kitchen.board.counters == before
    assert gaps(kitchen) == [(2, 4)]


async def test_a_known_event_that_comes_again_fills_the_gap_it_left(tmp_path: Path) -> None:
    """As after events of a source that did not belong to the sequence yet."""
    hub = store_hub(a_layout(), tmp_path / "journal.db", ManualClock())
    await hub.start()

    async def send(intent: Intent, key: str) -> int:
        return await hub.submit(intent, by="cloud", key=key)

    await send(event(1, "/meituan"), "m1")
    first = await send(event(3, "/eleme"), "e3")
    await send(event(4, "/meituan"), "m4")
    await send(event(2, "/meituan"), "m2")
    assert hub.board.counters.heard.gaps == (Range(3, 3),)
    assert await send(event(3, "/eleme"), "e3") == first
    assert hub.board.counters.heard.through == 4
    rows = await hub.journal.facts()
    assert [row.kind for row in rows[-2:]] == [EventRepeated.__name__, GapClosed.__name__]
    assert await send(event(3, "/eleme"), "e3") == first
    assert len(await hub.journal.facts()) == len(rows)
    assert len(hub.board.orders) == 4
    assert OrderId("o3-eleme") in hub.board.orders
    await hub.stop()


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 5)), max_size=60))
def test_the_gaps_are_exactly_what_is_missing(arrivals: list[tuple[int, int]]) -> None:
    heard, numbers = Heard(), {0}
    for first, more in arrivals:
        heard = heard.with_range(GATEWAY, Range(first, first + more))
        numbers |= set(range(first, first + more + 1))
    missing = {number for gap in heard.gaps for number in range(gap.first, gap.last + 1)}
    assert missing == set(range(max(numbers))) - numbers
    assert heard.top == max(numbers)
    assert heard.through == next(number for number in range(100) if number + 1 not in numbers)
    assert all(heard.misses(a_stamp(sequence=number, source=GATEWAY)) for number in missing)


def test_a_cloud_that_skips_every_other_number_cannot_fill_the_memory() -> None:
    heard = Heard()
    for number in range(2, 2 * MOST_RANGES + 100, 2):
        heard = heard.with_range(GATEWAY, Range(number, number))
    assert len(heard.above) < MOST_RANGES
    assert heard.misses(a_stamp(sequence=2 * MOST_RANGES + 50, source=GATEWAY)), "it is asked for again later"
