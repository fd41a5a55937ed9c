"""Practice on a whole store: its own keypad, printer and screens, and not a trace of it anywhere afterwards."""

import asyncio
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import pytest

from display.feed_client import FeedClient
from tests.brokers import Broker
from tests.cloud import PATIENCE, Cloud, order_event, until
from tests.flow.bakery import Bakery, bakery_of
from tests.flow.test_command import ovenbell

F4, ESCAPE, CTRL_C = b"\x1bOS", b"\x1b", b"\x03"
SIZE = struct.pack("HHHH", 50, 150, 0, 0)
LEFT = b"\x1b[?1049l"  # the screen that was there before is there again


class Practice:
    """`ovenbell practice` in a terminal of its own."""

    def __init__(self, directory: Path, *words: str) -> None:
        self.said = b""
        self.temporary = directory / "temporary"
        self.temporary.mkdir(exist_ok=True)
        self._words = ("practice", "--config", str(directory / "store.toml"), *words)
        self._here: int | None = None

    async def __aenter__(self) -> Self:
        self._here, there = pty.openpty()
        fcntl.ioctl(there, termios.TIOCSWINSZ, SIZE)
        environment = os.environ | {"TERM": "xterm-256color", "TMPDIR": str(self.temporary)}
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "config.command", *self._words),
            stdin=there,
            stdout=there,
            stderr=there,
            env=environment,
            preexec_fn=_own_terminal,
        )
        os.close(there)
        os.set_blocking(self._here, False)
        asyncio.get_running_loop().add_reader(self._here, self._read)
        return self

    async def __aexit__(self, *_: object) -> None:
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        self.hang_up()

    def _read(self) -> None:
        assert self._here is not None
        try:
            said = os.read(self._here, 65_536)
        except OSError:  # the other end is closed
            said = b""
        self.said += said
        if not said:
            asyncio.get_running_loop().remove_reader(self._here)

    def type(self, keys: bytes) -> None:
        """Press keys of the keyboard."""
        assert self._here is not None
        os.write(self._here, keys)

    def hang_up(self) -> None:
        """The terminal is closed, as when somebody closes its window."""
        if self._here is not None:
            asyncio.get_running_loop().remove_reader(self._here)
            os.close(self._here)
            self._here = None

    async def shows(self, *texts: str, patience: float = PATIENCE) -> None:
        """Wait until the terminal has been sent something."""
        try:
            await until(lambda: all(text.encode() in self.said for text in texts), patience)
        except TimeoutError:
            raise AssertionError(f"{texts} not in {self.said[-6_000:].decode(errors='replace')}") from None

    async def ended(self) -> int:
        """The exit status, within the contract's five seconds and what a busy machine adds."""
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()


