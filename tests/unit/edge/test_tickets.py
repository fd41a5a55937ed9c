"""Tickets: which printer owes which, when, and that a second paper of the same thing is marked."""

from decimal import Decimal
from typing import Literal

import pytest

from edge import intents as i
from edge.cards import show_order
from edge.intents import Refused
from edge.layout import PrintRule
from edge.orders import Bakery, Item, ItemId, Option, OrderId
from edge.tickets import JobId, JobState, Slip
from tests.builders import (
    DECO,
    HOUR,
    KITCHEN,
    MORNING,
    OVEN,
    PACKING,
    a_bread,
    a_bun,
    a_cake,
    a_layout,
    a_stamp,
    an_order,
    placed,
)
from tests.unit.edge.kitchen import Kitchen, printed

O1 = OrderId("o1")
ARRIVED = a_layout(printing=(PrintRule("oven", (OVEN,), "arrived"), PrintRule("back", (DECO, PACKING), "arrived")))


def lines(kitchen: Kitchen, printer: str) -> list[tuple[str, ...]]:
    """The items of a printer's tickets."""
    return [job.items for job in kitchen.jobs(printer)]


# --- when a ticket is owed --------------------------------------------------------------------------------------------


def test_released_prints_at_release_the_items_whose_route_passes_the_printers_stations() -> None:
    kitchen = Kitchen(a_layout(printing=(PrintRule("deco", (DECO,)), PrintRule("all", ()), PrintRule("oven", (OVEN,)))))
    kitchen.place("o1", items=(a_cake("1"), a_bread("2"), a_bun("3")))
    assert lines(kitchen, "deco") == [("1",)]
    assert lines(kitchen, "all") == [("1", "2", "3")]
    assert lines(kitchen, "oven") == [("1", "2")]


def test_a_printer_that_no_item_concerns_owes_nothing() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    assert lines(kitchen, "kitchen") == []


def test_a_held_order_prints_when_it_is_released() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", scheduled=True, due=MORNING + 9 * HOUR))
    assert len(kitchen.board.jobs) == 0
    kitchen.later(6 * HOUR)
    assert lines(kitchen, "kitchen") == [("1",)]


def test_arrived_prints_when_items_reach_a_station_of_the_printer() -> None:
    kitchen = Kitchen(ARRIVED)
    kitchen.place("o1", items=(a_cake("1"), a_bread("2")))
    assert (lines(kitchen, "oven"), lines(kitchen, "back")) == ([("1", "2")], [])
    kitchen.bump(OVEN, 1)
    kitchen.bump(OVEN, 1)
    assert [(job.station, job.items) for job in kitchen.jobs("back")] == [(PACKING, ("2",))]
    kitchen.bump(OVEN, 1)
    assert [(job.station, job.items) for job in kitchen.jobs("back")] == [(PACKING, ("2",)), (DECO, ("1",))]


def test_a_change_that_releases_an_order_prints_its_arrival_once() -> None:
    kitchen = Kitchen(ARRIVED)
    kitchen.ask(placed("o1", scheduled=True, due=MORNING + 9 * HOUR))
    kitchen.ask(i.Change(an_order("o1", a_cake("1"), a_cake("2")), a_stamp("e2", time=MORNING + 1)))
    assert lines(kitchen, "oven") == [("1", "2")]


def test_an_added_item_prints_its_arrival() -> None:
    kitchen = Kitchen(ARRIVED)
    kitchen.ask(placed("o1", a_cake("1")))
    kitchen.ask(i.Change(an_order("o1", a_cake("1"), a_cake("2")), a_stamp("e2", time=MORNING + 1)))
    assert lines(kitchen, "oven") == [("1",), ("2",)]


def test_ready_prints_the_whole_order_once_it_is_ready() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun("1"), a_bun("2")))
    kitchen.bump(KITCHEN, 1)
    (job,) = kitchen.jobs("counter")
    assert (job.kind, job.items, job.order) == ("packing", ("1", "2"), "o1")


def make(kitchen: Kitchen, order: str = "o1") -> None:
    """Press until nothing of an order is left to make."""
    while slots := kitchen.order(order).slots:
        station, slot = next(iter(slots.items()))
        kitchen.bump(station, slot)


LABELS = a_layout(printing=(PrintRule("labels", (), "labels"), PrintRule("cakes", (DECO,), "labels")))


