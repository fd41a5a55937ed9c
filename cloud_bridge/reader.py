"""Reads what the cloud sends to a store: bytes in, an intent or a dead letter out, nothing else touched."""

import json
import logging
from contextlib import suppress
from hashlib import sha256
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import Raw

from cloud_bridge.messages import Ended, EventType, Name, Presence, Receipt, Skipped, Time, Topics, Untold
from edge.heard import Range
from edge.intents import Cancel, Change, FromCloud, Gone, KeepLetter, Place, ReceiptUpdates, ReportUntold, Skip
from edge.opendelivery import Unreadable, read_order
from edge.orders import Order, OrderId, Stamp
from edge.shapes import LOST, read_loosely
from edge.text import plain

log = logging.getLogger(__name__)

LARGEST = 256 * 1024  # bytes of a message that is still read
KEPT = 64 * 1024  # bytes kept of a larger one
DIGITS = 18  # of a sequence: more would not fit into the journal's 64 bits


class Understood(NamedTuple):
    """What a message asks of the hub; the same key has one effect."""

    intent: FromCloud | ReceiptUpdates
    key: str | None


class _Envelope(msgspec.Struct, frozen=True, gc=False):
    """A CloudEvent whose optional fields may be wrong: they never cost the order."""

    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: Name
    data: Raw
    time: Any = None
    subject: Any = None
    sequence: Any = None
    answer: Any = None


class _Named(msgspec.Struct, frozen=True):
    """A message of which not even the envelope can be read."""

    id: Name


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_ENDED = msgspec.json.Decoder(Ended)
_RECEIPT = msgspec.json.Decoder(Receipt)
_UNTOLD = msgspec.json.Decoder(Untold)
_SKIPPED = msgspec.json.Decoder(Skipped)
_PRESENCE = msgspec.json.Decoder(Presence)
_WRONG = (Unreadable, msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)


class Reader(msgspec.Struct, frozen=True):
    """Reads the topics `orders` and `receipts` of one store."""

    topics: Topics
    journal: str
    merchants: tuple[str, ...] = ()

    def read(self, topic: str, payload: bytes, now: float) -> Understood | None:
        """What a message asks of the hub: a dead letter where it cannot be understood, none where it asks nothing."""
        try:
            return self._understand(topic, payload, now)
        except _WRONG as error:
            return letter(topic, payload, str(error), now)
        except Exception:  # an exception must not end the connection, nor the message be lost
            log.exception("a message could not be read")
            return letter(topic, payload, "not read: a mistake in the hub, see its log", now)

    def _understand(self, topic: str, payload: bytes, now: float) -> Understood | None:
        if len(payload) > LARGEST:
            raise Unreadable(f"{len(payload)} bytes: at most {LARGEST // 1024} KiB are read")
        event, mended = _decode(payload)
        if topic == self.topics.receipts:
            return self._receipt(event)
        understood = self._order(event, now)
        if mended and LOST in f"{event.source}{event.id}{_ENDED.decode(event.data).id}":
            raise Unreadable("half a character in an id")  # two of them would be taken for one
        return understood

    def _order(self, event: _Envelope, now: float) -> Understood:
        stamp, dropped = _stamp(event, now)
        intent: FromCloud
        match event.type:
            case EventType.PLACED:
                intent = Place(order=self._content(event, dropped), stamp=stamp)
            case EventType.CHANGED:
                intent = Change(order=self._content(event, dropped), stamp=stamp)
            case EventType.CANCELLED:
                order, reason = _ended(event)
                intent = Cancel(order=order, stamp=stamp, reason=reason)
            case EventType.COLLECTED:
                order, reason = _ended(event)
                intent = Gone(order=order, stamp=stamp, reason=reason)
            case EventType.UNTOLD:
                intent = _untold(event, stamp)
            case EventType.SKIPPED:
                intent = Skip(stamp=stamp, numbers=_skipped(event))
            case unknown:
                raise Unreadable(f"type: unknown here: {unknown}")
        return Understood(intent, event_key(event.source, event.id))

    def _content(self, event: _Envelope, dropped: tuple[str, ...]) -> Order:
        order = read_order(event.data, self.merchants)
        _same_subject(event, order.id)
        return msgspec.structs.replace(order, dropped=(*dropped, *order.dropped)) if dropped else order

    def _receipt(self, event: _Envelope) -> Understood | None:
        if event.type != EventType.RECEIPT:
            raise Unreadable(f"type: unknown here: {event.type}")
        receipt = _RECEIPT.decode(event.data)
        if receipt.journal != self.journal:
            return None  # for the journal of a lost or replaced machine
        return Understood(ReceiptUpdates(through=int(receipt.through)), None)


