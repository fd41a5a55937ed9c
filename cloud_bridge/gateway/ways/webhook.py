"""A shop's own program: a request signed as Standard Webhooks says (`signing`).

`webhook-id` is the notice's own, equal in every attempt, so that the receiver knows it again.
"""

from typing import Any

import msgspec

from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.signing import signature
from cloud_bridge.gateway.ways.way import Arrived, Call, Never, Outcome, Setting, Way, left_alone
from cloud_bridge.messages import Body

OK, GONE, TOO_MANY = 200, 410, 429
ABOUT = ("words", "stage", "item", "name", "code", "shop", "reason")  # where the notice has them
FAULTS = 500  # and above: the other end has a trouble that may pass


class Told(Body, frozen=True):
    """What the shop's program reads."""

    on: str
    order: str  # its id in the channel
    account: str
    store: str
    words: str | None = None
    stage: str | None = None
    item: str | None = None
    name: str | None = None
    code: str | None = None
    shop: str | None = None  # the channel's id of it, of what concerns a shop and no order
    reason: str | None = None
    addresses: dict[str, str] = {}


def _call(notice: Notice, addresses: dict[str, str], setting: Setting, _token: str, now: float) -> Call:
    about = {name: getattr(notice, name) or None for name in ABOUT}
    told = Told(notice.on, notice.origin, notice.account, notice.store, addresses=addresses, **about)
    body = msgspec.json.encode({"type": notice.on, "data": told})
    message_id, timestamp = f"notice-{notice.id}", str(int(now))
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(setting.secrets["secret"], message_id, timestamp, body),
    }
    return Call(setting.options["url"], body, headers)


def judge(status: int, _body: bytes, headers: Any) -> Outcome:
    """What an answer means where only its status counts."""
    if OK <= status < OK + 100:
        return Arrived()
    if status == TOO_MANY or status >= FAULTS:
        return left_alone(f"HTTP {status}", headers, everything=status == TOO_MANY)
    return Never(f"HTTP {status}")


WAY = Way(name="webhook", call=_call, judge=judge, repeatable=True, options=("url",))
