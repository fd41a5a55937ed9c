"""Start-up: from the start of the process until the hub says that it is healthy, with and without a history."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tests.bench.figures import Aim, Line, Section, middle
from tests.bench.history import make_history
from tests.bench.store import ask, line_from, python, store_toml, until
from tests.brokers import free_port

ROUNDS, FEW_ROUNDS = 9, 3
FACTS, FEW_FACTS = 1_000_000, 50_000
IMPORTS = "import config.command, config.assembly, config.service"


def measure(*, quick: bool) -> Iterator[Section]:
    """In turns: a new journal, one with a history, and the imports alone."""
    with tempfile.TemporaryDirectory(prefix="ovenbell-bench-") as text:
        root = Path(text)
        # An installed hub has its bytecode, and the one of the history lies in the cache as after a restart.
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = str(root / "bytecode")
        old = root / "old"
        old.mkdir()
        facts = make_history(old, FEW_FACTS if quick else FACTS)
        found: tuple[list[float], ...] = ([], [], [])
        for number in range(-1, FEW_ROUNDS if quick else ROUNDS):
            new = root / f"new-{number}"
            new.mkdir()
            times = (_until_healthy(new, environment), _until_healthy(old, environment), _import(root, environment))
            if number >= 0:  # the first makes the bytecode
                for kind, seconds in zip(found, times, strict=True):
                    kind.append(seconds)
    empty, ours, bare = map(middle, found)
    yield Section(
        "Start-up until GET /healthz says ok",
        (
            Line(f"Ovenbell with {facts:,} facts in the journal", _ms(ours)),
            Line("Ovenbell with none", _ms(empty), ours / empty, Aim(ours / empty, "<=", 1.1)),
            Line("limit: the imports alone", _ms(bare), ours / bare),
        ),
    )


def _until_healthy(directory: Path, environment: dict[str, str]) -> float:
    address = f"127.0.0.1:{free_port()}"
    settings = store_toml(directory, cloud="mqtt://127.0.0.1:1", listen=address)

    def healthy() -> bool:
        with suppress(OSError):
            return bool(ask(f"http://{address}/healthz"))
        return False

    began = time.perf_counter()
    command = ("-m", "config.command", "hub", "--config", str(settings))
    with python(*command, directory=directory, env=environment):
        until(healthy, "a healthy hub", pause=0.005)
        return time.perf_counter() - began


def _import(directory: Path, environment: dict[str, str]) -> float:
    began = time.perf_counter()
    with python("-c", f"{IMPORTS}\nprint('ready', flush=True)", directory=directory, env=environment) as process:
        line_from(process, directory)
        return time.perf_counter() - began


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"
