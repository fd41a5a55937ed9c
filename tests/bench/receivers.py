"""Receivers of a backlog, each as a process of its own: the real hub, and what it is held against.

Each says `ready` and connects to a broker that the bench holds still. Behind the acknowledgement of the last order it
publishes to the topic `done` on the same connection: who hears that knows that the broker has every acknowledgement.
"""

import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from socket import IPPROTO_TCP, TCP_NODELAY
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from cloud_bridge.connection import KEEPALIVE, SESSION, UNACKNOWLEDGED

SD_CARD = 0.02  # seconds more that a sync takes on the slow disk
STORE = "bench"
ORDERS = f"ovenbell/v1/{STORE}/orders"
DONE = "done"


class SlowDisk(sqlite3.Connection):
    """Syncs as slowly as an SD card."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            time.sleep(SD_CARD)
        return super().execute(sql, *values)


def open_file(path: Path, *, slow: bool) -> sqlite3.Connection:
    """A connection to this disk, or to one that is slow."""
    return sqlite3.connect(path, check_same_thread=False, factory=SlowDisk if slow else sqlite3.Connection)


def open_rows(file: Path, *, slow: bool) -> sqlite3.Connection:
    """A table of messages, as durable as the journal."""
    connection = open_file(file, slow=slow)
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    return connection


def session(port: int, *, manual_ack: bool = False) -> Client:
    """A paho client with the hub's own options, not yet connected."""
    client = Client(
        CallbackAPIVersion.VERSION2, STORE, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=manual_ack
    )  # fmt: skip
    client.on_socket_open = lambda _client, _data, sock: sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    client.host, client.port = "127.0.0.1", port
    return client


def join(client: Client) -> Client:
    """Connect to the session that the broker keeps for the store."""
    wishes = Properties(PacketTypes.CONNECT)
    wishes.ReceiveMaximum, wishes.SessionExpiryInterval = UNACKNOWLEDGED, SESSION
    client.connect(client.host, client.port, KEEPALIVE, clean_start=False, properties=wishes)
    return client


def bare(port: int, count: int, _file: Path, _slow: bool) -> None:
    """Stores nothing; paho acknowledges by itself."""
    received = 0

    def receive(_client: Client, _data: Any, _message: MQTTMessage) -> None:
        nonlocal received
        received += 1

    client = session(port)
    client.on_message = receive
    _ready()
    join(client)
    while received < count:
        client.loop()
    client.publish(DONE)
    _leave(client)


def grouped(port: int, count: int, file: Path, slow: bool) -> None:
    """A row for each order, committed together with all that wait by then, and then acknowledged; no rules."""
    connection = open_rows(file, slow=slow)
    waiting: queue.SimpleQueue[MQTTMessage] = queue.SimpleQueue()
    client = session(port, manual_ack=True)
    client.on_message = lambda _client, _data, message: waiting.put(message)

    def write() -> None:
        written = 0
        while written < count:
            group = [waiting.get(), *(waiting.get_nowait() for _ in range(waiting.qsize()))]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO messages VALUES (NULL, ?)", [(message.payload,) for message in group])
            connection.execute("COMMIT")
            for message in group:
                client.ack(message.mid, message.qos)
            written += len(group)
        client.publish(DONE)
        client.disconnect()

    writer = threading.Thread(target=write)
    _ready()
    join(client)
    writer.start()
    client.loop_forever()
    writer.join()


def single(port: int, count: int, file: Path, slow: bool) -> None:
    """A commit for each order before it is acknowledged; no rules."""
    connection = open_rows(file, slow=slow)
    received = 0

    def receive(client: Client, _data: Any, message: MQTTMessage) -> None:
        nonlocal received
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO messages VALUES (NULL, ?)", (message.payload,))
        connection.execute("COMMIT")
        client.ack(message.mid, message.qos)
        received += 1

    client = session(port, manual_ack=True)
    client.on_message = receive
    _ready()
    join(client)
    while received < count:
        client.loop()
    client.publish(DONE)
    _leave(client)


def hub(settings: Path, count: int, slow: bool, *, alone: bool = False) -> None:
    """The command `ovenbell hub` with a follower that counts, on the bench's disk; each order alone or not."""
    import edge.hub  # noqa: PLC0415 - only this receiver needs them
    from config import assembly, command  # noqa: PLC0415
    from config.settings import StoreFile  # noqa: PLC0415
    from edge.board import Board  # noqa: PLC0415
    from edge.facts import OrderPlaced  # noqa: PLC0415
    from edge.hub import Commit  # noqa: PLC0415
    from edge.journal import Journal  # noqa: PLC0415

    class WatchedStore(assembly.Store):
        """The store as it is assembled, on a disk of our choice."""

        def __init__(self, store: StoreFile) -> None:
            super().__init__(store)
            file = store.journal_path
            self.hub.journal = Journal(file, Board.STORED, lambda path: open_file(path, slow=slow))
            self.hub.follow(self.look)
            self.placed = 0

        def look(self, commit: Commit[Any, Any]) -> None:
            """Followers come after the answers: what this commit holds has been acknowledged."""
            self.placed += sum(type(fact.what) is OrderPlaced for fact in commit.facts)
            if self.placed == count:
                self._link.connection.publish(DONE, b"")

    assembly.Store = WatchedStore  # type: ignore[misc]
    if alone:
        edge.hub.BATCH = 1
    sys.argv = ["ovenbell", "hub", "--config", str(settings)]
    command.main()


RECEIVERS: dict[str, Callable[[int, int, Path, bool], None]] = {"bare": bare, "grouped": grouped, "single": single}


def _leave(client: Client) -> None:
    """Goodbye, behind the last acknowledgement."""
    client.disconnect()
    while client.loop() == MQTTErrorCode.MQTT_ERR_SUCCESS:
        pass


def _ready() -> None:
    print("ready", flush=True)


if __name__ == "__main__":
    name, where, number, path, disk = sys.argv[1:]
    if name.startswith("hub"):
        hub(Path(path), int(number), disk == "slow", alone=name == "hub-alone")
    else:
        RECEIVERS[name](int(where), int(number), Path(path), disk == "slow")
