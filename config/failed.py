"""How a command fails: one line for the person who called it."""

from collections.abc import Iterator
from contextlib import contextmanager


class Failed(Exception):
    """The command failed; one line says what, and how to mend it."""


@contextmanager
def extra(name: str) -> Iterator[None]:
    """An import of what is there only where it was asked for."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise Failed(f"a part more is needed, {error.name}: pip install 'ovenbell[{name}]'") from error
