"""What somebody types at the counter, and which of the store's products they mean by it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.entry.matching import initials, matching, read_line
from edge.info import Product
from tests.unit.display.counter_bakery import products

SHOP = products("en")
BAKERY = products("zh")
SPECIAL = (Product("x1", "7up"), Product("loaf-1", "Loaf, plain"), Product("loaf-2", "Loaf, sliced"), *SHOP)

names = st.text(st.characters(categories=["L", "Nd", "Zs"], include_characters="-.,草莓可颂"), min_size=1, max_size=12)
shops = st.lists(
    st.builds(Product, names.filter(str.strip), names.filter(str.strip)), max_size=8, unique_by=lambda one: one.code
).map(tuple)


def meant(text: str, shop: tuple[Product, ...] = SHOP) -> tuple[str, str]:
    """How many of which product Enter takes."""
    wanted = read_line(text, shop)
    found = matching(shop, wanted.what)
    return f"{wanted.quantity:f}", shop[found[0]].code if found else ""


@pytest.mark.parametrize(
    "text",
    ["3 bag", "bag 3", "bag x3", "bag x 3", "bag*3", "3x bag", "3 x bag", "3*bag", "3 1", "1 x3", "3 bread-baguette",
     "bread-baguette 3", "  3   BAG ", "３　bag", "3bag"],
)  # fmt: skip
def test_three_baguettes_can_be_typed_in_many_ways(text: str) -> None:
    assert meant(text) == ("3", "bread-baguette")


@pytest.mark.parametrize(
    "text", ["3 可颂", "可颂 3", "3可颂", "可颂3", "3个可颂", "可颂3个", "可颂×3", "3 ks", "3ks", "ks 3"]
)
def test_chinese_needs_no_spaces_and_initials_do(text: str) -> None:
    assert meant(text, BAKERY) == ("3", "bread-croissant")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bag", ("1", "bread-baguette")),
        ("bage", ("1", "bread-bagel")),
        ("sour", ("1", "bread-sourdough")),
        ("cake", ("1", "cake-strawberry")),
        ("mousse 2", ("2", "cake-mousse")),
        ("scc", ("1", "cake-strawberry")),
        ("crssnt", ("1", "bread-croissant")),
        ("cream straw", ("1", "cake-strawberry")),
        ("1.5 sour", ("1.5", "bread-sourdough")),
        ("2", ("1", "bread-bagel")),
        ("2 2", ("2", "bread-bagel")),
        ("0 bag", ("1", "")),
        ("wedding cake", ("1", "")),
    ],
)
def test_some_letters_are_enough(text: str, expected: tuple[str, str]) -> None:
    assert meant(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7up", ("1", "x1")), ("2 7up", ("2", "x1")), ("loaf, sl", ("1", "loaf-2")), ("2 loaf-1", ("2", "loaf-1"))],
)
def test_what_is_in_a_name_is_neither_how_many_nor_a_note(text: str, expected: tuple[str, str]) -> None:
    assert meant(text, SPECIAL) == expected


@pytest.mark.parametrize("text", ["3 bag, well done", "bag 3，well done", "3 bag;well done", "bag x3、 well done"])
def test_what_stands_after_a_comma_is_a_note(text: str) -> None:
    assert read_line(text, SHOP) == (Decimal(3), "bag", "well done")


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("可颂", "ks"),
        ("北海道吐司", "bhdts"),
        ("芒果慕斯 6寸", "mgms6c"),
        ("草莓挞", "c?t"),
        ("🎂 抹茶 Roll", "mcroll"),
    ],
)
def test_initials_are_those_of_a_till(name: str, keys: str) -> None:
    assert initials(name) == keys


@pytest.mark.parametrize("text", ["cm", "cmn", "cmnydg", "ny", "dg"])
def test_a_character_whose_sound_is_not_known_may_be_any(text: str) -> None:
    assert meant(text, BAKERY) == ("1", "cake-strawberry")


def test_without_a_word_all_products_are_offered_in_the_stores_order() -> None:
    assert matching(SHOP, "") == [*range(len(SHOP))]


@given(shops, st.data())
def test_a_product_is_found_by_its_whole_name_its_code_and_its_number(
    shop: tuple[Product, ...], data: st.DataObject
) -> None:
    if not shop:
        return
    place = data.draw(st.integers(0, len(shop) - 1))
    for said in (shop[place].name, shop[place].code, str(place + 1)):
        assert place in matching(shop, said)


@given(shops, names, names)
def test_more_letters_never_bring_back_what_fewer_had_ruled_out(
    shop: tuple[Product, ...], said: str, more: str
) -> None:
    if more[0].isspace() or not said.strip() or said[-1].isspace():
        return  # another word
    assert set(matching(shop, said + more)) <= set(matching(shop, said))


@given(st.integers(1, 999), st.sampled_from(SHOP), st.sampled_from(["{n} {p}", "{p} {n}", "{n} x {p}", "{p} x{n}"]))
def test_every_number_of_every_product_is_understood(number: int, product: Product, shape: str) -> None:
    for said in (product.name, product.code):
        assert meant(shape.format(n=number, p=said)) == (str(number), product.code)


@given(st.text(max_size=60), shops)
def test_whatever_is_typed_is_read(text: str, shop: tuple[Product, ...]) -> None:
    wanted = read_line(text, shop)
    assert wanted.quantity > 0
    assert all(0 <= place < len(shop) for place in matching(shop, wanted.what))
