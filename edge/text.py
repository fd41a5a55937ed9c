"""Text from customers is text: what reaches a screen, a printer or a log has no power over it (promise P7)."""

import unicodedata

LONGEST = 2_000  # characters of one field that a screen or a ticket is asked to carry
STACK = 2  # combining marks kept on one character; more are drawn over the neighbouring lines

# Controls (Cc), formats such as bidi overrides and zero-width characters (Cf), surrogates (Cs), private use (Co) and
# unassigned code points (Cn) either steer a device or have no agreed look or width.
_POWERFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_BREAKS = frozenset({"Zl", "Zp"})
_BLANK = frozenset("\t\n\r\v\f\N{BRAILLE PATTERN BLANK}")
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")  # letters that cannot be seen, of a width nobody agrees on


def plain(text: str, limit: int = LONGEST) -> str:
    """The text with everything removed that is not itself visible.

    Breaks and tabs become a space; of a text longer than `limit` characters the rest becomes `…`.
    """
    if text.isascii() and text.isprintable() and len(text) <= limit:
        return text
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", "".join(map(_visible, text[: limit * 4]))):
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks > STACK:
            continue
        kept.append(character)
    if len(kept) > limit or len(text) > limit * 4:
        return "".join(kept[: limit - 1]) + "…"
    return "".join(kept)


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in _BREAKS or character in _BLANK:
        return " "
    return "" if category in _POWERFUL or character in _FILLERS else character
