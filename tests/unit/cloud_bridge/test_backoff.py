"""How long a store waits before it knocks again."""

import pytest

from cloud_bridge.backoff import Backoff


def test_each_wait_may_be_twice_as_long_until_it_is_a_minute() -> None:
    backoff = Backoff(chance=lambda: 1.0)
    assert [backoff.wait() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(("chance", "waits"), [(0.0, [0, 0, 0]), (0.5, [0.5, 1, 2])])
def test_chance_says_how_much_of_the_longest_wait_it_is(chance: float, waits: list[float]) -> None:
    backoff = Backoff(chance=lambda: chance)
    assert [backoff.wait() for _ in range(3)] == waits


def test_a_thousand_stores_do_not_come_at_once() -> None:
    stores = [Backoff(tries=6) for _ in range(1000)]
    waits = [store.wait() for store in stores]
    assert min(waits) < 10
    assert max(waits) > 50
    assert len(set(waits)) > 900


def test_after_it_went_well_the_wait_is_short_again_however_many_tries_there_were() -> None:
    backoff = Backoff(chance=lambda: 1.0, tries=100_000)
    assert backoff.wait() == 60
    backoff.reset()
    assert backoff.wait() == 1
