"""What counts as a printer's word that a ticket is on paper, byte for byte."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from devices.cable import Cable
from devices.conversation import Conversation, Memory, Outcome, Unready
from devices.escpos import ASK_PRINTED, ASK_STATUS
from edge.worker import Worker
from tests.cloud import until
from tests.unit.devices.conftest import QUICK

TICKET = b"bread\n" + ASK_PRINTED
READY, ON_PAPER = b"\x12", b"\x00"
UNCONFIRMED = Outcome("unconfirmed", "sent, unconfirmed")


class Head:
    """The printer's end of a cable: counts the questions, and says what it is told to say to each."""

    def __init__(self, worker: Worker) -> None:
        self.line, ours = socket.socketpair()
        ours.setblocking(False)
        self.cable = Cable(ours.fileno(), ours.close, worker)
        self.answers: list[bytes] = []  # to the questions whether something was printed, one after the other
        self.always = b""  # what it says to those after them
        self.mute = False  # about its status
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.line, self._hear)

    def say(self, answer: bytes) -> None:
        self.line.sendall(answer)

    async def said(self, answer: bytes) -> None:
        """Say something that is heard before anything else happens."""
        self.say(answer)
        await until(lambda: self.cable._heard)

    def hang_up(self) -> None:
        if self.line.fileno() >= 0:
            self._loop.remove_reader(self.line)
        self.line.close()

    def _hear(self) -> None:
        data = self.line.recv(4096)
        for _ in range(0 if self.mute else data.count(ASK_STATUS)):
            self.say(READY)
        for _ in range(data.count(ASK_PRINTED)):
            self.say(self.answers.pop(0) if self.answers else self.always)


@pytest.fixture
async def head() -> AsyncIterator[Head]:
    with Worker("printer") as worker:
        head = Head(worker)
        yield head
        head.hang_up()
        await head.cable.unplug(linger=0)


def a_conversation(head: Head, owed: int = 0) -> Conversation:
    return Conversation(head.cable, QUICK, Memory(owed))


async def test_a_ticket_is_printed_once_the_question_after_it_is_answered(head: Head) -> None:
    head.answers = [ON_PAPER]
    assert await a_conversation(head).bring(TICKET, "0042") == Outcome("printed")


async def test_a_status_nobody_asked_for_confirms_no_ticket(head: Head) -> None:
    head.answers = [b"\x10\x00\x00\x00"]  # after the ticket; the last three look like answers
    assert await a_conversation(head).bring(TICKET, "0042") == UNCONFIRMED


async def test_after_a_status_nobody_asked_for_the_answer_still_counts(head: Head) -> None:
    head.answers = [b"\x10\x00\x00\x00" + ON_PAPER]
    assert await a_conversation(head).bring(TICKET, "0042") == Outcome("printed")


async def test_what_was_said_before_the_ticket_was_out_confirms_nothing(head: Head) -> None:
    await head.said(ON_PAPER)
    assert await a_conversation(head).bring(TICKET, "0042") == UNCONFIRMED


async def test_an_answer_that_the_paper_is_out_is_not_called_printed(head: Head) -> None:
    head.answers = [b"\x0c"]
    assert await a_conversation(head).bring(TICKET, "0042") == Outcome("unconfirmed", "the paper is out")


async def test_what_only_gives_back_what_it_gets_confirms_nothing() -> None:
    far, ours = socket.socketpair()
    ours.setblocking(False)
    asyncio.get_running_loop().add_reader(far, lambda: far.sendall(far.recv(4096)))
    with Worker("echo") as worker:
        cable = Cable(ours.fileno(), ours.close, worker)
        talk = Conversation(cable, QUICK, Memory())
        await talk.check()
        assert not talk.answers
        assert await talk.bring(TICKET, "0042") == UNCONFIRMED
        asyncio.get_running_loop().remove_reader(far)
        far.close()
        await cable.unplug(linger=0)


async def test_a_ticket_of_which_not_one_byte_left_is_none(head: Head) -> None:
    head.hang_up()
    with pytest.raises(Unready, match="the connection broke"):
        await a_conversation(head).bring(TICKET, "0042")


# --- answers that come late -------------------------------------------------------------------------------------------


async def test_the_late_answer_to_the_ticket_before_confirms_no_other(head: Head) -> None:
    talk = a_conversation(head)
    assert await talk.bring(TICKET, "0042") == UNCONFIRMED
    head.answers = [ON_PAPER]  # the late one: the second ticket is not on paper yet
    assert await talk.bring(TICKET, "0042") == UNCONFIRMED


async def test_after_a_late_answer_its_own_confirms_the_next_ticket(head: Head) -> None:
    talk = a_conversation(head)
    assert await talk.bring(TICKET, "0042") == UNCONFIRMED
    head.answers = [ON_PAPER * 2]
    assert await talk.bring(TICKET, "0042") == Outcome("printed")


async def test_an_answer_that_comes_between_two_tickets_is_no_longer_owed(head: Head) -> None:
    talk = a_conversation(head)
    assert await talk.bring(TICKET, "0042") == UNCONFIRMED
    await head.said(ON_PAPER)
    head.answers = [ON_PAPER]
    assert await talk.bring(TICKET, "0042") == Outcome("printed")


