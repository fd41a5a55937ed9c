"""The keys: one list of them for the bindings and for the help, and how digits become a slot's number."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """Keys that do the same, the action they are bound to, and what it is called (CONTRACT.md's names)."""

    keys: str
    action: str
    label: str
    words: str


# The words are message ids of the catalogue.
KEYS = (
    *(Key(str(digit), f"digit('{digit}')", "", "") for digit in range(10)),
    Key("r", "recall", "r", "recall: then a number, or r again for the station's last press"),
    Key("a", "acknowledge", "a", "acknowledge: the oldest card with a mark"),
    Key("p", "reprint", "p", "reprint: the station's latest ticket"),
    Key("left,pageup", "page('previous')", "PgUp", "page previous"),
    Key("right,pagedown", "page('next')", "PgDn", "page next"),
    Key("tab,s", "station", "Tab", "station: which one the digits go to"),
    Key("enter", "enter", "Enter", "the number as typed, at once"),
    Key("escape", "leave", "Esc", "take back what is typed"),
    Key("question_mark,f1", "help", "?", "help"),
    Key("q,ctrl+c", "quit", "q", "quit"),
)


@dataclass
class Typing:
    """Digits on their way to a number: one digit counts at once unless a second could follow."""

    typed: str = ""

    def digit(self, digit: str, highest: int) -> int | None:
        """The number, or none while a second digit could still make a number of the page."""
        self.typed += digit
        if len(self.typed) < len(str(highest)) and int(self.typed) * 10 <= highest:
            return None
        return self.settle()

    def settle(self) -> int | None:
        """The number as typed so far, none where nothing is; typing starts anew."""
        typed, self.typed = self.typed, ""
        return int(typed) if typed else None
