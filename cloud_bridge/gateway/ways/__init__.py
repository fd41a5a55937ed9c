"""The ways to a customer: one file each, all of them listed here."""

from cloud_bridge.gateway.ways import apprise, easemob, webhook, wechat
from cloud_bridge.gateway.ways.way import Arrived, Call, Later, Never, Outcome, Setting, Token, Unsendable, Unsure, Way

WAYS: dict[str, Way] = {way.name: way for way in (webhook.WAY, wechat.WAY, easemob.WAY, apprise.WAY)}

__all__ = ["WAYS", "Arrived", "Call", "Later", "Never", "Outcome", "Setting", "Token", "Unsendable", "Unsure", "Way"]
