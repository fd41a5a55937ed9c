"""Looks now and then for what time alone changes: orders that may rest, stores that leave theirs waiting.

Timers for all of a chain's orders would fill the memory; its rows are there anyway, and a look at all of them is quick.
"""

import asyncio

from cloud_bridge.gateway.decide import is_stale, may_rest, waits_too_long
from cloud_bridge.gateway.intents import CheckAlarm, CheckStore, CloseDue, Intent
from cloud_bridge.gateway.rules import CloudHub

PAUSE = 20.0  # seconds between looks
AT_ONCE = 2_000  # orders between two turns of the loop


async def keep_swept(hub: CloudHub) -> None:
    """Look now and then, until cancelled."""
    while True:
        await asyncio.sleep(PAUSE)
        if not hub.trouble:  # else nothing can be written down, and the next look finds it again
            await sweep(hub)


async def sweep(hub: CloudHub) -> None:
    """Ask the hub for everything that is due by now."""
    board, now = hub.board, hub.clock.now()
    for row in list(board.stores.values()):
        if waits_too_long(board, row, now):
            _ask(hub, CheckStore(row.id))
    for key, alarm in list(board.alarms.items()):
        if is_stale(alarm, now):
            _ask(hub, CheckAlarm(key))
    orders = list(board.orders.values())
    for first in range(0, len(orders), AT_ONCE):
        for order in orders[first : first + AT_ONCE]:
            if may_rest(order, now):
                _ask(hub, CloseDue(order.id))
        await asyncio.sleep(0)


def _ask(hub: CloudHub, intent: Intent) -> None:
    hub.offer(intent, by="clock")
