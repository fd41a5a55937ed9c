"""Shapes: every mistake in loose data is named by its path, and what fits is kept."""

from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta

from edge.shapes import Mistake, sift


class Topping(msgspec.Struct, frozen=True):
    name: Annotated[str, Meta(min_length=1)]
    grams: Annotated[int, Meta(ge=1, le=500)] | None = None


class Cake(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    kind: Literal["round", "square"] = "round"
    toppings: tuple[Topping, ...] = ()
    layers_from_below: tuple[str, ...] | None = None
    stand: Topping | None = None
    prices: dict[str, int] = {}


class Counter(msgspec.Struct, frozen=True):
    cakes: tuple[Cake, ...]
    best: Cake | None = None


def paths(value: Any, *, strict: bool = False, shape: Any = Cake) -> dict[str, bool]:
    """Where the mistakes are, and whether each spoils the whole."""
    return {mistake.path: mistake.required for mistake in sift(value, shape, strict=strict)[1]}


def test_what_fits_is_kept_as_it_is() -> None:
    cake = {"name": "Linzer", "kind": "square", "toppings": [{"name": "nuts", "grams": 5}], "layersFromBelow": ["jam"]}
    assert sift(cake, Cake) == (cake, ())


def test_null_is_the_same_as_nothing() -> None:
    assert sift({"name": "Linzer", "kind": None, "toppings": None}, Cake) == ({"name": "Linzer"}, ())
    assert paths({"name": None}) == {"name": True}


def test_a_bad_optional_field_is_left_out_and_named() -> None:
    clean, mistakes = sift({"name": "Linzer", "kind": "oval", "prices": 5}, Cake)
    assert clean == {"name": "Linzer"}
    assert [(mistake.path, mistake.required) for mistake in mistakes] == [("kind", False), ("prices", False)]


def test_a_bad_row_of_an_optional_list_is_left_out_alone() -> None:
    clean, mistakes = sift({"name": "x", "toppings": [{"name": "nuts"}, {"name": ""}, 5, {"grams": 5}]}, Cake)
    assert clean == {"name": "x", "toppings": [{"name": "nuts"}]}
    assert [mistake.path for mistake in mistakes] == ["toppings[1].name", "toppings[2]", "toppings[3].name"]


def test_a_bad_field_of_a_row_costs_the_field_and_not_the_row() -> None:
    clean, mistakes = sift({"name": "x", "toppings": [{"name": "nuts", "grams": 501}]}, Cake)
    assert clean == {"name": "x", "toppings": [{"name": "nuts"}]}
    assert mistakes == (Mistake("toppings[0].grams", "Expected `int` <= 500"),)


def test_a_bad_table_is_left_out_whole_and_its_bad_entries_are_named() -> None:
    clean, mistakes = sift({"name": "x", "prices": {"small": 5, "large": "ten", "huge": None}}, Cake)
    assert clean == {"name": "x"}
    assert [mistake.path for mistake in mistakes] == ["prices.large", "prices.huge"]


def test_a_mistake_in_a_required_list_spoils_the_whole() -> None:
    clean, mistakes = sift({"cakes": [{"name": "a"}, {"kind": "round"}]}, Counter)
    assert clean is None
    assert [str(mistake) for mistake in mistakes] == ["cakes[1].name: required"]


def test_a_spoilt_optional_part_is_left_out_with_the_reason_below_it() -> None:
    clean, mistakes = sift({"cakes": [], "best": {"kind": "round"}}, Counter)
    assert clean == {"cakes": []}
    assert [(mistake.path, mistake.required) for mistake in mistakes] == [("best.name", False)]


def test_a_mistake_names_the_choices_there_were() -> None:
    _, mistakes = sift({"name": "Linzer", "kind": "oval"}, Cake)
    assert mistakes == (Mistake("kind", "expected one of round, square, not 'oval'"),)


@pytest.mark.parametrize("value", [None, 5, "x", [], True])
def test_what_is_no_table_at_all_is_one_mistake(value: Any) -> None:
    clean, (mistake,) = sift(value, Cake)
    assert (clean, mistake.path, mistake.required) == (None, "", True)
    assert str(mistake).startswith("Expected `object`")


def test_unknown_fields_are_named_only_where_that_is_asked_for() -> None:
    value = {"name": "x", "colour": "red", "stand": {"name": "gold", "height": 3}}
    assert paths(value) == {}
    assert set(paths(value, strict=True)) == {"colour", "stand.height"}


def test_all_mistakes_are_named_in_one_go() -> None:
    value = {"kind": 5, "toppings": [{"grams": 0}], "layersFromBelow": ["a", 5], "stand": {"name": 5}}
    assert paths(value) == {
        "name": True,
        "kind": False,
        "toppings[0].name": False,
        "toppings[0].grams": False,
        "layersFromBelow[1]": False,
        "stand.name": False,
    }


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3) | st.just("round"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ("name", "kind", "toppings", "grams", "layersFromBelow", "stand", "prices", "cakes", "best", "x")
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(anything, st.sampled_from((Cake, Counter, Topping)), st.booleans())
@settings(max_examples=300)
def test_what_is_left_of_anything_fits_or_says_why_not(value: Any, shape: Any, strict: bool) -> None:
    clean, mistakes = sift(value, shape, strict=strict)
    if any(mistake.required for mistake in mistakes):
        assert clean is None or strict
    else:
        assert sift(clean, shape) == (clean, ())
        msgspec.convert(clean, shape)
    assert all(mistake.expected and "\n" not in str(mistake) for mistake in mistakes)


@given(anything, st.sampled_from((Cake, Counter, Topping)))
@settings(max_examples=300)
def test_what_msgspec_takes_has_no_mistakes(value: Any, shape: Any) -> None:
    try:
        msgspec.convert(value, shape)
    except (msgspec.ValidationError, ValueError):
        return
    assert sift(value, shape)[1] == ()
