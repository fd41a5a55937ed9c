"""Whom a gateway calls, in one stand-in that checks every request: the providers of each way, and the channels."""

import json
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from aiohttp import web

from cloud_bridge.gateway.channels.values import CHINA
from tests.cloud import TODAY, until
from tests.gateways import SECRET, signed
from tests.unit.cloud_bridge.gateway.channels import test_eleme as eleme
from tests.unit.cloud_bridge.gateway.channels import test_eleme_api as eleme_api
from tests.unit.cloud_bridge.gateway.channels import test_meituan as meituan
from tests.unit.cloud_bridge.gateway.channels import test_opendelivery as opendelivery


class Providers:
    """Each way's provider and each channel, as its documentation has it: what is not documented is refused."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []  # by whom, what
        self.refused: list[str] = []

    def answer(self, request: web.Request, body: bytes) -> web.Response:
        """As each of them answers."""
        takes = {
            "wechat": self._wechat,
            "easemob": self._easemob,
            "robot": self._robot,
            "shop": self._shop,
            "meituan": self._meituan,
            "eleme": self._eleme,
            "opendelivery": self._opendelivery,
        }
        try:
            _, provider, *rest = request.path.split("/")
            return takes[provider](request, "/".join(rest), body)
        except (AssertionError, KeyError, ValueError) as error:
            self.refused.append(f"{request.method} {request.path_qs} {body.decode()}: {error!r}")
            return web.Response(status=400)

    async def until(self, told: Callable[[list[tuple[str, str]]], bool]) -> None:
        """Wait for something to be told; what is refused by a provider is a mistake."""
        await until(lambda: self.refused or told(self.told))
        assert self.refused == []

    def _wechat(self, request: web.Request, path: str, body: bytes) -> web.Response:
        said = json.loads(body)
        assert request.method == "POST"
        if path == "cgi-bin/stable_token":
            assert said == {"grant_type": "client_credential", "appid": "wx1", "secret": SECRET}
            return web.json_response({"access_token": "wechat-token", "expires_in": 7200})
        assert path == "cgi-bin/message/subscribe/send"
        assert request.query["access_token"] == "wechat-token"
        [(keyword, value)] = said.pop("data").items()
        assert said == {"touser": "openid-1", "template_id": "TEMPLATE"}
        assert (keyword, list(value)) == ("thing1", ["value"])
        self.told.append(("wechat", value["value"]))
        return web.json_response({"errcode": 0, "errmsg": "ok"})

    def _easemob(self, request: web.Request, path: str, body: bytes) -> web.Response:
        said = json.loads(body)
        assert (request.method, request.content_type) == ("POST", "application/json")
        if path == "org/app/token":
            client = {"client_id": "the client's id", "client_secret": "the client's secret"}
            assert said == {"grant_type": "client_credentials", **client}
            return web.json_response({"access_token": "chat-token", "expires_in": 3600, "application": "org#app"})
        assert path == "org/app/messages/users"
        assert request.headers["Authorization"] == "Bearer chat-token"
        words = said.pop("body")["msg"]
        assert said == {"from": "admin", "to": ["wang"], "type": "txt"}
        self.told.append(("easemob", words))
        return web.json_response({"data": {"wang": "1029457500870543736"}})

    def _robot(self, request: web.Request, path: str, body: bytes) -> web.Response:
        """What apprise calls: here a server of its own kind, `json://`."""
        assert (request.method, request.content_type) == ("POST", "application/json")
        assert request.headers["Authorization"] == "Basic " + b64encode(b"robot:a password").decode()
        self.told.append(("robot", f"{path}: {json.loads(body)['message']}"))
        return web.json_response({})

    def _shop(self, request: web.Request, path: str, body: bytes) -> web.Response:
        assert (request.method, path, request.content_type) == ("POST", "", "application/json")
        expected = signed(body, request.headers["webhook-id"], at=float(request.headers["webhook-timestamp"]))
        assert request.headers["webhook-signature"] == expected["webhook-signature"]
        data = json.loads(body)["data"]
        self.told.append(("shop", f"{data['addresses']['webhook']}: {data['words']}"))
        return web.Response(status=204)

    def _meituan(self, request: web.Request, path: str, _body: bytes) -> web.Response:
        fields = dict(request.query)
        assert request.method == "GET"
        assert fields.pop("sig") == meituan.sig(str(request.url.with_query(None)), fields)
        assert len(str(int(fields.pop("timestamp")))) == len("1790000000")
        assert fields == {"app_id": "5308", "order_id": meituan.ORDER["order_id"]}
        self.told.append(("meituan", path))
        return web.json_response({"data": "ok"})

    def _eleme(self, request: web.Request, path: str, body: bytes) -> web.Response:
        assert request.method == "POST"
        if path == "token":
            assert request.headers["Authorization"] == "Basic " + b64encode(f"key:{eleme.SECRET}".encode()).decode()
            assert body == b"grant_type=client_credentials"
            return web.json_response({"access_token": "eleme-token", "token_type": "Bearer", "expires_in": 86400})
        call = json.loads(body)
        assert path == "api/v1/"
        assert call["signature"] == eleme_api.signature(call)
        assert set(call) == {"nop", "id", "action", "token", "metas", "params", "signature"}
        assert (call["nop"], call["token"], UUID(call["id"]).version) == ("1.0.0", "eleme-token", 5)
        assert (call["metas"]["app_key"], call["params"]) == ("key", {"orderId": eleme.ORDER["id"]})
        self.told.append(("eleme", call["action"]))
        return web.json_response({"nop": "1.0.0", "id": call["id"], "result": None, "error": None})

    def _opendelivery(self, request: web.Request, path: str, body: bytes) -> web.Response:
        if path == "oauth/token":
            client = {"client_id": "shop 7", "client_secret": opendelivery.SECRET}
            assert dict(parse_qsl(body.decode())) == {"grant_type": "client_credentials", **client}
            return web.json_response({"access_token": "od-token", "token_type": "bearer", "expires_in": 3600})
        assert request.headers["Authorization"] == "Bearer od-token"
        version, orders, order_id, *action = path.split("/")
        assert (version, orders, order_id) == ("v1", "orders", opendelivery.ID)
        if not action:
            assert request.method == "GET"
            return web.json_response(croissant_of_opendelivery())
        assert request.method == "POST"
        if action == ["confirm"]:
            said = json.loads(body)
            assert datetime.fromisoformat(said["createdAt"]).tzinfo is not None
            action.append(said["orderExternalCode"])
        else:
            assert action == ["readyForPickup"]
            assert body == b""
        self.told.append(("opendelivery", " ".join(action)))
        return web.Response(status=202)


def croissant_of_opendelivery() -> dict[str, Any]:
    """An order of now; a store lets one lapse that is older than a day."""
    item = opendelivery.ORDER["items"][0] | {"name": "可颂", "externalCode": "bread-croissant", "options": []}
    kept = {name: value for name, value in opendelivery.ORDER.items() if name not in {"schedule", "takeout"}}
    return kept | {"orderTiming": "INSTANT", "createdAt": TODAY, "items": [item]}


def croissant_of_meituan(url: str) -> bytes:
    """A push, signed for the address that it is sent to."""
    now, line = str(int(time.time())), {"food_name": "可颂", "app_food_code": "bread-croissant", "quantity": 1}
    about = {"timestamp": now, "ctime": now, "utime": now, "detail": json.dumps([line], ensure_ascii=False)}
    return meituan.form(meituan.ORDER | about, url=url)


def croissant_of_eleme() -> bytes:
    """A message of a new order."""
    now = datetime.now(CHINA)
    line = {"name": "可颂", "extendCode": "bread-croissant", "quantity": 1}
    about = dict.fromkeys(("createdAt", "activeAt"), now.strftime("%Y-%m-%dT%H:%M:%S"))
    placed = eleme.ORDER | about | {"groups": [{"type": "normal", "items": [line]}]}
    return eleme.body(217, placed, timestamp=int(now.timestamp() * 1000))
