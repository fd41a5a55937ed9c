"""Updates to the cloud: what is told, in which order, and what is never heard because it was taken back in time."""

import pytest

from edge import intents as i
from edge.layout import Route, Station
from edge.orders import ItemId, OrderId
from edge.updates import Update, UpdateKind
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
    stages,
)
from tests.unit.edge.kitchen import Kitchen

O1 = OrderId("o1")


def told(kitchen: Kitchen) -> list[tuple[str, str | None, str | None, str | None]]:
    """Recalls as (kind, item, stage, the moment taken back), other updates without a moment."""
    return [(row.kind.value, row.item, row.stage, row.moment) for row in kitchen.told() if row.kind != "order.accepted"]


def recalls(kitchen: Kitchen) -> list[Update]:
    """The recalls that the cloud is told of."""
    return [row for row in kitchen.told() if row.kind is UpdateKind.RECALLED]


# --- grace ------------------------------------------------------------------------------------------------------------


def test_a_press_is_told_after_its_grace() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.bump(OVEN, 1)
    kitchen.later(4.9)
    assert kitchen.heard() == []
    kitchen.later(0.1)
    assert kitchen.heard() == ["started 1 baking"]


def test_without_a_grace_it_is_told_at_once() -> None:
    kitchen = Kitchen(a_layout(grace=0))
    kitchen.place("o1")
    kitchen.bump(OVEN, 1)
    assert kitchen.heard() == ["started 1 baking"]


def test_accepted_and_rescheduled_have_no_grace() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1"), i.Reschedule(O1, MORNING + HOUR))
    assert [row.kind for row in kitchen.told()] == [UpdateKind.ACCEPTED, UpdateKind.RESCHEDULED]


def test_what_has_no_grace_waits_for_what_came_before_it_about_the_same_order() -> None:
    kitchen = Kitchen()
    kitchen.ask(placed("o1"), placed("o2"))
    kitchen.bump(OVEN, 1)
    for name in ("o1", "o2"):
        kitchen.ask(i.Change(an_order(name), a_stamp(f"changed-{name}", time=MORNING + 1)))
    assert [(row.order, row.event) for row in kitchen.told()][2:] == [("o2", "changed-o2")]
    kitchen.later(5)
    assert [(row.order, row.kind.value) for row in kitchen.told()][3:] == [
        ("o1", "item.started"),
        ("o1", "order.accepted"),
    ]


def test_sequences_count_without_gaps_in_the_order_of_leaving() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", "o2", items=(a_bread(),))
    kitchen.bump(OVEN, 2)
    kitchen.later(3)
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Recall(station=OVEN, slot=2))
    kitchen.later(5)
    assert [(row.sequence, row.order, row.kind.value) for row in kitchen.told()] == [
        (1, "o1", "order.accepted"),
        (2, "o2", "order.accepted"),
        (3, "o1", "item.started"),
    ]


def test_an_update_says_who_did_what_where() -> None:
    kitchen = Kitchen(a_layout(grace=0))
    kitchen.ask(placed("o1", a_bun("1", quantity=3), reply_to="token"))
    update = kitchen.told()[-1]
    assert (update.order, update.display_id, update.reply_to, update.by) == ("o1", "O1", "token", "test")
    assert (update.item, update.name, update.stage, update.station) == ("1", "Bun", "making", KITCHEN)
    assert (str(update.quantity), update.implied) == ("3", True)


def test_a_press_is_not_implied() -> None:
    kitchen = Kitchen(a_layout(grace=0))
    kitchen.place("o1")
    kitchen.bump(OVEN, 1)
    assert not kitchen.told()[-1].implied


def test_an_update_keeps_its_id_from_its_grace_on() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_cake("1"), a_bread("2")))
    kitchen.bump(OVEN, 1)
    before = list(kitchen.order().graced)
    kitchen.later(5)
    assert [row.id for row in kitchen.told()][1:] == before


def test_a_store_without_a_cloud_keeps_no_updates() -> None:
    kitchen = Kitchen(a_layout(cloud=False))
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.ask(i.Recall(station=KITCHEN))
    assert len(kitchen.board.outbox) == 0


