"""A store's own files, read whole: only where they are files, since a pipe or a device may never end."""

import errno
import os
import stat
from pathlib import Path

LONGEST = 8 * 1024 * 1024  # bytes: a store.toml with ten thousand products has one


def led_to(file: Path) -> Path:
    """Where a link leads; one that leads to itself stays, for whoever opens it to say so (`resolve` would fail)."""
    return Path(os.path.realpath(file))


def read_file(file: Path) -> bytes:
    """What is in a file of settings, a secret, an order; raises OSError, also for what is no file."""
    if not stat.S_ISREG(file.stat().st_mode):  # looked at before it is opened: a pipe waits for its other end
        raise OSError(errno.EINVAL, "it is not a file", str(file))
    with file.open("rb") as opened:
        data = opened.read(LONGEST + 1)
    if len(data) > LONGEST:
        raise OSError(errno.EFBIG, f"it is larger than {LONGEST // 1024**2} MB", str(file))
    return data
