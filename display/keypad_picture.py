"""The picture of a keypad: its keys as boxes with what each does, in rows of text for any terminal and any paper."""

import re

from rich.cells import cell_len, set_cell_size

from display.cells import cut, shown
from edge.info import Keypad
from edge.words import Say

COLUMNS = 4
PAD = ("123", "456", "789", "*0#")  # a pad of 4 x 4 keys; the others stand in its last column
WIDEST = 16  # cells of a key
NARROWEST = 6
HEX = re.compile("0x([0-9A-Fa-f]{2})")

Keys = list[list[str | None]]


def lay_out(keypad: Keypad) -> Keys:
    """Its keys as they lie on a pad of four columns, none where there is nothing: digits as on a telephone."""
    on_pad: dict[str, str] = {}
    for key in keypad.keys:
        on_pad.setdefault(key_name(key), key)
    rows: Keys = [[on_pad.get(name) for name in names] for names in PAD]
    others = [key for key in keypad.keys if not any(key in row for row in rows)]
    if not any(key for row in rows for key in row):
        rows = []
    while rows and not any(rows[-1]) and len(rows) > len(others):
        rows.pop()
    for row in rows:
        row.append(others.pop(0) if others else None)
    for start in range(0, len(others), COLUMNS):
        last = others[start : start + COLUMNS]
        rows.append([*last, *[None] * (COLUMNS - len(last))])
    return rows


def key_name(key: str) -> str:
    """What stands on a key: its character, its name, or the code that it sends."""
    code = HEX.fullmatch(key)
    if code is None:
        return key.removeprefix("KEY_").removeprefix("KP") or key
    character = chr(int(code[1], 16))
    return character if character.isascii() and character.isprintable() and character != " " else key


def what_it_does(action: str, say: Say) -> str:
    """What a key does, in a word or two; what this program does not know as it stands in store.toml."""
    action = " ".join(action.split())
    verb, _, about = action.partition(" ")
    of_station = {
        "recall": say("recall"),
        "acknowledge": say("acknowledge"),
        "reprint": say("reprint"),
        "page next": say("page next"),
        "page previous": say("page previous"),
        "release": say("release next"),
        "pause": say("pause orders"),
        "resume": say("resume orders"),
    }
    of_number = {
        "bump": say("bump {number}"),
        "recall": say("recall {number}"),
        "acknowledge": say("acknowledge {number}"),
        "reprint": say("reprint {number}"),
        "page": say("page {number}"),
        "collect": say("collect {number}"),
        "hold": say("hold {number}"),
        "prioritise": say("first {number}"),
        "remake": say("remake {number}"),
        "batch": say("batch {number}"),
    }
    of_words = {
        "refuse": say("refuse {number}"),
        "unavailable": say("{product} sold out"),
        "available": say("{product} back"),
    }
    if action in of_station:
        return of_station[action]
    slot, _, units = about.partition(" x")
    if verb in {"bump", "remake"} and slot.isdecimal() and units.isdecimal():
        words = say("bump {number} x{units}") if verb == "bump" else say("remake {number} x{units}")
        return words.format(number=slot, units=units)
    if verb in of_number and about.isdecimal():
        return of_number[verb].format(number=about)
    if verb in of_words and about:
        number, _, reason = about.partition(" ")
        if verb != "refuse" or (number.isdecimal() and reason):
            return of_words[verb].format(number=number, product=shown(about))
    return shown(action)


def draw_keypad(keypad: Keypad, say: Say, width: int = 80) -> list[str]:
    """The picture, at most so many cells wide: a box a key, `[1]` above what it does."""
    keys = lay_out(keypad)
    texts = [
        [(f"[{shown(key_name(key))}]", what_it_does(keypad.keys[key], say)) if key else ("", "") for key in row]
        for row in keys
    ]
    longest = max((cell_len(text) for row in texts for key in row for text in key), default=0)
    room = (width - 1) // COLUMNS - 3
    cells = max(2, min(room, max(NARROWEST, min(longest, WIDEST))))
    edge = "+" + f"{'-' * (cells + 2)}+" * COLUMNS
    drawn = [edge] if texts else []
    for row in texts:
        lines = ("|" + "".join(f" {set_cell_size(cut(key[line], cells), cells)} |" for key in row) for line in range(2))
        drawn += [*lines, edge]
    return drawn
