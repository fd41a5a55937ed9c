"""The pictures in the documentation are what the program draws: SVG snapshots of every view."""

import asyncio
from pathlib import Path

import pytest

from tests.tools.pictures import SCREENS, make_pictures


def read(directory: Path) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(directory.glob("*.svg"))}


def test_every_picture_is_what_the_program_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "truecolor")
    asyncio.run(make_pictures(tmp_path, paper=False))
    drawn, kept = read(tmp_path), read(SCREENS)
    assert list(drawn) == list(kept)
    assert [name for name in drawn if drawn[name] != kept[name]] == [], "make pictures, and look at them"
