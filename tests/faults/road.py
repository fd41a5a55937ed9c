"""The road's faults: the hub killed, the broker killed, the link broken, sessions forgotten, a cloud that stumbles."""

from tests.faults.broker_kill import BROKER_KILL, PERSISTENT_KILL
from tests.faults.fault import Fault
from tests.faults.hub_kill import COMMIT_KILL, HUB_KILL, KEYPAD_KILL
from tests.faults.link import LINK, LINK_TLS
from tests.faults.sessions import FORGOTTEN, OVERNIGHT
from tests.faults.soak import SOAK
from tests.faults.stumbles import STUMBLES

FAULTS: tuple[Fault, ...] = (
    HUB_KILL,
    KEYPAD_KILL,
    COMMIT_KILL,
    BROKER_KILL,
    PERSISTENT_KILL,
    LINK,
    LINK_TLS,
    FORGOTTEN,
    OVERNIGHT,
    STUMBLES,
    SOAK,
)
