"""The bench itself: a look at it is quick, and it prints what it found."""

import re
import subprocess
import sys

import pytest


def test_an_event_is_shown_beside_the_baseline_of_the_same_run() -> None:
    command = [sys.executable, "-m", "tests.bench", "--quick", "--only", "event"]
    bench = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert bench.returncode == 0, bench.stderr
    assert re.search(r"facts in the journal +[\d,]+ us\n.*with none +[\d,]+ us +[\d.]+x +(meets|misses)", bench.stdout)
    assert "aims met" in bench.stdout


@pytest.mark.parametrize(("stores", "there"), [(1_000, 1_000), (5_000, 1_200)])
def test_a_chain_has_all_its_stores_where_the_machine_allows_as_many_files(stores: int, there: int) -> None:
    """What a shell begins with is less than what it may have."""
    program = f"from tests.bench.chain import room_for; print(room_for({stores}))"
    command = f"ulimit -Sn 400 && ulimit -Hn 1500 && exec {sys.executable} -c '{program}'"
    told = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert told.stdout == f"{there}\n", told.stderr
