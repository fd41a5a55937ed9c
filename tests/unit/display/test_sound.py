"""What calls for somebody, when it is heard again, and what plays it."""

import asyncio
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from display.app import KitchenDisplay
from display.sound import AGAIN, Alarm, Kind, Player, causes
from edge.orders import OrderId, StationId, Word
from edge.tickets import JobId, JobState
from edge.views import BoardView, Device, Paper, StationView
from tests.builders import ManualClock
from tests.cloud import PATIENCE
from tests.unit.display.cards import NOW, a_card, a_line, in_the_oven, minutes
from tests.unit.display.screens import display
from tests.unit.display.stand_in import CALM, a_board, a_change, a_tick, standing_in

NOBODY: frozenset[str] = frozenset()


def heard(board: BoardView, *stations: str) -> set[Kind]:
    """The kinds that sound on a display of these stations."""
    return {kind for kind, every in causes(board, [*map(StationId, stations)]).items() if every}


@pytest.mark.parametrize(
    ("mark", "kind"),
    [(Word.NEW, Kind.NEW), (Word.ALLERGEN, Kind.NEW), (Word.CHANGED, Kind.CHANGED), (Word.CANCELLED, Kind.CANCELLED)],
)
def test_a_mark_calls_until_it_is_acknowledged(mark: Word, kind: Kind) -> None:
    assert heard(a_board(a_card(marks=(mark,)))) == {kind}
    assert heard(a_board(a_card())) == set()


def test_what_the_baker_took_back_himself_calls_nobody() -> None:
    assert heard(a_board(a_card(marks=(Word.RECALLED,)))) == set()


def test_a_late_card_calls_by_its_due_time_and_by_its_stage() -> None:
    assert heard(a_board(a_card(due=NOW - minutes(1)))) == {Kind.LATE}
    assert heard(a_board(a_card(in_the_oven(since=NOW - minutes(40), max_minutes=40), due=None))) == {Kind.LATE}
    assert heard(a_board(a_card(a_line(since=NOW - minutes(40), max_minutes=40), due=None))) == set()


def test_a_ticket_that_is_not_on_paper_and_a_missing_printer_call() -> None:
    paper = Paper(OrderId("o"), "A1", JobId("7"), "counter", "packing", JobState.UNSENT, "no paper", NOW, 1)
    assert heard(a_board(papers=(paper,))) == {Kind.PRINTER}
    queued = replace(paper, state=JobState.QUEUED)
    assert heard(a_board(papers=(queued,))) == set(), "it is on its way"
    assert heard(a_board(papers=(replace(queued, at=NOW - minutes(2)),))) == {Kind.PRINTER}
    gone = (Device("counter", "printer", "missing"), Device("pad", "keypad", "missing"))
    assert heard(a_board(status=replace(CALM, devices=gone))) == {Kind.PRINTER}


def test_a_cloud_that_is_away_or_takes_nothing_calls() -> None:
    assert heard(a_board(status=replace(CALM, cloud="away"))) == {Kind.CLOUD}
    assert heard(a_board(status=replace(CALM, cloud_reason="refused"))) == {Kind.CLOUD}
    assert heard(a_board(status=replace(CALM, cloud="none"))) == set()


def test_only_the_stations_of_the_display_call() -> None:
    oven = StationView(StationId("oven"), "Oven", 1, 4, (a_card(marks=(Word.NEW,)),))
    board = a_board(stations=(oven, StationView(StationId("deco"), "Deco", 1, 4)))
    assert heard(board, "deco") == set()
    assert heard(board, "oven") == {Kind.NEW}
    assert heard(board) == {Kind.NEW}


def test_what_is_new_is_heard_at_once_and_again_until_it_is_acknowledged() -> None:
    alarm, one, two = Alarm(), {Kind.NEW: frozenset({"a"})}, {Kind.NEW: frozenset({"a", "b"})}
    assert alarm.due(one, 0) == [Kind.NEW]
    assert alarm.due(one, 1) == []
    assert alarm.due(two, 2) == [Kind.NEW], "another order"
    assert alarm.due(two, 2 + AGAIN) == [Kind.NEW]
    assert alarm.due({Kind.NEW: NOBODY}, 3 + AGAIN) == []
    assert alarm.due(one, 4 + AGAIN) == [Kind.NEW]


