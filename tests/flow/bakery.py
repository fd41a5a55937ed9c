"""A whole store as a process of its own, with a virtual printer and keypads, and witnesses that owe the hub nothing."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import aiohttp

from devices.keypad import BOUNCE
from devices.twin.keypad import VirtualKeypad
from devices.twin.printer import VirtualPrinter
from tests.brokers import Broker, free_port
from tests.cloud import PATIENCE

STORE = "hz-0012"
FINGER = 1.5 * BOUNCE  # seconds from seeing what a press did to the next one
STATIONS = ("oven", "decorating")
KEYS = {
    **{str(n): f"bump {n}" for n in range(1, 10)},
    "R": "recall",
    "N": "page next",
    "A": "acknowledge",
    "P": "reprint",
}


class Bakery:
    """One store: start it, kill it, start it again on the same journal."""

    def __init__(
        self, directory: Path, broker_url: str, protocol: str = "5", grace: float = 0.0, **environment: str
    ) -> None:
        self.directory = directory
        self.printer = VirtualPrinter()
        self.keypads = {station: VirtualKeypad(directory / f"{station}-pad") for station in STATIONS}
        self.url = f"http://127.0.0.1:{free_port()}"
        self.broker_url, self.protocol, self.grace, self.environment = broker_url, protocol, grace, environment
        self.process: asyncio.subprocess.Process | None = None
        self.session = aiohttp.ClientSession()

    async def __aenter__(self) -> Self:
        try:
            await self.printer.start()
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Leave no process, port or file behind."""
        await self.session.close()
        if self.process is not None and self.process.returncode is None:
            await self.kill()
        await self.printer.stop()
        for keypad in self.keypads.values():
            keypad.unplug()

    async def start(self) -> None:
        """Start the hub's process and wait until it says that it is ready."""
        settings = self.directory / "store.toml"
        settings.write_text(self.settings(), encoding="utf-8")
        with (self.directory / "hub.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "config.command",
                "hub",
                "--config",
                str(settings),
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=os.environ | self.environment,
            )
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            assert await self.process.stdout.readline(), self.log()

    async def press(self, station: str, key: str) -> None:
        """Press a key as a person does: on a keypad that is connected, and too late to be taken for a bounce."""
        await self.until_board(lambda board: device_state(board, f"{station}-pad") == "ok")
        await asyncio.sleep(FINGER)
        self.keypads[station].press(key)

    async def kill(self) -> None:
        """SIGKILL: no goodbye, no flush."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    def signal(self, number: int) -> None:
        """Send the hub's process a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self.process is not None
        self.signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    def log(self) -> str:
        """What the hub has said so far."""
        return (self.directory / "hub.log").read_text(errors="replace")

    async def get(self, path: str) -> Any:
        """The answer to a question, as JSON."""
        async with self.session.get(self.url + path) as answer:
            return await answer.json(content_type=None)

    async def ask(self, **intent: Any) -> tuple[int, Any]:
        """The status and the answer to an intent."""
        async with self.session.post(f"{self.url}/api/intents", json=intent) as answer:
            return answer.status, await answer.json(content_type=None)

    async def board(self, station: str) -> dict[int, dict[str, Any]]:
        """A station's cards by slot."""
        views = {view["id"]: view for view in (await self.get("/api/board"))["stations"]}
        return {card["slot"]: card for card in views[station]["cards"]}

    async def until_board(self, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The board, once it is as a test wants it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                board: dict[str, Any] = await self.get("/api/board")
                if condition(board):
                    return board
                await asyncio.sleep(0.01)

    def settings(self) -> str:
        """The store.toml."""
        keys = "\n".join(f"{json.dumps(key)} = {json.dumps(action)}" for key, action in KEYS.items())
        keypads = "\n".join(
            f'[[keypads]]\nid = "{station}-pad"\nstation = "{station}"\nport = "{keypad.port}"\n[keypads.keys]\n{keys}'
            for station, keypad in self.keypads.items()
        )
        cloud = f'[cloud]\nurl = "{self.broker_url}"\nprotocol = "{self.protocol}"\ngrace_seconds = {self.grace}'
        return f"""
[store]
id = "{STORE}"
language = "zh"
timezone = "Asia/Shanghai"
{cloud if self.broker_url else ""}
[journal]
path = "{self.directory / "journal.db"}"
[feed]
listen = "{self.url.removeprefix("http://")}"
[stages.baking]
presses = 2
[[routes]]
match = "cake-*"
stages = ["baking", "cooling", "frosting", "boxing"]
lead_minutes = 180
[[routes]]
match = "bread-*"
stages = ["baking", "boxing"]
[[stations]]
id = "oven"
name = "烤箱"
stages = ["baking", "cooling"]
slots = 3
[[stations]]
id = "decorating"
stages = ["frosting", "boxing"]
[[printers]]
id = "kitchen"
connection = "{self.printer.connection}"
stations = ["oven"]
[[printers]]
id = "counter"
connection = "{self.printer.connection}"
print_on = "ready"
[[products]]
code = "bread-croissant"
name = "可颂"
[[products]]
code = "cake-strawberry"
name = "草莓奶油蛋糕"
sizes = ["6寸", "8寸"]
allergens = ["鸡蛋", "牛奶"]
cake_text = true
{keypads}
"""


def device_state(board: dict[str, Any], device: str) -> str:
    """How a printer or keypad is, where the board tells already."""
    return next((str(one["state"]) for one in board["status"]["devices"] if one["id"] == device), "")


def bakery_of(broker: Broker, directory: Path, **rest: Any) -> Bakery:
    """A bakery on a broker."""
    return Bakery(directory, broker.url, broker.protocol, **rest)
