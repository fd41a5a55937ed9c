"""A stand-in for the hub that says exactly what a test lets it say, and falls silent when a test wants it to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from edge.orders import StationId
from edge.views import BoardView, Card, Change, OrderView, Snapshot, StationView, Status, Tick
from tests.unit.display.cards import NOW

CALM = Status("connected", NOW, 0, 0, 0, 0, "ok")


def a_board(*cards: Card, sequence: int = 5, slots: int = 4, **rest: Any) -> BoardView:
    """A board of one station."""
    oven = StationView(StationId("oven"), "Oven", 1, slots, cards)
    parts: dict[str, Any] = {"held": (), "ready": (), "lapsed": (), "status": CALM, "stations": (oven,)}
    return BoardView(journal="j1", sequence=sequence, now=NOW, **parts | rest)


def a_change(card: Card, sequence: int) -> Change:
    """A card that is new, or different now."""
    return Change(sequence, NOW, (OrderView(card.order, card.state, {StationId("oven"): card}),), {})


def a_tick(sequence: int = 5, status: Status = CALM) -> Tick:
    """A second passes."""
    return Tick(NOW, sequence, status)


class StandIn:
    """Every connection gets the board; after that it is silent until it is told to say something."""

    def __init__(self, board: BoardView) -> None:
        self.board = board
        self.url = ""
        self.asked: list[dict[str, str]] = []  # how displays connected
        self.pressed: list[dict[str, Any]] = []
        self.answer: tuple[int, dict[str, Any]] | None = (200, {"sequence": 6})  # none: no answer at all
        self.answers: dict[str, object] = {}  # to what displays look up, by path
        self.questions: list[str] = []
        self.refuse: int | None = None
        self.greet = True
        self.connected = asyncio.Event()
        self._sockets: set[web.WebSocketResponse] = set()

    async def say(self, message: object) -> None:
        """Tell every display."""
        for socket in self._sockets:
            await socket.send_str(msgspec.json.encode(message).decode())

    async def hang_up(self) -> None:
        """Close every connection."""
        self.connected.clear()
        for socket in list(self._sockets):
            await socket.close()

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        if self.refuse:
            return web.Response(status=self.refuse)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.asked.append({**request.query, "token": request.headers.get("Authorization", "")})
        self._sockets.add(socket)
        if self.greet:
            fields = {name: getattr(self.board, name) for name in BoardView.__struct_fields__}
            await socket.send_str(msgspec.json.encode(Snapshot(**fields)).decode())
        self.connected.set()
        async for _ in socket:
            pass
        self._sockets.discard(socket)
        return socket

    async def _question(self, request: web.Request) -> web.StreamResponse:
        self.questions.append(request.path)
        if request.path not in self.answers:
            return web.json_response({"reason": "no such thing"}, status=404)
        return web.Response(body=msgspec.json.encode(self.answers[request.path]), content_type="application/json")

    async def _intents(self, request: web.Request) -> web.StreamResponse:
        self.pressed.append(await request.json())
        if self.answer is None:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        return web.json_response(self.answer[1], status=self.answer[0])


@asynccontextmanager
async def standing_in(board: BoardView) -> AsyncIterator[StandIn]:
    """A stand-in on a free port."""
    hub = StandIn(board)
    app = web.Application()
    app.router.add_get("/feed", hub._feed)
    app.router.add_post("/api/intents", hub._intents)
    app.router.add_get("/api/{what:.*}", hub._question)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hub.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield hub
    finally:
        await runner.cleanup()
