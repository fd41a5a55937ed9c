"""The first lesson goes on when the real thing has happened, and answers another press kindly."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from config.practice.keys import keys_of
from config.practice.lesson import Lesson, Said
from config.practice.steps import STEPS
from devices.settings import KeypadSettings
from edge.intents import (
    Acknowledge,
    Bump,
    Cancel,
    Change,
    Collect,
    Intent,
    Recall,
    ReportTicket,
    Reprint,
    TurnPage,
)
from edge.layout import Stage
from edge.orders import Bakery, OrderId, StageId
from edge.tickets import JobState
from edge.words import speak
from tests.builders import MORNING, OVEN, PACKING, a_bread, a_cake, a_layout, a_stamp, an_order, placed
from tests.unit.edge.kitchen import Kitchen

PAD = KeypadSettings(
    id="oven-pad",
    station=OVEN,
    port="/dev/null",
    keys={"1": "bump 1", "2": "bump 2", "R": "recall", "A": "acknowledge", "N": "page next", "0x50": "reprint"},
)
NUTS = Bakery(allergens=("nuts",))


class Taught:
    """A lesson in a kitchen of rules alone."""

    def __init__(self, *, keypads: tuple[KeypadSettings, ...] = (PAD,), **layout: Any) -> None:
        self.kitchen = Kitchen(a_layout(**layout))
        self.brought: list[str] = []
        self.lesson = Lesson(self.kitchen.board, keys_of(OVEN, keypads), self.brought.append)

    def come(self, *intents: Intent) -> None:
        """The cloud, or a printer, says something."""
        self._ask(intents, "cloud")

    def press(self, *intents: Intent, by: str = "keypad:oven-pad") -> None:
        """Somebody presses."""
        self._ask(intents, by)

    def _ask(self, intents: tuple[Intent, ...], by: str) -> None:
        for intent in intents:
            before = len(self.kitchen.facts)
            self.kitchen.ask(intent)
            self.lesson.take([replace(fact, by=by) for fact in self.kitchen.facts[before:]])

    def begin(self, name: str) -> None:
        """Have the lesson at a step."""
        self.lesson.begin()
        while self.at != name:
            self.lesson.skip()

    def print_all(self) -> None:
        """The printers bring every ticket to paper."""
        for job in list(self.kitchen.board.jobs.values()):
            if job.waiting:
                self.come(ReportTicket(job.id, "sending"), ReportTicket(job.id, "printed"))

    @property
    def at(self) -> str:
        """The step it is at."""
        return self.lesson.step.name if self.lesson.step else "over"

    @property
    def asks(self) -> str:
        """What it asks for, in English."""
        return " ".join(said(one) for one in self.lesson.asks())

    @property
    def note(self) -> str:
        """What it says of the last press."""
        return said(self.lesson.note) if self.lesson.note else ""


def said(what: Said) -> str:
    """In English."""
    return what.words.format(**what.about)


def test_it_begins_by_having_an_order_brought_and_names_number_key_and_stage() -> None:
    taught = Taught()
    taught.lesson.begin()
    assert (taught.brought, taught.asks) == (["begin"], "One moment: it is on its way.")
    taught.come(placed("p1"))
    assert taught.asks == "P1 has the number 1. Press [1]: its next step, Baking, is started."


def test_the_whole_lesson_goes_through_by_what_really_happens() -> None:
    taught = Taught()
    taught.lesson.begin()
    cloud: dict[str, Callable[[], list[Intent]]] = {
        "begin": lambda: [placed("p1")],
        "allergens": lambda: [placed("p2", a_bread(bakery=NUTS))],
        "change": lambda: [Change(an_order("p1", a_cake(note="no nuts")), a_stamp("e9", time=MORNING + 9))],
        "cancel": lambda: [Cancel(OrderId("p2"), a_stamp("e10", time=MORNING + 10))],
        "many": lambda: [placed(f"m{number}") for number in range(4)],
        "ready": lambda: [placed("p9", a_bread()), *ready_made("p9")],
    }
    presses: dict[str, list[Intent]] = {
        "start": [Bump(OVEN, position=1)],
        "finish": [Bump(OVEN, position=1)],
        "recall": [Bump(OVEN, position=1), Recall(OVEN)],
        "allergens": [Acknowledge(OVEN), Acknowledge(OVEN)],  # the recalled card comes first
        "change": [Acknowledge(OVEN)],
        "cancel": [Acknowledge(OVEN)],
        "page": [TurnPage(OVEN, "next")],
        "reprint": [Reprint(OVEN)],
        "collect": [Collect(OrderId("p9"))],
    }
    done = []
    while taught.at != "over":
        done.append(taught.at)
        while taught.brought:
            taught.come(*cloud[taught.brought.pop(0)]())
        taught.print_all()
        taught.press(*presses[taught.at])
        assert taught.at != done[-1], taught.note
        assert taught.lesson.praise is not None
        assert taught.lesson.praise.words == next(step.see for step in STEPS if step.name == done[-1])
    assert done == [step.name for step in STEPS]
    assert taught.lesson.skipped == set()
    assert taught.asks.startswith("That was all.")


def ready_made(name: str) -> list[Intent]:
    """The presses that make a bread."""
    return [Bump(OVEN, order=OrderId(name)), Bump(OVEN, order=OrderId(name)), Bump(PACKING, order=OrderId(name))]


def test_another_press_is_explained_with_how_to_take_it_back() -> None:
    taught = Taught()
    taught.lesson.begin()
    taught.come(placed("p1"), placed("p2"))
    taught.press(Bump(OVEN, position=2))
    assert (taught.at, taught.note) == ("start", "That was 2, P2. Take it back: [R].")
    taught.press(Recall(OVEN))
    assert (taught.at, taught.note) == ("start", "Taken back: P2 stands where it stood.")
    taught.press(Bump(OVEN, position=1))
    assert (taught.at, taught.note) == ("finish", "")


def test_a_press_at_another_station_is_told_so() -> None:
    taught = Taught()
    taught.begin("finish")
    taught.come(placed("p1", a_bread()), Bump(OVEN, position=1), Bump(OVEN, position=1), placed("p2"))
    taught.press(Bump(PACKING, position=1), by="display:packing")
    assert taught.note == "That was P1 at Packing: this lesson is at Oven."


def test_the_press_before_the_one_that_counts_is_no_mistake() -> None:
    taught = Taught()
    taught.begin("finish")
    taught.come(placed("p1"))
    taught.press(Bump(OVEN, position=1))
    assert (taught.at, taught.note) == ("finish", "")
    taught.press(Bump(OVEN, position=1))
    assert taught.at == "recall"


def test_a_mis_press_is_taken_back_in_two_steps_and_the_grace_is_told() -> None:
    taught = Taught(grace=5.0)
    taught.begin("recall")
    taught.come(placed("p1"))
    assert taught.asks.endswith("Then take it back: [R]. Within 5 s nobody outside hears of it.")
    taught.press(Bump(OVEN, position=1))
    assert taught.note == "That was the mis-press: P1, Baking. Now take it back: [R]."
    taught.press(Recall(OVEN))
    assert taught.at == "allergens"


def test_an_older_mark_is_acknowledged_first_and_told_so() -> None:
    taught = Taught()
    taught.begin("allergens")
    taught.come(placed("p1"), placed("p2", a_cake(bakery=NUTS)))
    taught.press(Acknowledge(OVEN))
    assert taught.note == "[A] begins with the oldest mark: that was P1. Press it again."
    taught.press(Acknowledge(OVEN))
    assert taught.at == "change"


def test_where_allergens_lock_a_card_the_lesson_says_so() -> None:
    taught = Taught(confirm_allergens=True)
    taught.begin("allergens")
    taught.come(placed("p1", a_cake(bakery=NUTS)))
    assert taught.asks.endswith("Before that its number does nothing.")


def test_presses_of_nobody_teach_nobody() -> None:
    taught = Taught()
    taught.lesson.begin()
    taught.come(placed("p1"), Bump(OVEN, position=1))
    assert (taught.at, taught.note) == ("start", "")


@pytest.mark.parametrize("by", ["keypad:another", "display:oven", "api"])
def test_it_does_not_matter_where_somebody_presses(by: str) -> None:
    taught = Taught()
    taught.lesson.begin()
    taught.come(placed("p1"))
    taught.press(Bump(OVEN, position=1), by=by)
    assert taught.at == "finish"


def test_when_its_order_has_gone_another_is_taken_or_brought() -> None:
    taught = Taught()
    taught.lesson.begin()
    taught.come(placed("p1"), placed("p2"))
    taught.come(Cancel(OrderId("p1"), a_stamp("e9", time=MORNING + 1)))
    assert taught.asks.startswith("P2 has the number 2.")
    taught.come(Cancel(OrderId("p2"), a_stamp("e10", time=MORNING + 1)))
    assert taught.brought == ["begin", "begin"]


def test_a_card_on_another_page_is_turned_to_first() -> None:
    taught = Taught()
    taught.lesson.begin()
    taught.come(*(placed(f"p{number}") for number in range(1, 6)), *(Bump(OVEN, slot) for slot in range(1, 5)))
    assert taught.asks == "P5 is on another page. Turn the page: [N]."
    taught.press(TurnPage(OVEN, "next"))
    assert taught.asks.startswith("P5 has the number 1. Press [1]:")


def test_nothing_is_printed_again_before_something_is_on_paper() -> None:
    taught = Taught()
    taught.begin("reprint")
    taught.come(placed("p1"))
    assert taught.asks.startswith("A ticket must come out first")
    taught.print_all()
    assert {job.state for job in taught.kitchen.board.jobs.values()} == {JobState.PRINTED}
    assert taught.asks == "A ticket is lost. Print the latest once more: [P]."


def test_what_the_store_cannot_do_is_left_out() -> None:
    everything = {step.name for step in STEPS}
    assert {step.name for step in Taught().lesson.steps} == everything
    assert {step.name for step in Taught(printing=()).lesson.steps} == everything - {"reprint"}
    one_press = Taught(stages=(Stage(StageId("baking"), "Baking"),))
    assert {step.name for step in one_press.lesson.steps} == everything - {"start"}
    stations = tuple(replace(station, slots=12) for station in a_layout().stations.values())
    assert {step.name for step in Taught(stations=stations).lesson.steps} == everything - {"page"}


def test_without_a_keypad_the_keys_are_those_of_the_keyboard() -> None:
    taught = Taught(keypads=())
    taught.begin("recall")
    taught.come(placed("p1"))
    assert "Then take it back: [r r]." in taught.asks


def test_a_key_that_the_keypad_lacks_is_the_keyboard_s() -> None:
    taught = Taught()
    taught.begin("collect")
    taught.come(placed("p9", a_bread()), *ready_made("p9"))
    assert taught.asks.startswith("P9 is ready, and the customer is here. [F4] shows the counter")


def test_every_word_of_the_lesson_is_there_in_chinese() -> None:
    chinese, layout = speak("zh"), replace(a_layout(), confirm_allergens=True)
    for step in STEPS:
        for words in (step.do, step.see, step.waits, step.also(layout)):
            assert not words or chinese(words) != words, words


def test_every_step_can_be_left_out_before_anything_has_come() -> None:
    taught = Taught()
    taught.begin("over")
    assert taught.asks.startswith("That was all.")
    assert len(taught.lesson.skipped) == len(taught.lesson.steps)