def test_what_the_cloud_has_leaves_the_outbox() -> None:
    kitchen = Kitchen(a_layout(grace=0))
    kitchen.place("o1", "o2", "o3")
    kitchen.ask(i.ReceiptUpdates(2))
    assert [row.sequence for row in kitchen.told()] == [3]
    assert kitchen.ask(i.ReceiptUpdates(2)) == kitchen.ask(i.ReceiptUpdates(1)) == []
    kitchen.ask(i.ReceiptUpdates(99))  # of another journal: it is true only as far as we have sent
    assert kitchen.told() == []
    kitchen.place("o4")
    assert [row.sequence for row in kitchen.told()] == [4]


def test_what_could_not_be_understood_is_rejected_at_once() -> None:
    kitchen = Kitchen()
    kitchen.ask(i.KeepLetter("orders", "items: required", b"{}", 2, "ab" * 32, "e1"))
    assert [(row.kind, row.reason, row.event) for row in kitchen.told()] == [
        (UpdateKind.REJECTED, "items: required", "e1")
    ]
    assert kitchen.board.counters.dead_letters == 1


# --- recall -----------------------------------------------------------------------------------------------------------


def test_a_press_taken_back_in_time_is_never_heard_of() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bread(),))
    for _ in range(2):
        kitchen.bump(OVEN, 1)
    kitchen.later(4.9)
    for _ in range(2):
        kitchen.ask(i.Recall(station=OVEN))
    kitchen.later(60)
    assert told(kitchen) == []
    assert len(kitchen.board.outbox) == 1


def test_a_press_taken_back_too_late_is_recalled_with_its_moment() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.bump(OVEN, 1)
    kitchen.later(5)
    kitchen.ask(i.Recall(station=OVEN))
    kitchen.later(5)
    assert told(kitchen) == [("item.started", "1", "baking", None), ("item.recalled", "1", "baking", "started")]


def test_a_finished_taken_back_takes_back_the_start_that_it_implied_elsewhere() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bread(),))
    for _ in range(2):
        kitchen.bump(OVEN, 1)
    kitchen.later(5)
    kitchen.ask(i.Recall(station=OVEN))
    kitchen.later(5)
    assert [(row.stage, row.station, row.moment) for row in recalls(kitchen)] == [
        ("boxing", PACKING, "started"),
        ("baking", OVEN, "finished"),
    ]


def test_a_ready_taken_back_too_late_is_told_with_the_recall() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun("1"), a_bun("2")))
    kitchen.bump(KITCHEN, 1)
    kitchen.later(5)
    assert kitchen.heard()[-1] == "ready"
    kitchen.ask(i.Recall(station=KITCHEN))
    kitchen.later(5)
    assert [(row.item, row.moment, row.unready) for row in recalls(kitchen)] == [
        ("1", "finished", True),
        ("2", "finished", False),
    ]


def test_a_recall_that_undid_no_ready_does_not_say_so() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.bump(OVEN, 1)
    kitchen.later(5)
    kitchen.ask(i.Recall(station=OVEN))
    kitchen.later(5)
    assert [row.unready for row in recalls(kitchen)] == [False]


def changed_when_ready(kitchen: Kitchen, after: float) -> None:
    """The order is made; so long after, the channel orders a rye bread beside it."""
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.later(after)
    kitchen.ask(i.Change(an_order("o1", a_bun(), a_bread("2")), a_stamp("more", time=MORNING + 1)))
    assert kitchen.order().state == "open"
    kitchen.later(5)


def accepted(kitchen: Kitchen) -> list[tuple[str | None, bool]]:
    """The events that the cloud is told to have had effect, and whether they undid a ready."""
    return [(row.event, row.unready) for row in kitchen.told() if row.kind is UpdateKind.ACCEPTED]


def test_an_order_that_is_ready_and_changed_is_accepted_with_the_word_that_it_no_longer_is() -> None:
    kitchen = Kitchen()
    changed_when_ready(kitchen, after=5)
    assert accepted(kitchen) == [("placed-o1", False), ("more", True)]
    for station in (OVEN, OVEN, PACKING):
        kitchen.bump(station, 1)
    kitchen.later(5)
    assert kitchen.heard().count("ready") == 2


