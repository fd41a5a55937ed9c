"""A push of WeChat: who allows messages, and the store's orders, which are asked for by their number."""

import base64
import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given

from cloud_bridge.gateway.channels import Account, Allowed, Forged, Unreadable, Wanted, wechat
from cloud_bridge.gateway.channels.channel import PULLED
from cloud_bridge.gateway.channels.wechat_seal import opened
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.messages import EventType
from tests.brokers import Broker
from tests.channels import NOW, anything, is_forged, objects, one_account, parsed, readable, refuses
from tests.cloud import until
from tests.gateways import BareStore, StandIn

# The example that WeChat's document on encryption works through.
TOKEN, AES_KEY, APPID = "AAAAA", "A" * 43, "wxba5fad812f8e6fb9"
ENCRYPTED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8X"
    "GT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIj"
    "df8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
PLAIN = Account("wechat", "shop", options={"appid": APPID}, secrets={"token": TOKEN})
SAFE = Account("wechat", "shop", options={"appid": APPID}, secrets={"token": TOKEN, "aes_key": AES_KEY})
OPENID = "o9AgO5Kd5ggOC-bXrbNODIiE3bGY"
ORDER = {
    "order_id": 3705115058471208928,
    "openid": OPENID,
    "status": 20,
    "create_time": 1789999000,
    "update_time": 1789999100,
    "order_detail": {
        "product_infos": [
            {
                "product_id": "234245",
                "sku_id": "23424",
                "sku_cnt": 2,
                "title": "草莓奶油蛋糕",
                "sku_code": "cake-strawberry-8",
                "sku_attrs": [{"attr_key": "尺寸", "attr_value": "8寸"}, {"attr_key": "甜度", "attr_value": "少糖"}],
                "sale_price": 19800,
            }
        ],
        "delivery_info": {"address_info": {"user_name": "陈先生", "tel_number": "13800000000"}, "deliver_method": 0},
        "ext_info": {"customer_notes": "写:生日快乐", "merchant_notes": ""},
    },
}


def signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def closed(message: bytes, appid: str = APPID, key: str = AES_KEY) -> str:
    """The message as WeChat closes it up, computed here and not by the product."""
    raw = os.urandom(16) + len(message).to_bytes(4, "big") + message + appid.encode()
    filling = 32 - len(raw) % 32
    cipher = Cipher(
        algorithms.AES(base64.b64decode(key + "=")), modes.CBC(base64.b64decode(key + "=")[:16])
    ).encryptor()
    return base64.b64encode(cipher.update(raw + bytes([filling]) * filling) + cipher.finalize()).decode()


def push(body: bytes, at: float = NOW, **query: str) -> Webhook:
    """A push in plain mode."""
    about = {"timestamp": str(int(at)), "nonce": "486452656"} | query
    about["signature"] = signature(TOKEN, about["timestamp"], about["nonce"])
    return Webhook("wechat", "shop", at, body, urlencode(about))


def safe(message: bytes, at: float = NOW, appid: str = APPID) -> Webhook:
    """An encrypted push."""
    sealed, stamp, nonce = closed(message, appid), str(int(at)), "415670741"
    about = {"timestamp": stamp, "nonce": nonce, "encrypt_type": "aes"}
    about["msg_signature"] = signature(TOKEN, stamp, nonce, sealed)
    return Webhook("wechat", "shop", at, json.dumps({"ToUserName": "gh", "Encrypt": sealed}).encode(), urlencode(about))


def event(name: str, **rest: Any) -> bytes:
    about = {"ToUserName": "gh", "FromUserName": OPENID, "CreateTime": 1790000000, "MsgType": "event", "Event": name}
    return json.dumps(about | rest).encode()


def told(**rest: Any) -> Webhook:
    """What WeChat answers when it is asked for the order."""
    body = json.dumps({"errcode": 0, "errmsg": "ok", "order": ORDER | rest}).encode()
    return Webhook("wechat", "shop", NOW, body, headers={PULLED: "1"})


