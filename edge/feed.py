"""The feed: the hub's local API over HTTP and WebSocket (CONTRACT.md section 4)."""

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec
from aiohttp import ClientError, WSCloseCode, WSMsgType, web
from aiohttp.http_exceptions import HttpProcessingError

from edge import finding
from edge.asking import Unasked, read_body
from edge.board import Board
from edge.cards import show_board, show_change, show_since, show_status
from edge.facts import DeadLetterKept, Happened
from edge.guard import Guard
from edge.hub import Commit, NotCommitted
from edge.info import Gap, Letter, Letters, StoreInfo
from edge.intents import Refused
from edge.journal import JournalUnusable, Question, Row
from edge.metrics import Metrics
from edge.orders import Order, OrderId
from edge.store import StoreHub
from edge.text import plain
from edge.views import BoardView, Snapshot, Status, Tick, instant
from edge.words import Say

log = logging.getLogger(__name__)

TICK = 1.0
GOODBYE = 1.0  # seconds for the screens to take leave
QUEUE = 200  # messages a screen may lag behind before it gets a snapshot instead
CLOSED_KEPT = 2_000  # closed orders remembered, so that a screen that was away can continue
LARGEST_BODY = 512 * 1024
LONGEST_SEQUENCE = 18  # digits
FOUND = 100  # orders one search answers, or letters
READABLE = 2_000  # characters of a letter that people look at

