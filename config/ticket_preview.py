"""What a printer's tickets look like without a printer: of a made-up order, or of one from a file."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace
from PIL import Image

from config.assembly import zone_of
from config.failed import Failed
from config.settings import StoreFile
from devices.settings import PrinterSettings
from devices.sheet import Setting
from devices.testpage import compose_page, page_bytes
from devices.ticket import compose, ticket_bytes
from devices.twin.reader import Reader, Ticket
from edge.files import read_file
from edge.opendelivery import Unreadable, read_order
from edge.orders import Bakery, Item, ItemId, Option, Order, OrderId, OrderState
from edge.settings import StoreSettings
from edge.tickets import Amended, Job, JobId, Slip, TicketKind
from edge.words import Language, speak

BEGAN = datetime(2026, 11, 22, 1, tzinfo=UTC).timestamp()  # of the made-up order: the pictures stay the same
TALLEST = 32_000  # dots of a picture: viewers end there
DUE = datetime(2026, 11, 22, 8, 30, tzinfo=UTC).timestamp()


def settings_of(
    store: StoreFile | None, language: Language | None, *, columns: int | None = None, encoding: str | None = None
) -> tuple[StoreFile, PrinterSettings]:
    """A store and its first printer, made up where there is none, with what is asked for instead."""
    store = store or StoreFile(store=StoreSettings(id="store", language="zh", timezone="Asia/Shanghai"))
    if language:
        store = replace(store, store=replace(store.store, language=language))
    printer = next(iter(store.printers), PrinterSettings(id="kitchen", connection="file:/dev/null"))
    return store, replace(printer, columns=columns or printer.columns, encoding=encoding or printer.encoding)


def as_text(kind: TicketKind, store: StoreFile, printer: PrinterSettings, order: Order | None = None) -> str:
    """A ticket of that kind for a terminal."""
    setting = _setting(store, printer)
    strips = (
        compose_page(printer.id, 1, setting)
        if kind == "test"
        else compose(*_wanted(kind, printer, order or sample_order(store.store.language)), setting)
    )
    return Ticket(strips, printer.columns, cut=True).text


class Shown(NamedTuple):
    """A picture, and how much of the ticket is in it."""

    picture: Image.Image
    papers: int
    of: int


def as_picture(kind: TicketKind, store: StoreFile, printer: PrinterSettings, order: Order | None = None) -> Shown:
    """A ticket of that kind as it falls out of a printer; where that is more than one paper, below each other.

    As many as a viewer of pictures can show.
    """
    setting = _setting(store, printer)
    sent = (
        page_bytes(printer.id, 1, setting)
        if kind == "test"
        else ticket_bytes(*_wanted(kind, printer, order or sample_order(store.store.language)), setting)
    )
    papers: list[Ticket] = []
    Reader(printer.columns, bytes, papers.append, []).feed(sent)
    pictures: list[Image.Image] = []
    height = 0
    for picture in (paper.picture() for paper in papers):
        if pictures and height + picture.height > TALLEST:
            break
        pictures.append(picture)
        height += picture.height
    whole = Image.new("RGB", (pictures[0].width, height))
    top = 0
    for picture in pictures:
        whole.paste(picture, (0, top))
        top += picture.height
    return Shown(whole, len(pictures), len(papers))


def order_in(file: Path) -> Order:
    """The order in a file, as the cloud would send it."""
    try:
        return read_order(read_file(file))
    except Unreadable as error:
        raise Failed(f"{file}: {error}") from error


def sample_order(language: Language) -> Order:
    """A cake with everything that can be said of one, and a little beside it."""
    zh = language == "zh"
    cake = Item(
        ItemId("1"),
        "草莓奶油蛋糕" if zh else "Strawberry cream cake",
        "cake-strawberry",
        options=(Option("生日帽" if zh else "Birthday hat"), Option("餐具" if zh else "Fork", Decimal(6))),
        note="少糖" if zh else "less sugar",
        bakery=Bakery(
            cake_text="小雨,生日快乐!" if zh else "Happy birthday, Anna!",
            candles=6,
            size="8寸" if zh else "8 inch",
            flavour="原味" if zh else "vanilla",
            filling="芒果" if zh else "mango",
            frosting="淡奶油" if zh else "whipped cream",
            allergens=("鸡蛋", "牛奶") if zh else ("egg", "milk"),
        ),
    )
    rolls = Item(ItemId("2"), "可颂" if zh else "Croissant", "bread-croissant", Decimal(2))
    return Order(
        OrderId("a017"),
        "A017",
        channel="meituan" if zh else "phone",
        created=BEGAN,
        due=DUE,
        customer="王女士" if zh else "Ms. Wang",
        phone="13800001234",
        note="礼盒" if zh else "gift box",
        items=(cake, rolls),
    )


def _slip(order: Order) -> Slip:
    """As if the customer had first ordered one more of the first item, and later."""
    item = order.items[0]
    now = item.quantity + 1
    was = Amended(item.id, item.name, item.quantity, item.unit, was={"quantity": f"{now:f}"})
    stopped = [
        Amended(ItemId("-"), other.name, other.quantity, other.unit, removed=True, begun=True)
        for other in order.items[1:2]
    ]
    return Slip((was, *stopped), ("due",))


def _wanted(kind: TicketKind, printer: PrinterSettings, order: Order) -> tuple[Job, Order]:
    if kind == "cancel":
        order = replace(order, state=OrderState.CANCELLED)
    items = tuple(item.id for item in order.items)
    slip = _slip(order) if kind == "change" else None
    return Job(JobId("1"), printer.id, kind, order.id, items, at=order.created, slip=slip), order


def _setting(store: StoreFile, printer: PrinterSettings) -> Setting:
    """How a store's printer sets its tickets."""
    return Setting(
        columns=printer.columns,
        encoding=printer.encoding,
        phone=store.store.phone,
        say=speak(store.store.language),
        timezone=zone_of(store),
        buzzer=printer.buzzer,
    )
