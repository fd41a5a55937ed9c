"""A chain's broker: the mosquitto of cloud_bridge/broker, installed as its README says, and guests."""

import os
import re
import subprocess
import threading
from pathlib import Path
from socket import SHUT_RDWR
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import cloud_bridge
from tests.brokers import MOSQUITTO, Broker
from tests.cloud import PATIENCE

FILES = Path(cloud_bridge.__file__).parent / "broker"
INSTALL, ADD, REMOVE = re.findall(r"```sh\n(.*?)```", (FILES / "README.md").read_text(encoding="utf-8"), re.DOTALL)
ELSEWHERE = re.compile(
    r"sudo (apt-get|systemctl).*\n|sudo | -[go] mosquitto\b"
)  # what a test may not do, or does otherwise
CLOUD_PASSWORD = "proof-the-dough"


class ChainBroker(Broker):
    """Its files are those of the repository but for paths and port."""

    def __init__(self, directory: Path, *, stores_ca: str = "") -> None:
        super().__init__(directory)
        self.etc, self._stores_ca = directory / "etc", stores_ca
        for folder in ("etc/conf.d", "etc/certs", "saved"):
            (directory / folder).mkdir(parents=True)
        for name in ("ovenbell.conf", "ovenbell.acl"):
            (directory / name).write_bytes((FILES / name).read_bytes())
        self.follow(INSTALL, CLOUD_PASSWORD)

    @property
    def ca_file(self) -> str:
        """The authority that the README makes."""
        return str(self.directory / "ca.pem")

    @property
    def url(self) -> str:
        """The address as store.toml writes it."""
        return f"mqtts://localhost:{self.port}"

    def follow(self, commands: str, password: str = "", store: str = "hz-0012") -> None:
        """Do what the README says, with a password typed twice."""
        here = {"/etc/mosquitto": str(self.etc), "broker.example": "localhost", "hz-0012": store}
        script = ELSEWHERE.sub("", commands)
        for there, local in here.items():
            script = script.replace(there, local)
        typed = f"{password}\n{password}\n"
        command = ["sh", "-e", "-c", script]
        subprocess.run(command, input=typed, cwd=self.directory, check=True, capture_output=True, text=True)

    def _command(self) -> list[str]:
        assert MOSQUITTO is not None
        text = (FILES / "ovenbell.conf").read_text(encoding="utf-8").replace("/etc/mosquitto", str(self.etc))
        text = text.replace("listener 8883", f"listener {self.port} 127.0.0.1")
        if self._stores_ca:
            text = re.sub(r"^#(?=cafile|require_certificate|use_identity)", "", text, flags=re.MULTILINE)
            (self.etc / "certs" / "stores-ca.pem").write_bytes(Path(self._stores_ca).read_bytes())
        (self.etc / "conf.d" / "ovenbell.conf").write_text(text, encoding="utf-8")
        main = self.etc / "mosquitto.conf"  # as Debian writes it
        user = "user root\n" if os.geteuid() == 0 else ""
        main.write_text(
            f"{user}persistence true\npersistence_location {self.directory}/saved/\nlog_dest stderr\n"
            f"include_dir {self.etc}/conf.d\n"
        )
        return [MOSQUITTO, "-c", str(main)]


class Guest:
    """Somebody at the broker: an independent client that tells what it may do and what it hears."""

    def __init__(
        self,
        broker: ChainBroker,
        user: str,
        password: str = "",
        *,
        client_id: str = "",
        will: str = "",
        session: int = 0,
    ) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.refused = ""  # why the broker did not let it in
        self.largest = 0  # bytes of a packet that the broker takes
        self.gone = threading.Event()
        self._answered, self._codes = threading.Event(), dict[int, int]()
        self._client = client = Client(
            CallbackAPIVersion.VERSION2,
            client_id or user,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        client.tls_set(broker.ca_file)
        client.username_pw_set(user, password or user)
        if will:
            client.will_set(will, b"will", 1, retain=True)
        client.on_message, client.on_publish = self._hear, self._answer
        client.on_connect, client.on_disconnect = self._enter, lambda *_: self.gone.set()
        wishes = Properties(PacketTypes.CONNECT)
        wishes.SessionExpiryInterval = session
        client.connect("localhost", broker.port, clean_start=not session, properties=wishes)
        client.loop_start()
        assert self._answered.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def subscribe(self, *filters: str) -> None:
        """Ask for topics; whether they are granted is one thing, whether anything comes another."""
        self._answered.clear()
        self._client.on_subscribe = lambda *_: self._answered.set()
        self._client.subscribe([(one, 1) for one in filters])
        assert self._answered.wait(PATIENCE)

    def publish(self, topic: str, payload: bytes = b"{}", *, retain: bool = False) -> int:
        """Publish; the broker's reason code."""
        sent = self._client.publish(topic, payload, 1, retain)
        sent.wait_for_publish(PATIENCE)
        return self._codes[sent.mid]

    def push(self, topic: str, payload: bytes) -> None:
        """Send without waiting for an answer."""
        self._client.publish(topic, payload, 1)

    def die(self) -> None:
        """Go without a goodbye."""
        self._client.socket().shutdown(SHUT_RDWR)

    def _enter(self, client: Client, _data: Any, _flags: Any, code: Any, granted: Any) -> None:
        self.largest = getattr(granted, "MaximumPacketSize", 0)
        if code.is_failure:
            self.refused = str(code)
            client.disconnect()
        self._answered.set()

    def _hear(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.heard.append((message.topic, message.payload))

    def _answer(self, _client: Client, _data: Any, mid: int, code: Any, _properties: Any) -> None:
        self._codes[mid] = int(code.value)