# What aiohttp refuses by itself.
_WORDS = {
    404: "there is nothing at this address",
    405: "not with this method",
    413: f"at most {LARGEST_BODY // 1024} KiB are read",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
encode = msgspec.json.Encoder(decimal_format="number").encode


class Feed:
    """One server; screens, installers and other programs are its clients."""

    def __init__(
        self, hub: StoreHub, listen: tuple[str, int], token: str = "", say: Say = str, info: StoreInfo | None = None
    ) -> None:
        self.hub = hub
        self._info = info or StoreInfo("", "", "en")
        self._listen = listen
        self.guard = Guard(listen, token)
        self._say = say
        self._clients: set[_Client] = set()
        self._closed: deque[tuple[int, OrderId]] = deque(maxlen=CLOSED_KEPT)
        self._since = 0  # what was closed before this sequence is forgotten
        self._metrics = Metrics(hub)
        self._runner: web.AppRunner | None = None
        self._ticking: asyncio.Task[None] | None = None
        self.app = web.Application(middlewares=[self._answer], client_max_size=LARGEST_BODY)
        self.app.router.add_get("/healthz", self._health)
        self.app.router.add_get("/metrics", self._show_metrics)
        self.app.router.add_get("/api/board", self._board)
        self.app.router.add_get("/api/store", self._store)
        self.app.router.add_get("/api/orders", self._find)
        self.app.router.add_get("/api/orders/{id:[^/]+}", self._order)
        self.app.router.add_get("/api/letters", self._letters)
        self.app.router.add_post("/api/intents", self._intent)
        self.app.router.add_get("/feed", self._feed)

    # --- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen; raises OSError where the address is taken. The hub has started before."""
        self._since = self.hub.board.counters.seq + 1  # who knew the store before its start may know other stations
        self.hub.follow(self._after)
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        host, port = self._listen
        await web.TCPSite(self._runner, host, port, reuse_address=True).start()
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Close every connection."""
        if self._ticking is not None:
            self._ticking.cancel()
        closing = [
            asyncio.ensure_future(client.socket.close(code=WSCloseCode.GOING_AWAY, message=b"the hub stops"))
            for client in self._clients
        ]
        if closing:  # a frozen screen must not hold up the hub's own goodbye
            await asyncio.wait(closing, timeout=GOODBYE)
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, with the port it was given for port 0."""
        assert self._runner is not None
        host, port = self._runner.addresses[0][:2]
        return str(host), int(port)

    # --- who may ask ------------------------------------------------------------------------------------------------

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nobody else's request is answered, and every answer is one line that a person can read."""
        refusal = self.guard.refusal(request)
        if refusal is not None:
            return _reason(*refusal)
        try:
            return await handler(request)
        except (NotCommitted, JournalUnusable, sqlite3.Error) as trouble:
            return _reason(503, str(trouble))
        except web.HTTPException as answer:
            answer.body = encode({"reason": _WORDS.get(answer.status, answer.reason)})
            answer.content_type = "application/json"
            raise

    # --- questions --------------------------------------------------------------------------------------------------

    def _status(self) -> Status:
        return show_status(self.hub.board, self.hub.vitals, self.hub.trouble, self.hub.clock.doubted)

    def _view(self) -> BoardView:
        return show_board(self.hub.board, self.hub.journal.id, self.hub.clock.now(), self._status())

    async def _health(self, _request: web.Request) -> web.Response:
        if self.hub.trouble:
            return _reason(503, self.hub.trouble)
        return _json({"status": "ok", "sequence": self.hub.board.counters.seq})

    async def _show_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._metrics.text(), headers={"Content-Type": self._metrics.content_type})

    async def _board(self, _request: web.Request) -> web.Response:
        return _json(self._view())

    async def _store(self, _request: web.Request) -> web.Response:
        return _json(self._info)

    async def _order(self, request: web.Request) -> web.Response:
        order_id = OrderId(request.match_info["id"])
        order = self.hub.board.orders.get(order_id)
        if order is None:
            found = await self.hub.journal.look_up(Question([], [order_id], "closed", Order))
            order = found.rows.get(order_id)
        if order is None:
            return _reason(404, "there is no such order")
        history = await self.hub.journal.facts(subject=order.number)
        facts = [
            {"sequence": row.seq, "at": instant(row.at), "by": row.by, "fact": row.kind}
            | _without_order(msgspec.json.decode(row.body))
            for row in history
        ]
        return _json({**self._show(order), "history": facts})

    async def _letters(self, _request: web.Request) -> web.Response:
        """What could not be understood, newest first, and the numbers that are missing."""
        journal = self.hub.journal
        newest = sorted(await journal.letters(), reverse=True)[:FOUND]
        rows = [row for seq in newest if (row := await journal.fact(seq)) is not None]
        gaps = [Gap(gap.first, gap.last) for gap in self.hub.board.counters.heard.gaps]
        return _json(Letters(tuple(map(_letter, rows)), tuple(gaps)))

    async def _find(self, request: web.Request) -> web.Response:
        wanted = request.query.get("find", "").strip().casefold()
        if not wanted:
            return _reason(400, "expected ?find= with a display id, a name or the phone's last four digits")
        found = [order for order in self.hub.board.orders.values() if finding.fits(order, wanted)]
        found.sort(key=lambda order: (order.display_id.casefold() != wanted, order.number))

        def look(connection: sqlite3.Connection) -> tuple[list[Order], dict[OrderId, tuple[str, float]]]:
            every = (found + finding.closed(connection, wanted, FOUND))[:FOUND]
            return every, finding.became(connection, every)

        orders, became = await self.hub.journal.run(look)
        return _json({"orders": [self._show(order) | _became(became.get(order.id)) for order in orders]})

    def _show(self, order: Order) -> dict[str, Any]:
        shown: dict[str, Any] = msgspec.to_builtins(order, builtin_types=(Decimal,))
        for inner in ("number", "graced", "jobs", "stamp", "slots", "replyTo"):
            shown.pop(inner, None)
        times = {name: getattr(order, name) for name in ("created", "arrived", "due", "release", "closes")}
        shown |= {name: instant(at) for name, at in times.items() if at}
        shown["order"], shown["state"] = shown.pop("id"), order.state
        shown["phone"] = self.hub.board.layout.phone.of(order.phone)
        shown["marks"] = [{"station": mark.station, "word": mark.word} for mark in order.marks]
        shown["slots"] = order.slots
        lines = (*shown.get("items", ()), *shown.get("removed", ()))
        for item, line in zip((*order.items, *order.removed), lines, strict=True):
            line.pop("moves", None)
            line |= {
                "id": item.origin,
                "since": instant(item.since),
                "stage": item.stage,
                "moment": item.moment,
                "made": item.made,
            }
        return shown

    async def _intent(self, request: web.Request) -> web.Response:
        try:
            envelope, intent = read_body(await request.read())
        except (Unasked, HttpProcessingError, ClientError) as error:
            return _reason(400, str(error))
        key = None if envelope.id is None else f"api\n{envelope.id}"
        try:
            sequence = await self.hub.submit(intent, by=envelope.by or "api", key=key)
        except Refused as refused:
            return _reason(409, refused.said(self._say))
        return _json({"sequence": sequence})

    # --- the feed ---------------------------------------------------------------------------------------------------

    async def _feed(self, request: web.Request) -> web.StreamResponse:
        socket_ = web.WebSocketResponse(heartbeat=20.0, max_msg_size=4096)
        await socket_.prepare(request)
        client = _Client(socket_)
        client.put(self._first(request))
        self._clients.add(client)
        sender = asyncio.create_task(client.send())
        try:
            async for message in socket_:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            self._clients.discard(client)
            sender.cancel()
        return socket_

    def _first(self, request: web.Request) -> bytes:
        """What a new client needs: the changes after its sequence, or the board anew where they are not known."""
        board = self.hub.board
        after = request.query.get("after", "")
        same = request.query.get("journal", self.hub.journal.id) == self.hub.journal.id
        known = int(after) if after.isdecimal() and len(after) <= LONGEST_SEQUENCE else -1
        if not same or not self._since <= known <= board.counters.seq:
            return self._snapshot()
        closed = (order_id for seq, order_id in self._closed if seq > known)
        return encode(show_since(board, known, self.hub.clock.now(), closed))

    def _snapshot(self) -> bytes:
        return encode(Snapshot(*msgspec.structs.astuple(self._view())))

    def _after(self, commit: Commit[Board, Happened]) -> None:
        """A commit: remember what closed, and tell every client what changed."""
        for order_id, order in commit.draft.orders.changes.items():
            if order is None:
                if len(self._closed) == CLOSED_KEPT:
                    self._since = self._closed[0][0]
                self._closed.append((commit.seq, order_id))
        if self._clients:
            self._tell(encode(show_change(self.hub.board, commit.draft, self.hub.clock.now())))

    def _tell(self, message: bytes) -> None:
        for client in self._clients:
            if not client.put(message):
                client.start_over(self._snapshot())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            try:
                now = instant(self.hub.clock.now())
                self._tell(encode(Tick(now=now, sequence=self.hub.board.counters.seq, status=self._status())))
            except Exception:  # a tick that fails is missed; screens say that they are cut off if all of them do
                log.exception("a tick failed")


