"""Tickets: which printer owes which, when, and that a second paper of the same thing is marked."""

import pytest

from edge import intents as i
from edge.intents import Refused
from edge.layout import PrintRule
from edge.orders import ItemId, OrderId
from edge.tickets import Job, JobId, JobState
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
from tests.unit.edge.kitchen import Kitchen

O1 = OrderId("o1")
ARRIVED = a_layout(printing=(PrintRule("oven", (OVEN,), "arrived"), PrintRule("back", (DECO, PACKING), "arrived")))


def printed(kitchen: Kitchen, job: Job) -> None:
    """The printer has confirmed a ticket."""
    for state in ("sending", "printed"):
        kitchen.ask(i.ReportTicket(job.id, state))


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


def test_a_cancelled_order_prints_nothing_when_it_is_acknowledged() -> None:
    kitchen = Kitchen(ARRIVED)
    kitchen.ask(placed("o1"), i.Cancel(O1, a_stamp("e2")), i.Acknowledge(station=OVEN))
    assert len(kitchen.board.jobs) == 1


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
    printed(kitchen, kitchen.jobs("kitchen")[0])
    kitchen.ask(i.Reprint(station=OVEN, slot=1))
    (job,) = kitchen.jobs("kitchen")
    assert (job.attempt, job.state) == (2, JobState.QUEUED)


def test_a_reprint_without_a_slot_is_of_the_stations_latest_ticket() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2")
    for job in kitchen.jobs("kitchen"):
        printed(kitchen, job)
    kitchen.ask(i.Reprint(station=DECO))
    assert [(job.order, job.attempt) for job in kitchen.jobs("kitchen")] == [("o1", 1), ("o2", 2)]


def test_a_reprint_by_order_or_by_ticket_needs_no_station() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    for again in (i.Reprint(order=O1), i.Reprint(job=kitchen.jobs("counter")[0].id)):
        printed(kitchen, kitchen.jobs("counter")[0])
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
    printed(kitchen, kitchen.jobs("counter")[0])
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
    printed(kitchen, kitchen.jobs("kitchen")[0])
    kitchen.ask(i.Hold(O1), i.Release(O1))
    (job,) = kitchen.jobs("kitchen")
    assert job.attempt == 2


def test_items_that_arrive_again_in_other_company_are_reprints_too() -> None:
    kitchen = Kitchen(ARRIVED)
    kitchen.place("o1", items=(a_bread("1"), a_bread("2")))
    for _ in range(2):
        kitchen.bump(OVEN, 1)
    printed(kitchen, kitchen.jobs("back")[0])
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
