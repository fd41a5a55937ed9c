"""The operator's card in a real browser: one sheet of paper, nothing cut off, nothing fetched, in both languages."""

import base64
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from config.practice.card import write_cards
from config.settings import check_store
from edge.words import Language
from tests.browsers import require_chromium
from tests.televisions import Television, a_television

LONG = "A very long name of a station that somebody has given it in the settings"
ACTIONS = (
    *(f"bump {number}" for number in range(1, 13)),
    "recall", "acknowledge", "reprint", "page next", "page previous", "bump 1 x12",
)  # fmt: skip
KEYS = "123456789*0#RAPNBU"
# Words on a key that are wider than it, words that end beyond the page, letters of the picture that lie on each other.
WIDE_KEYS = """[...document.querySelectorAll('.keys text')].filter(text => {
  const key = text.previousElementSibling.tagName === 'rect' ? text.previousElementSibling
    : text.previousElementSibling.previousElementSibling;
  return text.getBoundingClientRect().width > key.getBoundingClientRect().width;
}).map(text => text.textContent)"""
BEYOND = """[...document.querySelectorAll('body *')].filter(one => {
  const page = document.body.getBoundingClientRect(), box = one.getBoundingClientRect();
  return box.right > page.right + 1 || box.left < page.left - 1;
}).map(one => one.outerHTML.slice(0, 80))"""
CROWDED = """(() => {
  const marks = [...document.querySelectorAll('.mark circle')].map(one => one.getBoundingClientRect());
  return marks.filter((one, at) => marks.slice(at + 1).some(other => one.left < other.right && other.left < one.right
    && one.top < other.bottom - 0.5 && other.top < one.bottom - 0.5)).length;
})()"""
FETCHED = "performance.getEntriesByType('resource').length"


def a_store(language: Language) -> Any:
    """A store with the largest keypad, and a station with a long name and none."""
    tree = {
        "store": {"id": "s", "name": "麦田烘焙 西湖店", "language": language, "timezone": "Asia/Shanghai"},
        "stages": {"baking": {"presses": 2, "max_minutes": 40}},
        "stations": [
            {"id": "oven", "name": "烤箱", "stages": ["baking", "cooling"]},
            {"id": "deco", "name": LONG, "stages": ["frosting"]},
        ],
        "routes": [{"match": "cake-*", "stages": ["baking", "cooling", "frosting"]}],
        "products": [
            {
                "code": "cake-1",
                "name": "草莓奶油蛋糕 8寸 strawberry cream cake with a name that goes on",
                "allergens": ["鸡蛋", "牛奶", "nuts"],
                "cake_text": True,
            }
        ],
        "keypads": [
            {"id": "pad", "station": "oven", "port": "/dev/ttyUSB0", "keys": dict(zip(KEYS, ACTIONS, strict=True))}
        ],
    }
    return check_store(tree, Path("store.toml"))


@pytest.fixture
async def browser() -> AsyncIterator[Television]:
    """A browser of the width of a sheet."""
    require_chromium()
    async with a_television(width=794, height=1123) as browser:
        yield browser


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_each_card_is_one_sheet_with_everything_on_it(
    language: Language, browser: Television, tmp_path: Path
) -> None:
    for file in write_cards(a_store(language), tmp_path):
        await browser.show(file.as_uri())
        await browser.until(f"location.href === {file.as_uri()!r} && document.readyState === 'complete'")
        assert await browser.ask(WIDE_KEYS) == [], file.name
        assert await browser.ask(BEYOND) == [], file.name
        assert await browser.ask(CROWDED) == 0, file.name
        assert await browser.ask(FETCHED) == 0
        assert await browser.ask("document.documentElement.scrollWidth <= innerWidth")
        for size in ({}, {"paperWidth": 5.83, "paperHeight": 8.27, "scale": 0.7}):  # A4; A5 fitted to the sheet
            printed = await browser.tell("Page.printToPDF", preferCSSPageSize=not size, printBackground=True, **size)
            pages = re.findall(rb"/Type\s*/Pages\s*/Count (\d+)|/Count (\d+)", base64.b64decode(printed["data"]))
            assert {number for pair in pages for number in pair if number} == {b"1"}, (file.name, size)
