"""Keys: how store.toml writes what a key sends, and what it may say that a key does."""

import re
from decimal import Decimal

from devices.frames import Frames, framed
from devices.hid import parse_name
from devices.settings import Framing
from edge import intents as i
from edge.intents import FromKeypad
from edge.orders import ItemId, Moment, OrderId, StageId, StationId

ACTIONS = (
    *("bump N", "bump N xUNITS", "batch N", "recall", "recall N", "acknowledge", "acknowledge N"),
    *("reprint", "reprint N", "page next", "page previous", "page N"),
    *("collect N", "hold N", "release", "prioritise N", "refuse N REASON", "remake N", "remake N xUNITS"),
    *("pause", "resume", "unavailable CODE", "available CODE"),
)
HEX = re.compile("0x([0-9A-Fa-f]{2})+")
LONGEST_REASON = 200  # characters
ORDER = OrderId("")  # the rules find it under the number


def parse_key(text: str, framing: Framing) -> bytes:
    """What is heard of a key; ValueError says in one line what was expected."""
    if framing == "hid":
        return parse_name(text)
    if len(text) == 1 and text.isascii():
        key = text.encode()
    elif HEX.fullmatch(text):
        key = bytes.fromhex(text.removeprefix("0x"))
    else:
        raise ValueError(f"expected one ASCII character, or 0x.. hex of the key's bytes, not {text!r}")
    if framing == "byte" and len(key) != 1:
        raise ValueError(f"expected a key of one byte, because framing is byte, not {text!r}")
    if Frames(framing).feed(framed(key, framing)) != [key]:
        raise ValueError(f"expected a key without what {framing} framing puts around it, not {text!r}")
    return key


def write_key(key: bytes, framing: Framing) -> str:
    """What was heard of a key, as store.toml writes it."""
    text = key.decode("latin-1")
    legible = text.isascii() and text.isprintable() and text != " "
    return text if legible and (framing == "hid" or len(text) == 1) else f"0x{key.hex()}"


def parse_action(text: str, station: StationId) -> FromKeypad:
    """What a key asks of its station; ValueError says in one line what was expected."""
    words = text.split()
    asked = _of_station(words, station)
    if asked is None and len(words) > 1 and _counts(words[1]):
        asked = _of_card(words[0], int(words[1]), words[2:], station)
    if asked is None or len(text) > LONGEST_REASON:
        raise ValueError(f"expected {', '.join(ACTIONS[:-1])} or {ACTIONS[-1]}, not {text!r}")
    return asked


def _of_station(words: list[str], station: StationId) -> FromKeypad | None:
    match words:
        case [("recall" | "acknowledge" | "reprint") as word]:
            return _OF_SLOT[word](station=station)
        case ["page", ("next" | "previous") as to]:
            return i.TurnPage(station, to)
        case ["page", number] if _counts(number):
            return i.TurnPage(station, int(number))
        case ["release"]:
            return i.ReleaseNext()
        case ["pause"]:
            return i.Pause()
        case ["resume"]:
            return i.Resume()
        case ["unavailable", code]:
            return i.Unavailable(code)
        case ["available", code]:
            return i.Available(code)
    return None


def _of_card(word: str, number: int, about: list[str], station: StationId) -> FromKeypad | None:
    match word, about:
        case ("bump", [*units]) if _is_units(units):
            return i.Bump(station=station, position=number, quantity=_units(units))
        case (("recall" | "acknowledge" | "reprint"), []):
            return _OF_SLOT[word](station=station, position=number)
        case (("collect" | "hold" | "prioritise"), []):
            return i.OnCard(station, number, _OF_ORDER[word](ORDER))
        case "batch", []:
            return i.OnCard(station, number, i.Batch(station, "", StageId(""), Moment.WAITING))
        case ("remake", [*units]) if _is_units(units):
            return i.OnCard(station, number, i.Remake(ORDER, ItemId(""), quantity=_units(units)))
        case "refuse", [_, *_]:
            return i.OnCard(station, number, i.Refuse(ORDER, " ".join(about)))
    return None


_OF_SLOT: dict[str, type[i.Recall | i.Acknowledge | i.Reprint]] = {
    "recall": i.Recall,
    "acknowledge": i.Acknowledge,
    "reprint": i.Reprint,
}
_OF_ORDER: dict[str, type[i.Collect | i.Hold | i.Prioritise]] = {
    "collect": i.Collect,
    "hold": i.Hold,
    "prioritise": i.Prioritise,
}


def _is_units(words: list[str]) -> bool:
    return not words or (len(words) == 1 and words[0][0] == "x" and _counts(words[0][1:]))


def _units(words: list[str]) -> Decimal | None:
    return Decimal(words[0][1:]) if words else None


def _counts(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 1 <= int(text) <= 1_000  # noqa: PLR2004 - no page has more slots
