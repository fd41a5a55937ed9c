"""Standard Webhooks: how a request says who sent it, both ways.

Specification: https://github.com/standard-webhooks/standard-webhooks (spec/standard-webhooks.md, version 1.0.0, read
2026-11).
"""

import base64
import hmac
from hashlib import sha256

PREFIX = "whsec_"  # of a secret in base64


def mac(key: bytes, signed: bytes) -> bytes:
    """HMAC-SHA256. Not `hmac.digest`, which lets go of the interpreter and waits for its turn again, each time."""
    return hmac.new(key, signed, sha256).digest()


def key_of(secret: str) -> bytes:
    """What is signed under; ValueError where a `whsec_` secret is not base64, without a part of it."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise ValueError(f"expected base64 after {PREFIX}")
    return key


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """The signature of a request, version 1; ValueError as of `key_of`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(mac(key_of(secret), signed)).decode()}"
