"""Servers of webhooks, each as a process of its own: the real gateway, and the bare handler it is held against."""

import asyncio
import signal
import sys
from pathlib import Path

from aiohttp import web

from cloud_bridge.gateway import CloudFile, Gateway
from cloud_bridge.gateway.board import Board
from cloud_bridge.gateway.facts import EventsDelivered, Happened
from cloud_bridge.gateway.settings import AccountSettings, GatewaySettings, StoreSettings
from cloud_bridge.settings import BrokerSettings
from edge.hub import Commit
from tests.gateways import SECRET

STORES = 50
ANSWER = b'{"ok":true}'


def cloud_file(directory: Path, broker_port: int, count: int = STORES) -> CloudFile:
    """A chain of stores that has one account with a channel."""
    (directory / "secret").write_text(SECRET)
    stores = [f"store-{number}" for number in range(count)]
    chain = AccountSettings(
        channel="generic",
        id="chain",
        stores={store: store for store in stores},
        secret_files={"secret": str(directory / "secret")},
    )
    return CloudFile(
        broker=BrokerSettings(url=f"mqtt://127.0.0.1:{broker_port}"),
        gateway=GatewaySettings(listen="127.0.0.1:0"),
        stores=tuple(StoreSettings(id=store) for store in stores),
        accounts=(chain,),
    )


async def gateway(directory: Path, broker_port: int, count: int, stores: int) -> None:
    """The real one; says where it listens, and when the broker has so many events."""
    running = Gateway(cloud_file(directory, broker_port, stores), directory / "gateway.db")
    await running.start()
    delivered = 0

    def follow(commit: Commit[Board, Happened]) -> None:
        nonlocal delivered
        for fact in commit.facts:
            if isinstance(fact.what, EventsDelivered):
                delivered += sum(map(len, fact.what.stores.values()))
                if delivered == count:
                    print("all", flush=True)

    running.hub.follow(follow)
    print(running.address[1], flush=True)
    await _ended()
    await running.stop()


async def bare(*_: object) -> None:
    """Answers without looking, let alone storing."""

    async def post(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=ANSWER, content_type="application/json")

    app = web.Application()
    app.router.add_post("/channels/{channel:[^/]+}/{account:[^/]+}", post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    print(runner.addresses[0][1], flush=True)
    await _ended()
    await runner.cleanup()


async def _ended() -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run({"gateway": gateway, "bare": bare}[sys.argv[1]](Path(sys.argv[2]), *map(int, sys.argv[3:])))