def event_key(source: str, event_id: str) -> str:
    """The key of an event; the length tells where its source ends, whatever characters a cloud puts into it."""
    return f"event\n{len(source)}\n{source}\n{event_id}"


def _decode(payload: bytes) -> tuple[_Envelope, bool]:
    """The envelope, and whether it was mended.

    Neither half a character, as a cut emoji leaves it, nor a number out of all range beside the data costs the order.
    """
    try:
        return _ENVELOPE.decode(payload), False
    except msgspec.DecodeError as error:
        if b"\\ud" not in payload.lower() and "out of range" not in str(error):
            raise
    return _ENVELOPE.decode(json.dumps(read_loosely(payload), ensure_ascii=False)), True


def letter(topic: str, payload: bytes, reason: str, now: float) -> Understood:
    """The message as it came; its key is its content, so that a mended event under the same id is still read."""
    digest = sha256(payload).hexdigest()
    event, stamp = None, None
    with suppress(Exception):  # whatever it is, it is kept
        event = msgspec.json.decode(payload, type=_Named).id
        stamp, _ = _stamp(_decode(payload)[0], now)  # so that its number is not missed for ever
    kept = payload if len(payload) <= LARGEST else payload[:KEPT]
    intent = KeepLetter(
        topic=topic, reason=plain(reason, 300), payload=kept, size=len(payload), sha256=digest, event=event, stamp=stamp
    )
    return Understood(intent, f"letter\n{digest}")


def read_presence(payload: bytes) -> Presence | None:
    """What a presence message says; none where it says nothing that can be read."""
    try:
        return _PRESENCE.decode(payload)
    except _WRONG:
        return None


def _stamp(event: _Envelope, now: float) -> tuple[Stamp, tuple[str, ...]]:
    """Which event it is, and what of the envelope was wrong and is left out."""
    time, sequence = now, None
    dropped: tuple[str, ...] = ()
    if event.time is not None:
        try:
            time = msgspec.convert(event.time, Time).timestamp()
        except msgspec.ValidationError:
            dropped = ("time",)
    if isinstance(event.sequence, str) and _is_sequence(event.sequence):
        sequence = int(event.sequence)
    elif event.sequence is not None:
        dropped = (*dropped, "sequence")
    return Stamp(event.source, event.id, time, sequence, answer=event.answer is True), dropped


def _is_sequence(text: str) -> bool:
    return len(text) <= DIGITS and text.isascii() and text.isdigit()


def _ended(event: _Envelope) -> tuple[OrderId, str]:
    ended = _ENDED.decode(event.data)
    _same_subject(event, ended.id)
    return OrderId(ended.id), ended.reason if isinstance(ended.reason, str) else ""


def _untold(event: _Envelope, stamp: Stamp) -> ReportUntold:
    untold = _UNTOLD.decode(event.data)
    _same_subject(event, untold.id)
    return ReportUntold(OrderId(untold.id), stamp, untold.on, untold.way, untold.reason, untold.words or "")


def _skipped(event: _Envelope) -> Range:
    skipped = _SKIPPED.decode(event.data)
    numbers = Range(int(skipped.from_), int(skipped.through))
    if numbers.first > numbers.last:
        raise Unreadable(f"data: from {numbers.first} is beyond through {numbers.last}")
    return numbers


def _same_subject(event: _Envelope, order_id: str) -> None:
    if isinstance(event.subject, str) and event.subject != order_id:
        raise Unreadable(f"subject: {event.subject}, but data.id is {order_id}")
