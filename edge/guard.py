"""The guard of a local server: neither a page elsewhere, through a browser, nor anybody without the token gets in."""

import hmac
import ipaddress
import socket
from base64 import b64decode
from typing import NamedTuple

from aiohttp import web

from edge.settings import is_loopback

# What proxies add: behind one on this machine every request comes from this machine, and only a token tells who asks.
PASSED_ON = ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP")


class Refusal(NamedTuple):
    """Why a request is not answered."""

    status: int
    reason: str


class Guard:
    """Checks the Host and Origin of every request, and its token; where none is set, that no proxy passed it on."""

    def __init__(self, listen: tuple[str, int], token: str = "", *, names: frozenset[str] = frozenset()) -> None:
        self.open = {"/healthz"}  # paths that need no token
        self._listen, self._token, self._names = listen, token, names

    def refusal(self, request: web.BaseRequest) -> Refusal | None:
        """Why this request is refused; none where it is not."""
        if not self._is_ours(request.host) or not _same_origin(request):
            return Refusal(403, "this Host or Origin is not the hub's")
        if request.path not in self.open:
            if self._token and not self._has_token(request):
                return Refusal(401, "a token is required: Authorization: Bearer TOKEN")
            if not self._token and any(name in request.headers for name in PASSED_ON):
                return Refusal(403, "this came through a proxy: for that, set a token")
        if request.method == "POST" and request.content_type != "application/json":
            return Refusal(415, "expected Content-Type: application/json")
        return None

    def _has_token(self, request: web.BaseRequest) -> bool:
        """As a program gives it, or as a browser does that has asked for a password."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        text = given.strip().encode("utf-8", "replace")
        if scheme.lower() == "basic":
            try:
                text = b64decode(text).partition(b":")[2]
            except ValueError:
                return False
        return scheme.lower() in {"basic", "bearer"} and hmac.compare_digest(text, self._token.encode())

    def _is_ours(self, host_header: str) -> bool:
        host = host_header.rsplit(":", 1)[0] if not host_header.endswith("]") else host_header
        host = host.strip("[]").lower()
        if is_loopback(host) or host == self._listen[0].lower() or host in self._names:
            return True
        if is_loopback(self._listen[0]):
            return False
        name = socket.gethostname().lower()
        return host in {name, f"{name}.local"} or _is_address(host)


def _same_origin(request: web.BaseRequest) -> bool:
    origin = request.headers.get("Origin")
    return origin is None or origin.split("://", 1)[-1] == request.host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
