"""What a card says: read from three metres, in two languages, in any size, whatever a customer wrote."""

import os
from decimal import Decimal
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style

from display.cells import cut, row, wrap
from display.palette import RED, ink
from edge.orders import Bakery, ItemId, Option, OrderState, StageId, Word
from edge.views import Card, RemovedItem
from edge.words import Language
from tests.unit.display.cards import (
    BIRTHDAY,
    CANCELLED,
    CHANGED,
    FINISH,
    GONE,
    NOW,
    a_card,
    a_line,
    drawn,
    face,
    in_the_oven,
    minutes,
    said,
)

GOLDEN = Path(__file__).parent / "golden"
CARDS = {"card": BIRTHDAY, "changed": CHANGED, "removed": GONE, "cancelled": CANCELLED}
SIZES = {"airy": (49, 20), "large": (29, 11), "compact": (26, 5), "small": (20, 3)}
POWERFUL = "[red]sale[/red] \x1b[31m\x1b]0;owned\x07 \x9b2J \u202eevil\u202c ❤️ 👍🏽"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", CARDS)
def test_a_card_looks_as_it_should(name: str, size: str, language: Language) -> None:
    picture = "".join(f"|{line}|\n" for line in drawn(CARDS[name], *SIZES[size], language=language, later=12))
    golden = GOLDEN / f"{name}-{size}-{language}.txt"
    if os.environ.get("OVENBELL_GOLDEN") == "write":
        golden.write_text(picture, encoding="utf-8")
    assert picture == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize(("later", "word"), [(24, "ON TIME"), (26, "SOON"), (40, "SOON"), (41, "LATE")])
def test_a_card_says_how_near_its_due_time_is(later: float, word: str) -> None:
    assert word in said(a_card(), later=later)


def test_the_countdown_is_in_whole_minutes_and_then_counts_up() -> None:
    card = a_card(due=NOW + minutes(10))
    assert "01:10 in 10 min" in said(card)
    assert "01:10 in 9 min" in said(card, later=0.1)
    assert "01:10 due now" in said(card, later=9.5)
    assert "01:10 3 min late" in said(card, later=13)


def test_a_time_far_away_is_said_in_hours_and_another_day_with_its_date() -> None:
    assert "11-23 03:00 in 26 h" in said(a_card(due=NOW + minutes(26 * 60)))


def test_a_stage_that_has_not_had_its_shortest_time_is_early_and_says_how_much_is_missing() -> None:
    card = a_card(in_the_oven(min_minutes=25, max_minutes=40), next=FINISH, due=None)
    text = said(card, later=10)
    assert "EARLY" in text
    assert "Baking 10/25-40 min" in text
    assert "next: finish Baking 15 min too early" in text
    assert "ON TIME" in said(card, later=26)


def test_a_stage_near_its_longest_time_is_soon_and_past_it_late_whatever_the_due_time() -> None:
    card = a_card(in_the_oven(min_minutes=25, max_minutes=40), next=FINISH, due=NOW + minutes(300))
    assert "SOON" in said(card, later=33)
    assert "LATE" in said(card, later=41)


def test_no_clock_is_ever_negative_when_the_hubs_clock_was_set_back() -> None:
    text = said(a_card(in_the_oven(), next=FINISH), later=-30)
    assert "Baking 0 min" in text
    assert "-" not in text


def test_a_card_says_what_the_next_press_does_and_which_items_it_moves() -> None:
    both = (in_the_oven(), a_line("Cake", item=ItemId("2"), stage=StageId("cooling"), stage_name="Cooling"))
    lines = drawn(a_card(*both, next=FINISH))
    assert lines[-1].strip() == "next: finish Baking"
    assert next(line for line in lines if "Cake" in line).endswith("Cooling ")
    assert "Baking" not in next(line for line in lines if "Rye" in line)


