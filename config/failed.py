"""How a command fails: one line for the person who called it."""


class Failed(Exception):
    """The command failed; one line says what, and how to mend it."""
