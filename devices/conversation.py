"""A conversation with a printer: is it ready, here is a ticket, is it on paper? Only what it says counts."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from devices import escpos
from devices.cable import Cable, plug_in
from devices.settings import PrinterSettings, parse_connection
from edge.views import DeviceState
from edge.worker import Worker

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """How long a printer is waited for, in seconds."""

    connect: float = 5.0
    status: float = 1.5  # for an answer that is due at once: what a mute printer costs
    stall: float = 60.0  # while it takes no byte
    paper: float = 60.0  # until a ticket is confirmed: somebody may be changing the roll
    byte: float = 1 / 500  # more for each byte, as some are slow
    linger: float = 2.0  # until it hangs up after us
    first_retry: float = 1.0
    last_retry: float = 15.0
    idle: float = 60.0  # between two looks at a printer that has nothing to do


@dataclass(frozen=True)
class Outcome:
    """How a ticket got on."""

    state: Literal["printed", "unconfirmed"]
    reason: str = ""


@dataclass
class Memory:
    """What is remembered of a printer from one conversation to the next."""

    owed: int = 0  # answers that may still come, at most: a late one confirms no later ticket
    torn: int = 0  # bytes of the ticket before, where it broke off: some of it may still stand in the printer's buffer
    confirms: bool = False  # whether it confirmed its last ticket: some do who answer no question of status
    names: bool | None = None  # whether it answers by name what was printed: none until it was asked


class Unready(Exception):
    """The printer cannot take a ticket: not one byte of it has left."""

    def __init__(self, state: DeviceState, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


class Conversation:
    """What is said over one cable."""

    def __init__(self, cable: Cable, patience: Patience, memory: Memory, *, ask: bool = True) -> None:
        self._cable = cable
        self._ask = ask and cable.hears
        self._patience = patience
        self._memory = memory
        self._unasked = 0  # bytes of an automatic status that are still to come
        self._block = b""  # what has come of an answer of several bytes
        self._named = b""  # the answer that names the ticket at hand
        self._said = b""  # the last few bytes
        self.answers = self._ask  # until it stays silent

    @property
    def confirms(self) -> bool:
        """Whether it can be expected to say that a ticket is on paper."""
        return self.answers or (self._ask and self._memory.confirms)

    async def check(self) -> None:
        """Ask for the printer's status; raises Unready where it cannot print. A mute printer may be able to."""
        if not self.answers:
            return
        try:
            await self._cable.send(escpos.ASK_STATUS, stall=self._patience.status)
            status = await self._answer(self._patience.status, "status")
        except OSError as error:
            raise Unready("missing", "the printer hung up") from error
        if status is None:
            self.answers = False
        elif trouble := escpos.trouble(status):
            raise Unready("fault", trouble)

    async def settle(self) -> None:
        """Hear out what the printer owes for earlier tickets; raises Unready where it cannot be asked.

        Answers look alike, but come in the order of their questions. So it is asked once more than it owes: of that
        many answers the last is to a question of now. Nothing is printed between these: the rest come at once or never.
        """
        if not self.answers or not self._memory.owed or self._memory.names:
            return
        try:
            for _ in range(self._memory.owed + 1):
                self._memory.owed += 1
                await self._cable.send(escpos.ASK_PRINTED, stall=self._patience.status)
                if await self._answer(self._patience.status, "printed") is None:
                    return  # it may be at work on an earlier ticket: what it owes stays counted
            while self._memory.owed and await self._answer(self._patience.status, "printed") is not None:
                pass
        except OSError as error:
            raise Unready("missing", "the printer hung up") from error
        self._memory.owed = 0

    async def bring(self, ticket: bytes, name: str) -> Outcome:
        """Send a ticket whole and wait for its confirmation; raises Unready where not one byte left.

        `name` is four digits that no other ticket on its way has. A printer that answers by name is believed only then;
        of one that nobody knows yet it is found out with its first ticket, if it has answered anything: a mute one may
        take the question for letters.
        """
        before = self._cable.sent
        known = self._memory.names
        by_name = escpos.ask_by_name(name) if self._ask and (self.answers if known is None else known) else b""
        self._named = escpos.named(name) if by_name else b""
        mended = escpos.mend(self._memory.torn) if self._memory.torn else b""
        try:
            await self._cable.send(mended + ticket + by_name, stall=self._patience.stall)
        except OSError as error:
            if self._cable.sent == before:
                raise Unready("missing", "the connection broke") from error
            self._memory.owed += 1  # the question may have left
            self._memory.torn = max(len(ticket), self._memory.torn)
            return Outcome("unconfirmed", "the connection broke while the ticket was being sent")
        self._memory.torn = 0
        for byte in self._cable.heard():
            self._sort(byte)  # said before the ticket was out: no confirmation
        self._memory.owed += 1
        if not self._ask:
            return Outcome("unconfirmed", "sent, unconfirmed")
        slow = self._patience.paper + self._patience.byte * len(ticket)
        within, self._memory.confirms = slow if self.confirms else self._patience.status, False
        try:
            outcome = await self._confirmation(within)
        except OSError:
            self._memory.torn = len(ticket)  # perhaps not all of it had arrived
            return Outcome("unconfirmed", "the printer hung up before it confirmed")
        if outcome is not None:
            self._memory.confirms = True
            return outcome
        try:
            await self.check()
        except Unready as unready:
            return Outcome("unconfirmed", unready.reason)
        return Outcome("unconfirmed", "sent, unconfirmed")

    async def _confirmation(self, within: float) -> Outcome | None:
        """What the printer says of the ticket that was just sent; none where it says nothing that counts."""
        memory = self._memory
        if memory.names:
            if await self._answer(within, "named") is not None:
                return Outcome("printed")
            memory.names = None  # it may be another printer by now
            return None
        answer = await self._answer(within, "named", "printed", last=True)
        if answer is not None and memory.names is None and self._named:
            memory.names = False
            with suppress(OSError):
                await self._answer(self._patience.status, "named")
        if answer is None or memory.names or not escpos.ran_out(answer):
            return None if answer is None else Outcome("printed")
        return Outcome("unconfirmed", "the paper is out")

    async def _answer(self, within: float, *kinds: escpos.Answer, last: bool = False) -> int | None:
        """The next answer of these kinds, or the last one owed; all else is passed over. None where it stays silent."""
        try:
            async with asyncio.timeout(within):
                while True:
                    byte = await self._cable.hear()
                    self._said = (self._said + bytes([byte]))[-len(escpos.ASK_STATUS) :]
                    if self._said == escpos.ASK_STATUS:  # what only gives back what it gets says nothing of paper
                        self._ask = False
                        return None
                    kind = self._sort(byte)
                    if kind in kinds and not (last and self._memory.owed):
                        return byte
        except TimeoutError:
            return None

    def _sort(self, byte: int) -> escpos.Answer | None:
        if self._unasked:
            self._unasked -= 1
            return None
        if self._block or byte == escpos.BLOCK:
            return self._piece(byte)
        if escpos.opens_automatic_status(byte):
            self._unasked = escpos.AUTOMATIC_STATUS - 1
        kind = escpos.answers(byte)
        if kind == "printed" and self._memory.owed:
            self._memory.owed -= 1
        return kind

    def _piece(self, byte: int) -> escpos.Answer | None:
        """A byte of an answer of several; nothing in it is an answer of its own."""
        if len(self._block) <= len(self._named):  # longer is not the name, and may have no end: noise
            self._block += bytes([byte])
        if byte != escpos.BLOCK_END:
            return None
        block, self._block = self._block, b""
        if block != self._named:
            return None
        self._memory.names, self._memory.owed = True, 0
        return "named"


@asynccontextmanager
async def talk(
    printer: PrinterSettings, patience: Patience, memory: Memory, worker: Worker
) -> AsyncIterator[Conversation]:
    """Plug in, ask how it is, and unplug in the end; raises Unready where the printer is away or cannot print."""
    try:
        async with asyncio.timeout(patience.connect):
            cable = await plug_in(parse_connection(printer.connection), worker)
    except (OSError, ValueError) as error:  # ValueError: a host name or a path that cannot be one
        log.debug("printer %s: %s", printer.id, error)
        raise Unready("missing", "the printer cannot be reached") from error
    try:
        conversation = Conversation(cable, patience, memory, ask=printer.confirm == "auto")
        await conversation.check()
        yield conversation
    finally:
        await cable.unplug(linger=patience.linger)
