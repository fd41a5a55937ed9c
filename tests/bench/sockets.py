"""Stores that are bare sockets: as much MQTT 5 as a store's link speaks, and nothing behind it."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ = 0x10, 0x30, 0x40, 0x82, 0xC0
QOS1, RETAIN = 0x02, 0x01
KEEPALIVE = 120  # seconds
MOST_LENGTH = 0x80


class BareStore(asyncio.Protocol):
    """One store: takes its orders, says that it is there, asks for what it missed."""

    def __init__(self, number: int, arrived: Callable[[str, float], None]) -> None:
        self.store = f"store-{number}"
        self.root = f"ovenbell/v1/{self.store}"
        self.sequence = 0  # of the last order it has
        self.epoch = 0
        self.ready = asyncio.Event()  # its subscription stands, its presence is with the broker
        self._arrived, self._buffer = arrived, bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer.clear()
        self.epoch += 1
        will = _text(f"{self.root}/presence") + _sized(self._presence("offline"))
        flags = 0x02 | 0x04 | 0x08 | 0x20  # clean start; a will with QoS 1, retained
        head = _text("MQTT") + bytes((5, flags)) + KEEPALIVE.to_bytes(2) + b"\0"
        self._send(CONNECT, head + _text(self.store) + b"\0" + will)

    def cut(self) -> None:
        """Gone without a goodbye."""
        self.ready.clear()
        self._transport.abort()

    def ping(self) -> None:
        """Still there."""
        self._send(PINGREQ, b"")

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        while (size := _size(buffer)) is not None and len(buffer) >= sum(size):
            head, length = size
            self._take(buffer[0], bytes(buffer[head : head + length]))
            del buffer[: head + length]

    def _take(self, kind: int, body: bytes) -> None:
        match kind & 0xF0:
            case 0x20:  # CONNACK
                self._send(SUBSCRIBE, b"\0\1\0" + _text(f"{self.root}/orders") + b"\1")
            case 0x90:  # SUBACK
                asked = {"after": str(self.sequence)} if self.sequence else {}
                self._publish("presence", self._presence("online"), retain=True)
                self._publish("backfill", self._event("backfill.requested", asked))
            case 0x40:
                self.ready.set()
            case 0x30:
                topic = int.from_bytes(body[:2])
                mid, rest = body[topic + 2 : topic + 4], body[topic + 4 :]
                self._send(PUBACK, mid)
                event = json.loads(rest[1 + rest[0] :])  # no property is longer than a byte says
                self.sequence = max(self.sequence, int(event.get("sequence", 0)))
                self._arrived(event.get("subject") or "", time.perf_counter())

    def _publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        kind = PUBLISH | QOS1 | (RETAIN if retain else 0)
        self._send(kind, _text(f"{self.root}/{topic}") + b"\0\2\0" + payload)

    def _event(self, kind: str, data: object) -> bytes:
        source = f"/stores/{self.store}/journal"
        event = {"specversion": "1.0", "id": str(self.epoch), "source": source, "type": f"ovenbell.{kind}"}
        return json.dumps(event | {"data": data}).encode()

    def _presence(self, state: str) -> bytes:
        about = {"epoch": self.epoch, "journal": "journal", "version": "1", "at": datetime.now(UTC).isoformat()}
        return json.dumps({"state": state} | about).encode()

    def _send(self, kind: int, body: bytes) -> None:
        length, size = len(body), bytearray()
        while True:
            length, digit = divmod(length, MOST_LENGTH)
            size.append(digit | (MOST_LENGTH if length else 0))
            if not length:
                break
        self._transport.write(bytes((kind,)) + bytes(size) + body)


def _size(buffer: bytearray) -> tuple[int, int] | None:
    """The bytes of a packet's head, and of what follows it; none while the head is not there."""
    length = 0
    for place, byte in enumerate(buffer[1:5]):
        length |= (byte & 0x7F) << (7 * place)
        if not byte & MOST_LENGTH:
            return place + 2, length
    return None


def _text(text: str) -> bytes:
    return _sized(text.encode())


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data