async def test_only_the_last_answer_tells_about_the_paper(head: Head) -> None:
    head.answers = [b"\x0c" + ON_PAPER]
    assert await a_conversation(head, owed=1).bring(TICKET, "0042") == Outcome("printed")


async def test_answers_that_were_lost_keep_no_later_ticket_from_being_called_printed(head: Head) -> None:
    head.always = ON_PAPER
    talk = a_conversation(head, owed=3)
    await talk.settle()
    assert await talk.bring(TICKET, "0042") == Outcome("printed")


async def test_answers_that_are_only_late_are_heard_out_before_the_next_ticket(head: Head) -> None:
    head.answers = [ON_PAPER * 3]
    head.always = ON_PAPER
    talk = a_conversation(head, owed=2)
    await talk.settle()
    head.always = b""
    assert await talk.bring(TICKET, "0042") == UNCONFIRMED


async def test_a_printer_still_at_work_on_earlier_tickets_keeps_the_next_one_in_doubt(head: Head) -> None:
    head.answers = [ON_PAPER, b""]  # to the first of two; the second is still being printed
    talk = a_conversation(head, owed=2)
    await talk.settle()
    head.answers = [ON_PAPER]
    assert await talk.bring(TICKET, "0042") == UNCONFIRMED


async def test_a_printer_that_owes_nothing_is_not_asked_before_a_ticket(head: Head) -> None:
    await a_conversation(head).settle()
    head.answers = [ON_PAPER]
    assert await a_conversation(head).bring(TICKET, "0042") == Outcome("printed")


async def test_a_printer_that_hangs_up_before_it_has_answered_gets_no_ticket(head: Head) -> None:
    head.hang_up()
    with pytest.raises(Unready, match="the printer hung up"):
        await a_conversation(head, owed=1).settle()


# --- printers that name what they have printed ------------------------------------------------------------------------


def a_name(name: str = "0042") -> bytes:
    return b'7"' + name.encode() + b"\0"


async def test_a_ticket_is_printed_once_the_printer_has_named_it(head: Head) -> None:
    memory = Memory(owed=5)
    head.answers = [a_name()]
    assert await Conversation(head.cable, QUICK, memory).bring(TICKET, "0042") == Outcome("printed")
    assert memory == Memory(owed=0, names=True, confirms=True)


@pytest.mark.parametrize("wrong", [a_name("0041"), a_name("7777"), b'7"0042', b"7!0042\0", b"7\0", b'7"00420\0'])
async def test_the_wrong_name_confirms_nothing_and_neither_does_its_last_byte(head: Head, wrong: bytes) -> None:
    head.answers = [wrong]
    assert await a_conversation(head).bring(TICKET, "0042") == UNCONFIRMED


async def test_an_answer_without_an_end_is_not_kept(head: Head) -> None:
    talk = a_conversation(head)
    head.answers = [b"7" + b"A" * 100_000]
    assert await talk.bring(TICKET, "0042") == UNCONFIRMED
    assert len(talk._block) < 10


async def test_a_printer_that_names_tickets_is_believed_only_then(head: Head) -> None:
    memory = Memory(names=True)
    head.always = ON_PAPER
    assert await Conversation(head.cable, QUICK, memory).bring(TICKET, "0042") == UNCONFIRMED
    assert memory.names is None, "it may be another printer now"


async def test_a_printer_that_named_no_ticket_is_not_asked_for_names_again(head: Head) -> None:
    memory = Memory()
    head.always = ON_PAPER
    talk = Conversation(head.cable, QUICK, memory)
    assert await talk.bring(TICKET, "0042") == Outcome("printed")
    assert memory.names is False
    before = head.cable.sent
    assert await talk.bring(TICKET, "0043") == Outcome("printed")
    assert head.cable.sent - before == len(TICKET)


async def test_a_mute_printer_is_not_asked_for_names_that_it_might_print(head: Head) -> None:
    memory = Memory()
    head.always = ON_PAPER
    talk = Conversation(head.cable, QUICK, memory)
    head.mute = True
    await talk.check()
    before = head.cable.sent
    assert await talk.bring(TICKET, "0042") == Outcome("printed")
    assert head.cable.sent - before == len(TICKET)
    assert memory.names is None, "it may only have been busy"


async def test_a_printer_that_is_known_to_name_tickets_is_asked_though_it_is_silent(head: Head) -> None:
    head.mute, head.answers = True, [a_name()]
    talk = Conversation(head.cable, QUICK, Memory(names=True))
    await talk.check()
    assert await talk.bring(TICKET, "0042") == Outcome("printed")


async def test_a_name_that_comes_after_the_other_answer_is_waited_for_once(head: Head) -> None:
    memory = Memory()
    head.answers = [b"\x0c" + a_name()]  # the paper ended behind this ticket
    assert await Conversation(head.cable, QUICK, memory).bring(TICKET, "0042") == Outcome("printed")
    assert memory.names is True


async def test_a_printer_that_names_tickets_is_not_kept_waiting_by_what_it_owes(head: Head) -> None:
    await Conversation(head.cable, QUICK, Memory(owed=3, names=True)).settle()
    assert head.cable.sent == 0
