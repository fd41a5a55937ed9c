"""What customers allow a mini-program counts, over whatever channel they order."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web
from msgspec.structs import replace

from cloud_bridge.gateway.settings import AccountSettings, WaySettings
from tests.brokers import Broker
from tests.cloud import until
from tests.gateways import SECRET, BareStore, RunningGateway, StandIn, order, settings_of

OPENID = "openid-1"


def push(event: str, status: str) -> tuple[str, bytes]:
    """What WeChat says of the customer's choice: query and body, in plain mode."""
    about = {"timestamp": str(int(time.time())), "nonce": "4864"}
    about["signature"] = hashlib.sha1("".join(sorted((SECRET, *about.values()))).encode()).hexdigest()
    choice = {"TemplateId": "T", "SubscribeStatusString": status}
    body = {"FromUserName": OPENID, "CreateTime": about["timestamp"], "Event": event, "List": [choice]}
    return urlencode(about), json.dumps(body).encode()


async def test_who_orders_over_the_shops_program_gets_as_many_messages_as_they_allowed_the_mini_program(
    broker: Broker, store: BareStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def api(request: web.Request, _body: bytes) -> web.Response:
        if request.path == "/cgi-bin/stable_token":
            return web.json_response({"access_token": "T", "expires_in": 7200})
        return web.json_response({"errcode": 0} if request.path == "/cgi-bin/message/subscribe/send" else {})

    def told(path: str) -> list[dict[str, Any]]:
        return [json.loads(body) for at, _, body in stand_in.requests if at.startswith(path)]

    async with StandIn(api) as stand_in:
        settings = settings_of(broker, tmp_path, stand_in=f"{stand_in.url}/shop")
        [shop], [hook] = settings.accounts, settings.ways
        mini = WaySettings(
            id="mini-program",
            kind="wechat",
            options={"appid": "wx1", "api": stand_in.url, "T": "thing1={item}"},
            secret_files=hook.secret_files,
            templates={"item.started baking": "T"},
        )
        pushes = AccountSettings(
            channel="wechat", id="mini", options={"appid": "wx1"}, secret_files={"token": hook.secret_files["secret"]}
        )
        settings = replace(settings, ways=(mini, hook), accounts=(replace(shop, ways=(mini.id, hook.id)), pushes))
        async with RunningGateway(settings, tmp_path / "gateway.db") as gateway:

            async def choose(event: str, status: str) -> None:
                query, body = push(event, status)
                assert await gateway.post(f"/channels/wechat/mini?{query}", body) == (200, b"success")
                await until(lambda: not gateway.gateway.hub.board.webhooks)

            await choose("subscribe_msg_popup_event", "accept")
            await gateway.tell("placed", order(1, addresses={"wechat": OPENID, "webhook": "wang"}))
            await until(lambda: store.orders)
            for item in "12":
                store.tell("item.started", store.orders[0]["subject"], stage="baking", item=item, name=f"蛋糕{item}")
            await until(lambda: len(told("/shop")) == 1)
            assert [one["data"]["thing1"]["value"] for one in told("/cgi-bin/message")] == ["蛋糕1"]
            await choose("subscribe_msg_popup_event", "accept")
            await choose("subscribe_msg_change_event", "reject")
            store.tell("item.started", store.orders[0]["subject"], stage="baking", item="3", name="蛋糕3")
            await until(lambda: len(told("/shop")) == 2)
            assert len(told("/cgi-bin/message")) == 1
            assert not gateway.gateway.courier.failed, "the mini-program took all it was allowed"
    assert not [row for row in caplog.records if row.levelname == "WARNING"]
