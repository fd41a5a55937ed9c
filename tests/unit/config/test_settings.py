"""What is said of a store.toml that no store can be run from."""

from pathlib import Path

import pytest

from config.checks import WrongSettings
from config.settings import StoreFile, load_store
from edge.settings import TOKEN_VARIABLE

SAME_PORT = "'/dev/pad' is that of keypads[0] already: add path, from /dev/serial/by-path, to both"
STORE = '[store]\nid = "hz"\n'
PAD = '[[keypads]]\nid = "{}"\nstation = "kitchen"\nport = "{}"\n'
PRINTER = '[[printers]]\nid = "p"\nconnection = "file:t.bin"\n'
PRODUCT = '[[products]]\ncode = "bread"\nname = "Bread"\n'
OVEN = '[[stations]]\nid = "oven"\nstages = ["making"]\n'


@pytest.fixture(autouse=True)
def _no_token_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)


def load(folder: Path, text: str) -> StoreFile:
    file = folder / "store.toml"
    file.write_text(text, encoding="utf-8")
    return load_store(file)


def mistakes(folder: Path, text: str) -> list[str]:
    """What is wrong, without the file's name."""
    with pytest.raises(WrongSettings) as wrong:
        load(folder, text)
    return [line.removeprefix(f"{folder / 'store.toml'}: ") for line in wrong.value.lines]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("journal.path", '[journal]\npath = "a\\u0000b"'),
        ("feed.listen", '[feed]\nlisten = "a\\u0000b:1"'),
        ("feed.token_file", '[feed]\ntoken_file = "a\\u0000b"'),
        ("cloud.url", '[cloud]\nurl = "mqtt://a\\u0000b"'),
        *(
            (f"cloud.{name}", f'[cloud]\nurl = "mqtt://h"\n{name} = "a\\u0000b"')
            for name in ("password_file", "ca_file")
        ),
        ("keypads[0].port", PAD.format("pad", "a\\u0000b")),
        ("printers[0].connection", PRINTER.replace("t.bin", "a\\u0000b")),
    ],
)
def test_a_name_with_nul_is_a_mistake_of_its_field(tmp_path: Path, path: str, text: str) -> None:
    assert mistakes(tmp_path, STORE + text) == [f"{path}: expected text without a NUL character"]


@pytest.mark.parametrize("name", ["cert_file", "key_file"])
def test_a_certificate_with_nul_in_its_name_is_a_mistake(tmp_path: Path, name: str) -> None:
    cloud = f'[cloud]\nurl = "mqtt://h"\n{name} = "a\\u0000b"'
    assert f"cloud.{name}: expected text without a NUL character" in mistakes(tmp_path, STORE + cloud)


@pytest.mark.parametrize("depth", [50, 100_000])
def test_a_file_nested_too_deeply_is_a_mistake(tmp_path: Path, depth: int) -> None:
    assert mistakes(tmp_path, f"{STORE}name = {'[' * depth}{']' * depth}")


@pytest.mark.parametrize("listen", ["127.0.0.1:8377", "0.0.0.0:8377"])
def test_a_token_that_cannot_be_read_is_a_mistake_everywhere(tmp_path: Path, listen: str) -> None:
    latin = tmp_path / "latin"
    latin.write_bytes(b"caf\xe9")
    feed = STORE + f'[feed]\nlisten = "{listen}"\ntoken_file = "{{}}"'
    assert mistakes(tmp_path, feed.format(tmp_path / "gone")) == [
        "feed.token_file: cannot be read: No such file or directory"
    ]
    assert mistakes(tmp_path, feed.format(latin)) == ["feed.token_file: cannot be read: it is not UTF-8"]
    latin.write_text(" \n")
    assert "feed.token_file: is empty" in mistakes(tmp_path, feed.format(latin))


def test_beyond_loopback_a_token_is_required(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path, STORE + '[feed]\nlisten = "0.0.0.0:8377"')
    assert mistake.startswith("feed.listen: beyond loopback a token is required")
    assert mistakes(tmp_path, STORE + '[feed]\nlisten = "8377"') == ["feed.listen: expected host:port, got '8377'"]


