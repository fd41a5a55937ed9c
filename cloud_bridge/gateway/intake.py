"""The door of the channels: a request is proved, put on the disk, answered as its channel wants it, and read later."""

import asyncio
import logging
import zlib
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from typing import NamedTuple

import msgspec
from aiohttp import web

from cloud_bridge.gateway.channels import CHANNELS, Account, Answer, Channel, Forged
from cloud_bridge.gateway.door import Doorkeeper, Seldom
from cloud_bridge.gateway.facts import Webhook
from cloud_bridge.gateway.intents import Keep
from cloud_bridge.gateway.orders import account_key
from cloud_bridge.gateway.rules import CloudHub
from edge.hub import NotCommitted

log = logging.getLogger(__name__)

LARGEST = 1024 * 1024  # bytes of a webhook
PATIENCE = 10.0  # seconds in which its body has to come
ZLIB_OR_GZIP = zlib.MAX_WBITS | 32  # by what its beginning says
REMEMBERED = 65_536  # webhooks of which the same one once more is answered at once
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
        # Requests that came lately, oldest first, and the commit that one is waiting for. One that is forgotten is kept
        # and read once more, and then its events are known.
        self._kept: dict[bytes, asyncio.Future[int] | None] = {}
        self._seldom = Seldom()
        self.reading: dict[asyncio.Timeout, None] = {}  # bodies that are on their way, oldest first

    def mount(self, keeper: Doorkeeper) -> None:
        """Give each account its address."""
        for door in self._doors:
            path = f"/channels/{door.account.channel}/{door.account.id}"
            keeper.addresses["POST", path] = partial(self._post, door)
            if door.channel.hello is not None:
                keeper.addresses["GET", path] = partial(self._get, door)

    async def _post(self, door: Door, request: web.BaseRequest) -> web.Response:
        try:
            body = _unpacked(await self._read(request), request.headers.get("Content-Encoding", ""))
        except web.HTTPRequestEntityTooLarge:  # not left to aiohttp, whose cycle would keep the body until a collection
            return _without("its body is too large", 413)
        except (web.RequestPayloadError, ConnectionError, zlib.error) as error:
            error.__traceback__ = None  # the stream keeps the error, and the frames would keep the body
            return _without("its body cannot be read", 400)
        except TimeoutError:
            return _without("its body did not come", 408)
        webhook = self._webhook(door, request, body)
        tried = door.channel.ping(webhook) if door.channel.ping is not None else None
        return await self._take(door, webhook) if tried is None else _response(tried)

    async def _read(self, request: web.BaseRequest) -> bytes:
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
        try:
            "".join(webhook.headers.values()).encode()
        except UnicodeEncodeError:  # the journal is UTF-8
            return _without("its headers are not UTF-8", 400)
        refusal = self._prove(door, webhook)
        if refusal is not None:
            return refusal
        try:
            await self._keep(door, webhook)
        except NotCommitted as trouble:
            log.error("a webhook of %s could not be kept, it must come again: %s", door.key, trouble)  # noqa: TRY400
            return web.json_response({"reason": "not kept, send it again"}, status=503)
        self.answered[door.key] += 1
        return _response(door.channel.answer(webhook, door.account))

    async def _keep(self, door: Door, webhook: Webhook) -> None:
        """Have it put on the disk; the same one once more waits for that, or finds it done. Raises NotCommitted."""
        digest = _digest(door, webhook)
        if digest in self._kept:
            if (keeping := self._kept[digest]) is not None:
                await asyncio.shield(keeping)
            return
        try:
            self._kept[digest] = keeping = self._hub.ask(Keep(webhook), by=f"channel:{door.key}")
            await asyncio.shield(keeping)
        except BaseException:
            self._kept.pop(digest, None)
            raise
        self._kept[digest] = None
        if len(self._kept) > REMEMBERED:
            del self._kept[next(iter(self._kept))]

    async def _get(self, door: Door, request: web.BaseRequest) -> web.Response:
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

    def _webhook(self, door: Door, request: web.BaseRequest, body: bytes) -> Webhook:
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


def _digest(door: Door, webhook: Webhook) -> bytes:
    """The same request once more has the same one."""
    about = "\n".join((door.key, webhook.query, *(f"{name}:{value}" for name, value in webhook.headers.items()), ""))
    return blake2b(about.encode("utf-8", "surrogateescape") + webhook.body, digest_size=16).digest()


def _unpacked(body: bytes, encoding: str) -> bytes:
    """A body as its sender had it; raises zlib.error, and 413 for what becomes too large."""
    if encoding.lower() in {"", "identity"}:
        return body
    if encoding.lower() not in {"gzip", "deflate"}:
        raise zlib.error
    unpack = zlib.decompressobj(ZLIB_OR_GZIP)
    whole = unpack.decompress(body, LARGEST + 1)
    if len(whole) > LARGEST:
        raise web.HTTPRequestEntityTooLarge(LARGEST, len(whole))
    if not unpack.eof:
        raise zlib.error
    return whole


def _without(reason: str, status: int) -> web.Response:
    """The answer to what is no whole request, on whose connection nothing else is read."""
    answer = web.json_response({"reason": reason}, status=status)
    answer.force_close()
    return answer


def _response(answer: Answer) -> web.Response:
    return web.Response(body=answer.body, status=answer.status, headers={"Content-Type": answer.content_type})
