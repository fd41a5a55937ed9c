"""Lists: numbers that stay, columns, pages, headings that stand with what they head, and fingers."""

from display.palette import GREEN, WHITE, ink
from display.view import REST, Entry, Listing, Numbers, Scene, Target
from tests.unit.display.stand_in import a_board
from tests.unit.display.wholes import a_scene, looking

SCENE = a_scene(a_board())


def an_entry(key: str, rows: int = 2) -> Entry:
    """An entry of so many rows that all say its key."""
    return Entry(key, [[(f"{key} {row}", ink())] for row in range(rows)], Target(key), band=(WHITE, GREEN))


def a_heading(key: str) -> Entry:
    return Entry(key, [[(key, ink())]])


class Shelf(Listing):
    """A list of whatever a test puts on it."""

    column = 30

    def __init__(self, *on_it: Entry) -> None:
        super().__init__()
        self.on_it = list(on_it)

    def entries(self, scene: Scene, width: int) -> list[Entry]:  # noqa: ARG002 - Listing's names
        return self.on_it


class HighShelf(Shelf):
    """Its numbers are to be read from far."""

    blocks = True


def test_a_number_stays_with_its_order_while_others_come_and_go() -> None:
    numbers = Numbers()
    assert numbers.give(["a", "b", "c"], 0) == {"a": 1, "b": 2, "c": 3}
    assert numbers.give(["c", "b"], 1) == {"c": 3, "b": 2}
    assert numbers.give(["new", "c", "b"], 2) == {"new": 4, "c": 3, "b": 2}, (
        "1 rests, so that a second press hits nobody"
    )
    assert numbers.give(["new", "newer", "c"], 1 + REST)["newer"] == 1


def test_a_clock_that_was_set_back_does_not_keep_numbers_from_being_given() -> None:
    numbers = Numbers()
    numbers.give(["a"], 10_000)
    numbers.give([], 10_000)
    assert numbers.give(["b"], 5_000) == {"b": 1}


async def test_entries_fill_one_column_after_the_other_and_then_another_page() -> None:
    shelf = Shelf(*(an_entry(key, 4) for key in "abcde"))
    async with looking(shelf, SCENE, (61, 9)) as look:
        assert ["a 0" in look.lines[1], "c 0" in look.lines[1], "b 0" in look.lines[5], "d 0" in look.lines[5]] == [
            True
        ] * 4
        assert "e 0" not in look.text
        assert "page 1/2" in look.text
        shelf.turn("next")
        await look.pilot.pause()
        assert "e 0" in look.text
        shelf.turn("next")
        await look.pilot.pause()
        assert "a 0" in look.text
        assert {number: target.name for number, target in shelf.targets().items()} == dict(enumerate("abcde", 1))


async def test_a_heading_never_stands_alone_at_the_end_of_a_column() -> None:
    async with looking(Shelf(an_entry("a", 6), a_heading("bread"), an_entry("b")), SCENE, (61, 10)) as look:
        assert "bread" in look.lines[7]
    async with looking(Shelf(an_entry("a", 6), a_heading("bread"), an_entry("b")), SCENE, (61, 9)) as look:
        assert "bread" in look.lines[1]
        assert look.lines[1].index("bread") > 30


async def test_a_finger_chooses_an_entry_by_any_of_its_rows_in_its_column() -> None:
    async with looking(shelf := Shelf(*(an_entry(key, 4) for key in "abc")), SCENE, (61, 9)) as look:
        await look.pilot.click(Shelf, offset=(3, 1))
        await look.pilot.click(Shelf, offset=(25, 8))
        await look.pilot.click(Shelf, offset=(50, 4))
        await look.pilot.click(Shelf, offset=(50, 7))
        assert look.app.tapped == [1, 2, 3]
        assert shelf.highest == 3


async def test_on_a_large_screen_the_number_is_five_rows_high_in_the_colour_of_its_order() -> None:
    async with looking(HighShelf(an_entry("a", 1), an_entry("b", 1)), SCENE, (100, 40)) as look:
        assert [line[:8].strip() for line in look.lines[1:6]] == ["11", "111", "11", "11", "1111"]
        assert "a 0" in look.lines[1]
        assert "b 0" in look.lines[7]
        strip = look.app.screen._compositor.render_strips()[3]
        assert ink(WHITE, GREEN).bgcolor in {segment.style.bgcolor for segment in strip if segment.style}
    async with looking(HighShelf(an_entry("a", 1)), SCENE, (80, 24)) as look:
        assert look.lines[1].startswith("   1  a 0")


async def test_what_is_shown_anew_takes_the_place_of_what_was_there() -> None:
    async with looking(shelf := Shelf(an_entry("a"), an_entry("b")), SCENE, (61, 9)) as look:
        shelf.on_it = [an_entry("b"), an_entry("c")]
        await look.at(SCENE)
        assert "a 0" not in look.text
        assert {number: target.name for number, target in shelf.targets().items()} == {2: "b", 3: "c"}