def test_quantities_options_notes_and_cake_text_are_all_there() -> None:
    line = a_line(
        "Cake",
        quantity=Decimal("1.50"),
        unit="KG",
        options=(Option("Mango"), Option("Candle", Decimal(3))),
        note="less sugar",
        bakery=Bakery(size="8 inch", cake_text="Happy birthday", candles=6),
    )
    text = said(a_card(line, note="ring twice"), 60)
    for part in (
        "1.5 KG Cake",
        "8 inch, Mango, Candle x3, 6 candles",
        "note: less sugar",
        'on it: "Happy birthday"',
        "note: ring twice",
    ):
        assert part in text


@pytest.mark.parametrize("size", [(60, 20), (29, 11), (24, 5)])
def test_allergens_stay_when_there_is_no_room_for_anything_else(size: tuple[int, int]) -> None:
    lines = [a_line(f"Cake {n}", item=ItemId(str(n)), note="so much to say " * 5) for n in range(6)]
    lines.append(a_line("Nut cake", item=ItemId("9"), bakery=Bakery(allergens=("nuts",))))
    text = said(a_card(*lines), *size)
    assert "ALLERGENS nuts" in text
    assert "+" in text, "what has no room is counted"


@given(st.integers(20, 60), st.integers(3, 24), st.sets(st.sampled_from(list(Word))), st.integers(1, 4))
def test_no_size_and_no_mark_ever_hides_that_there_are_allergens(
    width: int, height: int, marks: set[Word], items: int
) -> None:
    lines = [a_line(item=ItemId(str(n)), note="please", bakery=Bakery(allergens=("nuts",))) for n in range(items)]
    text = "\n".join(drawn(a_card(*lines, marks=tuple(marks), dropped=("schedule",)), width, height))
    assert " ALLERGENS nuts" in text or " ! " in text


def test_on_the_smallest_card_allergens_are_still_marked() -> None:
    assert " ! " in drawn(a_card(a_line(bakery=Bakery(allergens=("nuts",)))), 20, 3)[1]
    assert " ! " not in drawn(a_card(), 20, 3)[1]


def test_marks_are_words_and_the_worst_comes_first() -> None:
    card = a_card(marks=(Word.NEW, Word.CHANGED, Word.ALLERGEN), priority=1)
    lines = drawn(card, 49, 18)
    assert next(line for line in lines if "A017" in line).rstrip().endswith("ALLERGEN")
    assert "CHANGED NEW FIRST" in " ".join(" ".join(lines).split())


def test_a_long_display_id_is_whole_even_beside_a_mark() -> None:
    text = said(a_card(display_id="MT-1122-0017", marks=(Word.CHANGED,)), 29, 12, position=12)
    assert "MT-1122-0017" in text
    assert "CHANGED" in text


def styles(card: Card, word: str, width: int = 49, height: int = 20) -> list[Style | None]:
    """How the parts of a card's body are drawn that have a word in them."""
    strips = face(card, width, height).body()
    return [segment.style for strip in strips for segment in strip if word in segment.text]


def test_a_change_is_said_in_words_at_each_item() -> None:
    text = said(CHANGED, *SIZES["airy"])
    for words in ("ALTERED changed: quantity, cake text", "Sourdough loaf, sliced ADDED", "2 Plain bagel REMOVED"):
        assert words in text


def test_a_removed_item_is_struck_through_and_one_that_somebody_is_at_shouts() -> None:
    (removed,) = styles(CHANGED, "Plain bagel")
    assert removed is not None
    assert removed.strike
    (stop,) = styles(CHANGED, "STOP 6 可颂")
    assert stop is not None
    assert (stop.bgcolor, stop.bold) == (Color.parse(RED), True)


@pytest.mark.parametrize("size", [(width, height) for width in (20, 26, 29, 49) for height in (3, 4, 5, 8, 11, 20)])
def test_no_size_hides_what_is_to_be_stopped(size: tuple[int, int]) -> None:
    text = said(CHANGED, *size)
    assert "STOP 6 可颂" in text
    assert "ALLERGENS 鸡蛋" in text or " ! " in f" {text}"


