"""The bench itself: a look at it is quick, and it prints what it found."""

import subprocess
import sys


def test_a_press_is_shown_beside_the_floor_of_the_same_run() -> None:
    command = [sys.executable, "-m", "tests.bench", "--quick", "--only", "press"]
    bench = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert bench.returncode == 0, bench.stderr
    assert ("floor, p99" in bench.stdout and "aims met" in bench.stdout) or "not measured" in bench.stdout
