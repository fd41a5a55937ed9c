"""A request of a shop's own program becomes the order that it says."""

import asyncio
import json
import os
import re
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given

from cloud_bridge.gateway.channels import Account, generic
from cloud_bridge.gateway.facts import Webhook
from tests.brokers import Broker
from tests.channels import NOW, anything, is_forged, objects, parsed, readable
from tests.cloud import until
from tests.gateways import SECRET, STORE, BareStore, RunningGateway, StandIn, order, settings_of, signed

ACCOUNT = Account("generic", "shop", secrets={"secret": SECRET})


def hook(body: bytes, *, at: float = NOW, event: str = "msg-1", **headers: str) -> Webhook:
    return Webhook("generic", "shop", at, body, headers=signed(body, event, at=at) | headers)


def told(kind: str, data: Any, **rest: Any) -> bytes:
    return json.dumps({"type": f"order.{kind}", "data": data} | rest).encode()


def test_a_wrong_a_missing_and_an_old_signature_are_refused() -> None:
    right = hook(told("placed", order(1)))
    assert not is_forged(generic.CHANNEL, right, ACCOUNT)
    assert is_forged(generic.CHANNEL, right, Account("generic", "shop", secrets={"secret": "another"}))
    assert is_forged(generic.CHANNEL, right, ACCOUNT, NOW + 301)
    for name in right.headers:
        assert is_forged(generic.CHANNEL, hook(right.body, **{name: ""}), ACCOUNT)