@pytest.mark.parametrize("size", [(width, height) for width in (20, 26, 29, 49) for height in (3, 4, 5, 8, 11, 20)])
def test_a_card_with_nothing_but_what_was_removed_says_what_and_asks_to_be_acknowledged(size: tuple[int, int]) -> None:
    text = said(GONE, *size)
    assert "REMOVED" in text
    assert "bagel" in text or size[0] < 26
    assert "changed: ack" in text


def test_a_cancelled_card_is_struck_through() -> None:
    assert all(style and style.strike for style in styles(CANCELLED, "Sourdough loaf"))


def test_a_cancelled_card_says_so_and_asks_to_be_acknowledged() -> None:
    text = said(a_card(state=OrderState.CANCELLED, next=None, marks=(Word.CANCELLED,)))
    assert "CANCELLED" in text
    assert text.endswith("cancelled: acknowledge")
    assert "next" not in text


def test_fields_that_could_not_be_understood_are_named() -> None:
    assert "NOT UNDERSTOOD items[0].bakery.candles" in said(a_card(dropped=("items[0].bakery.candles",)), 60)


def test_a_card_of_a_board_that_is_not_live_shows_no_clock_and_no_next_step() -> None:
    text = said(a_card(), live=False)
    assert "OLD" in text
    assert "min" not in text
    assert "next" not in text


def test_a_big_number_can_be_read_without_colours() -> None:
    lines = drawn(a_card(), 40, 11, position=12)
    assert [line[1:10].rstrip() for line in lines[:3]] == [" 11  2222", "111     2", " 11  2222"]


def test_what_a_customer_wrote_is_text_and_nothing_else() -> None:
    card = a_card(
        a_line(POWERFUL, note=POWERFUL, options=(Option(POWERFUL),), bakery=Bakery(POWERFUL, allergens=(POWERFUL,))),
        customer=POWERFUL, channel=POWERFUL, note=POWERFUL, display_id="[bold]A1[/]\x1b[2J", dropped=(POWERFUL,),
    )  # fmt: skip
    text = said(card, 80, 40)
    assert "[red]sale[/red]" in text
    assert "[bold]A1[/]" in text
    assert not set(text) & set("\x1b\x07\x9b\u202e\u202c\ufe0f")


@given(
    st.text(max_size=60), st.text(max_size=300), st.tuples(st.integers(20, 60), st.integers(3, 24)), st.integers(1, 99)
)
def test_whatever_was_written_every_row_has_exactly_its_width_and_the_card_its_height(
    name: str, note: str, size: tuple[int, int], position: int
) -> None:
    bakery = Bakery(cake_text=note, allergens=(name,))
    line = a_line(name, note=note, options=(Option(name),), bakery=bakery, change="altered", changed=("note", name))
    removed = tuple(RemovedItem(ItemId(name), name, Decimal(1), name, begun=begun) for begun in (True, False))
    card = a_card(line, in_the_oven(), note=note, customer=name, display_id=name, marks=(Word.NEW,), removed=removed)
    lines = drawn(card, *size, position=position)
    assert len(lines) == size[1]
    assert {cell_len(text) for text in lines} == {size[0]}
    assert not {category(character)[0] for text in lines for character in text} & {"C"}, "nothing that steers"


@given(st.text(alphabet="ab 好，蛋。", max_size=80), st.integers(2, 20))
def test_wrapped_text_keeps_every_character_within_its_width(text: str, width: int) -> None:
    rows = wrap(text, width)
    assert all(cell_len(line) <= width for line in rows)
    assert "".join("".join(rows).split()) == "".join(text.split())


def test_punctuation_does_not_begin_a_row() -> None:
    assert wrap("草莓蛋糕,少糖,多冰", 8) == ["草莓蛋", "糕,少糖,", "多冰"]


def test_a_cut_text_shows_that_it_was_cut() -> None:
    assert cut("Strawberry cake", 8) == "Strawb.."
    assert cut("草莓奶油蛋糕", 8) == "草莓奶.."
    assert row(6, ink(), ("草莓奶油", ink()), right=("!", ink())).text == "草.. !"