def test_the_example_of_the_document_is_proved_and_opened() -> None:
    query = "signature=6c5c811b55cc85e0e1b54100749188c20beb3f5d&timestamp=1714112445&nonce=415670741&encrypt_type=aes"
    query += "&msg_signature=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
    body = json.dumps({"ToUserName": "gh_97417a04a28d", "Encrypt": ENCRYPTED}).encode()
    wechat.CHANNEL.verify(Webhook("wechat", "shop", 0, body, query), SAFE, 1714112445)
    assert json.loads(opened(ENCRYPTED, SAFE))["debug_str"] == "hello world"
    query = "signature=899cf89e464efb63f54ddac96b0a0a235f53aa78&timestamp=1714037059&nonce=486452656"
    wechat.CHANNEL.verify(Webhook("wechat", "shop", 0, b"{}", query), PLAIN, 1714037059)
    query = "signature=f464b24fc39322e44b38aa78f5edd27bd1441696&echostr=4375120948345356249"
    query += "&timestamp=1714036504&nonce=1514711492"
    assert wechat.CHANNEL.hello is not None
    assert wechat.CHANNEL.hello(Webhook("wechat", "shop", 0, b"", query), PLAIN).body == b"4375120948345356249"
    with pytest.raises(Forged):
        wechat.CHANNEL.hello(Webhook("wechat", "shop", 0, b"", query.replace("f464", "f465")), PLAIN)


def test_a_wrong_a_missing_and_an_old_signature_are_refused() -> None:
    other = Account("wechat", "shop", options={"appid": APPID}, secrets={"token": "BBBBB"})
    assert not is_forged(wechat.CHANNEL, push(b"{}"), PLAIN)
    assert is_forged(wechat.CHANNEL, push(b"{}"), other)
    assert is_forged(wechat.CHANNEL, Webhook("wechat", "shop", NOW, b"{}"), PLAIN)
    assert is_forged(wechat.CHANNEL, push(b"{}"), PLAIN, NOW + 301)  # nothing proves the message itself


def test_an_encrypted_push_proves_its_message_and_for_whom_it_is() -> None:
    right = safe(event("x"))
    assert not is_forged(wechat.CHANNEL, right, SAFE)
    assert not is_forged(wechat.CHANNEL, right, SAFE, NOW + 3.6 * 3600)  # WeChat's last try
    assert is_forged(wechat.CHANNEL, right, SAFE, NOW + 5 * 3600)
    another = safe(event("y"))
    assert is_forged(wechat.CHANNEL, Webhook("wechat", "shop", NOW, another.body, right.query), SAFE)
    assert is_forged(wechat.CHANNEL, safe(event("x"), appid="wx-another"), SAFE)
    assert is_forged(wechat.CHANNEL, push(event("x")), SAFE)  # who has an aes_key takes nothing else
    wrong = Account("wechat", "shop", options={"appid": APPID}, secrets={"token": TOKEN, "aes_key": "B" * 43})
    assert is_forged(wechat.CHANNEL, right, wrong)


CHOICES = [
    {"TemplateId": "ready", "SubscribeStatusString": "accept", "PopupScene": "0"},
    {"TemplateId": "oven", "SubscribeStatusString": "reject", "PopupScene": "0"},
]
XML = f"""<xml><ToUserName><![CDATA[gh]]></ToUserName><FromUserName><![CDATA[{OPENID}]]></FromUserName>
<CreateTime>1790000000</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe_msg_popup_event]]></Event>
<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[ready]]></TemplateId><SubscribeStatusString><![CDATA[accept]]>
</SubscribeStatusString></List><List><TemplateId><![CDATA[oven]]></TemplateId><SubscribeStatusString><![CDATA[reject]]>
</SubscribeStatusString></List></SubscribeMsgPopupEvent></xml>""".replace("]]>\n<", "]]><")


@pytest.mark.parametrize(
    "body",
    [
        event("subscribe_msg_popup_event", List=CHOICES),
        event("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": CHOICES}),
        event("subscribe_msg_popup_event", SubscribeMsgPopupEvent=CHOICES),
        event("subscribe_msg_popup_event", List=CHOICES[0]),
        XML.encode(),
    ],
)
def test_an_acceptance_allows_one_message_in_all_the_forms_it_comes_in(body: bytes) -> None:
    [plain] = parsed(wechat.CHANNEL, push(body), PLAIN)
    first, again = (parsed(wechat.CHANNEL, safe(body), SAFE)[0] for _ in range(2))
    assert plain == first == again  # although the bytes of an encrypted one differ each time
    assert (plain.address, plain.templates) == (OPENID, {"ready": 1})


def test_acceptances_of_one_second_are_one_event_only_if_they_are_for_the_same_templates() -> None:
    def accepted(*templates: str) -> Any:
        choices = [{"TemplateId": template, "SubscribeStatusString": "accept"} for template in templates]
        return parsed(wechat.CHANNEL, push(event("subscribe_msg_popup_event", List=choices)), PLAIN)[0].event

    assert len({accepted("ready"), accepted("oven"), accepted("ready", "oven")}) == 3
    assert accepted("ready", "oven") == accepted("oven", "ready")


