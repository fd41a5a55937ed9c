"""The questions in the order in which a customer answers them, and what an answer makes of the order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple
from unicodedata import normalize

from msgspec import Struct
from msgspec.structs import replace

from display.due import Unclear, read_due
from display.entry.draft import CHANNELS, Channel, Draft, Line
from display.entry.matching import matching, read_line
from display.manner import Manner
from edge.info import Product

MANY = 9  # choices that one digit can mean
PHONE = frozenset("0123456789+")
SPACING = frozenset(" -()./")
DIGITS_OF_A_PHONE = range(3, 21)
MOST_CANDLES = 1_000
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# `0 bag`, `0x bag`, `0个可颂`, `bag 0`: how many is said, and it is none.
_NONE = re.compile(r"0+(?:\.0+)?(?:\s|[x×*个只份块]|$)|.*\s[x×*]?\s*0+$", re.IGNORECASE)
SPANS = ("+30", "+60", "+120")


class Ask(Enum):
    """What is asked."""

    ITEM = "product"
    SIZE = "size"
    FLAVOUR = "flavour"
    OPTIONS = "options"
    CAKE_TEXT = "cake text"
    CANDLES = "candles"
    DUE = "due time"
    NAME = "customer"
    PHONE = "phone"
    CHANNEL = "channel"


OF_ORDER = (Ask.DUE, Ask.NAME, Ask.PHONE, Ask.CHANNEL)
MARKED = frozenset({Ask.OPTIONS, Ask.CHANNEL})  # a choice is marked there, and Enter goes on
ONE_OF = frozenset({Ask.SIZE, Ask.FLAVOUR})
BY_DIGIT = MARKED | ONE_OF


class Doubt(Exception):
    """An answer that somebody must mean: it is taken when it is given once more."""

    def __init__(self, about: str, words: str) -> None:
        super().__init__(words)
        self.about = about


@dataclass(frozen=True)
class Shop:
    """What an answer is held against."""

    now: datetime  # in the store's zone
    manner: Manner
    products: tuple[Product, ...] = ()
    unavailable: frozenset[str] = frozenset()
    paused: bool = False
    sure: frozenset[str] = frozenset()  # doubts that somebody has answered


class Standing(Struct, frozen=True):
    """How far the conversation is: the order, the line that is being asked about, and the question."""

    draft: Draft = Draft()
    ask: Ask = Ask.ITEM
    making: Line | None = None


class Choice(NamedTuple):
    """One of the answers that are offered."""

    words: str
    value: Line | str
    number: int | None = None
    remark: str = ""
    marked: bool = False
    trouble: bool = False


def asked_of(product: Product) -> list[Ask]:
    """The questions that a product has."""
    asks = [
        (Ask.SIZE, len(product.sizes) > 1),
        (Ask.FLAVOUR, len(product.flavours) > 1),
        (Ask.OPTIONS, product.options),
    ]
    return [ask for ask, has in (*asks, (Ask.CAKE_TEXT, product.cake_text), (Ask.CANDLES, product.cake_text)) if has]


def choices(standing: Standing, typed: str, shop: Shop) -> list[Choice]:
    """What can be chosen for what is typed, the likeliest first."""
    say, making, draft = shop.manner.say, standing.making, standing.draft
    match standing.ask:
        case Ask.ITEM:
            return list(_products(typed, shop))
        case Ask.SIZE | Ask.FLAVOUR | Ask.OPTIONS if making is not None:
            names = _offered(making.product, standing.ask)
            among = matching([Product(name, name) for name in names], typed) if typed.strip() else range(len(names))
            return [Choice(names[at], names[at], at + 1, marked=names[at] in making.options) for at in among]
        case Ask.DUE:
            return list(_times(draft, typed, shop))
        case Ask.CHANNEL:
            return [
                Choice(say(channel), channel, at, marked=channel == draft.came_by)
                for at, channel in enumerate(CHANNELS, 1)
            ]
    return []


def answered(standing: Standing, typed: str, choice: Choice | None, shop: Shop) -> Standing:
    """Where an answer leads: a choice, else what is typed. Raises Unclear where it is none, Doubt where it is odd."""
    draft, making, text = standing.draft, standing.making, typed.strip()
    match standing.ask:
        case Ask.ITEM:
            return _item(standing, text, choice, shop)
        case Ask.SIZE if making is not None:
            return _next(standing, replace(making, size=_one_of(text, choice, shop)))
        case Ask.FLAVOUR if making is not None:
            return _next(standing, replace(making, flavour=_one_of(text, choice, shop)))
        case Ask.OPTIONS if making is not None:
            return _next(standing, replace(making, options=(*making.options, text)) if text else making)
        case Ask.CAKE_TEXT if making is not None:
            return _next(standing, replace(making, cake_text=text))
        case Ask.CANDLES if making is not None:
            return _next(standing, replace(making, candles=_candles(text)))
        case Ask.DUE:
            said = choice.value if choice is not None and isinstance(choice.value, str) else text
            timed = replace(draft, due=read_due(said, shop.now))
            _insist(early(timed, shop), shop)
            return Standing(timed, Ask.NAME)
        case Ask.NAME:
            return Standing(replace(draft, name=text), Ask.PHONE)
        case Ask.PHONE:
            return Standing(replace(draft, phone=_phone(text)), Ask.CHANNEL)
    return standing


def marked(standing: Standing, choice: Choice) -> Standing:
    """The choice marked, or its mark taken away; the question stays."""
    making = standing.making
    if standing.ask is Ask.OPTIONS and making is not None and isinstance(choice.value, str):
        kept = tuple(option for option in making.options if option != choice.value)
        options = kept if choice.value in making.options else (*kept, choice.value)
        return Standing(standing.draft, standing.ask, replace(making, options=options))
    channel: Channel = next(one for one in CHANNELS if one == choice.value)
    return Standing(replace(standing.draft, channel=channel), standing.ask)


def said_before(standing: Standing) -> str:
    """The answer that a question has already, as it could be typed."""
    draft = standing.draft
    match standing.ask:
        case Ask.DUE:
            return "" if draft.due is None else f"{draft.due:%Y-%m-%d %H:%M}"
        case Ask.NAME:
            return draft.name
        case Ask.PHONE:
            return draft.phone
    return ""


def complete(standing: Standing, typed: str, choice: Choice | None, shop: Shop) -> Draft:
    """The order with what is typed, ready to be placed; raises Unclear and Doubt as `answered` does."""
    if typed.strip() or standing.making is not None or standing.ask is not Ask.ITEM:
        standing = answered(standing, typed, choice, shop)
    while standing.making is not None:
        standing = answered(standing, "", None, shop)
    draft = standing.draft
    if not draft.lines:
        raise Unclear("first a product")
    for product in draft.sold_out(shop.unavailable):
        _insist(sold_out(product, shop), shop)
    _insist(early(draft, shop), shop)
    if shop.paused:
        _insist(
            Doubt("paused", shop.manner.say("the store takes no orders now: once more takes it all the same")), shop
        )
    return draft


def early(draft: Draft, shop: Shop) -> Doubt | None:
    """That the order is wanted before it can be made."""
    if draft.due is None or not draft.too_early(shop.now):
        return None
    words = shop.manner.say("TOO EARLY: {time} at the earliest; once more takes it all the same")
    return Doubt(f"early {draft.due}", words.format(time=when(draft.earliest(shop.now), shop)))


def sold_out(product: Product, shop: Shop) -> Doubt:
    """That a product is sold out."""
    words = shop.manner.say("SOLD OUT: {name}; once more takes it all the same").format(name=product.name)
    return Doubt(f"sold out {product.code}", words)


def when(moment: datetime | None, shop: Shop) -> str:
    """A time as people say it."""
    say = shop.manner.say
    if moment is None:
        return say("as soon as possible")
    days = (moment.date() - shop.now.date()).days
    if days in {0, 1}:
        return f"{say('today') if not days else say('tomorrow')} {moment:%H:%M}"
    date = f"{moment:%m-%d}" if moment.year == shop.now.year else f"{moment:%Y-%m-%d}"
    return f"{say(_WEEKDAYS[moment.weekday()])} {date} {moment:%H:%M}"


def counted(line: Line) -> str:
    """How many of what."""
    return f"{line.quantity.normalize():f}{line.product.unit and ' ' + line.product.unit} x {line.product.name}"


def _products(typed: str, shop: Shop) -> Iterator[Choice]:
    wanted = read_line(typed, shop.products)
    for place in matching(shop.products, wanted.what):
        product = shop.products[place]
        line = Line(product, wanted.quantity, note=wanted.note)
        out = product.code in shop.unavailable
        lead = shop.manner.span(product.lead_minutes) if product.lead_minutes else ""
        remark = shop.manner.say("SOLD OUT") if out else lead
        yield Choice(counted(line) if typed.strip() else product.name, line, place + 1, remark, trouble=out)


def _times(draft: Draft, typed: str, shop: Shop) -> Iterator[Choice]:
    try:
        due = read_due(typed, shop.now)
    except Unclear:
        return
    if typed.strip():
        hasty = replace(draft, due=due)
        yield Choice(when(due, shop), typed, remark=_span_to(due, shop), trouble=hasty.too_early(shop.now))
        return
    earliest = draft.earliest(shop.now)
    yield Choice(f"{when(None, shop)}: {when(earliest, shop)}", "", remark="Enter")
    for span in SPANS:
        due = read_due(span, shop.now)
        if due is not None and not replace(draft, due=due).too_early(shop.now):
            yield Choice(when(due, shop), span, remark=span)
    morning = (shop.now + timedelta(days=1)).replace(hour=9, minute=0)
    for moment in (morning, morning.replace(hour=16)):
        yield Choice(when(moment, shop), f"{moment:%Y-%m-%d %H:%M}", remark=f"{moment:%m-%d %H:%M}")


def _span_to(due: datetime | None, shop: Shop) -> str:
    if due is None:
        return ""
    minutes = int((due.timestamp() - shop.now.timestamp()) // 60)
    return shop.manner.say("in {span}").format(span=shop.manner.span(minutes))


def _item(standing: Standing, text: str, choice: Choice | None, shop: Shop) -> Standing:
    draft = standing.draft
    if not text and choice is None:
        if not draft.lines:
            raise Unclear("first a product")
        return Standing(draft, Ask.DUE)
    if text.startswith("-"):
        number = text[1:].strip() or str(len(draft.lines))
        if not number.isdecimal() or not 1 <= int(number) <= len(draft.lines):
            raise Unclear("there is no such line")
        return Standing(draft.without_line(int(number)))
    if choice is None:
        wanted = read_line(text, shop.products)
        if _NONE.match(wanted.what):
            raise Unclear("of a product there must be at least one")
        words = shop.manner.say("no product is called {name}: once more takes it as it is").format(name=wanted.what)
        _insist(Doubt(f"unknown {wanted.what}", words), shop)
        return _next(standing, Line(Product("", wanted.what), wanted.quantity, note=wanted.note))
    assert isinstance(choice.value, Line)
    line, product = choice.value, choice.value.product
    if product.code in shop.unavailable:
        _insist(sold_out(product, shop), shop)
    only = {"size": product.sizes, "flavour": product.flavours}
    return _next(standing, replace(line, **{field: one[0] for field, one in only.items() if len(one) == 1}))


def _next(standing: Standing, line: Line) -> Standing:
    """The line's next question; after its last the next product."""
    asks = asked_of(line.product)
    at = asks.index(standing.ask) + 1 if standing.ask in asks else 0
    if at < len(asks):
        return Standing(standing.draft, asks[at], line)
    return Standing(standing.draft.with_line(line))


