"""Cards for tests, with everything filled in that a test does not care about."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from display.age import pace, read
from display.face import Face
from display.manner import Manner
from edge.orders import Bakery, ItemId, Moment, Option, OrderId, OrderState, StageId, Word
from edge.views import Card, CardItem, Next, RemovedItem
from edge.words import Language, speak
from tests.builders import MORNING

NOW = datetime.fromtimestamp(MORNING, UTC)


def minutes(count: float) -> timedelta:
    """A time span."""
    return timedelta(minutes=count)


def a_line(name: str = "Rye bread", **rest: Any) -> CardItem:
    """An item that waits to be baked."""
    parts: dict[str, Any] = {
        "item": ItemId("1"), "name": name, "quantity": Decimal(1), "stage": StageId("baking"), "stage_name": "Baking",
        "moment": Moment.WAITING, "since": NOW,
    }  # fmt: skip
    return CardItem(**parts | rest)


def a_card(*items: CardItem, **rest: Any) -> Card:
    """An order whose next press starts the baking."""
    parts: dict[str, Any] = {
        "slot": 1, "order": OrderId("o1"), "display_id": "A017", "state": OrderState.OPEN,
        "due": NOW + minutes(40), "priority": 0, "channel": "", "customer": "", "note": "", "marks": (), "since": NOW,
        "next": Next(StageId("baking"), "Baking", Moment.STARTED), "items": items or (a_line(),),
    }  # fmt: skip
    return Card(**parts | rest)


def in_the_oven(**rest: Any) -> CardItem:
    """An item whose baking was started."""
    return a_line(moment=Moment.STARTED, **rest)


FINISH = Next(StageId("baking"), "Baking", Moment.FINISHED)

BIRTHDAY = a_card(
    a_line(
        "草莓奶油蛋糕 8寸",
        stage_name="烘烤",
        options=(Option("夹心:芒果"), Option("生日帽", Decimal(2))),
        note="少糖",
        bakery=Bakery(cake_text="小雨,生日快乐!", candles=6, allergens=("鸡蛋", "牛奶")),
    ),
    a_line(
        "Sourdough loaf, sliced", item=ItemId("2"), quantity=Decimal(2), stage=StageId("cooling"), stage_name="冷却"
    ),
    channel="meituan",
    customer="王女士",
    note="放门口",
    marks=(Word.NEW,),
    due=NOW + minutes(25),
    next=Next(StageId("baking"), "烘烤", Moment.STARTED),
    dropped=("schedule",),
)


CHANGED = a_card(
    in_the_oven(
        name="草莓奶油蛋糕 8寸",
        stage_name="烘烤",
        change="altered",
        changed=("quantity", "cakeText"),
        quantity=Decimal(2),
        bakery=Bakery(cake_text="小雨,生日快乐!", allergens=("鸡蛋",)),
    ),
    a_line("Sourdough loaf, sliced", item=ItemId("2"), change="added", stage_name="烘烤"),
    removed=(
        RemovedItem(ItemId("3"), "可颂", Decimal(6), "", begun=True),
        RemovedItem(ItemId("4"), "Plain bagel", Decimal(2), "", begun=False),
    ),
    marks=(Word.CHANGED,),
    due=NOW + minutes(25),
    next=Next(StageId("baking"), "烘烤", Moment.FINISHED),
)
GONE = a_card(
    removed=(RemovedItem(ItemId("4"), "Plain bagel", Decimal(2), "", begun=False),), marks=(Word.CHANGED,), next=None
)
GONE = replace(GONE, items=())
CANCELLED = replace(BIRTHDAY, state=OrderState.CANCELLED, next=None, marks=(Word.CANCELLED,))


def face(card: Card, width: int, height: int, **rest: Any) -> Face:
    """A card's face."""
    parts: dict[str, Any] = {"position": 2, "manner": Manner(speak("en"), UTC, live=True), "now": MORNING}
    return Face(card=card, width=width, height=height, **parts | rest)


def drawn(
    card: Card,
    width: int = 40,
    height: int = 16,
    *,
    position: int = 2,
    language: Language = "en",
    later: float = 0,
    live: bool = True,
) -> list[str]:
    """The rows of a card, so many minutes later."""
    now = MORNING + 60 * later
    shown = face(card, width, height, position=position, manner=Manner(speak(language), UTC, live), now=now)
    reading = read(pace(card), now)
    return [strip.text for strip in (*shown.head(reading), *shown.body(), shown.foot(reading))]


def said(card: Card, width: int = 40, height: int = 16, **rest: Any) -> str:
    """All that a card says, in one line with single spaces."""
    return " ".join(" ".join(drawn(card, width, height, **rest)).split())