def test_a_customer_who_wants_no_more_allows_none() -> None:
    [said] = parsed(wechat.CHANNEL, push(event("subscribe_msg_change_event", List=CHOICES)), PLAIN)
    assert isinstance(said, Allowed)
    assert said.templates["oven"] < -1000
    assert "ready" not in said.templates


@pytest.mark.parametrize("name", ["pay", "wait_shipping", "ext_info_update"])
def test_an_event_of_the_store_names_an_order_that_is_asked_for(name: str) -> None:
    body = event(f"channels_ec_order_{name}", order_info={"order_id": 3705115058471208928, "pay_time": 1790000000})
    assert parsed(wechat.CHANNEL, push(body), PLAIN) == [Wanted({"order_id": "3705115058471208928"})]


def test_a_cancellation_and_a_receipt_are_events_of_their_own() -> None:
    for name, kind in (("cancel", EventType.CANCELLED), ("confirm", EventType.COLLECTED)):
        body = event(f"channels_ec_order_{name}", order_info={"order_id": 3705115058471208928})
        [said] = parsed(wechat.CHANNEL, push(body), PLAIN)
        assert (said.origin, said.kind) == ("3705115058471208928", kind)
    refund = {"finder_shop_aftersale_status_update": {"status": "MERCHANT_REFUND_SUCCESS", "order_id": "37"}}
    assert parsed(wechat.CHANNEL, push(event("channels_ec_aftersale_update", **refund)), PLAIN) == [
        Wanted({"order_id": "37"})
    ]
    assert not parsed(wechat.CHANNEL, push(event("channels_ec_order_new", order_info={"order_id": 1})), PLAIN)


def test_an_order_that_was_asked_for_is_read_with_its_choices_and_who_ordered() -> None:
    [said] = wechat.CHANNEL.parse(told(), PLAIN)
    assert (said.origin, said.kind, said.addresses) == ("3705115058471208928", EventType.PLACED, {"wechat": OPENID})
    order = readable(said)
    assert (order.display_id, order.type, order.customer, order.phone) == (
        "208928",
        "DELIVERY",
        "陈先生",
        "13800000000",
    )
    [cake] = order.items
    assert (cake.name, cake.code, cake.quantity) == ("草莓奶油蛋糕", "cake-strawberry-8", 2)
    assert ([one.name for one in cake.options], order.note) == (["8寸", "少糖"], "写:生日快乐")


@pytest.mark.parametrize(
    ("status", "kinds"),
    [(10, []), (200, [EventType.CANCELLED]), (250, [EventType.CANCELLED]), (100, [EventType.COLLECTED])],
)
def test_the_status_of_an_order_that_was_asked_for_counts(status: int, kinds: list[EventType]) -> None:
    assert [said.kind for said in wechat.CHANNEL.parse(told(status=status), PLAIN)] == kinds


@given(objects("Event", "order_info", "List", "FromUserName"), objects("order_id", "order_detail", "status"), anything)
def test_whatever_a_proved_push_holds_is_read_or_unreadable(
    about: dict[str, Any], wire: dict[str, Any], other: Any
) -> None:
    answers = msgspec.structs.replace(wechat.CHANNEL, verify=lambda *_: None)  # they come from WeChat itself
    parsed(wechat.CHANNEL, push(json.dumps(about).encode()), PLAIN)
    parsed(wechat.CHANNEL, push(event("subscribe_msg_popup_event", List=other)), PLAIN)
    parsed(wechat.CHANNEL, push(event("channels_ec_order_cancel", order_info=other)), PLAIN)
    parsed(answers, told(**wire), PLAIN)


@pytest.mark.parametrize(
    "body", [b"<xml", b"<xml/>", b'<!DOCTYPE x [<!ENTITY a "a">]><xml><Event>&a;</Event></xml>', b"<a>" * 50]
)
def test_xml_that_is_none_or_has_a_dtd_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        wechat.CHANNEL.parse(push(body), PLAIN)


