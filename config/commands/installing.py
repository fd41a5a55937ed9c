"""The commands of whoever installs a store: its settings, its devices, its machine."""

import asyncio
import shlex
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from config.commands.daemon import leave
from config.commands.options import FAILED, INTERRUPTED, LanguageName
from config.failed import Failed
from config.settings import absent, load_store
from devices.settings import ENCODINGS
from edge.words import Language


def _encoding(name: str | None) -> str | None:
    if name is not None and name not in ENCODINGS:
        raise typer.BadParameter(f"expected one of {', '.join(ENCODINGS)}, not {name}")
    return name


class TicketName(StrEnum):
    """What a printer prints."""

    KITCHEN = "kitchen"
    PACKING = "packing"
    CHANGE = "change"
    CANCEL = "cancel"
    LABEL = "label"
    TEST = "test"


class FramingName(StrEnum):
    """How a keypad tells its keys apart."""

    BYTE = "byte"
    LINE = "line"
    STX_ETX = "stx-etx"
    HID = "hid"


def ticket(
    *,
    config: Annotated[
        Path | None, typer.Option("--config", help="The store's settings; none are needed.", metavar="store.toml")
    ] = None,
    kind: Annotated[TicketName, typer.Option(help="What to show.")] = TicketName.KITCHEN,
    columns: Annotated[int | None, typer.Option(min=24, max=72, help="48 on paper of 80 mm, 32 on 58 mm.")] = None,
    encoding: Annotated[
        str | None, typer.Option(help="gb18030, raster or a code page.", callback=_encoding, metavar="NAME")
    ] = None,
    language: Annotated[LanguageName | None, typer.Option(help="The language; the store's without it.")] = None,
    order: Annotated[Path | None, typer.Option("--order", help="An order as JSON; made up without it.")] = None,
    output: Annotated[Path | None, typer.Option("--output", help="A picture of it.", metavar="ticket.png")] = None,
    preview: Annotated[bool, typer.Option("--preview", hidden=True)] = True,  # noqa: ARG001 - what it does anyway
) -> None:
    """Show what a ticket looks like, here or as a picture; nothing is printed on paper."""
    if output is not None and output.suffix.lower() != ".png":
        raise typer.BadParameter(f"expected a .png file, not {output}", param_hint="--output")
    from config import ticket_preview as paper  # noqa: PLC0415 - only here

    spoken: Language | None = None if language is None else language.value
    store, printer = paper.settings_of(
        load_store(config) if config else None, spoken, columns=columns, encoding=encoding
    )
    shown = paper.order_in(order) if order else None
    if output is None:
        print(paper.as_text(kind.value, store, printer, shown))
    else:
        done = paper.as_picture(kind.value, store, printer, shown)
        done.picture.save(output, "PNG", optimize=True)
        print(f"ovenbell: {output}" + (f": the first {done.papers} of {done.of} papers" * (done.papers < done.of)))


def setup(
    config: Annotated[Path, typer.Option("--config", help="The settings to write.", metavar="store.toml")] = Path(
        "store.toml"
    ),
    answers: Annotated[
        Path | None, typer.Option("--from", help="Answers, so that nobody is asked.", metavar="answers.toml")
    ] = None,
) -> None:
    """Make a store's settings, or change them, step by step in this terminal."""
    if answers is not None:
        from config.setup.answers import load_answers  # noqa: PLC0415 - only here
        from config.setup.writing import write_store  # noqa: PLC0415

        kept = write_store(config, load_answers(answers, config))
        print(f"ovenbell: {config} is written" + (f", the one before is {kept}" if kept else ""))
        _warn(absent(load_store(config, here=False)))
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Failed("setup needs a terminal to ask in; or a file of answers: --from answers.toml")
    from config import install as machine  # noqa: PLC0415 - only here
    from config.setup.wizard import run_wizard  # noqa: PLC0415

    if not run_wizard(config):
        print("ovenbell: nothing was written")
        raise typer.Exit(FAILED)
    program = shlex.join(machine.program())
    print(f"ovenbell: {config} is written; next: sudo {program} install --config {shlex.quote(str(config.resolve()))}")


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"ovenbell: warning: {line}", file=sys.stderr)


DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done.")]
Root = Annotated[Path, typer.Option("--root", help="The image of a machine, instead of this one.", metavar="DIR")]


def install(
    config: Annotated[
        Path, typer.Option("--config", help="The settings of a store or a gateway.", metavar="store.toml|cloud.toml")
    ] = Path("/etc/ovenbell/store.toml"),
    dry_run: DryRun = False,
    root: Root = Path("/"),
    display: Annotated[bool, typer.Option(help="Also the display, on this machine's own screen.")] = True,
    program: Annotated[
        Path | None, typer.Option("--program", help="The ovenbell that is to run, if not this one.", metavar="FILE")
    ] = None,
) -> None:
    """Have this machine run the store, or the gateway: services, devices, log limits; settings stay where they are."""
    from config import install as machine  # noqa: PLC0415 - only here
    from config.tenants import tenant_of  # noqa: PLC0415

    here = root == Path("/")
    command = [str(program)] if program else machine.program()
    tenant = tenant_of(config, command, root, display=display)
    machine.check(tenant.paths)
    commands = tenant.commands if here else ()
    _warn(tenant.absent)
    if dry_run:
        for part in tenant.parts:
            print(f"### {part.path}" + (f" -> {part.link}\n" if part.link else f"\n{part.text}"))
        _each(commands, lambda _: None)
        return
    for line in machine.put(tenant.parts, root, tenant.record):
        print(f"ovenbell: {line}")
    _each(commands, machine.call)


def uninstall(dry_run: DryRun = False, root: Root = Path("/")) -> None:
    """Take back all that install wrote; journals and settings stay."""
    from config import install as machine  # noqa: PLC0415 - only here

    here = root == Path("/")
    before, after = machine.farewell(root) if here else ([], [])
    if dry_run:
        print(*machine.written(root), sep="\n")
        _each([*before, *after], lambda _: None)
        return
    _each(before, machine.call)
    for line in machine.take(root):
        print(f"ovenbell: {line}")
    _each(after, machine.call)


def _each(commands: Sequence[Sequence[str]], do: Callable[[Sequence[str]], None]) -> None:
    for command in commands:
        print(f"$ {shlex.join(command)}", flush=True)
        do(command)


def doctor(
    config: Annotated[
        Path, typer.Option("--config", help="The settings of a store or a gateway.", metavar="store.toml|cloud.toml")
    ],
    watch: Annotated[bool, typer.Option("--watch", help="Again every few seconds, until Ctrl+C.")] = False,
) -> None:
    """Check everything a store or a gateway needs, one line each with the mend."""
    from config.doctor import rounds  # noqa: PLC0415 - a screen needs none of it

    looking = rounds.watch(config) if watch else rounds.say_all(config)
    loop = asyncio.new_event_loop()
    loop.add_signal_handler(signal.SIGINT, leave, INTERRUPTED)  # unlike KeyboardInterrupt it waits for no thread
    leave(0 if loop.run_until_complete(looking) else FAILED)


def keys(
    port: Annotated[str, typer.Option(help="The keypad's device, best under /dev/serial/by-id or /dev/input/by-id.")],
    baud: Annotated[int, typer.Option(help="Its speed.")] = 9600,
    framing: Annotated[FramingName | None, typer.Option(help="How it speaks; the first press shows it.")] = None,
) -> None:
    """Press the keys of a keypad and see the lines for store.toml; only listens."""
    from config.keys import print_keys  # noqa: PLC0415 - only here

    asyncio.run(print_keys(port, baud, framing.value if framing else None))