def test_the_vector_that_standard_webhooks_publishes_proves_itself() -> None:
    account = Account("generic", "shop", secrets={"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
    headers = {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330"}
    headers["webhook-signature"] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    webhook = Webhook("generic", "shop", NOW, b'{"test": 2432232314}', headers=headers)
    assert not is_forged(generic.CHANNEL, webhook, account, 1614265330)
    assert is_forged(generic.CHANNEL, webhook, ACCOUNT, 1614265330)


@pytest.mark.parametrize("time", ["9" * 400, "9" * 5_000, "1e9", "-1", "٣", ""])
def test_a_time_that_is_none_is_refused_and_nothing_worse(time: str) -> None:
    assert is_forged(generic.CHANNEL, hook(told("placed", order(1)), **{"webhook-timestamp": time}), ACCOUNT)


def test_what_happened_first_is_older_however_often_it_is_tried() -> None:
    first = told("changed", order(1), timestamp="2026-09-21T13:00:00Z")
    second = told("changed", order(1), timestamp="2026-09-21T13:00:01Z")
    late = parsed(generic.CHANNEL, hook(first, at=NOW), ACCOUNT)[0]
    early = parsed(generic.CHANNEL, hook(second, at=NOW - 60), ACCOUNT)[0]
    assert late.at < early.at
    assert parsed(generic.CHANNEL, hook(told("changed", order(1))), ACCOUNT)[0].at == NOW
    of_next_year = told("changed", order(1), timestamp="2027-09-21T13:00:01Z")  # would shut out what comes after it
    assert parsed(generic.CHANNEL, hook(of_next_year), ACCOUNT)[0].at == NOW


@pytest.mark.parametrize("cut", ["生日快乐\\ud83d", "\\uDE00生日快乐"])
def test_half_an_emoji_costs_a_character_and_not_the_order(cut: str) -> None:
    body = told("placed", order(1, extraInfo="CUT")).replace(b"CUT", cut.encode())
    [said] = parsed(generic.CHANNEL, hook(body), ACCOUNT)
    assert readable(said).note.replace("�", "") == "生日快乐"


@pytest.mark.parametrize("kind", ["placed", "changed", "cancelled", "collected"])
@pytest.mark.parametrize(
    ("ways", "left"),
    [
        ("hook", ()),
        (7, ()),
        ({"hook": 1}, ()),
        ([None], ()),
        (["hook", 7, "chat"], ("hook", "chat")),
        (["x" * 201, "hook"], ("hook",)),
        ([f"hook-{number}" for number in range(21)], tuple(f"hook-{number}" for number in range(20))),
    ],
)
def test_a_wish_that_is_no_way_costs_itself_and_neither_the_order_nor_its_end(
    kind: str, ways: Any, left: tuple[str, ...]
) -> None:
    [said] = generic.CHANNEL.parse(hook(told(kind, order(1, ways=ways))), ACCOUNT)
    assert (said.origin, said.ways) == ("shop-1", left)


@pytest.mark.parametrize("kind", ["placed", "changed", "cancelled", "collected"])
@pytest.mark.parametrize(
    ("addresses", "left"),
    [("customer-1", {}), ([None], {}), (7, {}), ({"webhook": 17, "wechat": "o1", "mail": None}, {"wechat": "o1"})],
)
def test_an_address_that_is_no_text_costs_itself_and_neither_the_order_nor_its_end(
    kind: str, addresses: Any, left: dict[str, str]
) -> None:
    [said] = generic.CHANNEL.parse(hook(told(kind, order(1, addresses=addresses))), ACCOUNT)
    assert (said.origin, said.addresses) == ("shop-1", left)


@given(objects("id", "type", "items", "addresses", "ways", "merchant", "reason"), anything, anything)
def test_whatever_is_signed_is_read_or_unreadable(data: dict[str, Any], other: Any, time: Any) -> None:
    for kind in ("placed", "cancelled"):
        parsed(generic.CHANNEL, hook(told(kind, data, timestamp=time)), ACCOUNT)
        parsed(generic.CHANNEL, hook(told(kind, other)), ACCOUNT)
    parsed(generic.CHANNEL, hook(json.dumps(other).encode()), ACCOUNT)


def test_what_a_bakery_does_not_need_stays_with_the_shop() -> None:
    line = {"id": "1", "name": "生日蛋糕", "quantity": 1, "bakery": {"cakeText": "生日快乐"}, "unitPrice": 198}
    delivery = {"estimatedDeliveryDateTime": "2026-11-22T10:00:00Z", "deliveryAddress": {"street": "西湖"}}
    data = order(1, items=[line], delivery=delivery, payments=[{"value": 198}], replyTo="x", customer={"cpf": "1"})
    [said] = parsed(generic.CHANNEL, hook(told("placed", data)), ACCOUNT)
    assert said.order == {
        "displayId": "A001",
        "type": "TAKEOUT",
        "createdAt": data["createdAt"],
        "items": [{"id": "1", "name": "生日蛋糕", "quantity": 1, "bakery": {"cakeText": "生日快乐"}}],
        "delivery": {"estimatedDeliveryDateTime": "2026-11-22T10:00:00Z"},
    }


async def test_the_shops_program_is_told_what_the_store_says(broker: Broker, store: BareStore, tmp_path: Path) -> None:
    async with StandIn() as shop:
        settings = settings_of(broker, tmp_path)
        account = msgspec.structs.replace(settings.accounts[0], options={"url": f"{shop.url}/bakery"}, ways=())
        settings = msgspec.structs.replace(settings, accounts=(account,))
        async with RunningGateway(settings, tmp_path / "gateway.db") as gateway:
            await gateway.tell("placed", order(1))
            await until(lambda: store.orders)
            event = store.orders[0]
            store.tell("order.accepted", event["subject"], displayId="A001", event=event["id"])
            await until(lambda: len(shop.requests) == 1)
            store.tell("store.paused", reason="烤箱坏了")
            await until(lambda: len(shop.requests) == 2)
            store.tell("product.unavailable", code="cake-strawberry-8", name="草莓奶油蛋糕")
            await until(lambda: len(shop.requests) == 3)
    accepted, paused, unavailable = (json.loads(body) for _, _, body in shop.requests)
    about = {"account": "generic/shop", "store": STORE}
    assert accepted == {
        "type": "order.accepted",
        "data": {"on": "order.accepted", "order": "shop-1", "addresses": {"webhook": "customer-1"}} | about,
    }
    assert (paused["type"], paused["data"]["reason"]) == ("store.paused", "烤箱坏了")
    assert (unavailable["type"], unavailable["data"]["code"]) == ("product.unavailable", "cake-strawberry-8")
    path, headers, body = shop.requests[0]
    assert path == "/bakery"
    right = signed(body, headers["webhook-id"], at=float(headers["webhook-timestamp"]))
    assert headers["webhook-signature"] == right["webhook-signature"]


async def test_the_example_for_a_shops_programmer_works_as_it_is_written(
    broker: Broker, store: BareStore, tmp_path: Path
) -> None:
    readme = Path(generic.__file__).with_name("README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    async with RunningGateway(settings_of(broker, tmp_path), tmp_path / "gateway.db") as gateway:
        known = {"PATH": os.environ["PATH"], "URL": f"{gateway.url}/channels/generic/shop", "SECRET": SECRET}
        run = await asyncio.create_subprocess_exec("sh", "-euc", example, env=known, stdout=PIPE, stderr=PIPE)
        said, wrong = await run.communicate()
        assert (said, wrong) == (b'{"ok":true} 200\n', b"")
        await until(lambda: store.orders)
    [data] = (event["data"] for event in store.orders)
    assert data.pop("replyTo")
    assert data == {
        "id": data["id"],
        "displayId": "A001",
        "type": "TAKEOUT",
        "createdAt": "2026-11-22T09:00:00+08:00",
        "salesChannel": "generic",
        "takeout": {"takeoutDateTime": "2026-11-22T17:30:00+08:00"},
        "merchant": {"id": "west-lake"},
        "customer": {"name": "王女士", "phone": {"number": "13800000000"}},
        "extraInfo": "六点来取",
        "items": [
            {
                "id": "1",
                "name": "草莓奶油蛋糕",
                "externalCode": "cake-strawberry-8",
                "quantity": 1,
                "specialInstructions": "少糖",
                "options": [{"name": "8寸", "quantity": 1}],
                "bakery": {"cakeText": "生日快乐", "candles": 6},
            }
        ],
    }
