"""The virtual printer reads what another encoder wrote: receiptline's bytes, kept in tests/data/receiptline."""

from pathlib import Path

import pytest

from devices.paper import Code, Line, Picture
from devices.twin.reader import Reader, Ticket

RECEIPTS = Path(__file__).parents[2] / "data" / "receiptline"
# Settings of the printer that say nothing about what stands on the paper: spacing, underline, font, area, upside down.
LAYOUT = {b"\x1b ", b"\x1b-", b"\x1b2", b"\x1bM", b"\x1b{", b"\x1c(", b"\x1c-", b"\x1cS", b"\x1dL", b"\x1dW"}
RULES = {b"\x1b3", b"\x1bt", b"\x1cC"}  # a katakana page with rules in it, which no printer of ours is asked for
both = pytest.mark.parametrize("command", ["generic", "escpos"])


def read(name: str, command: str, *, beside: frozenset[bytes] = frozenset()) -> list[Ticket]:
    """The papers of a receipt, read in small pieces; all else that came were settings of the layout."""
    sent = (RECEIPTS / f"{name}-{command}.bin").read_bytes()
    papers: list[Ticket] = []
    answers: list[bytes] = []
    unknown: list[bytes] = []
    reader = Reader(48, answers.append, papers.append, unknown)
    for start in range(0, len(sent), 7):
        reader.feed(sent[start : start + 7])
    assert {one[:2] for one in unknown} <= LAYOUT | beside
    assert answers == [b"\x00"]  # it asks whether all was printed, as we do
    return papers


def looks(paper: Ticket) -> list[tuple[str, int, int, bool, bool]]:
    """The lines as they were meant."""
    return [
        (line.text.strip(), line.wide, line.high, line.bold, line.inverse) for line in paper.lines if line.text.strip()
    ]


@both
def test_text_sizes_and_looks(command: str) -> None:
    first, second = read("text", command)
    assert looks(first) == [
        ("Kitchen ticket", 1, 1, False, False),
        ("wide", 2, 1, False, False),
        ("high", 1, 2, False, False),
        ("A017", 2, 2, False, False),
        ("three", 3, 3, False, False),
        ("bold rye", 1, 1, True, False),
        ("allergens: egg", 1, 1, False, True),
        ("bold and inverse", 2, 2, True, True),
        ("Crème brûlée, Größe ½", 1, 1, False, False),
        ("1 x Croissant                              16:30", 1, 1, False, False),
    ]
    assert looks(second) == [("second paper", 1, 1, False, False)]
    assert first.cut
    assert second.cut


@both
def test_chinese(command: str) -> None:
    first, second = read("chinese", command)
    assert looks(first) == [
        ("制作单", 1, 1, False, False),
        ("麦田烘焙", 2, 2, False, False),
        ("草莓奶油蛋糕 8寸", 1, 1, True, False),
        ("过敏原：鸡蛋、牛奶", 1, 1, False, True),
        ("小雨，生日快乐！Happy birthday", 1, 1, False, False),
    ]
    assert [text for text, *_ in looks(second)] == ["配货单"]


@both
def test_what_stands_in_the_middle_is_read_in_the_middle(command: str) -> None:
    first, _ = read("chinese", command)
    for line in first.lines:
        indent = len(line.text) - len(line.text.lstrip())
        width = len(line.text.strip().encode("gb18030"))
        assert abs(48 // line.wide - width - 2 * indent) <= 1


def test_codes() -> None:
    (paper,) = read("code", "escpos")
    assert [strip for strip in paper.strips if isinstance(strip, Code)] == [
        Code("a017", 5),
        Code("https://shop.example/cake.jpg", 4),
    ]
    assert Line("A017") in [Line(line.text.strip()) for line in paper.lines]


def test_a_picture_dot_by_dot() -> None:
    (paper,) = read("picture", "generic", beside=frozenset(RULES))
    [picture] = [strip for strip in paper.strips if isinstance(strip, Picture)]
    assert picture == Picture(16, bytes.fromhex("ff00 8100 bd00 a5ff a5ff bd00 8100 ffaa"))
    assert [line.text.strip() for line in paper.lines][:2] == ["before", "after"]


def test_text_among_ruled_lines() -> None:
    (paper,) = read("ruled", "generic", beside=frozenset(RULES))
    texts = [" ".join(line.text.split()) for line in paper.lines]
    assert [text for text in texts if text.isascii() and text] == ["above", "2 x Rye rolls", "below"]
    assert [len(text) for text in texts if set(text) == {"ò"}] == [48]  # the rule, in the page that was set before
