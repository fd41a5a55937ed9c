"""The steps of the wizard that look for printers and keypads: found ones are tried, ticked and given their work."""

import asyncio
from contextlib import aclosing
from typing import Any, ClassVar

from msgspec import ValidationError, convert
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widgets import Input, Static
from textual.widgets.option_list import Option

from config.setup.answers import PAD_KEYS
from config.setup.step import Choices, Draft, Step
from devices.discovery import (
    FoundPort,
    FoundPrinter,
    NoNetworkSearch,
    keyboards,
    network_printers,
    serial_ports,
    usb_printers,
)
from devices.learning import spoken
from devices.port import why
from devices.settings import PrinterSettings, parse_connection
from devices.trial import print_trial
from edge.text import plain

Row = dict[str, Any]  # of `[[printers]]` or `[[keypads]]`
ROLES: tuple[Row, ...] = ({"id": "kitchen"}, {"id": "counter", "print_on": "ready"})  # in the order of ticking
SETTLED = 0.4  # seconds of silence after which a key was let go
SILENCE = 30.0  # seconds without a key that end a lesson: the keyboard that is learnt may be the only one
LESSON = tuple(PAD_KEYS.values())  # what the keys of a keypad are for, in the order they are asked


class DeviceStep(Step):
    """Found devices, some of them ticked."""

    section: ClassVar[str]
    place: ClassVar[str]  # the field that says where it is

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft)
        there = [dict(row) for row in draft.tree.get(self.section, ())]
        self.rows: dict[str, Row] = {str(row[self.place]): row for row in there if self.place in row}
        self.ticked: list[str] = [*self.rows]

    def compose(self) -> ComposeResult:
        """The list, and what was found out."""
        yield Static(Text(self.explained), classes="label")
        yield Choices()
        yield Static(id="told")

    @property
    def explained(self) -> str:
        """What to do here."""
        raise NotImplementedError

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

    def said_of(self, where: str, row: Row) -> str:
        """What a device is for."""
        raise NotImplementedError

    @on(Choices.Ticked)
    def _tick(self, event: Choices.Ticked) -> None:
        where = [*self.rows][event.index]
        (self.ticked.remove if where in self.ticked else self.ticked.append)(where)
        self.redraw()

    async def take(self) -> str:
        """Those that are ticked."""
        self.draft.tree[self.section] = self.answers()
        return "\n".join(self.draft.mistakes(self.section))

    def answers(self) -> list[Row]:
        """The rows of those that are ticked."""
        raise NotImplementedError


def named(rows: list[Row]) -> list[Row]:
    """Rows whose ids are all different."""
    taken: set[str] = set()
    for row in rows:
        number, name = 2, str(row["id"])
        while row["id"] in taken:
            row["id"], number = f"{name}-{number}", number + 1
        taken.add(row["id"])
    return rows


