"""The pictures in the documentation are what the program draws: SVG snapshots of every view."""

from pathlib import Path

import pytest

from tests.tools.pictures import SCREENS, make_pictures


async def test_every_picture_is_what_the_program_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_COLOR_SYSTEM", "truecolor")
    monkeypatch.setattr("textual.constants.COLOR_SYSTEM", "truecolor")
    await make_pictures(tmp_path, paper=False)
    drawn = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    kept = {file.name: file.read_text(encoding="utf-8") for file in SCREENS.glob("*.svg")}
    assert sorted(drawn) == sorted(kept)
    assert [name for name in drawn if drawn[name] != kept[name]] == [], "make pictures, and look at them"
