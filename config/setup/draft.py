"""The draft: the store.toml that a wizard is making, as a tree, and what it comes to so far."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.checks import WrongSettings
from config.settings import StoreFile, check_store
from config.setup.answers import fill
from devices.discovery import DEVICES
from edge.files import led_to
from edge.words import Language, Say, speak


@dataclass
class Draft:
    """The store.toml as it will be, so far."""

    file: Path
    tree: dict[str, Any]
    secret: str | None = None  # the cloud's password, where one was typed
    dev: Path = DEVICES
    interfaces: list[str] | None = None  # where printers are listened for; all of them
    found: dict[str, str] = field(default_factory=dict)  # what devices call themselves, by what store.toml calls them

    @property
    def language(self) -> Language:
        """The language of the store, and of the wizard."""
        return "zh" if self.section("store").get("language") == "zh" else "en"

    @property
    def say(self) -> Say:
        """The words of that language."""
        return speak(self.language)

    @property
    def stations(self) -> list[str]:
        """The stations there are to choose from, best known first."""
        try:
            return [*self.checked().layout.stations]
        except WrongSettings:
            return [str(row.get("id")) for row in self.tree.get("stations", ())] or ["kitchen"]

    @property
    def secret_file(self) -> Path:
        """Where the cloud's password goes."""
        return led_to(self.file).with_name("cloud-password")

    def section(self, name: str) -> dict[str, Any]:
        """A section, to be changed."""
        section: dict[str, Any] = self.tree.setdefault(name, {})
        return section

    def put(self, section: str, name: str, value: str) -> None:
        """Set a text; an empty one leaves the default."""
        if value:
            self.section(section)[name] = value
        else:
            self.section(section).pop(name, None)

    def whole(self) -> dict[str, Any]:
        """All that will be written."""
        tree = {"store": {}, **fill(self.tree, self.file)}
        return {name: tree[name] for name in StoreFile.__struct_fields__ if tree.get(name) or name == "store"}

    def checked(self) -> StoreFile:
        """The settings as a store has them; raises WrongSettings."""
        return check_store(self.whole(), self.file, here=False)

    def mistakes(self, section: str) -> list[str]:
        """What is wrong in one section."""
        try:
            self.checked()
        except WrongSettings as wrong:
            lines = (line.removeprefix(f"{self.file}: ") for line in wrong.lines)
            return [line for line in lines if line.startswith((f"{section}.", f"{section}[", f"{section}:"))]
        return []
