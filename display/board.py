"""The board view: one station or several side by side, as many as can be read."""

from typing import Literal

from textual import events
from textual.geometry import Size
from textual.strip import Strip

from display.cells import row, shown_id
from display.palette import ink
from display.station import StationBoard, reads_well
from display.view import Scene, Target, Verb, View
from edge.intents import TurnPage
from edge.orders import StationId
from edge.views import StationView


class StationsView(View):
    """The stations' numbers are those of the chosen one, which are also its keypads'."""

    DEFAULT_CSS = """
    StationsView { layout: horizontal; }
    StationsView > StationBoard { margin-right: 1; }
    StationsView > StationBoard.last { margin-right: 0; }
    """
    verb = "bump"
    verbs = (
        "recall", "acknowledge", "reprint", "units", "hold", "prioritise", "reschedule", "refuse", "remake", "look",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._scene: Scene | None = None
        self._boards: list[StationBoard] = []
        self._chosen = 0
        self._seen = Size(0, 0)  # its size when it was last seen

    @property
    def station(self) -> StationId | None:
        """The station that the digits go to."""
        return self._boards[self._chosen].station if self._boards else None

    @property
    def several(self) -> bool:
        """Whether there is a station to choose."""
        return len(self._boards) > 1

    @property
    def highest(self) -> int:
        """The highest number of the page, taken or free."""
        return self._boards[self._chosen].slots if self._boards else 0

    def show(self, scene: Scene) -> None:
        """Show the stations as they are now."""
        self._scene = scene
        known = {view.id: view for view in scene.board.stations}
        views = [known.get(station, _unknown(station)) for station in scene.stations or known]
        self._arrange(views)
        together = self._together()
        apart = [index for index in range(len(views)) if index not in together]
        late = sum(self._boards[index].late(views[index], scene.now) for index in apart)
        warning = scene.manner.say("{count} late at other stations").format(count=late) if late else ""
        for index, (board, view) in enumerate(zip(self._boards, views, strict=True)):
            board.display = index in together
            board.set_class(index == together[-1], "last")
            why = scene.trouble or ("" if view.id in known else scene.manner.say("the hub has no such station"))
            chosen = index == self._chosen
            board.show(view, scene, why, self._keys(together) if chosen else "", warning if chosen else "")

    def on_resize(self, _: events.Resize) -> None:
        """Another size may have room for other stations."""
        if self._scene is not None and self.size != self._seen:
            self.show(self._scene)

    def _together(self) -> range:
        """The stations that stand side by side: as many as have room for all their cards, the chosen one among them."""
        self._seen = self.size or self._seen
        count = len(self._boards)
        if not self._seen or not count:
            return range(count)
        slots = max(board.slots for board in self._boards)
        width, height = self._seen
        fitting = (many for many in range(count, 1, -1) if reads_well((width - many + 1) // many, height, slots))
        many = next(fitting, 1)
        first = min(self._chosen // many * many, count - many)
        return range(first, first + many)

    def _keys(self, together: range) -> str:
        """That the digits go to the chosen station, and where the others are."""
        if not self.several or self._scene is None:
            return ""
        say, count = self._scene.manner.say, len(self._boards)
        if len(together) == count:
            return say("keys")
        if together[1:]:
            return f"{say('keys')} {self._chosen + 1}/{count}"
        return say("{number} of {count} stations, Tab").format(number=self._chosen + 1, count=count)

    def targets(self) -> dict[int, Target]:
        """The cards on the page of the chosen station."""
        if not self._boards:
            return {}
        board = self._boards[self._chosen]
        return {
            number: Target(shown_id(card), card.order, board.station, card.slot, card)
            for number in range(1, board.slots + 1)
            if (card := board.card(number)) is not None
        }

    def target(self, number: int, verb: Verb) -> Target | None:
        """A number whose card has left still stands for the last press there, to be taken back."""
        target = super().target(number, verb)
        if target is not None or verb != "recall" or not 0 < number <= self.highest:
            return target
        board = self._boards[self._chosen]
        slot = board.slot(number)
        pressed = board.pressed(slot)
        name, order = (shown_id(pressed), pressed.order) if pressed else ("", None)
        return Target(name, order, board.station, slot)

    def turn(self, to: Literal["next", "previous"]) -> TurnPage | None:
        """The page is the station's, on every screen and for its keypads."""
        return TurnPage(self.station, to) if self.station else None

    def next_station(self) -> None:
        """The digits go to the next station."""
        self._choose((self._chosen + 1) % max(1, len(self._boards)))

    def on_station_board_tapped(self, event: StationBoard.Tapped) -> None:
        """A finger on a card chooses its station too."""
        self._choose(next(at for at, board in enumerate(self._boards) if board.station == event.station))
        self.post_message(self.Tapped(event.number))

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """Nothing but what stands between the stations."""
        return (row(width, ink()),) * height

    def _choose(self, index: int) -> None:
        self._chosen = index
        if self._scene is not None:
            self.show(self._scene)

    def _arrange(self, views: list[StationView]) -> None:
        """Put up the boards once; again only where the hub came back with other stations."""
        if [(board.station, board.slots) for board in self._boards] == [(view.id, view.slots) for view in views]:
            return
        self._boards = [StationBoard(view.id, view.slots) for view in views]
        self._chosen = 0
        self.remove_children()
        self.mount(*self._boards)
        self.call_after_refresh(self._again)

    def _again(self) -> None:
        if self._scene is not None:
            self.show(self._scene)


def _unknown(station: StationId) -> StationView:
    return StationView(id=station, name=station, page=1, slots=1)
