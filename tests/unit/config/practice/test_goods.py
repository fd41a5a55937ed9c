"""What practice orders are made of: the store's products, else what its routes are for, else just something."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from config.practice.goods import example, goods_of
from config.settings import StoreFile, check_store
from edge.routes import route_for
from edge.words import speak

ENGLISH, CHINESE = speak("en"), speak("zh")
GLOB = st.text("abz蛋-*?[]!9", min_size=1, max_size=12)


def a_store(**sections: Any) -> StoreFile:
    """The settings of a store."""
    return check_store({"store": {"id": "s"}, **sections}, Path("store.toml"))


def test_the_store_s_own_products_are_ordered() -> None:
    products = [{"code": "cake-1", "name": "Black forest"}, {"code": "rye", "name": "Rye bread"}]
    assert [one.name for one in goods_of(a_store(products=products), ENGLISH)] == ["Black forest", "Rye bread"]


def test_without_products_something_is_made_up_that_each_route_matches() -> None:
    store = a_store(
        routes=[
            {"match": "cake-*", "stages": ["baking", "frosting"]},
            {"match": "bread-?[0-9]", "stages": ["baking"]},
            {"match": "*", "stages": ["boxing"]},
        ]
    )
    goods = goods_of(store, CHINESE)
    assert [one.name for one in goods] == ["蛋糕", "面包", "商品"]
    layout = store.layout
    assert [route_for(layout, one.code, one.name) for one in goods] == list(store.routes)


def test_a_route_that_nothing_can_take_because_another_comes_before_it_has_no_product() -> None:
    store = a_store(routes=[{"match": "*", "stages": ["baking"]}, {"match": "cake-*", "stages": ["frosting"]}])
    assert [one.name for one in goods_of(store, ENGLISH)] == ["product"]


def test_a_store_that_says_nothing_of_what_it_sells_gets_something_all_the_same() -> None:
    assert [one.name for one in goods_of(a_store(), CHINESE)] == ["商品"]


@given(GLOB)
def test_an_example_of_a_glob_is_matched_by_it(match: str) -> None:
    text = example(match)
    assert text is None or fnmatchcase(text, match)
    if not set(match) & set("[]"):
        assert text is not None