def _own_terminal() -> None:
    """The command leads a session on its terminal, as in a shell: Ctrl+C and hanging up reach it."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
async def shop(broker: Broker, tmp_path: Path) -> AsyncIterator[Bakery]:
    """A store whose printer and keypads are there, and whose hub is not running."""
    bakery = bakery_of(broker, tmp_path, grace=3.0)
    await bakery.printer.start()
    (tmp_path / "store.toml").write_text(bakery.settings(), encoding="utf-8")
    yield bakery
    await bakery.close()


def traces(directory: Path, names: str = "journal.db*") -> dict[str, str]:
    """Everything of the real journal, byte for byte."""
    return {file.name: sha256(file.read_bytes()).hexdigest() for file in directory.glob(names)}


@asynccontextmanager
async def a_screen(url: str) -> AsyncIterator[FeedClient]:
    """Another screen of the store, which was there before and stays."""
    feed = FeedClient(url, pauses=(0.05,))
    following = asyncio.create_task(feed.follow(lambda: None))
    yield feed
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


def practising(feed: FeedClient) -> bool | None:
    """Whether a screen says that nothing is real; none where it is cut off."""
    return feed.board.status.practice if feed.live and feed.board else None


async def test_practice_borrows_the_store_and_gives_it_back_as_it_was(
    shop: Bakery, cloud: Cloud, tmp_path: Path
) -> None:
    async with a_screen(shop.url) as screen:
        await shop.start()
        cloud.send(order_event(1))
        await shop.until_board(lambda board: board["stations"][0]["cards"])
        await until(lambda: len(shop.printer.tickets) == 1 and practising(screen) is False)
        assert await shop.stop() == 0
        before, heard, paper = traces(tmp_path), len(cloud.ledger), len(shop.printer.tickets)

        async with Practice(tmp_path) as practice:
            await practice.shows("练习", "第一课 1/9")
            await until(lambda: practising(screen))
            await shop.until_board(lambda board: len(board["stations"][0]["cards"]) >= 2)
            cloud.send(order_event(2))  # a real one comes meanwhile, and must wait
            await shop.press("oven", "1")
            await practice.shows("第一课 2/9")
            await until(lambda: len(shop.printer.tickets) >= paper + 2)
            board = await shop.get("/api/board")
            names = [card["displayId"] for station in board["stations"] for card in station["cards"]]
            assert names
            assert all(name.startswith("练") for name in names)
            practice.type(b"q")
            assert await practice.ended() == 0
        assert traces(tmp_path) == before
        assert len(cloud.ledger) == heard
        assert all("练习" in ticket.text for ticket in shop.printer.tickets[paper:])
        assert not any("练习" in ticket.text for ticket in shop.printer.tickets[:paper])

        await shop.start()  # the real hub again: with its own orders, and the one that came meanwhile
        await until(lambda: practising(screen) is False)
        board = await shop.until_board(lambda board: len(board["stations"][0]["cards"]) == 2)
        assert [card["displayId"] for card in board["stations"][0]["cards"]] == ["A001", "A002"]


async def test_the_lesson_goes_through_by_real_presses(shop: Bakery, tmp_path: Path) -> None:
    async with Practice(tmp_path) as practice:
        await practice.shows("第一课 1/9")
        await shop.until_board(lambda board: board["stations"][0]["cards"])
        await shop.press("oven", "1")
        await practice.shows("第一课 2/9", "做得好")
        await shop.press("oven", "1")
        await practice.shows("第一课 3/9")
        board = await shop.until_board(lambda board: any(card["next"] for card in board["stations"][0]["cards"]))
        slot = next(card["slot"] for card in board["stations"][0]["cards"] if card["next"])
        await shop.press("oven", str(slot))
        await practice.shows("刚才就是按错的")
        await shop.press("oven", "R")
        await practice.shows("第一课 4/9")
        for step in (5, 6, 7):  # allergens, a change, a cancellation; older marks come first
            await press_until(shop, practice, "A", f"第一课 {step}/9")
        await shop.until_board(lambda board: max(card["slot"] for card in board["stations"][0]["cards"]) > 3)
        await shop.press("oven", "N")
        await practice.shows("第一课 8/9")
        await shop.until_board(lambda board: board["status"]["unprinted"] == 0)
        await shop.press("oven", "P")
        await practice.shows("第一课 9/9")
        await until(lambda: any("重印" in ticket.text for ticket in shop.printer.tickets))
        ready = await shop.until_board(lambda board: board["ready"])
        practice.type(F4)
        await practice.shows("前台：待取 1")
        practice.type(b"1")
        await practice.shows("第一课已学完")
        assert (await shop.get("/api/board"))["ready"] == []
        order = await shop.get(f"/api/orders/{ready['ready'][0]['order']}")
        assert order["state"] == "collected"


async def press_until(shop: Bakery, practice: Practice, key: str, text: str) -> None:
    """Press a key of the oven's keypad as often as the lesson asks for it."""
    async with asyncio.timeout(PATIENCE):
        while text.encode() not in practice.said:
            before = (await shop.get("/api/board"))["sequence"]
            await shop.press("oven", key)
            await shop.until_board(lambda board: board["sequence"] > before)  # noqa: B023 - awaited here
            await asyncio.sleep(0.3)


def quit_by_key(practice: Practice) -> None:
    """As the foot of the panel says."""
    practice.type(b"q")


