"""`ovenbell keys`: what each key of a keypad sends, as lines for store.toml."""

import json

from config.failed import Failed
from devices.learning import spoken
from devices.port import why
from devices.settings import Framing


async def print_keys(port: str, baud: int, framing: Framing | None) -> None:
    """Print each new key until the port is gone; the first one is slot 1, the second slot 2."""
    known: set[str] = set()
    print(f"ovenbell: press the keys of {port} in the order of the slots; Ctrl+C ends", flush=True)
    try:
        async for key, speaks in spoken(port, baud, framing):
            if not known:
                print(f"port = {json.dumps(port)}\nbaud = {baud}\nframing = {json.dumps(speaks)}\n[keypads.keys]")
            if key not in known:
                known.add(key)
                print(f'{json.dumps(key)} = "bump {len(known)}"', flush=True)
    except OSError as error:
        raise Failed(f"{port}: {why(error, port, str)}") from error
    raise Failed(f"{port}: unplugged")