def test_a_change_in_the_grace_of_a_ready_undoes_nothing_that_was_told() -> None:
    kitchen = Kitchen()
    changed_when_ready(kitchen, after=4)
    assert accepted(kitchen) == [("placed-o1", False), ("more", False)]
    assert "ready" not in kitchen.heard()


def test_a_change_that_leaves_an_order_ready_does_not_say_otherwise() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun(),))
    kitchen.bump(KITCHEN, 1)
    kitchen.later(5)
    kitchen.ask(i.Change(an_order("o1", a_bun(), note="ring twice"), a_stamp("note", time=MORNING + 1)))
    assert accepted(kitchen)[-1] == ("note", False)


@pytest.mark.parametrize("wait", [0, 3])
def test_a_ready_is_not_told_where_another_station_took_its_part_back_in_time(wait: float) -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun("1"), a_bread("2")))
    for station in (OVEN, OVEN, KITCHEN):
        kitchen.bump(station, 1)
    kitchen.later(wait)
    kitchen.bump(PACKING, 1)
    assert kitchen.order().state == "ready"
    kitchen.ask(i.Recall(station=KITCHEN))
    kitchen.later(60)
    assert "ready" not in kitchen.heard()
    kitchen.bump(KITCHEN, 1)
    kitchen.later(5)
    assert kitchen.heard().count("ready") == 1


def test_a_ready_still_in_its_grace_goes_with_a_recall_of_what_was_told_already() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bun("1"), a_bread("2")))
    kitchen.bump(KITCHEN, 1)
    kitchen.later(5)
    for station in (OVEN, OVEN, PACKING):
        kitchen.bump(station, 1)
    kitchen.ask(i.Recall(station=KITCHEN))
    kitchen.later(5)
    assert "ready" not in kitchen.heard()
    assert [(row.item, row.unready) for row in recalls(kitchen)] == [("1", False)]


def test_a_press_made_again_after_a_recall_is_told_again() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.bump(OVEN, 1)
    kitchen.later(5)
    kitchen.ask(i.Recall(station=OVEN))
    kitchen.bump(OVEN, 1)
    kitchen.later(5)
    assert told(kitchen) == [
        ("item.started", "1", "baking", None),
        ("item.recalled", "1", "baking", "started"),
        ("item.started", "1", "baking", None),
    ]


def test_a_second_press_taken_back_in_time_leaves_the_story_of_the_first() -> None:
    kitchen = Kitchen()
    kitchen.place("o1")
    kitchen.bump(OVEN, 1)
    kitchen.later(5)
    kitchen.ask(i.Recall(station=OVEN))
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Recall(station=OVEN))
    kitchen.later(5)
    assert told(kitchen) == [("item.started", "1", "baking", None), ("item.recalled", "1", "baking", "started")]


def test_one_item_of_a_press_can_be_taken_back_in_time_and_the_other_is_told() -> None:
    kitchen = Kitchen()
    kitchen.place("o1", items=(a_bread("1"), a_bread("2")))
    kitchen.bump(OVEN, 1)
    kitchen.ask(i.Recall(station=OVEN, slot=1, item=ItemId("2")))
    kitchen.later(5)
    assert kitchen.heard() == ["started 1 baking"]


def test_a_stage_that_a_route_visits_twice_is_recalled_where_it_was_finished() -> None:
    kitchen = Kitchen(
        a_layout(
            stations=(Station(DECO, "Decorating", stages("icing", "drying")),),
            routes=(Route("*", stages("icing", "drying", "icing")),),
        )
    )
    kitchen.place("o1")
    kitchen.bump(DECO, 1)
    kitchen.later(5)
    kitchen.bump(DECO, 1)
    kitchen.ask(i.Recall(station=DECO))
    kitchen.later(5)
    assert told(kitchen) == [
        ("item.started", "1", "icing", None),
        ("item.finished", "1", "icing", None),
        ("item.started", "1", "drying", None),
    ]
