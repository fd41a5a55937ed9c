"""A request of a shop's own program becomes the order that it says."""

import json
from typing import Any

import pytest

from cloud_bridge.gateway.channels import Account, generic
from cloud_bridge.gateway.facts import Webhook
from tests.channels import NOW, is_forged
from tests.gateways import SECRET, order, signed

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


@pytest.mark.parametrize("time", ["9" * 400, "9" * 5_000, "1e9", "-1", "٣", ""])
def test_a_time_that_is_none_is_refused_and_nothing_worse(time: str) -> None:
    assert is_forged(generic.CHANNEL, hook(told("placed", order(1)), **{"webhook-timestamp": time}), ACCOUNT)
