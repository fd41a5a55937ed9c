"""What the README shows of the program is what the program says."""

from config.command import app
from tests.tools.pictures import README, with_help

TEXT = README.read_text(encoding="utf-8")


def test_the_help_in_the_readme_is_that_of_this_version() -> None:
    assert with_help(TEXT) == TEXT


def test_every_command_is_in_the_readme() -> None:
    for command in app.registered_commands:
        assert command.callback is not None
        assert f"ovenbell {command.callback.__name__}" in TEXT


def test_every_picture_in_the_readme_is_there() -> None:
    for picture in ("display/pictures/board.svg", "devices/pictures/ticket.png"):
        assert picture in TEXT
        assert (README.parent / picture).stat().st_size > 1_000
