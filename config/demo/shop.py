"""The demo's shop: broker, gateway, hub, virtual printer and keypads, in a directory that vanishes with it."""

import asyncio
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

from config.demo.broker import Broker, free_port
from config.demo.channels import ACCOUNT, SECRETS
from config.demo.morning import BREADS, CAKES, LEAD_MINUTES
from devices.twin.keypad import VirtualKeypad
from devices.twin.printer import VirtualPrinter
from edge.words import Language

STORE = "demo"
STATIONS = ("oven", "decorating", "counter")
SLOTS = 6
KEYS = {
    **{str(digit): f"bump {digit}" for digit in range(1, SLOTS + 1)},
    "R": "recall",
    "N": "page next",
    "A": "acknowledge",
}
NAMES = {
    "zh": {"store": "麦田烘焙", "oven": "烤箱", "decorating": "裱花", "counter": "打包"},
    "en": {"store": "Wheatfield Bakery", "oven": "Oven", "decorating": "Decorating", "counter": "Packing"},
}
CAKE = {
    "zh": {"flavours": ["原味", "巧克力"], "options": ["夹心:芒果", "少糖", "生日帽"], "allergens": ["鸡蛋", "牛奶"]},
    "en": {
        "flavours": ["vanilla", "chocolate"],
        "options": ["filling: mango", "less sugar", "party hat"],
        "allergens": ["egg", "milk"],
    },
}
STARTED = 30.0  # seconds for the hub to say that it is ready


class Shop:
    """`async with` it: everything runs inside, nothing is left behind."""

    def __init__(self, language: Language, phones: str = "") -> None:
        self.language = language
        self.printer = VirtualPrinter()
        self.keypads: dict[str, VirtualKeypad] = {}
        self.url = f"http://127.0.0.1:{free_port()}"
        self.gateway = f"http://127.0.0.1:{free_port()}"
        self._phones = phones
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _open(self) -> None:
        self.directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ovenbell-demo-")))
        self.broker = await asyncio.to_thread(Broker(self.directory).start)
        self._stack.callback(self.broker.stop)
        await self.printer.start()
        self._stack.push_async_callback(self.printer.stop)
        self.keypads = {station: self._stack.enter_context(VirtualKeypad()) for station in STATIONS}
        await self._start("gateway", self.cloud_settings())
        await self._start("hub", self.settings(self.directory))

    async def _start(self, name: str, settings: str) -> None:
        """A daemon as a process of its own, ready when it says so."""
        file, log = self.directory / f"{name}.toml", self.directory / f"{name}.log"
        file.write_text(settings, encoding="utf-8")
        command = [sys.executable, "-m", "config.command", name, "--config", str(file)]
        errors = self._stack.enter_context(log.open("ab"))
        daemon = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=errors)
        self._stack.push_async_callback(_end, daemon)
        assert daemon.stdout is not None
        async with asyncio.timeout(STARTED):
            ready = await daemon.stdout.readline()
        if not ready:
            raise OSError(f"the {name} did not start: {log.read_text(errors='replace')[-500:]}")

    def place(self, data: Mapping[str, Any]) -> None:
        """Enter an order by hand, as a phone call or a walk-in."""
        body = json.dumps({"type": "place", "id": data["id"], "data": data}).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is our own
            f"{self.url}/api/intents", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            answer.read()

    def settings(self, directory: Path, *, cloud: bool = True) -> str:
        """The shop's store.toml."""
        names = NAMES[self.language]
        keys = "\n".join(f'{json.dumps(key)} = "{action}"' for key, action in KEYS.items())
        stages = {"oven": ["baking", "cooling"], "decorating": ["frosting"], "counter": ["boxing"]}
        ports = {station: directory / station for station in STATIONS}
        ports |= {station: Path(keypad.port) for station, keypad in self.keypads.items()}
        stations = "\n".join(
            f'[[stations]]\nid = "{station}"\nname = "{names[station]}"\nstages = {stages[station]}\nslots = {SLOTS}\n'
            f'[[keypads]]\nid = "{station}-pad"\nstation = "{station}"\nport = "{ports[station]}"\n'
            f"[keypads.keys]\n{keys}\n"
            for station in STATIONS
        )
        return f"""
[store]
id = "{STORE}"
name = "{names["store"]}"
language = "{self.language}"
{self._cloud() if cloud else ""}
[journal]
path = "{directory / "journal.db"}"
[feed]
listen = "{self.url.removeprefix("http://")}"
[stages.baking]
presses = 2
min_minutes = 12
max_minutes = 25
[stages.frosting]
presses = 2
[[routes]]
match = "cake-*"
stages = ["baking", "cooling", "frosting", "boxing"]
lead_minutes = {LEAD_MINUTES}
[[routes]]
match = "bread-*"
stages = ["baking", "boxing"]
[[printers]]
id = "kitchen"
connection = "{self.printer.connection}"
stations = ["oven"]
print_on = "released"
[[printers]]
id = "counter"
connection = "{self.printer.connection}"
print_on = "ready"
{stations}
{self._products()}"""

    def cloud_settings(self) -> str:
        """The gateway's cloud.toml."""
        accounts = []
        for channel, secret in SECRETS.items():
            file = self.directory / f"{channel}.secret"
            file.write_text(secret, encoding="utf-8")
            accounts.append(
                f'[[accounts]]\nchannel = "{channel}"\nid = "{ACCOUNT}"\nstore = "{STORE}"\nways = ["phone"]\n'
                f'secret_files = {{ secret = "{file}" }}'
            )
        way_secret = self.directory / "phone.secret"
        way_secret.write_text(SECRETS["generic"], encoding="utf-8")
        return f"""
[broker]
url = "{self.broker.url}"
protocol = "{self.broker.protocol}"
[gateway]
listen = "{self.gateway.removeprefix("http://")}"
language = "{self.language}"
[journal]
path = "{self.directory / "gateway.db"}"
[[stores]]
id = "{STORE}"
name = "{NAMES[self.language]["store"]}"
language = "{self.language}"
[[ways]]
id = "phone"
kind = "webhook"
options = {{ url = "{self._phones}" }}
secret_files = {{ secret = "{way_secret}" }}
{chr(10).join(accounts)}
"""

    def _products(self) -> str:
        """What the morning's customers order too."""
        tables = [{"code": product.code, "name": getattr(product, self.language)} for product in (*BREADS, *CAKES)]
        for table in tables[len(BREADS) :]:
            table |= {**CAKE[self.language], "cake_text": True}
        return "\n".join(
            "\n".join(
                ["[[products]]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items())]
            )
            for table in tables
        )

    def _cloud(self) -> str:
        broker = f'url = "{self.broker.url}"\nprotocol = "{self.broker.protocol}"'
        return f"[cloud]\n{broker}\nreceipts = true\ngrace_seconds = 3"


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(6):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
