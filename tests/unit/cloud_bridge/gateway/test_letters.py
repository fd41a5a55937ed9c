"""Dead letters of a channel: a person knows of them until the last one is read, or too old."""

from cloud_bridge.gateway import facts as f
from cloud_bridge.gateway import intents as i
from tests.unit.cloud_bridge.gateway.counting_house import CountingHouse

SHOP = "generic/shop"


def test_the_alarm_of_an_account_ends_with_its_last_dead_letter() -> None:
    house = CountingHouse()
    house.ask(i.Unread("no items", SHOP), i.Unread("no id", SHOP), i.Unread("no items", "generic/other"))
    assert {key for key, _ in house.board.alarms.items()} == {f"letters/{SHOP}", "letters/generic/other"}
    assert house.board.alarms[f"letters/{SHOP}"].text == "no items"
    house.ask(i.Note(f.LetterRead(1, SHOP)))
    assert f"letters/{SHOP}" in house.board.alarms
    house.take(letter=2)
    assert {key for key, _ in house.board.alarms.items()} == {"letters/generic/other"}


def test_dead_letters_that_are_too_old_are_no_alarm_any_more() -> None:
    house = CountingHouse()
    house.ask(i.Unread("no items", SHOP), *[i.Unread("no id", "generic/other")] * 4)
    house.ask(i.Note(f.LettersForgotten({"generic/other": 3, "": 1})))
    assert [key for key, _ in house.board.alarms.items()] == ["letters/generic/other"]
    assert (house.board.counters.letters, house.board.accounts["generic/other"].letters) == (4, 3)
    house.ask(i.Note(f.LettersForgotten({})))
    assert not list(house.board.alarms.values())


def test_what_a_store_sent_is_no_alarm_of_a_channel() -> None:
    house = CountingHouse()
    house.ask(i.Unread("not JSON", topic="hz-0012", payload=b"x"))
    assert not list(house.board.alarms.values())
