"""The doctor's rounds: everything is looked at, once or again and again."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from cloud_bridge import probe
from config.checks import WrongSettings, read_toml
from config.doctor.devices import examine_devices
from config.doctor.journal import examine_journal
from config.doctor.line import FAILURE, OK, Line
from config.doctor.store import examine_hub, examine_secrets
from config.failed import extra
from config.service import stop_signal
from config.settings import StoreFile, check_store
from edge.board import Board
from edge.words import speak

ROUND = 5.0  # seconds between two rounds of a doctor who watches
CLEAR = "\x1b[H\x1b[2J"
READ = "read and consistent"


async def examine(settings: StoreFile) -> AsyncIterator[Line]:
    """Look at everything, cheapest first."""
    say = speak(settings.store.language)
    line, told = await examine_hub(settings, say)
    yield line
    for line in await asyncio.to_thread(lambda: list(examine_journal(settings.journal_path, Board, say))):
        yield line
    for line in examine_secrets(settings.cloud, settings.secrets.values(), say):
        yield line
    if settings.cloud is None:
        yield Line(OK, "cloud", say("none configured: orders are entered in the store"))
    else:
        for finding in await probe(settings.cloud, store=settings.store.id, say=say):
            yield Line(OK if finding.ok else FAILURE, "cloud", finding.line)
    async for line in examine_devices(settings, told, say):
        yield line


def examined(config: Path) -> AsyncIterator[Line]:
    """Look at what these are the settings of: a gateway's have a `[broker]`; raises WrongSettings."""
    tree = read_toml(config)
    if "broker" not in tree:
        return examine(check_store(tree, config))
    with extra("gateway"):
        from config.cloud import check_cloud  # noqa: PLC0415 - a store needs none of it
        from config.doctor.gateway import examine_gateway  # noqa: PLC0415
    return examine_gateway(check_cloud(tree, config, here=False))  # what runs may have its secrets from elsewhere


async def say_all(config: Path) -> bool:
    """Print each line as it is found; whether nothing has failed."""
    well = True
    lines = examined(config)
    print(Line(OK, "settings", READ))
    async for line in lines:
        print(line, flush=True)
        well = well and line.verdict is not FAILURE
    return well


async def watch(config: Path, pause: float = ROUND) -> bool:
    """Look again and again until somebody ends it; whether nothing had failed in the last whole round."""
    stopped = asyncio.ensure_future(stop_signal().wait())
    well = False
    while not stopped.done():
        looking = asyncio.ensure_future(_look(config))
        await asyncio.wait([stopped, looking], return_when=asyncio.FIRST_COMPLETED)
        if not looking.done():
            looking.cancel()
            break
        lines = looking.result()
        well = all(line.verdict is not FAILURE for line in lines)
        again = CLEAR if sys.stdout.isatty() else ""
        print(f"{again}{datetime.now():%H:%M:%S}", *lines, sep="\n", flush=True)  # noqa: DTZ005 - as on the wall
        await asyncio.wait([stopped], timeout=pause)
    return well


async def _look(config: Path) -> list[Line]:
    """One round; the settings may be being mended."""
    try:
        lines = examined(config)
    except WrongSettings as wrong:
        return [Line(FAILURE, "settings", line) for line in wrong.lines]
    return [Line(OK, "settings", READ), *[line async for line in lines]]
