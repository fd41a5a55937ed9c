"""What all tests share: brokers, and hypothesis without luck: every run tries the same examples."""

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
