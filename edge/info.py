"""What a screen must know of its store beside the board: names, products, keypads. `GET /api/store`."""

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
