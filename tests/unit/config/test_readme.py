"""What the README shows of the program is what the program says, in both languages."""

import re
from pathlib import Path

import pytest

from config.command import app
from tests.tools.pictures import READMES, with_help

TEXTS = {readme.name: readme.read_text(encoding="utf-8") for readme in READMES}
readmes = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
LINK = re.compile(r"(?:\]\(|src=\")([^)\":]+)[)\"]")
CODE = re.compile(r"^    ([^#\n]*?)(?:  +#.*)?$", re.MULTILINE)


@readmes
def test_the_help_in_the_readme_is_that_of_this_version(text: str) -> None:
    assert with_help(text) == text


@readmes
def test_every_command_is_in_the_readme(text: str) -> None:
    for command in app.registered_commands:
        assert command.callback is not None
        assert f"ovenbell {command.callback.__name__}" in text


@readmes
def test_whatever_the_readme_points_to_is_there(text: str) -> None:
    targets = LINK.findall(text)
    assert {"display/pictures/board.svg", "display/pictures/pickup.png", "devices/pictures/ticket.png"} <= set(targets)
    assert [target for target in targets if not Path(READMES[0].parent, target).exists()] == []


def test_both_readmes_have_the_same_sections_commands_tables_and_pictures() -> None:
    def shape(text: str) -> tuple[object, ...]:
        before, _, _ = text.partition("<!-- help")
        headings = re.findall(r"^(#+) ", text, re.MULTILINE)
        links = [link for link in LINK.findall(before) if not link.startswith("README")]
        rows = len(re.findall(r"^\|", before, re.MULTILINE))
        steps = len(re.findall(r"^\d+\. ", before, re.MULTILINE))
        return headings, CODE.findall(before), links, rows, steps

    english, chinese = TEXTS.values()
    assert shape(english) == shape(chinese)
