"""A shop's own programs: JSON, signed as Standard Webhooks says (`signing`), both ways. README.md documents it.

What is told back goes to `options.url`, signed with the same secret, as the way `webhook` writes it.
"""

import hmac
from datetime import UTC
from typing import Any, Literal

import msgspec

from cloud_bridge.gateway.channels.channel import Account, Channel, Forged, Said, Unreadable, answers
from cloud_bridge.gateway.channels.values import known, moment, read, recent, whole
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.signing import signature
from cloud_bridge.gateway.ways import webhook as told_by
from cloud_bridge.messages import EventType
from edge.orders import Record
from edge.updates import UpdateKind

KINDS = {
    "order.placed": EventType.PLACED,
    "order.changed": EventType.PLACED,
    "order.cancelled": EventType.CANCELLED,
    "order.collected": EventType.COLLECTED,
}

# Items are told nobody but customers, as the table of messages says; what came too late, nobody.
_SPARED = {UpdateKind.STARTED, UpdateKind.FINISHED, UpdateKind.RECALLED, UpdateKind.RESCHEDULED, UpdateKind.OVERTAKEN}
TOLD = frozenset(UpdateKind) - _SPARED
MOST, LONGEST = 20, 200  # ways that a customer may wish for, and characters of a way's id


class _Body(Record, frozen=True):
    type: Literal["order.placed", "order.changed", "order.cancelled", "order.collected"]
    data: dict[str, Any]
    timestamp: Any = None  # when it happened


def _verify(webhook: Webhook, account: Account, now: float) -> None:
    headers = webhook.headers
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id:
        raise Forged("webhook-id is missing")
    recent(whole(timestamp), now)
    right = signature(account.secrets["secret"], message_id, timestamp, webhook.body)
    given = headers.get("webhook-signature", "").split(" ")
    if not any(hmac.compare_digest(one.encode("utf-8", "replace"), right.encode()) for one in given):
        raise Forged("webhook-signature is not right")


def _parse(webhook: Webhook, _account: Account) -> list[Said]:
    body = read(webhook.body, _Body)
    tried = float(webhook.headers["webhook-timestamp"])
    kind, data = KINDS[body.type], body.data
    origin = data.get("id")
    if not isinstance(origin, str) or not origin:
        raise Unreadable("data.id: expected the order's id")
    merchant = data.get("merchant")
    return [
        Said(
            origin=origin,
            event=webhook.headers["webhook-id"],
            kind=kind,
            at=min(moment(body.timestamp, UTC) or tried, tried),
            shop=str(merchant.get("id") or "") if isinstance(merchant, dict) else "",
            order=known(data) if kind is EventType.PLACED else {},
            reason=str(data.get("reason") or ""),
            addresses=_addresses(data.get("addresses")),
            ways=_ways(data.get("ways")),
        )
    ]


def _addresses(given: Any) -> dict[str, str]:
    """Those that are text: how to tell the customer never costs the order, nor its cancellation."""
    return {way: one for way, one in given.items() if isinstance(one, str)} if isinstance(given, dict) else {}


def _ways(given: Any) -> tuple[str, ...]:
    names = [one for one in given if isinstance(one, str) and len(one) <= LONGEST] if isinstance(given, list) else []
    return tuple(names[:MOST])


CHANNEL = Channel(
    name="generic",
    verify=_verify,
    parse=_parse,
    answer=answers(b'{"ok":true}'),
    headers=("webhook-id", "webhook-timestamp", "webhook-signature"),
    tells=msgspec.structs.replace(told_by.WAY, name="generic", tells=TOLD),
)
