"""What stands over a view: a screen that is left once, whatever is pressed before it is gone."""

from typing import Generic, TypeVar

from textual.screen import ModalScreen

A = TypeVar("A")


class Overlay(ModalScreen[A | None], Generic[A]):
    """Ends with an answer, or with nothing where somebody left it; `dismiss` is for `leave` alone."""

    _end: tuple[A | None] | None = None

    @property
    def left(self) -> bool:
        """Whether it has its answer: keys that still come are for nobody."""
        return self._end is not None

    def leave(self, answer: A | None = None) -> None:
        """End with this, unless it has ended."""
        if self._end is None:
            self._end = (answer,)
            self.on_screen_resume()

    def on_screen_resume(self) -> None:
        """It goes when nothing stands over it: Textual takes away the topmost screen, whichever asks."""
        if self._end is not None and self.is_active:
            self.dismiss(*self._end)
