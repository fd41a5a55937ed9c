"""What several commands have in common: how they end, and the options that they share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

FAILED, WRONG, INTERRUPTED = 1, 2, 130

Config = Annotated[Path, typer.Option("--config", help="The store's settings.", metavar="store.toml")]


class LanguageName(StrEnum):
    """The languages there are words for."""

    ZH = "zh"
    EN = "en"