class _Client:
    """One screen: a slow one lags behind alone."""

    def __init__(self, socket_: web.WebSocketResponse) -> None:
        self.socket = socket_
        self._waiting: deque[bytes] = deque()
        self._some = asyncio.Event()

    def put(self, message: bytes) -> bool:
        """Queue a message; false where the client is too far behind."""
        self._waiting.append(message)
        self._some.set()
        return len(self._waiting) <= QUEUE

    def start_over(self, snapshot: bytes) -> None:
        """Forget what was not sent yet: the snapshot says it all."""
        self._waiting.clear()
        self.put(snapshot)

    async def send(self) -> None:
        """Send what waits, until the connection ends."""
        while True:
            await self._some.wait()
            self._some.clear()
            while self._waiting:
                try:
                    await self.socket.send_str(self._waiting.popleft().decode())
                except ConnectionError:
                    return


def _letter(row: Row) -> Letter:
    kept = msgspec.json.decode(row.body, type=DeadLetterKept)
    text = plain(kept.payload[:READABLE].decode("utf-8", "replace"), READABLE)
    return Letter(row.seq, instant(row.at), kept.topic, kept.reason, kept.size, text)


def _without_order(body: dict[str, Any]) -> dict[str, Any]:
    body.pop("order", None)
    body.pop("type", None)
    return body


def _became(last: tuple[str, float] | None) -> dict[str, Any]:
    return {} if last is None else {"last": last[0], "at": instant(last[1])}


def _json(body: Any, status: int = 200) -> web.Response:
    return web.Response(body=encode(body), status=status, content_type="application/json")


def _reason(status: int, reason: str) -> web.Response:
    return _json({"reason": reason}, status)
