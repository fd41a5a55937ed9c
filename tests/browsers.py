"""A real browser for tests: Debian's Chromium, without a window, that finds nothing but this machine."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory

import pytest

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * 127.0.0.1",  # every name is this machine, as a name that was rebound is
)


def require_chromium() -> None:
    """Skip where there is no browser; CI must have one."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI tries the web pages in Chromium, and it is not on this machine")
        pytest.skip("chromium is not on this machine")


@asynccontextmanager
async def a_browser(url: str, *flags: str) -> AsyncIterator[Path]:
    """A browser with one page, for as long as the context lasts; where its profile is."""
    assert CHROMIUM is not None
    with TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as home:  # short: it holds sockets
        process = await asyncio.create_subprocess_exec(
            *(CHROMIUM, *FLAGS, *flags, f"--user-data-dir={home}/profile", url),
            stdout=DEVNULL,
            stderr=DEVNULL,
            start_new_session=True,
            env=os.environ | {"HOME": home, "TMPDIR": home},
        )
        try:
            yield Path(home) / "profile"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # its own session: the browser and its children
            await process.wait()


@pytest.fixture
def browse() -> Callable[..., object]:
    """Opens a page in a browser of its own, for as long as the context lasts."""
    require_chromium()
    return a_browser


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it where no browser tried the doors."""
    if CHROMIUM is None:
        terminalreporter.write_line("chromium is not on this machine: no real browser tried to reach the feed")
