"""The signature that channels have alike: HMAC-SHA256 of the whole request, in one header. A channel's is a row."""

import base64
import hmac

import msgspec

from cloud_bridge.gateway.channels.channel import Account, Forged
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.signing import mac


class Mac(msgspec.Struct, frozen=True):
    """How a channel signs. It signs no time, so the same request once more is right too; it has no second effect."""

    header: str  # lower case
    hexadecimal: bool = False  # else base64
    with_url: bool = False  # the address that the channel was told, before the body

    def verify(self, webhook: Webhook, account: Account, _now: float) -> None:
        """Raise Forged where the header does not fit the request."""
        given = webhook.headers.get(self.header, "").strip()
        if not given:
            raise Forged(f"{self.header} is missing")
        signed = account.url.encode() + webhook.body if self.with_url else webhook.body
        made = mac(account.secrets["secret"].encode(), signed)
        right = made.hex() if self.hexadecimal else base64.b64encode(made).decode()
        if not hmac.compare_digest(given.encode("utf-8", "replace"), right.encode()):
            raise Forged(f"{self.header} is not right")
