"""`python -m tests.bench`: every figure beside its baseline and limit of the same run, and what misses its aim."""

import argparse
import os
import time
from collections.abc import Callable, Iterator

from tests.bench import (
    burst,
    chain,
    display_tick,
    ending,
    event_cost,
    intake,
    memory,
    passing,
    pixel,
    press,
    start_up,
    ticket,
    webhooks,
)
from tests.bench.figures import Section, show, summary
from tests.brokers import MOSQUITTO

Benchmark = Callable[..., Iterator[Section]]
BENCHMARKS: dict[str, Benchmark] = {
    "intake": intake.measure,
    "press": press.measure,
    "pixel": pixel.measure,
    "display": display_tick.measure,
    "burst": burst.measure,
    "passing": passing.measure,
    "start-up": start_up.measure,
    "event": event_cost.measure,
    "memory": memory.measure,
    "ticket": ticket.measure,
    "webhooks": webhooks.measure,
    "chain": chain.measure,
    "ending": ending.measure,
}
ON_A_BROKER = {
    "intake",
    "press",
    "pixel",
    "passing",
    "memory",
    "webhooks",
    "chain",
    "ending",
}  # with sessions and MQTT 5, which the embedded one has not


def main() -> None:
    """Run and print; an aim that is missed is said, and is no failure of the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=BENCHMARKS, metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="smaller loads and fewer rounds: a look, not a figure")
    arguments = parser.parse_args()
    sections: list[Section] = []
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; ratios are ours to the figure on their line\n")
    for name in arguments.only or BENCHMARKS:
        if MOSQUITTO is None and name in ON_A_BROKER:
            print(f"{name}: not measured, because mosquitto is not on this machine\n")
            continue
        began = time.monotonic()
        for section in BENCHMARKS[name](quick=arguments.quick):
            sections.append(section)
            print(show(section), flush=True)
        print(f"  ({time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f})\n", flush=True)
    print(summary(sections))


if __name__ == "__main__":
    main()
