"""The contract's messages, read and written without any broker."""

import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.messages import backfill_request, cloud_event, presence, schema, topics_of
from cloud_bridge.reader import Reader, Understood, read_presence
from edge.facts import BackfillRequested
from edge.heard import Range
from edge.intents import Cancel, Change, Gone, KeepLetter, Place, ReceiptUpdates, ReportUntold, Skip
from edge.orders import ItemId, Moment, OrderId, StageId, StationId
from edge.updates import Update, UpdateId, UpdateKind
from tests.cloud import EXAMPLE, ended_event, order_event

TOPICS = topics_of("hz-0012")
READER = Reader(TOPICS, "j1")
NOW = 1_800_000_000.0


def read(message: Any, topic: str = TOPICS.orders, reader: Reader = READER) -> Understood | None:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    return reader.read(topic, payload, NOW)


def letter(message: Any, topic: str = TOPICS.orders, reader: Reader = READER) -> KeepLetter:
    understood = read(message, topic, reader)
    assert understood is not None
    assert isinstance(understood.intent, KeepLetter)
    return understood.intent


def place(message: Any, reader: Reader = READER) -> Place:
    understood = read(message, reader=reader)
    assert understood is not None
    assert isinstance(understood.intent, Place), understood.intent
    return understood.intent


def request(asked: BackfillRequested) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(backfill_request(asked, store="hz-0012", journal="j1", at=NOW))
    return event


def receipt(**data: Any) -> dict[str, Any]:
    return order_event(1, type="ovenbell.receipt") | {"data": data}


def update(kind: UpdateKind, **fields: Any) -> dict[str, Any]:
    row = Update(id=UpdateId("17-2"), kind=kind, at=NOW, by="keypad:oven-pad", leaves=NOW, sequence=9, **fields)
    event: dict[str, Any] = json.loads(cloud_event(row, store="hz-0012", journal="j1"))
    return event


# --- what the cloud sends -------------------------------------------------------------------------------------------


def test_the_example_order_of_the_contract_is_understood_as_it_stands() -> None:
    understood = read(EXAMPLE.encode())
    assert understood is not None
    intent = understood.intent
    assert isinstance(intent, Place)
    assert understood.key == "event\n17\n/channels/meituan\nmt-2026-000123-1"
    assert intent.stamp is not None
    assert (intent.stamp.sequence, intent.stamp.time) == (42, 1_795_309_200.0)
    order = intent.order
    assert (order.display_id, order.customer, order.channel, order.scheduled) == ("A017", "王女士", "meituan", True)
    assert (order.due, order.reply_to, order.dropped) == (1_795_336_200.0, "…", ())
    assert order.items[0].bakery.cake_text == "小雨,生日快乐!"


def test_a_changed_order_comes_whole() -> None:
    understood = read(order_event(1, type="ovenbell.order.changed"))
    assert understood is not None
    assert isinstance(understood.intent, Change)
    assert understood.intent.order.id == "o-1"


def test_cancelled_and_collected_name_their_order_and_perhaps_a_reason() -> None:
    cancelled, collected = read(ended_event(1, "cancelled", reason="rain")), read(ended_event(1, "collected"))
    assert cancelled is not None
    assert isinstance(cancelled.intent, Cancel)
    assert (cancelled.intent.order, cancelled.intent.reason) == ("o-1", "rain")
    assert collected is not None
    assert isinstance(collected.intent, Gone)
    assert collected.intent.reason == ""


def test_unknown_fields_are_ignored_and_null_means_absent() -> None:
    event = order_event(1) | {"sequence": None, "time": None, "subject": None, "traceparent": "00-x"}
    event["data"] |= {"total": {"value": 88}, "extraInfo": None, "customer": None}
    intent = place(event)
    assert intent.order.dropped == ()
    assert intent.stamp is not None
    assert (intent.stamp.time, intent.stamp.sequence) == (NOW, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time", "yesterday"),
        ("time", "2026-11-22T01:00:00"),
        ("sequence", "-1"),
        ("sequence", 42),
        ("sequence", "9" * 40),
    ],
)
def test_a_bad_optional_field_of_the_envelope_never_costs_the_order(field: str, value: Any) -> None:
    assert place(order_event(1) | {field: value}).order.dropped == (field,)


def test_a_number_out_of_all_range_beside_the_data_never_costs_the_order() -> None:
    understood = read(json.dumps(order_event(1) | {"time": "here"}).replace('"here"', "1e999").encode())
    assert understood is not None
    assert isinstance(understood.intent, Place)
    assert understood.intent.order.dropped == ("time",)
    nameless = read(json.dumps(order_event(1) | {"id": "here"}).replace('"here"', "1e999").encode())
    assert nameless is not None
    assert isinstance(nameless.intent, KeepLetter)


