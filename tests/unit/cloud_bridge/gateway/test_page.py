"""What the owner's page has a person look at."""

from cloud_bridge.gateway.orders import Alarm
from cloud_bridge.gateway.page import MOST, Seen, alarms_of, show_page
from edge.words import speak
from tests.unit.cloud_bridge.gateway.counting_house import STORE, CountingHouse

SEEN = Seen(broker="", journal="", refused={}, sent={}, failed={}, forbidden={})


def test_thousands_of_shops_that_nobody_knows_are_counted_and_hide_no_store_that_is_away() -> None:
    house = CountingHouse()
    for number in range(4_000):
        alarm = Alarm("unrouted", "generic/shop", house.now - 4_000 + number, f"shop-{number}")
        house.board.alarms[f"unrouted/generic/shop/shop-{number}"] = alarm
    house.board.alarms[f"away/{STORE}"] = Alarm("away", STORE, house.now, "")
    lines = list(alarms_of(house.board, SEEN, house.now, speak("en")))
    assert len(lines) == MOST + 1
    assert "“shop-0”" in lines[0]
    assert "“shop-198”" in lines[-3]
    assert lines[-2].startswith(f"{STORE} is away")
    assert lines[-1] == "and 3801 more to look at"
    assert show_page(house.board, SEEN, house.now, speak("en"), "Gateway").count('class="alarm"') == len(lines)
