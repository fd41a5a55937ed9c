"""Servers of webhooks, each as a process of its own: the real gateway, and the bare handler it is held against."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiohttp import web

from config.service import collect_seldom
from tests.brokers import Broker
from tests.gateways import SECRET

STORES = 50
PATIENCE = 30  # seconds for a server to end
ANSWER = b'{"ok":true}'


@contextmanager
def a_gateway(directory: Path, broker: Broker, stores: int = STORES) -> Iterator[tuple[str, int]]:
    """`ovenbell gateway` for a chain that has one account with a channel: its address, and its process's id."""
    (directory / "secret").write_text(SECRET)
    names = [f"store-{number}" for number in range(stores)]
    settings = directory / "cloud.toml"
    settings.write_text(f"""
[broker]
url = "{broker.url}"
[gateway]
listen = "127.0.0.1:0"
[journal]
path = "{directory / "gateway.db"}"
{"".join(f'[[stores]]{chr(10)}id = "{name}"{chr(10)}' for name in names)}
[[accounts]]
channel = "generic"
id = "chain"
stores = {{ {", ".join(f'"{name}" = "{name}"' for name in names)} }}
secret_files = {{ secret = "{directory / "secret"}" }}
""")
    with _process("-m", "config.command", "gateway", "--config", str(settings)) as (line, pid):
        yield line.partition(" accounts at ")[2].partition("/channels/")[0], pid


@contextmanager
def a_bare_handler() -> Iterator[str]:
    """Answers without looking, let alone storing: its address."""
    with _process("-m", "tests.bench.doors") as (line, _):
        yield line.strip()


@contextmanager
def _process(*words: str) -> Iterator[tuple[str, int]]:
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline(), process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE)


async def _bare() -> None:
    async def post(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=ANSWER, content_type="application/json")

    app = web.Application()
    app.router.add_post("/channels/{channel:[^/]+}/{account:[^/]+}", post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    await runner.cleanup()


if __name__ == "__main__":
    collect_seldom(100_000)  # as the gateway does
    asyncio.run(_bare())
