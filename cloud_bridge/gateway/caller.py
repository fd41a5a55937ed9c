"""Calls to providers by HTTP: whoever calls for one account, or one way, shares its token."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import aiohttp

from cloud_bridge.gateway.ways.way import Call, Later, Never, Setting, Token, Unsendable

PATIENCE = aiohttp.ClientTimeout(total=15, connect=5)
IDLE = 10.0  # seconds for which a connection is kept: on one that the other end just closed, nobody knows what arrived
LARGEST = 4 * 1024 * 1024  # bytes of an answer that are looked at
FRESH = 60.0  # seconds before its end that a token is fetched anew
NO_TOKEN = 30.0  # seconds for which a refused token is not asked for again: providers lock out who does
IN_LINE = 1.0  # seconds for which no answer is one to whoever stood in line for it

Answered = tuple[int, bytes, Mapping[str, str]]  # status, body, headers in lower case
Make = Callable[[Call], Awaitable[Answered]]


class NoToken(ValueError):
    """There is no access token now; `outcome` says whether there may be one later."""

    def __init__(self, outcome: Later | Never) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class _Token(NamedTuple):
    """What was said when a token was asked for."""

    said: str | Later | Never
    until: float  # on the loop's clock


class Callers:
    """One for each account and way, over one session."""

    def __init__(self) -> None:
        self._callers: dict[str, Caller] = {}
        self._session: aiohttp.ClientSession | None = None

    def of(self, setting: Setting) -> "Caller":
        """The one for an account or a way."""
        return self._callers.setdefault(setting.id, Caller(self, setting))

    async def close(self) -> None:
        """When nobody calls any more."""
        if self._session is not None:
            await self._session.close()

    async def make(self, call: Call) -> Answered:
        """One request, as it is; raises what aiohttp does, TimeoutError and OSError."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE)
            self._session = aiohttp.ClientSession(
                timeout=PATIENCE, connector=connector, cookie_jar=aiohttp.DummyCookieJar()
            )
        async with self._session.request(
            call.method, call.url, data=call.body or None, headers=call.headers, allow_redirects=False
        ) as answer:
            body = b""
            while len(body) < LARGEST and (more := await answer.content.read(LARGEST - len(body))):
                body += more
            return answer.status, body, {name.lower(): value for name, value in answer.headers.items()}


class Caller:
    """What was fetched for one call serves all."""

    def __init__(self, callers: Callers, setting: Setting) -> None:
        self.setting = setting
        self.token: _Token | None = None
        self._callers = callers
        self._fetching = asyncio.Lock()

    async def ask(self, token: Token | None, call: Callable[[str], Call], make: Make | None = None) -> Answered:
        """The answer to a call, which is made once more where its token was taken back before its time.

        Raises NoToken, what `call` raises, and what `Callers.make` does.
        """
        make = make or self._callers.make
        if token is None:
            return await make(call(""))
        known = await self._known(token)
        answer = await make(call(known))
        if not token.refused(*answer[:2]):
            return answer
        return await make(call(await self._known(token, known)))

    async def _known(self, token: Token, refused: str = "") -> str:
        """A token, but not the one that was refused."""
        async with self._fetching:
            known = self.token
            if known is None or known.until <= asyncio.get_running_loop().time() or known.said == refused:
                known = self.token = await self._fetched(token)
        if isinstance(known.said, str):
            return known.said
        raise NoToken(known.said)

    async def _fetched(self, token: Token) -> _Token:
        now = asyncio.get_running_loop().time()
        try:
            status, body, _ = await self._callers.make(token.call(self.setting))
            text, seconds = token.read(status, body)
        except aiohttp.InvalidURL:  # its own words would carry what stands in it
            return _Token(Never("no access token: its address is not one"), now + NO_TOKEN)
        except Unsendable as error:
            return _Token(Never(f"no access token: {error}"), now + NO_TOKEN)
        except ValueError as error:
            return _Token(Later(f"no access token: {error}", NO_TOKEN), now + NO_TOKEN)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            until = asyncio.get_running_loop().time() + IN_LINE
            return _Token(Later(f"no access token: {type(error).__name__}"), until)
        return _Token(text, now + max(seconds - FRESH, 1.0))
