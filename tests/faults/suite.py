"""All faults, in the order of the table."""

from tests.faults import road
from tests.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (*road.FAULTS,)
BY_NAME = {fault.name: fault for fault in FAULTS}
