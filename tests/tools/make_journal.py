"""Writes a small journal as SQL, for the tests of upgrades, by the code of the version whose journal it is to be.

git worktree add OLD COMMIT; cd OLD
PYTHONPATH=. python .../tests/tools/make_journal.py > .../tests/flow/upgrades/NAME.sql
"""

import asyncio
import json
import sqlite3
import tempfile
from pathlib import Path

from config.settings import load_store
from edge.clock import SystemClock
from edge.intents import Bump, KeepLetter, Place
from edge.opendelivery import read_order
from edge.orders import Stamp, StationId
from edge.store import store_hub

SETTINGS = """
[store]
id = "hz-0012"
[cloud]
url = "mqtt://127.0.0.1"
grace_seconds = 600
[[routes]]
match = "cake-*"
stages = ["baking", "frosting"]
lead_minutes = 60
[[stations]]
id = "oven"
stages = ["baking"]
[[stations]]
id = "decorating"
stages = ["frosting"]
[[printers]]
id = "kitchen"
connection = "file:/dev/null"
"""
SPEC = {"type": "TAKEOUT", "createdAt": "2026-11-22T01:00:00Z", "customer": {"name": "王女士"}}
FAR = {"orderTiming": "SCHEDULED", "takeout": {"takeoutDateTime": "2099-11-22T08:30:00Z"}}


def order(number: int, **more: object) -> bytes:
    """An order for a cake, as a cloud sends it."""
    item = {"id": "1", "name": "草莓蛋糕", "externalCode": "cake-8", "quantity": 1, "bakery": {"allergens": ["egg"]}}
    return json.dumps({"id": f"o-{number}", "displayId": f"A{number}", **SPEC, "items": [item], **more}).encode()


async def live(folder: Path) -> Path:
    """Three orders, the first one press further, the third held; a message that nobody understood."""
    (folder / "store.toml").write_text(SETTINGS)
    settings = load_store(folder / "store.toml")
    hub = store_hub(settings.layout, folder / "journal.db", SystemClock())
    await hub.start()
    for number, more in ((1, {}), (2, {}), (3, FAR)):
        stamp = Stamp("/channels/test", f"e-{number}", hub.clock.now(), number)
        await hub.submit(Place(read_order(order(number, **more)), stamp), by="cloud")
    await hub.submit(Bump(StationId("oven"), 1), by="keypad:oven-pad")
    await hub.submit(KeepLetter("orders", "is not JSON", b"crumbs", 6, "0" * 64, None, None), by="cloud")
    await hub.stop()
    return folder / "journal.db"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        connection = sqlite3.connect(asyncio.run(live(Path(directory))))
        print(*connection.iterdump(), sep="\n")
        connection.close()
