"""The views and forms of a display, in one list each: to add one is one line."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Shown:
    """A view or a form: its name, the keys that show it, its message id for the help, and the class that it is."""

    name: str
    keys: str
    label: str
    words: str
    place: str  # "module:class", loaded when it is first shown

    def load(self) -> Any:
        """The class."""
        module, _, name = self.place.partition(":")
        return getattr(import_module(module), name)


# Each class is a `display.view.View`, made without arguments.
VIEWS = (
    Shown("board", "f2,b", "F2", "board: the stations side by side", "display.board:StationsView"),
    Shown("expo", "f3,e", "F3", "expo: whole orders, and what each still waits for", "display.expo:Expo"),
    Shown("counter", "f4,k", "F4", "counter: what is ready; / finds an order", "display.counter:Counter"),
    Shown("timeline", "f5,g", "F5", "timeline: what is due and released when", "display.timeline:Timeline"),
    Shown("day", "f6,d", "F6", "all-day: what must be made, summed up", "display.day:AllDay"),
    Shown("trouble", "f7,exclamation_mark", "F7", "trouble: what is wrong, and what to do", "display.trouble:Trouble"),
)

# Each class is a `display.overlay.Overlay[str]`, made with the feed and the manner; what it is left with is said.
FORMS = (Shown("order", "f8,n", "F8", "order entry: who phones, walks in or writes", "display.entry:OrderEntry"),)

NAMES = tuple(view.name for view in VIEWS)
