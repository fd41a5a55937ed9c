"""The `ovenbell` command."""

import asyncio
import gc
import io
import logging
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn
from urllib.parse import urlsplit

import typer

from config.failed import Failed
from config.settings import StoreFile, WrongSettings, absent, load_store
from devices.settings import ENCODINGS
from display.views import NAMES
from edge.settings import FeedSettings, feed_token, is_loopback, listen_address, url_of
from edge.text import plain
from edge.words import Language

FAILED, WRONG, INTERRUPTED = 1, 2, 130
GOODBYE = 4.5  # seconds a daemon takes to stop at most: systemd and the contract give it five

app = typer.Typer(
    help="The kitchen display and in-store hub of a bakery.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Config = Annotated[Path, typer.Option("--config", help="The store's settings.", metavar="store.toml")]


class LanguageName(StrEnum):
    """The languages there are words for."""

    ZH = "zh"
    EN = "en"


def _command(line: str) -> str:
    try:
        shlex.split(line)
    except ValueError as error:
        raise typer.BadParameter(f"{line}: {error}") from error
    return line


def _view(name: str) -> str:
    if name not in NAMES:
        raise typer.BadParameter(f"expected one of {', '.join(NAMES)}, not {name}")
    return name


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


class Schema(StrEnum):
    """What there is a JSON Schema of."""

    STORE = "store"
    MESSAGES = "messages"


@app.command()
def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Print what happens instead of showing it.")] = False,
    seconds: Annotated[float | None, typer.Option(min=1, help="How long the morning lasts.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another morning.")] = 1,
    language: Annotated[LanguageName, typer.Option(help="The language of the store.")] = LanguageName.ZH,
) -> None:
    """Run a whole store in this terminal: broker, cloud simulator, hub, virtual printer and keypad, display."""
    from config.demo.play import play  # noqa: PLC0415 - what only the demo needs is not loaded by a store

    headless = headless or not (sys.stdin.isatty() and sys.stdout.isatty())
    play(headless=headless, seconds=seconds, seed=seed, language=language.value)


@app.command()
def hub(config: Config) -> None:
    """Run the hub: orders in, stages out, paper and buttons between."""
    signal.signal(signal.SIGTERM, lambda *_: _leave(0))  # until the hub listens for it there is nothing to finish
    settings = load_store(config)
    _log()
    # Orders are frozen and hold no cycles; collecting thousands of them for nothing would stall the loop.
    gc.set_threshold(10_000, 20, 100)
    try:
        asyncio.new_event_loop().run_until_complete(_run_hub(settings))
    except Failed as failed:
        print(f"ovenbell: {plain(str(failed))}", file=sys.stderr)
        _leave(FAILED)
    _leave(0)