def test_a_file_from_an_editor_that_marks_utf_8_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, "\ufeff" + STORE).store.id == "hz"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[routes]]\nmatch = "*"\nstages = [""]', ["routes[0].stages[0]: Expected `str` of length >= 1"]),
        (OVEN.replace("making", ""), ["stations[0].stages[0]: Expected `str` of length >= 1"]),
        ('[stages.""]', ['stages."": expected a name']),
        (
            PAD.format("a", "/dev/pad") + PAD.format("b", "/dev/pad"),
            [f"keypads[1].port: {SAME_PORT}"],
        ),
        (
            PAD.format("a", "/dev/pad") + '[[scanners]]\nid = "a"\nport = "/dev/pad"\nstation = "attic"',
            ["scanners[0].station: there is no station 'attic'", f"scanners[0].port: {SAME_PORT}"],
        ),
        (
            PRINTER.replace("file:t.bin", "serial:/dev/pad?baud=19200") + PAD.format("a", "/dev/pad"),
            ["keypads[0].port: '/dev/pad' is that of printers[0] already: correct one"],
        ),
        (
            PAD.format("a", "/dev/pad") + 'keys = { "1" = "bump 1" }\nignore = ["0x31", "10"]',
            [
                "keypads[0].ignore[0]: is the same key as 1",
                "keypads[0].ignore[1]: expected one ASCII character, or 0x.. hex of the key's bytes, not '10'",
            ],
        ),
        (
            '[[scanners]]\nid = "a"\nport = "/dev/pad"\nframing = "byte"',
            ["scanners[0].framing: expected one of line, stx-etx, hid, not 'byte'"],
        ),
        (
            PAD.format("a", "/dev/pad") + 'keys = { "1" = "bump 1", "0x31" = "recall" }',
            ["keypads[0].keys.0x31: is the same key as 1"],
        ),
        (
            PRODUCT + 'sizes = ["6in", ""]\nprice = 3',
            ["products[0].price: unknown field", "products[0].sizes[1]: Expected `str` of length >= 1"],
        ),
        (PRODUCT * 2, ["products[1].code: 'bread' is there already"]),
        ('[[products]]\ncode = ""', ["products[0].code: Expected `str` of length >= 1", "products[0].name: required"]),
        (OVEN + PAD.format("a", "/dev/pad"), ["keypads[0].station: there is no station 'kitchen'"]),
        (OVEN + PRINTER + 'stations = ["kitchen"]', ["printers[0].stations: there is no station 'kitchen'"]),
    ],
)
def test_what_no_store_can_work_with_is_refused(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert mistakes(tmp_path, STORE + text) == expected


def test_the_kitchen_is_there_where_a_stage_has_no_other_station(tmp_path: Path) -> None:
    oven = OVEN.replace("making", "baking")
    settings = load(tmp_path, STORE + oven + PAD.format("a", "/dev/pad") + PRINTER + 'stations = ["kitchen", "oven"]')
    assert [*settings.layout.stations] == ["oven", "kitchen"]


def test_a_mistake_says_what_was_expected(tmp_path: Path) -> None:
    text = '[store]\nid = "h z"\nlanguage = "fr"\nphone = "some"\n[cloud]\nurl = "mqtt://h"\nprotocol = 5'
    assert mistakes(tmp_path, text) == [
        "store.id: expected letters, digits, '.', '_' and '-', a letter or digit first",
        "store.language: expected one of zh, en, not 'fr'",
        "store.phone: expected one of last4, full, none, not 'some'",
        "cloud.protocol: expected one of 5, 3.1.1, not a value of type int",
    ]


def test_a_product_takes_as_long_as_the_route_of_its_code(tmp_path: Path) -> None:
    cake = '[[products]]\ncode = "cake-1"\nname = "Cake"\n[[routes]]\nmatch = "cake-*"\nstages = ["making"]\n'
    products = load(tmp_path, STORE + PRODUCT + cake + "lead_minutes = 90").info.products
    assert [(product.code, product.lead_minutes) for product in products] == [("bread", 0), ("cake-1", 90)]
