"""The whole ring: a channel's webhook, gateway, the store's hub, ticket and board, a press, the customer's phone."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.brokers import Broker, free_port
from tests.cloud import PATIENCE, until
from tests.flow.bakery import STORE, Bakery, bakery_of
from tests.flow.providers import Providers, croissant_of_eleme, croissant_of_meituan
from tests.gateways import SECRET, StandIn, metric, order, signed
from tests.unit.cloud_bridge.gateway.channels import test_eleme as eleme
from tests.unit.cloud_bridge.gateway.channels import test_meituan as meituan
from tests.unit.cloud_bridge.gateway.channels import test_opendelivery as opendelivery


def cloud_toml(broker: Broker, directory: Path, port: int, providers: str) -> Path:
    """A gateway whose customers are told by WeChat first, then in the chat, by apprise, by the shop's own program."""
    robot = providers.replace("http://", "json://robot:a%20password@")
    for name, secret in {
        "secret": SECRET,
        "client_id": "the client's id",
        "client_secret": "the client's secret",
        "url": f"{robot}/robot/{{address}}",
        "meituan": meituan.SECRET,
        "eleme": eleme.SECRET,
        "opendelivery": opendelivery.SECRET,
    }.items():
        (directory / name).write_text(secret)
    channels = "\n".join(
        f"""
[[accounts]]
channel = "{channel}"
id = "shop"
store = "{STORE}"
options = {{ api = "{providers}/{channel}", {option} }}
secret_files = {{ secret = "{directory / channel}" }}
"""
        for channel, option in {
            "meituan": 'app_id = "5308"',
            "eleme": 'app_key = "key"',
            "opendelivery": 'client_id = "shop 7"',
        }.items()
    )
    file = directory / "cloud.toml"
    file.write_text(f"""
[broker]
url = "{broker.url}"
protocol = "{broker.protocol}"
[gateway]
listen = "127.0.0.1:{port}"
[journal]
path = "{directory / "gateway.db"}"
[[stores]]
id = "{STORE}"
name = "麦田烘焙"
language = "zh"
[[accounts]]
channel = "generic"
id = "shop"
store = "{STORE}"
ways = ["wechat", "chat", "robot", "shop"]
secret_files = {{ secret = "{directory / "secret"}" }}
{channels}
[[ways]]
id = "wechat"
kind = "wechat"
options = {{ appid = "wx1", api = "{providers}/wechat", TEMPLATE = "thing1={{item}}" }}
secret_files = {{ secret = "{directory / "secret"}" }}
templates = {{ "item.started baking" = "TEMPLATE" }}
[[ways]]
id = "chat"
kind = "easemob"
options = {{ app = "org#app", api = "{providers}/easemob" }}
secret_files = {{ client_id = "{directory / "client_id"}", client_secret = "{directory / "client_secret"}" }}
[[ways]]
id = "robot"
kind = "apprise"
secret_files = {{ url = "{directory / "url"}" }}
[[ways]]
id = "shop"
kind = "webhook"
options = {{ url = "{providers}/shop/" }}
secret_files = {{ secret = "{directory / "secret"}" }}
""")
    return file


@asynccontextmanager
async def gateway(settings: Path) -> AsyncIterator[None]:
    """The gateway's process, ready; it must end cleanly."""
    words = ("-m", "config.command", "gateway", "--config", str(settings))
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=PIPE, env=os.environ)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            assert await process.stdout.readline()
        yield
        process.terminate()
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _post(bakery: Bakery, url: str, body: bytes, headers: dict[str, str], answer: bytes) -> None:
    async with bakery.session.post(url, data=body, headers=headers) as answered:
        assert (answered.status, await answered.read()) == (200, answer)


async def _tell(bakery: Bakery, port: int, kind: str, data: dict[str, Any]) -> None:
    """The shop's own program says something of an order."""
    body = json.dumps({"type": f"order.{kind}", "data": data}, ensure_ascii=False).encode()
    url = f"http://127.0.0.1:{port}/channels/generic/shop"
    await _post(bakery, url, body, signed(body, f"msg-{kind}-{data['id']}"), b'{"ok":true}')


async def _place(bakery: Bakery, port: int, number: int, **addresses: str) -> None:
    await _tell(bakery, port, "placed", order(number, addresses=addresses))


async def _until_nothing_waits(port: int) -> None:
    """No notice is owed by the gateway."""
    async with asyncio.timeout(PATIENCE):
        while await metric(f"http://127.0.0.1:{port}", "ovenbell_gateway_notices_waiting "):  # noqa: ASYNC110 - asked
            await asyncio.sleep(0.02)


async def _place_by_channels(bakery: Bakery, port: int) -> None:
    """A croissant by each channel that wants to be told of it, as the channel's documentation has it."""
    url = f"http://127.0.0.1:{port}/channels/{{}}/shop".format
    form = {"content-type": "application/x-www-form-urlencoded"}
    await _post(bakery, url("meituan"), croissant_of_meituan(url("meituan")), form, b'{"data":"ok"}')
    await _post(bakery, url("eleme"), croissant_of_eleme(), {}, b'{"message":"ok"}')
    event = opendelivery.event("CREATED")
    await _post(bakery, url("opendelivery"), event, opendelivery.signed(event), b"")


