"""A real disk that is full, gives no more, or is read-only: a small tmpfs in a namespace of its own, and the real hub.

`python -m tests.faults.full_disk` is one case, started where it may mount.
"""

import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from tests.cloud import PATIENCE
from tests.faults.brokers import a_broker, no_mosquitto
from tests.faults.fault import Case, Fault, Tally
from tests.faults.ledger import Ledger
from tests.faults.store import STORE, WALK, Baker, Rush, Store, since

APART = ("unshare", "--map-root-user", "--mount")
SIZE = "64m"
NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


class _Ledger(Ledger):
    """A cloud that answers no backfill: only the broker brings back what was not acknowledged."""

    def _send_again(self, after: int) -> None:
        """Never."""


class _Store(Store):
    """A store whose journal lies on the small disk."""

    @property
    def small(self) -> Path:
        """Where the small disk is mounted."""
        return self.directory / "small"

    @property
    def journal(self) -> Path:
        """Where its journal is."""
        return self.small / "journal.db"

    def fill(self) -> None:
        """Leave no room."""
        with (self.small / "filler").open("ab", buffering=0) as file, suppress(OSError):
            for size in (1 << 20, 1 << 12):
                with suppress(OSError):
                    while True:
                        file.write(bytes(size))

    def clear(self) -> None:
        """Make room again."""
        (self.small / "filler").unlink(missing_ok=True)

    def mount(self, *how: str) -> None:
        """Mount the small disk, or mount it another way."""
        self.small.mkdir(exist_ok=True)
        subprocess.run(["mount", *how, str(self.small)], check=True, capture_output=True)

    def limit(self, size: tuple[int, int]) -> None:
        """How large a file of the hub may be: the kernel refuses every write beyond it."""
        assert self.process is not None
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, size)

    async def mend(self) -> None:
        """Whatever was done to it, it is a good disk again, and the hub runs."""
        self.clear()
        self.mount("-o", "remount,rw")
        if self.alive:
            self.limit(NO_LIMIT)
        else:
            await self.start()

    async def health(self) -> tuple[int, str, str]:
        """The status of /healthz, its reason, and what the board says of the journal."""
        async with self.session.get(f"{self.url}/healthz") as answer:
            said: dict[str, Any] = await answer.json()
            board = await self.get("/api/board")
            return answer.status, said.get("reason", ""), board["status"]["journal"]

    async def until_health(self, right: Callable[[int, str, str], bool]) -> None:
        """Wait for it to be so."""
        said: object = ""
        try:
            async with asyncio.timeout(PATIENCE):
                while not right(*(said := await self.health())):  # noqa: ASYNC110 - it is asked from outside
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"the hub went on saying {said}") from None


def _ails(status: int, reason: str, journal: str) -> bool:
    return status == 503 and bool(reason) and journal == reason


def _is_well(status: int, reason: str, journal: str) -> bool:
    return (status, reason, journal) == (200, "", "ok")


# --- the ways of a disk ---------------------------------------------------------------------------------------------


async def _full(store: _Store, chance: random.Random) -> float:
    """Full under load, and room again: it goes on without a restart."""
    store.fill()
    await store.until_health(_ails)
    await asyncio.sleep(chance.uniform(0, 1))
    began = time.monotonic()
    store.clear()
    await store.until_health(_is_well)
    return since(began)


async def _full_and_killed(store: _Store, chance: random.Random) -> float:
    """Full under load, and killed then: what it had not written, it had not acknowledged."""
    store.fill()
    await store.until_health(_ails)
    await asyncio.sleep(chance.uniform(0, 1))
    await store.kill()
    began = time.monotonic()
    store.clear()
    await store.start()
    return since(began)


