"""The steps of the wizard that ask about the store, and those that show what comes of it."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

from msgspec import convert
from msgspec.structs import replace
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input, Static
from textual.widgets.option_list import Option

from cloud_bridge import probe
from cloud_bridge.settings import CloudSettings
from config.checks import WrongSettings, read_text
from config.setup.answers import BROUGHT, TEMPLATES, TemplateName, template
from config.setup.board_preview import board_of
from config.setup.step import Choices, Step
from config.setup.writing import store_text, write_secret, write_store
from display.board import StationsView
from display.console import is_linux_console

LANGUAGES = {"zh": "中文", "en": "English"}
KINDS = {"bread-shop": "bread shop", "cake-studio": "cake studio", "cafe": "café with bakery"}


class LanguageStep(Step):
    """In which language the store speaks."""

    title = "Language"

    def compose(self) -> ComposeResult:
        """One line each, in its own words."""
        console = is_linux_console()  # which has no Chinese letters
        yield Static("语言 / Language" if not console else "Language", classes="label")
        there = self.draft.section("store").get("language", "en" if console else "zh")
        self.names = [name for name in LANGUAGES if name == "en" or not console]
        choices = Choices(*(Option(LANGUAGES[name]) for name in self.names))
        choices.highlighted = self.names.index(there) if there in self.names else 0
        yield choices
        yield Static(id="told")

    async def take(self) -> str:
        """The wizard speaks it from here on."""
        self.draft.section("store")["language"] = self.names[self.query_one(Choices).highlighted or 0]
        return ""


class StoreStep(Step):
    """What the store is called."""

    title = "Store"

    def compose(self) -> ComposeResult:
        """Its id, its name."""
        store = self.draft.section("store")
        yield from self.field("id", self.say("The store's id, as the cloud knows it: hz-0012"), store.get("id"))
        yield from self.field("name", self.say("Its name, for people (may stay empty)"), store.get("name"))
        yield Static(id="told")

    async def take(self) -> str:
        """Both, and whether the id is one."""
        for name in ("id", "name"):
            self.draft.put("store", name, self.typed(name))
        return "\n".join(self.draft.mistakes("store"))


class CloudStep(Step):
    """Where orders come from, tried on the spot."""

    title = "Cloud"
    _tried: object = None  # what was asked last: asked again unchanged, it is taken as it is

    def compose(self) -> ComposeResult:
        """Address and proof of who the store is."""
        cloud = self.draft.tree.get("cloud") or {}
        say = self.say
        address = say("The broker: mqtts://HOST, or mqtt://127.0.0.1; empty: orders are entered in the store")
        yield from self.field("url", address, cloud.get("url"))
        yield from self.field("username", say("User name (may stay empty)"), cloud.get("username"))
        yield from self.field("password", say("Password; empty: as before"), self.draft.secret, secret=True)
        own = say("File with the broker's certificate authority, where it is one of your own (may stay empty)")
        yield from self.field("ca_file", own, cloud.get("ca_file"))
        yield Static(id="told")

    def is_enough(self, field: Input) -> bool:
        """Without an address there is nothing to prove."""
        return field.id == "url" and not field.value.strip()

    async def take(self) -> str:
        """The answers, once the broker has let the store in, or where somebody insists."""
        draft = self.draft
        if not self.typed("url"):
            draft.tree.pop("cloud", None)
            return ""
        for name in ("url", "username", "ca_file"):
            draft.put("cloud", name, self.typed(name))
        draft.secret = self.typed("password") or draft.secret
        if draft.secret:
            draft.section("cloud")["password_file"] = str(draft.secret_file)
        if mistakes := draft.mistakes("cloud"):
            return "\n".join(mistakes)
        asked = (*draft.section("cloud").values(), draft.secret)
        if asked == self._tried:
            return ""
        self._tried = asked
        self.tell(self.say("Asking the broker .."))
        if troubles := [line async for line in self._troubles()]:
            return "\n".join([*troubles, self.say("Enter once more: keep it as it is")])
        return ""

    async def _troubles(self) -> AsyncIterator[str]:
        draft = self.draft
        with TemporaryDirectory(prefix="ovenbell-setup-") as directory:
            cloud = convert(draft.section("cloud"), CloudSettings)
            if draft.secret:  # it is written with everything else, at the end
                write_secret(file := Path(directory, "password"), draft.secret)
                cloud = replace(cloud, password_file=str(file))
            store = str(draft.section("store").get("id") or "setup")
            for finding in await probe(cloud, store=store, say=self.say):
                if not finding.ok:
                    yield finding.line


class BakeryStep(Step):
    """What kind of bakery it is: stations and routes to begin with."""

    title = "Bakery"

    def compose(self) -> ComposeResult:
        """The ready ones, and what is there already."""
        say, draft = self.say, self.draft
        yield Static(Text(say("What kind of bakery is it? Stations and routes can be changed in the file later.")))
        self.kept = any(draft.tree.get(section) for section in BROUGHT)
        kinds = [f"{say(KINDS[name])}: {', '.join(self._stations(name))}" for name in TEMPLATES]
        as_it_is = [say("as it is: {stations}").format(stations=", ".join(map(say, draft.stations)))] * self.kept
        yield Choices(*(Option(Text(line)) for line in [*as_it_is, *kinds]))
        yield Static(id="told")

    def _stations(self, name: TemplateName) -> Iterator[str]:
        stations = [row["id"] for row in template(name, self.draft.language)["stations"]]
        return map(self.say, stations)

    async def take(self) -> str:
        """The stages, routes and stations of the template."""
        index = (self.query_one(Choices).highlighted or 0) - self.kept
        if index >= 0:
            for section in BROUGHT:
                self.draft.tree.pop(section, None)
            self.draft.tree |= template(TEMPLATES[index], self.draft.language)
            self._resettle()
        return ""

    def _resettle(self) -> None:
        """What served stations that are gone serves those that are there."""
        stations = self.draft.stations
        for printer in self.draft.tree.get("printers", ()):
            if left := [one for one in printer.pop("stations", ()) if one in stations]:
                printer["stations"] = left
        for keypad in self.draft.tree.get("keypads", ()):
            if keypad.get("station") not in stations:
                keypad["station"] = stations[0]
        for scanner in self.draft.tree.get("scanners", ()):
            if scanner.get("station") not in {None, *stations}:
                scanner["station"] = stations[0]


class BoardStep(Step):
    """The board as it will look."""

    title = "Board"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "next_station", show=False, priority=True)]

    def compose(self) -> ComposeResult:
        """Orders that nobody made, at the store's stations."""
        yield Static(Text(self.say("The board as it will look; these orders are made up.")), classes="label")
        self.view = StationsView()
        self.view.can_focus = True
        yield self.view
        yield Static(id="told")

    def on_mount(self) -> None:
        """Show it, where the settings make a store."""
        try:
            self.view.show(board_of(self.draft.checked(), time.time()))
        except WrongSettings as wrong:
            self.tell(*wrong.lines)

    def action_next_station(self) -> None:
        """Where there is no room for all of them side by side."""
        self.view.next_station()

    def key_enter(self) -> None:
        """Go on."""
        self.post_message(self.Taken())


class WriteStep(Step):
    """The file, before it is written."""

    title = "Write"

    def compose(self) -> ComposeResult:
        """All of it."""
        draft = self.draft
        yield Static(Text(self.say("Enter writes {file}.").format(file=draft.file)), classes="label")
        before = ""
        with suppress(WrongSettings):  # said where it is written
            before = read_text(draft.file, new=True)
        text = Static(Text(store_text(draft.whole(), before)), id="file")
        scroll = VerticalScroll(text)
        yield scroll
        yield Static(id="told")

    def key_enter(self) -> None:
        """Write it."""
        self.post_message(self.Taken())

    async def take(self) -> str:
        """Write it whole, or not at all."""
        draft = self.draft
        try:
            draft.checked()
            if draft.secret and draft.tree.get("cloud"):
                write_secret(draft.secret_file, draft.secret)
            write_store(draft.file, draft.whole())
        except WrongSettings as wrong:
            return "\n".join(wrong.lines)
        except OSError as error:
            return f"{draft.file}: {error.strerror}"
        return ""
