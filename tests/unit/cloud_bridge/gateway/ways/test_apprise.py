"""Apprise: a customer's address cannot change where a message goes, and what is secret stays so."""

import asyncio
import json
import logging
from typing import Any

import apprise
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.ways import Arrived, Call, Never, Outcome, Setting, Unsendable, Unsure
from cloud_bridge.gateway.ways.apprise import WAY
from tests.gateways import StandIn
from tests.unit.cloud_bridge.gateway.ways.conftest import NINE

ROBOT = Setting("everybody", secrets={"url": "json://user:s3cret@127.0.0.1:1/room/{address}/end?+X-To={address}"})
TOLD = Notice("1", "a", "order.ready", "s", NINE, NINE, NINE, ("everybody",), words="words")


def url_for(address: str) -> str:
    return WAY.call(TOLD, {"apprise": address}, ROBOT, "", NINE).url


def read(url: str) -> Any:
    """What apprise makes of it."""
    there = apprise.Apprise.instantiate(url)
    assert there is not None
    return there


@given(st.text())
def test_whatever_the_address_the_message_goes_to_the_same_place(address: str) -> None:
    try:
        url = url_for(address)
    except Unsendable:
        return
    there, plain = read(url), read(url_for("wang"))
    assert (there.host, there.port, there.user, there.password) == ("127.0.0.1", 1, "user", "s3cret")
    assert there.fullpath.count("/") == plain.fullpath.count("/")
    assert set(there.headers) == set(plain.headers)


@pytest.mark.parametrize("address", ["a,b@example.com", "a b", "a;b", "..", "a\nb", "<a@b>"])
def test_an_address_is_one(address: str) -> None:
    with pytest.raises(Unsendable, match="is not one"):
        url_for(address)


async def test_a_message_arrives_and_no_secret_is_logged(
    stand_in: StandIn, notice: Notice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = stand_in.url.replace("http://", "json://user:s3cret@") + "/room/{address}"
    setting = Setting("everybody", secrets={"url": url})
    call = WAY.call(notice, {"everybody": "wang/1"}, setting, "", NINE)
    assert WAY.carry is not None
    status, body = await asyncio.to_thread(WAY.carry, call)
    assert WAY.judge(status, body, {}) == Arrived()
    [(path, _, told)] = stand_in.requests
    assert path.startswith("/room/wang")
    assert json.loads(told)["message"] == "您的草莓奶油蛋糕已进烤箱。"
    status, body = await asyncio.to_thread(WAY.carry, replace(call, url="json://user:s3cret@127.0.0.1:1/"))
    assert WAY.judge(status, body, {}) == Unsure("it was not taken")  # or nobody said that it was
    assert "s3cret" not in caplog.text
    assert "s3cret" not in repr(call) + repr(setting)


def test_an_address_that_apprise_cannot_read_is_said_without_it() -> None:
    assert WAY.carry is not None
    assert WAY.judge(*WAY.carry(Call("nothing://s3cret", b"words")), {}) == Never(
        "secret_files.url: apprise cannot read it"
    )


@pytest.mark.parametrize(("status", "outcome"), [(200, Arrived()), (503, Unsure("it was not taken"))])
def test_wecoms_robot_is_asked_as_its_document_says(
    notice: Notice, monkeypatch: pytest.MonkeyPatch, status: int, outcome: Outcome
) -> None:
    """The document is "群机器人配置说明", developer.work.weixin.qq.com; no request leaves this machine."""
    asked: list[PreparedRequest] = []

    def send(_: HTTPAdapter, request: PreparedRequest, **_options: Any) -> Response:
        asked.append(request)
        answer = Response()
        answer.status_code, answer._content = status, b'{"errcode":0,"errmsg":"ok"}'
        return answer

    monkeypatch.setattr(HTTPAdapter, "send", send)
    key = "693a91f6-7e61-4bc4-97a0-0ec2b1fa5aaa"
    call = WAY.call(notice, {}, Setting("staff", secrets={"url": f"wecombot://{key}"}), "", NINE)
    assert WAY.carry is not None
    assert WAY.judge(*WAY.carry(call), {}) == outcome
    [request] = asked
    assert (request.method, request.url) == ("POST", f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={key}")
    assert request.headers["content-type"].startswith("application/json")
    assert json.loads(request.body or b"") == {"msgtype": "text", "text": {"content": "您的草莓奶油蛋糕已进烤箱。"}}
