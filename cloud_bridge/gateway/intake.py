"""The door of the channels: a request is proved, put on the disk, answered as its channel wants it, and read later."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from aiohttp import web

from cloud_bridge.gateway.channels import CHANNELS, Account, Answer, Channel, Forged
from cloud_bridge.gateway.door import Seldom
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.intents import Keep
from cloud_bridge.gateway.orders import account_key
from cloud_bridge.gateway.rules import CloudHub
from edge.hub import NotCommitted
from edge.journal import JournalUnusable

log = logging.getLogger(__name__)

LARGEST = 1024 * 1024  # bytes of a webhook
PATIENCE = 10.0  # seconds in which its body has to come
SLOW, HASTE = 128, 1.0  # of more bodies that are on their way the oldest get so many seconds


class Door(NamedTuple):
    """What has to be known at the address of one account."""

    channel: Channel
    account: Account
    key: str


class Intake:
    """Mounted on the gateway's server; needs no token, as each request proves itself."""

    def __init__(self, hub: CloudHub, accounts: Mapping[str, Account]) -> None:
        self.refused: Counter[str] = Counter()  # requests that did not prove themselves, by account
        self.answered: Counter[str] = Counter()  # requests that were taken, the same ones once more among them
        self._hub = hub
        self._doors = [Door(CHANNELS[one.channel], one, account_key(one.channel, one.id)) for one in accounts.values()]
        self._seldom = Seldom()
        self.reading: dict[asyncio.Timeout, None] = {}  # bodies that are on their way, oldest first

    def mount(self, app: web.Application) -> None:
        """Add the doors to a server: one path for each account, which is found at once."""
        for door in self._doors:
            path = f"/channels/{door.account.channel}/{door.account.id}"
            app.router.add_post(path, partial(self._post, door))
            if door.channel.hello is not None:
                app.router.add_get(path, partial(self._get, door), allow_head=False)
        app.router.add_route("*", "/channels/{nothing:.*}", _nobody)

    async def _post(self, door: Door, request: web.Request) -> web.Response:
        try:
            body = await self._read(request)
        except (web.RequestPayloadError, ConnectionError):
            return _without("its body cannot be read", 400)
        except TimeoutError:
            return _without("its body did not come", 408)
        webhook = self._webhook(door, request, body)
        tried = door.channel.ping(webhook) if door.channel.ping is not None else None
        return await self._take(door, webhook) if tried is None else _response(tried)

    async def _read(self, request: web.Request) -> bytes:
        """The body; raises TimeoutError where it does not come, sooner where there are many such."""
        if request.content.is_eof():  # it came with the headers, as most do
            body = request.content.read_nowait()
            if len(body) > LARGEST:
                raise web.HTTPRequestEntityTooLarge(LARGEST, len(body))
            return body
        async with asyncio.timeout(PATIENCE) as limit:
            self.reading[limit] = None
            if len(self.reading) > SLOW:
                oldest = next(iter(self.reading))
                del self.reading[oldest]
                with suppress(RuntimeError):  # it is over just now
                    oldest.reschedule((oldest.when() or 0.0) - PATIENCE + HASTE)
            try:
                return await request.read()
            finally:
                self.reading.pop(limit, None)

    async def _take(self, door: Door, webhook: Webhook) -> web.Response:
        refusal = self._prove(door, webhook)
        if refusal is not None:
            return refusal
        key = door.key
        try:
            await self._hub.submit(Keep(webhook), by=f"channel:{key}", key=f"webhook\n{key}\n{_digest(webhook)}")
        except (NotCommitted, JournalUnusable) as trouble:
            log.error("a webhook of %s could not be kept, it must come again: %s", key, trouble)  # noqa: TRY400
            return web.json_response({"reason": "not kept, send it again"}, status=503)
        self.answered[key] += 1
        return _response(door.channel.answer(webhook, door.account))

    async def _get(self, door: Door, request: web.Request) -> web.Response:
        channel, account, _ = door
        webhook = self._webhook(door, request, b"")
        if channel.gets and webhook.query:
            event = msgspec.structs.replace(webhook, body=webhook.query.encode(), query="")
            return await self._take(door, event)
        try:
            assert channel.hello is not None
            return _response(channel.hello(webhook, account))
        except Forged as forged:
            return self._refuse(door, forged)

    def _webhook(self, door: Door, request: web.Request, body: bytes) -> Webhook:
        there = request.headers
        headers = {name: value for name in door.channel.headers if (value := there.get(name)) is not None}
        account = door.account
        return Webhook(
            account.channel, account.id, self._hub.clock.now(), body, request.rel_url.raw_query_string, headers
        )

    def _prove(self, door: Door, webhook: Webhook) -> web.Response | None:
        try:
            door.channel.verify(webhook, door.account, webhook.at)
        except Forged as forged:
            return self._refuse(door, forged)
        except Exception as error:  # noqa: BLE001 - a request that no verification has foreseen is not the channel's
            return self._refuse(door, Forged(f"no verification has foreseen it: {type(error).__name__}"), error)
        return None

    def _refuse(self, door: Door, forged: Forged, error: Exception | None = None) -> web.Response:
        self.refused[door.key] += 1
        if times := self._seldom.count(door.key, self._hub.clock.monotonic()):
            log.warning(
                "requests to %s were refused, %d since the last line: %s", door.key, times, forged, exc_info=error
            )
        return web.json_response({"reason": str(forged)}, status=401)


async def _nobody(_request: web.Request) -> web.Response:
    return web.json_response({"reason": "there is no such account"}, status=404)


def _digest(webhook: Webhook) -> str:
    """The same request once more has the same one."""
    about = "\n".join((webhook.query, *(f"{name}:{value}" for name, value in webhook.headers.items()), ""))
    return blake2b(about.encode("utf-8", "surrogateescape") + webhook.body, digest_size=16).hexdigest()


def _without(reason: str, status: int) -> web.Response:
    """The answer to what is no whole request, on whose connection nothing else is read."""
    answer = web.json_response({"reason": reason}, status=status)
    answer.force_close()
    return answer


def _response(answer: Answer) -> web.Response:
    return web.Response(body=answer.body, status=answer.status, headers={"Content-Type": answer.content_type})
