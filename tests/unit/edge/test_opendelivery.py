"""Open Delivery: an order is read or refused with the place of its mistake, and what is optional never costs it."""

import json
from contextlib import suppress
from copy import deepcopy
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from edge.cards import show_board, show_status
from edge.intents import Place
from edge.opendelivery import Unreadable, read_order
from edge.orders import Bakery, Option, Order
from edge.vitals import Vitals
from tests.builders import MORNING, a_stamp
from tests.cloud import EXAMPLE
from tests.unit.edge.kitchen import Kitchen

DATA: dict[str, Any] = json.loads(EXAMPLE)["data"]
FULL: dict[str, Any] = DATA | {
    "delivery": {"estimatedDeliveryDateTime": "2026-11-22T09:00:00Z"},
    "merchant": {"id": "m1", "name": "麦田"},
    "orderPriority": 2,
    "extraInfo": "门铃坏了",
}


def read(data: Any, *merchants: str) -> Order:
    """The order in this JSON."""
    return read_order(json.dumps(data).encode(), merchants)


def at(data: Any, path: str, value: Any) -> Any:
    """The same data with another value at a path such as `items.0.name`."""
    changed = deepcopy(data)
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place = changed
    for step in way:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return changed


def when(text: str) -> float:
    """Seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def test_the_example_of_the_contract_is_read_whole() -> None:
    order = read(DATA)
    (item,) = order.items
    assert (order.id, order.display_id, order.type) == ("0f8fad5b-d9cb-469f-a165-70867728950e", "A017", "TAKEOUT")
    assert (order.channel, order.scheduled, order.reply_to) == ("meituan", True, "…")
    assert (order.created, order.due) == (when("2026-11-22T01:00:00Z"), when("2026-11-22T08:30:00Z"))
    assert (order.customer, order.phone) == ("王女士", "13800001234")
    assert (item.id, item.name, item.code) == ("1", "草莓奶油蛋糕 8寸", "cake-strawberry-8")
    assert (item.quantity, item.unit, item.note) == (Decimal(1), "UN", "少糖")
    assert item.options == (Option("夹心:芒果", Decimal(1)),)
    assert item.bakery == Bakery(cake_text="小雨,生日快乐!", candles=6, allergens=("egg", "milk"))
    assert order.dropped == ()


def test_an_order_needs_no_more_than_is_required() -> None:
    data = {key: DATA[key] for key in ("id", "displayId", "type", "createdAt")}
    order = read(data | {"items": [{"id": "1", "name": "Bun", "quantity": 2}]})
    assert (order.due, order.scheduled, order.channel, order.customer) == (None, False, "", "")
    assert order.items[0].bakery == Bakery()


# --- what is required -------------------------------------------------------------------------------------------------

REQUIRED = ("id", "displayId", "type", "createdAt", "items", "items.0.id", "items.0.name", "items.0.quantity")


@pytest.mark.parametrize("value", [..., None, {}, True, [1]])
@pytest.mark.parametrize("path", REQUIRED)
def test_what_is_required_and_missing_or_wrong_is_refused_with_its_path(path: str, value: Any) -> None:
    named = path.replace(".0", "[0]")
    with pytest.raises(Unreadable) as refused:
        read(at(DATA, path, value))
    assert str(refused.value).startswith(f"{named}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", ""),
        ("id", "x" * 201),
        ("displayId", ""),
        ("displayId", 17),
        ("type", "PIZZA"),
        ("type", "delivery"),
        ("createdAt", "yesterday"),
        ("createdAt", "2026-11-22T01:00:00"),
        ("createdAt", 1_795_309_200),
        ("createdAt", "0001-01-01T00:00:00Z"),
        ("createdAt", "9999-12-31T23:59:59-14:00"),
        ("items", []),
        ("items", [None]),
        ("items", "bun"),
        ("items.0.id", ""),
        ("items.0.name", ""),
        ("items.0.quantity", 0),
        ("items.0.quantity", -1),
        ("items.0.quantity", 1_000_001),
        ("items.0.quantity", 0.0001),
        ("items.0.quantity", "NaN"),
        ("items.0.quantity", "sNaN"),
        ("items.0.quantity", "-Infinity"),
        ("items.0.quantity", "two"),
        ("items.0.quantity", "1e-999999"),
        ("items.0.quantity", "1e999999"),
        ("items.0.quantity", 10**40),
    ],
)
def test_a_required_value_that_makes_no_sense_is_refused_with_its_path(path: str, value: Any) -> None:
    with pytest.raises(Unreadable) as refused:
        read(at(DATA, path, value))
    assert str(refused.value).startswith(path.replace(".0", "[0]"))


def test_a_name_longer_than_anybody_reads_is_cut_and_flagged_and_costs_no_order() -> None:
    data = at(at(DATA, "items.0.name", "长" * 1_001), "items.0.options", [{"name": "x" * 5_000}, {"name": "y" * 1_000}])
    order = read(data)
    (item,) = order.items
    assert item.name == "长" * 999 + "…"
    assert [option.name for option in item.options] == ["x" * 999 + "…", "y" * 1_000]
    assert order.dropped == ("items[0].name", "items[0].options[0].name")


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"5", b'"x"', b"NaN", b"\xff\xfe", b"{}", b"[" * 100_000])
def test_what_is_no_order_at_all_is_refused_in_one_line(raw: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read_order(raw)
    assert str(refused.value).strip(": ")
    assert "\n" not in str(refused.value)


def test_every_item_is_required_to_be_whole() -> None:
    data = at(DATA, "items", [DATA["items"][0], DATA["items"][0] | {"id": "2", "name": None}])
    with pytest.raises(Unreadable, match=r"items\[1\]\.name: required"):
        read(data)


# --- what is optional -------------------------------------------------------------------------------------------------

OPTIONAL = {
    "orderTiming": (5, "LATER", {}),
    "schedule": (5, "soon", []),
    "schedule.scheduledDateTimeStart": (5, "soon", "2026-11-22T08:00:00"),
    "schedule.scheduledDateTimeEnd": (5, "soon"),
    "takeout": ("soon", [1]),
    "takeout.takeoutDateTime": (5, "soon", "2026-11-22", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"),
    "delivery": (True,),
    "delivery.estimatedDeliveryDateTime": ("soon", {}, "0001-01-01T00:00:00+14:00"),
    "salesChannel": (5, ["meituan"]),
    "merchant": ("m1",),
    "merchant.id": (1,),
    "merchant.name": (1,),
    "customer": ("王女士",),
    "customer.name": (5, {}),
    "customer.phone": ("13800001234",),
    "customer.phone.number": (13800001234,),
    "orderPriority": ("high", 10, -1, 1.5),
    "extraInfo": (5, {}),
    "replyTo": (5, []),
    "items.0.externalCode": (5, {}),
    "items.0.unit": (5,),
    "items.0.options": ("mango", {}),
    "items.0.options.0": ("mango", None, {"quantity": 1}),
    "items.0.options.0.quantity": ("two", True),
    "items.0.specialInstructions": (5, []),
    "items.0.bakery": ("happy birthday", []),
    "items.0.bakery.cakeText": (5,),
    "items.0.bakery.candles": ("six", -1, 1_001, 6.5),
    "items.0.bakery.size": (8,),
    "items.0.bakery.flavour": (8,),
    "items.0.bakery.filling": (8,),
    "items.0.bakery.frosting": (8,),
    "items.0.bakery.picture": (8,),
    "items.0.bakery.allergens": ("egg", {}),
    "items.0.bakery.allergens.0": (5, None),
}


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in OPTIONAL.items() for value in values])
def test_a_bad_optional_field_is_dropped_and_named_and_never_costs_the_order(path: str, value: Any) -> None:
    named = path
    for number in ("0", "1"):
        named = named.replace(f".{number}", f"[{number}]")
    order = read(at(FULL, path, value))
    assert [dropped.split(".name")[0] for dropped in order.dropped] == [named] or order.dropped == (named,)
    assert order.items[0].name == "草莓奶油蛋糕 8寸"


@pytest.mark.parametrize("number", ["1e999", "-1E+999999999", "9" * 400, "9" * 5_000])
@pytest.mark.parametrize("path", ["items.0.bakery.candles", "items.0.options", "orderPriority", "replyTo"])
def test_a_number_out_of_all_range_costs_its_own_field_alone(path: str, number: str) -> None:
    raw = json.dumps(at(FULL, path, "here")).replace('"here"', number)
    order = read_order(raw.encode())
    assert order.dropped == (path.replace(".0", "[0]"),)
    assert order.items[0].name == "草莓奶油蛋糕 8寸"


@pytest.mark.parametrize("number", ["1e999", "9" * 400])
def test_a_number_out_of_all_range_where_nobody_looks_is_ignored(number: str) -> None:
    raw = json.dumps(FULL | {"total": "here", "customer": 5}).replace('"here"', number)
    assert read_order(raw.encode()).dropped == ("customer",)


@pytest.mark.parametrize("path", ["id", "displayId", "items.0.quantity", "createdAt"])
def test_a_number_out_of_all_range_is_no_id_time_or_quantity(path: str) -> None:
    raw = json.dumps(at(FULL, path, "here")).replace('"here"', "1e999")
    with pytest.raises(Unreadable, match=path.replace(".0", r"\[0\]")):
        read_order(raw.encode())


def test_several_bad_fields_are_all_named() -> None:
    data = at(
        at(at(FULL, "customer", 5), "items.0.bakery.candles", "six"), "items.0.bakery.allergens", ["egg", 5, None]
    )
    order = read(data)
    assert set(order.dropped) == {"customer", "items[0].bakery.candles", "items[0].bakery.allergens[1]"} | {
        "items[0].bakery.allergens[2]"
    }
    assert order.items[0].bakery.allergens == ("egg",)


@pytest.mark.parametrize("path", [path for path in OPTIONAL if not path.endswith(".0")])
def test_null_means_absent(path: str) -> None:
    absent = FULL
    with suppress(KeyError):
        absent = at(FULL, path, ...)
    assert read(at(FULL, path, None)) == read(absent)
    assert read(absent).dropped == ()


def test_unknown_fields_are_ignored() -> None:
    assert read(FULL | {"benefits": [{"value": "x"}], "items": [FULL["items"][0] | {"ean": 5}]}) == read(FULL)


def test_a_senseless_time_is_dropped_and_the_next_one_counts() -> None:
    order = read(at(FULL, "takeout.takeoutDateTime", "0001-01-01T00:00:00Z"))
    assert (order.due, order.dropped) == (when("2026-11-22T09:00:00Z"), ("takeout.takeoutDateTime",))


# --- what it means ----------------------------------------------------------------------------------------------------


def test_an_order_is_due_at_its_pickup_else_its_delivery_else_the_start_of_its_schedule() -> None:
    due = []
    data = deepcopy(FULL)
    for path in ("takeout", "delivery", "schedule", "id"):
        due.append(read(data | {"id": "1"}).due)
        data.pop(path)
    assert due == [when("2026-11-22T08:30:00Z"), when("2026-11-22T09:00:00Z"), when("2026-11-22T08:00:00Z"), None]


def test_only_scheduled_orders_are_scheduled() -> None:
    assert [read(FULL | {"orderTiming": timing}).scheduled for timing in ("INSTANT", "SCHEDULED", "ONDEMAND")] == [
        False,
        True,
        False,
    ]


def test_two_lines_under_one_id_are_two_lines_all_the_same() -> None:
    line = {"name": "Bun", "quantity": 1}
    order = read(DATA | {"items": [line | {"id": n} for n in ("1", "1", "1#2", "1")]})
    assert len({item.id for item in order.items}) == 4
    assert order.items[0].id == "1"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (1, "1"),
        (2.50, "2.5"),
        (0.30000000000000004, "0.3"),
        ("3", "3"),
        ("1E+2", "100"),
        (1e6, "1000000"),
        (0.001, "0.001"),
    ],
)
def test_a_quantity_is_kept_to_a_thousandth_in_as_few_digits_as_it_needs(sent: Any, meant: str) -> None:
    assert str(read(at(DATA, "items.0.quantity", sent)).items[0].quantity) == meant


@pytest.mark.parametrize(
    ("sent", "meant"), [(2, "2"), (0, "0"), (None, "1"), ("NaN", "1"), (-1, "1"), ("1e-999999", "1")]
)
def test_an_option_counts_once_where_its_quantity_says_nothing(sent: Any, meant: str) -> None:
    assert str(read(at(DATA, "items.0.options.0.quantity", sent)).items[0].options[0].quantity) == meant


def test_an_order_for_another_merchant_is_refused() -> None:
    assert read(FULL, "m0", "m1").id == FULL["id"]
    for data in (FULL, DATA, at(FULL, "merchant.id", 5), at(FULL, "merchant", None)):
        with pytest.raises(Unreadable, match=r"merchant\.id: not one of store\.merchant_ids"):
            read(data, "m2")


# --- anything ---------------------------------------------------------------------------------------------------------

NASTY: SearchStrategy[Any] = st.sampled_from(
    [
        *(
            None,
            True,
            False,
            0,
            -1,
            10**30,
            1e308,
            -0.0,
            "",
            " ",
            "\x00",
            "x" * 1_001,
            "NaN",
            "Infinity",
            "1e999999999",
        ),
        *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-13-45T99:99:99Z", "2026-11-22T01:00:60Z"),
        *("2026-11-22", "-2026-11-22T01:00:00Z", "2026-02-30T00:00:00Z", [[]], [{}], {"": {}}, {"id": {"id": []}}),
    ]
)
ANYTHING = st.recursive(
    NASTY | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(FULL)) | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)
PATHS = (*REQUIRED, *OPTIONAL)


@st.composite
def spoilt_orders(draw: st.DrawFn) -> Any:
    """The full order with some of its fields replaced by anything."""
    data = deepcopy(FULL)
    for path in draw(st.lists(st.sampled_from(PATHS), max_size=5)):
        try:
            data = at(data, path, draw(ANYTHING))
        except (TypeError, KeyError, IndexError):  # that place is spoilt already
            continue
    return data


def read_or_refused(raw: bytes) -> Order | None:
    """The order, or nothing where it is refused; anything else is a bug."""
    with suppress(Unreadable):
        return read_order(raw)
    return None


@given(spoilt_orders() | ANYTHING)
@settings(max_examples=400)
def test_any_json_is_an_order_or_unreadable(data: Any) -> None:
    order = read_or_refused(json.dumps(data).encode())
    if order is not None:
        assert order.id
        assert order.items


@given(
    st.binary() | st.builds(lambda cut, byte: json.dumps(FULL).encode()[:cut] + byte, st.integers(0, 900), st.binary())
)
@settings(max_examples=300)
@example(b'{"id":' * 2_000)
@example(b'{"items":' + b"[" * 50_000)
@example(b'{"id": "\\ud800"}')
@example(b'{"id": 1e999999999999}')
@example(b'{"createdAt": -1e400}')
def test_any_bytes_are_an_order_or_unreadable(raw: bytes) -> None:
    read_or_refused(raw)


@given(spoilt_orders())
@settings(max_examples=200)
def test_whatever_can_be_read_can_be_stored_and_shown(data: Any) -> None:
    order = read_or_refused(json.dumps(data).encode())
    if order is None:
        return
    assert msgspec.json.decode(msgspec.json.encode(order), type=Order) == order
    kitchen = Kitchen()
    kitchen.ask(Place(order, a_stamp(time=MORNING)))
    view = show_board(kitchen.board, "journal", kitchen.clock.now(), show_status(kitchen.board, Vitals(), ""))
    assert msgspec.json.decode(msgspec.json.encode(view), type=type(view)) == view
