"""The trial page of a printer that no store has yet tells whether it came out."""

import pytest

from devices.settings import PrinterSettings
from devices.trial import print_trial
from devices.twin.printer import VirtualPrinter
from edge.words import Language, speak
from tests.unit.devices.conftest import QUICK


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_page_that_is_on_paper_leaves_nothing_to_say(paper: VirtualPrinter, language: Language) -> None:
    printer = PrinterSettings(id="kitchen", connection=paper.connection)
    assert await print_trial(printer, 2, speak(language), QUICK) == ""
    assert len(paper.tickets) == 1


async def test_a_page_that_nobody_confirms_says_so(paper: VirtualPrinter) -> None:
    paper.mute = True
    printer = PrinterSettings(id="kitchen", connection=paper.connection)
    assert await print_trial(printer, 2, speak("zh"), QUICK) == "已发送,未确认"
