"""Text is text: whatever a customer writes, what is left has no power over a screen or a printer."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.text import LONGEST, plain
from tests.hostile import hostile

text = st.text(st.characters()) | hostile  # surrogates too
marked = st.text(st.sampled_from("ae\u200b\u200d\u0301\u0308\u0323\u202e가ᄀ\u1161\u11a8\u0958 \n…\x1b"))


@given(text | marked)
@example("a\u200b\u0301")
def test_nothing_invisible_is_left(raw: str) -> None:
    assert {unicodedata.category(c) for c in plain(raw)}.isdisjoint({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@given(text | marked)
@example("a\u200b\u0301")
@example("e\u0301\u0308\u0323\u0301")
def test_plain_text_is_plain(raw: str) -> None:
    assert plain(plain(raw)) == plain(raw)


@given(text | marked, st.integers(1, 20))
def test_a_limit_is_kept_and_what_was_cut_is_seen(raw: str, limit: int) -> None:
    short = plain(raw, limit)
    assert len(short) <= limit
    assert short == plain(raw) or short.endswith("…")
    assert plain(short, limit) == short


@given(text | marked)
def test_no_character_carries_a_pile_of_marks(raw: str) -> None:
    marks = 0
    for character in plain(raw):
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        assert marks <= 2


@given(st.text(st.characters(categories=("Lu", "Ll", "Lo", "Nd", "Po", "Sm", "Zs"))))
def test_ordinary_text_stays_as_it_is(raw: str) -> None:
    assert plain(raw) == unicodedata.normalize("NFC", raw)


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        ("小雨,生日快乐!", "小雨,生日快乐!"),
        ("two\nlines\tand\r\nmore", "two lines and  more"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x9b31mred", "31mred"),
        ("cut\x1dV\x00here", "cutVhere"),
        ("drawer\x10\x14\x01", "drawer"),
        ("\u202eevil\u202c", "evil"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("\u115f\u1160\u3164\uffa0", ""),
        ("\u2800", " "),
        ("line\u2028separator", "line separator"),
        ("broken \ud83d emoji", "broken  emoji"),
        ("whole 🎂 emoji", "whole 🎂 emoji"),
        ("e\u0301", "é"),
        ("[bold]kept[/bold]", "[bold]kept[/bold]"),
        ("", ""),
    ],
)
def test_known_tricks_are_harmless(raw: str, left: str) -> None:
    assert plain(raw) == left


def test_a_note_of_ten_thousand_characters_is_cut_where_nobody_would_read_on() -> None:
    note = plain("面" * 10_000)
    assert (len(note), note[-1]) == (LONGEST, "…")
    assert plain("x" * 10_000) == "x" * (LONGEST - 1) + "…"
