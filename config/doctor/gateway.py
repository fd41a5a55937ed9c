"""What the doctor finds of a gateway: its broker, the accounts with the channels, the ways to customers."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from itertools import chain
from urllib.parse import urlsplit

from cloud_bridge.connection import Ears
from cloud_bridge.gateway import CloudFile
from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.hearing import TOPICS
from cloud_bridge.gateway.orders import account_key
from cloud_bridge.gateway.page import ago
from cloud_bridge.gateway.seal import KEY_VARIABLE, keys_at
from cloud_bridge.gateway.settings import (
    AccountSettings,
    WaySettings,
    missing_secrets,
    page_token,
    url_of_account,
)
from cloud_bridge.gateway.status import Status
from cloud_bridge.probe import ask_broker
from config.doctor.journal import examine_journal
from config.doctor.line import FAILURE, OK, WARNING, Line
from config.doctor.running import Place, examine_running
from config.doctor.store import examine_secrets
from edge.settings import is_loopback
from edge.words import Say, speak

GATEWAY = "gateway"
OUR_OWN = frozenset({"generic", "opendelivery"})  # may be called from this machine


async def examine_gateway(settings: CloudFile) -> AsyncIterator[Line]:
    """Look at everything, cheapest first; of what runs the gateway's own word is taken."""
    say, gateway = speak(settings.gateway.language), settings.gateway
    place = Place(GATEWAY, gateway.listen, "gateway.listen", "/api/status", Status)
    line, _, told = await examine_running(place, lambda: page_token(gateway), say)
    yield line
    for line in _told(told, say):
        yield line
    for line in await asyncio.to_thread(lambda: list(examine_journal(settings.journal_path, Board, say, GATEWAY))):
        yield line
    yield _seal(settings, say)
    for line in examine_secrets(settings.broker, settings.secrets.values(), say, GATEWAY):
        yield line
    for finding in await ask_broker(settings.broker, Ears(TOPICS), name=gateway.id, say=say):
        yield Line(OK if finding.ok else FAILURE, "broker", finding.line)
    for line in _accounts(settings, told, say):
        yield line
    for way in settings.ways:
        yield _way(way, settings, told, say)


def _told(told: Status | None, say: Say) -> Iterator[Line]:
    """What a gateway that runs has a person look at."""
    if told is None:
        return
    for alarm in told.alarms:
        yield Line(WARNING, GATEWAY, say("the gateway says: {alarm}").format(alarm=alarm))
    if told.letters:
        found = say(
            "{count} requests or messages were not understood: look at its page, and after an update: ovenbell reparse"
        )
        yield Line(WARNING, GATEWAY, found.format(count=told.letters))


def _seal(settings: CloudFile, say: Say) -> Line:
    """The keys without which nobody can be told of the orders that are there."""
    path = settings.key_path(settings.journal_path)
    try:
        keys_at(path, make=False)
    except FileNotFoundError:
        if settings.journal_path.exists():
            found = say("{path} is gone: of the orders in the journal nobody can be told; put it back")
            return Line(FAILURE, "seal", found.format(path=path))
        return Line(OK, "seal", say("{path} will be made when the gateway starts: keep a copy then").format(path=path))
    except (OSError, ValueError) as error:
        return Line(FAILURE, "seal", f"{path}: {error}")
    if KEY_VARIABLE in os.environ:
        return Line(OK, "seal", say("the keys of the seal are in the environment"))
    return Line(OK, "seal", say("the keys of the seal are there: keep a copy of {path}").format(path=path))


def _accounts(settings: CloudFile, told: Status | None, say: Say) -> Iterator[Line]:
    if not settings.accounts:
        yield Line(WARNING, "accounts", say("none configured: no order can come in"))
    for account in settings.accounts:
        yield _account(account, settings, told, say)
    url = settings.gateway.url or f"http://{settings.gateway.listen}"
    if is_loopback(urlsplit(url).hostname or "") and {one.channel for one in settings.accounts} - OUR_OWN:
        found = say("gateway.url is not set: only programs on this machine can call {url}").format(url=url)
        yield Line(WARNING, "accounts", found)


def _account(account: AccountSettings, settings: CloudFile, told: Status | None, say: Say) -> Line:
    key = account_key(account.channel, account.id)
    part, url = f"account {key}", url_of_account(settings.gateway, account)
    if told is None:  # one that runs has its secrets, perhaps from where we do not see them
        lacks = _lacking(part, account)
        return lacks or Line(OK, part, say("secrets are there; the channel calls {url}").format(url=url))
    if key not in told.accounts:
        return _unknown(part, say)
    return _seen(key, url, told, say)


def _seen(key: str, url: str, told: Status, say: Say) -> Line:
    """How it goes with an account of a gateway that runs."""
    part, row, refused, now = f"account {key}", told.accounts[key], told.refused.get(key, 0), time.time()
    if refused and not told.answered.get(key):
        found = say("{count} requests did not prove themselves and none did: check its secret, and gateway.url")
        return Line(WARNING, part, found.format(count=refused))
    if row.last_failure > row.last_order:
        found = say("not understood {ago}: {reason}; after an update: ovenbell reparse")
        return Line(WARNING, part, found.format(ago=ago(row.last_failure, now, say), reason=row.reason))
    if not row.orders:
        return Line(OK, part, say("no order yet: enter {url} with the channel").format(url=url))
    found = say("{count} orders, the last {ago}")
    return Line(OK, part, found.format(count=row.orders, ago=ago(row.last_order, now, say)))


def _way(way: WaySettings, settings: CloudFile, told: Status | None, say: Say) -> Line:
    part = f"way {way.id}"
    if told is not None and way.id not in told.ways:
        return _unknown(part, say)
    if told is None and (lacks := _lacking(part, way)):
        return lacks
    named = chain(*(one.ways for one in settings.accounts), *(one.ways for one in settings.messages))
    if way.id not in named:
        return Line(WARNING, part, say("no account and no message names it: nobody is told this way"))
    if told is None:
        return Line(OK, part, say("its secrets are there"))
    sent, failed = told.sent.get(way.id, 0), told.failed.get(way.id, 0)
    if failed and not sent:
        found = say("none of {failed} notices went this way: the log of the gateway says why")
        return Line(WARNING, part, found.format(failed=failed))
    found = say("{sent} notices sent and {failed} failed since the start").format(sent=sent, failed=failed)
    return Line(OK, part, found)


def _lacking(part: str, settings: AccountSettings | WaySettings) -> Line | None:
    mistakes = list(missing_secrets(settings))
    return Line(FAILURE, part, "; ".join(mistakes)) if mistakes else None


def _unknown(part: str, say: Say) -> Line:
    found = say("the gateway does not know it: after a change of the settings it must be started again")
    return Line(WARNING, part, found)
