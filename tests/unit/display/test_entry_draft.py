"""The order that a form sends is the order that the hub reads."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from display.entry.draft import CHANNELS, Draft, Line, wire
from edge.opendelivery import WireByHand, read_order
from edge.orders import Order
from tests.unit.display.counter_bakery import products

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
SHOP = products()
BAGUETTE, CAKE = SHOP[0], SHOP[4]

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30)
lines = st.builds(
    Line,
    st.sampled_from(SHOP),
    st.integers(1, 10_000).map(Decimal) | st.decimals("0.001", 99, places=3),
    words, words, st.lists(words.filter(bool), max_size=3, unique=True).map(tuple), words,
    st.none() | st.integers(0, 1000), words,
)  # fmt: skip
drafts = st.builds(
    Draft,
    st.lists(lines, min_size=1, max_size=5).map(tuple),
    st.none() | st.integers(1, 60 * 24 * 300).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    words, st.from_regex(r"\+?[0-9]{3,15}|", fullmatch=True), st.none() | st.sampled_from(CHANNELS),
)  # fmt: skip


def heard(draft: Draft) -> Order:
    """What the hub makes of it."""
    return read_order(msgspec.json.encode(wire(draft, "o-1", NOW)), kind=WireByHand)


@given(drafts)
def test_what_was_typed_is_what_the_hub_reads(draft: Draft) -> None:
    order = heard(draft)
    assert order.dropped == ()
    assert (order.id, order.display_id, order.type) == ("o-1", "", "TAKEOUT")
    assert (order.customer, order.phone, order.channel) == (draft.name, draft.phone, draft.came_by)
    assert (order.created, order.due) == (NOW.timestamp(), draft.due and draft.due.timestamp())
    for item, line in zip(order.items, draft.lines, strict=True):
        assert (item.name, item.code, item.quantity) == (line.product.name, line.product.code, line.quantity)
        assert (item.note, tuple(option.name for option in item.options)) == (line.note, line.options)
        assert (item.bakery.cake_text or "", item.bakery.candles) == (line.cake_text, line.candles)
        assert (item.bakery.size or "", item.bakery.flavour or "") == (line.size, line.flavour)
        assert item.bakery.allergens == line.product.allergens


def test_what_has_a_lead_or_is_for_another_day_may_wait_and_bread_for_today_may_not() -> None:
    def scheduled(line: Line, **later: float) -> bool:
        return heard(Draft((line,), NOW + timedelta(**later))).scheduled

    assert not scheduled(Line(BAGUETTE), minutes=45), "held, it would be begun when it should be there"
    assert scheduled(Line(BAGUETTE), days=1)
    assert scheduled(Line(CAKE), hours=8)
    assert not heard(Draft((Line(CAKE),))).scheduled


def test_the_longest_lead_decides_what_is_too_early() -> None:
    both = Draft((Line(BAGUETTE), Line(CAKE)))
    assert both.earliest(NOW) == NOW + timedelta(hours=3)
    for minutes, early in ((45, True), (178, True), (180, False)):
        due = NOW + timedelta(minutes=minutes)
        assert msgspec.structs.replace(both, due=due).too_early(NOW) is early
        assert not Draft((Line(BAGUETTE),), due).too_early(NOW)


def test_more_of_the_same_is_one_line_and_with_another_note_it_is_two() -> None:
    draft = Draft().with_line(Line(BAGUETTE, Decimal(3))).with_line(Line(BAGUETTE))
    assert [line.quantity for line in draft.lines] == [4]
    draft = draft.with_line(Line(BAGUETTE, note="sliced"))
    assert [line.quantity for line in draft.lines] == [4, 1]
    assert [line.note for line in draft.without_line(1).lines] == ["sliced"]


def test_who_leaves_a_number_has_phoned_unless_it_is_said() -> None:
    assert [Draft().came_by, Draft(phone="138").came_by, Draft(phone="138", channel="wechat").came_by] == [
        "walk-in", "phone", "wechat",
    ]  # fmt: skip
