"""The help overlay: the keys, and what colours and words mean."""

from collections.abc import Iterator

from rich.text import Text
from textual import events
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from display.age import Age
from display.face import BANDS
from display.keys import KEYS
from display.manner import Manner
from display.palette import BLACK, CYAN, MAGENTA, SURFACE, WHITE, YELLOW


class Help(ModalScreen[None]):
    """Stands over the board until a key is pressed; the board goes on beneath."""

    DEFAULT_CSS = f"""
    Help {{ align: center middle; background: {BLACK} 60%; }}
    Help > Static {{ width: auto; max-width: 100%; height: auto; padding: 1 3; background: {SURFACE}; color: {WHITE}; }}
    """

    def __init__(self, manner: Manner) -> None:
        super().__init__()
        self._manner = manner

    def compose(self) -> Iterator[Widget]:
        """One text."""
        yield Static(self._text())

    def on_key(self, event: events.Key) -> None:
        """Any key closes it, and does nothing else."""
        event.stop()
        event.prevent_default()
        self.dismiss()

    def _text(self) -> Text:
        say, ink = self._manner.say, self._manner.ink
        strong = ink(WHITE, bold=True)
        lines = [(" 1 2 3 .. ", say("number on a card: do what its last line says"), strong)]
        lines += [(f" {key.label} ", say(key.words), strong) for key in KEYS if key.label]
        lines.append(("", "", strong))
        meanings = {
            Age.ON_TIME: say("nothing is urgent"),
            Age.SOON: say("the due time, or the stage's longest time, is near"),
            Age.LATE: say("past the due time, or longer at its stage than it may be"),
            Age.EARLY: say("not long enough at its stage yet: leave it"),
        }
        lines += [(f" {say(age.value)} ", words, ink(*BANDS[age], bold=True)) for age, words in meanings.items()]
        lines += [
            (f" {say('NEW')} {say('CHANGED')} ", say("nobody has acknowledged it yet"), ink(BLACK, CYAN, bold=True)),
            (f" {say('ALLERGENS')} ", say("of all items on the card"), ink(BLACK, MAGENTA, bold=True)),
            (" ! ", say("has allergens, and no room to name them"), ink(BLACK, MAGENTA, bold=True)),
            (f" {say('FIRST')} ", say("before all others"), ink(BLACK, YELLOW, bold=True)),
            (" +3 ", say("so many lines have no room here: read them on the ticket"), ink(BLACK, WHITE)),
        ]
        column = max(Text(label).cell_len for label, _, _ in lines) + 2
        text = Text()
        for label, words, style in lines:
            text.append(label, style).append(" " * (column - Text(label).cell_len)).append(words + "\n")
        return text