async def _no_more(store: _Store, chance: random.Random) -> float:
    """The system refuses every write, which SQLite takes for an I/O error."""
    store.limit((chance.choice((0, 1, 32, 4096, 100_000)), resource.RLIM_INFINITY))
    await store.until_health(_ails)
    await asyncio.sleep(chance.uniform(0, 1))
    began = time.monotonic()
    store.limit(NO_LIMIT)
    await store.until_health(_is_well)
    return since(began)


async def _read_only(store: _Store, _chance: random.Random) -> float:
    """Read-only when it starts: one clear line, nothing touched; writable again, it goes on."""
    await store.kill()
    store.mount("-o", "remount,ro")
    before = {path.name: path.read_bytes() for path in store.small.iterdir()}
    said = len(store.log())
    await store.launch()
    assert not await store.ready(), "the hub says that it is ready on a disk that it cannot write"
    assert store.process is not None
    assert await store.process.wait() == 1
    assert "Traceback" not in store.log()[said:], store.log()
    assert {path.name: path.read_bytes() for path in store.small.iterdir()} == before
    began = time.monotonic()
    store.mount("-o", "remount,rw")
    await store.start()
    return since(began)


async def _full_at_start(store: _Store, _chance: random.Random) -> float:
    """Full when it starts: it shows what it has and says why it takes nothing, or ends with a clear line."""
    await store.kill()
    store.fill()
    said = len(store.log())
    await store.launch()
    runs = await store.ready()
    assert store.process is not None
    assert runs or await store.process.wait() == 1
    assert "Traceback" not in store.log()[said:], store.log()
    began = time.monotonic()
    store.clear()
    await (store.until_health(_is_well) if runs else store.start())
    return since(began)


WAYS: tuple[Callable[[_Store, random.Random], Awaitable[float]], ...] = (
    _full, _read_only, _no_more, _full_and_killed, _full_at_start
)  # fmt: skip


async def _live(case: Case) -> Tally:
    """Orders and presses all the while, and one trouble with the disk after the other."""
    chance, longest = random.Random(case.seed), 0.0
    async with (
        a_broker(case.directory) as broker,
        _Ledger(STORE, broker.port, walk=WALK) as ledger,
        _Store(case.directory, broker.url) as store,
    ):
        store.mount("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs")
        await store.start()
        async with Rush(ledger, Baker(store, ledger, chance), chance):
            for number in range(case.count):
                try:
                    longest = max(longest, await WAYS[(case.seed + number - 1) % len(WAYS)](store, chance))
                except BaseException:
                    await store.mend()  # who presses must get an answer in the end
                    raise
                await asyncio.sleep(chance.uniform(0, 0.5))
        await ledger.settled()
        assert "Traceback" not in store.log(), store.log()
        return ledger.tally(case.count, longest)


# --- where it may mount ---------------------------------------------------------------------------------------------


async def fill_the_disk(case: Case) -> Tally:
    """Play the case in a namespace where a disk can be mounted that nobody else sees."""
    process = await asyncio.create_subprocess_exec(
        *APART, sys.executable, "-m", "tests.faults.full_disk", str(case.seed), str(case.count), str(case.directory),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        said, complaints = await process.communicate()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # broker and hub with it
    assert process.returncode == 0, complaints.decode(errors="replace")[-4000:]
    return msgspec.json.decode(said, type=Tally)


def no_small_disk() -> str:
    """The reason where nobody may mount one here."""
    command = [*APART, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        tried = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except OSError as error:
        return f"no disk can be mounted in a user namespace: {error}"
    why = f"no disk can be mounted in a user namespace: {tried.stderr.strip()}"
    return why if tried.returncode else no_mosquitto()


FAULT = Fault("disk-full", 20, 5, fill_the_disk, no_small_disk, in_ci=False, few=2)

if __name__ == "__main__":
    seed, count, where = sys.argv[1:]
    with os.fdopen(os.dup(1), "wb") as answer:
        os.dup2(2, 1)  # what the parts print is no answer
        answer.write(msgspec.json.encode(asyncio.run(_live(Case(int(seed), int(count), Path(where))))))
