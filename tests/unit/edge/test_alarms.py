"""What the clock asks for comes in the order in which it is due."""

import math

from edge.alarms import Alarms


def test_what_is_due_is_taken_once_in_its_order_and_the_first_set_of_two_at_once_is_the_first() -> None:
    alarms = Alarms[str]()
    for at, intent in ((30.0, "cake"), (10.0, "rolls"), (30.0, "tart"), (20.0, "rye")):
        alarms.set(at, intent)
    assert list(alarms.due(9.0)) == []
    assert list(alarms.due(20.0)) == ["rolls", "rye"]
    assert (alarms.next, len(alarms)) == (30.0, 2)
    assert list(alarms.due(40.0)) == ["cake", "tart"]
    assert (alarms.next, len(alarms)) == (math.inf, 0)


def test_a_sum_of_times_that_is_a_little_off_is_due() -> None:
    alarms = Alarms[str]()
    alarms.set(0.1 + 0.2, "rolls")
    assert list(alarms.due(0.3)) == ["rolls"]


def test_who_sleeps_until_the_next_one_is_woken_only_by_a_sooner_one() -> None:
    alarms = Alarms[str]()
    alarms.set(20.0, "rye")
    assert alarms.sooner.is_set()
    alarms.sooner.clear()
    alarms.set(30.0, "cake")
    assert not alarms.sooner.is_set()
    alarms.set(10.0, "rolls")
    assert alarms.sooner.is_set()
