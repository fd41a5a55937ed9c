"""The storage's faults: power cuts, disks that are full or fail, clocks that jump, messages that are none."""

import logging

from tests.faults import bad_messages, clock_jump, disk_error, full_disk, machine_clock, power_cut
from tests.faults.fault import Fault

# Hubs inside of the suite's own process would write their warnings between its lines.
logging.getLogger("edge").addHandler(logging.NullHandler())

FAULTS: tuple[Fault, ...] = (
    power_cut.FAULT,
    full_disk.FAULT,
    disk_error.FAULT,
    clock_jump.FAULT,
    machine_clock.FAULT,
    bad_messages.READ,
    bad_messages.SENT,
)
