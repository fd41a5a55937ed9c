"""What all tests share: brokers, hypothesis without luck (every run tries the same examples), a calm collector."""

import gc

from hypothesis import HealthCheck, Phase, settings

pytest_plugins = ["tests.brokers", "tests.browsers"]

settings.register_profile(
    "bakery",
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],  # a failure is told in seconds
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("bakery")


def pytest_collection_finish() -> None:
    """What is collected stays to the end: the collector need not look through thousands of tests again and again."""
    gc.collect()
    gc.freeze()
