"""One connection to the broker: a paho client on a network thread of its own, never used again once it has ended."""

import asyncio
import functools
import logging
import select
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Any, Generic, NamedTuple, ParamSpec, Protocol, TypeVar

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, LogLevel, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from cloud_bridge.messages import Presence, Topics
from cloud_bridge.reader import read_presence
from cloud_bridge.settings import Address, BrokerSettings, password, tls_context
from edge.words import Say

log = logging.getLogger(__name__)

KEEPALIVE = 15  # seconds; a half-open link is noticed after twice as long
CONNECT_TIMEOUT = 10.0  # seconds for TCP and TLS together with nothing heard
SESSION = 7 * 24 * 3600  # seconds the broker keeps the orders of a closed store
UNACKNOWLEDGED = 1000  # orders the broker may send before the first of them is committed
PATIENT_FOR = 2 * UNACKNOWLEDGED  # then nothing more is read: some brokers forget what they were told
IN_FLIGHT = 100  # updates sent and not yet acknowledged by the broker
UNKNOWN_USER = (134, 135)  # reason codes of a login that is wrong or not allowed
RESERVED = 4  # of the broker's window, for presence and backfill

P = ParamSpec("P")
M = TypeVar("M")  # a message, as it was read
M_contra = TypeVar("M_contra", contravariant=True)
Read = Callable[[str, bytes], M | None]


class Life(StrEnum):
    """A connection's life; it only goes forward."""

    CONNECTING = "connecting"
    ONLINE = "online"
    LEAVING = "leaving"
    ENDED = "ended"


class Ears(NamedTuple):
    """What a connection listens to."""

    topics: tuple[str, ...]  # without the first of them it is of no use
    presence: str = ""  # its own, which is also its will

    @classmethod
    def of_store(cls, topics: Topics) -> "Ears":
        """A store's."""
        return cls((topics.orders, topics.receipts, topics.presence), topics.presence)


class Owner(Protocol[M_contra]):
    """Who is told what a connection meets; always on the loop's thread, in the order it happened."""

    def online(self, connection: "Connection[Any]") -> None:
        """The broker took us and our subscriptions."""
        ...

    def heard(self, connection: "Connection[Any]", understood: M_contra | None, mid: int) -> None:
        """The other end sent something; `connection.ack(mid)` once it is on disk."""
        ...

    def presence_seen(self, connection: "Connection[Any]", presence: Presence | None) -> None:
        """Somebody wrote our presence, perhaps we ourselves."""
        ...

    def published(self, connection: "Connection[Any]", mid: int, code: int) -> None:
        """The broker answered a publish; from 0x80 on it refused."""
        ...


def guarded(callback: Callable[P, None]) -> Callable[P, None]:
    """A callback whose mistakes are written down: an exception in it would end paho's thread without a word."""

    @functools.wraps(callback)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            callback(*args, **kwargs)
        except Exception:
            log.exception("a callback of the link failed")

    return call