def test_labels_are_printed_when_the_order_is_ready_of_the_items_that_pass_the_printers_stations() -> None:
    kitchen = Kitchen(LABELS)
    kitchen.place("o1", items=(a_bread("1"), a_bun("2")))
    assert kitchen.jobs("labels") == []
    make(kitchen)
    assert [(job.kind, job.items) for job in kitchen.jobs("labels")] == [("label", ("1", "2"))]
    assert kitchen.jobs("cakes") == []
    kitchen.place("o2")
    make(kitchen, "o2")
    assert [(job.kind, job.order) for job in kitchen.jobs("cakes")] == [("label", "o2")]


def test_an_order_that_is_ready_a_second_time_has_its_labels_printed_again_marked() -> None:
    kitchen = Kitchen(LABELS)
    kitchen.place("o1", items=(a_bun("1"),))
    kitchen.bump(KITCHEN, 1)
    printed(kitchen, "labels")
    kitchen.ask(i.Recall(station=KITCHEN))
    kitchen.bump(KITCHEN, 1)
    assert [job.attempt for job in kitchen.jobs("labels")] == [2]


def test_a_box_with_a_label_that_has_become_untrue_gets_a_slip() -> None:
    kitchen = Kitchen(LABELS)
    kitchen.place("o1", items=(a_bun("1"),))
    kitchen.bump(KITCHEN, 1)
    printed(kitchen, "labels")
    kitchen.ask(changed(a_bun("1", bakery=Bakery(allergens=("nuts",)))))
    assert [line.was for slip in slips(kitchen, "labels") for line in slip.lines] == [{"allergens": ""}]


def test_a_cancelled_order_prints_nothing_when_it_is_acknowledged() -> None:
    kitchen = Kitchen(ARRIVED)
    kitchen.ask(placed("o1"))
    printed(kitchen, "oven")
    kitchen.ask(i.Cancel(O1, a_stamp("e2")))
    before = len(kitchen.board.jobs)
    kitchen.ask(i.Acknowledge(station=OVEN))
    assert len(kitchen.board.jobs) == before


# --- how far it got ---------------------------------------------------------------------------------------------------


def test_a_ticket_goes_from_queued_over_sending_to_printed() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    seen = []
    for state in ("sending", "printed"):
        (job,) = kitchen.jobs("kitchen")
        seen.append((job.state.value, job.waiting))
        kitchen.ask(i.ReportTicket(job.id, state))
    (job,) = kitchen.jobs("kitchen")
    seen.append((job.state.value, job.waiting))
    assert seen == [("queued", True), ("sending", True), ("printed", False)]


def test_an_unsent_ticket_is_still_owed_and_may_be_sent_again() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    (job,) = kitchen.jobs("kitchen")
    kitchen.ask(i.ReportTicket(job.id, "sending"), i.ReportTicket(job.id, "unsent", "refused"))
    (job,) = kitchen.jobs("kitchen")
    assert (job.state, job.reason, job.waiting) == (JobState.UNSENT, "refused", True)
    kitchen.ask(i.ReportTicket(job.id, "sending"))
    assert kitchen.jobs("kitchen")[0].attempt == 1


def test_an_unconfirmed_ticket_is_not_sent_again_by_itself() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    (job,) = kitchen.jobs("kitchen")
    kitchen.ask(i.ReportTicket(job.id, "sending"), i.ReportTicket(job.id, "unconfirmed", "no answer"))
    assert not kitchen.jobs("kitchen")[0].waiting
    with pytest.raises(Refused, match=f"ticket {job.id} is unconfirmed"):
        kitchen.ask(i.ReportTicket(job.id, "sending"))


def test_the_same_report_twice_is_one_fact() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    (job,) = kitchen.jobs("kitchen")
    report = i.ReportTicket(job.id, "unsent", "refused")
    assert (len(kitchen.ask(report)), len(kitchen.ask(report))) == (1, 0)


def test_a_report_about_no_ticket_is_refused() -> None:
    with pytest.raises(Refused, match="there is no ticket 7"):
        Kitchen().ask(i.ReportTicket(JobId("7"), "printed"))


# --- again ------------------------------------------------------------------------------------------------------------


def test_a_reprint_is_marked_by_its_attempt() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    printed(kitchen, "kitchen")
    kitchen.ask(i.Reprint(station=OVEN, slot=1))
    (job,) = kitchen.jobs("kitchen")
    assert (job.attempt, job.state) == (2, JobState.QUEUED)


def test_a_reprint_without_a_slot_is_of_the_stations_latest_ticket() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2")
    printed(kitchen, "kitchen")
    kitchen.ask(i.Reprint(station=DECO))
    assert [(job.order, job.attempt) for job in kitchen.jobs("kitchen")] == [("o1", 1), ("o2", 2)]