def test_what_was_silenced_is_silent_until_something_new_of_its_kind_arises() -> None:
    alarm, one, two = Alarm(), {Kind.LATE: frozenset({"a"})}, {Kind.LATE: frozenset({"a", "b"})}
    alarm.due(one, 0)
    alarm.silence()
    assert alarm.due(one, AGAIN) == []
    assert alarm.due(two, AGAIN + 1) == [Kind.LATE]
    alarm.silence()
    assert alarm.due({Kind.LATE: NOBODY}, AGAIN + 2) == []
    assert alarm.due(one, AGAIN + 3) == [Kind.LATE], "late once more"


def test_the_key_does_not_silence_what_must_be_acknowledged_on_its_card() -> None:
    alarm, new = Alarm(), {Kind.NEW: frozenset({"a"})}
    alarm.due(new, 0)
    alarm.silence()
    assert alarm.due(new, AGAIN) == [Kind.NEW]


# --- the player -------------------------------------------------------------------------------------------------------


def a_player(log: Path, seconds: float = 0) -> str:
    """A command that notes when it begins and ends."""
    code = "import sys,time;f=open(sys.argv[1],'a');print('+'+sys.argv[2],file=f,flush=True);"
    code += f"time.sleep({seconds});print('-'+sys.argv[2],file=f)"
    return f'{sys.executable} -c "{code}" {log} {{kind}}'


def noted(log: Path) -> list[str]:
    """What the player has noted so far."""
    return log.read_text().split() if log.exists() else []


async def until_written(log: Path, *words: str) -> None:
    """Wait until the player has noted this."""
    async with asyncio.timeout(PATIENCE):
        while not set(words) <= set(noted(log)):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)


async def test_sounds_are_played_one_after_another(tmp_path: Path) -> None:
    log, complaints = tmp_path / "log", list[str]()
    player = Player(a_player(log), complaints.append)
    player.play([Kind.NEW, Kind.LATE])
    player.play([Kind.LATE, Kind.CLOUD])
    await until_written(log, "-cloud")
    await player.close()
    assert noted(log) == ["+new", "-new", "+late", "-late", "+cloud", "-cloud"]
    assert not complaints


async def test_a_sound_that_is_played_ends_with_the_display(tmp_path: Path) -> None:
    log = tmp_path / "log"
    player = Player(a_player(log, 600), str)
    player.play([Kind.NEW])
    await until_written(log, "+new")
    async with asyncio.timeout(PATIENCE):
        await player.close()
    assert "-new" not in noted(log)


async def test_a_player_that_is_not_there_is_said_once(tmp_path: Path) -> None:
    complaints = list[str]()
    player = Player(str(tmp_path / "no such player").replace(" ", "_") + " {kind}", complaints.append)
    for _ in range(2):
        player.play([Kind.NEW, Kind.LATE])
        await asyncio.sleep(0)
        await player.close()
    assert len(complaints) == 1
    assert "No such file or directory" in complaints[0]


# --- on a display -----------------------------------------------------------------------------------------------------


async def test_the_bell_rings_again_until_the_card_is_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[float] = []
    clock = ManualClock()
    monkeypatch.setattr(KitchenDisplay, "bell", lambda _: rung.append(clock.monotonic()))
    async with (
        standing_in(a_board(a_card(marks=(Word.NEW,)))) as hub,
        display(hub.url, client={"clock": clock}, silent=False) as screen,
    ):
        await screen.until(lambda: len(rung) == 1)
        await hub.say(a_tick())
        clock.advance(AGAIN)
        await hub.say(a_tick())
        await screen.until(lambda: len(rung) == 2)
        await hub.say(a_change(a_card(), 6))
        await screen.hides("NEW")
        clock.advance(AGAIN)
        await hub.say(a_tick(6, status=replace(CALM, gaps=3)))
        await screen.shows("gaps 3")
        assert len(rung) == 2
        await hub.say(a_tick(6, status=replace(CALM, cloud="away")))
        await screen.until(lambda: len(rung) == 3)
        await screen.press("full_stop")
        await screen.shows("silent until something new arises")
        clock.advance(AGAIN)
        await hub.say(a_tick(6, status=replace(CALM, cloud="away", gaps=4)))
        await screen.shows("gaps 4")
        assert len(rung) == 3


async def test_a_missing_player_is_said_in_the_notice_line() -> None:
    async with standing_in(a_board(a_card(marks=(Word.NEW,)))) as hub:
        async with display(hub.url, silent=False, player="/no/such/player {kind}") as screen:
            await screen.shows("no sound but the bell: /no/such/player")
        async with display(hub.url, silent=True, player="/no/such/player {kind}") as screen:
            await screen.shows("NEW")
            assert "no sound" not in screen.text
