"""What the clock asks for comes in the order in which it is due."""

import math

from edge.timers import Timers


def test_what_is_due_is_taken_once_in_its_order_and_the_first_set_of_two_at_once_is_the_first() -> None:
    timers = Timers[str]()
    for at, intent in ((30.0, "cake"), (10.0, "rolls"), (30.0, "tart"), (20.0, "rye")):
        timers.set(at, intent)
    assert list(timers.due(9.0)) == []
    assert list(timers.due(20.0)) == ["rolls", "rye"]
    assert timers.next == 30.0
    assert list(timers.due(40.0)) == ["cake", "tart"]
    assert timers.next == math.inf


def test_a_sum_of_times_that_is_a_little_off_is_due() -> None:
    timers = Timers[str]()
    timers.set(0.1 + 0.2, "rolls")
    assert list(timers.due(0.3)) == ["rolls"]


def test_who_sleeps_until_the_next_one_is_woken_only_by_a_sooner_one() -> None:
    timers = Timers[str]()
    timers.set(20.0, "rye")
    assert timers.changed.is_set()
    timers.changed.clear()
    timers.set(30.0, "cake")
    assert not timers.changed.is_set()
    timers.set(10.0, "rolls")
    assert timers.changed.is_set()
