"""A customer's text on its way in and out: whole where it is harmless, and never more than text."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.messages import cloud_event, topics_of
from cloud_bridge.reader import Reader
from edge.intents import KeepLetter, Place
from edge.orders import ItemId, OrderId
from edge.shapes import HALF
from edge.updates import Update, UpdateId, UpdateKind
from tests.cloud import order_event
from tests.hostile import LONG, arrives, hostile, on_the_wire, powers

TOPICS = topics_of("hz-0012")
READER = Reader(TOPICS, "j1")
NOW = 1_800_000_000.0


def an_order_of(text: str) -> dict[str, Any]:
    """An order with a text wherever a customer can write one."""
    event = order_event(1)
    event["data"] |= {"customer": {"name": text, "phone": {"number": text}}, "extraInfo": text, "replyTo": text}
    event["data"] |= {"displayId": f"A{text}"[:200], "salesChannel": text}
    item = event["data"]["items"][0]
    item |= {"name": f"cake {text}", "externalCode": text, "unit": text, "specialInstructions": text}
    item |= {"options": [{"name": f"with {text}"}], "bakery": {"cakeText": text, "allergens": [text], "picture": text}}
    return event


@given(hostile)
def test_what_a_customer_writes_arrives_whole_but_for_half_characters(text: str) -> None:
    understood = READER.read(TOPICS.orders, on_the_wire(an_order_of(text)), NOW)
    assert understood is not None
    assert isinstance(understood.intent, Place), understood.intent
    order, kept = understood.intent.order, arrives(text)
    (item,) = order.items
    assert [order.customer, order.phone, order.note, item.note, item.bakery.cake_text] == [kept] * 5
    assert (order.channel, item.code, item.unit, item.bakery.allergens) == (kept, kept, kept, (kept,))
    assert order.display_id == arrives(f"A{text}"[:200])
    for path, name, written in (
        ("items[0].name", item.name, arrives(f"cake {text}")),
        ("items[0].options[0].name", item.options[0].name, arrives(f"with {text}")),
    ):
        assert (name == written) == (path not in order.dropped)
        assert name == written or name == written[:999] + "…"


@given(hostile)
def test_what_is_said_of_a_message_that_is_not_understood_is_one_plain_line(text: str) -> None:
    for spoilt in ({"type": text}, {"specversion": text}, {"subject": f"not {text}"}):
        understood = READER.read(TOPICS.orders, on_the_wire(an_order_of(text) | spoilt), NOW)
        assert understood is not None
        assert isinstance(understood.intent, KeepLetter)
        assert powers(understood.intent.reason) == set()


def test_a_note_of_ten_thousand_characters_arrives_whole() -> None:
    event = order_event(1)
    event["data"]["extraInfo"] = LONG
    understood = READER.read(TOPICS.orders, on_the_wire(event), NOW)
    assert understood is not None
    assert isinstance(understood.intent, Place)
    assert (understood.intent.order.note, understood.intent.order.dropped) == (LONG, ())


@given(st.builds("{}{}{}".format, hostile, st.sampled_from(("\ud800", "\udce9")), hostile))
def test_an_id_with_half_a_character_is_a_mistake_since_two_of_them_would_be_one(text: str) -> None:
    for spoilt in ("id", "source"):
        understood = READER.read(TOPICS.orders, on_the_wire(order_event(1) | {spoilt: f"e{text}"[:500]}), NOW)
        assert understood is not None
        if HALF.search(json.loads(on_the_wire(f"e{text}"[:500]))):
            assert isinstance(understood.intent, KeepLetter)


@given(hostile)
def test_what_the_cloud_is_told_is_json_that_says_what_the_customer_wrote(text: str) -> None:
    kept = arrives(text)
    said = Update(
        id=UpdateId("17-2"), kind=UpdateKind.STARTED, at=NOW, by="api", leaves=NOW, sequence=9,
        order=OrderId(f"o{kept}"),
        display_id=f"A{kept}", reply_to=kept,
        item=ItemId(f"1{kept}"), name=f"cake {kept}", reason=kept,
    )  # fmt: skip
    wire = cloud_event(said, store="hz-0012", journal="j1")
    assert not any(byte < 0x20 for byte in wire)
    event = json.loads(wire)
    assert (event["subject"], event["data"]["order"]) == (f"o{kept}", f"o{kept}")
    assert (event["data"]["displayId"], event["data"]["name"]) == (f"A{kept}", f"cake {kept}")
    assert (event["data"]["replyTo"], event["data"]["reason"]) == (kept, kept)
