"""The pictures and the command help in the documentation, made by the program itself: `make pictures`."""

import asyncio
import html
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import groupby
from pathlib import Path

import msgspec
from PIL import Image
from rich.cells import cell_len
from typer.testing import CliRunner

from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.orders import Alarm, Tally
from cloud_bridge.gateway.orders import Store as StoreRow
from cloud_bridge.gateway.page import Letter, Seen, show_page
from cloud_bridge.gateway.plan import AccountPlan, Plan, StorePlan
from config.assembly import Store, zone_of
from config.command import app
from config.demo.morning import Morning
from config.demo.shop import STATIONS, Shop
from config.settings import load_store
from display.app import KitchenDisplay
from display.feed_client import FeedClient
from edge.intents import Bump, Change, Intent, Place, Refused
from edge.opendelivery import read_order
from edge.orders import OrderId, OrderState, Stamp, StationId
from edge.words import speak
from tests.browsers import CHROMIUM
from tests.televisions import LOUD, a_television

HOUSE = Path(__file__).parents[2]
SCREENS = HOUSE / "display" / "pictures"
VIEWS = {"expo": "f3", "counter": "f4", "timeline": "f5", "day": "f6", "trouble": "f7"}  # with the keys that show them
ENTRY = ("f8", *"2 ks", "enter", *"cm", "enter")  # an order on the phone, half way
PICKUP = SCREENS / "pickup.png"
GATEWAY = HOUSE / "cloud_bridge" / "pictures" / "gateway.png"
TICKET = HOUSE / "devices" / "pictures" / "ticket.png"
README = HOUSE / "README.md"
READMES = (README, HOUSE / "README.zh.md")
NINE = datetime(2026, 11, 22, 1, tzinfo=UTC)  # in Hangzhou
STEPS = 15  # of the demo's morning
PRESSES = {3: "o1 o3", 4: "o1 o3", 5: "o3 o2 d1", 7: "o2 o5", 8: "o5", 9: "o5", 11: "o6 o4", 12: "o6", 13: "o6 o7 o2"}
CHARACTER = 12.2  # the width of one on a Textual screenshot
NO_BREAK = "\N{NO-BREAK SPACE}"
FONTS = "Menlo, DejaVu Sans Mono, Noto Sans Mono CJK SC"
COMMANDS = (
    "demo", "hub", "display", "practice", "setup", "install", "uninstall", "ticket", "doctor", "keys", "backup",
    "restore", "reparse", "schema", "gateway",
)  # fmt: skip


class NineOClock:
    """A clock for pictures: it stands until it is set."""

    def __init__(self) -> None:
        self.at = NINE

    def now(self) -> float:
        """Seconds since 1970, UTC."""
        return self.at.timestamp()

    def monotonic(self) -> float:
        """The same: it only has to grow."""
        return self.at.timestamp()


async def make_pictures(screens: Path = SCREENS, *, paper: bool = True) -> None:
    """A quarter of an hour of the demo's morning, in every view; with `paper` also what is no screen."""
    clock, shop = NineOClock(), Shop("zh")
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "store.toml")
        await shop.printer.start()
        text = shop.settings(Path(directory), cloud=False)
        await asyncio.to_thread(file.write_text, text, encoding="utf-8")
        settings = load_store(file)
        settings = msgspec.structs.replace(
            settings,
            store=msgspec.structs.replace(settings.store, timezone="Asia/Shanghai"),
            feed=msgspec.structs.replace(settings.feed, listen="127.0.0.1:0"),
            printers=tuple(msgspec.structs.replace(p, connection=shop.printer.connection) for p in settings.printers),
            keypads=(),
        )
        store = Store(settings, clock)
        await store.start()
        try:
            await _live(store, clock)
            await _photograph(store, screens)
            if paper:
                TICKET.parent.mkdir(exist_ok=True)
                with_text = next(ticket for ticket in shop.printer.tickets if "生日" in ticket.text)
                with_text.picture().save(TICKET, optimize=True)
            if paper and CHROMIUM is not None:
                await _photograph_television(store)
                await _photograph_gateway()
        finally:
            await store.stop()
            await shop.printer.stop()


async def _live(store: Store, clock: NineOClock) -> None:
    """Let the orders come a minute apart, and press where a baker would."""
    for number, step in zip(range(STEPS), Morning(NINE, 1, "zh").steps(), strict=False):
        clock.at = NINE + timedelta(minutes=number)
        intent = _intent(step.kind, step.data, clock.now())
        if intent is not None:
            await store.hub.submit(intent, by="cloud")
        for press in PRESSES.get(number, "").split():
            station = StationId("oven" if press.startswith("o") else "decorating")
            with suppress(Refused):
                await store.hub.submit(Bump(station, int(press[1:])), by=f"keypad:{station}-pad")
        await _all_printed(store)


async def _all_printed(store: Store) -> None:
    while any(job.waiting for job in store.hub.board.jobs.values()):  # noqa: ASYNC110 - spoolers tell nobody else
        await asyncio.sleep(0.02)


def _intent(kind: str, data: object, now: float) -> Intent | None:
    if kind == "cancelled":
        return None
    order = read_order(msgspec.json.encode(data))
    stamp = Stamp("/channels/demo", str(now), now)
    return Change(order, stamp) if kind == "changed" else Place(order, stamp)


async def _photograph(store: Store, screens: Path) -> None:
    """Two stations, then every other view of the whole store, with two orders ready."""
    await _keep(store, (180, 50), STATIONS[:2], {screens / "board.svg": ()})
    for order_id in [order.id for order in list(store.hub.board.orders.values())[:2]]:
        await _make(store, order_id)
    await _all_printed(store)
    keys: dict[str, Iterable[str]] = {name: (key,) for name, key in VIEWS.items()} | {"entry": ENTRY}
    await _keep(store, (120, 36), (), {screens / f"{name}.svg": pressed for name, pressed in keys.items()})


