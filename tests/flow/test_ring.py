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
from tests.gateways import SECRET, StandIn, order, signed


class Providers:
    """Easemob, WeChat and the shop's own program, each as its documentation has it; who was told what by which."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def answer(self, request: web.Request, body: bytes) -> web.Response:
        """As each of them answers; what is not documented is refused."""
        said: dict[str, Any] = json.loads(body) if body else {}
        match request.method, request.path:
            case "POST", "/cgi-bin/stable_token":
                assert said == {"grant_type": "client_credential", "appid": "wx1", "secret": SECRET}
                return web.json_response({"access_token": "wechat-token", "expires_in": 7200})
            case "POST", "/cgi-bin/message/subscribe/send":
                assert request.query["access_token"] == "wechat-token"
                assert said["touser"] == "openid-1"
                assert said["template_id"] == "TEMPLATE"
                self.told.append(("wechat", said["data"]["thing1"]["value"]))
                return web.json_response({"errcode": 0, "errmsg": "ok"})
            case "POST", "/org/app/token":
                assert said["grant_type"] == "client_credentials"
                return web.json_response({"access_token": "chat-token", "expires_in": 3600})
            case "POST", "/org/app/messages/users":
                assert request.headers["Authorization"] == "Bearer chat-token"
                self.told.append(("easemob", said["body"]["msg"]))
                return web.json_response({"data": {said["to"][0]: "success"}})
            case "POST", "/shop":
                expected = signed(body, request.headers["webhook-id"], at=float(request.headers["webhook-timestamp"]))
                assert request.headers["webhook-signature"] == expected["webhook-signature"]
                self.told.append(("webhook", said["data"]["words"]))
                return web.Response(status=204)
        return web.Response(status=404)


def cloud_toml(broker: Broker, directory: Path, port: int, providers: str) -> Path:
    """A gateway whose customers are told by WeChat at first, in the chat next, and by the shop's own program."""
    secret = directory / "secret"
    secret.write_text(SECRET)
    secrets = "\n".join(f'{name} = "{secret}"' for name in ("secret", "client_id", "client_secret"))
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
ways = ["wechat", "chat", "shop"]
secret_files = {{ secret = "{secret}" }}
[[ways]]
id = "wechat"
kind = "wechat"
options = {{ appid = "wx1", api = "{providers}", TEMPLATE = "thing1={{item}}" }}
secret_files = {{ secret = "{secret}" }}
templates = {{ "item.started baking" = "TEMPLATE" }}
[[ways]]
id = "chat"
kind = "easemob"
options = {{ app = "org#app", api = "{providers}" }}
[ways.secret_files]
{secrets.replace(f'secret = "{secret}"', "", 1).strip()}
[[ways]]
id = "shop"
kind = "webhook"
options = {{ url = "{providers}/shop" }}
secret_files = {{ secret = "{secret}" }}
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


async def _post(bakery: Bakery, port: int, kind: str, data: dict[str, Any], event: str) -> None:
    body = json.dumps({"type": f"order.{kind}", "data": data}, ensure_ascii=False).encode()
    url = f"http://127.0.0.1:{port}/channels/generic/shop"
    async with bakery.session.post(url, data=body, headers=signed(body, event)) as answer:
        assert (answer.status, await answer.read()) == (200, b'{"ok":true}')


async def test_from_a_webhook_to_the_ticket_the_board_the_press_and_the_customer(
    broker: Broker, tmp_path: Path
) -> None:
    providers, port = Providers(), free_port()
    async with (
        StandIn(providers.answer) as stand_in,
        gateway(cloud_toml(broker, tmp_path, port, stand_in.url)),
        bakery_of(broker, tmp_path) as bakery,
    ):
        cake = order(1, addresses={"wechat": "openid-1", "easemob": "wang", "webhook": "wang"})
        await _post(bakery, port, "placed", cake, "msg-1")
        await bakery.until_board(lambda board: board["stations"][0]["cards"])
        await until(lambda: bakery.printer.tickets)
        assert "草莓奶油蛋糕" in bakery.printer.tickets[0].text
        await bakery.press("oven", "1")
        await until(lambda: ("wechat", "草莓奶油蛋糕") in providers.told)
        for card in ("1", "1"):  # baked, cooled
            await bakery.press("oven", card)
        await bakery.until_board(lambda board: board["stations"][1]["cards"])
        for card in ("1", "1"):  # frosted, boxed
            await bakery.press("decorating", card)
        # WeChat has no template for these: the next way of this customer.
        await until(lambda: len(providers.told) == 3)
        assert providers.told[1:] == [
            ("easemob", "您的草莓奶油蛋糕已裱花完成。"),
            ("easemob", "您的订单 A001 已做好,欢迎到麦田烘焙取货。"),
        ]


async def test_a_press_that_is_taken_back_in_time_is_never_heard_of_by_the_customer(
    broker: Broker, tmp_path: Path
) -> None:
    providers, port = Providers(), free_port()
    async with (
        StandIn(providers.answer) as stand_in,
        gateway(cloud_toml(broker, tmp_path, port, stand_in.url)),
        bakery_of(broker, tmp_path, grace=2.0) as bakery,
    ):
        for number in (1, 2):
            await _post(bakery, port, "placed", order(number, addresses={"webhook": f"c-{number}"}), f"msg-{number}")
        await bakery.until_board(lambda board: len(board["stations"][0]["cards"]) == 2)
        await bakery.press("oven", "1")
        await bakery.press("oven", "R")
        await bakery.press("oven", "2")
        await until(lambda: providers.told)
        assert len(providers.told) == 1
        told = json.loads(stand_in.requests[-1][2])
        assert told["data"]["addresses"] == {"webhook": "c-2"}
