"""The feed's client: keeps a copy of the hub's board, says whether it is live, and carries presses to the hub."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from typing import Any, TypeVar
from uuid import uuid4

import aiohttp
import msgspec

from edge.asking import RescheduleBody
from edge.clock import Clock, SystemClock
from edge.info import StoreInfo
from edge.intents import Asked, Refused
from edge.views import BoardView, Change, FeedMessage, Tick, merge

A = TypeVar("A")

SILENCE = 2.2  # seconds without a tick after which the board is not live: the hub ticks every second
PAUSES = (0.2, 0.5, 1.0, 2.0)  # between attempts to connect; the last again and again
PATIENCE = 4  # silences in a row after which the connection is made anew
ANSWER = 3.0  # seconds a press may take
OK = 200


class Link(Enum):
    """The life of the connection to the hub; only in `LIVE` is the board true."""

    CONNECTING = "connecting"  # not one word from the hub yet
    LIVE = "live"
    SILENT = "silent"  # the socket stands, the ticks are missing
    CUT = "cut"  # no socket; tried again and again
    REFUSED = "refused"  # the hub answers, and not with a feed


class Unanswered(Exception):
    """A press was sent and nobody knows whether it had an effect."""


class FeedClient:
    """One connection to one hub; `board` is what the hub last said, and true only while `link` is LIVE."""

    def __init__(
        self,
        hub: str,
        token: str = "",
        *,
        clock: Clock | None = None,
        silence: float = SILENCE,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self.clock = clock or SystemClock()
        self.link = Link.CONNECTING
        self.reason = ""  # why there is no feed, in the words of the machine
        self.board: BoardView | None = None
        self.info: StoreInfo | None = None
        self.heard = self.clock.monotonic()  # when the hub last said something
        self._hub = hub.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._silence = silence
        self._pauses = pauses
        self._decoder = msgspec.json.Decoder(FeedMessage)
        self._session: aiohttp.ClientSession | None = None
        self._in_step = False  # whether the hub can tell us what came after our board

    async def follow(self, told: Callable[[], None]) -> None:
        """Keep the board until cancelled; `told` is called after a change of link, reason, or what a board shows."""
        failures = 0
        async with aiohttp.ClientSession(headers=self._headers) as self._session:
            while True:
                heard = self.heard
                self.link, self.reason = await self._listen(self._session, told)
                told()
                failures = 0 if self.heard != heard else failures + 1
                await asyncio.sleep(self._pauses[min(failures, len(self._pauses) - 1)])

    @property
    def live(self) -> bool:
        """Whether the board is true at this moment."""
        return self.link is Link.LIVE

    async def press(self, intent: Asked | RescheduleBody, by: str) -> None:
        """Ask something of the hub; raises `Refused` with its reason, or `Unanswered`."""
        await self._ask(msgspec.to_builtins(intent) | {"by": by, "id": str(uuid4())})

    async def place(self, data: dict[str, Any], by: str) -> None:
        """Enter an order made by hand; given twice it has one effect, as its own id is the asking's too."""
        await self._ask({"type": "place", "id": data["id"], "by": by, "data": data})

    async def _ask(self, body: dict[str, Any]) -> None:
        if not self.live or self._session is None:
            raise Refused("cut off from the hub")
        patience = aiohttp.ClientTimeout(ANSWER)
        try:
            async with self._session.post(f"{self._hub}/api/intents", json=body, timeout=patience) as answer:
                if answer.status != OK:
                    raise Refused(_reason(await answer.read()) or f"{answer.status} {answer.reason}")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unanswered from error

    async def look_up(self, path: str, answer: type[A], **query: str) -> A:
        """Ask the hub a question; raises `Refused` with its reason, or `Unanswered`."""
        if not self.live or self._session is None:
            raise Refused("cut off from the hub")
        return await self._get(self._session, path, answer, query)

    async def _get(self, session: aiohttp.ClientSession, path: str, answer: type[A], query: dict[str, str]) -> A:
        patience = aiohttp.ClientTimeout(ANSWER)
        try:
            async with session.get(f"{self._hub}{path}", params=query, timeout=patience) as response:
                body = await response.read()
                if response.status != OK:
                    raise Refused(_reason(body) or f"{response.status} {response.reason}")
                return msgspec.json.decode(body, type=answer)
        except (aiohttp.ClientError, OSError, TimeoutError, msgspec.DecodeError) as error:
            raise Unanswered from error

    async def _listen(self, session: aiohttp.ClientSession, told: Callable[[], None]) -> tuple[Link, str]:
        """Hold one connection for as long as it is of use; how and why it ended."""
        known = (
            {"after": str(self.board.sequence), "journal": self.board.journal} if self.board and self._in_step else {}
        )
        try:
            async with (
                asyncio.timeout(self._silence) as opening,
                session.ws_connect(
                    f"{self._hub}/feed",
                    params=known,
                    max_msg_size=0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=self._silence),
                ) as socket,
            ):
                with suppress(Refused, Unanswered):  # a board is worth more than the names around it
                    self.info = await self._get(session, "/api/store", StoreInfo, {})
                opening.reschedule(None)
                silences = 0
                while silences < PATIENCE:
                    try:
                        message = await socket.receive(timeout=self._silence)
                    except TimeoutError:
                        silences += 1
                        self.link = Link.SILENT
                        told()
                        continue
                    if message.type is not aiohttp.WSMsgType.TEXT:
                        return Link.CUT, "closed"
                    silences = 0
                    news = self._decoder.decode(message.data)
                    seen = not (
                        self.live and self.board and isinstance(news, Change) and not news.is_seen_on(self.board)
                    )
                    self._in_step = self._take(news)
                    if not self._in_step:
                        return Link.CUT, "out of step"
                    if seen:
                        told()
                    await asyncio.sleep(0)  # where many messages wait, others come between them
        except aiohttp.WSServerHandshakeError as refusal:
            return Link.REFUSED, f"{refusal.status} {refusal.message}"
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            return Link.CUT, str(error) or type(error).__name__
        except msgspec.DecodeError as error:
            return Link.REFUSED, f"not a feed that this display knows: {error}"
        return Link.CUT, "silent"

    def _take(self, message: FeedMessage) -> bool:
        """Bring the board up to a message; false where board and hub are out of step."""
        match message, self.board:
            case Tick(), BoardView() as board:
                if message.sequence != board.sequence:
                    return False
                self.board = msgspec.structs.replace(board, now=message.now, status=message.status)
            case Change(), BoardView() as board:
                self.board = merge(board, message)
            case BoardView(), _:
                self.board = message
            case _:
                return False
        self.link, self.reason, self.heard = Link.LIVE, "", self.clock.monotonic()
        return True


def _reason(body: bytes) -> str:
    try:
        return str(msgspec.json.decode(body, type=dict[str, object]).get("reason", ""))
    except msgspec.DecodeError:
        return ""
