"""`ovenbell hub` whose freed numbers rest for a moment only, so that many orders pass over one page in little time."""

import sys

from config import command
from edge.layout import Layout

REST = 0.05  # seconds


def main() -> None:
    """Start it with the settings named on the command line."""
    Layout.rest = property(lambda _layout: REST)  # type: ignore[assignment,method-assign]
    sys.argv = ["ovenbell", "hub", "--config", sys.argv[1]]
    command.main()


if __name__ == "__main__":
    main()
