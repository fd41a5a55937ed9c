"""Asking: small screens over the board that put one question; Escape leaves them."""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.strip import Strip

from display.cells import Painted, Piece, row, shown, wrap
from display.manner import Manner
from display.overlay import Overlay
from display.palette import BLACK, CYAN, FAINT, SHADE, SURFACE, WHITE, YELLOW, ink

A = TypeVar("A")

WIDEST = 76
ON_A_PAGE = 9  # options that have a digit
LONGEST = 200  # characters of a typed reason
TAPS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "0", ":", "-", "+", " ", "<")


class Row(NamedTuple):
    """A row of a question; a tap on one of its keys is that key."""

    pieces: tuple[Piece, ...]
    keys: tuple[str, ...] = ()  # one: the whole row; several: four cells each, after the first


class Sheet(Painted):
    """The rows of a question."""

    DEFAULT_CSS = "Sheet { width: 1fr; height: 1; }"

    class Tapped(Message):
        """A finger chose a key."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []

    def show(self, rows: list[Row]) -> None:
        """Show these rows from now on."""
        self._rows = rows
        self.styles.height = len(rows)
        self.redraw()

    def draw(self, width: int, height: int) -> tuple[Strip, ...]:
        """The rows, on the ground of what stands over the board."""
        rows = [row(width, ink(WHITE, SURFACE), *one.pieces) for one in self._rows[:height]]
        return (*rows, *[row(width, ink(WHITE, SURFACE))] * (height - len(rows)))

    def on_click(self, event: events.Click) -> None:
        """A finger chooses."""
        keys = self._rows[event.y].keys if event.y < len(self._rows) else ()
        at = (event.x - 1) // 4 if keys[1:] else 0
        if 0 <= at < len(keys):
            self.post_message(self.Tapped(keys[at]))


class Question(Overlay[A], Generic[A]):
    """One question; answered with what was meant, or with nothing where somebody left it."""

    DEFAULT_CSS = f"""
    Question {{ align: center middle; background: {BLACK} 60%; }}
    """

    def __init__(self, manner: Manner, title: str) -> None:
        super().__init__()
        self.manner = manner
        self.title_text = title
        self.typed = ""
        self._sheet = Sheet()

    def compose(self) -> ComposeResult:
        """One sheet."""
        yield self._sheet

    def on_mount(self) -> None:
        """Show the question."""
        self.lay()

    def on_resize(self) -> None:
        """Another size, other rows."""
        self.lay()

    def on_key(self, event: events.Key) -> None:
        """Whatever is pressed is meant for the question."""
        event.stop()
        event.prevent_default()
        self.take(event.key, event.character if event.is_printable else None)

    def on_paste(self, event: events.Paste) -> None:
        """Text from elsewhere is typed."""
        event.stop()
        for character in shown(event.text, LONGEST):
            self.take(character, character)

    def on_sheet_tapped(self, event: Sheet.Tapped) -> None:
        """A finger on a row is its key."""
        named = event.key in {"escape", "enter", "pagedown"}
        key = "backspace" if event.key == "<" else event.key
        self.take(key, None if named or key == "backspace" else key)

    def take(self, key: str, character: str | None) -> None:
        """A key was pressed."""
        if self.left:
            return
        if key == "escape":
            self.leave()
        elif key == "backspace":
            self.typed = self.typed[:-1]
        elif not self.chooses(key, character) and character and len(self.typed) < LONGEST:
            self.typed += character
        if not self.left:
            self.lay()

    def chooses(self, key: str, character: str | None) -> bool:  # noqa: ARG002 - for those who override it
        """Whether a key is more than a character of what is typed."""
        return False

    def body(self, width: int) -> list[Row]:  # noqa: ARG002 - for those who override it
        """What stands between the title and the last line."""
        return []

    def lay(self) -> None:
        """Put the rows up."""
        width = min(WIDEST, self.app.size.width)
        head = ink(WHITE, SHADE, bold=True)
        title = [Row(((f" {line}".ljust(1), head), (" " * width, head))) for line in wrap(self.title_text, width - 2)]
        leave = Row(((f" Esc {self.manner.say('leave it')}", ink(FAINT, SURFACE)),), ("escape",))
        self._sheet.styles.width = width
        self._sheet.show([*title, *self.body(width), leave])

    def typing(self, hint: str = "") -> Row:
        """What has been typed so far."""
        said = (f" > {self.typed}_", ink(CYAN, SURFACE, bold=True))
        return Row((said, (f"  {hint}", ink(FAINT, SURFACE)) if hint and not self.typed else ("", ink())))


class Choice(Question[int]):
    """One of several: a digit chooses; letters leave only those that contain them."""

    def __init__(self, manner: Manner, title: str, options: Sequence[str]) -> None:
        super().__init__(manner, title)
        self._options = options
        self._page = 0

    def _left(self) -> list[int]:
        typed = self.typed.casefold().strip()
        return [at for at, option in enumerate(self._options) if typed in option.casefold()]

    def chooses(self, key: str, character: str | None) -> bool:
        """A digit chooses, Enter chooses what alone is left, and pages turn."""
        left = self._left()
        pages = max(1, -(-len(left) // ON_A_PAGE))
        if key in {"pagedown", "right"}:
            self._page = (self._page + 1) % pages
        elif key in {"pageup", "left"}:
            self._page = (self._page - 1) % pages
        elif key == "enter":
            if len(left) == 1:
                self.leave(left[0])
        elif character and character.isdecimal():
            at = self._page * ON_A_PAGE + int(character) - 1
            if character != "0" and at < len(left):
                self.leave(left[at])
        else:
            self._page = 0
            return len(self._options) <= ON_A_PAGE
        return True

    def body(self, width: int) -> list[Row]:
        """The options of the page, with their digits."""
        del width
        say, left = self.manner.say, self._left()
        page = left[self._page * ON_A_PAGE : (self._page + 1) * ON_A_PAGE]
        rows = [_option(number, self._options[at]) for number, at in enumerate(page, 1)]
        if len(self._options) > ON_A_PAGE:
            rows.append(self.typing(say("letters narrow it down")))
        if len(left) > ON_A_PAGE:
            pages = say("page {page}/{pages}").format(page=self._page + 1, pages=-(-len(left) // ON_A_PAGE))
            rows.append(Row(((f" PgDn {pages}", ink(FAINT, SURFACE)),), ("pagedown",)))
        return rows


class Reason(Question[str]):
    """Why: a common reason by its digit, or another that is typed."""

    def __init__(self, manner: Manner, title: str, common: Sequence[str]) -> None:
        super().__init__(manner, title)
        self._common = common

    def chooses(self, key: str, character: str | None) -> bool:
        """A digit chooses as long as nothing is typed; Enter says what is."""
        if key == "enter":
            said = shown(self.typed).strip()
            if said:
                self.leave(said)
            return True
        if not self.typed and character and character.isdecimal():
            if 0 < int(character) <= len(self._common):
                self.leave(self._common[int(character) - 1])
            return True
        return False

    def body(self, width: int) -> list[Row]:
        """The common reasons, and what is typed."""
        del width
        rows = [_option(number, reason) for number, reason in enumerate(self._common, 1)]
        return [*rows, self.typing(self.manner.say("or type another, then Enter"))]


class Entered(Question[A]):
    """Something typed that means something: what it means is shown before Enter says it."""

    def __init__(
        self,
        manner: Manner,
        title: str,
        read: Callable[[str], A | None],
        says: Callable[[A], str],
        hint: str = "",
    ) -> None:
        super().__init__(manner, title)
        self._read, self._says, self._hint = read, says, hint

    def chooses(self, key: str, character: str | None) -> bool:
        """Enter says what is typed, if it means something."""
        del character
        if key != "enter":
            return False
        meant = self._read(self.typed.strip())
        if meant is not None:
            self.leave(meant)
        return True

    def body(self, width: int) -> list[Row]:
        """What is typed, what it means, and keys for fingers."""
        del width
        meant = self._read(self.typed.strip())
        said, color = (
            (f"Enter: {self._says(meant)}", WHITE) if meant is not None else (self.manner.say("what?"), YELLOW)
        )
        if meant is None and not self.typed:
            said = ""
        taps = tuple((f" {key if key != ' ' else '_'}  ", ink(WHITE, SHADE)) for key in TAPS)
        return [
            self.typing(self._hint),
            Row(((f" {said}", ink(color, SURFACE, bold=True)),), ("enter",)),
            Row(((" ", ink(WHITE, SURFACE)), *taps), TAPS),
        ]


def _option(number: int, text: str) -> Row:
    digit = (f" {number} ", ink(BLACK, WHITE, bold=True))
    return Row(((" ", ink(WHITE, SURFACE)), digit, (f" {text}", ink(WHITE, SURFACE))), (str(number),))
