"""Screens: clients of a real feed over real HTTP and WebSocket, as anybody could write one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
from aiohttp import ClientSession, ClientWebSocketResponse

from edge.feed import Feed
from edge.info import StoreInfo
from edge.store import StoreHub
from edge.views import BoardView, Change, FeedMessage, Snapshot, Tick, merge
from tests.cloud import PATIENCE
from tests.unit.edge.disks import a_hub


class Client:
    """Asks a store's local API."""

    def __init__(self, hub: StoreHub, feed: Feed) -> None:
        self.hub = hub
        self.feed = feed
        host, port = feed.address
        self.url = f"http://{host}:{port}"
        self._session = ClientSession()

    async def close(self) -> None:
        """Hang up."""
        await self._session.close()

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Status and JSON."""
        async with self._session.get(self.url + path, headers=headers) as response:
            return response.status, msgspec.json.decode(await response.read() or b"null")

    async def text(self, path: str) -> str:
        """The body as text."""
        async with self._session.get(self.url + path) as response:
            return await response.text()

    async def post(self, body: Any, **headers: str) -> tuple[int, Any]:
        """Status and JSON of an intent, given as JSON or as raw bytes."""
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"} | headers
        async with self._session.post(self.url + "/api/intents", data=raw, headers=headers) as response:
            return response.status, msgspec.json.decode(await response.read())

    async def ask(self, kind: str, **fields: Any) -> tuple[int, str]:
        """Status of an intent, and the reason where there is one."""
        status, answer = await self.post({"type": kind, **fields})
        return status, answer.get("reason", "")

    async def board(self) -> BoardView:
        """The board as it says now."""
        async with self._session.get(self.url + "/api/board") as response:
            return msgspec.json.decode(await response.read(), type=BoardView)

    def screen(self, query: str = "", **headers: str) -> "Screen":
        """A screen that watches the feed."""
        return Screen(self._session, f"{self.url}/feed{query}", headers)


class Screen:
    """Follows the feed and puts the messages together."""

    def __init__(self, session: ClientSession, url: str, headers: Mapping[str, str]) -> None:
        self._session, self._url, self._headers = session, url, headers
        self._socket: ClientWebSocketResponse | None = None
        self.messages: list[Snapshot | Change | Tick] = []
        self.view: BoardView | None = None

    async def __aenter__(self) -> Self:
        self._socket = await self._session.ws_connect(self._url, headers=self._headers, max_msg_size=0)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        assert self._socket is not None
        await self._socket.close()

    async def read(self) -> Snapshot | Change | Tick:
        """The next message."""
        assert self._socket is not None
        message: Snapshot | Change | Tick = msgspec.json.decode(
            await self._socket.receive_str(timeout=PATIENCE), type=FeedMessage
        )
        self.messages.append(message)
        match message:
            case Snapshot():
                self.view = BoardView(**{name: getattr(message, name) for name in BoardView.__struct_fields__})
            case Change():
                assert self.view is not None
                self.view = merge(self.view, message)
            case Tick():
                pass
        return message

    async def read_to(self, sequence: int) -> BoardView:
        """Read until the board is at a sequence."""
        while self.view is None or self.view.sequence < sequence:
            await self.read()
        return self.view


def still(view: BoardView | None) -> BoardView:
    """A view without what moves by itself."""
    assert view is not None
    return msgspec.structs.replace(view, now=None, status=None)


@asynccontextmanager
async def a_client(
    path: Path, *args: Any, token: str = "", info: StoreInfo | None = None, **rest: Any
) -> AsyncIterator[Client]:
    """A store with its feed, and one who asks it."""
    async with a_hub(path, *args, **rest) as hub:
        feed = Feed(hub, ("127.0.0.1", 0), token, info=info)
        await feed.start()
        client = Client(hub, feed)
        try:
            yield client
        finally:
            await client.close()
            await feed.stop()
