"""The wizard in a terminal of its own: it shows itself, and whoever leaves it leaves everything as it was."""

import asyncio
import os
import pty
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cloud import PATIENCE
from tests.flow.test_command import ovenbell


def names(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


async def test_a_wizard_that_is_left_has_written_nothing_and_says_so(tmp_path: Path) -> None:
    here, there = pty.openpty()
    wizard = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "config.command", "setup", "--config", str(tmp_path / "store.toml")),
        stdin=there,
        stdout=there,
        stderr=there,
        env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"},
    )
    os.close(there)
    said = b""
    try:
        async with asyncio.timeout(PATIENCE):
            while "中文".encode() not in said:
                said += await asyncio.to_thread(os.read, here, 65_536)
            os.write(here, b"\x03")
            with suppress(OSError):  # the other end is closed
                while data := await asyncio.to_thread(os.read, here, 65_536):
                    said += data
            assert await wizard.wait() == 1
    finally:
        with suppress(ProcessLookupError):
            wizard.kill()
        os.close(here)
    assert said.decode().replace("\r", "").endswith("ovenbell: nothing was written\n")
    assert names(tmp_path) == []


@pytest.mark.parametrize(("text", "status", "said"), [("[store", 2, "is not TOML"), (None, 1, "--from answers.toml")])
def test_without_somebody_to_ask_it_says_what_it_wants(
    tmp_path: Path, text: str | None, status: int, said: str
) -> None:
    if text is not None:
        (tmp_path / "answers.toml").write_text(text)
    words = ["--from", str(tmp_path / "answers.toml")] if text else []
    ended = ovenbell("setup", "--config", str(tmp_path / "store.toml"), *words)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (status, 1)
    assert said in ended.stderr
    assert not (tmp_path / "store.toml").exists()