def test_a_reprint_by_order_or_by_ticket_needs_no_station() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    for again in (i.Reprint(order=O1), i.Reprint(job=kitchen.jobs("counter")[0].id)):
        printed(kitchen, "counter")
        kitchen.ask(again)
    assert kitchen.jobs("counter")[0].attempt == 3


def test_a_ticket_that_still_waits_is_not_printed_again() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    with pytest.raises(Refused, match="the ticket of O1 is still waiting for printer kitchen"):
        kitchen.ask(i.Reprint(station=OVEN))


def test_an_order_ready_for_the_second_time_prints_a_reprint() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    printed(kitchen, "counter")
    kitchen.ask(i.Recall(station=KITCHEN))
    kitchen.bump(KITCHEN, 1)
    assert [(job.attempt, job.state) for job in kitchen.jobs("counter")] == [(2, JobState.QUEUED)]


def test_an_order_ready_for_the_second_time_prints_once_where_the_first_paper_still_waits() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.ask(i.Recall(station=KITCHEN))
    kitchen.bump(KITCHEN, 1)
    assert [job.attempt for job in kitchen.jobs("counter")] == [1]


def test_an_order_released_for_the_second_time_prints_a_reprint() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    printed(kitchen, "kitchen")
    kitchen.ask(i.Hold(O1), i.Release(O1))
    (job,) = kitchen.jobs("kitchen")
    assert job.attempt == 2


def test_items_that_arrive_again_in_other_company_are_reprints_too() -> None:
    kitchen = Kitchen(ARRIVED)
    kitchen.place("o1", items=(a_bread("1"), a_bread("2")))
    for _ in range(2):
        kitchen.bump(OVEN, 1)
    printed(kitchen, "back")
    kitchen.ask(i.Recall(station=OVEN, item=ItemId("2")))
    kitchen.bump(OVEN, 1)
    assert [job.attempt for job in kitchen.jobs("back")][-1] > 1


def test_an_item_that_a_change_adds_is_on_a_ticket_of_its_own() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1", a_cake("1")))
    kitchen.ask(i.Change(an_order("o1", a_cake("1"), a_cake("2")), a_stamp("e2", time=MORNING + 1)))
    assert lines(kitchen, "kitchen") == [("1",), ("2",)]


def test_an_item_that_goes_on_at_the_same_station_has_not_arrived_there_again() -> None:
    kitchen = Kitchen(ARRIVED)
    kitchen.ask(placed("o1", a_cake()))
    kitchen.bump(OVEN, 1)
    kitchen.bump(OVEN, 1)  # baked: it cools at the oven too
    assert lines(kitchen, "oven") == [("1",)]
    kitchen.bump(OVEN, 1)
    assert lines(kitchen, "oven") == [("1",)]


# --- slips ------------------------------------------------------------------------------------------------------------

ALL = a_layout(printing=(PrintRule("all", ()), PrintRule("deco", (DECO,)), PrintRule("counter", (), "ready")))


def changed(*items: Item, event: str = "e2", **rest: object) -> i.Change:
    """The cloud sends order o1 anew, a second after it was placed."""
    return i.Change(an_order("o1", *items, **rest), a_stamp(event, time=MORNING + 1))


def slips(kitchen: Kitchen, printer: str = "all") -> list[Slip]:
    """A printer's change slips."""
    return [job.slip for job in kitchen.jobs(printer) if job.slip]


def test_a_change_slip_goes_to_each_printer_whose_paper_has_an_affected_line() -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1", items=(a_cake("1", note="less sugar"), a_bread("2"), a_bun("3")))
    printed(kitchen, "all")
    printed(kitchen, "deco")
    kitchen.ask(changed(a_cake("1", note="less sugar"), a_bread("2", quantity=Decimal(2))))
    (slip,) = slips(kitchen)
    assert [(line.name, line.removed, line.was) for line in slip.lines] == [
        ("Bun", True, {}),
        ("Rye bread", False, {"quantity": "1"}),
    ]
    assert slips(kitchen, "deco") == []
    assert [job.kind for job in kitchen.jobs("all")] == ["kitchen", "change"]


@pytest.mark.parametrize("state", ["sending", "printed", "unconfirmed"])
def test_paper_that_may_be_there_counts_as_paper(state: Literal["sending", "printed", "unconfirmed"]) -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1")
    (job,) = kitchen.jobs("all")
    kitchen.ask(*(i.ReportTicket(job.id, step) for step in dict.fromkeys(("sending", state))))
    kitchen.ask(changed(a_cake(note="cold")))
    assert len(slips(kitchen)) == 1


