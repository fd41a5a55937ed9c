"""What a screen may ask of its store beside the board: names, products, keypads, and what was not understood."""

from datetime import datetime

import msgspec

from edge.orders import StationId
from edge.views import View
from edge.words import Language


class Product(View, frozen=True):
    """Something the store sells, as the order form offers it."""

    code: str
    name: str
    unit: str = ""
    sizes: tuple[str, ...] = ()
    flavours: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    allergens: tuple[str, ...] = ()
    cake_text: bool = False
    lead_minutes: int = 0  # from its route


class Keypad(View, frozen=True):
    """A station's keypad: what each key does, in the words of store.toml."""

    id: str
    station: StationId
    keys: dict[str, str]


class StoreInfo(View, frozen=True):
    """The store as its screens introduce it."""

    id: str
    name: str
    language: Language
    timezone: str = ""  # empty: the machine's
    products: tuple[Product, ...] = ()
    keypads: tuple[Keypad, ...] = ()


class Letter(View, frozen=True):
    """A message that could not be understood: why, and as much of it as is text, for people."""

    sequence: int  # of the fact that keeps it
    at: datetime
    topic: str
    reason: str
    size: int
    payload: str


class Gap(View, frozen=True):
    """Numbers of the cloud's sequence that are missing."""

    from_: int = msgspec.field(name="from")
    through: int


class Letters(View, frozen=True):
    """What the cloud said that the store does not have, newest first: `GET /api/letters`."""

    letters: tuple[Letter, ...]
    gaps: tuple[Gap, ...]