class Connection(Generic[M]):
    """A connection from its first packet to its last.

    A new client each time keeps acknowledgements true: packet ids mean something only within one connection, and a late
    `ack` of an old one ends at a socket that is closed.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        ears: Ears,
        owner: Owner[M],
        *,
        client_id: str,
        epoch: int,
        say: Say,
        read: Read[M],
        pulse: Callable[[], None] = lambda: None,
        will: bytes | None = None,
        lasting: bool = True,
    ) -> None:
        self.epoch = epoch
        self.life = Life.CONNECTING  # read and written on the loop's thread only
        self.window = IN_FLIGHT
        self.forbidden: tuple[str, ...] = ()  # topics the broker does not let us read
        self.say = say
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[str] = self._loop.create_future()  # with the reason
        self._settings, self._ears, self._owner = settings, ears, owner
        self._read, self._pulse, self._lasting = read, pulse, lasting
        self._reason = ""
        self._fault = ""  # what paho says of the socket; it tells nobody else
        self._news: deque[Callable[[], None]] = deque()
        self._woken = False  # whether the loop knows already that there is news
        self._bell, self._rope = socket.socketpair()  # pulling the rope wakes the network thread
        self._bell.setblocking(False)
        self._rope.setblocking(False)
        self._rung = False
        self._turn = threading.Lock()  # at the socket: packets must not mix, and OpenSSL serves one thread at a time
        self._abandoned = False
        self._taken = self._acked = 0  # messages, each counted on one thread only
        self._client = self._make_client(client_id, will)
        self._thread = threading.Thread(target=self._run, name=f"cloud-{epoch}", daemon=True)

    # --- on the loop's thread ---

    def open(self) -> None:
        """Start connecting; the owner and `ended` tell how it goes."""
        self._thread.start()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        """Send with QoS 1, from any thread; the id that `published` will name.

        What is not answered is lost with the connection.
        """
        mid = self._client.publish(topic, payload, qos=1, retain=retain).mid
        self._write()
        return mid

    def ack(self, mid: int) -> None:
        """Tell the broker that a message of this connection is on disk; after the connection it means nothing."""
        if mid and self.life is not Life.ENDED:
            self._acked += 1
            self._client.ack(mid, 1)
            self._ring()

    def close(self) -> None:
        """Say goodbye to the broker; `ended` follows."""
        if self.life is Life.ONLINE:
            self.life = Life.LEAVING
            self._client.disconnect()
            self._ring()
        elif self.life is not Life.ENDED:
            self.abandon()

    def abandon(self) -> None:
        """Let go without a goodbye, as if the cable had been cut."""
        self._abandoned = True
        self._ring()

    def _write(self) -> None:
        """Spare a press the way to the network thread; what cannot be written at once is left to it."""
        if self._turn.acquire(blocking=False):
            try:
                self._client.loop_write()
            finally:
                self._turn.release()
        if self._client.want_write():
            self._ring()

    def _ring(self) -> None:
        if not self._rung:
            self._rung = True
            with suppress(OSError):  # the thread has ended and taken the bell with it
                self._rope.send(b"!")

    def _deliver(self) -> None:
        self._woken = False  # before looking, so that whatever comes after the last look wakes the loop again
        while self._news:
            try:
                self._news.popleft()()
            except Exception:
                log.exception("news of the link could not be handled")

    def _subscribed(self, forbidden: tuple[str, ...], window: int) -> None:
        self.forbidden, self.window = forbidden, window
        if self.life is not Life.CONNECTING:
            return
        self.life = Life.ONLINE
        if self._ears.topics[0] in forbidden:
            self._reason = self.say("the broker does not let us read {topic}").format(topic=self._ears.topics[0])
            self.close()
        else:
            self._owner.online(self)

    def _finish(self) -> None:
        self.life = Life.ENDED
        self._rope.close()
        self._bell.close()
        if not self.ended.done():
            self.ended.set_result(self._reason or self._alert() or self.say("the connection was lost"))

    def _alert(self) -> str:
        """What a broker says of our certificate; in TLS 1.3 it does so after it has shaken hands."""
        if "ALERT" not in self._fault or not any(word in self._fault for word in ("CERTIFICATE", "UNKNOWN_CA")):
            return ""
        said = self.say("{address} wants a client certificate: set cloud.cert_file and cloud.key_file")
        if self._settings.cert_file is not None:
            said = self.say("{address} does not take the certificate of cloud.cert_file")
        return said.format(address=self._settings.address)

    # --- on the network thread ---

    def _hand(self, news: Callable[[], None]) -> None:
        """Hand something to the loop; it is woken once for all that has come until it looks."""
        self._news.append(news)
        if not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                self._loop.call_soon_threadsafe(self._deliver)

    def _run(self) -> None:
        address = self._settings.address
        try:
            if self._prepare():
                self._connect(address)
                self._serve()
        except ssl.SSLCertVerificationError as error:
            self._reason = self.say("the certificate of {address} is not trusted: {error}").format(
                address=address, error=error.verify_message
            )
        except OSError as error:
            self._reason = self.say("{address} cannot be reached: {error}").format(address=address, error=error)
        except Exception as error:
            log.exception("the network thread failed")
            self._reason = str(error)
        finally:
            with suppress(Exception):
                self._hang_up()
            self._hand(self._finish)

    def _prepare(self) -> bool:
        settings = self._settings
        try:
            if settings.address.tls:
                self._client.tls_set_context(tls_context(settings))
            if settings.username is not None:
                self._client.username_pw_set(settings.username, password(settings))
        except (OSError, ValueError) as error:
            self._reason = self.say("the password or certificate files cannot be used: {error}").format(error=error)
            return False
        return True

    def _connect(self, address: Address) -> None:
        settings, client = self._settings, self._client
        if settings.protocol == "5":
            wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            wishes.ReceiveMaximum = UNACKNOWLEDGED
            wishes.SessionExpiryInterval = SESSION if self._lasting else 0
            client.connect(address.host, address.port, KEEPALIVE, clean_start=not self._lasting, properties=wishes)
        else:
            client.connect(address.host, address.port, KEEPALIVE)

    def _serve(self) -> None:
        """Carry bytes until the socket is closed. paho's own loop would neither share wake-ups nor say when it dies."""
        client = self._client
        while (sock := client.socket()) is not None and not self._abandoned:
            willing = self._taken - self._acked < PATIENT_FOR
            # select does not see bytes that are decrypted already
            with self._turn:
                decrypted = willing and isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
            writing = [sock] if client.want_write() else []
            reading = [sock, self._bell] if willing else [self._bell]
            try:
                readable, _, _ = select.select(reading, writing, [], 0 if decrypted else 1)
            except ValueError:  # who wrote from elsewhere has met the end of the connection
                return
            if self._bell in readable:
                self._bell.recv(64)
                self._rung = False  # before looking at what is to be written
            with self._turn:
                if decrypted or sock in readable:
                    self._pulse()
                    client.loop_read()
                else:
                    client.loop_misc()
                if client.want_write():
                    client.loop_write()

    def _hang_up(self) -> None:
        sock = self._client.socket()
        if sock is not None:
            with self._turn:
                sock.close()

    def _make_client(self, client_id: str, will: bytes | None) -> Client:
        mqtt5 = self._settings.protocol == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if mqtt5 else not self._lasting,
            protocol=MQTTProtocolVersion.MQTTv5 if mqtt5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_TIMEOUT
        client.max_inflight_messages_set(0)  # the publisher keeps to the broker's window; paho's own would hold back
        if will is not None:
            client.will_set(self._ears.presence, will, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        client.on_log = self._on_log
        client.on_socket_open = self._on_socket_open
        # With this set, paho leaves all writing to the network thread, whoever publishes.
        client.on_socket_register_write = _leave_to_the_thread
        return client

    @guarded
    def _on_socket_open(self, _client: Client, _data: Any, sock: Any) -> None:
        # Without it a second update waits up to 40 ms for the acknowledgement of the first one's packet.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @guarded
    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, code: ReasonCode, granted: Properties | None
    ) -> None:
        if code.is_failure:
            said = self.say("{address} refuses: {reason}")
            if code.value in UNKNOWN_USER:
                said = self.say("{address} refuses: {reason}; check cloud.username and its password")
            self._reason = said.format(address=self._settings.address, reason=code)
            return
        self._offered = int(getattr(granted, "ReceiveMaximum", 65_535))
        client.subscribe([(topic, 1) for topic in self._ears.topics])

    @guarded
    def _on_subscribe(
        self, _client: Client, _data: Any, _mid: int, codes: list[ReasonCode], _properties: Properties | None
    ) -> None:
        forbidden = tuple(topic for topic, code in zip(self._ears.topics, codes, strict=True) if code.is_failure)
        window = max(1, min(IN_FLIGHT, self._offered - RESERVED))
        self._hand(functools.partial(self._subscribed, forbidden, window))

    @guarded
    def _on_message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        topic, payload, mid = message.topic, bytes(message.payload), message.mid
        if topic == self._ears.presence:
            client.ack(mid, message.qos)
            if not message.retain:  # a retained one is from before this connection
                self._hand(functools.partial(self._owner.presence_seen, self, read_presence(payload)))
            return
        self._taken += mid > 0
        self._hand(functools.partial(self._owner.heard, self, self._read(topic, payload), mid))

    @guarded
    def _on_publish(
        self, _client: Client, _data: Any, mid: int, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._hand(functools.partial(self._owner.published, self, mid, int(code.value)))

    @guarded
    def _on_disconnect(
        self, _client: Client, _data: Any, flags: DisconnectFlags, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if not self._reason and flags.is_disconnect_packet_from_server:
            self._reason = self.say("{address} ended the connection: {reason}").format(
                address=self._settings.address, reason=code
            )

    @guarded
    def _on_log(self, _client: Client, _data: Any, level: int, said: str) -> None:
        if level == LogLevel.MQTT_LOG_ERR:
            self._fault = said


def _leave_to_the_thread(_client: Client, _data: Any, _sock: Any) -> None: ...
