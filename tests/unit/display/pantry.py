"""A bakery's whole day for views that sum up or list: orders whole, tickets, devices and all that can be wrong."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from edge.info import Gap, Keypad, Letter, Letters, Product, StoreInfo
from edge.orders import Bakery, ItemId, Moment, Option, OrderId, OrderState, StageId, StationId
from edge.tickets import JobId, JobState
from edge.views import BoardView, Card, CardItem, Device, Halted, Lapsed, Paper, StationView, Status, Untold, Whole
from tests.unit.display.cards import NOW, a_line, minutes
from tests.unit.display.stand_in import a_board
from tests.unit.display.wholes import a_whole

OVEN, DECO, PACKING = StationId("oven"), StationId("deco"), StationId("packing")
NAMES = {OVEN: "烤箱", DECO: "裱花", PACKING: "打包"}
STAGES = {"baking": ("烘烤", OVEN), "frosting": ("裱花", DECO), "boxing": ("装盒", PACKING)}


def an_item(name: str, quantity: str = "1", stage: str = "baking", **rest: Any) -> CardItem:
    """So much of a product, waiting at a stage."""
    stage_name, station = STAGES[stage]
    place = {"stage": StageId(stage), "stage_name": stage_name, "station": station, "code": f"code-{name}"}
    return a_line(name, **place | {"quantity": Decimal(quantity)} | rest)


def a_paper(job: str = "7", **rest: Any) -> Paper:
    """A ticket of which nobody knows whether it came out."""
    parts: dict[str, Any] = {
        "order": OrderId("a17"), "display_id": "A17", "job": JobId(job), "printer": "kitchen", "kind": "kitchen",
        "state": JobState.UNCONFIRMED, "reason": "the printer hung up before it confirmed", "at": NOW - minutes(5),
        "attempt": 1,
    }  # fmt: skip
    return Paper(**parts | rest)


def a_halt(code: str = "", name: str = "", since: datetime = NOW - timedelta(minutes=20), reason: str = "") -> Halted:
    """Somebody at the oven said that there is none."""
    return Halted(code, name, since, "display:oven", reason)


def a_day(*orders: Whole, cards: tuple[Card, ...] = (), **rest: Any) -> BoardView:
    """A board of three stations with these orders, and cards at the oven."""
    stations = tuple(
        StationView(station, name, 1, 4, cards if station == OVEN else ()) for station, name in NAMES.items()
    )
    return a_board(stations=stations, orders=orders, **rest)


STARTED: dict[str, Any] = {"moment": Moment.STARTED}
BUSY = (
    a_whole("a1", an_item("可颂", "24"), an_item("可颂", "12", item=ItemId("2"), **STARTED), due=NOW + minutes(30)),
    a_whole("a2", an_item("可颂", "6", options=(Option("杏仁"),)), an_item("Rye bread", "1.5", unit="kg")),
    a_whole(
        "a3",
        an_item(
            "草莓奶油蛋糕", "1", "frosting",
            bakery=Bakery(size="8寸", filling="芒果", candles=6), options=(Option("生日帽", Decimal(2)),), **STARTED,
        ),
        an_item("草莓奶油蛋糕", "2", item=ItemId("2"), bakery=Bakery(size="6寸", filling="芒果"), wasted=Decimal(1)),
        an_item("Rye bread", "3", item=ItemId("3")),
        due=NOW + minutes(95),
    ),
    a_whole("a4", an_item("可颂", "8", "boxing", moment=Moment.FINISHED), state=OrderState.READY),
    a_whole("a5", an_item("可颂", "10"), state=OrderState.HELD, release=NOW + minutes(200)),
    a_whole("a6", an_item("可颂", "99"), state=OrderState.HELD, release=NOW + minutes(60 * 26)),
    a_whole("a7", an_item("Plain bagel", "2"), state=OrderState.LAPSED, customer="王女士", phone="1234"),
)  # fmt: skip
SOLD_OUT = (a_halt("code-Rye bread", "Rye bread"), a_halt("tart", "蛋挞", reason="烤箱坏了"))
PRODUCTS = (Product("code-可颂", "可颂"), Product("code-草莓奶油蛋糕", "草莓奶油蛋糕"))
KEYS = {
    **{str(digit): f"bump {digit}" for digit in range(1, 10)},
    "0": "bump 10", "*": "bump 11", "#": "bump 12", "A": "acknowledge", "B": "reprint", "C": "page next", "D": "recall",
}  # fmt: skip
PAD = Keypad("oven-pad", OVEN, KEYS)
INFO = StoreInfo("hz-0012", "麦田烘焙", "zh", "UTC", PRODUCTS, (PAD,))
LETTERS = Letters(
    (
        Letter(
            90, NOW - minutes(12), "ovenbell/v1/hz-0012/orders", "items[0].quantity: expected a number", 812,
            '{"specversion": "1.0", "id": "mt-2026-000123-1", "type": "ovenbell.order.placed", "data": {"displayId": '
            '"A099", "items": [{"name": "草莓奶油蛋糕 8寸", "quantity": "viele"}]}}',
        ),
        Letter(95, NOW - minutes(2), "ovenbell/v1/hz-0012/orders", "not JSON", 3, "hm?"),
    ),
    (Gap(41, 43), Gap(47, 47)),
)  # fmt: skip
DEVICES = (
    Device("kitchen", "printer", "fault", "打印机缺纸"),
    Device("label", "printer", "missing", "打印机连不上"),
    Device("old", "printer", "unknown", "打印机不回报状态:单子已发送但未确认"),
    Device("counter", "printer", "ok"),
    Device("oven-pad", "keypad", "ok", "烤箱的 3 号是空的"),
    Device("deco-pad", "keypad", "missing", "按键盘未连接"),
)
ILL = Status(
    "away", NOW - minutes(7), 2, 2, 1, 2, "database or disk is full", DEVICES, "not set", "the connection broke"
)
ALL_WRONG = a_day(
    *BUSY,
    status=ILL,
    papers=(
        a_paper(),
        a_paper("9", state=JobState.UNSENT, reason="打印机缺纸", attempt=2),
        a_paper("11", order=OrderId("a2"), display_id="A2", state=JobState.QUEUED, reason="", kind="change"),
    ),
    paused=a_halt(reason="too many orders"),
    unavailable=SOLD_OUT,
    lapsed=(Lapsed(OrderId("a7"), "A7", NOW - minutes(60 * 30)),),
    untold=(
        Untold(
            OrderId("a4"), "A4", "order.ready", NOW - minutes(3), "王女士", "1234", "wechat",
            "您的订单 A4 已做好,欢迎到麦田烘焙取货。", "43101: the customer allows no more of these",
        ),
    ),
)  # fmt: skip
