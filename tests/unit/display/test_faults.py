"""Everything that is wrong, in plain words, with what to do; what is well; and the same in short in the status line."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from display.faults import Fault, Kind, faults, well, what_to_do
from display.statusline import StatusLine
from edge.info import Gap, Letter, Letters
from edge.orders import OrderId, OrderState
from edge.tickets import JobState
from edge.views import BoardView, Device, Lapsed, Untold
from edge.words import Language, speak
from tests.hostile import hostile, powers
from tests.unit.display.cards import NOW, a_line, minutes
from tests.unit.display.pantry import ALL_WRONG, LETTERS, SOLD_OUT, a_day, a_halt, a_paper
from tests.unit.display.stand_in import CALM
from tests.unit.display.test_hostile import cells
from tests.unit.display.wholes import a_scene, a_whole

MANNER = a_scene(a_day()).manner


def ill(**status: Any) -> BoardView:
    return a_day(status=replace(CALM, **status))


WRONG: dict[Kind, tuple[BoardView, str]] = {
    Kind.NOT_SAVED: (ill(journal="database or disk is full"), "NOTHING IS BEING SAVED: the disk is full"),
    Kind.CLOCK: (ill(clock="not set"), "THE CLOCK IS NOT SET"),
    Kind.CLOUD: (ill(cloud="away", last_heard=NOW - minutes(7)), "CLOUD AWAY, heard 7 min ago"),
    Kind.CLOUD_REFUSES: (ill(cloud_reason="0x87 not authorised"), "0x87 not authorised"),
    Kind.UNCONFIRMED: (a_day(papers=(a_paper(),), status=replace(CALM, unconfirmed=1)), "perhaps printed 1"),
    Kind.UNPRINTED: (
        a_day(papers=(a_paper(state=JobState.UNSENT),), status=replace(CALM, unprinted=1)),
        "unprinted 1",
    ),
    Kind.PRINTER: (ill(devices=(Device("kitchen", "printer", "fault", "the paper is out"),)), "the paper is out"),
    Kind.KEYPAD: (ill(devices=(Device("pad", "keypad", "missing", "it is not there"),)), "keypad pad missing"),
    Kind.REFUSED_PRESS: (ill(devices=(Device("pad", "keypad", "ok", "slot 3 is empty"),)), "slot 3 is empty"),
    Kind.LETTERS: (ill(dead_letters=2), "not understood 2"),
    Kind.GAPS: (ill(gaps=1), "gaps 1"),
    Kind.LAPSED: (a_day(lapsed=(Lapsed(OrderId("a7"), "A7", NOW),)), "too old, not made: A7"),
    Kind.UNTOLD: (a_day(untold=ALL_WRONG.untold), "not told: A4"),
    Kind.SOLD_OUT: (a_day(unavailable=SOLD_OUT[:1]), "Rye bread"),
}


def short(board: BoardView, width: int = 240) -> str:
    """The status line."""
    line = StatusLine()
    line._shown = board, MANNER, ""
    return " ".join(" ".join(strip.text for strip in line.draw(width, 1 if width > 150 else 2)).split())


def told(found: list[Fault]) -> str:
    """All that is told of faults."""

    def parts() -> Iterator[str]:
        for fault in found:
            yield fault.said
            for detail in fault.details:
                yield from (detail.said, detail.more)

    return "\n".join(parts())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_scanner_is_told_of_as_a_keypad_is(language: Language) -> None:
    manner = a_scene(a_day(), language).manner
    name = {"en": "scanner gun", "zh": "扫码枪 gun"}[language]
    missing = ill(devices=(Device("gun", "scanner", "missing", "it is not there"),))
    refused = ill(devices=(Device("gun", "scanner", "ok", "A17 is not ready"),))
    (gone,), (undone,) = faults(missing, manner), faults(refused, manner)
    assert (gone.kind, undone.kind) == (Kind.KEYPAD, Kind.REFUSED_PRESS)
    assert name in gone.said
    assert name in undone.said
    assert "A17 is not ready" in told([undone])


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_told_and_stands_in_short_in_the_status_line(kind: Kind) -> None:
    board, words = WRONG[kind]
    found = faults(board, MANNER)
    assert [fault.kind for fault in found] == [kind]
    assert words in told(found)
    assert words in short(board)


def test_a_paused_store_is_told_with_who_and_why() -> None:
    (fault,) = faults(a_day(paused=a_halt(reason="too many orders")), MANNER)
    assert fault.kind is Kind.PAUSED
    for words in ("08:40", "display:oven", "too many orders"):
        assert words in told([fault])


def test_a_ticket_that_waited_too_long_is_offered_and_one_the_hub_prints_by_itself_is_not() -> None:
    papers = (a_paper("7", state=JobState.UNSENT, stale=True), a_paper("8", state=JobState.UNSENT, via="counter"))
    (owed,) = faults(a_day(papers=papers, status=replace(CALM, unprinted=2)), MANNER)
    assert (owed.said, [detail.paper for detail in owed.details]) == ("unprinted 2", [papers[0], None])
    assert "printer counter  for kitchen" in owed.details[1].said


def test_a_printer_that_confirms_nothing_is_told_and_no_alarm() -> None:
    board = ill(devices=(Device("old", "printer", "unknown", "it confirms nothing"),))
    assert [fault.kind for fault in faults(board, MANNER)] == [Kind.SILENT_PRINTER]
    assert "printer old: sent, unconfirmed" in short(board)


@pytest.mark.parametrize("kind", Kind)
def test_for_everything_there_is_something_to_do_in_both_languages(kind: Kind) -> None:
    en, zh = what_to_do(kind, speak("en")), what_to_do(kind, speak("zh"))
    assert en
    assert en != zh


def test_the_worst_comes_first() -> None:
    order = [fault.kind for fault in faults(ALL_WRONG, MANNER, "", LETTERS)]
    assert order == sorted(order, key=list(Kind).index)
    assert set(order) == set(Kind) - {Kind.CUT_OFF, Kind.CLOUD_REFUSES}


def test_of_a_board_that_is_cut_off_nothing_else_is_claimed() -> None:
    found = faults(ALL_WRONG, MANNER, "CUT OFF from the hub")
    assert [fault.kind for fault in found] == [Kind.CUT_OFF]
    assert well(ALL_WRONG, MANNER, found) == []


def test_when_all_is_well_it_is_told_what_was_looked_at() -> None:
    board = ill(devices=(Device("kitchen", "printer", "ok"), Device("pad", "keypad", "ok")))
    assert faults(board, MANNER) == []
    fine = well(board, MANNER, [])
    for words in (
        "everything that is pressed is saved",
        "cloud connected, heard 0 s ago",
        "every message was understood",
        "printer kitchen: is there",
        "keypad pad: is there",
    ):
        assert words in fine


@pytest.mark.parametrize("kind", [kind for kind in WRONG if kind not in {Kind.PRINTER, Kind.KEYPAD}])
def test_what_is_wrong_is_not_said_to_be_well(kind: Kind) -> None:
    board, _ = WRONG[kind]
    calm = well(a_day(), MANNER, [])
    assert len(well(board, MANNER, faults(board, MANNER))) == len(calm) - (
        kind not in {Kind.REFUSED_PRESS, Kind.CLOUD_REFUSES}
    )


def test_a_letter_can_be_read_with_topic_time_reason_and_its_beginning() -> None:
    (fault,) = faults(ill(dead_letters=2), MANNER, "", LETTERS)
    newest, older = fault.details
    assert newest.more == "hm?"
    assert older.said == "08:48  ovenbell/v1/hz-0012/orders  812 bytes: items[0].quantity: expected a number"
    assert older.more.startswith('{"specversion": "1.0", "id": "mt-2026-000123-1"')


def test_missing_messages_are_told_by_their_numbers() -> None:
    (fault,) = faults(ill(gaps=2), MANNER, "", Letters((), (Gap(41, 43), Gap(47, 47))))
    assert "missing numbers: 41-43, 47" in told([fault])


def test_only_a_ticket_that_the_hub_will_not_print_by_itself_can_be_printed_again() -> None:
    doubted, owed = faults(ALL_WRONG, MANNER)[4:6]
    assert [detail.paper is not None for detail in (*doubted.details, *owed.details)] == [True, False, False]


def test_a_customer_whose_order_came_too_late_can_be_called() -> None:
    order = a_whole("a7", a_line(), state=OrderState.LAPSED, customer="王女士", phone="1234")
    (fault,) = faults(a_day(order, lapsed=(Lapsed(OrderId("a7"), "A7", NOW - minutes(1800)),)), MANNER)
    assert fault.details[0].said == "A7  due 11-21 03:00  王女士 1234"


def test_a_customer_who_could_not_be_told_can_be_phoned() -> None:
    to_channel = replace(ALL_WRONG.untold[0], words="", reason="HTTP 404")
    (fault,) = faults(a_day(untold=(*ALL_WRONG.untold, to_channel)), MANNER)
    assert [(detail.said, detail.more) for detail in fault.details] == [
        (
            "A4  08:57  王女士 1234  您的订单 A4 已做好,欢迎到麦田烘焙取货。",
            "43101: the customer allows no more of these",
        ),
        ("A4  08:57  the channel wechat  order.ready", "HTTP 404"),
    ]


@given(hostile)
def test_whatever_a_message_a_printer_or_a_machine_says_is_text(text: str) -> None:
    board = replace(
        ALL_WRONG,
        status=replace(
            ALL_WRONG.status, journal=text, cloud_reason=text, devices=(Device(text, "keypad", "ok", text),)
        ),
        papers=(a_paper(display_id=text, reason=text, printer=text),),
        paused=a_halt(text, text, reason=text),
        unavailable=(a_halt(text, text, reason=text),),
        lapsed=(Lapsed(OrderId(text), text, None),),
        untold=(Untold(OrderId("o"), text, text, NOW, text, text, text, text, text),),
    )
    letters = Letters((Letter(1, NOW, text, text, 1, text),), ())
    found = faults(board, MANNER, "", letters)
    assert not powers(told(found).replace("\n", ""))
    for width in (80, 160):
        line = StatusLine()
        line._shown = board, MANNER, ""
        strips = line.draw(width, 2)
        assert [(cells(strip.text), powers(strip.text)) for strip in strips] == [(width, set())] * 2


# --- the status line --------------------------------------------------------------------------------------------------


def test_what_has_no_room_in_the_status_line_is_counted() -> None:
    line = short(ALL_WRONG, 80)
    for words in ("NOTHING IS BEING SAVED", "CLOUD AWAY", "THE CLOCK IS NOT SET", "press !"):
        assert words in line
    assert "press !" not in short(a_day(), 80)


def test_a_calm_status_line_counts_nothing_that_is_hidden() -> None:
    assert short(a_day()).startswith("09:00 cloud connected, heard 0 s ago")


@given(st.integers(80, 240), st.integers(1, 2))
def test_the_status_line_says_or_counts_every_trouble(width: int, height: int) -> None:
    def loud(at: int, rows: int) -> tuple[int, int]:
        line = StatusLine()
        line._shown = ALL_WRONG, MANNER, ""
        pieces = [segment for strip in line.draw(at, rows) for segment in strip if segment.style and segment.style.bold]
        texts = [piece.text for piece in pieces if piece.text.strip()]
        more = [text for text in texts if "press !" in text]
        return len(texts) - len(more), int(more[0].split(":")[0].strip(" +")) if more else 0

    everything, hidden = loud(4000, 1)
    assert hidden == 0
    assert sum(loud(width, height)) == everything
