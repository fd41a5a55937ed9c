"""What a second costs the display, in CPU, milliseconds and bytes written to the terminal."""

import asyncio
from collections.abc import Iterator

from tests.bench.display_load import measure_display
from tests.bench.figures import Aim, Line, Section

LARGE, SMALL = 40, 200
INTERVAL, SHORT_INTERVAL = 0.2, 0.1  # seconds for one tick, so that a minute takes less


def measure(*, quick: bool) -> Iterator[Section]:
    """A minute of ticks on a screen of 40 large cards, and on one of 200 small ones."""
    lines = []
    for cards, size in ((LARGE, "large"), (SMALL, "small")):
        cost = asyncio.run(measure_display(cards, interval=SHORT_INTERVAL if quick else INTERVAL))
        share, written = cost.cpu * 100, cost.bytes / 1000
        of_core = Aim(share, "<=", 4, "%") if cards == SMALL else None
        of_bytes = Aim(written, "<=", 4, "kB") if cards == SMALL else None
        name = f"{cards} {size} cards"
        lines += [
            Line(f"{name}: of a core", f"{share:.1f} %", None, of_core),
            Line(f"{name}: tick to last byte, median", f"{cost.milliseconds:.0f} ms"),
            Line(f"{name}: tick to last byte, slowest", f"{cost.slowest:.0f} ms"),
            Line(f"{name}: to the terminal", f"{written:.2f} kB", None, of_bytes),
        ]
    yield Section("The display's tick, once a second, over a minute", tuple(lines))
