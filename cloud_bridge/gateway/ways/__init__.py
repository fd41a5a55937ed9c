"""The ways to a customer: one file each, all of them listed here."""

from cloud_bridge.gateway.ways import webhook
from cloud_bridge.gateway.ways.way import Call, Later, Never, Outcome, Sent, Setting, Unsendable, Way

WAYS: dict[str, Way] = {way.name: way for way in (webhook.WAY,)}

__all__ = ["WAYS", "Call", "Later", "Never", "Outcome", "Sent", "Setting", "Unsendable", "Way"]
