"""The service units: systemd understands them, nothing in them is root's, and what fails is started again."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import config
from display.palette import BLACK, WHITE

UNITS = sorted(Path(config.__file__).parent.glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_no_root_and_is_started_again_and_is_understood(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    assert "\nUser=ovenbell\n" in text
    assert "\nRestart=always\n" in text
    if systemd := shutil.which("systemd-analyze"):
        here = tmp_path / unit.name  # this machine need not have what it starts
        here.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")
        verdict = subprocess.run([systemd, "verify", "--man=no", here], capture_output=True, text=True, check=False)
        assert (verdict.returncode, unit.name in verdict.stderr) == (0, False), verdict.stderr


def test_the_display_s_terminal_has_the_palette_s_ground_and_text() -> None:
    terminal = (Path(config.__file__).parent / "foot.ini").read_text(encoding="utf-8")
    assert f"background={BLACK[1:]}" in terminal
    assert f"foreground={WHITE[1:]}" in terminal
