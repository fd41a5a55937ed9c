"""What a customer may write who means no good: tricks for a screen, a printer, a log, a page, and text at random."""

import json
import re
from unicodedata import category

from hypothesis import strategies as st

TRICKS = (
    # a screen's markup, and words that a format would fill in
    *(
        "[bold red]",
        "[/]",
        "[@click=app.quit]x[/]",
        "[link=file:///etc/passwd]",
        "\\[",
        ":skull:",
        "{count}",
        "{0.x}",
        "%s%n",
    ),
    # a terminal: clear, title, clipboard, reset, report, in seven and in eight bits
    *(
        "\x1b[2J\x1b[H",
        "\x1b]0;owned\x07",
        "\x1b]52;c;b3duZWQ=\x07",
        "\x1bc",
        "\x1b[6n",
        "\x1bP$q\x1b\\",
        "\x1b[?1049l",
    ),
    *("\x9b31m", "\x9d0;owned\x9c", "\x90q\x9c", "\x07", "\x08\x08\x08", "\x0e", "\x7f", "\x00"),
    # direction, nothing to see, piles of marks
    *("\u202e", "\u2066", "\u2069", "\u200f", "\u061c", "\u200b", "\u200d", "\ufeff", "\u2060", "\u00ad", "\U000e0041"),
    *(
        "\u115f",
        "\u1160",
        "\u3164",
        "\uffa0",
        "\u2800",
        "\u034f",
        "\u180e",
        "Z" + "\u0301" * 40,
        "\u0488" * 9,
        "\ue000",
    ),
    # a printer: reset, cut, drawer, real-time commands, pictures, codes, feeds, off-line
    *("\x1b@", "\x1dV\x00", "\x1dVB\x00", "\x1bp\x00\x19\xfa", "\x10\x14\x01\x00\x05", "\x10\x04\x01", "\x10\x05\x02"),
    *(
        "\x1d(k\x04\x001A2\x00",
        "\x1cp\x01\x00",
        "\x1bJ\xff",
        "\x1b=\x00",
        "\x1d:",
        "\x1dv0\x00",
        "\x1c.",
        "\x1c&",
        "\x10",
    ),
    # half characters, and whole ones of every width
    *(
        "\ud800",
        "\udfff\ud83d",
        "\udce9",
        "🎂",
        "👩‍👩‍👧",
        "🇨🇳",
        "👍🏽",
        "❤️",
        "1️⃣",
        "e\u0301",
        "가",
        "각",
        "草莓",
        "，",
        "ｱ",
    ),
    # a log, a doctor, metrics, a page, a shell, a file, a table
    *(
        "\nERROR edge.hub: forged",
        "\r\nINFO x: forged",
        "\rok       hub: forged",
        "\x85WARNING a: forged",
        "\u2028forged",
    ),
    *('"} 1\novenbell_forged 1\n', "<script>alert(1)</script>", "$(reboot)", "../../forged", "' OR 1=1 --", "\t", " "),
)
ALL = "".join(TRICKS)
LONG = "\u202e面\x1b[2J\n" * 1_500  # a note of more than 10,000 characters

texts = st.text(st.characters(codec=None), max_size=40)  # surrogates too
hostile = st.lists(st.sampled_from(TRICKS) | texts, max_size=12).map("".join) | st.just(ALL)
HALF = re.compile("[\ud800-\udfff]")


def on_the_wire(event: object) -> bytes:
    """JSON in ASCII: the only way half a character can travel."""
    return json.dumps(event).encode()


def arrives(text: str) -> str:
    """A customer's text as it is kept: whole, but for half characters."""
    return HALF.sub("\N{REPLACEMENT CHARACTER}", json.loads(on_the_wire(text)))


def powers(text: str) -> set[str]:
    """The characters in it that steer something."""
    return {character for character in text if category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}}
