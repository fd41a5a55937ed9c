"""The channels that orders come over: one file each, all of them listed here."""

from cloud_bridge.gateway.channels import (
    alipay,
    deliverect,
    eleme,
    generic,
    meituan,
    opendelivery,
    shopify,
    square,
    ubereats,
    wechat,
    woocommerce,
    youzan,
)
from cloud_bridge.gateway.channels.channel import Account, Allowed, Answer, Channel, Forged, Said, Unreadable, Wanted

_ALL = (
    generic.CHANNEL,
    opendelivery.CHANNEL,
    meituan.CHANNEL,
    eleme.CHANNEL,
    wechat.CHANNEL,
    alipay.CHANNEL,
    youzan.CHANNEL,
    shopify.CHANNEL,
    woocommerce.CHANNEL,
    square.CHANNEL,
    ubereats.CHANNEL,
    deliverect.CHANNEL,
)
CHANNELS: dict[str, Channel] = {channel.name: channel for channel in _ALL}

__all__ = ["CHANNELS", "Account", "Allowed", "Answer", "Channel", "Forged", "Said", "Unreadable", "Wanted"]