def _leave(status: int) -> NoReturn:
    """End now: a thread may hang for half a minute in looking up a printer's name or closing its port."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)


async def _run_hub(settings: StoreFile) -> None:
    from config.assembly import Store  # noqa: PLC0415 - a screen needs none of it
    from config.service import keep_alive, notify, stop_signal  # noqa: PLC0415
    from edge.journal import JournalUnusable  # noqa: PLC0415

    stopped = stop_signal()
    store = Store(settings)
    try:
        await store.start()
    except JournalUnusable as error:
        raise Failed(f"the journal cannot be used: {error}; see ovenbell doctor") from error
    except OSError as error:
        raise Failed(f"cannot listen at {settings.feed.listen}: {error.strerror}; is another hub running?") from error
    print(
        f"ovenbell hub {settings.store.id}: board at {url_of(*store.feed.address)}, journal {settings.journal_path}",
        flush=True,
    )
    notify("READY=1")
    alive = asyncio.create_task(keep_alive())
    ends = [asyncio.create_task(event.wait()) for event in (stopped, store.hub.failed)]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    alive.cancel()
    notify("STOPPING=1")
    try:
        async with asyncio.timeout(GOODBYE):
            await store.stop()
    except TimeoutError as error:
        raise Failed("a part did not stop in time and was left behind") from error
    if store.hub.failed.is_set():
        raise Failed(f"the hub has failed: {store.hub.trouble}; start it again")


@app.command()
def display(
    *,
    hub: Annotated[str, typer.Option("--hub", help="The hub's address.")] = "http://127.0.0.1:8377",
    station: Annotated[list[str] | None, typer.Option("--station", help="A station to show; all without it.")] = None,
    view: Annotated[str, typer.Option(help="What to show.", callback=_view, metavar="|".join(NAMES))] = NAMES[0],
    language: Annotated[LanguageName | None, typer.Option(help="The language; the store's without it.")] = None,
    player: Annotated[str, typer.Option(help="A command that plays a sound, {kind} in it.", callback=_command)] = "",
    silent: Annotated[bool, typer.Option("--silent", help="No sound, not even the bell.")] = False,
    serve: Annotated[str | None, typer.Option(help="Show it in browsers on this machine, at HOST:PORT.")] = None,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="The hub's token, where it asks for one.", metavar="FILE")
    ] = None,
) -> None:
    """Show one screen in this terminal."""
    address = urlsplit(hub)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise typer.BadParameter(f"expected http://HOST:PORT, not {hub}", param_hint="--hub")
    from display.app import run_display  # noqa: PLC0415 - a hub needs no screen
    from display.console import NO_CHINESE, is_linux_console  # noqa: PLC0415

    spoken: Language | None = None if language is None else language.value
    if serve is not None:
        options = [f"--hub={hub}", *(f"--station={one}" for one in station or ()), f"--view={view}"]
        options += [f"--language={spoken}"] if spoken else []
        options += [f"--token-file={token_file}"] if token_file else []
        _serve(serve, "display", *options, f"--player={player}", *(["--silent"] if silent else []))
        return
    if spoken == "zh" and is_linux_console():
        raise Failed(NO_CHINESE)
    try:
        token = feed_token(FeedSettings(token_file=str(token_file or "")))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Failed(f"{token_file}: cannot be read: {reason}; who runs the display must be able to read it") from error
    if not run_display(
        hub, stations=station or (), view=view, language=spoken, token=token, player=player, silent=silent
    ):
        raise typer.Exit(FAILED)


def _serve(listen: str, *command: str) -> None:
    try:
        host, port = listen_address(listen)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--serve") from error
    if not is_loopback(host):  # whoever sees the page can press every button, and there is no token for pages
        tunnel = f"ssh -L {port}:127.0.0.1:{port}"
        raise typer.BadParameter(
            f"only 127.0.0.1:{port}, not {listen}: others reach it through {tunnel}", param_hint="--serve"
        )
    try:
        from display import browser  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise Failed("browsers need one part more: pip install 'ovenbell[browser]'") from error
    try:
        browser.serve((host, port), [sys.executable, "-m", "config.command", *command])
    except OSError as error:
        raise Failed(f"cannot listen at {listen}: {error.strerror}") from error


@app.command()
def practice(
    config: Config,
    station: Annotated[list[str] | None, typer.Option("--station", help="A station to show; all without it.")] = None,
    seed: Annotated[int, typer.Option(help="Other orders.")] = 1,
    cards: Annotated[
        Path | None, typer.Option("--cards", help="Write the operators' cards there, to print, and end.", metavar="DIR")
    ] = None,
) -> None:
    """Practise with the store's own screens, keypads and printers, and a first lesson; nothing of it is real."""
    if cards is not None:
        from config.practice.card import write_cards  # noqa: PLC0415 - only here

        for file in write_cards(load_store(config), cards):
            print(f"ovenbell: {file}")
        return
    for number in (signal.SIGTERM, signal.SIGHUP):  # until the practice listens for them there is nothing to finish
        signal.signal(number, lambda *_: _leave(0))
    settings = load_store(config)
    known = settings.layout.stations
    for one in station or ():
        if one not in known:
            raise typer.BadParameter(f"expected one of {', '.join(known)}, not {one}", param_hint="--station")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Failed("practice needs a terminal to show the lesson in")
    from config.practice.play import practise  # noqa: PLC0415 - only here

    logging.getLogger().addHandler(logging.NullHandler())  # a line of it would stand across the screen
    try:
        asyncio.new_event_loop().run_until_complete(practise(settings, station or (), seed=seed))
    except Failed as failed:
        print(f"ovenbell: {plain(str(failed))}", file=sys.stderr)
        _leave(FAILED)
    with suppress(OSError):  # the terminal may have gone
        print("ovenbell: the practice is over and nothing of it is kept; sudo systemctl start ovenbell-hub", flush=True)
    os._exit(0)


@app.command()
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
        paper.as_picture(kind.value, store, printer, shown).save(output, "PNG", optimize=True)
        print(f"ovenbell: {output}")


@app.command()
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


