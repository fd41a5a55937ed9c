"""A broker of one's own: mosquitto where the machine has it, else the embedded one, on a free port of this machine."""

import os
import random
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PATIENCE = 30.0  # seconds for a broker to listen or to end
STEADY = range(10_000, 30_000)  # below the ports that the kernel gives to outgoing connections


class Broker:
    """Started with its files in a directory; `lines` are added to mosquitto's configuration."""

    def __init__(self, directory: Path, *lines: str, embedded: bool | None = None) -> None:
        self.directory = directory
        self.embedded = MOSQUITTO is None if embedded is None else embedded
        self.protocol = "3.1.1" if self.embedded else "5"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._lines = lines

    @property
    def name(self) -> str:
        """What runs, for people."""
        return "amqtt (embedded, MQTT 3.1.1)" if self.embedded else "mosquitto (MQTT 5)"

    @property
    def url(self) -> str:
        """Its address as store.toml writes it."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Start and wait until it takes connections, on another port where somebody was quicker; raises OSError."""
        log = self.directory / "broker.log"
        for _ in range(5):
            with log.open("ab") as output:
                self.process = subprocess.Popen(self._command(), stdout=output, stderr=subprocess.STDOUT)
            deadline = time.monotonic() + PATIENCE
            while self.process.poll() is None and time.monotonic() < deadline:
                with socket.socket() as probe:
                    probe.settimeout(1)
                    if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                        return self
                time.sleep(0.01)
            self.stop()
            self.port = free_port()
        raise OSError(f"no broker: {log.read_text(errors='replace')[-500:]}")

    def stop(self) -> None:
        """Let it end by itself, or end it."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

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
        user = ("user root",) if os.geteuid() == 0 else ()  # else it gives up the right to read its own files
        listener = f"listener {self.port} 127.0.0.1"
        settings.write_text("\n".join((*user, *queues, *everybody, listener, *self._lines, "")))
        return [MOSQUITTO, "-c", str(settings)]


def free_port() -> int:
    """A port that nobody listens on, and that nobody is given by chance before somebody does."""
    while True:
        port = random.SystemRandom().choice(STEADY)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