@pytest.mark.parametrize("states", [(), ("sending", "unsent")])
def test_a_ticket_that_is_still_owed_prints_what_is_true_and_needs_no_slip(
    states: tuple[Literal["sending", "unsent"], ...],
) -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1", items=(a_cake("1"), a_bun("2")))
    (job,) = kitchen.jobs("all")
    kitchen.ask(*(i.ReportTicket(job.id, state) for state in states))
    kitchen.ask(changed(a_cake("1", note="cold")))
    assert [job.kind for job in kitchen.jobs("all")] == ["kitchen"]


def test_a_ticket_that_is_still_owed_and_has_no_line_left_is_not_printed() -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1", items=(a_cake("1"), a_bun("2")))
    printed(kitchen, "all")
    kitchen.ask(changed(a_bun("2")))
    assert kitchen.jobs("deco") == []
    assert len(slips(kitchen)) == 1
    assert kitchen.order().jobs == tuple(job.id for job in kitchen.jobs("all"))


def test_a_removed_line_says_whether_somebody_is_at_it_and_which_one_it_is() -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1", items=(a_cake("1", bakery=Bakery(cake_text="Rain")), a_cake("2", note="x" * 500), a_bun("3")))
    printed(kitchen, "all")
    kitchen.bump(OVEN, 1)
    kitchen.ask(changed(a_bun("3")))
    (slip,) = slips(kitchen)
    assert [(line.begun, line.was) for line in slip.lines] == [(True, {"cakeText": "Rain"}), (True, {})]


def test_an_altered_line_carries_what_was_there_where_it_is_short() -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1", items=(a_cake("1", note="x" * 500, options=(Option("Mango"), Option("Hat", Decimal(2)))),))
    printed(kitchen, "all")
    kitchen.ask(changed(a_cake("1", note="short", bakery=Bakery(candles=6, picture="https://there"))))
    (slip,) = slips(kitchen)
    assert slip.lines[0].was == {"options": "Mango, Hat x2", "note": "", "candles": "", "picture": ""}


def test_what_is_not_on_paper_prints_no_slip() -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1")
    printed(kitchen, "all")
    kitchen.ask(changed(a_cake(), priority=3))
    assert slips(kitchen) == []


def test_another_due_time_makes_all_paper_of_the_order_untrue() -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1")
    for printer in ("all", "deco"):
        printed(kitchen, printer)
    kitchen.ask(changed(due=MORNING + 2 * HOUR))
    assert [(slip.fields, slip.lines) for name in ("all", "deco") for slip in slips(kitchen, name)] == [
        (("due",), ()),
        (("due",), ()),
    ]


def test_two_changes_in_a_row_are_one_slip_that_says_what_the_paper_says() -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1", items=(a_cake("1"), a_bun("2")))
    printed(kitchen, "all")
    kitchen.ask(changed(a_cake("1", quantity=Decimal(2)), a_bun("2")))
    kitchen.ask(changed(a_cake("1", quantity=Decimal(3)), event="e3"))
    (slip,) = slips(kitchen)
    assert {(line.name, line.removed): line.was for line in slip.lines} == {
        ("Strawberry cake", False): {"quantity": "1"},
        ("Bun", True): {},
    }
    printed(kitchen, "all")
    kitchen.ask(changed(a_cake("1"), event="e4"))
    assert [line.was for line in slips(kitchen)[-1].lines] == [{"quantity": "3"}]


def test_acknowledging_does_not_empty_a_slip() -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1", items=(a_cake("1"), a_bun("2")))
    printed(kitchen, "all")
    kitchen.ask(changed(a_cake("1")))
    kitchen.ask(i.Acknowledge(station=KITCHEN))
    assert [line.name for slip in slips(kitchen) for line in slip.lines] == ["Bun"]


def test_a_packing_slip_is_paper_too() -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1", items=(a_bun("1"), a_bun("2")))
    kitchen.bump(KITCHEN, 1)
    printed(kitchen, "counter")
    kitchen.ask(changed(a_bun("1")))
    assert [line.begun for slip in slips(kitchen, "counter") for line in slip.lines] == [True]


def test_a_cancelled_order_prints_a_slip_where_there_is_paper_and_nothing_where_there_is_none() -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1", items=(a_cake("1"), a_bun("2")))
    printed(kitchen, "all")
    kitchen.ask(changed(a_cake("1"), a_bun("2", note="sliced")))
    kitchen.ask(i.Cancel(O1, a_stamp("e9")))
    assert [(job.kind, job.items) for job in kitchen.jobs("all")] == [("kitchen", ("1", "2")), ("cancel", ("1", "2"))]
    assert kitchen.jobs("deco") == []


