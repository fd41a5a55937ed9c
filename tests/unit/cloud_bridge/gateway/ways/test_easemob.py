"""Easemob's REST API: what is asked as its document says, and what its answers mean."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.ways import Arrived, Later, Never, Setting, Unsendable, Unsure
from cloud_bridge.gateway.ways.easemob import WAY
from tests.unit.cloud_bridge.gateway.ways.conftest import NINE

SETTING = Setting(
    "chat",
    options={"app": "bakery#shop", "api": "https://a1.easemob.com/", "from": "maitian"},
    secrets={"client_id": "id", "client_secret": "s3cret"},
)


def test_a_message_goes_to_one_user_as_text(notice: Notice) -> None:
    call = WAY.call(notice, {"easemob": "wang-1"}, SETTING, "TOKEN", NINE)
    assert call.url == "https://a1.easemob.com/bakery/shop/messages/users"
    assert call.headers["authorization"] == "Bearer TOKEN"
    assert json.loads(call.body) == {
        "from": "maitian",
        "to": ["wang-1"],
        "type": "txt",
        "body": {"msg": "您的草莓奶油蛋糕已进烤箱。"},
    }


def test_a_long_message_stays_below_what_is_taken(notice: Notice) -> None:
    call = WAY.call(replace(notice, words="蛋" * 4000), {"easemob": "wang-1"}, SETTING, "TOKEN", NINE)
    assert len(call.body) < 5_000
    assert json.loads(call.body)["body"]["msg"] == "蛋" * 1000


def test_the_token_is_asked_for_with_the_credentials_of_the_app() -> None:
    token = WAY.token
    assert token is not None
    call = token.call(SETTING)
    assert call.url == "https://a1.easemob.com/bakery/shop/token"
    assert json.loads(call.body) == {"grant_type": "client_credentials", "client_id": "id", "client_secret": "s3cret"}
    assert token.read(200, b'{"access_token":"YWMt","expires_in":5184000,"application":"a"}') == ("YWMt", 5184000)
    assert token.refused(401, b"")
    with pytest.raises(Unsendable, match="client_secret"):
        token.read(400, b'{"error":"invalid_grant"}')
    for status in (429, 503):
        with pytest.raises(ValueError, match=str(status)):
            token.read(status, b"")


@pytest.mark.parametrize(
    ("status", "body", "headers", "meaning"),
    [
        (200, {"data": {"wang-1": "1029457500870543736"}}, {}, Arrived()),
        (200, {}, {}, Unsure("HTTP 200, but no message in its answer")),
        (502, {}, {}, Unsure("HTTP 502")),
        (403, {"error": "forbidden_op"}, {}, Later("HTTP 403: too many messages", 60.0, everything=True)),
        (429, {}, {"retry-after": "7"}, Later("HTTP 429: too many messages", 7.0, everything=True)),
        (503, {}, {}, Later("HTTP 503")),
        (401, {}, {}, Later("HTTP 401")),
        (400, {"error": "illegal_argument"}, {}, Never("HTTP 400")),
        (404, {}, {}, Never("HTTP 404")),
    ],
)
def test_an_answer_has_its_meaning(status: int, body: Any, headers: dict[str, str], meaning: Any) -> None:
    assert WAY.judge(status, json.dumps(body).encode(), headers) == meaning


def test_what_cannot_go_says_why(notice: Notice) -> None:
    with pytest.raises(Unsendable, match="no address for easemob"):
        WAY.call(notice, {"wechat": "o"}, SETTING, "T", NINE)
    with pytest.raises(Unsendable, match="no words"):
        WAY.call(replace(notice, words=""), {"easemob": "o"}, SETTING, "T", NINE)
    with pytest.raises(Unsendable, match="org#app"):
        WAY.call(notice, {"easemob": "o"}, replace(SETTING, options=SETTING.options | {"app": "shop"}), "T", NINE)


def test_a_mistake_in_the_settings_is_said_before_a_customer_waits() -> None:
    assert list(WAY.mistakes(SETTING)) == []
    assert list(WAY.mistakes(replace(SETTING, options=SETTING.options | {"app": "shop"}))) == [
        "options.app: expected the AppKey, org#app"
    ]
