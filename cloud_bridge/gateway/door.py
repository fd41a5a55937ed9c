"""The door's keeper: whoever says nothing whole does not stay, and what anybody can cause is logged once a minute."""

import asyncio
import logging
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

PATIENCE = 30.0  # seconds in which a connection has to bring the headers of its first request
IDLE = 75.0  # seconds for which it then is kept between two; proxies keep theirs for 60
SILENT = 256  # connections that have brought nothing yet; of more, the oldest go at once
TICK = 1.0
SELDOM = 60.0  # seconds between two lines about the same


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
    """Watches the connections of a server; to be made before there are any."""

    def __init__(self, server: web.Server) -> None:
        self._server, self._heard = server, set[object]()
        make = server.request_factory

        def hear(*request: Any) -> web.BaseRequest:
            self._heard.add(request[2])  # its connection
            return make(*request)

        server.request_factory = hear  # a middleware would cost each request a tenth of its time

    async def watch(self) -> None:
        """Close what is silent, for ever."""
        since: dict[web.RequestHandler, float] = {}
        while True:
            await asyncio.sleep(TICK)
            now = asyncio.get_running_loop().time()
            there = self._server.connections
            self._heard.intersection_update(there)
            since = {one: since.get(one, now) for one in there if one not in self._heard}
            for number, (one, at) in enumerate(since.items(), SILENT - len(since)):
                if number < 0 or now - at >= PATIENCE:
                    one.force_close()
