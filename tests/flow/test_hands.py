"""A store with a keypad that can do everything and a scanner at the counter: from its settings to its board."""

from pathlib import Path

from config.assembly import Store
from config.settings import check_store
from devices.twin.keypad import VirtualKeypad
from edge.orders import OrderState
from tests.brokers import free_port
from tests.builders import a_bread, placed_today
from tests.cloud import until

KEYS = {
    "1": "bump 1",
    "b": "batch 3",
    "h": "hold 1",
    "l": "release",
    "f": "refuse 2 no flour",
    "s": "unavailable bread",
}


async def test_a_morning_without_a_keyboard(tmp_path: Path) -> None:
    with VirtualKeypad(tmp_path / "pad") as pad, VirtualKeypad(tmp_path / "gun") as gun:
        tree = {
            "store": {"id": "hz-0012", "language": "zh"},
            "journal": {"path": str(tmp_path / "journal.db")},
            "feed": {"listen": f"127.0.0.1:{free_port()}"},
            "stations": [{"id": "oven", "stages": ["making"]}],
            "keypads": [{"id": "pad", "station": "oven", "port": pad.port, "keys": KEYS}],
            "scanners": [{"id": "gun", "port": gun.port}],
        }
        store = Store(check_store(tree, tmp_path / "store.toml"))
        await store.start()
        try:
            board, devices = store.hub.board, store.hub.vitals.devices
            for name in ("o1", "o2", "o3"):
                await store.hub.submit(placed_today(name, a_bread()), by="api")
            await until(lambda: [device.state for device in devices.values()] == ["ok", "ok"])

            def state(name: str) -> OrderState:
                return next(order.state for order in board.orders.values() if order.id == name)

            pad.press("h")
            await until(lambda: state("o1") is OrderState.HELD)
            pad.press("l")
            await until(lambda: state("o1") is OrderState.OPEN)
            pad.press("f")
            await until(lambda: state("o2") is OrderState.CANCELLED)
            pad.press("s")
            await until(lambda: board.halts)
            gun.press("o3\r")
            await until(lambda: "还没做好" in devices["scanner:gun"].reason)
            pad.press("b")  # of all that is left, whatever its number
            await until(lambda: {state("o1"), state("o3")} == {OrderState.READY})
            gun.press("o1\r")
            await until(lambda: state("o1") is OrderState.COLLECTED)
        finally:
            await store.stop()
