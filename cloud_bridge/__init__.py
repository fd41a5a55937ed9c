"""The road to the customer: the MQTT contract, the hub's end of it, and later the cloud's end."""

from cloud_bridge.letters import Reparsed, reparse
from cloud_bridge.link import Link
from cloud_bridge.messages import schema
from cloud_bridge.probe import Finding, probe
from cloud_bridge.settings import CloudSettings, parse_url

__all__ = ["CloudSettings", "Finding", "Link", "Reparsed", "parse_url", "probe", "reparse", "schema"]