@app.command()
def install(
    config: Annotated[Path, typer.Option("--config", help="The store's settings.", metavar="store.toml")] = Path(
        "/etc/ovenbell/store.toml"
    ),
    dry_run: DryRun = False,
    root: Root = Path("/"),
    display: Annotated[bool, typer.Option(help="Also the display, on this machine's own screen.")] = True,
    program: Annotated[
        Path | None, typer.Option("--program", help="The ovenbell that is to run, if not this one.", metavar="FILE")
    ] = None,
) -> None:
    """Have this machine run the store: services, devices, log limits; settings stay where they are."""
    from config import install as machine  # noqa: PLC0415 - only here

    here = root == Path("/")
    inside = machine.below(root, config) if config.is_absolute() else config
    settings = load_store(inside, here=False)  # the hub may have its token from elsewhere than whoever installs it
    command = [str(program)] if program else machine.program()
    parts = list(machine.parts_of(settings, config, command, display=display))
    machine.check(settings, config, command)
    commands = machine.commands(display=display) if here else []
    _warn(absent(settings, root))
    if dry_run:
        for part in parts:
            print(f"### {part.path}" + (f" -> {part.link}\n" if part.link else f"\n{part.text}"))
        _each(commands, lambda _: None)
        return
    for line in machine.put(parts, root):
        print(f"ovenbell: {line}")
    _each(commands, machine.call)


@app.command()
def uninstall(dry_run: DryRun = False, root: Root = Path("/")) -> None:
    """Take back what install wrote; journal and settings stay."""
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


@app.command()
def doctor(
    config: Config,
    watch: Annotated[bool, typer.Option("--watch", help="Again every few seconds, until Ctrl+C.")] = False,
) -> None:
    """Check everything a store needs, one line each with the mend."""
    from config.doctor import rounds  # noqa: PLC0415 - a screen needs none of it

    if not asyncio.run(rounds.watch(config) if watch else rounds.say_all(load_store(config))):
        raise typer.Exit(FAILED)


@app.command()
def keys(
    port: Annotated[str, typer.Option(help="The keypad's device, best under /dev/serial/by-id or /dev/input/by-id.")],
    baud: Annotated[int, typer.Option(help="Its speed.")] = 9600,
    framing: Annotated[FramingName | None, typer.Option(help="How it speaks; the first press shows it.")] = None,
) -> None:
    """Press the keys of a keypad and see the lines for store.toml; only listens."""
    from config.keys import print_keys  # noqa: PLC0415 - only here

    asyncio.run(print_keys(port, baud, framing.value if framing else None))


@app.command()
def backup(
    config: Config,
    file: Annotated[Path | None, typer.Argument(help="Where to; beside the journal without it.")] = None,
) -> None:
    """Copy the journal and the settings into one file, also while the hub runs."""
    from config import keeping  # noqa: PLC0415 - only here

    print(f"ovenbell: copied to {keeping.backup(config, file)}")


@app.command()
def restore(
    config: Config,
    file: Annotated[Path | None, typer.Argument(help="The backup; without it the newest beside the journal.")] = None,
) -> None:
    """Have a store go on from a backup; what was there before is set aside."""
    from config import keeping  # noqa: PLC0415 - only here

    done = keeping.restore(config, file)
    if done.wrote_settings:
        print(f"ovenbell: {config} was written from the backup: correct what differs on this machine")
    print(f"ovenbell: {done.journal} has {done.orders} orders on the board; a hub that starts asks for what came since")


@app.command()
def reparse(config: Config) -> None:
    """Read the messages that were not understood once more."""
    from config import keeping  # noqa: PLC0415 - only here

    done = keeping.reparse_letters(load_store(config))
    print(f"ovenbell: {done.read} understood now, {done.left} still not")


@app.command()
def schema(of: Annotated[Schema, typer.Argument(help="Of the settings, or of the MQTT messages.")]) -> None:
    """Print a JSON Schema."""
    import json  # noqa: PLC0415 - only here

    import msgspec  # noqa: PLC0415

    from cloud_bridge import schema as message_schema  # noqa: PLC0415

    tree = message_schema() if of is Schema.MESSAGES else msgspec.json.schema(StoreFile)
    print(json.dumps(tree, ensure_ascii=False, indent=2))


def _log() -> None:
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # the mistakes of port scanners are not the hub's
    handler = logging.StreamHandler()
    handler.setFormatter(LogLine("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


class LogLine(logging.Formatter):
    """One line for each event, whatever a customer's name pretends to be; a traceback stands indented below it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The event in its line."""
        return plain(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """The traceback, no line of which begins like an event."""
        return "\n".join(f"    {plain(line)}" for line in super().formatException(ei).splitlines())


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