async def test_from_a_webhook_to_the_ticket_the_board_the_press_and_the_customer_or_the_channel(
    broker: Broker, tmp_path: Path
) -> None:
    providers, port = Providers(), free_port()
    async with (
        StandIn(providers.answer) as stand_in,
        gateway(cloud_toml(broker, tmp_path, port, stand_in.url)),
        bakery_of(broker, tmp_path) as bakery,
    ):
        await _place(bakery, port, 1, wechat="openid-1", easemob="wang", webhook="wang")
        await bakery.until_board(lambda board: board["stations"][0]["cards"])
        await until(lambda: bakery.printer.tickets)
        assert "草莓奶油蛋糕" in bakery.printer.tickets[0].text
        await bakery.press("oven", "1")
        await providers.until(lambda told: ("wechat", "草莓奶油蛋糕") in told)
        for card in ("1", "1"):  # baked, cooled
            await bakery.press("oven", card)
        await bakery.until_board(lambda board: board["stations"][1]["cards"])
        for card in ("1", "1"):  # frosted, boxed
            await bakery.press("decorating", card)
        # WeChat has no template for these: the next way of this customer.
        await providers.until(lambda told: len(told) == 3)
        assert providers.told[1:] == [
            ("easemob", "您的草莓奶油蛋糕已裱花完成。"),
            ("easemob", "您的订单 A001 已做好,欢迎到麦田烘焙取货。"),
        ]
        providers.told.clear()
        await _place_by_channels(bakery, port)
        await providers.until(lambda told: len(told) == 3)
        board = await bakery.until_board(lambda board: len(board["stations"][0]["cards"]) == 3)
        ids = {card["displayId"]: card["order"] for card in board["stations"][0]["cards"]}
        assert ids.keys() == {"17", "7", "1234"}
        await until(lambda: all(any(one in paper.text for paper in bakery.printer.tickets) for one in ids.values()))
        assert sorted(providers.told) == [
            ("eleme", "eleme.order.confirmOrderLite"),
            ("meituan", "order/confirm"),
            ("opendelivery", f"confirm {ids['1234']}"),
        ]
        for key in ("2", "2", "3", "3", "N", "1", "1"):  # in the oven, baked; the third is on the next page
            await bakery.press("oven", key)
        await bakery.until_board(lambda board: len(board["stations"][1]["cards"]) == 3)
        for key in ("2", "3", "4"):
            await bakery.press("decorating", key)
        await providers.until(lambda told: len(told) == 6)
        assert sorted(providers.told[3:]) == [
            ("eleme", "eleme.order.setOrderPrepared"),
            ("meituan", "order/preparationMealComplete"),
            ("opendelivery", "readyForPickup"),
        ]


async def test_a_press_that_is_taken_back_in_time_is_never_heard_of_by_the_customer(
    broker: Broker, tmp_path: Path
) -> None:
    providers, port = Providers(), free_port()
    async with (
        StandIn(providers.answer) as stand_in,
        gateway(cloud_toml(broker, tmp_path, port, stand_in.url)),
        bakery_of(broker, tmp_path, grace=5.0) as bakery,
    ):
        await _place(bakery, port, 1, webhook="c-1")
        await _place(bakery, port, 2, webhook="c-2")
        await _place(bakery, port, 3, apprise="c-3")
        await bakery.until_board(lambda board: len(board["stations"][0]["cards"]) == 3)
        await bakery.press("oven", "1")
        await bakery.press("oven", "R")
        await bakery.press("oven", "2")
        await bakery.press("oven", "3")
        await providers.until(lambda told: len(told) == 2)
        words = "您的草莓奶油蛋糕已进烤箱。"
        assert sorted(providers.told) == [("robot", f"c-3: {words}"), ("shop", f"c-2: {words}")]


async def test_who_adds_to_an_order_that_is_ready_is_told_ready_once_all_of_it_is(
    broker: Broker, tmp_path: Path
) -> None:
    providers, port, refused = Providers(), free_port(), list[bytes]()

    def answer(request: web.Request, body: bytes) -> web.Response:
        if refused or "做好" not in body.decode():
            return providers.answer(request, body)
        refused.append(body)
        return web.Response(status=503)

    def croissants(*ids: str) -> dict[str, Any]:
        items = [{"id": one, "name": "Croissant", "externalCode": "bread-croissant", "quantity": 1} for one in ids]
        return order(1, items=items, addresses={"webhook": "c-1"})

    async with (
        StandIn(answer) as stand_in,
        gateway(cloud_toml(broker, tmp_path, port, stand_in.url)),
        bakery_of(broker, tmp_path) as bakery,
    ):

        async def bake() -> None:
            for number, station, presses in ((0, "oven", 2), (1, "decorating", 1)):
                board = await bakery.until_board(lambda board, number=number: board["stations"][number]["cards"])
                for _ in range(presses):
                    await bakery.press(station, str(board["stations"][number]["cards"][0]["slot"]))

        await _tell(bakery, port, "placed", croissants("1"))
        await bake()
        await until(lambda: refused)
        await _tell(bakery, port, "changed", croissants("1", "2"))
        await _until_nothing_waits(port)
        assert not any("做好" in words for _, words in providers.told)
        await bake()
        await providers.until(lambda told: any("做好" in words for _, words in told))
        board = await bakery.get("/api/board")
        assert [one["displayId"] for one in board["ready"]] == ["A001"]
        assert [words for _, words in providers.told if "做好" in words] == [
            "c-1: 您的订单 A001 已做好,欢迎到麦田烘焙取货。"
        ]
