"""Which key does something at a station: on its keypad as store.toml has it, and on the keyboard of a screen."""

from collections.abc import Sequence
from dataclasses import dataclass

from devices.keys import parse_action
from devices.settings import KeypadSettings
from display.keypad_picture import key_name
from display.keys import KEYS
from display.verbs import DEED
from edge.info import Keypad
from edge.intents import Acknowledge, Bump, FromKeypad, Recall, Reprint, TurnPage
from edge.orders import StationId


@dataclass(frozen=True)
class Touch:
    """What to press: the key of the keypad, empty where it has none for that, and those of the keyboard."""

    keypad: str
    keyboard: str

    @property
    def key(self) -> str:
        """The one to be shown first."""
        return self.keypad or self.keyboard


@dataclass(frozen=True)
class Keys:
    """The keys of one station."""

    station: StationId
    keypad: KeypadSettings | None = None

    @property
    def picture(self) -> Keypad | None:
        """The keypad as it can be drawn."""
        return None if self.keypad is None else Keypad(self.keypad.id, self.station, self.keypad.keys)

    def bump(self, number: int) -> Touch:
        """The next step of the card under a number of the page."""
        return Touch(self._named(Bump(station=self.station, position=number)), str(number))

    def recall(self) -> Touch:
        """The station's last press is taken back."""
        key = DEED["recall"].key
        return Touch(self._named(Recall(station=self.station)), f"{key} {key}")

    def acknowledge(self, number: int) -> Touch:
        """The oldest mark, or that of the card under a number, has been seen."""
        wanted = Acknowledge(station=self.station), Acknowledge(station=self.station, position=number)
        return Touch(self._named(*wanted), DEED["acknowledge"].key)

    def reprint(self) -> Touch:
        """The latest ticket once more."""
        return Touch(self._named(Reprint(station=self.station)), DEED["reprint"].key)

    def turn(self, page: int) -> Touch:
        """Another page; best of all that one."""
        wanted = TurnPage(self.station, page), TurnPage(self.station, "next"), TurnPage(self.station, "previous")
        return Touch(self._named(*wanted), _of_screen("page('next')"))

    def counter(self) -> Touch:
        """The view of what is ready, which only a screen has."""
        return Touch("", _of_screen("look_at('counter')"))

    def board(self) -> Touch:
        """The view of the stations."""
        return Touch("", _of_screen("look_at('board')"))

    def _named(self, *wanted: FromKeypad) -> str:
        """What stands on the first key that asks for one of these."""
        if self.keypad is None:
            return ""
        asked = {key: parse_action(action, self.station) for key, action in self.keypad.keys.items()}
        return next((key_name(key) for one in wanted for key, does in asked.items() if does == one), "")


def keys_of(station: StationId, keypads: Sequence[KeypadSettings]) -> Keys:
    """The keys of a station, by its first keypad."""
    return Keys(station, next((keypad for keypad in keypads if keypad.station == station), None))


def _of_screen(action: str) -> str:
    return next(key.label for key in KEYS if key.action == action)
