"""Brokers for tests: mosquitto where the machine has it, else the embedded one; each with its own port and files."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.demo import broker as local
from config.demo.broker import MOSQUITTO, free_port

__all__ = ["MOSQUITTO", "Broker", "broker", "free_port", "mosquitto"]


class Broker(local.Broker):
    """A broker that can also be killed, frozen, and told to read its files again."""

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def reload(self) -> None:
        """Have it read its files of passwords and permissions again."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It neither answers nor goes away, as behind a cable that was pulled elsewhere."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker as the machine has one."""
    _require_mosquitto_in_ci()
    broker = Broker(tmp_path).start()
    yield broker
    broker.stop()


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    """Starts mosquitto with lines of configuration of the test's own, for what the embedded broker does not have."""
    _require_mosquitto_in_ci()
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not on this machine, and the embedded broker has no sessions, MQTT 5 or permissions")
    started: list[Broker] = []

    def start(*lines: str) -> Broker:
        directory = tmp_path / f"broker-{len(started)}"
        directory.mkdir()
        started.append(Broker(directory, *lines))
        return started[-1].start()

    yield start
    for broker in started:
        broker.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it where the brokers were not those of a store."""
    if MOSQUITTO is None:
        terminalreporter.write_line("mosquitto is not on this machine: the broker tests ran on the embedded broker")


def _require_mosquitto_in_ci() -> None:
    if MOSQUITTO is None and os.environ.get("CI") == "true":
        pytest.fail("CI runs the broker tests on mosquitto, and it is not on this machine")
