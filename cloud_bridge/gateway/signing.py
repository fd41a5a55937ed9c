"""Standard Webhooks: how a request says who sent it, both ways.

Specification: https://github.com/standard-webhooks/standard-webhooks (spec/standard-webhooks.md, version 1.0.0, read
2026-11).
"""

import base64
import hmac
from hashlib import sha256

PREFIX = "whsec_"  # of a secret in base64


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """The signature of a request, version 1; ValueError where a `whsec_` secret is not base64."""
    key = base64.b64decode(secret.removeprefix(PREFIX)) if secret.startswith(PREFIX) else secret.encode()
    signed = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, sha256)
    return f"v1,{base64.b64encode(signed).decode()}"
