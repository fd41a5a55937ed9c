"""`python -m tests.faults`: breaks what a store depends on, many times, and prints what the witness counted."""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.faults.fault import CASE, Fault, Tally
from tests.faults.run import Ran, run_apart, run_case
from tests.faults.suite import BY_NAME, FAULTS

AT_ONCE = min(2, os.cpu_count() or 1)
HEADS = ("fault", "injected", "orders", "presses", "lost", "doubled", "out of order", "recovery")


def main() -> None:
    """Run and print; exit 1 where anything was lost, doubled or out of order, or a case could not be played."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="1: the counts of the table; default a tenth")
    parser.add_argument("--only", nargs="+", choices=BY_NAME, metavar="NAME", help=", ".join(BY_NAME))
    parser.add_argument("--case", metavar="NAME-SEED", help="play exactly this case again, and keep its files")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help=f"cases played side by side; here {AT_ONCE}")
    arguments = parser.parse_args()
    if arguments.case:
        _again(parser, arguments.case)
    began = time.monotonic()
    faults = [BY_NAME[name] for name in arguments.only] if arguments.only else FAULTS
    reasons = {fault.name: fault.cannot() for fault in faults}
    totals = {fault.name: Tally() for fault in faults if not reasons[fault.name]}
    well = not any(reasons[fault.name] and fault.in_ci and os.environ.get("CI") == "true" for fault in faults)
    playable = [fault for fault in faults if fault.name in totals]
    for name, ran in _play(playable, arguments.scale, arguments.at_once):
        _tell(ran)
        totals[name] += ran.tally
        well &= not ran.mishap and ran.tally.kept
    _table([_line(name, totals[name]) if name in totals else (name, f"not run: {reasons[name]}") for name in reasons])
    print(f"scale {arguments.scale:g}, {time.monotonic() - began:.0f} s, {os.cpu_count()} cores")
    sys.exit(not well)


def _again(parser: argparse.ArgumentParser, wanted: str) -> None:
    match = CASE.fullmatch(wanted)
    if match is None or match["name"] not in BY_NAME:
        parser.error(f"--case: expected NAME-SEED with one of these names: {', '.join(BY_NAME)}")
    fault = BY_NAME[match["name"]]
    if reason := fault.cannot():
        parser.error(f"--case: {fault.name} cannot be injected here: {reason}")
    directory = Path(tempfile.mkdtemp(prefix=f"{wanted}-"))
    ran = run_case(fault, int(match["seed"]), int(match["count"] or fault.per_case), directory)
    _tell(ran)
    _table([_line(fault.name, ran.tally)])
    print(f"its files: {directory}")
    sys.exit(bool(ran.mishap) or not ran.tally.kept)


def _play(faults: Iterable[Fault], scale: float, at_once: int) -> Iterator[tuple[str, Ran]]:
    """Play cases side by side, the longest first, each in a process of its own, so that none can spoil another."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(at_once, fresh, max_tasks_per_child=1) as pool:
        cases = {
            pool.submit(run_apart, fault.name, *case): fault.name
            for fault in sorted(faults, key=lambda fault: -fault.patience)
            for case in fault.cases(scale)
        }
        for future in as_completed(cases):
            yield cases[future], future.result()


def _tell(ran: Ran) -> None:
    what = ", ".join(f"{figure} {head}" for head, figure in zip(HEADS[1:], _line("", ran.tally)[1:], strict=True))
    print(f"{ran.name}: {what}; took {ran.seconds:.0f} s", flush=True)
    for note in ran.tally.notes:
        print(f"    {note}")
    if ran.directory:
        print(f"    its files: {ran.directory}")
    if ran.mishap:
        print(f"    not played to its end:\n{ran.mishap}", flush=True)


def _line(name: str, tally: Tally) -> tuple[str, ...]:
    counts = (tally.injected, tally.orders, tally.presses, tally.lost, tally.doubled, tally.disordered)
    return (name, *(f"{count:,}" for count in counts), f"{tally.recovery:.1f} s")


def _table(lines: list[tuple[str, ...]]) -> None:
    full = [HEADS, *(line for line in lines if len(line) == len(HEADS))]
    widths = [max(len(line[column]) for line in full) for column in range(len(HEADS))]
    widths[0] = max(len(line[0]) for line in [*full, *lines])
    print()
    for line in (HEADS, *lines):
        numbers = (text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=False))
        print("  ".join((line[0].ljust(widths[0]), *numbers)))


if __name__ == "__main__":
    main()
