"""The floor of a press, in a process of its own like the hub's: the bare parts on one thread."""

import os
import sys
from pathlib import Path
from socket import IPPROTO_TCP, TCP_NODELAY

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.bench.receivers import open_rows

FLOOR = "floor"
PAYLOAD = b"x" * 480  # as long as a stage event


def quick_client(name: str, port: int) -> Client:
    """A connected client whose small packets do not wait for one another."""
    client = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_socket_open = lambda _client, _data, sock: sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    client.connect("127.0.0.1", port)
    return client


def run(port: int, pty: str, file: Path) -> None:
    """A row and a message for each key, until the keypad is gone."""
    rows = open_rows(file, slow=False)
    client = quick_client("floor", port)
    far_end = os.open(pty, os.O_RDONLY | os.O_NOCTTY)
    print("ready", flush=True)
    while key := os.read(far_end, 1):
        rows.execute("BEGIN IMMEDIATE")
        rows.execute("INSERT INTO messages VALUES (NULL, ?)", (key + PAYLOAD,))
        rows.execute("COMMIT")
        client.publish(FLOOR, PAYLOAD, 1)
        while client.loop(0.1) == 0 and client._out_messages:  # the broker's answer
            pass


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