@pytest.mark.parametrize(
    ("message", "reason", "event"),
    [
        (b"not json", "JSON is malformed", None),
        (b"", "truncated", None),
        (b"\xff\xfe", "malformed", None),
        (b"[" * 5000, "", None),
        ([1, 2], "Expected `object`", None),
        ({"id": "e-9"}, "specversion", "e-9"),
        (order_event(1, specversion="0.3"), "specversion", "e-1"),
        (order_event(1, id=7), "$.id", None),
        (order_event(1, type="ovenbell.order.eaten"), "unknown here: ovenbell.order.eaten", "e-1"),
        (order_event(1, type="ovenbell.receipt"), "unknown here", "e-1"),
        (order_event(1, subject="o-1") | {"subject": "o-2"}, "subject: o-2, but data.id is o-1", "e-1"),
        (ended_event(1, "cancelled") | {"subject": "o-2"}, "subject", "e-1-cancelled"),
        (ended_event(1, "cancelled") | {"data": {}}, "id", "e-1-cancelled"),
        (order_event(1) | {"data": {"id": "o-1"}}, "displayId", "e-1"),
        (order_event(1) | {"data": None}, "Expected `object`", "e-1"),
    ],
)
def test_what_cannot_be_understood_becomes_a_letter_with_its_reason(
    message: Any, reason: str, event: str | None
) -> None:
    kept = letter(message)
    assert reason in kept.reason
    assert kept.event == event


def test_an_order_for_another_merchant_is_not_made() -> None:
    ours = Reader(TOPICS, "j1", ("m-1",))
    event = order_event(1)
    event["data"]["merchant"] = {"id": "m-2"}
    assert "merchant.id" in letter(event, reader=ours).reason
    event["data"]["merchant"] = {"id": "m-1"}
    assert place(event, ours).order.id == "o-1"


def test_an_oversized_message_is_kept_in_part_with_its_size_and_sha256() -> None:
    event = order_event(1)
    event["data"]["extraInfo"] = "x" * (256 * 1024)
    payload = json.dumps(event).encode()
    kept = letter(payload)
    assert kept.payload == payload[: 64 * 1024]
    assert (kept.size, kept.sha256, kept.event) == (len(payload), hashlib.sha256(payload).hexdigest(), "e-1")


def test_a_smaller_message_is_kept_whole_so_that_it_can_be_parsed_again() -> None:
    payload = b"x" * (200 * 1024)
    assert letter(payload).payload == payload


def test_an_event_that_was_mended_under_its_old_id_is_not_taken_for_its_letter() -> None:
    spoilt, mended = read(order_event(1) | {"data": {}}), read(order_event(1))
    assert spoilt is not None
    assert mended is not None
    assert spoilt.key != mended.key
    assert read(order_event(1) | {"data": {}}) == spoilt


def test_a_receipt_counts_only_for_this_journal() -> None:
    ours = read(receipt(journal="j1", through="1032"), TOPICS.receipts)
    assert ours is not None
    assert ours.intent == ReceiptUpdates(1032)
    assert read(receipt(journal="the lost machine's", through="1032"), TOPICS.receipts) is None
    assert "through" in letter(receipt(journal="j1", through="many"), TOPICS.receipts).reason
    assert "unknown here" in letter(order_event(1), TOPICS.receipts).reason


def test_what_a_customer_could_not_be_told_is_understood() -> None:
    data = {"id": "o-8", "on": "order.ready", "way": "wechat", "reason": "43101", "words": "Ready."}
    event = order_event(8, type="ovenbell.customer.untold") | {"data": data}
    intent = read(event).intent
    assert isinstance(intent, ReportUntold)
    assert (intent.order, intent.on, intent.way, intent.reason, intent.words, intent.stamp.sequence) == (
        "o-8",
        "order.ready",
        "wechat",
        "43101",
        "Ready.",
        8,
    )
    assert "on" in letter(event | {"data": {"id": "o-8"}}).reason
    assert "subject" in letter(event | {"data": data | {"id": "o-9"}}).reason


def test_a_skipped_sequence_names_what_will_never_come() -> None:
    skipped = order_event(8, type="ovenbell.sequence.skipped") | {"data": {"from": "3", "through": "7"}}
    understood = read(skipped)
    assert understood is not None
    assert isinstance(understood.intent, Skip)
    assert (understood.intent.numbers, understood.intent.stamp.sequence) == (Range(3, 7), 8)
    assert "beyond" in letter(skipped | {"data": {"from": "7", "through": "3"}}).reason


def test_a_dead_letter_still_says_which_number_it_had() -> None:
    stamp = letter(order_event(8) | {"data": {"id": "o-8"}}).stamp
    assert stamp is not None
    assert (stamp.source, stamp.sequence) == ("/channels/meituan", 8)


@given(
    st.binary(max_size=300)
    | st.builds(
        lambda at, by: EXAMPLE.encode()[:at] + by + EXAMPLE.encode()[at + 1 :],
        st.integers(0, len(EXAMPLE.encode())),
        st.binary(max_size=2),
    )
)
def test_no_bytes_at_all_stop_the_reader(payload: bytes) -> None:
    understood = READER.read(TOPICS.orders, payload, NOW)
    assert understood is None or understood.key


# --- what the store sends -------------------------------------------------------------------------------------------


