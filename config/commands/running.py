"""The commands that run something: the demo, the hub, a screen, the practice."""

import asyncio
import logging
import os
import shlex
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from config.commands.daemon import leave, live, run_daemon, stop_at_once
from config.commands.options import FAILED, Config, LanguageName
from config.failed import Failed
from config.settings import StoreFile, load_store
from display.views import NAMES
from edge.settings import FeedSettings, feed_token, is_loopback, listen_address, url_of
from edge.text import plain
from edge.words import Language


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


def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Print what happens instead of showing it.")] = False,
    seconds: Annotated[float | None, typer.Option(min=1, help="How long the morning lasts.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another morning.")] = 1,
    language: Annotated[LanguageName, typer.Option(help="The language of the store.")] = LanguageName.ZH,
) -> None:
    """Run the whole ring in this terminal: channels, gateway, broker, hub, virtual printer and keypads, display."""
    from config.demo.play import play  # noqa: PLC0415 - what only the demo needs is not loaded by a store

    headless = headless or not (sys.stdin.isatty() and sys.stdout.isatty())
    play(headless=headless, seconds=seconds, seed=seed, language=language.value)


def hub(config: Config) -> None:
    """Run the hub: orders in, stages out, paper and buttons between."""
    stop_at_once(signal.SIGTERM)
    run_daemon(_run_hub(load_store(config)))


async def _run_hub(settings: StoreFile) -> None:
    from config.assembly import Store  # noqa: PLC0415 - a screen needs none of it
    from config.service import stop_signal  # noqa: PLC0415
    from edge.journal import JournalUnusable  # noqa: PLC0415

    stopped = stop_signal()
    store = Store(settings)
    try:
        await store.start()
    except JournalUnusable as error:
        raise Failed(f"the journal cannot be used: {error}; see ovenbell doctor") from error
    except OSError as error:
        raise Failed(f"cannot listen at {settings.feed.listen}: {error.strerror}; is another hub running?") from error
    board = url_of(*store.feed.address)
    await live(store, stopped, f"ovenbell hub {settings.store.id}: board at {board}, journal {settings.journal_path}")


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
    stop_at_once(signal.SIGTERM, signal.SIGHUP)
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
        leave(FAILED)
    with suppress(OSError):  # the terminal may have gone
        print("ovenbell: the practice is over and nothing of it is kept; sudo systemctl start ovenbell-hub", flush=True)
    os._exit(0)
