"""Answers: a store.toml that may name a template, and leave to it what it does not say itself."""

import tomllib
from pathlib import Path
from typing import Any, Literal, get_args

from config.checks import read_toml
from config.settings import StoreFile, check_store
from devices.settings import is_input
from edge.files import led_to

TemplateName = Literal["bread-shop", "cake-studio", "cafe"]
TEMPLATES: tuple[TemplateName, ...] = get_args(TemplateName)
BROUGHT = ("stages", "routes", "stations")  # by a template
STATE = "/var/lib/ovenbell/journal.db"  # where the journal is of a store whose settings are the machine's
# For a keypad whose keys nobody named: a serial one, and a number pad that is a keyboard.
_SLOTS = {str(number): f"bump {number}" for number in range(1, 10)}
PAD_KEYS = {**_SLOTS, "R": "recall", "N": "page next", "A": "acknowledge", "P": "reprint"}
NUMBER_PAD_KEYS = {**_SLOTS, "-": "recall", "+": "page next", "*": "acknowledge", "/": "reprint"}


class Answers(StoreFile, frozen=True):
    """What an installer answers."""

    template: TemplateName | None = None


def load_answers(file: Path, config: Path) -> dict[str, Any]:
    """The tree of the store.toml that a file of answers stands for; raises WrongSettings with every mistake."""
    tree = fill(read_toml(file), config)
    check_store(tree, file, Answers, here=False)
    return {section: tree[section] for section in StoreFile.__struct_fields__ if section in tree}


def fill(tree: dict[str, Any], config: Path) -> dict[str, Any]:
    """Answers with what they leave to their template, to the place of the file, and to a common keypad."""
    store = tree.get("store")
    language = store.get("language") if isinstance(store, dict) else None
    filled = dict(tree)
    if tree.get("template") in TEMPLATES:
        brought = template(tree["template"], "zh" if language == "zh" else "en")
        if not any(tree.get(section) for section in BROUGHT):
            filled |= brought
    if led_to(config).is_relative_to("/etc") and not config.exists():  # a store that runs keeps its journal
        filled.setdefault("journal", {"path": STATE})
    keypads = filled.get("keypads")
    if isinstance(keypads, list):
        filled["keypads"] = [{"keys": _keys_of(pad), **pad} if isinstance(pad, dict) else pad for pad in keypads]
    return filled


def _keys_of(pad: dict[str, Any]) -> dict[str, str]:
    hid = pad.get("framing") == "hid" or is_input(str(pad.get("port")))
    return NUMBER_PAD_KEYS if hid else PAD_KEYS


def template(name: TemplateName, language: Literal["zh", "en"]) -> dict[str, Any]:
    """The stages, routes and stations of a kind of bakery."""
    text = Path(__file__).with_name("templates").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    chosen = _in_language(tomllib.loads(text), language)
    assert isinstance(chosen, dict)
    return chosen


def _in_language(value: Any, language: str) -> Any:
    match value:
        case {"zh": _, "en": _}:
            return value[language]
        case dict():
            return {key: _in_language(part, language) for key, part in value.items()}
        case list():
            return [_in_language(part, language) for part in value]
    return value
