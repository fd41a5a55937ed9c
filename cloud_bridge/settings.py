"""The settings of the road to the cloud: `[cloud]` of store.toml (CONTRACT.md section 3)."""

import os
import ssl
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from edge.files import read_file
from edge.settings import SystemName, host_in

PASSWORD_VARIABLE = "OVENBELL_CLOUD_PASSWORD"  # noqa: S105 - the variable's name, not a password
PORTS = {"mqtt": 1883, "mqtts": 8883}


class Address(NamedTuple):
    """Where a broker listens, and whether TLS is spoken there."""

    host: str
    port: int
    tls: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


class BrokerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a broker is reached. The password is not in here, so that settings can be shown and logged."""

    url: SystemName
    username: str | None = None
    password_file: SystemName | None = None
    ca_file: SystemName | None = None
    cert_file: SystemName | None = None
    key_file: SystemName | None = None
    client_id: str | None = None
    protocol: Literal["5", "3.1.1"] = "5"

    @property
    def address(self) -> Address:
        """The broker's address; ValueError where the url is none."""
        return parse_url(self.url)


class CloudSettings(BrokerSettings, frozen=True, kw_only=True):
    """How a store reaches its cloud."""

    receipts: bool = False
    grace_seconds: Annotated[float, Meta(ge=0, le=600)] = 5


def parse_url(url: str) -> Address:
    """The address in `mqtt://host[:port]` or `mqtts://host[:port]`; ValueError says in one line what is wrong."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"expected mqtts://host:port, but {error}") from None
    if parts.scheme not in PORTS:
        raise ValueError("expected mqtts://host:port, or mqtt://host:port for a broker on this machine")
    if "@" in parts.netloc:
        raise ValueError("expected no user or password in the url; they belong in username and password_file")
    try:
        host = host_in(parts)
    except ValueError:
        raise ValueError(f"expected a host after {parts.scheme}://") from None
    if port == 0 or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("expected nothing after host and port, and a port from 1 to 65535")
    return Address(host, port or PORTS[parts.scheme], parts.scheme == "mqtts")


def password(settings: BrokerSettings) -> str | None:
    """The password from the environment, else from its file, read anew each time; OSError or ValueError without one."""
    from_environment = os.environ.get(PASSWORD_VARIABLE)
    if from_environment or settings.password_file is None:
        return from_environment or None
    try:
        secret = read_file(Path(settings.password_file)).decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError:  # its own words would carry bytes of the password
        raise ValueError(f"{settings.password_file} is not UTF-8") from None
    if not secret:
        raise ValueError(f"{settings.password_file} is empty")
    return secret


def tls_context(settings: BrokerSettings) -> ssl.SSLContext:
    """TLS with verification, always; OSError names the file that cannot be used."""
    for file in filter(None, (settings.ca_file, settings.cert_file, settings.key_file)):
        read_file(Path(file))  # ssl's own error would not say which file it is
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except ssl.SSLError as error:
        raise OSError(f"{settings.ca_file} holds no certificate") from error
    if settings.cert_file is not None:
        try:
            context.load_cert_chain(settings.cert_file, settings.key_file, password="")
        except ssl.SSLError as error:
            raise OSError(f"{settings.cert_file} and {settings.key_file} are no certificate and its key") from error
    return context