class PrinterStep(DeviceStep):
    """Which printers there are, and which of them is which."""

    title = "Printers"
    section, place = "printers", "connection"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "try", show=False),
        Binding("e", "encoding", show=False),
        Binding("w", "width", show=False),
    ]

    @property
    def explained(self) -> str:
        """What to do here."""
        return self.say(
            "T prints a page with its number on each. Space ticks: the first prints for the kitchen, the second the "
            "whole order when it is ready. E: line 1 of its page does not read like line 2. W: narrow paper."
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
        """Its role and its look."""
        role = self._role(where)["id"] if where in self.ticked else ""
        drawn = self.say("drawn") if row.get("encoding") == "raster" else ""
        return f"{role} {drawn} {row.get('columns', 48)}"

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
        return named([dict(self._role(where)) for where in self.ticked])


class KeypadStep(DeviceStep):
    """Which keypads there are, where they are used, and what their keys send."""

    title = "Keypads"
    section, place = "keypads", "port"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "station", show=False),
        Binding("l", "learn", show=False),
        Binding("n", "pass", show=False),
    ]
    lesson: int | None = None  # which key is asked for
    _settling: Timer | None = None  # until a key was let go

    @property
    def explained(self) -> str:
        """What to do here."""
        return self.say(
            "Space ticks a keypad. S: its station. L learns its keys: press on the keypad what is asked for, "
            "N leaves one out, Enter ends. Without that its keys are 1 to 9, R, N, A, P."
        )

    def on_mount(self) -> None:
        """Ports are only looked at; one is opened when somebody lets it be learnt."""
        for found in (*serial_ports(self.draft.dev), *keyboards(self.draft.dev)):
            self.add(found)
        self.redraw()
        self.query_one(Choices).focus()
        if not self.rows:
            self.tell(self.say("No keypad is plugged in."))

    def said_of(self, where: str, row: Row) -> str:
        """Its station and how many keys it has."""
        station = row.get("station", self.draft.stations[0])
        keys = self.say("{count} keys").format(count=len(row["keys"])) if row.get("keys") else ""
        return f"{self.say(station)} {keys}" if where in self.ticked else ""

    def action_station(self) -> None:
        """It is used at the next station."""
        if self.chosen is not None:
            stations, row = self.draft.stations, self.rows[self.chosen]
            at = stations.index(row["station"]) if row.get("station") in stations else 0
            row["station"] = stations[(at + 1) % len(stations)]
            self.redraw()

    def action_learn(self) -> None:
        """Learn its keys by pressing them."""
        if self.chosen is not None and self.lesson is None:
            self._learn(self.chosen)

    def action_pass(self) -> None:
        """The keypad has no key for this."""
        if self.lesson is not None and self.lesson < len(LESSON):
            self._next_key()

    async def take(self) -> str:
        """Enter ends the lesson first."""
        if self.lesson is not None:
            self.workers.cancel_node(self)
            return self.say("Its keys are learnt.")
        return await super().take()

    @work(exclusive=True)
    async def _learn(self, where: str) -> None:
        row, clock = self.rows[where], asyncio.get_running_loop().time
        keys: dict[str, str] = {}
        let_go: set[str] = set()
        try:
            async with (
                aclosing(spoken(where, row.get("baud", 9600), opened=self._next_key)) as heard,
                asyncio.timeout(SILENCE) as patience,
            ):
                async for key, framing in heard:
                    patience.reschedule(clock() + SILENCE)
                    if self.lesson is None or self.lesson >= len(LESSON):
                        break
                    if self._settling is not None:
                        let_go.add(key)
                        self._settling.reset()
                    elif key in keys:
                        self._ask(self.say("{key} is {action} already").format(key=key, action=keys[key]))
                    else:
                        keys[key], row["framing"] = LESSON[self.lesson], framing
                        self.tell(f"{key} = {keys[key]}")
                        self._settling = self.set_timer(SETTLED, self._next_key)
        except TimeoutError:
            self.tell(self.say("Nothing was pressed for a while: the lesson is over."))
        except OSError as error:
            self.tell(why(error, where, self.say))
        finally:
            self.lesson = None
            if self._settling is not None:
                self._settling.stop()
                self._settling = None
            if keys:
                row["keys"], row["ignore"] = keys, sorted(let_go - keys.keys())
                self.ticked += [where] if where not in self.ticked else []
                if self.is_attached:
                    self.redraw()

    def _next_key(self) -> None:
        """Ask for the first one, or the next one once a key was let go: some keypads say that too."""
        self._settling = None
        self.lesson = 0 if self.lesson is None else self.lesson + 1
        self._ask()

    def _ask(self, said: str = "") -> None:
        if self.lesson is not None and self.lesson == len(LESSON):
            self.tell(self.say("Its keys are learnt: Enter ends."))
        elif self.lesson is not None:
            self.tell(said, self.say("Press the key for: {action}").format(action=LESSON[self.lesson]))

    def answers(self) -> list[Row]:
        """Those that are ticked, at their stations."""
        rows = []
        for where in self.ticked:
            row = {name: value for name, value in self.rows[where].items() if value != []}
            row.setdefault("station", self.draft.stations[0])
            rows.append({"id": f"{row['station']}-pad", **row})
        return named(rows)
