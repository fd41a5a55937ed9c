"""The shop's television in a real browser: what it shows is true, it rings, and nothing breaks it."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, WSServerHandshakeError

from config.assembly import Store
from config.settings import check_store
from display.pickup.board import PATHS
from display.pickup.lists import LONGEST, MOST
from edge.intents import Bump, Collect
from edge.orders import OrderId
from edge.text import plain
from tests.brokers import Broker
from tests.browsers import require_chromium
from tests.builders import a_bun, placed_today
from tests.cloud import TODAY
from tests.flow.bakery import Bakery
from tests.hostile import TRICKS, arrives
from tests.televisions import LOUD, Television, a_television

TOKEN = "a-long-secret"
CUT_OFF = "document.body.className === 'cut' && !document.getElementById('old').hidden"
LIVE = "document.body.className === '' && document.getElementById('old').hidden"
SILENT = "!document.getElementById('silent').hidden"
SHOWN = "[...document.querySelectorAll('{} li')].filter(one => one.offsetParent).map(one => one.textContent)"


class Shop(Bakery):
    """A bakery with something in its `[pickup]`."""

    pickup = ""

    def settings(self) -> str:
        """The store.toml."""
        return f"{super().settings()}\n[pickup]\n{self.pickup}\n"

    async def order(self, name: str, **rest: Any) -> None:
        """Somebody at the counter orders a bun."""
        data = {"id": name, "displayId": name, "type": "TAKEOUT", "createdAt": TODAY}
        items = [{"id": "1", "name": "Bun", "quantity": 1}]
        assert (await self.ask(type="place", data={**data, "items": items, **rest}))[0] == 200

    async def finish(self, name: str) -> None:
        """Its bun is made."""
        assert (await self.ask(type="bump", order=name))[0] == 200


@pytest.fixture(autouse=True)
def _browser() -> None:
    require_chromium()


@pytest.fixture
async def shop(broker: Broker, tmp_path: Path) -> AsyncIterator[Shop]:
    async with Shop(tmp_path, broker.url, broker.protocol) as shop:
        yield shop


@asynccontextmanager
async def a_store(folder: Path, token: str = "", **pickup: Any) -> AsyncIterator[tuple[Store, str]]:
    """A store in this process, with its address."""
    tree: dict[str, Any] = {
        "store": {"id": "hz", "name": "麦田烘焙"},
        "journal": {"path": str(folder / "journal.db")},
        "feed": {"listen": "127.0.0.1:0"},
        "pickup": pickup,
    }
    if token:
        (folder / "token").write_text(token)
        tree["feed"]["token_file"] = str(folder / "token")
    store = Store(check_store(tree, folder / "store.toml"))
    await store.start()
    try:
        yield store, "http://{}:{}".format(*store.feed.address)
    finally:
        await store.stop()


async def finish(store: Store, name: str) -> None:
    await store.hub.submit(Bump(order=OrderId(name)), by="display:kitchen")


async def shows(television: Television, making: list[str], ready: list[str]) -> None:
    """Wait until both lists are so."""
    shown = f"[{SHOWN.format('#making')}, {SHOWN.format('#ready')}]"
    await television.until(f"JSON.stringify({shown}) === JSON.stringify({[making, ready]})")


async def test_an_order_appears_live_and_when_it_is_ready_it_moves_and_the_chime_rings(shop: Shop) -> None:
    async with a_television(LOUD) as television:
        await shop.order("A001")
        await shop.order("A002")
        await shop.finish("A002")
        await television.show(f"{shop.url}/pickup")
        await shows(television, ["A001"], ["A002"])
        assert await television.ask("tones") == 0  # what was ready before is no news
        await shop.order("A003")
        await shows(television, ["A001", "A003"], ["A002"])
        assert await television.ask("tones") == 0
        await shop.finish("A001")
        await shows(television, ["A003"], ["A001", "A002"])
        await television.until("tones > 0")
        assert await television.ask("[...document.querySelectorAll('.fresh')].map(one => one.textContent)") == ["A001"]
        await shop.ask(type="collect", order="A001")
        await shows(television, ["A003"], ["A002"])
        assert not await television.ask(SILENT)


async def test_the_page_survives_the_hub_and_goes_on_by_itself(shop: Shop) -> None:
    async with a_television(LOUD) as television:
        await shop.order("A001")
        await shop.order("A002")
        await television.show(f"{shop.url}/pickup")
        await shows(television, ["A001", "A002"], [])
        await television.ask("window.same = true")
        await shop.kill()
        await television.until(CUT_OFF)
        await shop.start()
        await television.until(LIVE)
        await shop.finish("A001")
        await shows(television, ["A002"], ["A001"])
        await television.until("tones > 0")
        assert await television.ask("window.same")  # it was not even loaded anew


async def test_a_frozen_hub_is_said_and_forgotten_when_it_is_back(shop: Shop) -> None:
    async with a_television() as television:
        await shop.order("A001")
        await television.show(f"{shop.url}/pickup")
        await shows(television, ["A001"], [])
        shop.signal(signal.SIGSTOP)
        try:
            await television.until(CUT_OFF)
            assert await television.ask("getComputedStyle(document.getElementById('making')).opacity") == "0.3"
            assert "与主机断开" in await television.ask("document.getElementById('old').textContent")
        finally:
            shop.signal(signal.SIGCONT)
        await television.until(LIVE)
        await shop.order("A002")
        await shows(television, ["A001", "A002"], [])


async def test_a_page_of_an_older_hub_loads_itself_anew(shop: Shop) -> None:
    async with a_television() as television:
        await shop.order("A001")
        await television.show(f"{shop.url}/pickup")
        await shows(television, ["A001"], [])
        await shop.stop()
        shop.pickup = 'title = "New owners"'
        await shop.start()
        await television.until("document.querySelector('h1').textContent === 'New owners'")
        await shows(television, ["A001"], [])
        await television.until(LIVE)


async def test_a_browser_that_may_not_ring_says_so_until_somebody_touches_the_screen(tmp_path: Path) -> None:
    async with a_store(tmp_path) as (store, url), a_television() as television:
        await store.hub.submit(placed_today("A001", a_bun()), by="cloud")
        await television.show(f"{url}/pickup")
        await television.until(SILENT)
        assert LOUD in await television.ask("document.getElementById('silent').textContent")
        await finish(store, "A001")
        await shows(television, [], ["A001"])
        assert await television.ask("tones") == 0
        await television.touch()
        await television.until(f"!({SILENT}) && tones > 0")


async def test_a_shop_that_wants_no_chime_has_none(tmp_path: Path) -> None:
    async with a_store(tmp_path, chime=False) as (store, url), a_television(LOUD) as television:
        await store.hub.submit(placed_today("A001", a_bun()), by="cloud")
        await television.show(f"{url}/pickup")
        await shows(television, ["A001"], [])
        await finish(store, "A001")
        await shows(television, [], ["A001"])
        await television.touch()
        assert await television.ask("tones") == 0
        assert not await television.ask(SILENT)


async def test_where_a_token_is_set_the_page_needs_it_too(tmp_path: Path) -> None:
    async with a_store(tmp_path, TOKEN) as (_, url), ClientSession() as session:
        for path in PATHS:
            async with session.get(url + path) as answer:
                assert answer.status == 401
            async with session.get(url + path, headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
                assert answer.status == 200


async def test_a_public_page_opens_itself_and_nothing_else(tmp_path: Path) -> None:
    async with a_store(tmp_path, TOKEN, public=True) as (store, url):
        async with ClientSession() as session:
            for path in PATHS:
                async with session.get(url + path) as answer:
                    assert answer.status == 200
                for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
                    async with session.get(url + path, headers=headers) as answer:
                        assert answer.status == 403
            closed = ("/api/board", "/api/orders?find=a", "/metrics", "/feed", "/pickup/", "/pickup/../api/board")
            for path in (*closed, "/pickup/feed/", "/pickup/..%2Fapi%2Fboard", "//pickup", "/pickup;/../api/board"):
                async with session.get(url + path) as answer:
                    assert answer.status == 401, path
            with pytest.raises(WSServerHandshakeError, match="401"):
                await session.ws_connect(f"{url}/feed")
            async with session.post(f"{url}/api/intents", json={"type": "pause"}) as answer:
                assert answer.status == 401
        async with a_television() as television:
            await store.hub.submit(placed_today("A001", a_bun()), by="cloud")
            await television.show(f"{url}/pickup")
            await shows(television, ["A001"], [])


async def test_hostile_display_ids_are_text_and_stay_in_their_places(tmp_path: Path) -> None:
    texts = ("W" * 500, "面" * 500, *TRICKS[2 - MOST :])
    ids = [arrives(f"{number}{text}") for number, text in enumerate(texts)]
    async with a_store(tmp_path) as (store, url), a_television() as television:
        for number, text in enumerate(ids):
            await store.hub.submit(placed_today(f"o{number}", a_bun(), display_id=text), by="cloud")
        await television.show(f"{url}/pickup")
        await television.until("document.querySelectorAll('#making li').length")
        shown = await television.ask("[...document.querySelectorAll('#making li')].map(one => one.textContent)")
        assert shown == [plain(text, LONGEST).strip() for text in ids]
        assert await television.ask("document.querySelectorAll('li *:not(span), li span *, body > script').length") == 0
        text = "one.firstChild"  # letters get smaller until all of them are to be seen
        too_wide = f"one => one.offsetParent && {text}.scrollWidth > {text}.clientWidth + 1"
        assert not await television.ask(f"[...document.querySelectorAll('#making li')].filter({too_wide}).length")


async def test_many_orders_are_paged_through_and_what_is_too_much_is_counted(tmp_path: Path) -> None:
    async with a_store(tmp_path) as (store, url), a_television() as television:
        wanted = [f"A{number:03}" for number in range(MOST + 12)]
        for name in wanted:
            await store.hub.submit(placed_today(name, a_bun()), by="cloud")
        await television.show(f"{url}/pickup")
        await television.until("document.querySelectorAll('#making li').length")
        seen = await television.ids("making")
        assert seen == wanted[: len(seen)]
        heading = await television.ask("document.querySelector('#making small').textContent")
        assert heading.startswith(f"{MOST + 12} · 1/")
        assert heading.endswith(" · +12 more")
        places = await television.ask(
            "[...document.querySelectorAll('#making li')].filter(one => one.offsetParent)"
            ".map(one => one.getBoundingClientRect()).map(box => [box.right, box.bottom])"
        )
        assert all(right <= 1920 * 0.42 and bottom <= 1080 * 0.95 for right, bottom in places)
        await television.until("document.querySelector('#making small').textContent.includes(' 2/')")
        assert await television.ids("making") == wanted[len(seen) : 2 * len(seen)]


async def test_what_moves_up_on_a_full_list_is_no_news(tmp_path: Path) -> None:
    async with a_store(tmp_path) as (store, url), a_television(LOUD) as television:
        for number in range(MOST + 1):
            await store.hub.submit(placed_today(f"A{number:03}", a_bun()), by="cloud")
            await finish(store, f"A{number:03}")
        await television.show(f"{url}/pickup")
        await television.until("document.querySelectorAll('#ready li').length === 100")
        await store.hub.submit(Collect(OrderId("A050")), by="display:counter")
        last = "document.querySelector('#ready li:last-child').textContent"
        await television.until(f"{last} === 'A000'")
        assert await television.ask("document.querySelectorAll('.fresh').length + tones") == 0
        await store.hub.submit(placed_today("new", a_bun()), by="cloud")
        await finish(store, "new")
        await television.until("document.querySelectorAll('.fresh').length === 1 && tones > 0")
        assert (await television.ids("ready"))[0] == "NEW"


async def test_two_orders_with_one_display_id_are_both_listed_and_both_ring(tmp_path: Path) -> None:
    async with a_store(tmp_path) as (store, url), a_television(LOUD) as television:
        for name in ("first", "second"):
            await store.hub.submit(placed_today(name, a_bun(), display_id="A001"), by="cloud")
        await finish(store, "first")
        await television.show(f"{url}/pickup")
        await shows(television, ["A001"], ["A001"])
        await finish(store, "second")
        await shows(television, [], ["A001", "A001"])
        await television.until("tones > 0")
        assert await television.ask("[...document.querySelectorAll('#ready li')].map(one => one.className.trim())") == [
            "fresh",
            "",
        ]


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1080, 1920), (3840, 2160), (800, 600)])
async def test_every_screen_has_all_of_a_page_in_its_frame(tmp_path: Path, width: int, height: int) -> None:
    async with a_store(tmp_path) as (store, url), a_television(width=width, height=height) as television:
        for number in range(60):
            await store.hub.submit(placed_today(f"W{number:03}", a_bun()), by="cloud")
        for number in range(30):
            await finish(store, f"W{number:03}")
        await television.show(f"{url}/pickup")
        await television.until("document.querySelectorAll('#ready li').length")
        for section in ("making", "ready"):
            cells = f"[...document.querySelectorAll('#{section} li')].filter(one => one.offsetParent)"
            frame = f"document.querySelector('#{section} ol').getBoundingClientRect()"
            assert await television.ask(
                f"{cells}.length > 5 && {cells}.map(one => one.getBoundingClientRect())"
                f".every(box => box.right <= {frame}.right + 1 && box.bottom <= {frame}.bottom + 1)"
            )
        assert await television.ask(f"document.documentElement.scrollHeight <= {height}")


async def test_who_asks_for_less_motion_gets_none(tmp_path: Path) -> None:
    async with a_store(tmp_path) as (store, url), a_television() as television:
        less = {"name": "prefers-reduced-motion", "value": "reduce"}
        await television.tell("Emulation.setEmulatedMedia", features=[less])
        await store.hub.submit(placed_today("A001", a_bun()), by="cloud")
        await television.show(f"{url}/pickup")
        await shows(television, ["A001"], [])
        await finish(store, "A001")
        await television.until("document.querySelectorAll('.fresh').length")
        assert await television.ask("getComputedStyle(document.querySelector('.fresh span')).animationName") == "none"
