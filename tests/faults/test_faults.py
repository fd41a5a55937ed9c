"""The short form of `make faults`: every fault a few times, in a minute or two."""

import os
from pathlib import Path

import pytest

from tests.faults.fault import Fault
from tests.faults.run import play_case
from tests.faults.suite import FAULTS


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_nothing_is_lost_doubled_or_out_of_order(fault: Fault, tmp_path: Path) -> None:
    if reason := fault.cannot():
        if fault.in_ci and os.environ.get("CI") == "true":
            pytest.fail(f"CI injects {fault.name}, but {reason}")
        pytest.skip(reason)
    ran = await play_case(fault, 1, fault.few, tmp_path)
    assert not ran.mishap, ran.mishap
    assert ran.tally.injected == fault.few
    assert ran.tally.kept, "\n".join(ran.tally.notes)
