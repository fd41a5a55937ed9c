"""What `ovenbell doctor` asks the broker, beside a running hub or gateway and without disturbing it."""

import asyncio
from typing import NamedTuple

from cloud_bridge.connection import Connection, Ears
from cloud_bridge.messages import Presence, topics_of
from cloud_bridge.reader import Understood
from cloud_bridge.settings import BrokerSettings
from edge.words import Say

PATIENCE = 15.0  # seconds for everything


class Finding(NamedTuple):
    """One line of the doctor."""

    ok: bool
    line: str


class _Visitor:
    """Connects, looks and leaves; what the cloud sends meanwhile is not for it."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()

    def online(self, connection: Connection[Understood]) -> None:
        self.arrived.set()
        connection.close()

    def heard(self, connection: Connection[Understood], understood: Understood | None, mid: int) -> None: ...

    def presence_seen(self, connection: Connection[Understood], presence: Presence | None) -> None: ...

    def published(self, connection: Connection[Understood], mid: int, code: int) -> None: ...


async def probe(settings: BrokerSettings, *, store: str, say: Say) -> list[Finding]:
    """What a store's doctor finds."""
    return await ask_broker(settings, Ears.of_store(topics_of(store)), name=store, say=say)


async def ask_broker(settings: BrokerSettings, ears: Ears, *, name: str, say: Say) -> list[Finding]:
    """Whether the broker can be reached and lets us in and read; client id `{name}-doctor`, no will, no session."""
    visitor = _Visitor()
    connection: Connection[Understood] = Connection(
        settings,
        ears,
        visitor,
        client_id=f"{name}-doctor",
        epoch=0,
        say=say,
        read=lambda _topic, _payload: None,
        lasting=False,
    )
    connection.open()
    await asyncio.wait({connection.ended}, timeout=PATIENCE)
    if not connection.ended.done():
        connection.abandon()
        return [Finding(False, say("{address} does not answer").format(address=settings.address))]
    if not visitor.arrived.is_set():
        return [Finding(False, connection.ended.result())]
    findings = [Finding(True, say("{address} lets us in").format(address=settings.address))]
    findings += [
        Finding(False, say("the broker does not let us read {topic}").format(topic=topic))
        for topic in connection.forbidden
    ]
    return findings
