"""Customers who do not exist: they order what the store sells, change their mind, and call off."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from msgspec.structs import replace

from edge.intents import Cancel, Change, Place
from edge.layout import Layout, Route
from edge.orders import Bakery, Item, ItemId, Option, Order, OrderId, Stamp
from edge.parts import joined
from edge.routes import route_for
from edge.settings import ProductSettings
from edge.words import Say

Goods = tuple[ProductSettings, ...]

SOURCE = "/practice"
MINUTE, DAY = 60.0, 86_400.0
ROUND = 5 * MINUTE  # what people say when they say a time
SOONEST = 25 * MINUTE  # somebody who comes by on the way home
LATEST_SPARE = 60  # minutes over what it takes
UNITS = (1, 1, 2, 2, 4, 6)


@dataclass
class Customers:
    """Makes the intents that a cloud would bring; the same seed makes the same ones."""

    layout: Layout
    goods: Goods
    say: Say
    seed: int = 1
    _count: int = 0
    _events: int = 0
    _random: Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311 - nobody must be unable to guess them

    def order(self, now: float, among: Goods = ()) -> Place:
        """Something of what the store sells, or of some of it."""
        return self._place(now, self._pick(among))

    def with_allergens(self, now: float, among: Goods = ()) -> Place:
        """Something that somebody must not eat."""
        product = self._pick(among, lambda one: bool(one.allergens))
        allergens = product.allergens or (self.say("egg"), self.say("milk"))
        return self._place(now, product, Bakery(allergens=allergens))

    def with_text(self, now: float, among: Goods = ()) -> Place:
        """Something to write on: what the store says can be, else what is longest on its way."""
        goods = among or self.goods
        longest = max(len(route_of(self.layout, one).stages) for one in goods)
        able = any(one.cake_text for one in goods)
        product = self._pick(
            goods, lambda one: one.cake_text if able else len(route_of(self.layout, one).stages) == longest
        )
        return self._place(now, product, Bakery(cake_text=self.say("Happy birthday!"), candles=6))

    def for_tomorrow(self, now: float) -> Place:
        """Something that waits until it is time to begin."""
        place = self._place(now, self._pick(()))
        order = replace(place.order, due=(place.order.due or now) + DAY, scheduled=True)
        return replace(place, order=order)

    def changed(self, order: Order, now: float) -> Change:
        """One more of it, and a wish."""
        first, *others = joined(order.items).values()
        more = replace(first, quantity=first.quantity + 1, note=self.say("less sugar"))
        return Change(replace(order, items=tuple(map(_as_ordered, (more, *others)))), self._stamp(now))

    def cancelled(self, order: Order, now: float) -> Cancel:
        """The customer does not want it any more."""
        return Cancel(order.id, self._stamp(now), self.say("the customer has changed her mind"))

    def _pick(self, among: Goods, rather: Callable[[ProductSettings], bool] = bool) -> ProductSettings:
        goods = among or self.goods
        return self._random.choice([*filter(rather, goods)] or goods)

    def _place(self, now: float, product: ProductSettings, wish: Bakery | None = None) -> Place:
        self._count += 1
        takes = max(SOONEST, route_of(self.layout, product).lead_minutes * MINUTE)
        due = now + takes + self._random.randrange(LATEST_SPARE) * MINUTE
        bakery = replace(
            wish or Bakery(),
            size=self._one_of(product.sizes),
            flavour=self._one_of(product.flavours),
            allergens=wish.allergens if wish and wish.allergens else product.allergens,
        )
        option = self._one_of(product.options)
        item = Item(
            ItemId("1"),
            product.name,
            product.code,
            Decimal(1 if bakery.cake_text else self._random.choice(UNITS)),
            product.unit,
            options=(Option(option),) if option else (),
            bakery=bakery,
        )
        order = Order(
            OrderId(f"practice-{self._count}"),
            self.say("P{number}").format(number=self._count),
            created=now,
            due=due - due % ROUND + ROUND,
            customer=self.say("practice"),
            items=(item,),
        )
        return Place(order, self._stamp(now))

    def _one_of(self, choices: tuple[str, ...]) -> str | None:
        return self._random.choice(choices) if choices else None

    def _stamp(self, now: float) -> Stamp:
        self._events += 1
        return Stamp(SOURCE, f"practice-{self._events}", now, self._events)


def route_of(layout: Layout, product: ProductSettings) -> Route:
    """The way a product goes."""
    return route_for(layout, product.code, product.name)


def _as_ordered(item: Item) -> Item:
    """A line as a customer says it, without what became of it in the store."""
    return Item(item.origin, item.name, item.code, item.quantity, item.unit, item.options, item.note, item.bakery)