def _offered(product: Product, ask: Ask) -> tuple[str, ...]:
    return {Ask.SIZE: product.sizes, Ask.FLAVOUR: product.flavours, Ask.OPTIONS: product.options}[ask]


def _one_of(text: str, choice: Choice | None, shop: Shop) -> str:
    if choice is not None:
        return str(choice.value)
    if not text:
        raise Unclear("choose one")
    words = shop.manner.say("{text} is not in the list: once more takes it as it is").format(text=text)
    _insist(Doubt(f"unlisted {text}", words), shop)
    return text


def _candles(text: str) -> int | None:
    plain = normalize("NFKC", text)
    if not plain:
        return None
    if not plain.isdecimal() or int(plain[:6]) > MOST_CANDLES:
        raise Unclear("how many candles? a number, or nothing")
    return int(plain)


def _phone(text: str) -> str:
    phone = "".join(sign for sign in normalize("NFKC", text) if sign not in SPACING)
    if phone and (not set(phone) <= PHONE or "+" in phone[1:] or len(phone) not in DIGITS_OF_A_PHONE):
        raise Unclear("a phone number has digits only, and perhaps a + first")
    return phone


def _insist(doubt: Doubt | None, shop: Shop) -> None:
    if doubt is not None and doubt.about not in shop.sure:
        raise doubt