def test_a_baker_starting_a_cake_is_told_as_the_contract_says() -> None:
    assert update(
        UpdateKind.STARTED,
        order=OrderId("o-1"),
        display_id="A001",
        reply_to="sealed",
        item=ItemId("1"),
        name="草莓奶油蛋糕",
        stage=StageId("baking"),
        station=StationId("oven"),
        quantity=Decimal("1.5"),
    ) == {
        "specversion": "1.0",
        "id": "j1-17-2",
        "source": "/stores/hz-0012/j1",
        "type": "ovenbell.item.started",
        "time": "2027-01-15T08:00:00Z",
        "subject": "o-1",
        "sequence": "9",
        "data": {
            "by": "keypad:oven-pad",
            "order": "o-1",
            "displayId": "A001",
            "replyTo": "sealed",
            "item": "1",
            "name": "草莓奶油蛋糕",
            "stage": "baking",
            "station": "oven",
            "quantity": 1.5,
            "implied": False,
        },
    }


def test_a_recall_tells_the_moment_taken_back_and_that_a_ready_is_undone() -> None:
    data = update(UpdateKind.RECALLED, item=ItemId("1"), moment=Moment.FINISHED, unready=True)["data"]
    assert (data["moment"], data["ready"]) == ("finished", False)
    assert "ready" not in update(UpdateKind.RECALLED, item=ItemId("1"), moment=Moment.STARTED)["data"]


def test_a_change_of_what_was_ready_is_accepted_with_the_word_that_it_no_longer_is() -> None:
    assert update(UpdateKind.ACCEPTED, event="e-2", unready=True)["data"] == {
        "by": "keypad:oven-pad",
        "event": "e-2",
        "ready": False,
    }


def test_a_rejected_message_is_answered_with_its_reason_and_event() -> None:
    event = update(UpdateKind.REJECTED, reason="not JSON", event="e-9")
    assert event["data"] == {"by": "keypad:oven-pad", "reason": "not JSON", "event": "e-9"}
    assert "subject" not in event


def test_a_new_due_time_is_a_time_on_the_wire() -> None:
    assert update(UpdateKind.RESCHEDULED, order=OrderId("o-1"), due=NOW)["data"]["due"] == "2027-01-15T08:00:00Z"


def test_a_hub_that_has_seen_nothing_asks_for_everything() -> None:
    asked = request(BackfillRequested(1, 1))
    assert (asked["type"], asked["data"]) == ("ovenbell.backfill.requested", {})


def test_a_request_says_how_far_everything_is_there() -> None:
    asked = request(BackfillRequested(2, 1, after=41, since=NOW))
    assert asked["data"] == {"after": "41", "since": "2027-01-15T08:00:00Z"}
    assert (asked["id"], asked["sequence"]) == ("j1-backfill-2", "2")


def test_presence_reads_back_as_it_was_written() -> None:
    written = presence("online", epoch=3, journal="j1", version="0.1.0", at=NOW)
    seen = read_presence(written)
    assert seen is not None
    assert (seen.state, seen.epoch, seen.journal) == ("online", 3, "j1")
    assert read_presence(b"") is None


def test_the_schema_names_every_message_and_refers_to_nothing_that_is_not_there() -> None:
    document = schema()
    text = json.dumps(document)
    assert all(f"ovenbell.{kind}" in text for kind in UpdateKind)
    assert "ovenbell.sequence.skipped" in text
    refs = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert refs <= set(document["$defs"])
    assert document["$defs"]["WireItem"]["properties"]["quantity"] == {"type": "number"}


@pytest.mark.parametrize(
    ("source", "event_id", "other"),
    [
        ("a\nb", "c", read(order_event(1, source="a", id="b\nc"))),
        ("1", "2\na", read(order_event(1, source="1\n2", id="a"))),
        ("api", "press-7", Understood(KeepLetter("", "", b"", 0, ""), "api\npress-7")),  # as the feed keys an intent
        ("letter", hashlib.sha256(b"flour").hexdigest(), read(b"flour")),
    ],
    ids=["lines", "numbers", "api", "letter"],
)
def test_no_event_is_taken_for_another_whatever_its_source_is_called(
    source: str, event_id: str, other: Understood
) -> None:
    understood = read(order_event(1, source=source, id=event_id))
    assert understood is not None
    assert understood.key != other.key


def test_half_a_character_as_a_cut_emoji_leaves_it_does_not_cost_the_order() -> None:
    text = json.dumps(order_event(1), ensure_ascii=False).replace("少糖", "\\ud83d 少糖")
    understood = READER.read(TOPICS.orders, text.encode(), 0.0)
    assert understood is not None
    assert isinstance(understood.intent, Place)
    assert understood.intent.order.items[0].note == "\N{REPLACEMENT CHARACTER} 少糖"


@pytest.mark.parametrize("where", ["id", "source", "order"])
def test_half_a_character_in_an_id_is_a_dead_letter_as_two_could_be_taken_for_one(where: str) -> None:
    event = order_event(1)
    del event["subject"]
    (event["data"] if where == "order" else event)["id" if where == "order" else where] = "HALF"
    understood = READER.read(TOPICS.orders, json.dumps(event).replace("HALF", "m\\ud800").encode(), 0.0)
    assert understood is not None
    assert isinstance(understood.intent, KeepLetter)
