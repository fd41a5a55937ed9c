"""The lesson beside the board, as people see it, on narrow and on wide screens, in both languages."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from config.practice.lesson import Said
from config.practice.panel import LessonPanel
from display.palette import BLACK, CYAN
from edge.intents import Bump, Cancel
from edge.orders import OrderId
from edge.words import Language, speak
from tests.builders import MORNING, OVEN, a_cake, a_stamp, placed
from tests.unit.config.practice.test_lesson import NUTS, Taught

GOLDEN = Path(__file__).parent / "golden"
SIZES = {"80x24": (30, 24), "128x48": (40, 48), "240x67": (48, 67)}  # of the screen; of the panel


def at_first() -> Taught:
    """An order has come."""
    taught = Taught(grace=5.0)
    taught.lesson.begin()
    taught.come(placed("p1"), placed("p2"))
    return taught


def after_a_wrong_press() -> Taught:
    """Somebody pressed 2 for 1, after a step that went well."""
    taught = at_first()
    taught.press(Bump(OVEN, position=1))
    taught.press(Bump(OVEN, position=2))
    return taught


def with_allergens() -> Taught:
    """Two sentences to be read."""
    taught = Taught(confirm_allergens=True)
    taught.begin("allergens")
    taught.come(placed("p3", a_cake(bakery=NUTS)))
    return taught


def with_nothing() -> Taught:
    """What the step needs has not come yet, and there is no keypad."""
    taught = Taught(keypads=())
    taught.lesson.begin()
    return taught


def at_the_end() -> Taught:
    """All of it was done or left out."""
    taught = at_first()
    taught.begin("over")
    return taught


STANDS: dict[str, Callable[[], Taught]] = {
    "first": at_first,
    "wrong": after_a_wrong_press,
    "allergens": with_allergens,
    "nothing": with_nothing,
    "over": at_the_end,
}


def drawn(taught: Taught, size: str, language: Language) -> list[str]:
    """The rows of the panel."""
    return [strip.text for strip in LessonPanel(taught.lesson, speak(language)).draw(*SIZES[size])]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", STANDS)
def test_the_lesson_looks_as_it_should(name: str, size: str, language: Language) -> None:
    picture = "".join(f"|{line}|\n" for line in drawn(STANDS[name](), size, language))
    golden = GOLDEN / f"{name}-{size}-{language}.txt"
    if os.environ.get("OVENBELL_GOLDEN") == "write":
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(picture, encoding="utf-8")
    assert picture == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", STANDS)
def test_on_the_smallest_screen_everything_that_is_said_is_there(name: str, language: Language) -> None:
    taught, say = STANDS[name](), speak(language)
    shown = "".join("".join(drawn(taught, "80x24", language)).split())
    said: list[Said | None] = [*taught.lesson.asks(), taught.lesson.note, taught.lesson.praise]
    for one in said:
        if one is not None:
            assert "".join(say(one.words).format(**one.about).split()) in shown
    assert "".join(say("q: end the practice").split()) in shown


def test_the_key_to_press_stands_out_in_the_words_and_on_the_keypad() -> None:
    strips = LessonPanel(at_first().lesson, speak("en")).draw(48, 40)
    loud = [
        segment.text
        for strip in strips
        for segment in strip
        if segment.style and segment.style.bgcolor and segment.style.color
        and (segment.style.bgcolor.name, segment.style.color.name) == (CYAN, BLACK)
    ]  # fmt: skip
    assert loud == ["[1]", "[1]"]


def test_what_a_customer_wrote_is_only_text() -> None:
    taught = Taught()
    taught.begin("cancel")
    taught.come(placed("p1", display_id="[red]\x1b[31mP1"), Cancel(OrderId("p1"), a_stamp("e9", time=MORNING + 1)))
    assert any("[red]" in line for line in drawn(taught, "240x67", "en"))
    assert not any("\x1b" in line for line in drawn(taught, "240x67", "en"))
