"""The step of the wizard that looks for keypads, learns their keys by pressing, and gives them their stations."""

import asyncio
from contextlib import aclosing
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.timer import Timer

from config.setup.answers import PAD_KEYS
from config.setup.device_step import DeviceStep, Row
from config.setup.step import Choices
from devices.discovery import keyboards, serial_ports
from devices.learning import spoken
from devices.port import why

SETTLED = 0.4  # seconds of silence after which a key was let go
SILENCE = 30.0  # seconds without a key that end a lesson: the keyboard that is learnt may be the only one
LESSON = tuple(PAD_KEYS.values())  # what the keys of a keypad are for, in the order they are asked


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

    @on(Choices.OptionSelected)
    def _end_lesson(self, event: Choices.OptionSelected) -> None:
        """Enter ends the lesson first."""
        if self.lesson is not None:
            event.stop()
            event.prevent_default()
            self.workers.cancel_node(self)

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
                    row["framing"] = framing
                    self._hear(key, keys, let_go)
        except TimeoutError:
            self.tell(self.say("Nothing was pressed for a while: the lesson is over."))
        except OSError as error:
            self.tell(why(error, where, self.say))
        except asyncio.CancelledError:
            if self.is_attached:
                self.tell(*[self.say("Its keys are learnt.")] * bool(keys))
            raise
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

    def _hear(self, key: str, keys: dict[str, str], let_go: set[str]) -> None:
        if self._settling is not None:
            let_go.add(key)
            self._settling.reset()
        elif key in keys:
            self._ask(self.say("{key} is {action} already").format(key=key, action=keys[key]))
        elif self.lesson is not None:
            keys[key] = LESSON[self.lesson]
            self.tell(f"{key} = {keys[key]}")
            self._settling = self.set_timer(SETTLED, self._next_key)

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
        return rows
