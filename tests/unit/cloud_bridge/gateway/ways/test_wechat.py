"""WeChat's subscribe message: what is asked as its document says, and what its answers mean."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.ways import Arrived, Later, Never, Setting, Unsendable, Unsure
from cloud_bridge.gateway.ways.wechat import KEYWORDS, WAY
from tests.unit.cloud_bridge.gateway.ways.conftest import NINE

OVEN, READY = "tmpl-oven", "tmpl-ready"
SETTING = Setting(
    "mini",
    options={
        "appid": "wx1",
        OVEN: "thing1={item}; character_string2={order}; time3={time}; phrase4=已进烤箱吧",
        READY: "thing1=请到{store}取货",
        "page": "pages/order",
    },
    secrets={"secret": "s3cret"},
    templates={"item.started baking": OVEN, "order.ready": READY},
)


def test_a_cake_in_the_oven_is_told_with_the_template_of_its_stage(notice: Notice) -> None:
    call = WAY.call(notice, {"wechat": "openid-1"}, SETTING, "TOKEN", NINE)
    assert call.url == "https://api.weixin.qq.com/cgi-bin/message/subscribe/send?access_token=TOKEN"
    assert json.loads(call.body) == {
        "touser": "openid-1",
        "template_id": OVEN,
        "page": "pages/order",
        "data": {
            "thing1": {"value": "草莓奶油蛋糕"},
            "character_string2": {"value": "A001"},
            "time3": {"value": "2026年11月22日 09:05"},
            "phrase4": {"value": "已进烤箱吧"},
        },
    }


@pytest.mark.parametrize(
    ("keyword", "text", "fits"),
    [
        ("thing", "一二三四五六七八九十一二三四五六七八九十一", "一二三四五六七八九十一二三四五六七八九…"),
        ("character_string", "订单 A001-é" + "x" * 40, " A001-" + "x" * 26),
        ("phrase", "A 正在制作中啦", "正在制作中"),
        ("name", "王大锤王大锤王大锤王大锤", "王大锤王大锤王大锤王"),
        ("name", "Wang Xiaoming the second", "Wang Xiaoming the se"),
        ("number", "12.5 kg", "12.5"),
        ("phone_number", "+86-0766-66888866 (ext. 1)", "+86-0766-66888866"),
    ],
)
def test_a_keyword_holds_what_the_document_allows(keyword: str, text: str, fits: str) -> None:
    assert KEYWORDS[keyword](text) == fits


@pytest.mark.parametrize(
    ("notice_changes", "options", "address", "reason"),
    [
        ({}, {}, {}, "no address"),
        ({"on": "order.accepted"}, {}, {"wechat": "o"}, "there is none for order.accepted"),
        ({}, {OVEN: ""}, {"wechat": "o"}, "keywords are missing"),
        ({}, {OVEN: "wish1={item}"}, {"wechat": "o"}, "no keyword wish1; it has thing"),
        ({"name": ""}, {OVEN: "thing1={item}"}, {"wechat": "o"}, "thing1: nothing is left"),
    ],
)
def test_what_cannot_go_says_why(
    notice: Notice, notice_changes: dict[str, Any], options: dict[str, str], address: dict[str, str], reason: str
) -> None:
    setting = replace(SETTING, options=SETTING.options | options)
    with pytest.raises(Unsendable, match=reason):
        WAY.call(replace(notice, **notice_changes), address, setting, "T", NINE)


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        ({"errcode": 0, "errmsg": "ok"}, Arrived()),
        ({"errcode": 43101, "errmsg": "user refuse"}, Never("43101: the customer allows no more of these", spent=True)),
        ({"errcode": 40003}, Never("40003: the customer's openid is not of this mini-program")),
        (
            {"errcode": 47003, "errmsg": "argument invalid! data.thing1.value"},
            Never("47003: argument invalid! data.thing1.value"),
        ),
        ({"errcode": 12345, "errmsg": "openid-1"}, Never("12345: refused")),
        ({"errcode": -1}, Later("-1: busy")),
        ({"errcode": 45009}, Later("45009: the limit of calls is reached", 3600.0, everything=True)),
        ({"errcode": 42001}, Later("42001: the access token is not taken")),
        ({}, Unsure("HTTP 200, and no errcode")),
    ],
)
def test_an_answer_has_its_meaning(body: dict[str, Any], meaning: Any) -> None:
    assert WAY.judge(200, json.dumps(body).encode(), {}) == meaning


@pytest.mark.parametrize(("status", "meaning"), [(200, Unsure), (502, Unsure), (503, Later), (413, Later)])
def test_where_wechat_does_not_answer_itself_it_may_have_sent_the_message(status: int, meaning: type) -> None:
    assert WAY.judge(status, b"<html>", {}) == meaning(f"HTTP {status}, and no errcode")


def test_the_token_is_the_stable_one_and_a_wrong_secret_is_said_without_it() -> None:
    token = WAY.token
    assert token is not None
    call = token.call(SETTING)
    assert call.url == "https://api.weixin.qq.com/cgi-bin/stable_token"
    assert json.loads(call.body) == {"grant_type": "client_credential", "appid": "wx1", "secret": "s3cret"}
    assert token.read(200, b'{"access_token":"T","expires_in":7200}') == ("T", 7200)
    with pytest.raises(Unsendable, match="40125: the secret is wrong"):
        token.read(200, b'{"errcode":40125,"errmsg":"invalid appsecret s3cret"}')
    with pytest.raises(ValueError, match="-1"):
        token.read(200, b'{"errcode":-1}')
    for code in (40001, 40014, 42001):
        assert token.refused(200, json.dumps({"errcode": code}).encode())
    assert not token.refused(200, b'{"errcode":0}')


def test_a_mistake_in_the_settings_is_said_before_a_customer_waits() -> None:
    assert list(WAY.mistakes(SETTING)) == []
    assert list(WAY.mistakes(replace(SETTING, templates={}))) == ["templates: required, the ids by event: order.ready"]
    wrong = replace(SETTING, options={OVEN: "wish1={item}"})
    [keyword, missing] = WAY.mistakes(wrong)
    assert keyword.startswith("options.tmpl-oven: WeChat has no keyword wish1; it has thing, character_string")
    assert missing.startswith("options.tmpl-ready: the template's keywords are missing")


@given(st.text(), st.text(), st.text())
def test_whatever_customers_and_bakers_write_is_told_within_the_limits_or_not_at_all(a: str, b: str, c: str) -> None:
    told = Notice("1", "wechat/mini", "order.ready", "s", NINE, NINE, NINE, ("mini",), display_id=a, name=b, words=c)
    fields = "; ".join(f"{keyword}1={{order}}{{item}}{{words}}" for keyword in KEYWORDS)
    setting = Setting("mini", {"appid": "x", "t": fields}, templates={"order.ready": "t"})
    try:
        data = json.loads(WAY.call(told, {"wechat": "o"}, setting, "", NINE).body)["data"]
    except Unsendable:
        return
    assert set(data) == {f"{keyword}1" for keyword in KEYWORDS}
    assert len(data["thing1"]["value"]) <= 20
    assert data["character_string1"]["value"].isascii()
    assert all("\n" not in one["value"] and one["value"] for one in data.values())
