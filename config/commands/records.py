"""The commands for what a store keeps, and for what it says it in: copies of the journal, dead letters, schemas."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from config.failed import extra

Config = Annotated[
    Path, typer.Option("--config", help="The settings of a store or a gateway.", metavar="store.toml|cloud.toml")
]


class Schema(StrEnum):
    """What there is a JSON Schema of."""

    STORE = "store"
    CLOUD = "cloud"
    MESSAGES = "messages"


def backup(
    config: Config,
    file: Annotated[Path | None, typer.Argument(help="Where to; beside the journal without it.")] = None,
) -> None:
    """Copy the journal and the settings into one file, also while it is in use."""
    from config import keeping  # noqa: PLC0415 - only here

    done = keeping.backup(config, file)
    print(
        f"ovenbell: copied to {done.to}"
        + (", with the key of its seal: nobody else may read it" if done.sealed else "")
    )
    if done.elsewhere:
        print(f"ovenbell: the key of its seal is not in it: keep a copy of {done.elsewhere}")


def restore(
    config: Config,
    file: Annotated[Path | None, typer.Argument(help="The backup; without it the newest beside the journal.")] = None,
) -> None:
    """Have a store or a gateway go on from a backup; what was there before is set aside."""
    from config import keeping  # noqa: PLC0415 - only here

    done = keeping.restore(config, file)
    if done.wrote_settings:
        print(f"ovenbell: {config} was written from the backup: correct what differs on this machine")
    print(f"ovenbell: {done.journal} has {done.orders} orders on the board; {done.since}")


def reparse(config: Config) -> None:
    """Read the messages or webhooks that were not understood once more."""
    from config import keeping  # noqa: PLC0415 - only here

    done = keeping.reparse_letters(config)
    print(f"ovenbell: {done.read} understood now, {done.left} still not")


def schema(of: Annotated[Schema, typer.Argument(help="Of the settings, or of the MQTT messages.")]) -> None:
    """Print a JSON Schema."""
    import json  # noqa: PLC0415 - only here

    print(json.dumps(_schema(of), ensure_ascii=False, indent=2))


def _schema(of: Schema) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415 - only here

    match of:
        case Schema.MESSAGES:
            from cloud_bridge import schema  # noqa: PLC0415

            return schema()
        case Schema.STORE:
            from config.settings import StoreFile  # noqa: PLC0415

            return msgspec.json.schema(StoreFile)
        case Schema.CLOUD:
            with extra("gateway"):
                from cloud_bridge.gateway.settings import CloudFile  # noqa: PLC0415

            return msgspec.json.schema(CloudFile)
