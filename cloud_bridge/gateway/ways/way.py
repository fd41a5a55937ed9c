"""The face of a way: how a notice becomes a request, and what the answer means. A way is one file of this shape."""

from collections.abc import Callable
from typing import Any

import msgspec

from cloud_bridge.gateway.orders import Notice

MINUTE = 60.0


class Unsendable(ValueError):
    """A notice cannot go this way: there is no address, or no words for it; says why."""


class Setting(msgspec.Struct, frozen=True):
    """What a way's file needs to know of how it was set up."""

    id: str
    options: dict[str, str] = {}
    secrets: dict[str, str] = {}
    templates: dict[str, str] = {}  # ids of a provider's templates by what the notice is about: `on`, or `on stage`

    def __repr__(self) -> str:
        return f"Setting({self.id})"  # the others hold secrets


class Call(msgspec.Struct, frozen=True):
    """An HTTP request to be made."""

    url: str
    body: bytes = b""
    headers: dict[str, str] = {}
    method: str = "POST"

    def __repr__(self) -> str:
        return f"Call({self.method})"  # urls and headers of providers hold tokens


class Sent(msgspec.Struct, frozen=True):
    """It has arrived."""


class Later(msgspec.Struct, frozen=True):
    """It may be tried again."""

    reason: str
    seconds: float = MINUTE


class Never(msgspec.Struct, frozen=True):
    """It never will this way; another one may."""

    reason: str
    spent: bool = False  # the customer allows no more of this kind


Outcome = Sent | Later | Never


class Token(msgspec.Struct, frozen=True):
    """How a way gets its access token, and how long it is good."""

    call: Callable[[Setting], Call]
    read: Callable[[int, bytes], tuple[str, float]]  # the token and its seconds; ValueError says why there is none
    refused: Callable[[int, bytes], bool]  # whether an answer says that the token is no longer good


class Way(msgspec.Struct, frozen=True):
    """All functions but `carry` are pure; the courier makes the calls."""

    name: str
    call: Callable[[Notice, dict[str, str], Setting, str, float], Call]  # addresses, token, now; raises Unsendable
    judge: Callable[[int, bytes, Any], Outcome]  # status, body, headers
    token: Token | None = None
    carry: Callable[[Call], tuple[int, bytes]] | None = None  # how it is made where not by HTTP; may block
    tells: frozenset[str] = frozenset()  # of a channel's own way: the store's events it can take
    repeatable: bool = False  # the same notice twice is one message: the provider knows it again
    secrets: tuple[str, ...] = ("secret",)
    options: tuple[str, ...] = ()