def interrupt(practice: Practice) -> None:
    """As in every program."""
    practice.type(CTRL_C)


def terminate(practice: Practice) -> None:
    """As systemd would."""
    practice.process.send_signal(signal.SIGTERM)


def hang_up(practice: Practice) -> None:
    """As when a connection by SSH breaks."""
    practice.process.send_signal(signal.SIGHUP)


def close(practice: Practice) -> None:
    """As when the window is closed."""
    practice.hang_up()


@pytest.mark.parametrize("end", [quit_by_key, interrupt, terminate, hang_up, close])
async def test_however_it_is_ended_nothing_is_left(
    end: Callable[[Practice], None], shop: Bakery, tmp_path: Path
) -> None:
    async with Practice(tmp_path) as practice:
        await practice.shows("第一课 1/9")
        assert list(practice.temporary.glob("ovenbell-practice-*"))
        end(practice)
        assert await practice.ended() == 0
        if end is not close:
            await until(lambda: LEFT in practice.said)
    assert list(practice.temporary.iterdir()) == []
    assert not (tmp_path / "journal.db").exists()
    await shop.start()  # its address is free


async def test_it_is_ended_at_once_also_before_anything_is_shown(shop: Bakery, tmp_path: Path) -> None:
    async with Practice(tmp_path) as practice:
        await until(lambda: list(practice.temporary.glob("ovenbell-practice-*")))
        terminate(practice)
        assert await practice.ended() == 0
    assert list(practice.temporary.iterdir()) == []
    await shop.start()


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_where_the_real_hub_runs_it_says_so_and_touches_nothing(
    elsewhere: bool, shop: Bakery, tmp_path: Path
) -> None:
    await shop.start()
    if elsewhere:  # somebody has edited the address since
        text = shop.settings().replace(shop.url.removeprefix("http://"), "127.0.0.1:0")
        (tmp_path / "store.toml").write_text(text, encoding="utf-8")
    async with Practice(tmp_path) as practice:
        assert await practice.ended() == 1
        await practice.shows("systemctl stop ovenbell-hub")
    assert len(practice.said.decode().splitlines()) == 1
    assert practising_board(await shop.get("/api/board")) is False
    assert list(practice.temporary.iterdir()) == []


async def test_an_address_that_is_taken_is_one_line(shop: Bakery, tmp_path: Path) -> None:
    await shop.start()
    text = shop.settings().replace(str(tmp_path / "journal.db"), str(tmp_path / "other.db"))
    (tmp_path / "store.toml").write_text(text, encoding="utf-8")
    async with Practice(tmp_path) as practice:
        assert await practice.ended() == 1
        await practice.shows(f"cannot listen at {shop.url.removeprefix('http://')}", "systemctl stop ovenbell-hub")
    assert traces(tmp_path, "other.db*") == {}
    assert list(practice.temporary.iterdir()) == []


def practising_board(board: dict[str, Any]) -> Any:
    """What `GET /api/board` says of it."""
    return board["status"]["practice"]


def test_without_a_terminal_there_is_nothing_to_practise_on(tmp_path: Path) -> None:
    (tmp_path / "store.toml").write_text('[store]\nid = "a"\n')
    ended = ovenbell("practice", "--config", str(tmp_path / "store.toml"))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "ovenbell: practice needs a terminal to show the lesson in\n"


def test_a_station_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "store.toml").write_text('[store]\nid = "a"\n')
    ended = ovenbell("practice", "--config", str(tmp_path / "store.toml"), "--station", "moon")
    assert ended.returncode == 2
    assert "kitchen" in ended.stderr


def test_the_operators_cards_are_written_where_they_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "store.toml").write_text('[store]\nid = "a"\nlanguage = "zh"\n')
    ended = ovenbell("practice", "--config", str(tmp_path / "store.toml"), "--cards", str(tmp_path / "cards"))
    assert (ended.returncode, ended.stdout) == (0, f"ovenbell: {tmp_path}/cards/kitchen.html\n")
    assert "操作卡" in (tmp_path / "cards" / "kitchen.html").read_text(encoding="utf-8")
