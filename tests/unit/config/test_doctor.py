"""What the doctor warns of without asking anybody."""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from config.doctor.devices import examine_devices
from config.doctor.letters import examine_letters
from config.doctor.line import Line, Verdict
from config.doctor.store import examine_secrets
from config.settings import StoreFile
from edge.words import speak


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("mqtt://broker.example", True),
        ("mqtt://192.0.2.1:1883", True),
        ("mqtts://broker.example", False),
        ("mqtt://127.0.0.1", False),
        ("mqtt://localhost", False),
        ("mqtt://[::1]", False),
    ],
)
def test_a_road_to_another_machine_that_anybody_can_listen_to_is_a_warning(url: str, *, warned: bool) -> None:
    settings = msgspec.convert({"store": {"id": "a"}, "cloud": {"url": url}}, StoreFile)
    assert ["in the clear" in line.found for line in examine_secrets(settings.cloud, (), str)] == [True] * warned


def letters(encoding: str, **store: Any) -> list[Line]:
    """What is said of the only printer of a store, in English."""
    printer = {"id": "p", "connection": "file:x", "encoding": encoding}
    settings = msgspec.convert({"store": {"id": "a", **store}, "printers": [printer]}, StoreFile)
    return list(examine_letters(settings.printers[0], settings, speak("en")))


def test_a_printer_that_lacks_the_letters_of_its_store_is_told_which_settings_have_them() -> None:
    (chinese,) = letters("cp437", language="zh")
    assert chinese.verdict is Verdict.WARNING
    assert 'encoding = "cp437" lacks ' in chinese.found
    assert ": set gb18030 | raster, which its test page shows" in chinese.found
    (accents,) = letters("gb18030", name="Bäckerei Groß")
    assert 'encoding = "gb18030" lacks äß: set cp437 | cp850' in accents.found
    assert "raster" not in accents.found


def test_whether_a_printer_has_letters_of_its_own_only_its_test_page_shows() -> None:
    (line,) = letters("gb18030", language="zh")
    assert line.verdict is Verdict.OK
    assert 'T in ovenbell setup; if not, encoding = "raster"' in line.found
    assert letters("raster", language="zh") == []
    assert letters("cp437", name="Bread & Co") == []


@pytest.mark.parametrize(
    ("connection", "verdict"),
    [
        ("file:{folder}/paper.bin", Verdict.OK),
        ("file:{folder}", Verdict.FAILURE),
        ("file:{folder}/pipe", Verdict.WARNING),
        ("file:/dev/full", Verdict.WARNING),
        ("serial:/dev/null", Verdict.FAILURE),
        ("usb:/dev/zero", Verdict.FAILURE),
        ("usb:{folder}/pipe", Verdict.FAILURE),
    ],
)
async def test_only_what_could_bring_tickets_to_paper_is_well(
    tmp_path: Path, connection: str, verdict: Verdict
) -> None:
    os.mkfifo(tmp_path / "pipe")
    printer = {"id": "p", "connection": connection.format(folder=tmp_path), "encoding": "raster"}
    settings = msgspec.convert({"store": {"id": "a", "language": "zh"}, "printers": [printer]}, StoreFile)
    (line,) = [line async for line in examine_devices(settings, None, speak("en"))]
    assert (line.part, line.verdict) == ("printer p", verdict), line
