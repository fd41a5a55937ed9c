"""The road's faults: the hub killed, the broker killed, the link broken, sessions forgotten, a cloud that stumbles."""

from tests.faults.fault import Fault
from tests.faults.hub_kill import COMMIT_KILL, HUB_KILL, KEYPAD_KILL

FAULTS: tuple[Fault, ...] = (HUB_KILL, KEYPAD_KILL, COMMIT_KILL)
