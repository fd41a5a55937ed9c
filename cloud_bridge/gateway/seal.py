"""The seal: who ordered, closed up so that a store carries it back without being able to read it (AEAD, RFC 8439)."""

import base64
import binascii
import os
from hashlib import blake2b
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

KEY_VARIABLE = "OVENBELL_GATEWAY_KEY"
KEY, NONCE = 32, 12  # bytes


class Broken(ValueError):
    """The seal is none of ours, or was put on another order."""


class Reply(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Who is told, by the ways to them."""

    addresses: dict[str, str]


class Seal:
    """Closes with the first key and opens with any, so that keys can be changed while orders are open."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._ciphers = [ChaCha20Poly1305(key) for key in keys]
        self._name_key = blake2b(b"ovenbell: names of customers", digest_size=32, key=keys[-1]).digest()

    def close(self, order: str, reply: Reply) -> str:
        """The text that goes to the store; it opens for this order only."""
        nonce = os.urandom(NONCE)
        sealed = self._ciphers[0].encrypt(nonce, msgspec.json.encode(reply), order.encode())
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, order: str, sealed: str) -> Reply:
        """What was closed up; raises Broken."""
        try:
            raw = base64.urlsafe_b64decode(sealed.encode())
        except (ValueError, binascii.Error) as error:
            raise Broken("this is no sealed reply") from error
        for cipher in self._ciphers:
            try:
                return msgspec.json.decode(cipher.decrypt(raw[:NONCE], raw[NONCE:], order.encode()), type=Reply)
            except (InvalidTag, ValueError):
                continue
        raise Broken("the seal does not open with any of our keys")

    def name(self, app: str, address: str) -> str:
        """A name for a customer of an application that says nothing to who does not have the key."""
        return blake2b(f"{app}\n{address}".encode(), digest_size=12, key=self._name_key).hexdigest()


def read_keys(text: str) -> tuple[bytes, ...]:
    """The keys in base64, one a line, the newest first; ValueError says what is wrong."""
    keys: list[bytes] = []
    for number, line in enumerate(text.split(), 1):
        try:
            key = base64.b64decode(line, validate=True)
        except ValueError:
            raise ValueError(f"key {number} is not base64") from None
        if len(key) != KEY:
            raise ValueError(f"key {number} has {len(key)} bytes, expected {KEY}: openssl rand -base64 {KEY}")
        keys.append(key)
    if not keys:
        raise ValueError(f"there is no key in it: openssl rand -base64 {KEY}")
    return tuple(keys)


def keys_at(file: Path, *, make: bool = True) -> tuple[bytes, ...]:
    """The keys from the environment, else from the file, which is made where there is none; OSError or ValueError."""
    text = os.environ.get(KEY_VARIABLE)
    if text is None:
        try:
            text = file.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            if not make:
                raise
            text = base64.b64encode(os.urandom(KEY)).decode()
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as new:
                new.write(f"{text}\n")
                new.flush()
                os.fsync(new.fileno())
    return read_keys(text)
