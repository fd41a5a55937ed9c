"""Keyboards as Linux hands them to programs: bump bars, number pads and scanners that pretend to be one.

The kernel's `struct input_event` and one ioctl are all it takes; the evdev package would need a compiler in the store.
"""

import fcntl
import os
import re
import struct
from io import FileIO

EVENT = struct.Struct("@llHHi")  # seconds, microseconds, type, code, value
KEY, PRESSED, LET_GO = 1, 1, 0  # a type of event, and its values; 2 is a key held down, repeated by the kernel
EVIOCGRAB = 0x40044590
CODE = re.compile("0x[0-9A-Fa-f]{1,4}")  # of a key: the kernel has 16 bits for it
LONGEST_CODE = 256  # characters; more without an end is no code

# linux/input-event-codes.h: what keys type, plain and with shift, on the keyboard that all such devices pretend to be.
TYPED = {
    code: pair
    for first, row in (
        (2, "1! 2@ 3# 4$ 5% 6^ 7& 8* 9( 0) -_ =+"),
        (16, "qQ wW eE rR tT yY uU iI oO pP [{ ]}"),
        (30, "aA sS dD fF gG hH jJ kK lL ;: '\" `~"),
        (43, "\\| zZ xX cC vV bB nN mM ,< .> /?"),
        (55, "**"),
        (71, "77 88 99 -- 44 55 66 ++ 11 22 33 00 .."),
        (98, "//"),
        (117, "=="),
    )
    for code, pair in enumerate(row.split(), first)
}
SPACE, ENTERS, SHIFTS = 57, {28, 96}, {42, 54}
NAMED = {
    1: "ESC",
    14: "BACKSPACE",
    15: "TAB",
    28: "ENTER",
    29: "LEFTCTRL",
    42: "LEFTSHIFT",
    54: "RIGHTSHIFT",
    56: "LEFTALT",
    SPACE: "SPACE",
    58: "CAPSLOCK",
    69: "NUMLOCK",
    70: "SCROLLLOCK",
    96: "KPENTER",
    97: "RIGHTCTRL",
    100: "RIGHTALT",
    102: "HOME",
    103: "UP",
    104: "PAGEUP",
    105: "LEFT",
    106: "RIGHT",
    107: "END",
    108: "DOWN",
    109: "PAGEDOWN",
    110: "INSERT",
    111: "DELETE",
    113: "MUTE",
    114: "VOLUMEDOWN",
    115: "VOLUMEUP",
    119: "PAUSE",
    **{code: f"F{code - 58}" for code in range(59, 69)},
    **{code: f"F{code - 76}" for code in (87, 88)},
    **{code: f"F{code - 170}" for code in range(183, 195)},
}
_CODES = {name: code for code, name in NAMED.items()}
_CHARACTERS = {pair[0].upper() for pair in TYPED.values()}


def parse_name(text: str) -> bytes:
    """A key as it is heard, from its name; ValueError says in one line what was expected."""
    name = text.removeprefix("KEY_")
    if name != text and name in _CODES:
        return text.encode()
    character = (name.removeprefix("KP") if name != text else text).upper()
    if character in _CHARACTERS:
        return character.encode()
    if CODE.fullmatch(text):
        return name_of(int(text, 16))
    raise ValueError(f"expected one character, a name as KEY_ENTER or KEY_F1, or the key's code as 0x1c, not {text!r}")


def name_of(code: int) -> bytes:
    """What stands on a key: its character, the same on the number pad; else its name; else its code."""
    if code in TYPED:
        return TYPED[code][0].upper().encode()
    return (f"KEY_{NAMED[code]}" if code in NAMED else f"{code:#04x}").encode()


def grab(port: FileIO) -> None:
    """Have it alone: what is pressed on a bump bar must not be typed into a screen as well."""
    fcntl.ioctl(port.fileno(), EVIOCGRAB, 1)


def open_input(place: str) -> FileIO:
    """Open and grab; raises OSError."""
    descriptor = os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        port = FileIO(descriptor)
    except OSError:  # of a folder
        os.close(descriptor)
        raise
    try:
        grab(port)
    except OSError:
        port.close()
        raise
    return port


class Presses:
    """The keys that go down, by name; neither let go nor repeated."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The keys that are pressed with these bytes."""
        return [name_of(code) for code, value in self.events(data) if value == PRESSED]

    def events(self, data: bytes) -> list[tuple[int, int]]:
        """Code and value of every event of a key."""
        data = self._rest + data
        whole = len(data) - len(data) % EVENT.size
        self._rest = data[whole:]
        return [(code, value) for _, _, kind, code, value in EVENT.iter_unpack(data[:whole]) if kind == KEY]


class Typed(Presses):
    """What a scanner types, up to each Enter."""

    def __init__(self) -> None:
        super().__init__()
        self._line = ""
        self._shifts: set[int] = set()

    def feed(self, data: bytes) -> list[bytes]:
        """The codes that are complete with these bytes."""
        lines = []
        for code, value in self.events(data):
            if code in SHIFTS:
                (self._shifts.discard if value == LET_GO else self._shifts.add)(code)
            elif value != PRESSED:
                continue
            elif code in ENTERS:
                if 0 < len(self._line) <= LONGEST_CODE:
                    lines.append(self._line.encode())
                self._line = ""
            elif len(self._line) <= LONGEST_CODE:
                self._line += " " if code == SPACE else TYPED.get(code, "  ")[bool(self._shifts)].strip()
        return lines