async def test_a_paid_order_is_asked_for_and_goes_to_the_store(
    broker: Broker, store: BareStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = {"token": TOKEN, "aes_key": AES_KEY, "secret": "app secret"}
    seen: list[str] = []

    def api(request: web.Request, body: bytes) -> web.Response:
        if request.path == "/cgi-bin/stable_token":
            assert json.loads(body) == {"grant_type": "client_credential", "appid": APPID, "secret": "app secret"}
            return web.json_response({"access_token": f"token-{len(seen)}", "expires_in": 7200})
        seen.append(request.query["access_token"])
        if len(seen) == 1:  # it was taken back before its time
            return web.json_response({"errcode": 40001, "errmsg": "invalid credential"})
        assert json.loads(body) == {"order_id": str(ORDER["order_id"])}
        return web.json_response({"errcode": 0, "order": ORDER})

    async with StandIn(api) as wechat_api:
        options = {"appid": APPID, "api": wechat_api.url}
        async with one_account(broker, tmp_path, "wechat", secrets, options=options) as gateway:
            paid = event("channels_ec_order_pay", order_info={"order_id": ORDER["order_id"]})
            for _ in range(2):
                one = safe(paid, time.time())
                assert await gateway.post(f"/channels/wechat/shop?{one.query}", one.body) == (200, b"success")
            one = safe(paid, time.time() - 5 * 3600)
            await refuses(gateway, caplog, f"/channels/wechat/shop?{one.query}", one.body)
            await until(lambda: store.orders)
            await until(lambda: not gateway.gateway.hub.board.webhooks)
            greeting = push(b"", time.time(), echostr="a b").query
            async with gateway.session.get(f"{gateway.url}/channels/wechat/shop?{greeting}") as echo:
                assert await echo.read() == b"a b"
    assert len(set(seen)) == 2  # the token that was refused, and a new one
    [placed] = store.orders
    assert OPENID not in json.dumps(placed)
    data = placed["data"]
    assert data.pop("replyTo")
    assert data == {
        "id": data["id"],
        "displayId": "208928",
        "type": "DELIVERY",
        "createdAt": "2026-09-21T13:56:40Z",
        "orderTiming": "INSTANT",
        "salesChannel": "wechat",
        "customer": {"name": "陈先生", "phone": {"number": "13800000000"}},
        "extraInfo": "写:生日快乐",
        "items": [
            {
                "id": "1",
                "name": "草莓奶油蛋糕",
                "externalCode": "cake-strawberry-8",
                "quantity": 2,
                "options": [{"name": "8寸", "quantity": 1}, {"name": "少糖", "quantity": 1}],
            }
        ],
    }


async def test_an_acceptance_that_comes_again_closed_up_anew_allows_one_message(broker: Broker, tmp_path: Path) -> None:
    secrets = {"token": TOKEN, "aes_key": AES_KEY}
    async with one_account(broker, tmp_path, "wechat", secrets, options={"appid": APPID}) as gateway:
        accepted = event("subscribe_msg_popup_event", List=CHOICES)
        for _ in range(3):
            one = safe(accepted, time.time())
            assert await gateway.post(f"/channels/wechat/shop?{one.query}", one.body) == (200, b"success")
        board = gateway.gateway.hub.board
        await until(lambda: board.grants and not board.webhooks)
        assert [grant.left for grant in board.grants.values()] == [1]
        assert OPENID not in str(list(board.grants.items()))


def test_what_is_not_proved_yet_is_not_read_as_xml() -> None:
    sealed, stamp = closed(event("x")), str(int(NOW))
    about = {"timestamp": stamp, "nonce": "1", "msg_signature": signature(TOKEN, stamp, "1", sealed)}
    many = b"<a/>" * 60_000
    for inside in (f"<![CDATA[{sealed}]]>", f" {sealed}\n"):
        body = b"<xml><Encrypt>" + inside.encode() + b"</Encrypt>" + many + b"<not closed"
        assert not is_forged(wechat.CHANNEL, Webhook("wechat", "shop", NOW, body, urlencode(about)), SAFE)
    assert is_forged(wechat.CHANNEL, Webhook("wechat", "shop", NOW, b"<xml><Encrypt>" + many, urlencode(about)), SAFE)
    assert parsed(wechat.CHANNEL, push(b"<xml>" + many + b"</xml>"), PLAIN) == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_a_dtd_is_seen_in_whatever_letters_it_is_written(encoding: str) -> None:
    document = '<!DOCTYPE x [<!ENTITY e "subscribe">]><xml><Event>&e;</Event></xml>'
    with pytest.raises(Unreadable):
        wechat.CHANNEL.parse(push(document.encode(encoding)), PLAIN)
