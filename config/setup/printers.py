"""The step of the wizard that looks for printers, has each print its number, and gives them their work."""

import asyncio
from typing import ClassVar

from msgspec import ValidationError, convert
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from config.setup.device_step import DeviceStep, Row, named
from config.setup.step import Choices
from devices.discovery import FoundPrinter, NoNetworkSearch, network_printers, usb_printers
from devices.settings import PrinterSettings, parse_connection
from devices.trial import print_trial

ROLES: tuple[Row, ...] = ({"id": "kitchen"}, {"id": "counter", "print_on": "ready"})  # in the order of ticking


class PrinterStep(DeviceStep):
    """Which printers there are, and which of them is which."""

    title = "Printers"
    section, place = "printers", "connection"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "try", show=False),
        Binding("e", "encoding", show=False),
        Binding("w", "width", show=False),
        Binding("b", "backup", show=False),
    ]
    backed: bool | None = None  # whether each stands in for the one before; none: as it is

    @property
    def explained(self) -> str:
        """What to do here."""
        return self.say(
            "T prints a page with its number on each. Space ticks: the first prints for the kitchen, the second the "
            "whole order when it is ready. E: line 1 of its page does not read like line 2. W: narrow paper. "
            "B: each stands in for the other."
        )

    def compose(self) -> ComposeResult:
        """The list, and room for an address."""
        yield from super().compose()
        yield from self.field("address", self.say("Another one, by its address: 192.168.1.50"))

    def on_mount(self) -> None:
        """What hangs on this machine is seen at once, what is in the network says so within seconds."""
        for found in usb_printers(self.draft.dev):
            self.add(found)
        self._begin()
        self._search()

    def _begin(self) -> None:
        self.redraw()
        if not self.query_one("#address", Input).value:
            (self.query_one(Choices) if self.rows else self.query_one("#address", Input)).focus()

    @work
    async def _search(self) -> None:
        self.tell(self.say("Looking for printers in the network .."))
        try:
            for found in await network_printers(interfaces=self.draft.interfaces):
                self.add(found)
        except NoNetworkSearch as none:
            self.tell(self.say("Printers in the network are not looked for: {reason}").format(reason=none))
        else:
            self.tell("")
            self._begin()

    def said_of(self, where: str, row: Row) -> str:
        """Its role, its look, and who stands in for it."""
        work = dict(zip(self.ticked, self.answers(), strict=True)).get(where, {})
        drawn = self.say("drawn") if row.get("encoding") == "raster" else ""
        backup = self.say("else {printer}").format(printer=work["backup"]) if "backup" in work else ""
        return f"{work.get('id', '')} {drawn} {row.get('columns', 48)} {backup}"

    def _role(self, where: str) -> Row:
        row, place = self.rows[where], self.ticked.index(where)
        role = ROLES[place] if place < len(ROLES) else {"id": f"printer-{place + 1}"}
        return row if "id" in row else {**role, **row}

    @on(Input.Submitted)
    def _add_address(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if not text:
            return
        event.stop()
        event.prevent_default()
        where = text if ":/" in text or text.startswith("file:") else f"tcp://{text if ':' in text else f'{text}:9100'}"
        try:
            parse_connection(where)
        except ValueError as error:
            self.tell(str(error))
            return
        event.input.value = ""
        self.add(FoundPrinter(where, ""))
        self.ticked += [where] if where not in self.ticked else []
        self._begin()

    def action_encoding(self) -> None:
        """Another way to bring letters onto its paper."""
        self._turn("encoding", "raster")

    def action_width(self) -> None:
        """Another width of its paper."""
        self._turn("columns", 32)

    def action_backup(self) -> None:
        """What one of them cannot print another does, or waits for it."""
        if len(self.ticked) > 1:
            self.backed = not any("backup" in row for row in self.answers())
            self.redraw()

    def _turn(self, name: str, other: object) -> None:
        if self.chosen is not None:
            row = self.rows[self.chosen]
            if row.pop(name, None) != other:
                row[name] = other
            self.redraw()

    @work(exclusive=True)
    async def action_try(self) -> None:
        """Print a page with its number on each."""
        self.tell(self.say("Printing .."))
        pages = [self._page(number, where, row) for number, (where, row) in enumerate(self.rows.items(), 1)]
        self.tell(*await asyncio.gather(*pages))

    async def _page(self, number: int, where: str, row: Row) -> str:
        try:
            reason = await print_trial(convert({"id": "ovenbell", **row}, PrinterSettings), number, self.say)
        except ValidationError as error:
            reason = str(error)
        return f"{number} {where}: {reason or self.say('printed')}"

    def answers(self) -> list[Row]:
        """Those that are ticked, the first for the kitchen."""
        rows = named([dict(self._role(where)) for where in self.ticked])
        ids = [row["id"] for row in rows]
        there = {*ids, *(row["id"] for where in self.ticked for row in self.beside.get(where, ()))}
        for row, after in zip(rows, [*ids[1:], *ids[:1]], strict=True):
            if self.backed and row["id"] != after:
                row["backup"] = after
            elif self.backed is False or row.get("backup") not in there:
                row.pop("backup", None)
        return rows
