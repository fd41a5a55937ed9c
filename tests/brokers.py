"""Brokers for tests: mosquitto where the machine has it, else the embedded one; each with its own port and files."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PATIENCE = 10.0  # seconds for a broker to listen or to end


class Broker:
    """One broker on a free port of this machine; it can be stopped, killed and started again."""

    def __init__(self, directory: Path, *lines: str, embedded: bool | None = None) -> None:
        self.directory = directory
        self.embedded = MOSQUITTO is None if embedded is None else embedded
        self.protocol = "3.1.1" if self.embedded else "5"
        self.port = free_port()
        self._lines = lines
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address as store.toml writes it."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> "Broker":
        """Start and wait until it takes connections; on another port where somebody was quicker to take ours."""
        for _ in range(5):
            self._process = subprocess.Popen(
                self._command(), stdout=(self.directory / "broker.log").open("ab"), stderr=subprocess.STDOUT
            )
            deadline = time.monotonic() + PATIENCE
            while self._process.poll() is None and time.monotonic() < deadline:
                with socket.socket() as probe:
                    probe.settimeout(1)
                    if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                        return self
                time.sleep(0.01)
            self.stop()
            self.port = free_port()
        raise RuntimeError(f"no broker: {(self.directory / 'broker.log').read_text(errors='replace')[-500:]}")

    def stop(self) -> None:
        """Let it end by itself."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        self._end(signal.SIGKILL)

    def reload(self) -> None:
        """Have it read its files of passwords and permissions again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It neither answers nor goes away, as behind a cable that was pulled elsewhere."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _command(self) -> list[str]:
        if self.embedded:
            settings = self.directory / "amqtt.yaml"
            settings.write_text(
                f"listeners: {{default: {{type: tcp, bind: '127.0.0.1:{self.port}'}}}}\n"
                "plugins: {amqtt.plugins.authentication.AnonymousAuthPlugin: {allow_anonymous: true}}\n"
            )
            return [sys.executable, "-m", "amqtt.scripts.broker_script", "-c", str(settings)]
        assert MOSQUITTO is not None
        settings = self.directory / "mosquitto.conf"
        everybody = () if any("allow_anonymous" in line for line in self._lines) else ("allow_anonymous true",)
        queues = ("max_inflight_messages 0", "max_queued_messages 0", "set_tcp_nodelay true")
        user = ("user root",) if os.geteuid() == 0 else ()  # else it gives up the right to read the test's files
        listener = f"listener {self.port} 127.0.0.1"
        settings.write_text("\n".join((*user, *queues, *everybody, listener, *self._lines, "")))
        return [MOSQUITTO, "-c", str(settings)]


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
