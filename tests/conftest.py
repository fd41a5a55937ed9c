"""What all tests share: brokers, and hypothesis without luck: every run tries the same examples."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.brokers"]

settings.register_profile("bakery", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("bakery")
