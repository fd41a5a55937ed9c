"""A bakery's morning as data: what the cloud and the shop send, and when; another seed is another morning."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal, NamedTuple
from uuid import UUID

from edge.words import Language

Kind = Literal["placed", "changed", "cancelled", "walk-in"]


class Step(NamedTuple):
    """Something that comes in: seconds from the start, what it is, and the order's data."""

    at: float
    kind: Kind
    data: dict[str, Any]


class Product(NamedTuple):
    """Something the bakery sells."""

    code: str
    zh: str
    en: str


BREADS = (
    Product("bread-croissant", "可颂", "Croissant"),
    Product("bread-toast", "北海道吐司", "Milk toast"),
    Product("bread-bagel", "原味贝果", "Plain bagel"),
    Product("bread-sourdough", "乡村酸种", "Sourdough loaf"),
)
CAKES = (
    Product("cake-strawberry-6", "草莓奶油蛋糕 6寸", "Strawberry cream cake 6in"),
    Product("cake-chocolate-8", "黑森林蛋糕 8寸", "Black forest cake 8in"),
    Product("cake-mango-6", "芒果慕斯 6寸", "Mango mousse 6in"),
)
CHANNELS = ("wechat", "meituan", "eleme", "wechat")
PROGRAM = "wechat"  # the shop's own mini program, where an order can also be changed and cancelled
NAMES = {"zh": ("王女士", "李先生", "陈小姐", "周老师"), "en": ("Ms Wang", "Mr Li", "Ms Chen", "Mr Zhou")}
NOTES = {"zh": ("", "", "少糖", "切片", "不要蜡烛"), "en": ("", "", "less sugar", "sliced", "no candles")}
LEAD_MINUTES = 90  # of cakes, in the demo's store.toml
RUSH = 24.0  # seconds from the start


class Morning:
    """Makes orders that look like a bakery's."""

    def __init__(self, start: datetime, seed: int, language: Language) -> None:
        self._start = start
        self._random = Random(seed)
        self._language = language
        self._count = 0

    def steps(self) -> Iterator[Step]:
        """Walk-ins, a birthday cake with a due time, a change, a cancellation, a rush; then a steady trickle."""
        yield self._order(0.5, BREADS[:1])
        yield self._order(1.5, BREADS[1:3], kind="walk-in")
        yield self._order(3.0, CAKES[:1])
        birthday = self._birthday(4.5)
        yield birthday
        doubtful = self._order(6.0, BREADS[3:], channel=PROGRAM)
        yield doubtful
        yield self._order(7.0, CAKES[2:])
        changed = {**birthday.data, "items": [self._candles(birthday.data["items"][0])]}
        yield birthday._replace(at=13.0, kind="changed", data=changed)
        yield Step(
            15.0, "cancelled", {"id": doubtful.data["id"], "reason": self._either("客人改主意了", "changed her mind")}
        )
        for number in range(6):
            yield self._order(RUSH + 0.4 * number, self._some())
        at = RUSH + 8.0
        while True:
            at += self._random.uniform(5.0, 12.0)
            yield self._order(at, self._some(), kind=self._random.choice(("placed", "placed", "placed", "walk-in")))

    def _some(self) -> tuple[Product, ...]:
        if self._random.random() < 0.35:  # noqa: PLR2004 - a third of a morning's orders are cakes
            return (self._random.choice(CAKES),)
        return tuple(self._random.sample(BREADS, self._random.choice((1, 1, 2))))

    def _order(
        self, at: float, products: tuple[Product, ...], kind: Kind = "placed", channel: str | None = None
    ) -> Step:
        self._count += 1
        when = self._start + timedelta(seconds=at)
        channel = channel or ("phone" if kind == "walk-in" else self._random.choice(CHANNELS))
        data = {
            "id": str(UUID(int=self._random.getrandbits(128), version=4)),
            "displayId": f"{channel[0].upper()}{self._count:03}",
            "type": "TAKEOUT",
            "orderTiming": "INSTANT",
            "createdAt": _rfc3339(when),
            "salesChannel": channel,
            "takeout": {
                "mode": "DEFAULT",
                "takeoutDateTime": _rfc3339(when + timedelta(minutes=self._random.randint(20, 60))),
            },
            "customer": {
                "name": self._random.choice(NAMES[self._language]),
                "phone": {"number": f"138{self._random.randrange(10**8):08}"},
            },
            "items": [self._line(str(number), product) for number, product in enumerate(products, 1)],
        }
        return Step(at, kind, data)

    def _line(self, line_id: str, product: Product) -> dict[str, Any]:
        line: dict[str, Any] = {
            "id": line_id,
            "name": self._either(product.zh, product.en),
            "externalCode": product.code,
            "unit": "UN",
            "quantity": 1 if product in CAKES else self._random.choice((1, 2, 2, 4, 6)),
            "specialInstructions": self._random.choice(NOTES[self._language]) or None,
        }
        if product in CAKES:
            line["options"] = [{"name": self._either("夹心:芒果", "filling: mango"), "quantity": 1}]
            line["bakery"] = {"allergens": self._either("鸡蛋 牛奶", "egg milk").split()}
        return line

    def _birthday(self, at: float) -> Step:
        """Due so that it is released a few seconds after it came."""
        step = self._order(at, CAKES[1:2], channel=PROGRAM)
        due = _rfc3339(self._start + timedelta(seconds=at + 5.5, minutes=LEAD_MINUTES))
        line = step.data["items"][0]
        line["bakery"] |= {"cakeText": self._either("小雨,生日快乐!", "Happy birthday, Rain!"), "candles": 6}
        data = {
            **step.data,
            "orderTiming": "SCHEDULED",
            "schedule": {"scheduledDateTimeStart": due, "scheduledDateTimeEnd": due},
            "takeout": {"mode": "DEFAULT", "takeoutDateTime": due},
            "items": [line],
        }
        return step._replace(data=data)

    def _candles(self, line: dict[str, Any]) -> dict[str, Any]:
        return {
            **line,
            "bakery": {**line["bakery"], "candles": 7},
            "specialInstructions": self._either("加一根蜡烛", "one more candle"),
        }

    def _either(self, zh: str, en: str) -> str:
        return zh if self._language == "zh" else en


def _rfc3339(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
