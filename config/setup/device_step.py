"""What the steps for printers and keypads have in common: found devices are listed, ticked and given their work."""

from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Static
from textual.widgets.option_list import Option

from config.setup.draft import Draft
from config.setup.step import Choices, Step
from devices.discovery import FoundPort, FoundPrinter
from edge.text import plain

Row = dict[str, Any]  # of `[[printers]]` or `[[keypads]]`


class DeviceStep(Step):
    """Found devices, some of them ticked."""

    section: ClassVar[str]
    place: ClassVar[str]  # the field that says where it is

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft)
        self.rows: dict[str, Row] = {}
        self.beside: dict[str, list[Row]] = {}  # more of store.toml at the same place: kept as they are
        for row in draft.tree.get(self.section, ()):
            if self.place in row:
                where = str(row.get("path") or row[self.place])  # as the hub opens it: twins have one port
                if where in self.rows:
                    self.beside.setdefault(where, []).append(dict(row))
                else:
                    self.rows[where] = dict(row)
        self.ticked: list[str] = [*self.rows]

    def compose(self) -> ComposeResult:
        """The list, and what was found out."""
        yield Static(Text(self.explained), classes="label")
        yield Choices()
        yield Static(id="told")

    @property
    def explained(self) -> str:
        """What to do here: a step says it."""
        return ""

    @property
    def chosen(self) -> str | None:
        """Where the highlighted device is."""
        index = self.query_one(Choices).highlighted
        return None if index is None else [*self.rows][index]

    def add(self, found: FoundPrinter | FoundPort) -> None:
        """One more device."""
        where = found.connection if isinstance(found, FoundPrinter) else found.port
        self.draft.found[where] = found.name
        self.rows.setdefault(where, {self.place: where})

    def redraw(self) -> None:
        """List them all, the same one highlighted."""
        choices = self.query_one(Choices)
        at = choices.highlighted
        choices.clear_options()
        for number, (where, row) in enumerate(self.rows.items(), 1):
            tick = "x" if where in self.ticked else " "
            name = self.draft.found.get(where, "")
            choices.add_option(Option(Text(plain(f"{number} [{tick}] {name}  {where}  {self.said_of(where, row)}"))))
        if self.rows:
            choices.highlighted = min(at or 0, len(self.rows) - 1)

    def said_of(self, where: str, row: Row) -> str:  # noqa: ARG002 - for those who override it
        """What a device is for: a step says it."""
        return ""

    @on(Choices.Ticked)
    def _tick(self, event: Choices.Ticked) -> None:
        where = [*self.rows][event.index]
        (self.ticked.remove if where in self.ticked else self.ticked.append)(where)
        self.redraw()

    async def take(self) -> str:
        """Those that are ticked."""
        beside = [row for where in self.ticked for row in self.beside.get(where, ())]
        self.draft.tree[self.section] = named([*self.answers(), *beside])
        return "\n".join(self.draft.mistakes(self.section))

    def answers(self) -> list[Row]:
        """The rows of those that are ticked, with what a step makes of them."""
        return [self.rows[where] for where in self.ticked]


def named(rows: list[Row]) -> list[Row]:
    """Rows whose ids are all different."""
    taken: set[str] = set()
    for row in rows:
        number, name = 2, str(row["id"])
        while row["id"] in taken:
            row["id"], number = f"{name}-{number}", number + 1
        taken.add(row["id"])
    return rows
