"""The command of the cloud's end: the gateway."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.commands.daemon import live, run_daemon, stop_at_once
from config.failed import Failed, extra
from edge.settings import url_of

if TYPE_CHECKING:
    from cloud_bridge.gateway import CloudFile

CloudConfig = Annotated[Path, typer.Option("--config", help="The gateway's settings.", metavar="cloud.toml")]


def gateway(config: CloudConfig) -> None:
    """Run the cloud's end: orders of all channels to their stores, and word of them to who ordered."""
    stop_at_once(signal.SIGTERM)
    with extra("gateway"):
        from config.cloud import load_cloud  # noqa: PLC0415 - a store needs none of it
    run_daemon(_run_gateway(load_cloud(config)))


async def _run_gateway(settings: "CloudFile") -> None:
    from cloud_bridge.gateway import Gateway  # noqa: PLC0415 - a store needs none of it
    from config.service import collect_seldom, stop_signal  # noqa: PLC0415
    from edge.journal import JournalUnusable  # noqa: PLC0415

    stopped = stop_signal()
    try:
        gateway = Gateway(settings, settings.journal_path)
    except (OSError, ValueError) as error:
        raise Failed(str(error)) from error
    try:
        await gateway.start()
    except JournalUnusable as error:
        raise Failed(f"the journal cannot be used: {error}") from error
    except OSError as error:
        listen = settings.gateway.listen
        raise Failed(f"cannot listen at {listen}: {error.strerror}; is another gateway running?") from error
    collect_seldom(100_000)
    door = f"{url_of(*gateway.address)}/channels/"
    await live(
        gateway,
        stopped,
        f"ovenbell gateway {settings.gateway.id}: {len(settings.accounts)} accounts at {door}, "
        f"{len(settings.stores)} stores, journal {settings.journal_path}",
    )
