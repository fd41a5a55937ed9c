"""A display in a real terminal: what it sends to a Linux console, and what it says where Chinese cannot be drawn."""

import re
from pathlib import Path

import pytest

from display.console import NO_CHINESE
from tests.brokers import Broker
from tests.flow.bakery import bakery_of
from tests.flow.terminal import watch
from tests.unit.display.stand_in import a_board, standing_in
from tests.unit.display.tray import every_kind

SGR = re.compile(r"\x1b\[([0-9;]*)m")
CONSOLE = {"", "0", "1", *(str(n) for tens in (30, 40, 90) for n in range(tens, tens + 8))}


@pytest.mark.parametrize("size", [(80, 24), (128, 48)])
async def test_a_linux_console_is_sent_its_eight_grounds_and_sixteen_inks_and_nothing_else(
    size: tuple[int, int],
) -> None:
    columns, lines = map(str, size)
    async with standing_in(a_board(*every_kind(), slots=9)) as hub:
        shown = await watch(
            hub.url, "A007", "held 0", language="en", TERM="linux", COLUMNS=columns, LINES=lines, COLORTERM="truecolor"
        )
    codes = {code for codes in SGR.findall(shown.text) for code in codes.split(";")}
    assert codes <= CONSOLE
    assert {f"4{number}" for number in range(8)} <= codes


async def test_in_a_chinese_store_a_linux_console_is_told_that_it_cannot_draw_chinese(
    broker: Broker, tmp_path: Path
) -> None:
    async with bakery_of(broker, tmp_path) as bakery:
        for language in ("zh", None):
            told = await watch(bakery.url, language=language, TERM="linux", COLUMNS="150")
            assert told.status == 1
            assert f"ovenbell: {NO_CHINESE}\r\n" in told.said.decode()
