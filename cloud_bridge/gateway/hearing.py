"""Reads what stores send: bytes in, an intent, a question or a dead letter out. Pure."""

from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple

import msgspec

from cloud_bridge.gateway.intents import Hear, Intent, See, Unread
from cloud_bridge.messages import Backfill, Name, Sequence, Time, source_of
from cloud_bridge.reader import KEPT, LARGEST, event_key, read_presence
from edge.orders import OrderId
from edge.text import plain
from edge.updates import UpdateKind

ROOT = "ovenbell/v1"
PREFIX = "ovenbell."
TOPICS = tuple(f"{ROOT}/+/{name}" for name in ("stages", "backfill", "presence"))


class Understood(NamedTuple):
    """What a message asks of the hub; the same key has one effect."""

    intent: Intent
    key: str | None


class Question(NamedTuple):
    """A store asks for what it has missed; `after` is none where it has seen nothing."""

    store: str
    after: int | None


class _Update(msgspec.Struct, frozen=True):
    """A stage event: its envelope, and data that is only looked into where it concerns us."""

    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: str
    data: dict[str, Any]
    time: datetime | None = None
    subject: str | None = None
    sequence: Sequence | None = None


class _Asking(msgspec.Struct, frozen=True):
    data: Backfill


_UPDATE, _ASKING = msgspec.json.Decoder(_Update), msgspec.json.Decoder(_Asking)


def store_of(topic: str) -> str:
    """The store that writes to a topic."""
    return topic.removeprefix(f"{ROOT}/").partition("/")[0]


def hear(topic: str, payload: bytes, now: float) -> Understood | Question:
    """What a message of a store asks."""
    store, name = store_of(topic), topic.rpartition("/")[2]
    try:
        _measure(payload)
        if name == "presence":
            return _presence(store, payload)
        if name == "backfill":
            after = _ASKING.decode(payload).data.after
            return Question(store, None if after is None else int(after))
        return _update(store, topic, payload, now)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
        digest = sha256(payload).hexdigest()
        unread = Unread(plain(str(error), 300), topic=plain(topic, 200), payload=payload[:KEPT])
        return Understood(unread, f"letter\n{store}\n{digest}")


def _measure(payload: bytes) -> None:
    if len(payload) > LARGEST:
        raise ValueError(f"{len(payload)} bytes: at most {LARGEST // 1024} KiB are read")


def _presence(store: str, payload: bytes) -> Understood:
    presence = read_presence(payload)
    if presence is None:
        raise ValueError("presence: expected state, epoch, journal, version and at")
    return Understood(See(store, presence.state == "online", presence.epoch, plain(presence.version, 40)), None)


def _update(store: str, topic: str, payload: bytes, now: float) -> Understood:
    event = _UPDATE.decode(payload)
    root = source_of(store, "")
    if not event.source.startswith(root):
        raise ValueError(f"source: expected {root}…")
    kind = UpdateKind(event.type.removeprefix(PREFIX))
    order = event.data.get("order")
    hear = Hear(
        store=store,
        journal=event.source.removeprefix(root),
        sequence=None if event.sequence is None else int(event.sequence),
        kind=kind,
        at=_seconds(event.time, now),
        order=OrderId(order) if isinstance(order, str) else None,
        told={name: value for name, value in event.data.items() if name != "replyTo"},
        topic=topic,
        payload=payload,
    )
    return Understood(hear, event_key(event.source, event.id))


def _seconds(time: Time | None, now: float) -> float:
    return now if time is None or time.tzinfo is None else time.timestamp()
