"""A store to break: `ovenbell hub` as a process of its own, and a baker who presses all the while."""

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, Self

import aiohttp

from tests.bench.store import BAKERY
from tests.cloud import PATIENCE
from tests.faults.ledger import Ledger, Moment

BREATH = 0.05  # seconds between two presses of one hand
STORE = "hz-0012"
HUB = ("-m", "config.command", "hub")
# The presses of a cake on its route, and the moments of each that customers are told.
WALK: tuple[tuple[Moment, ...], ...] = (
    (("baking", "started"),),
    (("baking", "finished"),),
    (("cooling", "finished"),),
    (("frosting", "finished"),),
    (("boxing", "finished"),),
)


def manner(seed: int, road: str = "") -> dict[str, Any]:
    """How a store speaks to its cloud where the broker lives on: with receipts, without, and in the older protocol."""
    protocol = "3.1.1" if seed % 3 == 0 else "5"
    return {"receipts": seed % 3 == 1, "road": f'protocol = "{protocol}"\n{road}'}


class Store:
    """One store: start it, kill it, start it again on the same journal."""

    def __init__(
        self,
        directory: Path,
        cloud: str,
        *,
        grace: float = 0.0,
        receipts: bool = True,
        about: str = "",
        road: str = "",
        rest: str = BAKERY,
        program: Sequence[str] = HUB,
        **environment: str,
    ) -> None:
        self.directory, self.cloud = directory, cloud
        self.grace, self.receipts, self.about, self.road, self.rest = grace, receipts, about, road, rest
        self.program, self.environment = tuple(program), environment
        self.url = ""
        self.process: asyncio.subprocess.Process | None = None
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()
        await self.kill()

    @property
    def journal(self) -> Path:
        """Where its journal is."""
        return self.directory / "journal.db"

    async def start(self, **environment: str) -> None:
        """Start the hub's process and wait until it says that it is ready."""
        await self.launch(**environment)
        assert await self.ready(), self.log()

    async def launch(self, **environment: str) -> None:
        """Start the hub's process."""
        settings = self.directory / "store.toml"
        settings.write_text(self.settings(), encoding="utf-8")
        with (self.directory / "hub.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *self.program, "--config", str(settings),
                stdout=asyncio.subprocess.PIPE, stderr=log, env=os.environ | self.environment | environment,
            )  # fmt: skip

    async def ready(self) -> bool:
        """Wait until the hub says that it is ready; false where it ends instead."""
        assert self.process is not None
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = (await self.process.stdout.readline()).decode()
        self.url = line.partition("board at ")[2].partition(",")[0]
        return bool(self.url)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.returncode is None

    async def kill(self) -> None:
        """SIGKILL: no goodbye, no flush."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()

    async def ended(self) -> None:
        """Wait until the process has ended by itself."""
        assert self.process is not None
        await self.process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Tell the launcher around it to let something happen."""
        if self.alive and self.process is not None:
            self.process.send_signal(number)

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    def log(self) -> str:
        """The end of what the hub has said."""
        return (self.directory / "hub.log").read_text(errors="replace")[-4000:]

    async def ask(self, **intent: Any) -> int:
        """The status of the answer to an intent; 0 where none came."""
        try:
            async with self.session.post(f"{self.url}/api/intents", json=intent) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def get(self, path: str) -> Any:
        """The answer to a question, as JSON; raises aiohttp.ClientError or TimeoutError."""
        async with self.session.get(self.url + path) as answer:
            return await answer.json(content_type=None)

    def settings(self) -> str:
        """The store.toml."""
        return f"""
[store]
id = "{STORE}"
{self.about}
[cloud]
url = "{self.cloud}"
grace_seconds = {self.grace}
receipts = {json.dumps(self.receipts)}
{self.road}
[journal]
path = "{self.journal}"
[feed]
listen = "127.0.0.1:0"
{self.rest}"""


class Baker:
    """Presses for orders that the cloud knows to be accepted, and asks again under the same id until it is answered."""

    def __init__(self, store: Store, ledger: Ledger, chance: random.Random, *, each: int = len(WALK)) -> None:
        self._store, self._ledger, self._chance, self._each = store, ledger, chance, each
        self._open: list[str] = []
        self._spared: set[str] = set()
        self._seen = 0

    def spare(self, order: str) -> None:
        """Do not press for this one: it is cancelled."""
        self._spared.add(order)

    async def press(self) -> bool:
        """Press once for an order taken by chance; false where nothing is to be pressed."""
        pushed = self._ledger.pushed
        self._open += [event["subject"] for event in pushed[self._seen :] if event["type"].endswith("placed")]
        self._seen = len(pushed)
        if not self._open:
            return False
        at = self._chance.randrange(max(0, len(self._open) - 40), len(self._open))
        order = self._open[at]
        if not any(event["type"] == "ovenbell.order.accepted" for event in self._ledger.of(order)):
            return False
        if order in self._spared:
            self._open.pop(at)
            return False
        made = self._ledger.made[order]
        made.asked += 1
        if made.asked >= self._each:
            self._open.pop(at)
        name = f"press-{order}-{made.asked}"
        while (status := await self._store.ask(id=name, type="bump", order=order)) not in {200, 409}:
            assert status in {0, 503}, f"{name}: {status}"
            await asyncio.sleep(0.02)
        assert status == 200, f"{name} was refused"
        made.answered += 1
        return True


class Presser(Protocol):
    """Who presses."""

    async def press(self) -> bool:
        """Press once; false where nothing is to be pressed."""
        ...


class Rush:
    """Orders and presses all the while, from entering to leaving: the load under which faults are injected."""

    def __init__(
        self,
        ledger: Ledger,
        baker: Presser | None,
        chance: random.Random,
        *,
        orders: float = 40.0,
        hands: int = 3,
    ) -> None:
        self._ledger, self._baker, self._chance = ledger, baker, chance
        self._orders, self._hands = orders, hands  # a second; how many press at the same time
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._push())]
        self._tasks += [asyncio.create_task(self._press()) for _ in range(self._hands)]
        return self

    async def __aexit__(self, *_: object) -> None:
        """No new orders or presses; a press that has no answer yet waits for it, because the store comes back."""
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def _push(self) -> None:
        while not self._stop.is_set():
            burst = self._chance.randint(1, 5)
            self._ledger.push(burst)
            await asyncio.sleep(burst / self._orders * self._chance.uniform(0.5, 1.5))

    async def _press(self) -> None:
        while self._baker is not None and not self._stop.is_set():
            await self._baker.press()
            await asyncio.sleep(self._chance.uniform(0.5, 1.5) * BREATH)


def since(began: float) -> float:
    """Seconds since a moment of the monotonic clock."""
    return time.monotonic() - began