def test_a_cancelled_order_prints_one_slip_however_many_tickets_it_had() -> None:
    kitchen = Kitchen(ALL)
    kitchen.place("o1", items=(a_bun("1"),))
    printed(kitchen, "all")
    kitchen.ask(changed(a_bun("1"), a_bun("2")))
    printed(kitchen, "all")
    kitchen.ask(i.Reprint(order=O1))
    kitchen.ask(i.Cancel(O1, a_stamp("e9")))
    assert [(job.kind, job.items) for job in kitchen.jobs("all")] == [("kitchen", ("1",)), ("cancel", ("1", "2"))]


# --- another printer, and too late ------------------------------------------------------------------------------------


def move(kitchen: Kitchen, to: str, number: int = 0) -> None:
    """The spooler of a printer that cannot print gives its ticket to another."""
    kitchen.ask(i.MoveTicket(kitchen.jobs("kitchen")[number].id, to))


def test_a_ticket_that_is_moved_is_still_its_own_printers_and_comes_out_of_another() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.ask(i.ReportTicket(kitchen.jobs("kitchen")[0].id, "unsent", "the paper is out"))
    move(kitchen, "counter")
    (job,) = kitchen.jobs("kitchen")
    assert (job.spool, job.via, job.state, job.reason) == ("counter", "counter", JobState.QUEUED, "")
    (paper,) = show_order(kitchen.board, kitchen.order()).papers
    assert (paper.printer, paper.via) == ("kitchen", "counter")


def test_a_moved_ticket_can_go_home_and_to_move_it_where_it_is_happens_to_nobody() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    move(kitchen, "counter")
    assert kitchen.ask(i.MoveTicket(kitchen.jobs("kitchen")[0].id, "counter")) == []
    move(kitchen, "kitchen")
    (job,) = kitchen.jobs("kitchen")
    assert (job.spool, job.via) == ("kitchen", "")


@pytest.mark.parametrize("state", ["sending", "printed", "unconfirmed"])
def test_a_ticket_of_which_a_byte_left_is_never_moved(state: Literal["sending", "printed", "unconfirmed"]) -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    (job,) = kitchen.jobs("kitchen")
    kitchen.ask(*(i.ReportTicket(job.id, step) for step in dict.fromkeys(("sending", state))))
    with pytest.raises(Refused, match=f"ticket {job.id} is {state}"):
        move(kitchen, "counter")


def test_a_moved_ticket_that_is_printed_again_is_a_reprint_of_its_own_printer() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    move(kitchen, "counter")
    printed(kitchen, "kitchen")
    kitchen.ask(i.Hold(O1), i.Release(O1))
    (job,) = kitchen.jobs("kitchen")
    assert (job.spool, job.attempt) == ("kitchen", 2)


def test_a_ticket_that_waited_too_long_is_owed_no_more_but_on_the_screen() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    (job,) = kitchen.jobs("kitchen")
    kitchen.ask(i.ReportTicket(job.id, "stale", "too old"))
    (job,) = kitchen.jobs("kitchen")
    assert (job.state, job.reason, job.waiting) == (JobState.UNSENT, "too old", False)
    (paper,) = show_order(kitchen.board, kitchen.order()).papers
    assert (paper.stale, paper.reason) == (True, "too old")
    for late in (i.ReportTicket(job.id, "sending"), i.MoveTicket(job.id, "counter")):
        with pytest.raises(Refused, match=f"ticket {job.id} is unsent"):
            kitchen.ask(late)


def test_what_waited_too_long_is_printed_when_somebody_asks_and_is_no_reprint() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    (job,) = kitchen.jobs("kitchen")
    kitchen.ask(i.ReportTicket(job.id, "stale", "too old"), i.Reprint(job=job.id))
    (job,) = kitchen.jobs("kitchen")
    assert (job.state, job.attempt, job.stale, job.waiting) == (JobState.QUEUED, 1, False, True)


def test_a_reprint_that_waited_too_long_stays_a_reprint() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    printed(kitchen, "kitchen")
    (job,) = kitchen.jobs("kitchen")
    kitchen.ask(i.Reprint(job=job.id), i.ReportTicket(job.id, "stale", "too old"), i.Reprint(job=job.id))
    assert kitchen.jobs("kitchen")[0].attempt == 2


def test_an_order_released_again_prints_what_waited_too_long() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    (job,) = kitchen.jobs("kitchen")
    kitchen.ask(i.ReportTicket(job.id, "stale", "too old"), i.Hold(O1), i.Release(O1))
    (job,) = kitchen.jobs("kitchen")
    assert (job.state, job.attempt) == (JobState.QUEUED, 1)
