"""The page of the television: what it is made of, and what it may do."""

import re
from html import unescape
from pathlib import Path

import pytest

from config.checks import WrongSettings
from config.settings import StoreFile, check_store
from display import palette
from display.pickup.board import PAGE, PATHS, SCRIPT, STYLE
from display.pickup.page import Page, make_page
from display.pickup.settings import PickupSettings
from edge.settings import StoreSettings
from tests.hostile import ALL
from tests.unit.display.pickup.conftest import Shop

STORE = {"store": {"id": "hz"}}


def a_page(title: str = "", *, chime: bool = True, **store: str) -> Page:
    return make_page(PickupSettings(title=title, chime=chime), StoreSettings("hz", **store))  # type: ignore[arg-type]


def settings(**pickup: object) -> StoreFile:
    return check_store({**STORE, "pickup": pickup}, Path("store.toml"))


async def test_the_page_brings_everything_with_it_and_may_fetch_nothing_else(shop: Shop) -> None:
    for path, kind in ((PAGE, "text/html"), (STYLE, "text/css"), (SCRIPT, "text/javascript")):
        async with shop.session.get(shop.url + path) as answer:
            assert (answer.status, answer.content_type, answer.charset) == (200, kind, "utf-8")
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';")
            assert "unsafe" not in policy
            assert answer.headers["Cache-Control"] == "no-store"
            assert not re.search(r"https?:|//\w|url\(|@import|innerHTML|document\.write|eval", await answer.text())


def test_the_page_s_addresses_are_the_ones_that_are_opened() -> None:
    page = a_page()
    used = set(re.findall(r'"(/pickup[^"?]*)', page.html + page.script))
    assert used == PATHS


@pytest.mark.parametrize("letters", [r"=>", r"`", r"\b(let|const|class|async|await|import)\b ", r"\.\.\.", r"fetch\("])
def test_the_script_is_understood_by_the_browser_of_an_old_television(letters: str) -> None:
    code = re.sub(r"//.*", "", a_page().script)
    assert not re.search(letters, code)


def test_the_page_is_in_the_product_s_colours() -> None:
    colours = {value for name, value in vars(palette).items() if name.isupper() and str(value).startswith("#")}
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", a_page().style)) <= colours


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("Being made", "Ready", "OUT OF DATE")), ("zh", ("制作中", "请取餐", "过时"))]
)
def test_the_page_speaks_the_store_s_language(language: str, words: tuple[str, ...]) -> None:
    html = a_page(language=language).html
    assert f'<html lang="{language}">' in html
    assert all(word in html for word in words)


def test_the_title_is_the_setting_s_else_the_store_s_name_else_its_id() -> None:
    for page, title in ((a_page("T", name="N"), "T"), (a_page(name="N"), "N"), (a_page(), "hz")):
        assert f"<h1>{title}</h1>" in page.html


def test_a_title_is_text() -> None:
    html = a_page(name=f"<script>1</script>\" onload='2' & {ALL}").html
    assert html.count("<script") == 1
    (title,) = re.findall(r"<h1>(.*)</h1>", html)
    assert not re.search(r"[<>\"']", title)
    assert unescape(title).startswith("<script>1</script>\" onload='2' & ")


def test_another_page_has_another_version_and_the_same_has_the_same() -> None:
    pages = [a_page(), a_page("T"), a_page(chime=False), a_page(language="zh")]
    assert len({page.version for page in pages}) == len(pages)
    assert all(f'data-version="{page.version}"' in page.html for page in pages)
    assert a_page().version == pages[0].version


def test_a_store_without_the_section_has_a_page_that_rings_and_is_not_public() -> None:
    assert settings().pickup == PickupSettings(public=False, title="", chime=True)
    assert settings(public=True, title="店", chime=False).pickup == PickupSettings(True, "店", False)


def test_mistakes_of_the_section_are_said_by_their_path() -> None:
    with pytest.raises(WrongSettings) as wrong:
        settings(public="yes", title="x" * 61, ring=True)
    assert {line.split(": ")[1] for line in wrong.value.lines} == {"pickup.public", "pickup.title", "pickup.ring"}
