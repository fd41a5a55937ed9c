"""Every word people read exists in Chinese, and the compiled catalogue says what its source says."""

import ast
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from edge.changes import FIELDS, label
from edge.slips import ON_PAPER
from edge.words import LOCALES

ROOMS = ("edge", "display", "devices", "cloud_bridge", "config")
HOUSE = Path(__file__).parents[3]
SOURCE = LOCALES / "zh" / "LC_MESSAGES" / "ovenbell.po"
CATALOGUE = read_po(BytesIO(SOURCE.read_bytes()))


def said_literally() -> set[str]:
    """The texts that the code hands to `say` as they stand, and those of refusals, which are said later."""
    texts = set()
    for file in (file for room in ROOMS for file in (HOUSE / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in {
                "say",
                "_say",
                "Refused",
                "Unclear",
            }:
                texts |= {
                    constant.value
                    for argument in node.args
                    for constant in ast.walk(argument)
                    if isinstance(constant, ast.Constant) and isinstance(constant.value, str) and constant.value
                }
    return texts


def test_everything_that_is_said_can_be_said_in_chinese() -> None:
    silent = {text for text in said_literally() if not (message := CATALOGUE.get(text)) or not message.string}
    assert silent <= {"?", " "}  # what stands between an HTTP status and its reason


def test_every_field_that_a_change_can_name_has_a_chinese_word() -> None:
    assert {field for field in (*FIELDS, *ON_PAPER) if not CATALOGUE.get(label(field))} == set()


@pytest.mark.parametrize("message", [message for message in CATALOGUE if message.id], ids=lambda message: message.id)
def test_a_translation_fills_in_the_same_things(message) -> None:
    def fields(text: str) -> set[str | None]:
        return {field for _, field, _, _ in Formatter().parse(text) if field is not None}

    assert fields(message.string) == fields(message.id)


def test_a_ticket_that_nobody_confirmed_has_one_name_wherever_it_is_spoken_of() -> None:
    name = "sent, unconfirmed"
    sentences = {message.string for message in CATALOGUE if name in message.id}
    assert len(sentences) > 2
    assert {sentence for sentence in sentences if CATALOGUE.get(name).string not in sentence} == set()


def test_the_compiled_catalogue_is_up_to_date() -> None:
    compiled = BytesIO()
    write_mo(compiled, CATALOGUE)
    there = read_mo(BytesIO(SOURCE.with_suffix(".mo").read_bytes()))
    assert {m.id: m.string for m in there if m.id} == {
        m.id: m.string for m in read_mo(BytesIO(compiled.getvalue())) if m.id
    }
