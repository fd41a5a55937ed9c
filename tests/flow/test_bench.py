"""The bench itself: a look at it is quick, and it prints what it found."""

import re
import subprocess
import sys


def test_an_event_is_shown_beside_the_baseline_of_the_same_run() -> None:
    command = [sys.executable, "-m", "tests.bench", "--quick", "--only", "event"]
    bench = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert bench.returncode == 0, bench.stderr
    assert re.search(r"facts in the journal +[\d,]+ us\n.*with none +[\d,]+ us +[\d.]+x +(meets|misses)", bench.stdout)
    assert "aims met" in bench.stdout
