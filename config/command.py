"""The `ovenbell` command: what it can be told, and how it ends."""

import io
import os
import sys
from typing import NoReturn

import typer

from config.checks import WrongSettings
from config.commands.cloud import gateway
from config.commands.installing import doctor, install, keys, setup, ticket, uninstall
from config.commands.options import FAILED, INTERRUPTED, WRONG
from config.commands.records import backup, reparse, restore, schema
from config.commands.running import demo, display, hub, practice
from config.failed import Failed
from edge.text import plain

COMMANDS = (
    demo, hub, display, practice, ticket, setup, install, uninstall, doctor, keys, backup, restore, reparse, schema,
    gateway,
)  # fmt: skip

app = typer.Typer(
    help="The kitchen display and in-store hub of a bakery.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in COMMANDS:
    app.command()(command)


def main() -> NoReturn:
    """Run the command; what goes wrong is one line for a person, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character is no reason to end
    try:
        app(standalone_mode=True)
    except WrongSettings as wrong:
        print(*wrong.lines, sep="\n", file=sys.stderr)
        sys.exit(WRONG)
    except BrokenPipeError:  # who read us has gone; nothing more can be said, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except (Failed, OSError) as failed:
        print(f"ovenbell: {plain(str(failed))}", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(0)


if __name__ == "__main__":
    main()
