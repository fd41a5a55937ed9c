"""The door of the gateway: who says nothing whole does not stay, and what anybody can cause is logged once a minute."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import HttpVersion11, StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpProcessingError

PATIENCE = 30.0  # seconds in which a connection has to bring the headers of its first request, and to take an answer
IDLE = 75.0  # seconds for which it then is kept between two; proxies keep theirs for 60
SILENT = 256  # connections that have brought nothing yet; of more, the oldest go at once
MOST = 2048  # connections that have brought something; of more, those go that have been idle longest
HEADERS, HEADER = 64, 2048  # how many, and bytes of one: what one connection can have us keep of a request without end
TICK = 1.0
SELDOM = 60.0  # seconds between two lines about the same

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Seldom:
    """Counts what anybody can cause as often as they like."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[float, int]] = {}  # when it was said last, and how often it was since then

    def count(self, about: str, now: float) -> int:
        """How often it was since it was said last; 0: not to be said now."""
        last, times = self._said.get(about, (now - SELDOM, 0))
        due = now - last >= SELDOM
        self._said[about] = (now, 0) if due else (last, times + 1)
        return times + 1 if due else 0


class _Calm(logging.Filter):
    """What a server says of requests that are no HTTP; a traceback is for our own mistakes."""

    def __init__(self) -> None:
        super().__init__()
        self._seldom = Seldom()

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        times = self._seldom.count(type(error).__name__, record.created)
        if isinstance(error, HttpProcessingError | web.RequestPayloadError):
            record.exc_info, record.exc_text, record.levelno, record.levelname = None, None, logging.WARNING, "WARNING"
            record.msg, record.args = "%d requests were no HTTP, the last one: %s", (times, type(error).__name__)
        return bool(times)


log = logging.getLogger(__name__)
log.addFilter(_Calm())


class Doorkeeper:
    """A server of few addresses, each found by its whole path, who watches over its connections.

    A router and middlewares would cost each request a fifth of its time.
    """

    def __init__(self, largest: int) -> None:
        self.addresses: dict[tuple[str, str], Handler] = {}  # by method and path
        self._largest = largest  # bytes of a body
        self._heard: set[asyncio.Protocol] = set()  # connections that have brought the headers of a request
        self._idle: dict[web.RequestHandler, None] = {}  # those that have their answer, the last one last
        self._server: web.Server
        self._runner: web.ServerRunner | None = None
        self._calm = _Calm()

    async def start(self, host: str, port: int) -> None:
        """Listen; raises OSError."""
        logging.getLogger("asyncio").addFilter(self._calm)  # which says of each connection that there are too many
        self._server = web.Server(
            self._answer,
            request_factory=self._hear,
            access_log=None,
            auto_decompress=False,  # it would unpack what nobody has proved, however much that becomes
            lingering_time=1.0,
            keepalive_timeout=IDLE,
            max_headers=HEADERS,
            max_field_size=HEADER,
            logger=log,
        )
        self._runner = web.ServerRunner(self._server, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port, reuse_address=True, backlog=1024).start()

    async def stop(self) -> None:
        """Close everything."""
        logging.getLogger("asyncio").removeFilter(self._calm)
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def listens(self) -> tuple[str, int]:
        """Where it listens, with the port it was given for port 0."""
        assert self._runner is not None
        host, port = self._runner.addresses[0][:2]
        return str(host), int(port)

    def _hear(
        self,
        message: Any,
        body: StreamReader,
        connection: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        self._heard.add(connection)
        self._idle.pop(connection, None)
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, body, connection, writer, task, loop, client_max_size=self._largest)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        handler = self.addresses.get((request.method, request.rel_url.raw_path))
        try:
            if handler is None:
                return web.json_response({"reason": "there is nothing at this address"}, status=404)
            if not request.content.is_eof() and _asks_to_go_on(request):
                with suppress(ConnectionError):  # who has gone by now sends no body, either
                    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                request.writer.output_size = 0
            return await handler(request)
        finally:
            self._idle[request.protocol] = None

    async def watch(self) -> None:
        """Close what is silent, what takes no answer, and what is too many, for ever."""
        since: dict[web.RequestHandler, float] = {}
        stuck: dict[asyncio.Transport, float] = {}  # the server keeps what they ask meanwhile
        while True:
            await asyncio.sleep(TICK)
            now = asyncio.get_running_loop().time()
            there = self._server.connections
            self._heard.intersection_update(there)
            self._idle = {one: None for one in self._idle if one in self._heard}
            since = {one: since.get(one, now) for one in there if one not in self._heard}
            for number, (one, at) in enumerate(since.items(), SILENT - len(since)):
                if number < 0 or now - at >= PATIENCE:
                    one.force_close()
            full = [one.transport for one in there if one.transport and one.transport.get_write_buffer_size()]
            stuck = {one: stuck.get(one, now) for one in full}
            for transport, at in stuck.items():
                if now - at >= PATIENCE:
                    transport.abort()  # a goodbye would wait behind what it does not take
            for one in tuple(self._idle)[: max(0, len(self._heard) - MOST)]:
                one.force_close()


def _asks_to_go_on(request: web.BaseRequest) -> bool:
    """Whether a client waits for our word before it sends the body."""
    return request.version >= HttpVersion11 and request.headers.get("Expect", "").lower() == "100-continue"
