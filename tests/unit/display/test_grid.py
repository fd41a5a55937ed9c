"""Where cards stand on a screen, and what digits mean."""

import pytest

from display.face import BIG
from display.keys import Typing
from display.station import SIZES, lay
from edge.orders import Word
from tests.unit.display.cards import FINISH, a_card, in_the_oven, said


@pytest.mark.parametrize(
    ("screen", "slots"),
    [((240, 64), 40), ((240, 64), 12), ((200, 57), 12), ((80, 19), 12), ((120, 30), 9), ((240, 64), 200)],
)
def test_a_whole_page_fits(screen: tuple[int, int], slots: int) -> None:
    grid = lay(*screen, slots)
    assert grid.places >= slots
    assert grid.rows * (grid.height + grid.gap) - grid.gap <= screen[1]
    assert grid.height >= SIZES[-1][1]


@pytest.mark.parametrize(("screen", "slots"), [((240, 62), 40), ((128, 43), 12)])
def test_a_page_of_large_cards(screen: tuple[int, int], slots: int) -> None:
    grid = lay(*screen, slots)
    assert (screen[0] - grid.columns + 1) // grid.columns >= BIG[0]
    assert grid.height >= BIG[1]


@pytest.mark.parametrize("size", SIZES)
def test_the_smallest_card_says_who_what_and_what_next(size: tuple[int, int]) -> None:
    card = a_card(in_the_oven(), marks=(Word.NEW,), next=FINISH)
    assert all(word in said(card, *size) for word in ("A017", "Rye bread", "finish Baking"))


def test_cards_do_not_get_too_small_to_read() -> None:
    grid = lay(80, 19, 60)
    assert grid.places < 60
    assert grid.height >= SIZES[-1][1]


@pytest.mark.parametrize(
    ("typed", "highest", "numbers"),
    [
        ("3", 9, [3]),
        ("12", 9, [1, 2]),
        ("1", 12, [None]),
        ("12", 12, [None, 12]),
        ("2", 12, [2]),
        ("05", 12, [None, 5]),
        ("19", 12, [None, 19]),
        ("30", 30, [None, 30]),
        ("4", 30, [4]),
        ("123", 200, [None, None, 123]),
    ],
)
def test_digits_become_a_number_as_soon_as_no_other_could_be_meant(
    typed: str, highest: int, numbers: list[int]
) -> None:
    typing = Typing()
    assert [typing.digit(digit, highest) for digit in typed] == numbers
