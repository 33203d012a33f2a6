"""What is left of a disk, for the metrics of both tiers."""

import math
import shutil
from pathlib import Path
from typing import NamedTuple


class DiskBytes(NamedTuple):
    """NaN where the disk cannot be asked."""

    free: float
    size: float


def disk_bytes(folder: Path) -> DiskBytes:
    """Of the disk that holds `folder`; `free` is what a plain user may still write."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        # A scrape must not fail because one of its numbers is not to be had.
        return DiskBytes(math.nan, math.nan)
    return DiskBytes(usage.free, usage.total)
