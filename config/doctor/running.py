"""Whether the hub or the gateway of some settings runs, and what it says of itself."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Generic, NamedTuple, TypeVar

import aiohttp
import msgspec

from config.doctor.line import FAILURE, OK, WARNING, Line
from edge.settings import listen_address, url_of
from edge.words import Say

PATIENCE = 3.0  # seconds for an answer
Word = TypeVar("Word", bound=msgspec.Struct)


class Place(NamedTuple, Generic[Word]):
    """Where it would be, and what it is asked there."""

    part: str  # the command that starts it
    listen: str
    setting: str
    path: str
    says: type[Word]


class Found(NamedTuple, Generic[Word]):
    """What was found there."""

    line: Line
    runs: bool
    word: Word | None = None  # what it says; none where it does not run, or does not know us


class _Health(msgspec.Struct):
    """What it answers when it is asked how it is."""

    status: str = ""
    reason: str = ""


async def examine_running(place: Place[Word], token: Callable[[], str], say: Say) -> Found[Word]:
    """Whether it runs, and what it says."""
    part, listen = place.part, place.listen
    host, port = listen_address(listen)
    try:
        headers = {"Authorization": f"Bearer {token()}"}
        timeout = aiohttp.ClientTimeout(PATIENCE)
        async with aiohttp.ClientSession(url_of(host, port), timeout=timeout, headers=headers) as session:
            async with session.get("/healthz") as answer:
                health = msgspec.json.decode(await answer.read(), type=_Health)
            if health.status == "ok" or health.reason:
                return await _word(session, health, place, say)
    except (OSError, ValueError, TimeoutError, aiohttp.ClientError, msgspec.MsgspecError):
        pass  # nobody, or somebody else
    try:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port, reuse_address=True)
    except OSError as error:
        found = say("cannot listen at {listen}: {reason}; end what listens there, or set {setting}")
        return Found(
            Line(FAILURE, part, found.format(listen=listen, reason=error.strerror, setting=place.setting)), False
        )
    server.close()
    found = say("not running: start it with ovenbell {command} --config FILE")
    return Found(Line(WARNING, part, found.format(command=part)), runs=False)


def _reason(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Health).reason
    except msgspec.MsgspecError:  # a proxy's, and not its own
        return "HTTP 403"


async def _word(session: aiohttp.ClientSession, health: _Health, place: Place[Word], say: Say) -> Found[Word]:
    async with session.get(place.path) as answer:
        if answer.status == HTTPStatus.UNAUTHORIZED:
            found = say("running at {listen}, but with another token: run the doctor with that of the {who}")
            return Found(Line(FAILURE, place.part, found.format(listen=place.listen, who=say(place.part))), runs=True)
        closed = answer.status == HTTPStatus.FORBIDDEN
        body = await answer.read()
    word = None if closed else msgspec.json.decode(body, type=place.says)
    if health.reason:
        found = say("running, but not committing: {reason}").format(reason=health.reason)
        return Found(Line(FAILURE, place.part, found), True, word)
    if closed:
        found = say("running and committing at {listen}; more it does not tell: {reason}")
        reason = _reason(body)
        return Found(Line(WARNING, place.part, found.format(listen=place.listen, reason=reason)), runs=True)
    found = say("running and committing at {listen}").format(listen=place.listen)
    return Found(Line(OK, place.part, found), True, word)
