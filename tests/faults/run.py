"""Runs one case of a fault, wherever it is asked for: in the suite, in a test, or alone to look at it again."""

import asyncio
import shutil
import tempfile
import time
import traceback
from pathlib import Path

import msgspec

from tests.faults.fault import NOTES, Case, Fault, Tally
from tests.faults.suite import BY_NAME


class Ran(msgspec.Struct, frozen=True):
    """What came of a case; `mishap` where it could not be played to its end."""

    name: str
    tally: Tally
    seconds: float
    mishap: str = ""
    directory: str = ""  # where its files are, where they were kept


def run_apart(name: str, seed: int, count: int) -> Ran:
    """Play a case in a process that is there for it alone; its files stay where something went wrong."""
    fault = BY_NAME[name]
    directory = Path(tempfile.mkdtemp(prefix=f"{fault.case_name(seed, count)}-"))
    ran = run_case(fault, seed, count, directory)
    if ran.tally.kept and not ran.mishap:
        shutil.rmtree(directory, ignore_errors=True)
        return ran
    return msgspec.structs.replace(ran, directory=str(directory))


def run_case(fault: Fault, seed: int, count: int, directory: Path) -> Ran:
    """Play a case in a loop of its own."""
    return asyncio.run(play_case(fault, seed, count, directory))


async def play_case(fault: Fault, seed: int, count: int, directory: Path) -> Ran:
    """Play a case; what it raises is its mishap."""
    name, began = fault.case_name(seed, count), time.monotonic()
    try:
        async with asyncio.timeout(fault.patience):
            tally = await fault.run(Case(seed, count, directory))
    except Exception:  # noqa: BLE001 - a case that fails must not hide what the others find
        return Ran(name, Tally(), time.monotonic() - began, traceback.format_exc(limit=-8))
    return Ran(name, msgspec.structs.replace(tally, notes=tally.notes[:NOTES]), time.monotonic() - began)
