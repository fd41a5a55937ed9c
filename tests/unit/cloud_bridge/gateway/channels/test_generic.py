"""A request of a shop's own program becomes the order that it says."""

import json
from typing import Any

import pytest
from hypothesis import given

from cloud_bridge.gateway.channels import Account, generic
from cloud_bridge.gateway.facts import Webhook
from tests.channels import NOW, anything, is_forged, objects, parsed, readable
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


@given(objects("id", "type", "items", "addresses", "merchant", "reason"), anything, anything)
def test_whatever_is_signed_is_read_or_unreadable(data: dict[str, Any], other: Any, time: Any) -> None:
    for kind in ("placed", "cancelled"):
        parsed(generic.CHANNEL, hook(told(kind, data, timestamp=time)), ACCOUNT)
        parsed(generic.CHANNEL, hook(told(kind, other)), ACCOUNT)
    parsed(generic.CHANNEL, hook(json.dumps(other).encode()), ACCOUNT)
