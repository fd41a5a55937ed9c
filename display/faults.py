"""Faults: everything that is wrong, in plain words, each with what to do about it; and what is well."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from display.cells import shown, shown_id
from display.manner import Manner
from display.palette import RED, YELLOW
from display.statusline import device_name, lasted, saving
from edge.info import Letter, Letters
from edge.tickets import JobState
from edge.views import BoardView, Halted, Paper, Untold
from edge.words import Say

BEGINNING = 240  # characters of a message that could not be understood


class Kind(StrEnum):
    """What can be wrong, the worst first."""

    CUT_OFF = "cut off"
    NOT_SAVED = "not saved"
    CLOCK = "clock"
    CLOUD = "cloud"
    CLOUD_REFUSES = "cloud refuses"
    PAUSED = "paused"
    UNCONFIRMED = "unconfirmed"
    UNPRINTED = "unprinted"
    PRINTER = "printer"
    KEYPAD = "keypad"
    REFUSED_PRESS = "refused press"
    UNTOLD = "untold"
    LETTERS = "letters"
    GAPS = "gaps"
    LAPSED = "lapsed"
    SOLD_OUT = "sold out"
    SILENT_PRINTER = "silent printer"


_LOUD = (Kind.CUT_OFF, Kind.NOT_SAVED, Kind.CLOCK, Kind.CLOUD)
COLORS = dict.fromkeys(Kind, YELLOW) | dict.fromkeys(_LOUD, RED)


@dataclass(frozen=True)
class Detail:
    """One of several things; `paper` is printed if somebody asks for it, `untold` is done if somebody says so."""

    key: str
    said: str
    more: str = ""
    paper: Paper | None = None
    untold: Untold | None = None


@dataclass(frozen=True)
class Fault:
    """Something that is wrong, what to do, and each thing that is."""

    kind: Kind
    said: str
    details: Sequence[Detail] = ()


def what_to_do(kind: Kind, say: Say) -> str:
    """What a baker can do about it."""
    return {
        Kind.CUT_OFF: say(
            "Do not work from this screen. Look whether the hub is on and its network cable is in; ask another screen."
        ),
        Kind.NOT_SAVED: say(
            "Presses and orders are not kept: write them on paper. Free space on the hub's disk, then it goes on by "
            "itself; else switch the hub off and on."
        ),
        Kind.CLOCK: say(
            "Release held orders by hand. Look whether the internet is there: the hub sets its clock by it."
        ),
        Kind.CLOUD: say(
            "Go on working: everything is kept and told later. Look whether the internet is there. Enter orders from "
            "the phone by hand."
        ),
        Kind.CLOUD_REFUSES: say("Customers are not told anything. Tell whoever looks after the cloud this reason."),
        Kind.PAUSED: say("Orders that come all the same are made. z: take orders again."),
        Kind.UNCONFIRMED: say("Look whether it came out. If not: its number prints it again, marked as a reprint."),
        Kind.UNPRINTED: say(
            "Look whether the printer is on and has paper: then they print by themselves, but what is too old only at "
            "its number. Until then work from the board."
        ),
        Kind.PRINTER: say("Look whether it is on, has paper, is closed, and its cable is in. It goes on by itself."),
        Kind.KEYPAD: say("Look whether its cable is in. Until then: the same numbers on this screen's keyboard."),
        Kind.REFUSED_PRESS: say("Look at the card, then press again."),
        Kind.UNTOLD: say(
            "Phone the customer, or look into the channel's own app. Then its number says that it is done."
        ),
        Kind.LETTERS: say(
            "Look for the order at its channel. If it is not on the board, enter it by hand. Tell whoever looks after "
            "the cloud the reason."
        ),
        Kind.GAPS: say(
            "The hub asks for them again and again. If they stay away, compare the board with the channels' own lists."
        ),
        Kind.LAPSED: say("They are not made. Call the customer; to make one all the same, release it (timeline)."),
        Kind.SOLD_OUT: say(
            "Orders for it that come all the same are on the board: refuse them, or make some. o: there is some again."
        ),
        Kind.SILENT_PRINTER: say("This printer never says whether a ticket came out: look at it now and then."),
    }[kind]


def faults(board: BoardView, manner: Manner, trouble: str = "", letters: Letters | None = None) -> list[Fault]:
    """All that is wrong, the worst first; `trouble`: why the board is not live; `letters`: what the hub told."""
    if trouble:
        return [Fault(Kind.CUT_OFF, trouble)]
    found = (
        *_hub(board, manner),
        *_cloud(board, manner),
        *_halts(board, manner),
        *_papers(board, manner),
        *_devices(board, manner),
        *_messages(board, manner, letters or Letters((), ())),
        *_untold(board, manner),
        *_lapsed(board, manner),
    )
    order = list(Kind)
    return sorted(found, key=lambda fault: order.index(fault.kind))


def well(board: BoardView, manner: Manner, wrong: Sequence[Fault]) -> list[str]:
    """What was looked at and is as it should be, in words."""
    say, status = manner.say, board.status
    kinds = {fault.kind for fault in wrong}
    if Kind.CUT_OFF in kinds:
        return []
    heard = _heard(board, manner)
    checks = {
        Kind.NOT_SAVED: say("everything that is pressed is saved"),
        Kind.CLOCK: say("the clock is right"),
        Kind.CLOUD: f"{say('cloud connected')}, {heard}" if status.cloud == "connected" else say("no cloud"),
        Kind.UNTOLD: say("no customer has to be phoned"),
        Kind.GAPS: say("no message of the cloud is missing"),
        Kind.LETTERS: say("every message was understood"),
        Kind.UNPRINTED: say("no ticket waits for its printer"),
        Kind.UNCONFIRMED: say("no ticket is in doubt"),
        Kind.PAUSED: say("the store takes orders"),
        Kind.SOLD_OUT: say("nothing is sold out"),
        Kind.LAPSED: say("no order came too late"),
    }
    said = [words for kind, words in checks.items() if kind not in kinds]
    fine = [device for device in status.devices if device.state == "ok" and not device.reason]
    return said + [f"{device_name(device, manner.say)}: {say('is there')}" for device in fine]


def _heard(board: BoardView, manner: Manner) -> str:
    if board.status.last_heard is None:
        return manner.say("never heard")
    span = lasted((board.now - board.status.last_heard).total_seconds(), manner)
    return manner.say("heard {span} ago").format(span=span)


def _hub(board: BoardView, manner: Manner) -> Iterator[Fault]:
    say, status = manner.say, board.status
    if status.journal != "ok":
        yield Fault(Kind.NOT_SAVED, saving(status, say))
    if status.clock != "ok":
        yield Fault(Kind.CLOCK, say("THE CLOCK IS NOT SET: release held orders by hand"))


def _cloud(board: BoardView, manner: Manner) -> Iterator[Fault]:
    say, status = manner.say, board.status
    if status.cloud == "away":
        since = _clock(status.last_heard, board, manner)
        details = [Detail("cloud", said) for said in (since, shown(status.cloud_reason)) if said]
        yield Fault(Kind.CLOUD, f"{say('CLOUD AWAY')}, {_heard(board, manner)}", details)
    elif status.cloud_reason:
        said = say("the cloud does not take what the store says")
        yield Fault(Kind.CLOUD_REFUSES, said, [Detail("refuses", shown(status.cloud_reason))])


def _clock(when: datetime | None, board: BoardView, manner: Manner) -> str:
    if when is None:
        return ""
    return manner.say("last heard at {time}").format(time=manner.clock(when, board.now.timestamp()))


def _halts(board: BoardView, manner: Manner) -> Iterator[Fault]:
    say = manner.say
    if board.paused is not None:
        yield Fault(Kind.PAUSED, say("the store takes no orders"), [_halt(board.paused, board, manner)])
    if board.unavailable:
        said = say("sold out {count}").format(count=len(board.unavailable))
        yield Fault(Kind.SOLD_OUT, said, [_halt(each, board, manner) for each in board.unavailable])


def _halt(halted: Halted, board: BoardView, manner: Manner) -> Detail:
    since = manner.say("since {time}").format(time=manner.clock(halted.since, board.now.timestamp()))
    parts = (shown(halted.name or halted.code), since, shown(halted.by), shown(halted.reason))
    return Detail(f"halted {halted.code}", "  ".join(part for part in parts if part))


def _papers(board: BoardView, manner: Manner) -> Iterator[Fault]:
    say = manner.say
    doubted = [paper for paper in board.papers if paper.state is JobState.UNCONFIRMED]
    owed = [paper for paper in board.papers if paper.state is not JobState.UNCONFIRMED]
    for kind, papers, words, count in (
        (Kind.UNCONFIRMED, doubted, say("perhaps printed {count}"), board.status.unconfirmed),
        (Kind.UNPRINTED, owed, say("unprinted {count}"), board.status.unprinted),
    ):
        if papers or count:
            details = [_paper(paper, board, manner) for paper in papers]
            yield Fault(kind, words.format(count=max(count, len(papers))), details)


def _paper(paper: Paper, board: BoardView, manner: Manner) -> Detail:
    say = manner.say
    names = {
        "kitchen": say("Kitchen ticket"),
        "packing": say("Packing slip"),
        "change": say("Change slip"),
        "cancel": say("Cancel slip"),
        "label": say("Label"),
        "test": say("Test page"),
    }
    parts = (
        shown_id(paper),
        names[paper.kind],
        f"{say('printer')} {shown(paper.via or paper.printer)}",
        say("for {printer}").format(printer=shown(paper.printer)) if paper.via else "",
        say(paper.state.value),
        lasted((board.now - paper.at).total_seconds(), manner),
        say("REPRINT #{number}").format(number=paper.attempt) if paper.attempt > 1 else "",
    )
    asked = paper if paper.stale or paper.state is JobState.UNCONFIRMED else None  # the hub prints the others by itself
    return Detail(f"paper {paper.job}", "  ".join(filter(None, parts)), shown(paper.reason), asked)


def _devices(board: BoardView, manner: Manner) -> Iterator[Fault]:
    say = manner.say
    for device in board.status.devices:
        said, reason = (
            device_name(device, manner.say),
            [Detail(device.id, shown(device.reason))] if device.reason else [],
        )
        match device.state, device.kind:
            case (("missing" | "fault"), kind):
                word = say("missing") if device.state == "missing" else say("faulty")
                yield Fault(Kind.PRINTER if kind == "printer" else Kind.KEYPAD, f"{said} {word}", reason)
            case "ok", ("keypad" | "scanner") if device.reason:
                yield Fault(Kind.REFUSED_PRESS, say("{device}: a press was not done").format(device=said), reason)
            case "unknown", "printer":
                yield Fault(Kind.SILENT_PRINTER, say("{device}: confirms nothing").format(device=said), reason)
            case _, _ if device.reason:
                yield Fault(Kind.PRINTER if device.kind == "printer" else Kind.KEYPAD, said, reason)


def _messages(board: BoardView, manner: Manner, told: Letters) -> Iterator[Fault]:
    say, status = manner.say, board.status
    if status.dead_letters:
        newest = sorted(told.letters, key=lambda letter: -letter.sequence)
        said = say("not understood {count}").format(count=status.dead_letters)
        yield Fault(Kind.LETTERS, said, [_letter(letter, board, manner) for letter in newest])
    if status.gaps:
        numbers = [f"{gap.from_}-{gap.through}" if gap.through > gap.from_ else str(gap.from_) for gap in told.gaps]
        missing = say("missing numbers: {numbers}").format(numbers=", ".join(numbers))
        yield Fault(
            Kind.GAPS, say("gaps {count}").format(count=status.gaps), [Detail("gaps", missing)] if numbers else []
        )


def _letter(letter: Letter, board: BoardView, manner: Manner) -> Detail:
    at = manner.clock(letter.at, board.now.timestamp())
    size = manner.say("{size} bytes").format(size=letter.size)
    said = f"{at}  {shown(letter.topic)}  {size}: {shown(letter.reason)}"
    return Detail(f"letter {letter.sequence}", said, shown(letter.payload, BEGINNING))


def _untold(board: BoardView, manner: Manner) -> Iterator[Fault]:
    if not board.untold:
        return
    say = manner.say
    names = " ".join(dict.fromkeys(shown_id(one) for one in board.untold))
    details = []
    for one in board.untold:
        at = manner.clock(one.at, board.now.timestamp())
        who = f"{shown(one.customer)} {shown(one.phone)}".strip()
        channel = say("the channel {channel}").format(channel=shown(one.channel))
        parts = (shown_id(one), at, who if one.words else channel, shown(one.words or one.on))
        key = f"untold {one.order} {bool(one.words)}"
        details.append(Detail(key, "  ".join(filter(None, parts)), shown(one.reason), untold=one))
    yield Fault(Kind.UNTOLD, say("not told: {names}").format(names=names), details)


def _lapsed(board: BoardView, manner: Manner) -> Iterator[Fault]:
    if not board.lapsed:
        return
    names = " ".join(shown_id(order) for order in board.lapsed)
    wholes = {whole.order: whole for whole in board.orders}
    details = []
    for order in board.lapsed:
        whole = wholes.get(order.order)
        due = _due(order.due, board, manner)
        who = f"{shown(whole.customer)} {shown(whole.phone)}".strip() if whole else ""
        details.append(Detail(f"lapsed {order.order}", "  ".join(filter(None, (shown_id(order), due, who)))))
    yield Fault(Kind.LAPSED, manner.say("too old, not made: {names}").format(names=names), details)


def _due(due: datetime | None, board: BoardView, manner: Manner) -> str:
    return "" if due is None else manner.say("due {time}").format(time=manner.clock(due, board.now.timestamp()))
