"""The clock of a machine without a battery: it boots in the past and jumps, and no span on a screen does."""

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from edge import facts as f
from edge import intents as i
from edge.cards import CLOCK_PATIENCE, show_status
from edge.clock import BUILT, STEP, SteadyClock
from edge.facts import ClockStepped
from edge.orders import OrderId, OrderState
from edge.store import StoreHub, store_hub
from edge.vitals import Vitals
from tests.builders import HOUR, KITCHEN, MINUTE, MORNING, OVEN, ManualClock, a_cake, a_layout, placed
from tests.cloud import until
from tests.unit.edge.kitchen import Kitchen

O1 = OrderId("o1")


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-1e6, 1e6)), max_size=30))
@example([(0.0, -1.0)])
def test_time_only_goes_on_but_for_the_steps_that_are_followed(turns: list[tuple[float, float]]) -> None:
    machine = ManualClock()
    clock = SteadyClock(machine)
    for passed, jump in turns:
        before = clock.now()
        machine.advance(passed)
        machine.step(jump)
        assert before <= clock.now() <= before + passed + 1e-3
        step = clock.look()
        assert step == 0 or abs(step) > STEP
        assert before - 1e-3 <= clock.now() <= before + passed + STEP + 1e-3
        if step:
            clock.follow(step)
            assert abs(clock.now() - machine.now()) < 1e-3
            assert not clock.doubted


def test_a_clock_that_drifts_is_followed_without_a_word() -> None:
    machine = ManualClock()
    clock = SteadyClock(machine)
    for _ in range(600):
        machine.advance(1)
        machine.step(-0.05)
        assert clock.look() == 0
    assert abs(clock.now() - machine.now()) < 0.1


def test_a_machine_that_boots_in_1970_is_not_believed() -> None:
    machine = ManualClock(5.0)
    clock = SteadyClock(machine)
    clock.not_before(MORNING)
    machine.advance(MINUTE)
    assert clock.look() == 0
    assert clock.now() == MORNING + MINUTE
    assert clock.doubted == MINUTE


def test_before_the_first_entry_of_a_journal_it_is_at_least_the_build_date() -> None:
    assert SteadyClock(ManualClock(5.0)).now() == BUILT


def test_when_the_network_tells_the_time_it_is_a_step() -> None:
    machine = ManualClock(5.0)
    clock = SteadyClock(machine)
    clock.not_before(MORNING)
    machine.advance(MINUTE)
    machine.step(MORNING + HOUR - machine.now())
    assert clock.look() == HOUR - MINUTE
    clock.follow(HOUR - MINUTE)
    assert (clock.now(), clock.doubted) == (MORNING + HOUR, 0)


def test_screens_say_so_only_when_the_time_does_not_come_soon() -> None:
    kitchen = Kitchen()
    assert show_status(kitchen.board, Vitals(), "", CLOCK_PATIENCE - 1).clock == "ok"
    assert show_status(kitchen.board, Vitals(), "", CLOCK_PATIENCE).clock != "ok"


def test_what_is_being_timed_moves_with_the_clock_and_what_was_named_stays() -> None:
    kitchen = Kitchen(a_layout(grace=60))
    due = MORNING + 5 * HOUR
    kitchen.place("o1")
    kitchen.ask(placed("o2", a_cake(), scheduled=True, due=due))
    kitchen.bump(OVEN, 1)
    kitchen.later(10 * MINUTE - 50)
    kitchen.bump(OVEN, 1)
    shown = kitchen.card(OVEN)
    kitchen.ask(i.Note(f.ClockStepped(HOUR)))
    assert kitchen.card(OVEN).since.timestamp() == shown.since.timestamp() + HOUR
    held = kitchen.order("o2")
    assert (held.due, held.release) == (due, due - 3 * HOUR)
    assert {row.leaves for row in kitchen.board.outbox.values() if row.sequence is None} == {kitchen.clock.now() + 60}


async def start(path: Path, machine: ManualClock) -> StoreHub:
    hub = store_hub(a_layout(), path, machine)
    await hub.start()
    return hub


async def test_a_step_is_journalled_before_anybody_sees_it(tmp_path: Path) -> None:
    machine = ManualClock()
    hub = await start(tmp_path / "journal.db", machine)
    await hub.submit(placed("o1"), by="cloud")
    machine.advance(MINUTE)
    machine.step(HOUR)
    await until(lambda: hub.clock.now() == machine.now())
    rows = await hub.journal.facts()
    assert (rows[-1].kind, rows[-1].at) == (ClockStepped.__name__, machine.now())
    (item,) = hub.board.orders[O1].items
    assert hub.clock.now() - item.since == MINUTE
    await hub.stop()


async def test_a_store_that_boots_in_the_past_goes_on_where_it_stopped(tmp_path: Path) -> None:
    machine = ManualClock()
    hub = await start(tmp_path / "journal.db", machine)
    await hub.submit(placed("o1"), by="cloud")
    await hub.submit(placed("o2", a_cake(), scheduled=True, due=MORNING + 4 * HOUR), by="cloud")
    await hub.stop()

    machine = ManualClock(7.0)
    hub = await start(tmp_path / "journal.db", machine)
    assert hub.clock.now() == MORNING
    machine.advance(MINUTE)
    await hub.submit(i.Bump(station=OVEN, slot=1), by="keypad")
    assert (await hub.journal.facts())[-1].at == MORNING + MINUTE
    machine.step(MORNING + 2 * HOUR - machine.now())
    await until(lambda: hub.board.orders[OrderId("o2")].state is OrderState.OPEN)
    (item,) = hub.board.orders[O1].items
    assert hub.clock.now() - item.since == 0
    await hub.stop()


async def test_a_clock_that_is_set_back_takes_nobody_into_the_future(tmp_path: Path) -> None:
    machine = ManualClock()
    hub = await start(tmp_path / "journal.db", machine)
    await hub.submit(placed("o1"), by="cloud")
    machine.advance(MINUTE)
    machine.step(-6 * HOUR)
    await until(lambda: hub.clock.now() == machine.now())
    await hub.submit(placed("o2"), by="cloud")
    ages = [hub.clock.now() - item.since for order in hub.board.orders.values() for item in order.items]
    assert ages == [MINUTE, 0]
    await hub.stop()
    hub = await start(tmp_path / "journal.db", machine)
    assert hub.clock.now() == machine.now(), "the newest entry counts, not the latest time"
    assert hub.board.layout.stations.keys() >= {KITCHEN}
    await hub.stop()
