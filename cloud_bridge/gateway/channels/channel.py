"""The face of a channel: how its requests are proved, answered and read. A channel is one file; this is its shape."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.ways.way import Call, Setting, Token, Way
from cloud_bridge.messages import EventType
from edge.orders import Record

PULLED = "pulled"  # a header of what the gateway asked for by itself; no request from outside has it
REPLAY = 300.0  # seconds by which a request's own time may differ from ours, where a channel signs one


class Forged(Exception):
    """The request is not the channel's, or is an old one sent once more; says why, without any secret."""


class Unreadable(ValueError):
    """The request is the channel's but cannot be understood; says where."""


class Account(msgspec.Struct, frozen=True):
    """What a channel's file needs to know of one account with it."""

    channel: str
    id: str
    url: str = ""  # at which the channel calls us, as it was told it
    options: dict[str, str] = {}
    secrets: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Account({self.channel}/{self.id})"  # the others hold secrets


class Answer(msgspec.Struct, frozen=True):
    """What the channel wants to hear."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"


class Said(Record, frozen=True):
    """What a request says of one order, in our words."""

    origin: str  # the order's id in the channel
    event: str  # what makes it this event of the order and no other
    kind: EventType  # PLACED for an order's content, whether it is new or changed; CANCELLED or COLLECTED
    at: float | None = None  # by the channel's clock
    shop: str = ""  # the channel's id of the shop, where an account may have several
    order: dict[str, Any] = {}  # of PLACED: an Open Delivery order, with the channel's own product codes
    reason: str = ""
    addresses: dict[str, str] = {}  # who ordered, by the way in which they are told: {"wechat": openid}
    ways: tuple[str, ...] = ()  # by which they would rather be told, by id, the first one first


class Allowed(Record, frozen=True):
    """A customer allows so many more messages, by template."""

    app: str  # whose customer this is: an id is theirs in it alone
    address: str
    templates: dict[str, int]
    event: str = (
        ""  # what makes it this event and no other, where the bytes of a request may differ when it comes again
    )


class Wanted(Record, frozen=True):
    """A request only names an order: it has to be asked for, and the answer is read as a request of its own."""

    ask: dict[str, str]  # what the channel's `pull` needs for it


class Pull(msgspec.Struct, frozen=True):
    """How the gateway asks a channel by itself. All functions are pure."""

    # For what is wanted; for nothing: for all that the channel could not deliver. With the token and the time now.
    call: Callable[[dict[str, str], Setting, str, float], Call]
    # The requests that an answer is read as; ValueError says why to ask again later, Unreadable why not.
    read: Callable[[dict[str, str], int, bytes], list[bytes]]
    token: Token | None = None
    every: float = 0.0  # seconds between two questions for what could not be delivered; 0: there is no such list
    secrets: tuple[str, ...] = ()  # that an account must have for it
    options: tuple[str, ...] = ()


class Channel(msgspec.Struct, frozen=True):
    """All functions are pure. They see the request as it came, and its account."""

    name: str
    verify: Callable[[Webhook, Account, float], None]  # raises Forged; the float is the time now
    parse: Callable[
        [Webhook, Account], Sequence[Said | Allowed | Wanted]
    ]  # raises Unreadable; nothing where it tells nothing of use; a Wanted stands alone
    answer: Callable[[Webhook, Account], Answer]
    # What a GET is answered with, where the channel tries an address by one; it must verify by itself.
    hello: Callable[[Webhook, Account], Answer] | None = None
    gets: bool = False  # events come as GET too; its query is then read as the body, and only one without is a hello
    # What a POST by which the channel tries the address is answered with; it proves nothing, and is not kept.
    ping: Callable[[Webhook], Answer | None] | None = None
    secrets: tuple[str, ...] = ("secret",)
    further: tuple[str, ...] = ()  # secrets that it can do without
    options: tuple[str, ...] = ()  # that an account must have
    headers: tuple[str, ...] = ()  # lower case: all that it looks at; the others are not kept
    tells: Way | None = None  # the way back to the channel
    pull: Pull | None = None


def answers(body: bytes, content_type: str = "application/json") -> Callable[[Webhook, Account], Answer]:
    """A channel that wants to hear always the same."""
    answer = Answer(body, 200, content_type)
    return lambda _webhook, _account: answer
