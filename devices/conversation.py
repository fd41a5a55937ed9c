"""A conversation with a printer: is it ready, here is a ticket, is it on paper? Only what it says counts."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from devices import escpos
from devices.cable import Cable
from edge.views import DeviceState


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
class Owed:
    """Answers that a printer still owes from one conversation to the next: a late one confirms no later ticket."""

    answers: int = 0  # the most that may still come; some may be lost


class Unready(Exception):
    """The printer cannot take a ticket: not one byte of it has left."""

    def __init__(self, state: DeviceState, reason: str) -> None:
        super().__init__(reason)
        self.state = state
        self.reason = reason


class Conversation:
    """What is said over one cable."""

    def __init__(self, cable: Cable, patience: Patience, owed: Owed, *, ask: bool = True) -> None:
        self._cable = cable
        self._ask = ask and cable.hears
        self._patience = patience
        self._owed = owed
        self._unasked = 0  # bytes of an automatic status that are still to come
        self.answers = self._ask  # until it stays silent

    async def check(self) -> None:
        """Ask for the printer's status; raises Unready where it cannot print. A mute printer may be able to."""
        if not self.answers:
            return
        try:
            await self._cable.send(escpos.ASK_STATUS, stall=self._patience.status)
            status = await self._answer("status", self._patience.status)
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
        if not self.answers or not self._owed.answers:
            return
        try:
            for _ in range(self._owed.answers + 1):
                self._owed.answers += 1
                await self._cable.send(escpos.ASK_PRINTED, stall=self._patience.status)
                if await self._answer("printed", self._patience.status) is None:
                    return  # it may be at work on an earlier ticket: what it owes stays counted
            while self._owed.answers and await self._answer("printed", self._patience.status) is not None:
                pass
        except OSError as error:
            raise Unready("missing", "the printer hung up") from error
        self._owed.answers = 0

    async def bring(self, ticket: bytes) -> Outcome:
        """Send a ticket whole and wait for its confirmation; raises Unready where not one byte left."""
        before = self._cable.sent
        try:
            await self._cable.send(ticket, stall=self._patience.stall)
        except OSError as error:
            if self._cable.sent == before:
                raise Unready("missing", "the connection broke") from error
            return Outcome("unconfirmed", "the connection broke while the ticket was being sent")
        for byte in self._cable.heard():
            self._sort(byte)  # said before the ticket was out: no confirmation
        self._owed.answers += 1
        if not self._ask:
            return Outcome("unconfirmed", "sent, unconfirmed")
        slow = self._patience.paper + self._patience.byte * len(ticket)
        try:
            answer = await self._answer("printed", slow if self.answers else self._patience.status, last=True)
        except OSError:
            return Outcome("unconfirmed", "the printer hung up before it confirmed")
        if answer is not None:
            return Outcome("unconfirmed", "the paper is out") if escpos.ran_out(answer) else Outcome("printed")
        try:
            await self.check()
        except Unready as unready:
            return Outcome("unconfirmed", unready.reason)
        return Outcome("unconfirmed", "sent, unconfirmed")

    async def _answer(self, kind: escpos.Answer, within: float, *, last: bool = False) -> int | None:
        """The next answer of a kind, or the last one owed; anything else is passed over. None where it stays silent."""
        try:
            async with asyncio.timeout(within):
                while True:
                    byte = await self._cable.hear()
                    if self._sort(byte) == kind and not (last and self._owed.answers):
                        return byte
        except TimeoutError:
            return None

    def _sort(self, byte: int) -> escpos.Answer | None:
        if self._unasked:
            self._unasked -= 1
            return None
        if escpos.opens_automatic_status(byte):
            self._unasked = escpos.AUTOMATIC_STATUS - 1
        kind = escpos.answers(byte)
        if kind == "printed" and self._owed.answers:
            self._owed.answers -= 1
        return kind
