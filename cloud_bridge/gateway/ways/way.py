"""The face of a way: how a notice becomes a request, and what the answer means. A way is one file of this shape."""

from collections.abc import Callable, Iterable
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.plan import template_of

SOON = 10.0  # seconds until the next try; the courier doubles them from try to try
OK, FAULTS, UNAVAILABLE = 200, 500, 503
DIGITS = 10
LONGEST_WAIT = 86_400  # seconds that a provider may ask for


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

    def template(self, notice: Notice) -> str:
        """The id of the provider's template for a notice; empty where there is none."""
        return template_of(self.templates, notice)


class Call(msgspec.Struct, frozen=True):
    """An HTTP request to be made."""

    url: str
    body: bytes = b""
    headers: dict[str, str] = {}
    method: str = "POST"

    def __repr__(self) -> str:
        return f"Call({self.method})"  # urls and headers of providers hold tokens


class Arrived(msgspec.Struct, frozen=True):
    """It has arrived."""


class Later(msgspec.Struct, frozen=True):
    """It may be tried again; `everything`: nothing else may go this way before either."""

    reason: str
    seconds: float = SOON
    everything: bool = False


class Never(msgspec.Struct, frozen=True):
    """It never will this way; another one may."""

    reason: str
    spent: bool = False  # the customer allows no more of this kind


class Unsure(msgspec.Struct, frozen=True):
    """Nobody knows whether it has arrived: it is tried again only where it may come twice."""

    reason: str


Outcome = Arrived | Later | Never | Unsure


def may_be_done(status: int) -> bool:
    """Whether what is answered so may have been done all the same; 503 says that it was not (RFC 9110, 15.6.4)."""
    return status == OK or (status >= FAULTS and status != UNAVAILABLE)


def address_of(addresses: dict[str, str], setting: Setting, kind: str) -> str:
    """The customer's address by a way: under its own name, or under that of its kind; raises Unsendable."""
    address = addresses.get(setting.id) or addresses.get(kind)
    if not address:
        raise Unsendable(f"the customer has no address for {kind}")
    return address


def retry_after(headers: Any) -> float | None:
    """The seconds for which a provider wants to be left alone, where it says so: RFC 9110, 10.2.3.

    A date is one of the provider's clock, and so is that of the answer.
    """
    text = headers.get("retry-after", "")
    if text.isascii() and text.isdigit() and len(text) < DIGITS:
        return min(float(text), LONGEST_WAIT)
    until, now = _date(text), _date(headers.get("date", ""))
    return min(max(until - now, 0.0), LONGEST_WAIT) if until is not None and now is not None else None


def left_alone(reason: str, headers: Any, otherwise: float = SOON, *, everything: bool = True) -> Later:
    """What a provider says that wants to be: for as long as it says."""
    wait = retry_after(headers)
    return Later(reason, otherwise if wait is None else wait, everything)


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


class Token(msgspec.Struct, frozen=True):
    """How a way gets its access token, and how long it is good."""

    call: Callable[[Setting], Call]
    # The token and its seconds; ValueError says why there is none now, Unsendable why there will be none.
    read: Callable[[int, bytes], tuple[str, float]]
    refused: Callable[[int, bytes], bool]  # whether an answer says that the token is no longer good


class Way(msgspec.Struct, frozen=True):
    """All functions but `carry` are pure; the courier makes the calls."""

    name: str
    call: Callable[[Notice, dict[str, str], Setting, str, float], Call]  # addresses, token, now; raises Unsendable
    judge: Callable[[int, bytes, Any], Outcome]  # status, body, headers
    token: Token | None = None
    carry: Callable[[Call], tuple[int, bytes]] | None = None  # how it is made where not by HTTP; may block
    tells: frozenset[str] = frozenset()  # of a channel's own way: the store's events it can take
    # Events with the status by which a channel says that its order is so already.
    already: frozenset[tuple[str, int]] = frozenset()
    app: str = ""  # the option with the application to whose messages its customers agree one by one; empty: no need
    repeatable: bool = False  # the same notice twice is one message: the provider knows it again
    secrets: tuple[str, ...] = ("secret",)
    options: tuple[str, ...] = ()
    mistakes: Callable[[Setting], Iterable[str]] = lambda _setting: ()  # in a setting, whose secrets are not there
