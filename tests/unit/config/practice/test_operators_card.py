"""The operator's card says of each station what its keys do, in the store's language, and nothing of any customer."""

import re
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from config.practice.card import operator_card, write_cards
from config.settings import StoreFile, check_store
from edge.orders import StationId
from edge.words import Language

OVEN = StationId("oven")
STATIONS = [
    {"id": "oven", "name": "烤箱 <1>", "stages": ["baking", "cooling"], "slots": 3},
    {"id": "deco", "name": "Decorating", "stages": ["frosting"]},
]
KEYPAD = {
    "id": "oven-pad", "station": "oven", "port": "/dev/ttyUSB0",
    "keys": {"1": "bump 1", "2": "bump 2", "3": "bump 3", "R": "recall", "A": "acknowledge", "0x2b": "page next"},
}  # fmt: skip


def a_store(language: Language = "en", **sections: Any) -> StoreFile:
    """A store with an oven that has a keypad, and a station without one."""
    parts: dict[str, Any] = {
        "store": {"id": "s", "name": "Wheatfield & Sons", "language": language, "timezone": "Asia/Shanghai"},
        "stages": {"baking": {"presses": 2}},
        "stations": STATIONS,
        "routes": [{"match": "cake-*", "stages": ["baking", "cooling", "frosting"]}],
        "keypads": [KEYPAD],
    }
    return check_store(parts | sections, Path("store.toml"))


def text_of(page: str) -> str:
    """What is to be read on it."""
    body = page.partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_every_station_has_a_page_of_its_own(tmp_path: Path) -> None:
    written = write_cards(a_store(), tmp_path / "cards")
    assert [file.name for file in written] == ["oven.html", "deco.html", "kitchen.html"]
    assert all(file.read_text(encoding="utf-8").endswith("</html>\n") for file in written)


def test_the_keys_are_those_of_the_station_s_keypad_with_what_they_do() -> None:
    page = operator_card(a_store(), OVEN)
    text = text_of(page)
    for key in ("1 bump 1", "2 bump 2", "3 bump 3", "R recall", "A acknowledge", "+ page next"):
        assert key in text
    assert "Wrong press? R takes it back. Within 5 s nobody outside hears of it." in text
    assert "the keypad" in text


def test_without_a_keypad_the_keys_are_those_of_the_keyboard() -> None:
    text = text_of(operator_card(a_store(), StationId("deco")))
    assert "the keyboard" in text
    assert "Wrong press? r r takes it back." in text
    assert "9 bump 9" in text


def test_it_speaks_the_language_of_the_store() -> None:
    page = operator_card(a_store("zh"), OVEN)
    text = text_of(page)
    assert '<html lang="zh-CN">' in page
    for words in ("操作卡", "按错了？按 R 撤回。", "过敏原 鸡蛋, 牛奶", "下一步：开始烘烤", "与主机断开", "蛋糕"):
        assert "".join(words.split()) in "".join(text.split()), words


@pytest.mark.parametrize(
    ("station", "last"),
    [("oven", "next: start baking"), ("deco", "next: finish frosting"), ("kitchen", "next: finish")],
)
def test_the_picture_is_a_card_of_that_station(station: str, last: str) -> None:
    assert last in text_of(operator_card(a_store(), StationId(station)))


def test_the_products_of_the_store_are_in_the_picture_and_no_customer() -> None:
    products = [{"code": "cake-forest", "name": "Black forest", "allergens": ["cherries"], "cake_text": True}]
    text = text_of(operator_card(a_store(products=products), OVEN))
    for words in ("Black forest", "ALLERGENS cherries", "Happy birthday!", "P7", "12:40 in 40 min"):
        assert "".join(words.split()) in "".join(text.split()), words


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_needs_nothing_from_anywhere_and_is_well_formed(language: Language) -> None:
    page = operator_card(a_store(language), OVEN)
    assert not re.search(r"(src|href|@import|url\()", page)
    assert "<script" not in page
    for picture in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ET.fromstring(picture)
    assert "烤箱 &lt;1&gt;" in page
    assert "Wheatfield &amp; Sons" in page


def test_where_nobody_outside_would_hear_of_a_press_none_is_promised_not_to() -> None:
    cloud = {"url": "mqtt://127.0.0.1", "grace_seconds": 0}
    assert "nobody outside" not in text_of(operator_card(a_store(cloud=cloud), OVEN))
