"""From a press in the store over the broker to the customer, by each way in turn, until one of them will do."""

import json
from base64 import b64encode
from pathlib import Path

from aiohttp import web
from msgspec.structs import replace

from cloud_bridge.gateway.settings import AccountSettings, WaySettings
from tests.brokers import Broker
from tests.cloud import until
from tests.gateways import SECRET, BareStore, RunningGateway, StandIn, order, settings_of


def _providers(request: web.Request, body: bytes) -> web.Response:
    """As WeChat, Easemob and a robot answer; who does not prove himself is refused as each of them refuses."""
    said, proof = json.loads(body), request.headers.get("authorization", "")
    robot = "Basic " + b64encode(b"robot:password").decode()
    proved, answer, status, refusal = {
        "/cgi-bin/stable_token": (
            said == {"grant_type": "client_credential", "appid": "wx1", "secret": SECRET},
            {"access_token": "T", "expires_in": 7200},
            200,
            {"errcode": 40125, "errmsg": "invalid appsecret"},
        ),
        "/cgi-bin/message/subscribe/send": (
            dict(request.query) == {"access_token": "T"},
            {"errcode": 43101, "errmsg": "user refuse to accept the msg"},
            200,
            {"errcode": 40001, "errmsg": "invalid credential"},
        ),
        "/org/app/token": (
            said == {"grant_type": "client_credentials", "client_id": "an id", "client_secret": SECRET},
            {"access_token": "Y", "expires_in": 5184000},
            400,
            {"error": "invalid_grant"},
        ),
        "/org/app/messages/users": (proof == "Bearer Y", {"data": {"wang": "1"}}, 401, {"error": "unauthorized"}),
        "/robot": (proof == robot, {}, 401, {}),
    }[request.path]
    return web.json_response(answer) if proved else web.json_response(refusal, status=status)


async def test_who_cannot_be_told_by_wechat_is_told_by_chat_and_else_by_a_robot(
    broker: Broker, store: BareStore, stand_in: StandIn, tmp_path: Path
) -> None:
    stand_in.answer = _providers
    (tmp_path / "client_id").write_text("an id")
    secret = str(tmp_path / "secret")
    (tmp_path / "url").write_text(stand_in.url.replace("http://", "json://robot:password@") + "/robot")
    ways = (
        WaySettings(
            id="mini",
            kind="wechat",
            options={"appid": "wx1", "api": stand_in.url, "t": "thing1={store}; character_string2={order}"},
            secret_files={"secret": secret},
            templates={"order.ready": "t"},
        ),
        WaySettings(
            id="chat",
            kind="easemob",
            options={"app": "org#app", "api": stand_in.url},
            secret_files={"client_id": str(tmp_path / "client_id"), "client_secret": secret},
        ),
        WaySettings(id="robot", kind="apprise", secret_files={"url": str(tmp_path / "url")}),
    )
    shop = AccountSettings(
        channel="generic",
        id="shop",
        store=store.store,
        ways=("mini", "chat", "robot"),
        secret_files={"secret": secret},
    )
    settings = replace(settings_of(broker, tmp_path, ways=ways), accounts=(shop,))
    async with RunningGateway(settings, tmp_path / "gateway.db") as gateway:
        await gateway.tell("placed", order(1, addresses={"wechat": "openid-1", "easemob": "wang"}))
        await gateway.tell("placed", order(2, addresses={"wechat": "openid-2"}))
        await until(lambda: len(store.orders) == 2)
        for number, event in enumerate(store.orders, 1):
            store.tell("order.ready", event["subject"], displayId=f"A{number:03}")
        courier = gateway.gateway.courier
        await until(lambda: courier.sent == {"chat": 1, "robot": 1})
        assert courier.failed == {"mini": 2}
    told = {path.partition("?")[0]: json.loads(body) for path, _, body in stand_in.requests}
    assert told["/cgi-bin/message/subscribe/send"]["data"]["thing1"] == {"value": "麦田烘焙"}
    assert told["/org/app/messages/users"]["body"] == {"msg": "您的订单 A001 已做好,欢迎到麦田烘焙取货。"}
    assert told["/robot"]["message"] == "您的订单 A002 已做好,欢迎到麦田烘焙取货。"
