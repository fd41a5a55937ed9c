"""Settings, secrets and orders are files: what is none, has no end or leads nowhere is one line, and nobody hangs."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from cloud_bridge.settings import CloudSettings, password
from config.checks import WrongSettings
from config.command import app
from config.practice.play import in_use
from config.settings import load_store
from config.setup.wizard import draft_of
from config.setup.writing import write_store
from edge.files import LONGEST
from edge.journal import Journal, JournalUnusable
from edge.settings import FeedSettings, feed_token


def _pipe(file: Path) -> None:
    os.mkfifo(file)


def _loop(file: Path) -> None:
    file.symlink_to(file)


def _device(file: Path) -> None:
    file.symlink_to("/dev/zero")


def _large(file: Path) -> None:
    with file.open("wb") as large:
        large.truncate(LONGEST + 1)


def _notepad(file: Path) -> None:
    file.write_bytes("[store]\nid = '西湖店'\n".encode("gbk"))


STRANGE: list[tuple[Callable[[Path], object], str]] = [
    (_pipe, "cannot be read: it is not a file"),
    (_device, "cannot be read: it is not a file"),
    (Path.mkdir, "cannot be read: it is not a file"),
    (_large, "cannot be read: it is larger than 8 MB"),
    (_loop, "cannot be read: Too many levels of symbolic links"),
    (_notepad, "is not UTF-8 (line 2): save it as UTF-8"),
]
strange = pytest.mark.parametrize(("make", "said"), STRANGE)


@strange
def test_strange_settings_are_one_line_and_nothing_is_written_over_them(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    file = tmp_path / "store.toml"
    make(file)
    before = file.lstat()
    for command in (load_store, draft_of, lambda file: write_store(file, {"store": {"id": "a"}})):
        with pytest.raises(WrongSettings) as wrong:
            command(file)
        assert wrong.value.lines == [f"{file}: {said}"]
    assert (file.lstat(), [*tmp_path.iterdir()]) == (before, [file])


@pytest.mark.parametrize("make", [_loop, _pipe])
@pytest.mark.parametrize(
    "words",
    ["hub", "practice", "ticket", "setup --from {answers}", "install", "doctor", "backup", "restore", "reparse"],
)
def test_every_command_that_reads_settings_says_that_they_are_none(
    tmp_path: Path, words: str, make: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    file, answers = tmp_path / "store.toml", tmp_path / "answers.toml"
    make(file)
    answers.write_text('[store]\nid = "a"\ntimezone = "UTC"\n')
    command, *more = words.format(answers=answers).split()
    with pytest.raises(WrongSettings) as ended:
        app([command, "--config", str(file), *more], standalone_mode=False)
    assert str(file) in str(ended.value)


def test_a_secret_that_never_ends_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "secret")
    for secret in ("/dev/zero", str(tmp_path / "secret")):
        with pytest.raises(OSError, match="it is not a file"):
            feed_token(FeedSettings(token_file=secret))
        with pytest.raises(OSError, match="it is not a file"):
            password(CloudSettings(url="mqtt://127.0.0.1", password_file=secret))


async def test_a_journal_that_leads_to_itself_is_one_line(tmp_path: Path) -> None:
    _loop(tmp_path / "journal.db")
    assert not in_use(tmp_path / "journal.db")
    journal = Journal(tmp_path / "journal.db", ())
    with pytest.raises(JournalUnusable):
        await journal.open()
    await journal.close()
