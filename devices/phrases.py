"""Phrases: what an order, its items and its hours are called on paper."""

from datetime import datetime

from devices.sheet import Setting
from edge.layout import PhoneShown
from edge.orders import Item, Order, OrderState
from edge.parts import printed
from edge.text import plain
from edge.tickets import Amended, Job
from edge.words import Say

LONGEST_UNIT = 6
PIECES = frozenset({"", "UN"})  # the units of what is counted


def warnings(job: Job, order: Order, setting: Setting) -> tuple[str, ...]:
    """What must be read before anything else."""
    say = setting.say
    said = (
        say("PRACTICE") if setting.practice else "",
        say("CANCELLED") if order.state is OrderState.CANCELLED else "",  # since it was asked for
        say("CHANGED") if job.slip else "",
        say("MADE AGAIN") if any(item.wasted for item in printed(order, job)) else "",
        say("REPRINT #{number}").format(number=job.attempt) if job.attempt > 1 else "",
        say("for {printer}").format(printer=job.printer) if job.via else "",
    )
    return tuple(filter(None, said))


def number_of(order: Order) -> str:
    """The number people call an order by."""
    return plain(order.display_id).strip() or order.id


def when(order: Order, setting: Setting) -> tuple[str, str]:
    """How and at what time an order is wanted, and on which day."""
    say = setting.say
    if order.due is None:
        return f"{_way(order, say)} {say('ASAP')}", ""
    due = datetime.fromtimestamp(order.due, setting.timezone)
    return f"{_way(order, say)} {due:%H:%M}", f"{_weekday(due, say)} {due:%Y-%m-%d}"


def phone_of(order: Order, shown: PhoneShown) -> str:
    """As much of the phone number as the store wants shown."""
    number = shown.of(order.phone)
    return f"...{number}" if number and shown is PhoneShown.LAST4 else number


def name_of(line: Item | Amended) -> str:
    """A line without a visible name must not vanish."""
    return plain(line.name).strip() or (line.code or line.origin if isinstance(line, Item) else line.item)


def count_of(item: Item | Amended) -> str:
    """How many of it, or how much."""
    quantity = f"{item.quantity.normalize():f}"
    return f"{quantity} x " if item.unit in PIECES else f"{quantity} {plain(item.unit, LONGEST_UNIT)} "


def choices(item: Item) -> list[str]:
    """The options of an item."""
    counts = ("" if one.quantity == 1 else f"{one.quantity.normalize():f} x " for one in item.options)
    return [count + option.name for count, option in zip(counts, item.options, strict=True)]


def traits(item: Item, say: Say) -> list[str]:
    """What a cake is like, beside its options."""
    cake = item.bakery
    named = (
        (say("Size"), cake.size),
        (say("Flavour"), cake.flavour),
        (say("Filling"), cake.filling),
        (say("Frosting"), cake.frosting),
        (say("Candles"), str(cake.candles) if cake.candles else None),
    )
    return [f"{trait}: {value}" for trait, value in named if value]


def allergens_of(item: Item, say: Say) -> str:
    """The allergens of an item, empty where it names none."""
    names = say(", ").join(known(allergen, say) for allergen in item.bakery.allergens)
    return f"{say('ALLERGENS')}: {names}" if names else ""


def _way(order: Order, say: Say) -> str:
    ways = {"DELIVERY": say("Delivery"), "TAKEOUT": say("Pick-up"), "INDOOR": say("Eat in")}
    return ways.get(order.type, order.type)


def known(word: str, say: Say) -> str:
    """A word of the cloud's (a channel, an allergen) in the store's language where it is a common one."""
    return say(word) if word else ""


def _weekday(day: datetime, say: Say) -> str:
    names = (say("Mon"), say("Tue"), say("Wed"), say("Thu"), say("Fri"), say("Sat"), say("Sun"))
    return names[day.weekday()]
