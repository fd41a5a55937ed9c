"""Apprise: WeCom, Telegram, e-mail and a hundred others, by the library of that name.

Documents: https://github.com/caronc/apprise/wiki and, for WeCom's group robot,
https://github.com/caronc/apprise/wiki/Notify_wecombot (read 2026-11; apprise 2.2). Never tried against any vendor's
live system.

The secret `url` is an address of apprise's, in which `{address}` stands for the customer's:
`mailtos://shop:password@example.com?to={address}`; without it everybody is told in one place, `wecombot://key`. What a
provider answered is not known beyond yes or no, a no may be an answer that came too late, and none knows again what
comes twice: `ready` goes at least once, the others at most once, and not again where they were not taken. WeCom's
robot answers a wrong key and more than 20 messages a minute with HTTP 200 and an `errcode`, which apprise takes for a
yes: try the key once, and set the way's `per_second` to 0.33.
"""

import logging
import re
from typing import Any
from urllib.parse import quote

from cloud_bridge.gateway.orders import Notice
from cloud_bridge.gateway.ways.way import Arrived, Call, Never, Outcome, Setting, Unsendable, Unsure, Way, address_of

PLACE = "{address}"
# Apprise takes several addresses in one place, apart by these; of one customer's address there is one.
SEVERAL = re.compile(r"[\s,;<>\"'\x00-\x1f\x7f]|^\.+$")
DONE, NO_URL, NOT_DONE = 200, 400, 502


def _call(notice: Notice, addresses: dict[str, str], setting: Setting, _token: str, _now: float) -> Call:
    if not notice.words:
        raise Unsendable("there are no words for it")
    url = setting.secrets["url"]
    if PLACE in url:
        address = address_of(addresses, setting, WAY.name)
        if SEVERAL.search(address):
            raise Unsendable("the customer's address is not one")
        url = url.replace(PLACE, quote(address, safe="", errors="replace"))
    return Call(url, notice.words.encode())


def _carry(call: Call) -> tuple[int, bytes]:
    """Blocks until the provider has answered; apprise gives up by itself after a few seconds."""
    import apprise  # noqa: PLC0415 - large, and of no use where no way is of this kind

    for name in ("apprise", "requests", "urllib3"):  # they would log addresses and what is secret in them
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset(app_id="Ovenbell", app_desc="Ovenbell", async_mode=False, secure_logging=True)
    try:
        there = apprise.Apprise.instantiate(call.url, asset=asset)
        told = apprise.Apprise(asset=asset)
        if there is None or not told.add(there):
            return NO_URL, b""
        done = told.notify(body=call.body.decode(), body_format=apprise.NotifyFormat.TEXT)
    except Exception as error:  # noqa: BLE001 - whatever a plug-in stumbles over; its own words may hold secrets
        return NOT_DONE, type(error).__name__.encode()
    return (DONE if done else NOT_DONE), b""


def _judge(status: int, body: bytes, _headers: Any) -> Outcome:
    if status == DONE:
        return Arrived()
    if status == NO_URL:
        return Never("secret_files.url: apprise cannot read it")
    return Unsure(f"it was not taken {body.decode()}".strip())


WAY = Way(name="apprise", call=_call, judge=_judge, carry=_carry, secrets=("url",))
