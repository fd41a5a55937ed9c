"""What tickets look like: every kind as text, some as pictures; OVENBELL_GOLDEN=write draws the expected ones anew."""

import os
from pathlib import Path
from typing import Any, get_args

import pytest
from msgspec.structs import replace
from PIL import Image, ImageChops

from config.settings import load_store
from config.ticket_preview import TALLEST, as_picture, as_text, order_in, sample_order, settings_of
from devices.phrases import warnings
from edge.orders import ItemId
from edge.tickets import Job, TicketKind
from edge.words import Language

GOLDEN = Path(__file__).parent / "golden"
WRITES = os.environ.get("OVENBELL_GOLDEN") == "write"
EXAMPLE = Path(__file__).parents[3] / "config" / "example.toml"
KINDS: tuple[TicketKind, ...] = get_args(TicketKind)


@pytest.mark.parametrize(
    ("language", "columns", "encoding"),
    [("zh", 48, "gb18030"), ("zh", 32, "raster"), ("en", 48, "cp437"), ("en", 32, "gb18030")],
)
def test_every_kind_of_ticket_reads_as_it_should(language: Language, columns: int, encoding: str) -> None:
    store, printer = settings_of(None, language, columns=columns, encoding=encoding)
    shown = "".join(f"# {kind}\n{as_text(kind, store, printer)}\n" for kind in KINDS)
    golden = GOLDEN / f"tickets-{columns}-{language}-{encoding}.txt"
    if WRITES:
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("encoding", ["gb18030", "raster"])
@pytest.mark.parametrize(
    ("kind", "language", "columns"),
    [
        ("kitchen", "zh", 48),
        ("kitchen", "en", 32),
        ("packing", "zh", 32),
        ("label", "zh", 32),
        ("change", "en", 48),
        ("test", "zh", 48),
    ],
)
def test_a_ticket_looks_as_it_should_whoever_draws_its_letters(
    kind: TicketKind, language: Language, columns: int, encoding: str
) -> None:
    store, printer = settings_of(None, language, columns=columns, encoding=encoding)
    ink = ImageChops.invert(
        as_picture(kind, store, printer).picture.convert("L").point(lambda grey: 255 * (grey > 128)).convert("1")
    )
    golden = GOLDEN / f"{kind}-{columns}-{language}.png"
    if WRITES:
        ImageChops.invert(ink).save(golden, optimize=True)
    with Image.open(golden) as expected:
        assert ImageChops.logical_xor(ink, ImageChops.invert(expected)).getbbox() is None


def test_a_store_s_own_printer_and_language_are_taken() -> None:
    store, printer = settings_of(load_store(EXAMPLE), None)
    assert (store.store.language, printer.id, printer.columns, printer.encoding) == ("zh", "kitchen", 48, "gb18030")
    store, printer = settings_of(store, "en", columns=32, encoding="cp437")
    assert (store.store.language, printer.id, printer.columns, printer.encoding) == ("en", "kitchen", 32, "cp437")


def test_an_order_from_a_file_is_shown_as_the_cloud_would_send_it(tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text(
        '{"id": "o-1", "type": "TAKEOUT", "displayId": "B002", "createdAt": "2026-11-22T01:00:00Z", '
        '"orderTiming": "INSTANT", "items": [{"id": "1", "name": "法棍", "quantity": 3, "unit": "UN"}]}',
        encoding="utf-8",
    )
    shown = as_text("label", *settings_of(None, "en"), order_in(file))
    assert "B002" in shown
    assert [line for line in shown.splitlines() if line.startswith("box ")] == [f"box {n} of 3" for n in (1, 2, 3)]


def test_of_hundreds_of_boxes_a_picture_shows_what_a_viewer_can_and_heads_are_worked_out_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, printer = settings_of(None, "en")
    order = sample_order("en")
    order = replace(order, items=tuple(replace(order.items[0], id=ItemId(f"{number}")) for number in range(300)))
    asked: list[Job] = []

    def counted(job: Job, *rest: Any) -> tuple[str, ...]:
        asked.append(job)
        return warnings(job, *rest)

    monkeypatch.setattr("devices.labels.warnings", counted)
    shown = as_picture("label", store, printer, order)
    assert (shown.of, len(asked)) == (300, 1)
    assert 1 < shown.papers < 40
    assert shown.picture.height <= TALLEST
