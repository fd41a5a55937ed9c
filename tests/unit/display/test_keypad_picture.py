"""A keypad as a picture: every key once, where it lies on most pads, with what it does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from display.keypad_picture import draw_keypad, key_name, lay_out, what_it_does
from edge.info import Keypad
from edge.words import speak
from tests.hostile import hostile, powers
from tests.unit.display.pantry import OVEN, PAD

say = speak("en")


def a_pad(**keys: str) -> Keypad:
    return Keypad("pad", OVEN, keys)


def test_a_whole_pad_looks_like_one() -> None:
    assert draw_keypad(PAD, say) == [
        "+-------------+-------------+-------------+-------------+",
        "| [1]         | [2]         | [3]         | [A]         |",
        "| bump 1      | bump 2      | bump 3      | acknowledge |",
        "+-------------+-------------+-------------+-------------+",
        "| [4]         | [5]         | [6]         | [B]         |",
        "| bump 4      | bump 5      | bump 6      | reprint     |",
        "+-------------+-------------+-------------+-------------+",
        "| [7]         | [8]         | [9]         | [C]         |",
        "| bump 7      | bump 8      | bump 9      | page next   |",
        "+-------------+-------------+-------------+-------------+",
        "| [*]         | [0]         | [#]         | [D]         |",
        "| bump 11     | bump 10     | bump 12     | recall      |",
        "+-------------+-------------+-------------+-------------+",
    ]


def test_keys_that_do_nothing_are_empty_and_rows_without_any_are_not_drawn() -> None:
    assert lay_out(Keypad("pad", OVEN, {"R": "recall", "2": "bump 2"})) == [[None, "2", None, "R"]]


def test_two_codes_of_one_key_are_both_there() -> None:
    assert lay_out(Keypad("pad", OVEN, {"1": "bump 1", "0x31": "bump 2"})) == [["1", None, None, "0x31"]]


def test_a_pad_without_digits_is_drawn_in_the_order_of_the_settings() -> None:
    keys = dict.fromkeys("WXYZQ", "recall")
    assert lay_out(Keypad("pad", OVEN, keys)) == [["W", "X", "Y", "Z"], ["Q", None, None, None]]


def test_a_keypad_without_keys_is_no_picture() -> None:
    assert draw_keypad(a_pad(), say) == []


@pytest.mark.parametrize(
    ("key", "name"),
    [("1", "1"), ("0x31", "1"), ("0x0d", "0x0d"), ("0x20", "0x20"), ("R", "R"), ("KEY_KP1", "1"), ("KEY_F1", "F1")],
)
def test_a_key_is_named_by_what_stands_on_it(key: str, name: str) -> None:
    assert key_name(key) == name


@pytest.mark.parametrize(
    ("action", "en", "zh"),
    [
        ("bump 3", "bump 3", "下一步 3 号"),
        ("bump 3 x6", "bump 3 x6", "3 号做 6 个"),
        ("recall", "recall", "撤回"),
        ("recall  2", "recall 2", "撤回 2 号"),
        ("acknowledge", "acknowledge", "确认"),
        ("reprint", "reprint", "重印"),
        ("page next", "page next", "下一页"),
        ("page 2", "page 2", "第 2 页"),
        ("collect 2", "collect 2", "取走 2 号"),
        ("hold 2", "hold 2", "暂存 2 号"),
        ("release", "release next", "放行下一单"),
        ("prioritise 2", "first 2", "2 号优先"),
        ("refuse 2 no eggs", "refuse 2", "拒单 2 号"),
        ("remake 2", "remake 2", "重做 2 号"),
        ("remake 2 x3", "remake 2 x3", "2 号重做 3 个"),
        ("batch 2", "batch 2", "2 号整批"),
        ("pause", "pause orders", "暂停接单"),
        ("resume", "resume orders", "恢复接单"),
        ("unavailable bun", "bun sold out", "bun 售完"),
        ("available bun", "bun back", "bun 恢复"),
        ("dance", "dance", "dance"),
    ],
)
def test_what_a_key_does_is_said_in_a_word_or_two(action: str, en: str, zh: str) -> None:
    assert (what_it_does(action, say), what_it_does(action, speak("zh"))) == (en, zh)


@given(st.dictionaries(hostile, hostile, max_size=30), st.integers(21, 120))
def test_whatever_the_settings_say_the_picture_is_straight_and_has_every_key_once(
    keys: dict[str, str], width: int
) -> None:
    keypad = Keypad("pad", OVEN, keys)
    drawn = draw_keypad(keypad, say, width)
    assert len({cell_len(line) for line in drawn}) <= 1
    assert all(cell_len(line) <= width for line in drawn)
    assert not powers("".join(drawn))
    laid = [key for row in lay_out(keypad) for key in row if key is not None]
    assert sorted(laid) == sorted(keys)
