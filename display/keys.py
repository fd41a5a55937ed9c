"""The keys: one list of them for the bindings and for the help, and how digits become a slot's number."""

from dataclasses import dataclass

from display.verbs import AT_ONCE, DEEDS
from display.views import FORMS, VIEWS


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
    *(Key(deed.key, f"verb('{deed.verb}')", deed.key, deed.words) for deed in DEEDS if deed.key),
    *(Key(deed.key.upper(), f"choose('{deed.verb}')", "", "") for deed in DEEDS if deed.verb in AT_ONCE),
    *(Key(view.keys, f"look_at('{view.name}')", view.label, view.words) for view in VIEWS),
    *(Key(form.keys, f"fill_in('{form.name}')", form.label, form.words) for form in FORMS),
    Key("z", "pause", "z", "pause the store, or take orders again"),
    Key("o", "stock", "o", "sold out: a product, or one that is there again"),
    Key("full_stop", "silence", ".", "silent: late, printer and cloud, until something new arises"),
    Key("left,pageup", "page('previous')", "PgUp", "page previous"),
    Key("right,pagedown", "page('next')", "PgDn", "page next"),
    Key("tab", "station", "Tab", "station: which one the digits go to"),
    Key("s", "station", "", ""),
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
