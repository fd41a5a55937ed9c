"""The commands for what a store keeps, and for what it says it in: copies of the journal, dead letters, schemas."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from config.commands.options import Config
from config.settings import StoreFile, load_store


class Schema(StrEnum):
    """What there is a JSON Schema of."""

    STORE = "store"
    MESSAGES = "messages"


def backup(
    config: Config,
    file: Annotated[Path | None, typer.Argument(help="Where to; beside the journal without it.")] = None,
) -> None:
    """Copy the journal and the settings into one file, also while the hub runs."""
    from config import keeping  # noqa: PLC0415 - only here

    print(f"ovenbell: copied to {keeping.backup(config, file)}")


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


def reparse(config: Config) -> None:
    """Read the messages that were not understood once more."""
    from config import keeping  # noqa: PLC0415 - only here

    done = keeping.reparse_letters(load_store(config))
    print(f"ovenbell: {done.read} understood now, {done.left} still not")


def schema(of: Annotated[Schema, typer.Argument(help="Of the settings, or of the MQTT messages.")]) -> None:
    """Print a JSON Schema."""
    import json  # noqa: PLC0415 - only here

    import msgspec  # noqa: PLC0415

    from cloud_bridge import schema as message_schema  # noqa: PLC0415

    tree = message_schema() if of is Schema.MESSAGES else msgspec.json.schema(StoreFile)
    print(json.dumps(tree, ensure_ascii=False, indent=2))
