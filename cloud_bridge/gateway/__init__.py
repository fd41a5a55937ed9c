"""The cloud's end of the road: orders in from the channels, out to the stores; stages in, out to the customers."""

from cloud_bridge.gateway.gateway import Gateway
from cloud_bridge.gateway.settings import CloudFile

__all__ = ["CloudFile", "Gateway"]
