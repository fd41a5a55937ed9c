"""Needs: what must be made, summed over orders, per product, stage and moment, and per choice of the customers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Context, Decimal
from typing import NamedTuple

import msgspec

from display.amounts import LONGEST_UNIT, PIECES, number
from display.cells import shown
from display.manner import Manner
from edge.info import Product
from edge.orders import Moment, OrderId, OrderState, StageId, StationId
from edge.views import BoardView, CardItem, Halted, Whole

Amounts = dict[str, Decimal]  # by unit: kilograms and pieces are never one number
EXACT = Context(prec=60)  # more digits than orders have
SHOWN = {OrderState.HELD, OrderState.OPEN, OrderState.READY}


class Choice(NamedTuple):
    """One thing a customer chose for an item: the field it stands in, and the words."""

    kind: str  # size, flavour, filling, frosting, option or candles
    words: str
    times: Decimal = Decimal(1)  # for each unit


Variant = tuple[Choice, ...]


@dataclass(frozen=True)
class Lot:
    """All of one product that is at the same stage and moment of a station: what one press can move."""

    station: StationId
    stage: StageId
    stage_name: str
    moment: Moment
    items: tuple[CardItem, ...]
    due: datetime | None  # of the most urgent of its orders
    locked: tuple[CardItem, ...] = ()  # those that stay behind until their allergens are acknowledged

    @property
    def amounts(self) -> Amounts:
        """How much it is."""
        return amounts(self.items)

    def variants(self) -> dict[Variant, Amounts]:
        """How much of it is to be made in which way, the plain first."""
        by_variant: dict[Variant, list[CardItem]] = {}
        for item in self.items:
            by_variant.setdefault(variant(item), []).append(item)
        plain_first = sorted(by_variant.items(), key=lambda each: (bool(each[0]), str(each[0])))
        return {chosen: amounts(items) for chosen, items in plain_first}


@dataclass(frozen=True)
class Need:
    """What must be made of one product."""

    product: str  # its code; its name where it has none
    name: str
    lots: tuple[Lot, ...]
    later: Amounts  # held, and to be released today
    wasted: Amounts  # spoilt, and made again
    sold_out: Halted | None = None

    @property
    def open(self) -> Amounts:
        """How much of it is to be made now."""
        return amounts(item for lot in self.lots for item in lot.items)


@dataclass
class _Pile:
    name: str = ""
    lots: dict[tuple[StationId, StageId, Moment], list[tuple[Whole, CardItem]]] = field(default_factory=dict)
    later: list[CardItem] = field(default_factory=list)
    wasted: list[CardItem] = field(default_factory=list)


def product_of(item: CardItem) -> str:
    """What an item is, over all orders: its code; its name where it has none."""
    return item.code or item.name


def variant(item: CardItem) -> Variant:
    """How an item is to be made."""
    cake = item.bakery
    parts = {"size": cake.size, "flavour": cake.flavour, "filling": cake.filling, "frosting": cake.frosting}
    chosen = [Choice(kind, words) for kind, words in parts.items() if words]
    chosen += sorted(Choice("option", option.name, option.quantity) for option in item.options)
    if cake.candles:
        chosen.append(Choice("candles", "", Decimal(cake.candles)))
    return tuple(chosen)


def amounts(items: Iterable[CardItem]) -> Amounts:
    """The quantities of some items added up exactly, unit by unit."""
    sums: Amounts = {}
    for item in items:
        unit = "" if item.unit in PIECES else item.unit
        sums[unit] = EXACT.add(sums.get(unit, Decimal(0)), item.quantity)
    return sums


def written(sums: Amounts) -> str:
    """Amounts as people write them: each unit for itself."""
    return " + ".join(f"{number(much)} {shown(unit, LONGEST_UNIT)}".rstrip() for unit, much in sorted(sums.items()))


def needs(
    board: BoardView, manner: Manner, products: Iterable[Product] = (), station: StationId | None = None
) -> tuple[Need, ...]:
    """What must be made at a station, or at all of them: the store's own products first, in its own order."""
    piles: dict[str, _Pile] = {}
    listed = {product.code: product.name for product in products}
    for order, item in _items(board, station):
        pile = piles.setdefault(product_of(item), _Pile(item.name))
        if order.state is OrderState.HELD:
            if _today(order, board.now, manner):
                pile.later.append(item)
        else:
            if item.moment is not Moment.FINISHED and order.state is OrderState.OPEN:
                pile.lots.setdefault((item.station, item.stage, item.moment), []).append((order, item))
            if item.wasted:
                pile.wasted.append(msgspec.structs.replace(item, quantity=item.wasted))
    halted = {each.code: each for each in board.unavailable}
    locks = {(view.id, card.order) for view in board.stations for card in view.cards if card.locked}
    places = {view.id: at for at, view in enumerate(board.stations)}
    found = [
        Need(
            product,
            listed.get(product) or pile.name,
            tuple(sorted((_lot(*each, locks) for each in pile.lots.items()), key=lambda lot: _place(lot, places))),
            amounts(pile.later),
            amounts(pile.wasted),
            halted.get(product),
        )
        for product, pile in piles.items()
        if pile.lots or pile.later or pile.wasted
    ]
    order_of = {code: at for at, code in enumerate(listed)}
    return tuple(sorted(found, key=lambda need: (order_of.get(need.product, len(order_of)), need.name, need.product)))


def choices(found: Iterable[Need]) -> dict[tuple[str, str], Decimal]:
    """How often each thing is chosen in all that is to be made, whatever it is chosen for: by its kind and words."""
    sums: dict[tuple[str, str], Decimal] = {}
    for need in found:
        for item in (item for lot in need.lots for item in lot.items):
            pieces = item.quantity if item.unit in PIECES else Decimal(1)  # half a kilogram has one filling
            for kind, words, times in variant(item):
                much = EXACT.multiply(pieces, times)
                sums[kind, words] = EXACT.add(sums.get((kind, words), Decimal(0)), much)
    kinds = ("size", "flavour", "filling", "frosting", "option", "candles")
    return dict(sorted(sums.items(), key=lambda each: (kinds.index(each[0][0]), each[0][1])))


def _items(board: BoardView, station: StationId | None) -> Iterator[tuple[Whole, CardItem]]:
    for order in board.orders:
        if order.state in SHOWN:
            yield from ((order, item) for item in order.items if station in {None, item.station})


def _today(order: Whole, now: datetime, manner: Manner) -> bool:
    """Whether a held order is to be made today; one without a time may be released at any moment."""
    when = order.release or order.due
    return when is None or when.astimezone(manner.zone).date() <= now.astimezone(manner.zone).date()


def _lot(
    key: tuple[StationId, StageId, Moment], found: list[tuple[Whole, CardItem]], locks: set[tuple[StationId, OrderId]]
) -> Lot:
    station, stage, moment = key
    dangerous = {order.order for order, item in found if item.bakery.allergens and (station, order.order) in locks}
    locked = tuple(item for order, item in found if order.order in dangerous)
    due = min((order.due for order, _ in found if order.due), default=None)
    return Lot(station, stage, found[0][1].stage_name, moment, tuple(item for _, item in found), due, locked)


def _place(lot: Lot, places: dict[StationId, int]) -> tuple[int, str, bool]:
    return places.get(lot.station, len(places)), lot.stage, lot.moment is Moment.STARTED