async def _keep(
    store: Store, size: tuple[int, int], stations: Sequence[str], pictures: Mapping[Path, Iterable[str]]
) -> None:
    host, port = store.feed.address
    feed = FeedClient(f"http://{host}:{port}")
    display = KitchenDisplay(feed, stations=stations, zone=zone_of(store.settings), silent=True)
    async with display.run_test(size=size) as pilot:
        while not display.feed.live:
            await pilot.pause(0.05)
        for file, keys in pictures.items():
            await pilot.press(*keys)
            await pilot.pause(0.5)
            picture = display.export_screenshot(title="Ovenbell")
            await asyncio.to_thread(file.write_text, _at_rest(picture), encoding="utf-8")


async def _photograph_television(store: Store) -> None:
    """What a browser in the shop shows a moment later, when some orders are ready, the last of them just now."""
    host, port = store.feed.address
    *ready, latest = (order.id for order in list(store.hub.board.orders.values())[2:5])
    for order_id in ready:
        await _make(store, order_id)
    async with a_television(LOUD, width=1280, height=720) as television:
        await television.tell(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}]
        )
        await television.show(f"http://{host}:{port}/pickup")
        await television.until("document.querySelectorAll('#ready li').length")
        await _make(store, latest)
        await television.until("document.querySelectorAll('.fresh').length")
        picture = Image.open(BytesIO(await television.picture()))
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(PICKUP, optimize=True)


async def _photograph_gateway() -> None:
    """The page of an owner of some stores, one of which has lost its line."""
    now = NINE.timestamp()
    stores = {f"hz-00{number}": name for number, name in zip((12, 13, 14), ("西湖店", "滨江店", "城西店"), strict=True)}
    accounts = [AccountPlan(channel, "maitian") for channel in ("meituan", "eleme", "wechat", "generic")]
    board = Board(
        Plan(
            stores={key: StorePlan(key, f"麦田烘焙 {name}", "zh") for key, name in stores.items()},
            accounts={account.key: account for account in accounts},
        )
    )
    for number, account in enumerate(accounts):
        board.accounts[account.key] = Tally(orders=412 - 97 * number, last_order=now - 70 * number)
    away = "hz-0014"
    for number, key in enumerate(stores, 1):
        about = {"online": key != away, "since": now - 5400 * number, "last": now - 5, "version": "0.1.0"}
        board.stores[key] = StoreRow(
            key, number, **about | ({"unanswered": 3, "last": now - 1500} if key == away else {})
        )
    board.alarms[f"away/{away}"] = Alarm("away", away, now - 900, "")
    seen = Seen(
        broker="",
        journal="",
        refused={"generic/maitian": 2},
        sent={"wechat": 871, "easemob": 44},
        failed={"wechat": 3},
        forbidden={},
        letters=(Letter(now - 2400, "eleme/maitian", "message.orderId: expected the order's id"),),
    )
    page = show_page(board, seen, now, speak("zh"), speak("zh")("Ovenbell gateway"))
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "page.html")
        await asyncio.to_thread(file.write_text, page, encoding="utf-8")
        async with a_television(LOUD, width=1100, height=900) as browser:
            await browser.show(file.as_uri())
            await browser.until("document.querySelectorAll('table').length")
            picture = Image.open(BytesIO(await browser.picture()))
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(GATEWAY, optimize=True)


async def _make(store: Store, order_id: OrderId) -> None:
    """Press until nothing of an order is left to make."""
    while (order := store.hub.board.orders[order_id]).state is OrderState.OPEN:
        station, number = next(iter(order.slots.items()))
        await store.hub.submit(Bump(station, number), by="display:all")


def _at_rest(picture: str) -> str:
    """A screenshot that fetches no font and in which every run of letters of one width stands where it belongs."""
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.DOTALL).replace("Fira Code", FONTS)

    def apart(text: re.Match[str]) -> str:
        before, x, y, after, shown = text.groups()
        at, runs = float(x), []
        for _, letters in groupby(html.unescape(shown), key=lambda letter: cell_len(letter) > 1):
            run = "".join(letters)
            length = CHARACTER * cell_len(run)
            if run.strip():
                where = f'x="{at:g}" y="{y}" textLength="{length:g}"'
                runs.append(f"<text {before}{where}{after}>{html.escape(run.replace(' ', NO_BREAK))}</text>")
            at += length
        return "".join(runs)

    return re.sub(r'<text ([^>]*?)x="([\d.]+)" y="([\d.]+)" textLength="[\d.]+"([^>]*)>([^<]+)</text>', apart, picture)


def help_text() -> str:
    """The help of every command, as the README shows it."""
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"})
    parts = [
        runner.invoke(app, [*words, "--help"], prog_name="ovenbell").output for words in ((), *((c,) for c in COMMANDS))
    ]
    return "\n".join(line.rstrip() for part in parts for line in part.strip().splitlines())


def with_help(readme: str) -> str:
    """The README with the help of this version."""
    begin, end = "<!-- help: generated by `make pictures` -->\n", "<!-- end of help -->"
    before, _, rest = readme.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n```text\n{help_text()}\n```\n\n{end}{after}"


if __name__ == "__main__":
    for readme in READMES:
        readme.write_text(with_help(readme.read_text(encoding="utf-8")), encoding="utf-8")
    asyncio.run(make_pictures())
