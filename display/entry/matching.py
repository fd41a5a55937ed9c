"""What was typed, read as a line of an order: how many of which product, and what is to be noted on it."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize

from edge.info import Product
from edge.orders import LEAST, MOST

# `3 bag`, `3x bag`, `3个可颂`: how many comes first. `bag 3`, `bag x3`, `可颂3`: it comes last, clear of the letters.
_FIRST = re.compile(
    r"(?P<many>\d+(?:\.\d{1,3})?)\s*(?:x\s+|[×*个只份块]\s*|\s+|(?=[^\W\d_a-z]))(?P<what>\S.*)", re.IGNORECASE
)
_LAST = re.compile(
    r"(?P<what>.*?\S)(?:\s+[x×*]?|\s*[x×*]|(?<=[^\W\d_a-z]))\s*(?P<many>\d+(?:\.\d{1,3})?)[个只份块]?", re.IGNORECASE
)
_GLUED = re.compile(r"(?P<many>\d+)(?P<what>[a-z].*)", re.IGNORECASE)  # 3ks: only where no product is called so
_NOTE = re.compile(r"\s*[,，;；、]\s*")
_PARTS = re.compile(r"[\s._/-]+")

# The first character of each letter's syllables in GB 2312, whose 3,755 common characters stand in order of their
# sound: enough for initials as tills know them (可颂: ks), without a dictionary of megabytes.
_SOUNDS = "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝"
_LETTERS = "abcdefghjklmnopqrstwxyz"
_STARTS = [sound.encode("gb2312") for sound in _SOUNDS]
_END = "亍".encode("gb2312")  # from here on they stand in order of their strokes
_RARE = "?"


class Wanted(NamedTuple):
    """A line as it was typed."""

    quantity: Decimal
    what: str
    note: str = ""


def read_line(text: str, products: Sequence[Product] = ()) -> Wanted:
    """How many of what; a number that is part of a product's own name or code is none of how many."""
    what, *notes = [text] if matching(products, text) else _NOTE.split(text.strip(), maxsplit=1)
    note = notes[0].strip() if notes else ""
    what = " ".join(normalize("NFKC", what).split())
    if any(what.casefold() in (_folded(product.code), _folded(product.name)) for product in products):
        return Wanted(Decimal(1), what, note)
    patterns = (_FIRST, _LAST) if matching(products, what) else (_FIRST, _LAST, _GLUED)
    found = [match for pattern in patterns if (match := pattern.fullmatch(what))]
    readings = [Wanted(many, one["what"], note) for one in found if LEAST <= (many := Decimal(one["many"])) <= MOST]
    known = (reading for reading in readings if matching(products, reading.what))
    return next(known, readings[0] if readings else Wanted(Decimal(1), what, note))


def matching(products: Sequence[Product], what: str) -> list[int]:
    """The places of the products that may be meant, the likeliest first, else in the store's own order."""
    words = _folded(what).split()
    ranks = ((max((_rank(product, place + 1, word) for word in words), default=0), place)
             for place, product in enumerate(products))  # fmt: skip
    if len(words) > 1:  # a name as it stands goes before names that have its words
        whole = " ".join(words)
        ranks = ((-1 if whole in (_folded(products[place].name), _folded(products[place].code)) else rank, place)
                 for rank, place in ranks)  # fmt: skip
    return [place for rank, place in sorted(ranks) if rank < _NOT_AT_ALL]


def initials(name: str) -> str:
    """A name's letters as a till's keys: of a Chinese character the first of its sound, `?` where it is rare."""
    return "".join(map(_initial, name.casefold()))


_NOT_AT_ALL = 5


def _rank(product: Product, number: int, word: str) -> int:
    """How well a word names a product: exactly, by its beginning, by a part's beginning, by a part, by some letters."""
    name, code, keys = _folded(product.name), _folded(product.code), initials(product.name)
    whole = (name, code, str(number))
    if word in whole:
        return 0
    if any(one.startswith(word) for one in whole) or _begins(keys, word):
        return 1
    if any(part.startswith(word) for part in (*_PARTS.split(name), *_PARTS.split(code))):
        return 2
    if word in name or word in code or any(_begins(keys[at:], word) for at in range(len(keys))):
        return 3
    return 4 if word.isalpha() and (_in_order(word, name) or _in_order(word, keys)) else _NOT_AT_ALL


def _begins(keys: str, word: str) -> bool:
    return len(word) <= len(keys) and all(key in {letter, _RARE} for key, letter in zip(keys, word, strict=False))


def _in_order(letters: str, text: str) -> bool:
    rest: Iterator[str] = iter(text)
    return all(letter in rest for letter in letters)


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    return " ".join(normalize("NFKC", text).casefold().split())


@lru_cache(maxsize=4096)
def _initial(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() else ""
    place = character.encode("gb2312", "replace")
    if _STARTS[0] <= place < _END:
        return _LETTERS[bisect_right(_STARTS, place) - 1]
    return _RARE if character.isalpha() else ""
