"""All faults, in the order of the table."""

from tests.faults import road, storage
from tests.faults.fault import Fault
from tests.faults.paper import PAPER
from tests.faults.ring import RING

FAULTS: tuple[Fault, ...] = (*road.FAULTS, *storage.FAULTS, PAPER, RING)
BY_NAME = {fault.name: fault for fault in FAULTS}
